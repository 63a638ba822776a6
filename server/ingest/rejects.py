"""What could not be loaded and why: reasons, the file they are written to, and the error for a whole
unusable input.

Nothing here reads input or knows a field. The codes are a closed set: docs/decisions/import.md lists what
each means.
"""

import csv
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self


class Code(StrEnum):
    """Why a value or a row was refused."""

    BAD_ENCODING = "BAD_ENCODING"
    BAD_STRUCTURE = "BAD_STRUCTURE"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    WRONG_FIELD_COUNT = "WRONG_FIELD_COUNT"
    MISSING = "MISSING"
    WRONG_TYPE = "WRONG_TYPE"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TOO_LONG = "TOO_LONG"
    TOO_PRECISE = "TOO_PRECISE"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    UNKNOWN_RELATION = "UNKNOWN_RELATION"
    BROKEN_RULE = "BROKEN_RULE"


class Reason(NamedTuple):
    """One thing that is wrong: the field (empty: the row as a whole), the code, a sentence with the cure."""

    field: str
    code: Code
    message: str


class Reject(NamedTuple):
    """A row that was not loaded: its number, the line it begins on, its key where that could be read."""

    record: int
    line: int
    key: str
    reasons: Sequence[Reason]


class Refused(Exception):
    """Raised by the reader of one value; the caller knows the field."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class UnusableInput(Exception):
    """The input as a whole cannot be read: no such file, a wrong header, a mapping that makes no sense."""


class RejectFile:
    """Rejects as CSV, one line for each reason. Without a reject there is no file, and an old one goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_empty = True

    def __enter__(self) -> Self:
        """Opens the file at once: that it cannot be written is told before anything is loaded."""
        try:
            self._stream = self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise UnusableInput(f"Rejects cannot be written to {self.path}: {error.strerror}.") from None
        self._writer = csv.writer(self._stream)
        self._writer.writerow(("record", "line", "key", "field", "code", "reason"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if self._is_empty:
            self.path.unlink()

    def write(self, rejects: Sequence[Reject]) -> None:
        self._is_empty = self._is_empty and not rejects
        for record, line, key, reasons in rejects:
            self._writer.writerows(
                (record, line, key, reason.field, reason.code, reason.message) for reason in reasons
            )
        self._stream.flush()
