"""Cursors: where a page ended, as opaque text.

`base64url("<ORDER>|<id, 32 hex digits>|<value>")` without padding; a row without a value has no third part.
The order is in it so that a cursor cannot be used with another one; its wire form can be made by SQL just as
well.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from server import scalars
from server.composition import Bound
from server.errors import BadUserInput, quoted


def _integer(bits: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise ValueError("too large")
        return value

    return read


def _words(text: str) -> str:
    if "\0" in text:
        raise ValueError("no text holds the character NUL")
    return text


# Whoever makes a cursor up must not get a value past here that PostgreSQL would stumble over.
_READ: Mapping[str, Callable[[str], Any]] = {
    "timestamptz": scalars.parse_datetime,
    "date": scalars.parse_date,
    "numeric": scalars.parse_decimal,
    "int2": _integer(16),
    "int4": _integer(32),
    "int8": _integer(64),
    "text": _words,
    "varchar": _words,
}


def encode(order: str, id_: UUID, value: Any) -> str:
    """The cursor of a row in an order."""
    text = f"{order}|{id_.hex}" if value is None else f"{order}|{id_.hex}|{_text(value)}"
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def sql(order: str, id_: str, value: str) -> str:
    """The SQL expression that makes the same text, of expressions for the row's id and its value as text."""
    text = f"'{order}|' || encode(uuid_send({id_}), 'hex') || coalesce('|' || {value}, '')"
    encoded = f"encode(convert_to({text}, 'UTF8'), 'base64')"
    return f"translate({encoded}, '+/=' || chr(10), '-_')"


def decode(order: str, column_type: str, cursor: str) -> Bound:
    """The bound that a cursor of this order stands for; BAD_USER_INPUT when it is not one."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        its_order, id_, *value = raw.split("|", 2)
        key = UUID(hex=id_)
        # The value of a cursor of another order is of another type: that it is another order says more.
        bound = Bound(_READ[column_type](value[0]) if value and its_order == order else None, key)
    except (ValueError, BadUserInput):
        raise BadUserInput(
            f"{quoted(cursor)} is not a cursor. Pass a `cursor`, `endCursor` or `startCursor` of an answer."
        ) from None
    if its_order != order:
        raise BadUserInput(
            f"The cursor {quoted(cursor)} belongs to the order {quoted(its_order)}, not to {order}."
            " Ask for the page in the order that the cursor came from."
        )
    if encode(order, bound.id, bound.value) != cursor:
        raise BadUserInput(f"{quoted(cursor)} was changed: pass a cursor exactly as an answer gave it.")
    return bound


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return scalars.datetime_to_wire(value)
    return scalars.decimal_to_wire(value) if isinstance(value, Decimal) else str(value)
