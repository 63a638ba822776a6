"""What a client asks, read from an HTTP request: the query string of a GET, or the JSON body of a POST."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope

from server.errors import BadUserInput, MethodNotAllowed, UnsupportedMedia, quoted

JSON = "application/json"
MOST_BODY_BYTES = 100_000


@dataclass(slots=True)
class Operation:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any]
    name: str | None


async def read_operation(scope: Scope, receive: Receive, headers: Mapping[bytes, str]) -> Operation:
    """The operation of a GET's query string or a POST's JSON body."""
    if scope["method"] == "GET":
        return _operation(_query_parameters(scope["query_string"]))
    if scope["method"] != "POST":
        raise MethodNotAllowed(f"/graphql takes GET and POST, not {scope['method']}.")
    content_type = headers.get(b"content-type", "")
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMedia(
            f"The body is {quoted(content_type)}: send JSON, as `Content-Type: application/json`."
        )
    body = await _read_body(receive)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadUserInput(f"The body is not JSON: {error}.") from None
    if b"\\u0000" in body and _holds_nul(data):
        raise BadUserInput("A string holds the character NUL, which no text may.")
    return _operation(data)


async def _read_body(receive: Receive) -> bytes:
    """The whole body; BAD_USER_INPUT when it is too large, or ends before its end."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadUserInput("The connection closed before the whole body came.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BODY_BYTES:
            raise BadUserInput(
                f"The body is larger than {MOST_BODY_BYTES:,} bytes: send large values in several requests."
            )
        if not message.get("more_body"):
            return b"".join(chunks)


def _query_parameters(query_string: bytes) -> dict[str, Any]:
    try:
        given = {
            name: values[-1] for name, values in parse_qs(query_string.decode(), errors="strict").items()
        }
        data: dict[str, Any] = dict(given)
        for name in ("variables", "extensions"):
            if name in given:
                data[name] = orjson.loads(given[name])
    except ValueError:
        raise BadUserInput(
            "The query string is not well formed: `variables` and `extensions` are JSON."
        ) from None
    return data


def _operation(data: Any) -> Operation:
    if not isinstance(data, dict):
        raise BadUserInput(
            "The body must be one JSON object with `query`, and `variables` where there are some."
        )
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadUserInput("`query` is missing: send the GraphQL document as a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadUserInput("`variables` must be a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadUserInput("`operationName` must be a string.")
    if not isinstance(data.get("extensions") or {}, dict):
        raise BadUserInput("`extensions` must be a JSON object.")
    return Operation(query, variables or {}, name or None)


def _holds_nul(value: Any) -> bool:
    # Without recursion: JSON may be nested more deeply than Python calls.
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str) and "\0" in item:
            return True
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
    return False
