# ruff: noqa: S608 - names come from the catalogue and are quoted
"""Generated rows go into a table by COPY, through all its constraints and triggers.

What a file gives goes through `staging` instead: generated rows need no reasons why they were refused.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import asyncpg

from server.ingest.catalogue import Table
from server.ingest.invention import Row
from server.ingest.staging import quote


async def copy_rows(connection: asyncpg.Connection, table: Table, rows: Sequence[Row]) -> None:
    """All the rows. A column that a row does not have is null, or an empty list."""
    await _copy(connection, table.name, table, rows)


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
        await _copy(connection, stage, table, rows)
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


async def _copy(connection: asyncpg.Connection, target: str, table: Table, rows: Sequence[Row]) -> None:
    columns = _columns(rows)
    absent: list[list[str] | None] = [[] if table.columns[name].is_list else None for name in columns]
    records = [list(map(row.get, columns, absent)) for row in rows]
    await connection.copy_records_to_table(target, records=records, columns=columns)


def _columns(rows: Iterable[Row]) -> list[str]:
    """All columns that some row has. Most rows have the same, so that few sets of names are merged."""
    return list(dict.fromkeys(name for names in dict.fromkeys(map(tuple, rows)) for name in names))
