"""Pages of lists: so many items, and where the next page begins."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from server.rest.endpoint import Json

R = TypeVar("R")


def page(rows: Sequence[R], first: int, write: Callable[[R], dict[str, Any]], key: str = "id") -> Json:
    """The page of these rows, of which one more than `first` was asked for. `next` is what the last item is
    known by, to be sent as `after`; None where there is no more.
    """
    items = [write(row) for row in rows[:first]]
    return Json({"items": items, "next": items[-1][key] if len(rows) > first else None})
