"""Whether two answers to one operation are the same: data to the byte (but for white space), errors by path,
code and message.

Where a failing child nulls its parent, any one of the parent's failing children may be the one that is
reported; such errors are the same when they null the same places.
"""

from collections import Counter
from typing import Any

import orjson

from server.execution.compact import compact

Path = tuple[str | int, ...]


def same(one: bytes, other: bytes) -> bool:
    """Whether two answers, as JSON, are the same."""
    if compact(one) == compact(other):
        return True
    first, second = orjson.loads(one), orjson.loads(other)
    if "errors" not in first and "errors" not in second:
        return False
    return orjson.dumps(first.get("data")) == orjson.dumps(second.get("data")) and _errors(first) == _errors(
        second
    )


def _errors(answer: dict[str, Any]) -> tuple[Counter[tuple[Path, str, str]], set[Path]]:
    """The errors that stand at a null of their own, and the nulls that errors below them have made."""
    own: Counter[tuple[Path, str, str]] = Counter()
    nulled: set[Path] = set()
    for error in answer.get("errors", ()):
        path: Path = tuple(error.get("path", ()))
        code = error["extensions"]["code"]
        place = _first_null(answer.get("data"), path)
        if place == path:
            # The reference of a masked error is another one each time.
            own[path, code, "" if code == "INTERNAL" else error["message"]] += 1
        else:
            nulled.add(place)
    return own, nulled


def _first_null(data: Any, path: Path) -> Path:
    for length, step in enumerate(path):
        if data is None:
            return path[:length]
        data = data[step]
    return path
