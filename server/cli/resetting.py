"""What `./dwelzo reset` removes: the embedded data; or a given database's, only when its name is typed."""

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from server.cli.failures import Refusal, unreachable
from server.embedded.services import SERVICES
from server.embedded.state import StateFolder


def remove_embedded_data(home: Path) -> list[str]:
    """Remove the data folders, if nobody runs on them; secrets and built assets stay. Returns their names."""

    if not home.exists():
        return []
    state = StateFolder(home)
    state.claim()
    try:
        removed = []
        for service in SERVICES:
            service.recover(state)
            if (state.path / service.name).exists():
                shutil.rmtree(state.path / service.name)
                removed.append(service.name)
        return removed
    finally:
        state.release()


async def empty_given_database(url: str, typed: str | None) -> None:
    """Drop and make anew the schema that the migrations fill, where `typed` is the database's name."""
    name = unquote(urlsplit(url).path.strip("/"))
    if typed != name:
        raise Refusal(
            f"The database {name} was given by DATABASE_URL and may be somebody's. To remove all its data, "
            f"type its name: ./dwelzo reset --database {name}."
        )
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise unreachable("DATABASE_DIRECT_URL", url, error) from error
    try:
        await connection.execute(
            "drop schema public cascade; create schema public; grant usage on schema public to public"
        )
    finally:
        await connection.close()
