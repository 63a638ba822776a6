"""Migrations: forward only, each once, whole or not at all, and never on a database they do not fit."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from server.migrations import MigrationError, migrate, pending, read_migrations


@pytest.fixture
async def url(services: dict[str, str]) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"migrations_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(services["DATABASE_URL"])
    await connection.execute(f"create database {name} template template0")
    yield services["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(
        "create table first (id integer);\ninsert into first values (1);\n"
    )
    (tmp_path / "0002_second.sql").write_text("create table second (id integer);\n")
    return tmp_path


async def tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "select relname from pg_class where relkind = 'r' and relname !~ '^(pg|sql)_'"
        )
        return sorted(row["relname"] for row in rows)
    finally:
        await connection.close()


async def refusal(url: str, folder: Path) -> str:
    with pytest.raises(MigrationError) as caught:
        await migrate(url, folder)
    return str(caught.value)


async def test_each_is_applied_once_and_in_order(url: str, folder: Path) -> None:
    assert [migration.name for migration in await pending(url, folder)] == [
        "0001_first.sql",
        "0002_second.sql",
    ]
    assert [migration.name for migration in await migrate(url, folder)] == [
        "0001_first.sql",
        "0002_second.sql",
    ]
    assert await tables(url) == ["first", "schema_migration", "second"]
    assert await migrate(url, folder) == []
    (folder / "0003_third.sql").write_text("create table third (id integer)")
    assert [migration.number for migration in await migrate(url, folder)] == [3]
    assert await pending(url, folder) == []


async def test_servers_that_start_at_the_same_time_wait_for_each_other(url: str, folder: Path) -> None:
    applied = await asyncio.gather(*(migrate(url, folder) for _ in range(4)))
    assert sorted(len(each) for each in applied) == [0, 0, 0, 2]


async def test_one_that_fails_leaves_nothing_and_names_file_and_line(url: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text(
        "create table half (id integer);\n\ncreate table broken (id nothing);\n"
    )
    assert await refusal(url, folder) == (
        '0002_second.sql:3: type "nothing" does not exist; nothing of the file was applied.'
    )
    assert await tables(url) == ["first", "schema_migration"]


async def test_one_that_ends_its_own_transaction_is_refused(url: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text("create table half (id integer); commit;")
    assert "ends its transaction itself" in await refusal(url, folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("0001_first.sql", "create table first (id bigint)"),
            "0001_first.sql was changed after the database had it.",
        ),
        (
            ("0001_other.sql", None),
            "The database has had 0001_first.sql where the files have 0001_other.sql.",
        ),
        (
            ("0003_newer.sql", "applied"),
            "The database has had migration 0003_newer.sql, which is not among the files",
        ),
    ],
)
async def test_files_that_came_apart_from_the_database_are_refused(
    url: str, folder: Path, change: tuple[str, str | None], sentence: str
) -> None:
    name, content = change
    if content == "applied":
        (folder / name).write_text("select 1")
        await migrate(url, folder)
        (folder / name).unlink()
    else:
        await migrate(url, folder)
        if content is None:
            (folder / "0001_first.sql").rename(folder / name)
        else:
            (folder / name).write_text(content)
    assert (await refusal(url, folder)).startswith(sentence)
    with pytest.raises(MigrationError):
        await pending(url, folder)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0004_gap.sql", "number 0003 is missing before 0004_gap.sql"),
        ("0002_twice.sql", "number 0002 is taken twice"),
        ("third.sql", "third.sql is not named like 0001_what_it_does.sql"),
    ],
)
def test_files_that_are_not_numbered_one_after_the_other_are_refused(
    folder: Path, name: str, sentence: str
) -> None:
    (folder / name).write_text("select 1")
    with pytest.raises(MigrationError, match=sentence):
        read_migrations(folder)
