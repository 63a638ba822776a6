"""What the database itself says of the tables that rows are loaded into: columns, types, constraints.

Read from the running database, so that an import knows every column of every migration and states none
twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from server.ingest.values import Column
from server.sql import named_texts

_STATEMENTS = named_texts(Path(__file__).with_suffix(".sql"))
_LENGTH = re.compile(r"has_length\((\w+), (\d+)\)")


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint: its condition as SQL over the table's columns."""

    name: str
    condition: str
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unique:
    """A unique constraint."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns in order, its constraints."""

    name: str
    columns: Mapping[str, Column]
    checks: tuple[Check, ...]
    uniques: tuple[Unique, ...]


async def read_table(connection: asyncpg.Connection, name: str) -> Table:
    """The table of that name as it is now."""
    found = await connection.fetch(_STATEMENTS["columns"], name)
    columns = {
        row["name"]: Column(**{**row, "labels": row["labels"] and tuple(row["labels"])}) for row in found
    }
    checks = tuple(
        Check(row["name"], row["condition"], frozenset(row["columns"]))
        for row in await connection.fetch(_STATEMENTS["checks"], name)
    )
    uniques = tuple(
        Unique(row["name"], tuple(row["columns"]))
        for row in await connection.fetch(_STATEMENTS["uniques"], name)
    )
    for column, longest in (
        match.groups() for check in checks for match in _LENGTH.finditer(check.condition)
    ):
        columns[column] = replace(columns[column], longest=int(longest))
    return Table(name, columns, checks, uniques)
