"""`./dwelzo import`: a file of listings is read, checked and loaded, batch by batch.

A batch is one transaction: it is there whole or not at all. While the database loads one, the next is read
in a thread of its own; no more than two are held at once, so that memory does not grow with the file. What
a good row is, the database says (`catalogue`); docs/decisions/import.md says what was decided and why.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import asyncpg

from server.ingest.catalogue import read_table
from server.ingest.csv_rows import CsvRows, SourceRow
from server.ingest.mapping import FieldMapping, read_mapping
from server.ingest.records import Record, RecordReader
from server.ingest.refusals import Refusals
from server.ingest.rejects import Reject, RejectFile, UnusableInput
from server.ingest.reso_json import JsonRecords
from server.ingest.resources import KEPT, MEDIA, MEMBER, OFFICE, PROPERTY, RESOURCES, Resource
from server.ingest.staging import MediaStage, Stage, Written

Format = Literal["csv", "reso-json"]

_MOST_RECORDS = 2_000
_MOST_BYTES = 16 * 1024 * 1024
# Two imports at once take turns, batch by batch. Any number that nothing else on the server locks.
_LOCK = int.from_bytes(b"ingest")

# What a row can be to blame for. Everything else (no disk, no connection, a lock) ends the import.
_ROW_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.RaiseError,
    asyncpg.ProgramLimitExceededError,
)


class Progress(NamedTuple):
    """How far a load has come."""

    done: int
    total: int
    unit: str


OnProgress = Callable[[Progress], None]
OnRejects = Callable[[Sequence[Reject]], None]


@dataclass(slots=True)
class Counts:
    """Rows of one resource that were written. Media that were removed count as updated."""

    inserted: int = 0
    updated: int = 0

    def add(self, inserted: int, updated: int) -> None:
        self.inserted += inserted
        self.updated += updated


@dataclass(slots=True)
class ImportReport:
    """What became of an input: listings by count, and what was given with them by resource."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    related: dict[str, Counts] = field(default_factory=dict)
    ignored_fields: tuple[str, ...] = ()
    rejects_path: Path | None = None

    @property
    def exit_status(self) -> int:
        """0 where every row was loaded, else 1."""
        return 1 if self.rejected else 0


class Rows(Protocol):
    """An input that is read row by row. `position` says how far, in bytes."""

    @property
    def position(self) -> int: ...

    def __iter__(self) -> Iterator[SourceRow | Reject]: ...

    def close(self) -> None: ...


async def import_file(
    url: str,
    path: Path,
    format: Format,
    mapping: Path | None = None,
    *,
    rejects_path: Path | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Loads a file of listings. Rejects are written to `rejects_path`, by default `<path>.rejects.csv`.

    UnusableInput where file or mapping cannot be read at all; what was rejected row by row is in the report.
    """
    field_mapping = read_mapping(mapping) if mapping else FieldMapping()
    rejects_path = rejects_path or path.with_name(path.name + ".rejects.csv")
    rows, size = _open(path, format, field_mapping), path.stat().st_size  # noqa: ASYNC240 before anything else runs
    try:
        connection = await connect(url)
        try:
            with RejectFile(rejects_path) as rejects:
                loader = await Loader.create(connection, field_mapping, rejects.write)
                report = await loader.load(rows, size, on_progress)
                report.rejects_path = rejects_path if report.rejected else None
                return report
        finally:
            await connection.close()
    finally:
        rows.close()


async def connect(url: str) -> asyncpg.Connection:
    """A connection of its own for a load, which no pool lends."""
    settings = {"application_name": "dwelzo ingest", "timezone": "UTC", "jit": "off"}
    return await asyncpg.connect(url, server_settings=settings)


@dataclass(slots=True)
class Batch:
    """Records to load together, by number, and the rows that were refused before; read up to `position`."""

    records: dict[int, Record] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    position: int = 0

    def __len__(self) -> int:
        return len(self.records) + len(self.rejects)


class Loader:
    """Loads rows into the tables of one connection."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        mapping: FieldMapping,
        on_rejects: OnRejects,
        reader: RecordReader,
        stages: Mapping[Resource, Stage],
        media: MediaStage,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._on_rejects = on_rejects
        self._reader = reader
        self._stages = stages
        self._media = media
        self._report = ImportReport(
            related={resource.name: Counts() for resource in RESOURCES if resource is not PROPERTY}
        )

    @classmethod
    async def create(
        cls,
        connection: asyncpg.Connection,
        mapping: FieldMapping,
        on_rejects: OnRejects,
        *,
        kept: frozenset[str] = KEPT,
    ) -> "Loader":
        """A loader for the tables as they are. `kept` are the columns that an input may not set."""
        tables = {resource: await read_table(connection, resource.table) for resource in RESOURCES}
        for table in tables.values():
            if not table.columns:
                raise UnusableInput(f"The database has no table {table.name}. Run ./dwelzo migrate.")
        reader = RecordReader(tables, kept)
        mapping.check_fields(reader.known())
        stages: dict[Resource, Stage] = {
            resource: Stage(connection, resource, tables[resource]) for resource in (OFFICE, MEMBER, PROPERTY)
        }
        stages[MEDIA] = media = MediaStage(connection, MEDIA, tables[MEDIA], PROPERTY)
        for stage in stages.values():
            await stage.create()
        return cls(connection, mapping, on_rejects, reader, stages, media)

    async def load(self, rows: Rows, total: int, on_progress: OnProgress | None = None) -> ImportReport:
        """Loads all rows. Every batch is a transaction; what was loaded before an error stays loaded."""
        batches = self._batches(rows)
        batch = await asyncio.to_thread(next, batches, None)
        while batch is not None:
            loading = asyncio.ensure_future(self._load(batch))
            try:
                following = await asyncio.to_thread(next, batches, None)
            finally:
                # Also when the user stops the import: this batch is there whole or not at all.
                await loading
            if on_progress:
                on_progress(Progress(batch.position, total, "bytes"))
            batch = following
        self._report.ignored_fields = tuple(sorted(self._reader.ignored))
        return self._report

    def _batches(self, rows: Rows) -> Iterator[Batch]:
        batch, begun = Batch(), rows.position
        for number, row in enumerate(rows, 1):
            if isinstance(row, Reject):
                batch.rejects.append(row._replace(record=number))
            else:
                record = self._reader.read(number, row.line, self._mapping.fields(row.values, row.line))
                if record.reasons:
                    batch.rejects.append(Reject(number, record.line, record.key, record.reasons))
                else:
                    batch.records[number] = record
            if len(batch) == _MOST_RECORDS or rows.position - begun > _MOST_BYTES:
                batch.position = begun = rows.position
                yield batch
                batch = Batch()
        if len(batch):
            batch.position = rows.position
            yield batch

    async def _load(self, batch: Batch) -> None:
        refusals = Refusals(batch.records, self._reader)
        counts = {resource: Counts() for resource in RESOURCES}
        if batch.records:
            async with self._connection.transaction():
                await self._write(batch.records, refusals, counts)
        rejects = sorted([*batch.rejects, *refusals.rejects()])
        if rejects:
            self._on_rejects(rejects)
        report, listings = self._report, counts[PROPERTY]
        report.read += len(batch)
        report.rejected += len(rejects)
        report.inserted += listings.inserted
        report.updated += listings.updated
        report.unchanged += len(batch) - len(rejects) - listings.inserted - listings.updated
        for resource, found in counts.items():
            if resource is not PROPERTY:
                report.related[resource.name].add(found.inserted, found.updated)

    async def _write(
        self, records: Mapping[int, Record], refusals: Refusals, counts: Mapping[Resource, Counts]
    ) -> None:
        """Writes what can be written of a batch; `refusals` gets the rest."""
        await self._connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
        self._media.owners = [number for number, record in records.items() if record.gives_media]
        for resource, stage in self._stages.items():
            await stage.fill(
                [part for record in records.values() for part in record.parts.get(resource.name, ())]
            )
        for stage in self._stages.values():
            refusals.add_broken(stage, await stage.broken())
        # Then, so that a row that is not loaded does not stand in the way of a good one with its key.
        await self._drop(refusals.records())
        refusals.add_duplicates(self._stages[PROPERTY], await self._stages[PROPERTY].duplicates())
        await self._drop(refusals.records())
        # Many listings give the same agent: the first of an input counts, else a second run would change it.
        await self._stages[OFFICE].duplicates()
        await self._stages[MEMBER].duplicates()
        for resources in ((OFFICE,), (MEMBER,), (PROPERTY, MEDIA)):
            stages = [self._stages[resource] for resource in resources]
            refusals.add_unknown(stages[0], await stages[0].unknown())
            await self._drop(refusals.records())
            for resource, written in zip(
                resources, await self._divide(stages, min(records), max(records), refusals), strict=True
            ):
                counts[resource].add(*written)

    async def _divide(
        self, stages: Sequence[Stage], first: int, last: int, refusals: Refusals
    ) -> list[Written]:
        """Writes these records together; where one is refused, halves them until it stands alone."""
        try:
            async with self._connection.transaction():
                return [await stage.write(first, last) for stage in stages]
        except _ROW_ERRORS as error:
            if first == last:
                refusals.add_error(first, error)
                await self._drop({first})
                return [Written(0, 0) for _ in stages]
        middle = (first + last) // 2
        halves = [
            await self._divide(stages, *half, refusals) for half in ((first, middle), (middle + 1, last))
        ]
        return [
            Written(one.inserted + other.inserted, one.updated + other.updated)
            for one, other in zip(*halves, strict=True)
        ]

    async def _drop(self, records: Collection[int]) -> None:
        if records:
            for stage in self._stages.values():
                await stage.drop(records)


def _open(path: Path, format: Format, mapping: FieldMapping) -> CsvRows | JsonRecords:
    if not path.is_file():
        raise UnusableInput(
            f"There is no file {path}." if not path.exists() else f"{path} is not a regular file."
        )
    try:
        if format == "reso-json":
            return JsonRecords(path)
        rows = CsvRows(path, mapping.delimiter)
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None
    try:
        mapping.check_columns(rows.header)
    except UnusableInput:
        rows.close()
        raise
    return rows
