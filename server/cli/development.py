"""The commands of those who change the code: `generate`, `check`, `explain`, `test`, `bench` and
`lock`.
"""

from pathlib import Path
from typing import Annotated

import typer

FORWARDING = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    app.command()(generate)
    app.command()(check)
    app.command()(explain)
    app.command(context_settings=FORWARDING)(test)
    app.command()(bench)
    app.command()(lock)


def generate() -> None:
    """Write generated/ anew from schema/ and sql/."""
    from server.cli.generating import generate_all

    generate_all()


def check() -> None:
    """Prove that format, types, contract, statements and generated code agree."""
    from server.cli.checking import check_all

    raise typer.Exit(check_all())


def explain(
    operation: Annotated[
        str,
        typer.Argument(help="A file with a GraphQL document, the document itself, or - for standard input."),
    ],
    name: Annotated[
        str | None,
        typer.Option("--operation", metavar="NAME", help="Which operation, where the document has several."),
    ] = None,
    variables: Annotated[
        str | None, typer.Option(metavar="JSON", help="Its variables, such as '{\"first\": 10}'.")
    ] = None,
    analyze: Annotated[
        bool,
        typer.Option("--analyze", help="Execute the statements, in a transaction that can write nothing."),
    ] = False,
) -> None:
    """Show how an operation is answered: its plan, its SQL, and PostgreSQL's plan for that."""
    from server.cli import explaining

    explaining.explain(operation, name, variables, analyze=analyze)


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


def bench(
    queries: Annotated[
        str, typer.Option(help="Which to measure, separated by commas.")
    ] = "Q1,Q2,Q3,Q4,Q5,M1",
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each round of each takes.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    connections: Annotated[int, typer.Option(min=1, help="How many ask at once.")] = 32,
    properties: Annotated[int, typer.Option(min=1, help="How many listings there are.")] = 100_000,
    json: Annotated[Path | None, typer.Option(help="Also write every round to this file.")] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show where the server's time goes, instead of measuring it.")
    ] = False,
    signed: Annotated[
        bool, typer.Option("--signed", help="Send an access token with each request, of a thousand users.")
    ] = False,
    rates: Annotated[
        bool, typer.Option("--rates", help="Count requests in Redis, as production does.")
    ] = False,
    shortcuts: Annotated[
        bool, typer.Option("--shortcuts", help="Show what each short cut of a request saves, instead.")
    ] = False,
    spec: Annotated[
        Path | None, typer.Option(help="Serve to an outside comparison, and write what it asks to this file.")
    ] = None,
) -> None:
    """Measure what answers cost: CPU, requests a second, latency, memory."""
    from server.cli import benchmarking

    operations = benchmarking.chosen(queries)
    if spec is not None:
        benchmarking.serve_to_comparison(properties, spec)
    elif shortcuts:
        benchmarking.show_shortcuts()
    elif profile:
        benchmarking.show_profiles(operations, properties, seconds, connections)
    else:
        benchmarking.measure(
            operations, properties, seconds, rounds, connections, json, rates=rates, signed=signed
        )


def lock() -> None:
    """Resolve the dependencies of pyproject.toml into the lock files anew (needs uv)."""
    from server.cli.locking import lock_all

    lock_all()
