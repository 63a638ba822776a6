"""What a command works on: services that are given, that `up` runs, or that are started for the command."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from server.cli.failures import unreachable
from server.cli.screen import say
from server.config import Settings, given, load_settings, state_folder
from server.embedded import attach, not_given, outline


@contextmanager
def open_services(*names: str) -> Iterator[Settings]:
    """Settings under which the named services are reached; all of them where none is named.

    Services that the command does not use are not started, and their settings may be missing.
    """
    missing = not_given(given())
    needed = [service for service in missing if not names or service.name in names]
    load_settings(outline(missing))
    with attach(state_folder(), needed, say) as environment:
        yield load_settings({**outline(missing), **environment})


@contextmanager
def open_database() -> Iterator[str]:
    """The address of the database itself, past any pooler, with every migration applied."""
    with open_services("postgresql") as settings:
        url = settings.database_direct_url.get_secret_value()
        asyncio.run(migrate_database(url))
        yield url


async def migrate_database(url: str) -> int:
    """Apply what is pending and say so; returns how many files that were."""
    import asyncpg

    from server.migrations import migrate

    try:
        applied = await migrate(url, on_applied=lambda migration: say(f"applied {migration.name}"))
    except (OSError, asyncpg.PostgresError) as error:
        raise unreachable("DATABASE_DIRECT_URL", url, error) from error
    return len(applied)
