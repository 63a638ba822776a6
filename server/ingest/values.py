"""Values of an input become values of a column: one reader for each column type, with a clear refusal.

A reader takes what a CSV cell (text) or a JSON document (text, number, boolean, list) holds and gives the
text that COPY writes, escaped. What a column's type cannot say (a range, a relation between columns) the
database's own constraints say; `staging` asks them. Nothing here opens a file or a connection.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from server.errors import quoted
from server.ingest.rejects import Code, Refused

NULL = r"\N"

Reader = Callable[[Any], str]

_INTEGER = re.compile(r"([+-]?[0-9]{1,40})(?:\.0{1,40})?")
_DECIMAL = re.compile(r"([+-]?)0*([0-9]{1,40})(?:\.([0-9]{1,40}))?")
# A number of any length: of these more than a few are never converted.
_DIGITS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_INTEGER_RANGES = {
    "int2": (-(2**15), 2**15 - 1),
    "int4": (-(2**31), 2**31 - 1),
    "int8": (-(2**63), 2**63 - 1),
}
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), "t"),
    **dict.fromkeys(("false", "f", "no", "n", "0"), "f"),
}
_COPY_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_ARRAY_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\""})
_MOST_ELEMENTS = 1_000
# difflib compares character by character: what it is given is bounded.
_LONGEST_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Column:
    """What the catalogue says of a column: `labels` of its enum, `longest` text in characters, and so on."""

    name: str
    type: str
    is_list: bool = False
    precision: int | None = None
    scale: int | None = None
    longest: int | None = None
    labels: tuple[str, ...] | None = None
    not_null: bool = False
    default: str | None = None
    generated: bool = False


def reader(column: Column, *, rounded: bool = False) -> Reader:
    """The reader of a column's values. `rounded`: digits beyond the scale are rounded away, not refused."""
    single = _single(column, rounded)
    return partial(_read_list, single) if column.is_list else single


def escape(text: str) -> str:
    """A text as COPY writes it."""
    return text.translate(_COPY_ESCAPES)


def copy_line(fields: Iterable[str]) -> bytes:
    """One line of COPY's text format out of fields that readers gave."""
    return ("\t".join(fields) + "\n").encode()


def _single(column: Column, rounded: bool) -> Reader:
    if column.labels is not None:
        return partial(_read_label, frozenset(column.labels), column.labels)
    match column.type:
        case "int2" | "int4" | "int8":
            return partial(_read_integer, *_INTEGER_RANGES[column.type])
        case "numeric" if column.precision is not None and column.scale is not None:
            return partial(_read_decimal, column.precision - column.scale, column.scale, rounded)
        case "bool":
            return _read_boolean
        case "date":
            return _read_date
        case "time":
            return _read_time
        case "timestamptz":
            return _read_instant
        case "text":
            return partial(_read_text, column.longest)
        case "uuid":
            return _read_uuid
    raise NotImplementedError(
        f"Column {column.name} has type {column.type}, which no import has a reader for."
    )


def _shown(value: object) -> str:
    return quoted(value if isinstance(value, str) else str(value))


def _wrong(value: object, what: str) -> Refused:
    return Refused(Code.WRONG_TYPE, f"{_shown(value)} is not {what}.")


def _plain(value: object, what: str) -> str:
    """The text of a cell, or of a JSON number without an exponent."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, what)
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise _wrong(value, what)
    return format(Decimal(repr(value)), "f")


def _read_text(longest: int | None, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _wrong(value, "text: put it in quotes")
    if "\0" in value:
        raise Refused(Code.BAD_ENCODING, f"{_shown(value)} has a NUL character in it; take it out.")
    if longest is not None and len(value) > longest:
        raise Refused(
            Code.TOO_LONG,
            f"{_shown(value)} has {len(value):,} characters; at most {longest:,} fit. Shorten it.",
        )
    return value.translate(_COPY_ESCAPES)


def _read_integer(least: int, most: int, value: object) -> str:
    what = "a whole number: write digits only, such as 3"
    text = _plain(value, what)
    match = _INTEGER.fullmatch(text)
    if match is None and not (_DIGITS.fullmatch(text) and "." not in text):
        raise _wrong(value, what)
    if match is None or not least <= int(match[1]) <= most:
        raise Refused(
            Code.OUT_OF_RANGE, f"{_shown(value)} is out of range: write a number from {least:,} to {most:,}."
        )
    return str(int(match[1]))


def _read_decimal(digits: int, scale: int, rounded: bool, value: object) -> str:
    what = "a number: write digits and a point, such as 400000.00"
    text = _plain(value, what)
    match = _DECIMAL.fullmatch(text)
    if match is None and not _DIGITS.fullmatch(text):
        raise _wrong(value, what)
    if match is None or len(match[2]) > digits:
        raise Refused(
            Code.OUT_OF_RANGE, f"{_shown(value)} is out of range: at most {digits} digits before the point."
        )
    sign, whole, fraction = match[1], match[2], (match[3] or "").rstrip("0")
    if len(fraction) <= scale:
        return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
    if not rounded:
        raise Refused(
            Code.TOO_PRECISE,
            f"{_shown(value)} has more than {scale} digits after the point. Round it at the source.",
        )
    return format(Decimal(f"{sign}{whole}.{fraction}").quantize(Decimal(1).scaleb(-scale)), "f")


def _read_boolean(value: object) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str | int) and (
        known := _BOOLEANS.get(str(value).lower() if len(str(value)) < 6 else "")
    ):
        return known
    raise _wrong(value, "a yes or no: write true or false")


def _read_date(value: object) -> str:
    what = "a date: write YYYY-MM-DD, such as 2026-11-23"
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _wrong(value, what)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise _wrong(value, what) from None


def _read_time(value: object) -> str:
    what = "a time of day: write HH:MM:SS, such as 14:30:00"
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise _wrong(value, what)
    try:
        return time.fromisoformat(value).isoformat()
    except ValueError:
        raise _wrong(value, what) from None


def _read_instant(value: object) -> str:
    what = "an instant: write date, time and zone, such as 2026-11-23T10:00:00Z"
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise _wrong(value, what)
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise _wrong(value, what) from None


def _read_uuid(value: object) -> str:
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise _wrong(value, "a UUID") from None


def _read_label(known: frozenset[str], labels: tuple[str, ...], value: object) -> str:
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(_letters(str(value)), by_letters := _by_letters(labels), n=3, cutoff=0.5)
    if near:
        cure = "Did you mean " + " or ".join(by_letters[letters] for letters in near) + "?"
    else:
        cure = "Known are " + ", ".join(labels[:12]) + (", ..." if len(labels) > 12 else "") + "."
    raise Refused(Code.UNKNOWN_VALUE, f"{_shown(value)} is not a known value. {cure}")


def _letters(text: str) -> str:
    return "".join(character for character in text[:_LONGEST_COMPARED].lower() if character.isalnum())


def _by_letters(labels: Iterable[str]) -> Mapping[str, str]:
    return {_letters(label): label for label in labels}


def _read_list(single: Reader, value: object) -> str:
    if isinstance(value, str):
        value = [part for part in map(str.strip, value.split(",")) if part]
    if not isinstance(value, list):
        raise _wrong(value, "a list: write [..] in JSON, values separated by commas in CSV")
    if len(value) > _MOST_ELEMENTS:
        raise Refused(
            Code.TOO_LONG, f"The list has {len(value):,} elements; at most {_MOST_ELEMENTS:,} are read."
        )
    # The same value twice says no more than once.
    elements = dict.fromkeys(single(element) for element in value)
    quoted_elements = ",".join(f'"{element.translate(_ARRAY_ESCAPES)}"' for element in elements)
    return f"{{{quoted_elements}}}"
