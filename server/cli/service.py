"""The commands around the running server: `up`, `worker`, `migrate`, `doctor` and `reset`."""

import asyncio
from typing import Annotated

import typer

from server.cli.failures import Refusal
from server.cli.screen import progress, results, say


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(worker)
    app.command()(migrate)
    app.command()(doctor)
    app.command()(reset)


def up(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Serve on this port instead of PORT (8000)."),
    ] = None,
    worker: Annotated[
        bool | None,
        typer.Option(help="Run a worker beside the server; so it is where a service is embedded."),
    ] = None,
) -> None:
    """Start what the environment does not give, bring the database up to date, and serve."""
    from server.cli.serving import serve

    serve(port, worker)


def worker(
    beside: Annotated[
        int | None, typer.Option(hidden=True, help="End with this process, its parent.")
    ] = None,
) -> None:
    """Do the jobs that wait in the database, such as letters, until a signal comes."""
    from server.cli.working import work

    work(beside)


def migrate() -> None:
    """Apply the migrations that the database has not had yet."""
    from server.cli.database import migrate_database, open_services

    with open_services("postgresql") as settings:
        count = asyncio.run(migrate_database(settings.database_direct_url.get_secret_value()))
    results.print(f"{count} applied." if count else "Nothing to apply.")


def doctor() -> None:
    """Try each dependency for real, and say what is wrong and what to do about it."""
    from server.cli.database import open_services
    from server.cli.doctor import examine

    with open_services() as settings, progress.status("trying each dependency"):
        findings = asyncio.run(examine(settings))
    for finding in findings:
        mark = "[green]well [/green]" if finding.well else "[red]wrong[/red]"
        results.print(f"{mark} {finding.what}: ", end="")
        results.print(finding.sentence, markup=False)
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


def reset(
    database: Annotated[
        str | None,
        typer.Option(help="The name of the given database (DATABASE_URL), to show that you mean it."),
    ] = None,
) -> None:
    """Remove all data of the embedded services, or with --database NAME of the given database."""
    from server.cli.resetting import empty_given_database, remove_embedded_data
    from server.config import given, load_settings, state_folder
    from server.embedded import not_given, outline

    if "DATABASE_URL" not in given():
        if database is not None:
            raise Refusal(
                f"--database {database} names a given database, but DATABASE_URL is not set; leave it out."
            )
        removed = remove_embedded_data(state_folder())
        results.print(
            f"Removed {', '.join(removed)}. ./dwelzo up begins anew." if removed else "Nothing to remove."
        )
        return
    settings = load_settings(outline(not_given(given())))
    url = settings.database_direct_url.get_secret_value()
    asyncio.run(empty_given_database(url, database))
    say("what the other services hold was not touched")
    results.print(f"The database {database} is empty. ./dwelzo migrate lays it out anew.")
