"""Tests that need a program which pip cannot install, and tests that take minutes.

    @pytest.mark.needs("chromium")
    async def test_the_page_runs_a_query(…) -> None: …

`./dwelzo test` installs the program from Debian's packages where it may. Where it is missing all the same,
the test is reported as not run, by name, at the end; with --require-all that is a failure. A program is
made known in `server.cli.testing.PROGRAMS`. Tests marked `long` run with --long only. To be loaded by
tests/conftest.py: `pytest_plugins = ["tests.plugin_needs"]`.
"""

from collections.abc import Iterator

import pytest

from server.cli.testing import PROGRAMS

NOT_RUN = "needs {name}, which is not on this machine; install it: apt-get install {package}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")
    parser.addoption("--require-all", action="store_true", help="fail where a test cannot run here")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in _missing(item):
        sentence = NOT_RUN.format(name=name, package=PROGRAMS[name].package)
        if item.config.getoption("--require-all"):
            pytest.fail(sentence, pytrace=False)
        pytest.skip(f"not run: {sentence}")


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report for report in terminalreporter.getreports("skipped") if "not run: " in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("not run")
        for report in skipped:
            terminalreporter.write_line(report.nodeid)
        terminalreporter.write_line(f"{len(skipped)} did not run; --require-all makes that a failure.")


def _missing(item: pytest.Item) -> Iterator[str]:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if not PROGRAMS[name].is_here():
                yield name
