"""How tests that cannot run are told, and how `./dwelzo test` gets them what they need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.config import ROOT
from tests.running import command

TESTS = """
import pytest

def test_plain():
    pass

@pytest.mark.needs("chromium")
def test_page():
    pass

@pytest.mark.long
def test_everything():
    pass
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with nothing but what a test puts there."""
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def put(programs: Path, name: str, *lines: str) -> None:
    (programs / name).write_text("\n".join(["#!/bin/sh", *lines]))
    (programs / name).chmod(0o755)


def run(folder: Path, programs: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_some.py").write_text(TESTS)
    markers = ["-o", "markers=needs(tool)\nlong", "-p", "tests.plugin_needs", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *markers, *arguments, str(folder / "test_some.py")],
        cwd=folder,
        env={**os.environ, "PATH": str(programs), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_what_cannot_run_is_named_with_its_cure(tmp_path: Path, programs: Path) -> None:
    outcome = run(tmp_path, programs, "-rs")
    assert outcome.returncode == 0
    assert "1 passed, 1 skipped, 1 deselected" in outcome.stdout
    assert "test_some.py::test_page\n1 did not run; --require-all makes that a failure." in outcome.stdout
    assert (
        "needs chromium, which is not on this machine; install it: apt-get install chromium" in outcome.stdout
    )


def test_require_all_makes_that_a_failure(tmp_path: Path, programs: Path) -> None:
    outcome = run(tmp_path, programs, "--require-all")
    assert outcome.returncode == 1
    assert "needs chromium, which is not on this machine" in outcome.stdout


def test_where_the_program_is_the_test_runs_and_long_ones_when_asked(tmp_path: Path, programs: Path) -> None:
    put(programs, "chromium")
    outcome = run(tmp_path, programs, "--require-all", "--long")
    assert (outcome.returncode, outcome.stdout.split()[-4:-2]) == (0, ["3", "passed"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install packages")
def test_the_command_installs_what_the_chosen_tests_need(tmp_path: Path, programs: Path) -> None:
    said = tmp_path / "apt"
    put(programs, "apt-get", f'echo "$*" >> {said}')
    (tmp_path / "test_some.py").write_text(TESTS)
    chosen = [
        "-n",
        "0",
        "-p",
        "tests.plugin_needs",
        "--rootdir",
        str(tmp_path),
        str(tmp_path / "test_some.py"),
    ]
    outcome = command("test", *chosen, home=tmp_path / "state", PATH=str(programs))
    assert outcome.returncode == 0
    assert said.read_text().splitlines() == [
        "update --quiet",
        "install --quiet --yes --no-install-recommends chromium",
    ]

    said.unlink()
    put(programs, "chromium")
    assert command("test", *chosen, home=tmp_path / "state", PATH=str(programs)).returncode == 0
    assert not said.exists()
