"""Brings a database to the state that `sql/migrations/` describes: forward only, each file once, in order.

A file runs in one transaction together with the note that it ran (table `schema_migration`, with the file's
checksum). An advisory lock makes servers that start at the same time wait for each other. What is in the
files is none of this module's business.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parents[1] / "sql" / "migrations"
FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
# Any number that nothing else on the server locks: the first bytes of "dwelzo".
ADVISORY_LOCK = int.from_bytes(b"dwelz")

CREATE_TABLE = """
create table if not exists schema_migration (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)
"""


class MigrationError(Exception):
    """The files and the database do not fit together; the message names the file and the cure."""


@dataclass(frozen=True)
class Migration:
    """One file of the folder."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """The files in order. Numbers leave no gap, so that two branches cannot take the same unnoticed."""
    migrations: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        name = FILE_NAME.fullmatch(path.name)
        if name is None:
            raise MigrationError(f"{path} is not named like 0001_what_it_does.sql; rename it.")
        number, expected = int(name[1]), len(migrations) + 1
        if number != expected:
            taken = "is taken twice" if number < expected else f"is missing before {path.name}"
            missing = number if number < expected else expected
            raise MigrationError(f"{folder}: number {missing:04d} {taken}; number the files without a gap.")
        migrations.append(Migration(number, path.name, path.read_text()))
    return migrations


async def migrate(
    url: str, folder: Path = FOLDER, on_applied: Callable[[Migration], None] | None = None
) -> list[Migration]:
    """Apply what the database has not had yet; returns that.

    `url` must reach PostgreSQL itself (DATABASE_DIRECT_URL): the lock belongs to a session, which a
    transaction pooler does not keep.
    """
    migrations = read_migrations(folder)
    connection = await asyncpg.connect(url, server_settings={"application_name": "dwelzo migrate"})
    try:
        await connection.execute("select pg_advisory_lock($1)", ADVISORY_LOCK)
        await connection.execute(CREATE_TABLE)
        applied = await _count_applied(connection, migrations)
        for migration in migrations[applied:]:
            await _apply(connection, migration)
            if on_applied is not None:
                on_applied(migration)
        return migrations[applied:]
    finally:
        await connection.close()


async def pending(url: str, folder: Path = FOLDER) -> list[Migration]:
    """The files the database has not had yet; MigrationError where the two have come apart."""
    migrations = read_migrations(folder)
    connection = await asyncpg.connect(url, server_settings={"application_name": "dwelzo migrate"})
    try:
        if not await connection.fetchval("select to_regclass('schema_migration') is not null"):
            return migrations
        return migrations[await _count_applied(connection, migrations) :]
    finally:
        await connection.close()


async def _count_applied(connection: asyncpg.Connection, migrations: Sequence[Migration]) -> int:
    """How many files the database had, once it is sure that they were these."""
    rows = await connection.fetch("select number, name, checksum from schema_migration order by number")
    for position, row in enumerate(rows):
        if position >= len(migrations):
            raise MigrationError(
                f"The database has had migration {row['name']}, which is not among the files: it is newer "
                "than this version. Update the clone, or start on another database."
            )
        file = migrations[position]
        if (row["number"], row["name"]) != (file.number, file.name):
            raise MigrationError(
                f"The database has had {row['name']} where the files have {file.name}. A file that was "
                "applied keeps its name: rename it back, and give the new one the next number."
            )
        if row["checksum"] != file.checksum:
            raise MigrationError(
                f"{file.name} was changed after the database had it. Restore the file (git log --follow "
                "shows it) and put the change into a new one; a database without anything to lose may start "
                "anew with ./dwelzo reset."
            )
    return len(rows)


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(migration.sql)
        if not connection.is_in_transaction():
            raise MigrationError(
                f"{migration.name} ends its transaction itself, so that it may be half applied. Take commit "
                "and rollback out of it, and look at the database."
            )
        await connection.execute(
            "insert into schema_migration (number, name, checksum) values ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.checksum,
        )
    except asyncpg.PostgresError as error:
        await transaction.rollback()
        raise MigrationError(
            f"{_place(migration, error)}: {error}; nothing of the file was applied."
        ) from error
    await transaction.commit()


def _place(migration: Migration, error: asyncpg.PostgresError) -> str:
    """The file, with the line where PostgreSQL names a position."""
    position = getattr(error, "position", None)
    if position is None:
        return migration.name
    line = migration.sql[: int(position)].count("\n") + 1
    return f"{migration.name}:{line}"
