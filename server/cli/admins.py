"""The commands for those who run the service: `admin create` and `admin list`."""

import asyncio
import getpass
import sys
from typing import Annotated

import typer

from server.cli.failures import Refusal
from server.cli.screen import results

SAID = {
    "made": "{} has an account now, as an admin: sign in at /admin.",
    "promoted": "{} is an admin from now on, with the password they have.",
    "was": "{} is an admin already; nothing has changed.",
}
# In bytes: no password is longer.
_LONGEST = 2_000


def register(app: typer.Typer) -> None:
    admin = typer.Typer(no_args_is_help=True, help="Make admins, and see who is one.")
    admin.command()(create)
    admin.command("list")(list_)
    app.add_typer(admin, name="admin")


def create(
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    name: Annotated[
        str | None, typer.Option(help="What others call them; else what is before the @.")
    ] = None,
) -> None:
    """Make an account with the role ADMIN, or give that role to the one that is there.

    The password of a new account is asked for on a terminal, else it is the first line of standard input.
    """
    from server.auth.admins import NotMade, make_admin
    from server.cli.database import open_database

    with open_database() as url:
        try:
            outcome = asyncio.run(make_admin(url, email, name, _password))
        except NotMade as refusal:
            raise Refusal(str(refusal)) from None
    results.print(SAID[outcome].format(email), markup=False)


def list_() -> None:
    """Show who is an admin."""
    from server.auth.admins import list_admins
    from server.cli.database import open_database

    with open_database() as url:
        found = asyncio.run(list_admins(url))
    if not found:
        results.print("Nobody is an admin: ./dwelzo admin create EMAIL makes one.")
    for each in found:
        results.print(
            f"{each.email or 'no address'}  {each.display_name}  {each.status}  user_{each.id.hex}",
            markup=False,
        )


def _password() -> str:
    """Never from the command line, which others can read."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Refusal("The two are not the same; nothing has changed.")
        return password
    try:
        return sys.stdin.buffer.readline(_LONGEST).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refusal("The password on standard input is not UTF-8.") from None
