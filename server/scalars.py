"""The scalars of `schema/scalars.graphql`: one canonical wire form each, made alike by Python and by SQL.

`SQL_FORMS` has the SQL expression for each scalar that PostgreSQL's own JSON would write differently; a
property test compares the two. What cannot be represented (NaN, infinities, NUL, lone surrogates) is refused
on the way in here and by constraints in the database.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson
from ariadne import ScalarType

from server.errors import BadUserInput, quoted

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,12})?")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_URL_LENGTH = 8_000

# How SQL writes what Python writes: `{}` is the expression.
SQL_FORMS: Mapping[str, str] = {
    "DateTime": """to_char({} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "Date": "to_char({}, 'YYYY-MM-DD')",
    "Decimal": "cast({} as text)",
    "Latitude": "trim_scale({})",
    "Longitude": "trim_scale({})",
}


def datetime_to_wire(value: datetime) -> str:
    """UTC with six digits: `2026-11-23T10:00:00.000000Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value.year > 999 else _early(value)


def _early(value: datetime) -> str:
    # strftime does not pad years before 1000 on every platform.
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def decimal_to_wire(value: Decimal) -> str:
    """Plain notation at the value's own scale: `400000.00`."""
    return format(value, "f")


def coordinate_to_wire(value: Decimal) -> orjson.Fragment:
    """A JSON number without needless digits and without an exponent: `38.631913`, `38`, `0.00000001`.

    Finished text, as a float would be written with an exponent where it is small.
    """
    return orjson.Fragment(format(value.normalize(), "f"))


def _refuse(value: object, what: str) -> BadUserInput:
    shown = quoted(value) if isinstance(value, str) else quoted(repr(value))
    return BadUserInput(f"{shown} is not {what}.")


def _text(value: object, form: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _refuse(value, what)
    return value


def parse_decimal(value: object) -> Decimal:
    what = (
        'a Decimal: write it as a string such as "400000.00", at most 20 digits before and 12 after the point'
    )
    whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(_text(str(value) if whole else value, _DECIMAL, what))


def parse_datetime(value: object) -> datetime:
    what = 'a DateTime: write it as RFC 3339 with a time zone, such as "2026-11-23T10:00:00Z"'
    try:
        return datetime.fromisoformat(_text(value, _DATETIME, what)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse(value, what) from None


def parse_date(value: object) -> date:
    what = 'a Date: write it as "2026-11-23"'
    try:
        return date.fromisoformat(_text(value, _DATE, what))
    except ValueError:
        raise _refuse(value, what) from None


def parse_currency(value: object) -> str:
    return _text(value, _CURRENCY, 'a CurrencyCode: write three capitals of ISO 4217, such as "USD"')


def parse_country(value: object) -> str:
    return _text(value, _COUNTRY, 'a CountryCode: write two capitals of ISO 3166-1, such as "US"')


def parse_url(value: object) -> str:
    if isinstance(value, str) and len(value) <= _URL_LENGTH and value.isprintable() and " " not in value:
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = None
        if parts and parts.scheme in ("http", "https") and parts.netloc:
            return value
    raise _refuse(value, f"a URL: write an absolute http or https URL of at most {_URL_LENGTH:,} characters")


def _coordinate(limit: int, what: str) -> Callable[[object], Decimal]:
    def parse(value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
            raise _refuse(value, f"a {what}: write degrees as a number from -{limit} to {limit}")
        return Decimal(repr(value)).quantize(Decimal("1e-8"))

    return parse


parse_latitude = _coordinate(90, "Latitude")
parse_longitude = _coordinate(180, "Longitude")


def scalar_types() -> list[ScalarType]:
    """The bindables of every scalar of the contract."""
    forms: dict[str, tuple[Callable[[Any], Any], Callable[[object], Any]]] = {
        "DateTime": (datetime_to_wire, parse_datetime),
        "Date": (date.isoformat, parse_date),
        "Decimal": (decimal_to_wire, parse_decimal),
        "URL": (str, parse_url),
        "CurrencyCode": (str, parse_currency),
        "CountryCode": (str, parse_country),
        "Latitude": (coordinate_to_wire, parse_latitude),
        "Longitude": (coordinate_to_wire, parse_longitude),
    }
    return [ScalarType(name, serializer=write, value_parser=read) for name, (write, read) in forms.items()]
