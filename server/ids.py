"""Global ids: opaque, of one wire form, made alike by Python and by SQL.

A row's key is a uuidv7; on the wire it is `<prefix>_<32 lower-case hex digits>`, where the prefix comes from
the type's `@node(prefix:)`. Nothing here knows which types exist.
"""

import re
from uuid import UUID

from server.errors import BadUserInput, quoted

_WIRE = re.compile(r"([a-z][a-z_]*)_([0-9a-f]{32})")


def encode(prefix: str, key: UUID) -> str:
    """The wire form of a key: `property_0198a3…`."""
    return f"{prefix}_{key.hex}"


def split(wire: str) -> tuple[str, UUID]:
    """The prefix and the key of a wire id; BAD_USER_INPUT when it has not that form."""
    match = _WIRE.fullmatch(wire)
    if match is None:
        raise BadUserInput(f"{quoted(wire)} is not an id. Pass an `id` that this API gave you, unchanged.")
    return match[1], UUID(hex=match[2])


def decode(prefix: str, wire: str) -> UUID:
    """The key of a wire id of one type; BAD_USER_INPUT when it is malformed or another type's."""
    found, key = split(wire)
    if found != prefix:
        raise BadUserInput(
            f"{quoted(wire)} is not the id of a {prefix}. Pass an id that begins with `{prefix}_`."
        )
    return key


def sql(prefix: str, expression: str) -> str:
    """The SQL expression that makes the same text as `encode`."""
    return f"'{prefix}_' || encode(uuid_send({expression}), 'hex')"
