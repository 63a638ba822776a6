"""The commands of those who change the code: `generate`, `check`, `test` and `lock`."""

from typing import Annotated

import typer

FORWARDING = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    app.command()(generate)
    app.command()(check)
    app.command(context_settings=FORWARDING)(test)
    app.command()(lock)


def generate() -> None:
    """Write generated/ anew from schema/ and sql/."""
    from server.cli.generating import generate_all

    generate_all()


def check() -> None:
    """Prove that format, types, contract, statements and generated code agree."""
    from server.cli.checking import check_all

    raise typer.Exit(check_all())


def test(
    context: typer.Context,
    long: Annotated[bool, typer.Option("--long", help="Also run the tests that take minutes.")] = False,
    require_all: Annotated[
        bool, typer.Option("--require-all", help="Fail where a test cannot run on this machine.")
    ] = False,
) -> None:
    """Run the tests, side by side. Further arguments go to pytest: ./dwelzo test -k reviews."""
    from server.cli.testing import run_tests

    raise typer.Exit(run_tests(context.args, long=long, require_all=require_all))


def lock() -> None:
    """Resolve the dependencies of pyproject.toml into the lock files anew (needs uv)."""
    from server.cli.locking import lock_all

    lock_all()
