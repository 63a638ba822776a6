"""Records of a RESO Web API payload (`{"value": [{…}, …]}`), of a bare array, or of JSON lines, streamed.

One record of a bounded size is held at a time. A payload is cut into records by its brackets and strings
alone, each record is then parsed by itself: so a broken record costs that record, has a line number, and
the rest goes on, which a parser of the whole document could not do. What the fields mean is the mapping's
business.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from server.errors import quoted
from server.ingest.csv_rows import SourceRow
from server.ingest.rejects import Code, Reason, Reject, UnusableInput

LONGEST_RECORD = 16 * 1024 * 1024
_CHUNK = 1024 * 1024
_LONGEST_OPENING = 64 * 1024

_SCALAR = rb'(?:"(?:[^"\\]|\\.)*+"|[-+.0-9eE]++|true|false|null)'
# What stands before the records: nothing but an array's bracket, or the scalars of an OData envelope.
_OPENING = re.compile(
    rb'\s*+(?:\[|\{\s*+(?:"(?!value")(?:[^"\\]|\\.)*+"\s*+:\s*+'
    + _SCALAR
    + rb'\s*+,\s*+)*+"value"\s*+:\s*+\[)'
)
_CLOSING = re.compile(rb'(?:\s*+,\s*+"(?:[^"\\]|\\.)*+"\s*+:\s*+' + _SCALAR + rb")*+\s*+\}?")
_BLANK = re.compile(rb"[\s,]*+")
# To the next bracket, over strings as a whole. Possessive: a text that does not match is given up at once.
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
_STRING_RUN = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OTHER_RUN = re.compile(rb'[^"{}\[\]]*+')


class JsonRecords:
    """The records of a file, whichever of the three forms it has."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb")
        try:
            opening = self._read_opening(path)
        except UnusableInput:
            self.close()
            raise
        self._records = _Payload(self._stream) if _OPENING.match(opening) else _lines(self._stream)

    def _read_opening(self, path: Path) -> bytes:
        """What the file begins with; the stream stands there again."""
        start = self._stream.read(_LONGEST_OPENING)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnusableInput(f"{path} is UTF-16. Save it as UTF-8.")
        self._stream.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
        opening = start[self._stream.tell() :]
        first = opening.lstrip()[:20]
        if not first:
            raise UnusableInput(f"{path} is empty.")
        if not first.startswith((b"{", b"[")):
            raise UnusableInput(
                f"{path} is not JSON: it begins with {quoted(first.decode(errors='replace'))}."
            )
        return opening

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[SourceRow | Reject]:
        return iter(self._records)


def _lines(stream: BinaryIO) -> Iterator[SourceRow | Reject]:
    number = 0
    while raw := stream.readline(LONGEST_RECORD + 1):
        number += 1
        if len(raw) > LONGEST_RECORD:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(_CHUNK)
            yield _too_long(number)
        elif raw.strip():
            yield _parsed(number, raw)


class _Payload:
    """Cuts `{"value": [ … ]}` or `[ … ]`, or several of them one after the other, into records."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._line = 1
        # Nothing can be read from here on: where a record ends is not known.
        self._lost = False

    def __iter__(self) -> Iterator[SourceRow | Reject]:
        while self._opened():
            while not self._lost and (record := self._next()) is not None:
                yield record
            if self._lost:
                return
        self._pass(_BLANK)
        if self._left:
            yield _broken(
                self._line, "What follows the records is neither their list's end nor another list."
            )

    def _opened(self) -> bool:
        """Passes over what stands before the records."""
        self._look_ahead()
        return self._pass(_OPENING)

    def _next(self) -> SourceRow | Reject | None:
        """The next record; None after the list's closing bracket."""
        self._pass(_BLANK)
        while not self._left and self._fill():
            self._pass(_BLANK)
        line = self._line
        match self._buffer[self._at : self._at + 1]:
            case b"{":
                return self._record(line)
            case b"]":
                self._advance(self._at + 1)
                self._look_ahead()
                self._pass(_CLOSING)
                return None
            case b"":
                return self._lose(line, "The list of records is not closed.")
            case other:
                return self._lose(
                    line, f"{quoted(other.decode(errors='replace'))} stands where a record should begin."
                )

    def _record(self, line: int) -> SourceRow | Reject:
        end = self._end_of_record()
        if end is None:
            return self._skip(line)
        raw = self._buffer[self._at : end]
        self._advance(end)
        return _parsed(line, raw)

    def _end_of_record(self) -> int | None:
        """Where the record that begins here ends; None where that is beyond the file or the bound."""
        depth, length = 0, 0
        while True:
            found = _TO_BRACKET.match(self._buffer, self._at + length)
            if found is None:
                if self._left > LONGEST_RECORD or not self._fill():
                    return None
                continue
            depth += 1 if found[1] in b"{[" else -1
            length = found.end() - self._at
            if depth == 0:
                return found.end() if length <= LONGEST_RECORD else None

    def _skip(self, line: int) -> Reject:
        """Passes over a record without keeping it."""
        depth, in_string = 0, False
        while True:
            self._pass(_STRING_RUN if in_string else _OTHER_RUN)
            mark = self._buffer[self._at : self._at + 1]
            if mark in (b"", b"\\"):
                # The buffer ends here, or in the middle of an escape.
                if not self._fill():
                    return self._lose(line, "A bracket or quote of the record is not closed.")
                continue
            self._advance(self._at + 1)
            if mark == b'"':
                in_string = not in_string
            else:
                depth += 1 if mark in b"{[" else -1
                if depth == 0:
                    return _too_long(line)

    def _lose(self, line: int, message: str) -> Reject:
        self._lost = True
        return _broken(line, f"{message} Nothing was read from here on.")

    @property
    def _left(self) -> int:
        return len(self._buffer) - self._at

    def _pass(self, pattern: re.Pattern[bytes]) -> bool:
        found = pattern.match(self._buffer, self._at)
        if found:
            self._advance(found.end())
        return found is not None

    def _advance(self, to: int) -> None:
        self._line += self._buffer.count(b"\n", self._at, to)
        self._at = to

    def _look_ahead(self) -> None:
        while self._left < _LONGEST_OPENING and self._fill():
            pass

    def _fill(self) -> bool:
        """Reads on; what is behind us is dropped."""
        more = self._stream.read(_CHUNK)
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)


def _parsed(line: int, raw: bytes) -> SourceRow | Reject:
    try:
        record: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _broken(line, f"The record is not JSON: {error.msg}.")
    if not isinstance(record, dict):
        return _broken(line, "The record is not an object: write {…}.")
    return SourceRow(line, record)


def _broken(line: int, message: str) -> Reject:
    return Reject(0, line, "", (Reason("", Code.BAD_STRUCTURE, message),))


def _too_long(line: int) -> Reject:
    message = f"The record is longer than {LONGEST_RECORD:,} bytes; nothing of it was read."
    return Reject(0, line, "", (Reason("", Code.LINE_TOO_LONG, message),))
