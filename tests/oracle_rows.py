"""Rows by chance: for each column values of its type and within its own check, at the ends and between."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import Installation

ODD = ["\\", '"', "'", "/", "\b\f\n\r\t", "\x01\x1f\x7f", "\u2028\u2029", "</script>", "\ufeff", "\U0001f3e1"]
ODD += ["%s $1 :name {}", "e\u0301", "\uffff", "\U0010ffff", "null", "a\u0000b".replace("\u0000", "\u0080")]

COLUMNS = """
    select a.attname as name, t.typname as type, not a.attnotnull as nullable, a.atthasdef as has_default,
      coalesce(information_schema._pg_numeric_scale(a.atttypid, a.atttypmod), 0) as scale,
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum as e
        where e.enumtypid = coalesce(nullif(t.typelem, 0), t.oid)) as labels,
      (select string_agg(pg_get_constraintdef(c.oid), ' and ') from pg_constraint as c
        where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) as checked
    from pg_attribute as a join pg_type as t on t.oid = a.atttypid
    where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and t.typname <> 'uuid'
    order by a.attnum"""


class Column(NamedTuple):
    """A column of a table, with its check as PostgreSQL writes it."""

    name: str
    type: str
    nullable: bool
    has_default: bool
    scale: int
    labels: list[str] | None
    checked: str | None


async def columns_of(installation: Installation, table: str) -> list[Column]:
    return [Column(**row) for row in await installation.sql(COLUMNS, table)]


def values_of(column: Column) -> list[Any]:
    """Values for a column, or none where its check is of a kind that chance does not meet."""
    strategy = _strategy(column)
    if strategy is None:
        return []
    found: list[Any] = []

    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def _strategy(column: Column) -> st.SearchStrategy[Any] | None:
    checked = column.checked or ""
    if column.labels is not None:
        one = st.sampled_from(column.labels)
        return st.lists(one, max_size=3, unique=True) if column.type.startswith("_") else one
    match column.type:
        case "bool":
            return st.booleans()
        case "date":
            return st.dates() | st.sampled_from([date.min, date.max, date(999, 12, 31)])
        case "timestamptz":
            ends = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1000-01-01T00:00:00.1Z"]
            instants = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
            return instants | st.sampled_from(ends)
        case "text" if longest := re.search(r"has_length\(\w+, (\d+)\)", checked):
            return _texts(int(longest[1]))
        case "int2" | "int4" | "numeric":
            bounds = [Decimal(bound) for bound in re.findall(r"[<>]= \(?'?(-?[\d.]+)", checked)]
            if len(bounds) != 2:
                return None
            low, high = min(bounds), max(bounds)
            return st.sampled_from([low, high]) | st.decimals(low, high, places=column.scale)
        case _:
            return None


def _texts(longest: int) -> st.SearchStrategy[str]:
    alphabet = st.characters(codec="utf-8", exclude_characters="\0")
    pieces = st.lists(st.sampled_from(ODD) | st.text(alphabet, max_size=5), min_size=1, max_size=5)
    return pieces.map(lambda parts: f"x{''.join(parts)}"[: longest - 1] + "x")


def rows(columns: list[Column], count: int, fixed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows whose columns are by chance but for those that are fixed."""
    known: dict[str, list[Any]] = {}
    values = []
    for column in columns:
        if column.name not in fixed:
            # Columns that differ in nothing but their names share their values.
            kind = repr(column._replace(name="")).replace(column.name, "")
            if kind not in known:
                known[kind] = values_of(column)
            values.append((column, known[kind]))
    random = Random(count)
    for _ in range(count):
        row = dict(fixed)
        for column, some in values:
            if some and not (column.nullable and random.random() < 0.25):
                row[column.name] = random.choice(some)
        yield row


async def insert(installation: Installation, table: str, row: dict[str, Any], *required: str) -> None:
    """Adds a row; where a check over several columns refuses it, without those that may be missing."""
    while True:
        try:
            await installation.add(table, **row)
            return
        except asyncpg.CheckViolationError as error:
            definition = await installation.value(
                "select pg_get_constraintdef(oid) from pg_constraint where conname = $1",
                error.constraint_name,
            )
            named = set(re.findall(r"\w+", definition)) - {*required}
            refused = [name for name in row if name in named]
            assert refused, f"{error} {row}"
            for name in refused:
                del row[name]
