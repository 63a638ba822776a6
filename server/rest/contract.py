"""The OpenAPI document, as far as the server reads it: which operation is where, who may ask for it, what it
takes and what it answers with.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from server.rest.reading import Shape

PATH = Path(__file__).with_name("openapi.json")
METHODS = ("get", "put", "post", "delete", "patch")


class Operation(NamedTuple):
    """A method of a path. Nobody has to sign in where `roles` is None; anybody signed in may ask where it is
    empty; else only those who have one of them.
    """

    id: str
    path: str
    method: str
    roles: frozenset[str] | None
    media_types: frozenset[str]
    # Whether the rates count it, and it takes a place: then it may be refused with 429.
    is_limited: bool
    path_parameters: Shape
    query: Shape
    # None where it takes no body.
    body: Shape | None


class Contract:
    """All operations of a document."""

    def __init__(self, content: bytes) -> None:
        self.operations = list(_operations(orjson.loads(content)))


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found = item[method]
                given = [_resolved(document, each) for each in found.get("parameters", ())]
                yield Operation(
                    found["operationId"],
                    path,
                    method.upper(),
                    _roles(found["security"]),
                    frozenset(_media_types(found["responses"])),
                    "429" in found["responses"],
                    _parameters(document, given, "path"),
                    _parameters(document, given, "query"),
                    _body(document, found.get("requestBody")),
                )


def _parameters(document: dict[str, Any], given: list[dict[str, Any]], place: str) -> Shape:
    chosen = [each for each in given if each["in"] == place]
    return Shape(
        {each["name"]: _resolved(document, each["schema"]) for each in chosen},
        [each["name"] for each in chosen if each.get("required")],
    )


def _body(document: dict[str, Any], body: dict[str, Any] | None) -> Shape | None:
    if body is None:
        return None
    schema = _resolved(document, body["content"]["application/json"]["schema"])
    fields = {name: _resolved(document, each) for name, each in schema["properties"].items()}
    return Shape(fields, schema.get("required", ()))


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def _roles(security: list[dict[str, list[str]]]) -> frozenset[str] | None:
    """Of `security`, which every operation says itself: an empty list means everybody."""
    if not security:
        return None
    (requirement,) = security
    return frozenset(requirement["bearer"])


def _media_types(responses: dict[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        if status.startswith("2"):
            yield from response.get("content", {})
