"""The commands that bring listings into the database: `import` and `sample`."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from server.cli.screen import complain


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(sample)


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header line, or RESO Web API JSON.")],
    format: Annotated[Literal["csv", "reso-json"], typer.Option(help="What the file is.")],
    mapping: Annotated[
        Path | None, typer.Option(help="A TOML file that says which column is which field.")
    ] = None,
) -> None:
    """Load listings from a file; rows that do not fit go to FILE.rejects.csv, with line and reason.

    Exit status 0: every row was loaded; 1: some were rejected; 2: the file could not be read at all.
    """

    from server.cli.database import open_database
    from server.cli.reports import following, show_import
    from server.ingest.importer import import_file
    from server.ingest.rejects import UnusableInput

    try:
        with open_database() as url, following("importing") as on_progress:
            report = asyncio.run(import_file(url, file, format, mapping, on_progress=on_progress))
    except UnusableInput as error:
        complain(str(error))
        raise typer.Exit(2) from error
    show_import(report)
    raise typer.Exit(report.exit_status)


def sample(
    properties: Annotated[
        int | None,
        typer.Option(min=1, help="Invent this many listings, instead of loading the 932 real ones."),
    ] = None,
    seed: Annotated[int, typer.Option(min=1, help="Another number invents other listings.")] = 1,
) -> None:
    """Load the sample: 932 listings of Sacramento, or as many invented ones as asked for."""
    from server.cli.database import open_database
    from server.cli.reports import following, show_generated, show_import

    with open_database() as url:
        if properties is None:
            from server.ingest.sample import load_sample

            with following("loading the sample") as on_progress:
                report = asyncio.run(load_sample(url, on_progress=on_progress))
            show_import(report)
        else:
            from server.ingest.synthetic import generate

            with following("inventing listings") as on_progress:
                made = asyncio.run(generate(url, properties, seed=seed, on_progress=on_progress))
            show_generated(made)
