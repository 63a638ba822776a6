"""What a statement of `sql/` is at run time. The values are in `generated/sql/`; the parser is in
`server/contract/`.

Four kinds run as they are (`:one`, `:many`, `:exec`, `:batch_one(key)` and `:batch_many(key)`); a `:set` is
never run alone: `server/search.py` composes filters, order and page around it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import asyncpg

if TYPE_CHECKING:

    class Row:
        """A row of a statement. Each statement's own class in `generated/sql/` declares its columns."""

        def __getitem__(self, name: str | int) -> Any: ...

else:

    class Row(asyncpg.Record):
        """A row of a statement: an asyncpg record whose columns are attributes too."""

        __slots__ = ()

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError:
                raise AttributeError(name) from None


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Column:
    """An output column: its PostgreSQL type (`numeric`, `standard_status`, `uuid[]`) and whether it can be
    null.
    """

    type: str
    nullable: bool


@dataclass(frozen=True, eq=False)
class Statement(Generic[R]):
    """A statement of `sql/`.

    `text` has positional parameters (`$1` is `parameters[0]`); `returns` is the SDL type that its rows
    become; `key` is the column a batch is keyed by; `clock` names the columns that change with time alone.
    """

    name: str
    kind: str
    source: str
    text: str
    row: type[R]
    parameters: tuple[str, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    returns: str | None = None
    key: str = ""
    clock: tuple[str, ...] = ()


class Set(Statement[R]):
    """A `:set` statement: which rows of a type exist for whom, and what their columns are."""


def named_texts(file: Path) -> dict[str, str]:
    """The statements of a file that stands beside the code which runs them, by their names.

    For what asks of the database itself or of a library's tables, where nothing is generated.
    """
    texts = re.split(r"^-- name: (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    statements = (text.strip().removesuffix(";") for text in texts[2::2])
    return dict(zip(texts[1::2], statements, strict=True))
