"""An answer as it is written: the HTTP status and the JSON."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError

from server.errors import all_to_wire, status_of


class Answer(NamedTuple):
    """The HTTP status and the JSON."""

    status: int
    body: bytes


def written(data: Any, errors: Sequence[GraphQLError], *, has_data: bool = True) -> Answer:
    """An answer of data and errors. Without data it has the status of its gravest error."""
    body: dict[str, Any] = {"data": data} if has_data else {}
    if errors:
        body["errors"] = all_to_wire(errors)
    status = 200 if data is not None else max([200, *map(status_of, errors)])
    return Answer(status, orjson.dumps(body))
