# ruff: noqa: S608 - names come from the catalogue and are quoted
"""Generated rows go into a table by COPY, through all its constraints and triggers.

What a file gives goes through `staging` instead: generated rows need no reasons why they were refused.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from types import NoneType
from typing import Any, NamedTuple, Self

import asyncpg

from server.ingest.catalogue import Table
from server.ingest.invention import Row
from server.ingest.staging import quote


class Copied(NamedTuple):
    """Rows as COPY's text format has them: asyncpg takes twice as long to write its binary one."""

    columns: Sequence[str]
    text: bytes
    rows: int

    @classmethod
    def of(cls, table: Table, rows: Sequence[Row]) -> Self:
        """The rows of a table. A column that a row does not have is null, or an empty list."""
        columns = _columns(rows)
        return cls(columns, _text(table, columns, rows).encode(), len(rows))


async def copy(connection: asyncpg.Connection, table: str, copied: Copied) -> None:
    """All the rows, in a table of that name."""
    # No column takes an empty text, so that it can stand for null.
    source = BytesIO(copied.text)
    await connection.copy_to_table(table, source=source, columns=copied.columns, null="")


async def copy_missing(connection: asyncpg.Connection, table: Table, rows: Iterable[Row]) -> int:
    """The rows that are not there yet by any unique key; how many that were."""
    rows = list(rows)
    if not rows:
        return 0
    stage = f"missing_{table.name}"
    names = ", ".join(map(quote, _columns(rows)))
    async with connection.transaction():
        await connection.execute(
            f"create temporary table {quote(stage)} on commit drop as"
            f" select {names} from {quote(table.name)} limit 0"
        )
        await copy(connection, stage, await asyncio.to_thread(Copied.of, table, rows))
        tag = await connection.execute(
            f"insert into {quote(table.name)} ({names})"
            f" select {names} from {quote(stage)} on conflict do nothing"
        )
    return int(tag.rsplit(" ", 1)[1])


async def weekend_noons(
    connection: asyncpg.Connection, zones: Collection[str], today: date
) -> Mapping[str, list[datetime]]:
    """For each time zone the noons of the next Saturday and of the Sunday a week after it.

    PostgreSQL knows the zones, also where Python has no data of them.
    """
    saturday = today + timedelta(days=(4 - today.weekday()) % 7 + 1)
    rows = await connection.fetch(
        "select zone, array_agg((day + time '12:00') at time zone zone order by day) as noons"
        " from unnest($1::text[]) as zone cross join unnest($2::date[]) as day group by zone",
        list(zones),
        [saturday, saturday + timedelta(days=8)],
    )
    return {row["zone"]: row["noons"] for row in rows}


def _text(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> str:
    absent = ["{}" if table.columns[name].is_list else "" for name in columns]
    lines = [
        "\t".join(
            [
                value if type(value) is str else _WRITERS.get(type(value), str)(value)
                for value in map(row.get, columns, absent)
            ]
        )
        for row in rows
    ]
    text = "".join([f"{line}\n" for line in lines])
    # Looked at once for all, not once for each value: what is made up has nothing to escape.
    if "\\" in text or text.count("\t") != len(rows) * (len(columns) - 1) or text.count("\n") != len(rows):
        raise ValueError("A generated text holds a tab, a line break or a backslash.")
    return text


# Times are few and repeat: a listing and its pictures share theirs. Labels in a list are single words.
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    datetime: lru_cache(maxsize=1_000)(str),
    list: lambda labels: f"{{{','.join(labels)}}}",
}


def _columns(rows: Iterable[Row]) -> list[str]:
    """All columns that some row has. Most rows have the same, so that few sets of names are merged."""
    return list(dict.fromkeys(name for names in dict.fromkeys(map(tuple, rows)) for name in names))
