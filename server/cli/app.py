"""All commands together, and the one place where an expected failure becomes a sentence."""

import typer

from server.cli import admins, content, development, service
from server.cli.failures import as_sentences

HELP = """A GraphQL server for real-estate listings.

[bold]./dwelzo up[/bold] starts everything it needs and serves http://localhost:8000."""


def main() -> None:
    app = typer.Typer(
        name="./dwelzo",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    service.register(app)
    admins.register(app)
    content.register(app)
    development.register(app)
    with as_sentences():
        app(prog_name="./dwelzo")
