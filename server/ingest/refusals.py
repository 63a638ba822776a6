"""What the database would not take becomes rejects: a broken constraint names the field to blame and the
cure.

Constraints are named <table>_<column>_<rule>; the rule gives the code. Values and field names are taken
from the input, so that a user reads their own words. What a field's type refuses is `values`' business.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg

from server.errors import quoted
from server.ingest.records import Part, Record, RecordReader
from server.ingest.rejects import Code, Reason, Reject
from server.ingest.staging import Broken, Stage

_CODES: Mapping[str, Code] = {
    "length": Code.TOO_LONG,
    "elements": Code.TOO_LONG,
    "range": Code.OUT_OF_RANGE,
    "positive": Code.OUT_OF_RANGE,
    "order": Code.OUT_OF_RANGE,
    "format": Code.WRONG_TYPE,
    "required": Code.MISSING,
    "unique": Code.DUPLICATE_KEY,
}


class Refusals:
    """The records of one batch that are not loaded, with all their reasons."""

    def __init__(self, records: Mapping[int, Record], reader: RecordReader) -> None:
        self._records = records
        self._reader = reader
        self._reasons: dict[int, list[Reason]] = {}

    def records(self) -> frozenset[int]:
        return frozenset(self._reasons)

    def rejects(self) -> list[Reject]:
        return [
            Reject(number, self._records[number].line, self._records[number].key, reasons)
            for number, reasons in self._reasons.items()
        ]

    def add_broken(self, stage: Stage, found: Iterable[Broken]) -> None:
        """Rows that break a constraint."""
        for number, rule in found:
            part = stage.parts[number]
            self._add(part.record, self._broken(stage, part, rule))

    def add_unknown(self, stage: Stage, found: Iterable[Broken]) -> None:
        """Rows that name another which is not there."""
        relations = {relation.column: relation for relation in stage.resource.relations}
        for number, column in found:
            part, relation = stage.parts[number], relations[column]
            key = quoted(part.columns[column])
            message = (
                f"{key} is no {relation.resource.name} that is known. Give it as {relation.inline_field},"
                " or load a listing that does first."
            )
            self._add(part.record, Reason(part.path + relation.key_field, Code.UNKNOWN_RELATION, message))

    def add_duplicates(self, stage: Stage, found: Iterable[tuple[int, int]]) -> None:
        """Rows whose key another row of the input has given before."""
        for number, line in found:
            part = stage.parts[number]
            name, value = self._reader.given(stage.resource, part, stage.resource.key[-1])
            message = f"{_shown(value)} was given before, in line {line}, which counts. Keep one of them."
            self._add(part.record, Reason(part.path + name, Code.DUPLICATE_KEY, message))

    def add_error(self, record: int, error: asyncpg.PostgresError) -> None:
        """A record whose writing alone made the database say no."""
        message = f"The database refuses the row: {error}."
        if error.constraint_name:
            message = (
                f"The row breaks the rule {error.constraint_name} of the database: {error.detail or error}."
            )
        self._add(record, Reason("", Code.BROKEN_RULE, message))

    def _add(self, record: int, reason: Reason) -> None:
        self._reasons.setdefault(record, []).append(reason)

    def _broken(self, stage: Stage, part: Part, rule: str) -> Reason:
        table = stage.table
        if rule in table.columns:
            name, _ = self._reader.given(stage.resource, part, rule)
            return Reason(part.path + name, Code.MISSING, f"{name} is missing. Give it.")
        named = rule.removeprefix(f"{table.name}_")
        columns = [column for column in table.columns if named.startswith(f"{column}_")]
        column = max(columns, key=len, default="")
        condition = next((check.condition for check in table.checks if check.name == rule), "")
        code = _CODES.get(named.removeprefix(f"{column}_"), Code.BROKEN_RULE) if column else Code.BROKEN_RULE
        name, value = self._reader.given(stage.resource, part, column) if column else ("", None)
        if code is Code.MISSING:
            message = f"{name} is missing, which the rest of the row asks for: {condition}. Give it."
        elif code is Code.DUPLICATE_KEY:
            message = f"{_shown(value)} is another row's. Give each row its own."
        else:
            message = f"{_shown(value)} breaks the rule {rule}: {condition}. Correct it."
        return Reason(part.path + name, code, message)


def _shown(value: Any) -> str:
    return quoted(value if isinstance(value, str) else str(value))
