"""What a client sends to REST, read by the schemas of the OpenAPI document: parameters of a path, a query
string, a JSON object. They are flat, and what is not described is refused, so that nobody sets what they
were not asked for.

A value is a text, a whole number, a boolean, or in JSON a list of these. Besides JSON Schema's words there
are formats that say what a text becomes: `date-time` an instant; `id` the key of a global id, `user-id` of
one of that type.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from server import ids, scalars
from server.errors import BadUserInput, quoted

# What is read of a schema. A document that says more is not understood, and the server does not start.
_WORDS = {"type", "enum", "minLength", "maxLength", "pattern", "minimum", "maximum", "format", "default"}
_REMARKS = {"description", "examples"}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_KINDS: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool}


class Shape:
    """Named values, each with its schema."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]], required: Iterable[str]) -> None:
        self._values = {
            name: (_List if schema.get("type") == "array" else _Value)(name, schema)
            for name, schema in schemas.items()
        }
        self._required = frozenset(required)

    def read_texts(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Of a path: all that is described, and nothing else is there."""
        return {name: value.read_text(given[name]) for name, value in self._values.items()}

    def read_query(self, query: bytes) -> dict[str, Any]:
        """Of a query string; what is absent is its default, or None."""
        try:
            pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise BadUserInput("The query string is not well formed: encode it in UTF-8, by %.") from None
        given = dict(pairs)
        if len(given) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadUserInput(f"The parameter {quoted(twice)} is there more than once: send it once.")
        return self._read(given, lambda value, text: value.read_text(text))

    def read_json(self, body: bytes) -> dict[str, Any]:
        """Of a JSON object."""
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadUserInput(f"The body is not JSON: {error}.") from None
        if not isinstance(given, dict):
            raise BadUserInput("The body must be one JSON object.")
        return self._read(given, lambda value, item: value.read(item))

    def _read(self, given: Mapping[str, Any], read: Callable[["_Value", Any], Any]) -> dict[str, Any]:
        for name in given:
            if name not in self._values:
                known = ", ".join(f"`{each}`" for each in self._values) or "nothing"
                raise BadUserInput(f"{quoted(name)} is not known here: send {known}.")
        for name in self._required:
            if name not in given:
                raise BadUserInput(f"`{name}` is missing: give {self._values[name].what}.")
        return {
            name: read(value, given[name]) if name in given else value.default
            for name, value in self._values.items()
        }


class _Value:
    """One value, by its schema."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        if unknown := schema.keys() - _WORDS - _REMARKS:
            raise ValueError(
                f"The server does not read {', '.join(sorted(unknown))} in the schema of {name}."
            )
        self._name, self._schema = name, schema
        self._kind = _KINDS[schema["type"]]
        self._become = _become(schema.get("format"))
        # A format refuses by itself what it cannot read, and says more.
        pattern = None if "format" in schema else schema.get("pattern")
        # JSON Schema's `$` is the very end of a text, Python's may be before a last line's end.
        self._pattern = re.compile(re.sub(r"\$$", r"\\Z", pattern)) if pattern else None
        self.default = schema.get("default")
        self.what = _what(schema)

    def read_text(self, text: str) -> Any:
        """The value that a text stands for."""
        if self._kind is int and _INTEGER.fullmatch(text):
            return self.read(int(text))
        if self._kind is bool and text in ("true", "false"):
            return self.read(text == "true")
        return self.read(text)

    def read(self, value: Any) -> Any:
        """The value, if it is one of those that the schema describes."""
        if type(value) is not self._kind or not self._fits(value):
            shown = quoted(value) if isinstance(value, str) else quoted(orjson.dumps(value).decode())
            raise BadUserInput(f"`{self._name}` is {shown}: give {self.what}.")
        return self._become(value)

    def _fits(self, value: Any) -> bool:
        schema = self._schema
        if "enum" in schema:
            return value in schema["enum"]
        if isinstance(value, str):
            return (
                "\0" not in value
                and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
                and (self._pattern is None or self._pattern.search(value) is not None)
            )
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


class _List(_Value):
    """Several values of one schema."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        self._item = _Value(name, schema["items"])
        self._name = name
        self._least, self._most = schema["minItems"], schema["maxItems"]
        self.default = None
        self.what = f"a list of {self._least} to {self._most}, each {self._item.what}"

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list) or not self._least <= len(value) <= self._most:
            raise BadUserInput(f"`{self._name}` is {quoted(orjson.dumps(value).decode())}: give {self.what}.")
        return [self._item.read(each) for each in value]


def _become(format_: str | None) -> Callable[[Any], Any]:
    match format_:
        case None:
            return lambda value: value
        case "date-time":
            return scalars.parse_datetime
        case "id":
            return lambda value: ids.split(value)[1]
        case _ if format_.endswith("-id"):
            return lambda value: ids.decode(format_.removesuffix("-id"), value)
    raise ValueError(f"The server does not read the format {format_}.")


def _what(schema: Mapping[str, Any]) -> str:
    """What to send, for who has sent something else."""
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if examples := schema.get("examples"):
        return f"something such as {examples[0]}"
    match schema["type"]:
        case "integer":
            return f"a whole number from {schema.get('minimum', 0):,} to {schema['maximum']:,}"
        case "boolean":
            return "true or false"
    if "maxLength" in schema:
        return f"a text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return f"a text of the form {schema['pattern']}"
