"""Turns what was to be expected (a bad setting, a taken folder, a service that is away) into a sentence.


Anything else keeps its traceback: it is a bug.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from server.cli.screen import complain

EXPECTED = {
    "server.config": ("ConfigurationError",),
    "server.embedded.state": ("EmbeddedError",),
    "server.migrations": ("MigrationError",),
    "server.storage": ("StorageError",),
    "server.cli.environment": ("InstallationFailed",),
    "server.contract.findings": ("Refused",),
    "server.execution.explaining": ("NotExplained",),
    "server.cli.failures": ("Refusal",),
    "bench.installation": ("ServerFailed",),
}


class Refusal(Exception):
    """A command will not do what it was asked; the message is a sentence with its cure."""


@contextmanager
def as_sentences() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_expected(error):
            raise
        complain(str(error))
        sys.exit(1)


def unreachable(variable: str, url: str, error: BaseException) -> Refusal:
    """Why the database behind a variable could not be used, as the server or the system said it."""
    parts = urlsplit(url)
    place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    database, user = parts.path.strip("/"), parts.username or "nobody"
    match type(error).__name__:
        case "InvalidPasswordError" | "InvalidAuthorizationSpecificationError":
            why = f"PostgreSQL at {place} refuses the user {user}; correct user and password in {variable}"
        case "InvalidCatalogNameError":
            why = f"PostgreSQL at {place} has no database {database}; create it (createdb {database})"
        case "TimeoutError":
            why = f"PostgreSQL at {place} does not answer in time; look at the network and at {variable}"
        case _:
            why = f"nothing usable answers at {place} ({error}); start PostgreSQL there or correct {variable}"
    return Refusal(f"{variable}: {why}.")


def _is_expected(error: Exception) -> bool:
    """By name, in modules that are loaded anyway: to import them all here would cost each start a second."""
    known = (
        getattr(sys.modules[module], name)
        for module, names in EXPECTED.items()
        if module in sys.modules
        for name in names
    )
    return isinstance(error, tuple(known))
