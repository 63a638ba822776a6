"""Rows of a CSV file (RFC 4180), streamed: one line at a time is held, of a bounded length.

A broken row costs that row: after a quote that is never closed, reading goes on at the next line. What the
columns mean is the mapping's business.
"""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from server.errors import quoted
from server.ingest.rejects import Code, Reason, Reject, UnusableInput

LONGEST_LINE = 1024 * 1024
LONGEST_FIELD = 128 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class SourceRow(NamedTuple):
    """A row as the input names it, by the line it begins on."""

    line: int
    values: dict[str, Any]


class _Line(NamedTuple):
    number: int
    text: str
    # Why the line cannot be used, or empty.
    flaw: str
    code: Code


class _Lines:
    """The lines of a file as the csv module asks for them, which may be put back.

    `current` holds those of the record being read. After too many bytes in one record the record is ended.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._number = 0
        self._ahead: deque[_Line] = deque()
        self.current: list[_Line] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._read()
        if line is None:
            raise StopIteration
        if self.current and (line.flaw or self._size + len(line.text) > LONGEST_LINE):
            self._ahead.appendleft(line)
            raise StopIteration
        self.current.append(line)
        self._size += len(line.text)
        return line.text

    def begin(self) -> None:
        """A new record."""
        self.current = []
        self._size = 0

    def put_back_all_but_first(self) -> None:
        self._ahead.extendleft(reversed(self.current[1:]))
        del self.current[1:]

    @property
    def at_end(self) -> bool:
        if not self._ahead and (line := self._read()) is not None:
            self._ahead.append(line)
        return not self._ahead

    def _read(self) -> _Line | None:
        raw = self._stream.readline(LONGEST_LINE + 1)
        if not raw:
            return None
        self._number += 1
        if len(raw) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = self._stream.readline(LONGEST_LINE)
            flaw = f"The line is longer than {LONGEST_LINE:,} bytes; nothing of it was read. Shorten it."
            return _Line(self._number, "\n", flaw, Code.LINE_TOO_LONG)
        if b"\0" in raw:
            flaw = f"Byte {raw.index(0) + 1} of the line is NUL. Take it out."
            return _Line(self._number, "\n", flaw, Code.BAD_ENCODING)
        try:
            return _Line(self._number, raw.decode(), "", Code.BAD_STRUCTURE)
        except UnicodeDecodeError as error:
            flaw = f"Byte {error.start + 1} of the line is not UTF-8. Save the file as UTF-8."
            return _Line(self._number, "\n", flaw, Code.BAD_ENCODING)


class CsvRows:
    """The rows of a CSV file whose first line names the columns. `header` is that line's names."""

    def __init__(self, path: Path, delimiter: str = ",") -> None:
        self.path = path
        self._delimiter = delimiter
        self._stream = path.open("rb")
        self._lines = _Lines(self._stream)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        try:
            start = self._stream.read(3)
            if start.startswith(_UTF16):
                raise UnusableInput(f"{path} is UTF-16. Save it as UTF-8.")
            self._stream.seek(3 if start == b"\xef\xbb\xbf" else 0)
            self.header = self._read_header()
        except UnusableInput:
            self.close()
            raise

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[SourceRow | Reject]:
        while not self._lines.at_end:
            row = self._next()
            if row is not None:
                yield row

    def _read_header(self) -> list[str]:
        if self._lines.at_end:
            raise UnusableInput(f"{self.path} is empty. The first line must name the columns.")
        try:
            names = [name.strip() for name in next(self._reader)]
        except csv.Error as error:
            raise UnusableInput(f"The first line of {self.path} cannot be read as CSV: {error}.") from None
        if flaw := self._lines.current[0].flaw:
            raise UnusableInput(f"The first line of {self.path} cannot be read. {flaw}")
        if not any(names):
            raise UnusableInput(f"The first line of {self.path} is blank. It must name the columns.")
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise UnusableInput(f"{self.path} has two columns named {quoted(twice[0])}. Rename one of them.")
        if len(names) == 1 and (other := next((mark for mark in ";\t|" if mark in names[0]), None)):
            raise UnusableInput(
                f"The first line of {self.path} has one column, {quoted(names[0])}. If columns are separated"
                f" by {quoted(other)}, say so in the mapping: [csv] delimiter = {quoted(other)}."
            )
        return names

    def _next(self) -> SourceRow | Reject | None:
        self._lines.begin()
        try:
            cells = next(self._reader)
        except csv.Error as error:
            return self._broken(f"The row is not CSV: {_explained(error)}")
        first = self._lines.current[0]
        if first.flaw:
            return Reject(0, first.number, "", (Reason("", first.code, first.flaw),))
        if not cells:
            return None
        if len(cells) != len(self.header):
            if len(self._lines.current) > 1:
                return self._broken(
                    "A quote in the row is not closed on its line. Close it, or double it if it is meant."
                )
            message = (
                f"The row has {len(cells)} fields; the header names {len(self.header)}."
                " Quote fields that hold commas."
            )
            return Reject(0, first.number, "", (Reason("", Code.WRONG_FIELD_COUNT, message),))
        return SourceRow(first.number, dict(zip(self.header, cells, strict=True)))

    def _broken(self, message: str) -> Reject:
        """Gives up a record's first line only: a stray quote must not swallow what follows."""
        self._lines.put_back_all_but_first()
        return Reject(0, self._lines.current[0].number, "", (Reason("", Code.BAD_STRUCTURE, message),))


def _explained(error: csv.Error) -> str:
    match str(error):
        case "unexpected end of data":
            return "a quote is opened and never closed. Close it, or double it if it is meant."
        case text if text.startswith("field larger than field limit"):
            return f"a field is longer than {LONGEST_FIELD:,} characters. Shorten it."
        case text:
            return f"{text}."
