"""The header fields of a request, of which each may be sent in several lines, and what a client accepts."""

from collections.abc import Mapping
from functools import lru_cache

from starlette.types import Scope

Fields = Mapping[bytes, bytes]


def fields_of(scope: Scope) -> Fields:
    """The fields by their names in lower case. Several lines of one are a list, as RFC 9110 has it: what must
    not be a list, such as `Authorization`, is then nothing that anybody could mean.
    """
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    fields = dict(lines)
    if len(fields) == len(lines):
        return fields
    joined: dict[bytes, bytes] = {}
    for name, value in lines:
        between = b"; " if name == b"cookie" else b", "
        joined[name] = joined[name] + between + value if name in joined else value
    return joined


@lru_cache(maxsize=256)
def weights(accept: bytes) -> Mapping[str, float]:
    """The media types and ranges of an `Accept`, in lower case, each with how much it is liked: from 0, which
    is not at all, to 1.
    """
    found: dict[str, float] = {}
    for each in accept.decode("latin-1").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        liked = float(weight) if weight.replace(".", "", 1).isdecimal() and weight.isascii() else 0.0
        if kind:
            found[kind] = max(found.get(kind, 0.0), liked)
    return found
