"""A record of an input becomes rows to load: the listing, and the agents, offices and media that it gives
inline.

Every field is read by its column's type; all that is wrong with a record is found, not the first thing
only. Nothing here touches the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.ingest.catalogue import Table
from server.ingest.mapping import Values
from server.ingest.rejects import Code, Reason, Refused
from server.ingest.resources import KEPT, MEDIA, PROPERTY, Relation, Resource
from server.ingest.values import NULL, Reader, reader
from server.names import to_pascal

# Measurements: a source's needless digits are rounded away. Everything else is exact or refused.
_ROUNDED = frozenset({"latitude", "longitude"})
_MOST_MEDIA = 1_000
# Names of fields that no column is for are told to the user; a hostile input may hold any number of them.
_MOST_IGNORED = 200


@dataclass(slots=True)
class Part:
    """A row for one table. `columns` are as COPY writes them; a foreign key's is the key of the row named."""

    record: int
    line: int
    path: str
    columns: dict[str, str]
    fields: Values


@dataclass(slots=True)
class Record:
    """What one record of the input holds, by the name of the resource; `reasons` is what is wrong with it."""

    number: int
    line: int
    key: str = ""
    gives_media: bool = False
    parts: dict[str, list[Part]] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    def refuse(self, where: str, code: Code, message: str) -> None:
        self.reasons.append(Reason(where, code, message))


class _Shape:
    """How the fields of one resource are read."""

    def __init__(self, resource: Resource, table: Table, kept: frozenset[str]) -> None:
        foreign_keys = {relation.column for relation in resource.relations}
        self.names = {
            name: to_pascal(name)
            for name, column in table.columns.items()
            if not column.generated
            and name not in kept | foreign_keys
            and (column.type != "uuid" or name == "id")
        }
        # RESO writes some words in capitals (`MLSAreaMajor`), so that letters alone are compared.
        self._by_letters: Mapping[str, tuple[str, Reader]] = {
            name.replace("_", ""): (name, reader(table.columns[name], rounded=name in _ROUNDED))
            for name in self.names
        }
        self.elsewhere = {MEDIA.name}.union(*((r.key_field, r.inline_field) for r in resource.relations))
        self.key = tuple((name, self.names[name]) for name in resource.key if name in self.names)

    def find(self, name: str) -> tuple[str, Reader] | None:
        """The column of a field and its reader. A field begins with a capital, as RESO's names do."""
        return self._by_letters.get(name.lower()) if name[:1].isupper() else None


class RecordReader:
    """Reads records into rows. `ignored` collects the fields that no column is for.

    `kept` are the columns that the database keeps for itself, whatever an input says.
    """

    def __init__(self, tables: Mapping[Resource, Table], kept: frozenset[str] = KEPT) -> None:
        self._shapes = {resource: _Shape(resource, table, kept) for resource, table in tables.items()}
        self.ignored: set[str] = set()

    def known(self, resource: Resource = PROPERTY, path: str = "") -> set[str]:
        """The names that a mapping may make, `ListAgent.MemberKey` among them."""
        names = {path + name for name in self._shapes[resource].names.values()}
        for relation in resource.relations:
            names.add(path + relation.key_field)
            # A mapping goes one level down: `ListAgent.MemberKey`.
            if not path:
                names |= self.known(relation.resource, f"{relation.inline_field}.")
        return names | ({MEDIA.name} if resource is PROPERTY else set())

    def given(self, resource: Resource, part: Part, column: str) -> tuple[str, Any]:
        """The field that a column was read from, by the name the input has for it, and its value."""
        shape = self._shapes[resource]
        for name, value in part.fields.items():
            if (known := shape.find(name)) and known[0] == column:
                return name, value
        return shape.names[column], None

    def read(self, number: int, line: int, fields: Values) -> Record:
        record = Record(number, line)
        # Where a system has one key for a listing it serves as both.
        own_key, listing_key = fields.get("OriginatingSystemKey"), fields.get("ListingKey")
        if own_key in (None, ""):
            fields = {**fields, "OriginatingSystemKey": listing_key}
        elif listing_key in (None, ""):
            fields = {**fields, "ListingKey": own_key}
        key = fields.get("ListingKey")
        record.key = key.strip() if isinstance(key, str) else ""
        self._row(record, PROPERTY, "", fields)
        self._media(record, fields.get(MEDIA.name))
        return record

    def _row(self, record: Record, resource: Resource, path: str, fields: Values) -> Part:
        """Reads one object into a row, and the objects inside it into rows of their own."""
        shape = self._shapes[resource]
        part = Part(record.number, record.line, path, {}, fields)
        refused = set()
        for name, value in fields.items():
            known = shape.find(name)
            if known is None:
                if name not in shape.elsewhere and len(self.ignored) < _MOST_IGNORED:
                    self.ignored.add(path + name)
                continue
            column, read = known
            try:
                part.columns[column] = _read(read, value)
            except Refused as error:
                refused.add(column)
                record.refuse(path + name, error.code, error.message)
        for column, name in shape.key:
            if part.columns.get(column, NULL) == NULL and column not in refused:
                record.refuse(
                    path + name, Code.MISSING, f"{name} is missing; the row is found again by it. Give it."
                )
        for relation in resource.relations:
            if relation.key_field in fields or relation.inline_field in fields:
                part.columns[relation.column] = self._related(record, path, relation, fields)
        record.parts.setdefault(resource.name, []).append(part)
        return part

    def _related(self, record: Record, path: str, relation: Relation, fields: Values) -> str:
        """The key of the row that a relation names, or null; a row given inline is read too."""
        inline, inline_key, key = fields.get(relation.inline_field), NULL, NULL
        [key_column] = relation.resource.key
        if isinstance(inline, dict):
            if any(value not in (None, "") for value in inline.values()):
                row = self._row(record, relation.resource, f"{path}{relation.inline_field}.", inline)
                inline_key = row.columns.get(key_column, NULL)
        elif inline not in (None, ""):
            record.refuse(path + relation.inline_field, Code.WRONG_TYPE, "This is not an object: write {…}.")
        read = self._shapes[relation.resource].find(self._shapes[relation.resource].names[key_column])
        try:
            key = _read(read[1], fields.get(relation.key_field)) if read else NULL
        except Refused as error:
            record.refuse(path + relation.key_field, error.code, error.message)
        if NULL not in (key, inline_key) and key != inline_key:
            message = (
                f"{relation.key_field} and {relation.inline_field} name two different rows. Give one of them."
            )
            record.refuse(path + relation.key_field, Code.BROKEN_RULE, message)
        return key if key != NULL else inline_key

    def _media(self, record: Record, media: Any) -> None:
        """A listing's media as a whole: a list of objects, or of addresses of photos."""
        if media in (None, ""):
            return
        if not isinstance(media, list) or len(media) > _MOST_MEDIA:
            message = f"This is not a list of at most {_MOST_MEDIA:,} media: write [{{…}}, …]."
            record.refuse(MEDIA.name, Code.WRONG_TYPE, message)
            return
        record.gives_media = True
        orders = set()
        for place, item in enumerate(media):
            where = f"{MEDIA.name}[{place}]"
            fields = {"MediaURL": item} if isinstance(item, str) else item
            if not isinstance(fields, dict):
                record.refuse(where, Code.WRONG_TYPE, "This is neither an object nor an address: write {…}.")
                continue
            if fields.get("Order") in (None, ""):
                fields = {**fields, "Order": place}
            part = self._row(record, MEDIA, f"{where}.", fields)
            order = part.columns.get("order")
            if order in orders:
                message = f"Order {order} is given twice. Give each of a listing's media its own."
                record.refuse(f"{where}.Order", Code.DUPLICATE_KEY, message)
            elif order is not None:
                orders.add(order)


def _read(read: Reader, value: Any) -> str:
    if isinstance(value, str):
        value = value.strip()
    return NULL if value is None or value == "" else read(value)
