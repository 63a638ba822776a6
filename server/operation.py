"""What a client asks, read from an HTTP request: the query string of a GET, or the JSON body of a POST."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope

from server.body import read_json
from server.errors import BadUserInput, MethodNotAllowed
from server.persisted import digest

_SHA256 = re.compile("(sha256:)?[0-9a-f]{64}")
READING = ("GET", "HEAD")
METHODS = (*READING, "POST", "OPTIONS")


@dataclass(slots=True)
class Operation:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any]
    name: str | None
    extensions: dict[str, Any] = field(default_factory=dict)
    # The SHA-256 of the document, where the client gives one. Without `query` it stands for the document.
    document_id: str | None = None


async def read_body(scope: Scope, receive: Receive, headers: Mapping[bytes, bytes], most: int) -> bytes:
    """What the operation stands in, whole; at most so many bytes."""
    if scope["method"] in READING:
        query_string: bytes = scope["query_string"]
        return query_string
    if scope["method"] != "POST":
        raise MethodNotAllowed(f"/graphql takes GET and POST, not {scope['method']}.")
    return await read_json(receive, headers, most)


def parse_operations(method: str, body: bytes, most: int) -> list[Operation] | Operation:
    """The operation of a request, or the list of them where more than one may be asked at once."""
    if method in READING:
        return _operation(_query_parameters(body))
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadUserInput(f"The body is not JSON: {error}.") from None
    if b"\\u0000" in body and _holds_nul(data):
        raise BadUserInput("A string holds the character NUL, which no text may.")
    if isinstance(data, list) and most > 1:
        if not 1 <= len(data) <= most:
            raise BadUserInput(f"The body is a list of {len(data):,} operations: send 1 to {most}.")
        return [_operation(each) for each in data]
    return _operation(data)


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
    if _holds_nul(data):
        raise BadUserInput("A string holds the character NUL, which no text may.")
    return data


def _operation(data: Any) -> Operation:
    if not isinstance(data, dict):
        raise BadUserInput(
            "The body must be one JSON object with `query`, and `variables` where there are some."
        )
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    extensions = data.get("extensions")
    document_id = _document_id(data, extensions) if extensions or "documentId" in data else None
    if query is None and document_id is not None:
        query = ""
    elif not isinstance(query, str) or not query:
        raise BadUserInput("`query` is missing: send the GraphQL document as a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadUserInput("`variables` must be a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadUserInput("`operationName` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadUserInput("`extensions` must be a JSON object.")
    if document_id is not None and query and digest(query) != document_id:
        raise BadUserInput("The hash is not the SHA-256 of `query`.")
    return Operation(query, variables or {}, name or None, extensions or {}, document_id)


def _document_id(data: dict[str, Any], extensions: Any) -> str | None:
    """As GraphQL over HTTP writes it, or as Apollo's clients do."""
    given = data.get("documentId")
    if given is None and isinstance(extensions, dict):
        persisted = extensions.get("persistedQuery")
        given = persisted.get("sha256Hash") if isinstance(persisted, dict) else persisted
    if given is None:
        return None
    if not isinstance(given, str) or not _SHA256.fullmatch(given):
        raise BadUserInput("A document is named by its SHA-256: 64 hexadecimal digits, lower case.")
    return given.removeprefix("sha256:")


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
