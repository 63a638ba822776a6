# ruff: noqa: S608 - names come from the catalogue and are quoted, values go through COPY and parameters only
"""One batch of rows, from COPY to upsert: temporary tables, and SQL that is put together from the catalogue.

This SQL cannot stand in `sql/`: its columns are those that an input happens to give, and its conditions are
the database's own constraints, asked of the staged rows so that each broken one is told by record and field
before anything is written.

A row is updated only where a column that the input gives differs, so that loading the same rows again writes
nothing. Update and insert are two statements: before-insert triggers of `insert … on conflict` would run for
rows that are only updated, and change what is compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import NamedTuple

import asyncpg

from server.ingest.catalogue import Table, Unique
from server.ingest.records import Part
from server.ingest.resources import Resource
from server.ingest.values import NULL, copy_line


class Broken(NamedTuple):
    """A rule that a staged row breaks: the row's number, the constraint or the column that is missing."""

    part: int
    rule: str


class Written(NamedTuple):
    """How many rows a write inserted and updated."""

    inserted: int
    updated: int


def quote(name: str) -> str:
    """An identifier as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _names(columns: Iterable[str], of: str = "") -> str:
    return ", ".join(of + quote(name) for name in columns)


def _same(columns: Iterable[str], one: str, other: str) -> str:
    return " and ".join(f"{one}.{quote(name)} = {other}.{quote(name)}" for name in columns)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _stage(resource: Resource) -> str:
    return quote(f"stage_{resource.table}")


def _key_of(foreign_key: str) -> str:
    """The column of a stage that holds the key of the row that a foreign key is for."""
    return f"{foreign_key}_key"


@dataclass(frozen=True)
class Composition:
    """The statements for one shape of a batch: some rows give the columns `given`, all those of `always`.

    The parameters of `update` and `insert` are the first and the last record to write.
    """

    resource: Resource
    table: Table
    given: tuple[str, ...]
    always: frozenset[str]

    @cached_property
    def staged(self) -> tuple[str, ...]:
        """The columns of the stage that COPY fills."""
        foreign_keys = {relation.column for relation in self.resource.relations}
        given = (_key_of(name) if name in foreign_keys else name for name in self.given)
        return ("part", "record", "line", "given", *given)

    @cached_property
    def merged(self) -> str:
        """The staged rows as they will stand: relations found, and what a row does not give as it is now.

        `now` is the id of the row that is there already.
        """
        values = {name: f"s.{quote(name)}" for name in self.given}
        joins = [f"left join {quote(self.table.name)} as t on {_same(self.resource.key, 't', 's')}"]
        for number, relation in enumerate(self.resource.relations):
            if relation.column in values:
                [key] = relation.resource.key
                staged = f"s.{quote(_key_of(relation.column))}"
                joins.append(
                    f"left join {quote(relation.resource.table)} as r{number}"
                    f" on r{number}.{quote(key)} = {staged}"
                )
                values[relation.column] = f"r{number}.id"
        for column in self.table.columns.values():
            if column.generated or (column.name == "id" and "id" not in values):
                continue
            default = column.default or "null"
            as_it_is = f"case when t.id is null then {default} else t.{quote(column.name)} end"
            value = values.get(column.name, as_it_is)
            if column.not_null and column.default:
                value = f"coalesce({value}, {default})"
            if column.name in values and column.name not in self.always:
                is_given = f"get_bit(s.given, {self.given.index(column.name)}) = 1"
                value = f"case when {is_given} then {value} else {as_it_is} end"
            values[column.name] = value
        columns = ", ".join(f"{value} as {quote(name)}" for name, value in values.items())
        return (
            f"select s.part, s.record, t.id as now, {columns}"
            f" from {_stage(self.resource)} as s {' '.join(joins)}"
        )

    @cached_property
    def broken(self) -> str:
        """Each rule of the table that a staged row breaks."""
        # Found or filled in when the row is written: by `merged`, or by triggers of the table.
        relations = {relation.column for relation in self.resource.relations} | {self.resource.owner}
        filled_in = relations | self.resource.carried | self.resource.first_only
        generated = {column.name for column in self.table.columns.values() if column.generated}
        conditions = {
            column.name: f"{quote(column.name)} is null"
            for column in self.table.columns.values()
            if column.not_null and column.name not in generated | filled_in
        }
        # An id that the database will choose cannot be asked for yet.
        not_staged = generated | relations | {"id"}.difference(self.given)
        for check in self.table.checks:
            if not check.columns & not_staged:
                conditions[check.name] = f"({check.condition}) is false"
        for unique in self.table.uniques:
            if set(unique.columns) != set(self.resource.key):
                conditions[unique.name] = self._taken(unique)
        cases = (f"case when {condition} then {_text(rule)} end" for rule, condition in conditions.items())
        return (
            "select part, unnest(broken) as rule from ("
            f"select part, array_remove(array[{', '.join(cases)}], null) as broken from ({self.merged}) as m"
            ") as b where cardinality(broken) > 0 order by part"
        )

    @cached_property
    def unknown(self) -> str:
        """Each relation of a staged row whose key names no row."""
        selects = []
        for relation in self.resource.relations:
            [key] = relation.resource.key
            staged = f"s.{quote(_key_of(relation.column))}"
            selects.append(
                f"select s.part, {_text(relation.column)} as rule from {_stage(self.resource)} as s"
                f" where {staged} is not null and not exists"
                f" (select from {quote(relation.resource.table)} as o where o.{quote(key)} = {staged})"
            )
        return " union all ".join(selects)

    @cached_property
    def update(self) -> str:
        """Updates rows that differ; empty where the input gives nothing that may be updated."""
        kept = self.resource.first_only.union(self.resource.key)
        written = [name for name in self.given if name not in kept]
        compared = [name for name in written if name not in self.resource.carried]
        if not compared:
            return ""
        settings = ", ".join(f"{quote(name)} = {self._new(name)}" for name in written)
        return (
            f"update {quote(self.table.name)} as t set {settings} from ({self.merged}) as m"
            f" where t.id = m.now and m.record between $1 and $2"
            f" and ({_names(compared, 't.')}) is distinct from ({_names(compared, 'm.')})"
        )

    @cached_property
    def insert(self) -> str:
        """Inserts rows that are not there."""
        names = _names(self.given)
        return (
            f"insert into {quote(self.table.name)} ({names}) select {names} from ({self.merged}) as m"
            f" where m.now is null and m.record between $1 and $2 order by m.part"
        )

    def _taken(self, unique: Unique) -> str:
        """Whether a row of another key has the same values, in the batch or in the table."""
        names, key = _names(unique.columns), f"row({_names(self.resource.key)})"
        return (
            f"({names}) is not null"
            f" and first_value({key}) over (partition by {names} order by part) is distinct from {key}"
            f" or exists (select from {quote(self.table.name)} as o"
            f" where {_same(unique.columns, 'o', 'm')} and o.id is distinct from now)"
        )

    def _new(self, name: str) -> str:
        """What an update writes. A time that the input does not know stays what the database made it."""
        new = f"m.{quote(name)}"
        return f"coalesce({new}, t.{quote(name)})" if name in self.resource.carried else new


class Stage:
    """The temporary table of one resource, and beside it the keys of that resource that this run has seen.

    `part` numbers the rows of a batch, `record` is the record a row came with, `given` has a bit for each
    given column, `<foreign key>_key` is the key that a relation names.
    """

    def __init__(self, connection: asyncpg.Connection, resource: Resource, table: Table) -> None:
        self.resource = resource
        self.table = table
        self.parts: Sequence[Part] = ()
        self._connection = connection
        self._name = _stage(resource)
        self._seen = quote(f"seen_{resource.table}")
        self._composition = Composition(resource, table, (), frozenset())

    async def create(self) -> None:
        """Makes the temporary tables."""
        columns = [column.name for column in self.table.columns.values() if not column.generated]
        keys = "".join(
            f", add {quote(_key_of(relation.column))} text" for relation in self.resource.relations
        )
        key = _names(self.resource.key)
        await self._connection.execute(
            f"create temporary table {self._name} as"
            f" select {_names(columns)} from {quote(self.table.name)} limit 0;"
            f"alter table {self._name}"
            f" add part int, add record int, add line bigint, add given bit varying{keys};"
            f"create temporary table {self._seen} as select {key}, part, record, line from {self._name};"
            f"create unique index on {self._seen} ({key});"
        )

    async def fill(self, parts: Sequence[Part]) -> None:
        """The rows of a batch, instead of those of the one before."""
        self.parts = parts
        await self._connection.execute(f"truncate {self._name}")
        if not parts:
            return
        self._composition = self._compose(parts)
        lines = []
        for number, part in enumerate(parts):
            given = "".join("1" if name in part.columns else "0" for name in self._composition.given)
            values = (part.columns.get(name, NULL) for name in self._composition.given)
            lines.append(copy_line((str(number), str(part.record), str(part.line), given, *values)))
        await self._connection.copy_to_table(
            f"stage_{self.resource.table}", source=BytesIO(b"".join(lines)), columns=self._composition.staged
        )
        # So that the planner knows that the batch is small, however large the table is.
        await self._connection.execute(f"analyze {self._name} (record)")

    async def broken(self) -> list[Broken]:
        """Every rule of the database that a row of the batch breaks."""
        return await self._broken(self._composition.broken)

    async def unknown(self) -> list[Broken]:
        """Every relation that names a row which is not there."""
        return await self._broken(self._composition.unknown)

    async def duplicates(self) -> list[tuple[int, int]]:
        """Takes rows out of the batch whose key this run has seen, each with the line that gave it first."""
        if not self.parts:
            return []
        await self._connection.execute(
            f"insert into {self._seen} select {_names(self.resource.key)}, part, record, line"
            f" from {self._name} order by part on conflict do nothing"
        )
        found = await self._connection.fetch(
            f"delete from {self._name} as s using {self._seen} as seen"
            f" where {_same(self.resource.key, 'seen', 's')}"
            " and (seen.part, seen.record) <> (s.part, s.record) returning s.part, seen.line"
        )
        return sorted((row["part"], row["line"]) for row in found)

    async def drop(self, records: Iterable[int]) -> None:
        """Takes records out of the batch."""
        await self._connection.execute(
            f"delete from {self._name} where record = any($1::int[])", list(records)
        )

    async def write(self, first: int, last: int) -> Written:
        """Updates and inserts what the batch holds of these records."""
        if not self.parts:
            return Written(0, 0)
        updated = 0
        if self._composition.update:
            updated = _count(await self._connection.execute(self._composition.update, first, last))
        return Written(_count(await self._connection.execute(self._composition.insert, first, last)), updated)

    def _compose(self, parts: Sequence[Part]) -> Composition:
        """The statements for these rows: mostly those of the batch before."""
        given = frozenset[str]().union(*(part.columns for part in parts))
        always = given.intersection(*(part.columns for part in parts))
        if self.resource.owner:
            # Given as a whole: what a row does not say it does not have.
            settable = (column.name for column in self.table.columns.values() if not column.generated)
            always = given = given.union(settable) - (self.resource.first_only - given)
        ordered = tuple(name for name in self.table.columns if name in given)
        new = Composition(self.resource, self.table, ordered, always)
        return self._composition if self._composition == new else new

    async def _broken(self, statement: str) -> list[Broken]:
        if not self.parts or not statement:
            return []
        return [Broken(row["part"], row["rule"]) for row in await self._connection.fetch(statement)]


class MediaStage(Stage):
    """Media are given as a whole: those that a listing does not give any more are removed.

    `owners` are the records of the batch that give media, be it none.
    """

    def __init__(
        self, connection: asyncpg.Connection, resource: Resource, table: Table, listings: Resource
    ) -> None:
        super().__init__(connection, resource, table)
        self.owners: Sequence[int] = ()
        # The listings of the batch, with the ids that they have by now.
        self._listings = (
            f"{_stage(listings)} as o join {quote(listings.table)} as p on {_same(listings.key, 'p', 'o')}"
        )

    async def write(self, first: int, last: int) -> Written:
        """Removes, updates and inserts media of the listings that these records gave."""
        removed = await self._connection.execute(
            f"delete from media as t using {self._listings} where t.property_id = p.id"
            " and o.record = any($3::int[]) and o.record between $1 and $2 and not exists"
            f' (select from {self._name} as s where s.record = o.record and s."order" = t."order")',
            first,
            last,
            list(self.owners),
        )
        if not self.parts:
            return Written(0, _count(removed))
        await self._connection.execute(
            f"update {self._name} as s set property_id = p.id from {self._listings}"
            " where o.record = s.record and s.record between $1 and $2",
            first,
            last,
        )
        # A listing has one preferred photo at most: the old one makes way before the new one comes.
        await self._connection.execute(
            f"update media as t set preferred_photo_yn = false from {self._name} as s"
            ' where s.property_id = t.property_id and s."order" = t."order" and s.record between $1 and $2'
            " and t.preferred_photo_yn and s.preferred_photo_yn is not true",
            first,
            last,
        )
        inserted, updated = await super().write(first, last)
        return Written(inserted, updated + _count(removed))


def _count(tag: str) -> int:
    """The number of rows in a command's tag: `INSERT 0 5`."""
    return int(tag.rsplit(" ", 1)[1])
