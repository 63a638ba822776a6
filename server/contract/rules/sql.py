"""What a statement must be by itself: a set without parameters, and the clock never read in silence."""

from collections.abc import Iterator
from typing import Any

from pglast import ast as nodes
from pglast import parse_sql
from pglast.visitors import Visitor

from server.contract.rules import Flaw, TreeRule, of
from server.contract.tree import Tree
from server.contract.writing import PYTHON_TYPES

# PostgreSQL's own functions that tell the time.
CLOCK_FUNCTIONS = frozenset(
    {"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "age"}
)
ROWS = "rows"

# The library types every attribute of every node as one that may be None; PostgreSQL's grammar knows better.
ast: Any = nodes


def set_form(tree: Tree) -> Iterator[Flaw]:
    """A set says whose rows it defines, for everybody alike, and gives each an id."""
    for description in tree.descriptions:
        source = description.source
        if source.kind != "set":
            continue
        if source.returns is None:
            yield of(source, "the set has no type.", "Write the SDL type of its rows behind `:set`.")
        if source.parameters:
            taken = ", ".join(f":{name}" for name in source.parameters)
            yield of(
                source,
                f"the set takes {taken}, so its rows would not be the same for everybody.",
                "Make it a statement of another kind, or let a filter narrow the set.",
            )
        if "id" not in description.columns:
            yield of(source, "the set has no id, which pages and cursors need.", "Select id.")


def batch_key(tree: Tree) -> Iterator[Flaw]:
    """A batch takes its key as an array and gives it back as a column."""
    for description in tree.descriptions:
        source = description.source
        if source.key is None:
            continue
        if not description.parameters.get(source.key, "").endswith("[]"):
            yield of(
                source,
                f"the batch has no array parameter :{source.key}.",
                f"Write `= any(:{source.key})`.",
            )
        if source.key not in description.columns:
            yield of(source, f"the batch does not select its key {source.key}.", f"Select {source.key}.")


def kind_without_rows(tree: Tree) -> Iterator[Flaw]:
    """A statement that gives rows gives columns, and one that only does something gives none."""
    for description in tree.descriptions:
        source = description.source
        if (source.kind == "exec") == bool(description.columns):
            wrong = "gives rows that nobody reads" if description.columns else "gives no columns"
            yield of(source, f"is :{source.kind}, but {wrong}.", "Make its kind and what it returns agree.")


def column_unwritable(tree: Tree) -> Iterator[Flaw]:
    """Every column and parameter has a type that Python has a word for."""
    for description in tree.descriptions:
        types = {name: column.type for name, column in description.columns.items()}
        types |= {f":{name}": type_ for name, type_ in description.parameters.items()}
        for name, type_ in types.items():
            plain = type_.removesuffix("[]")
            if plain not in PYTHON_TYPES and plain not in tree.catalog.enums:
                yield of(
                    description.source,
                    f"{name} is of the type {type_}, for which Python has none.",
                    "Cast it, or add the type to server/contract/writing.py.",
                )


def clock_unmarked(tree: Tree) -> Iterator[Flaw]:
    """What changes with time alone is marked, so that no cache keeps it too long."""
    for source, used in _clocks(tree):
        for name in sorted(used - set(source.clock)):
            what = "which rows there are" if name == ROWS else f"the column {name}"
            yield of(source, f"{what} depends on the clock.", f"Say so: `-- clock: {name}`.")


def clock_needless(tree: Tree) -> Iterator[Flaw]:
    """What is marked as changing with time does."""
    for source, used in _clocks(tree):
        for name in source.clock:
            if name not in used:
                yield of(source, f"{name} does not depend on the clock.", "Drop it from `-- clock:`.")


def _clocks(tree: Tree) -> Iterator[tuple[Any, set[str]]]:
    """Each statement that reads, with the columns (and `rows`) that depend on the clock."""
    for description in tree.descriptions:
        (raw,) = parse_sql(description.source.body)
        if not isinstance(raw.stmt, ast.SelectStmt):
            # What a write writes is no answer that a cache keeps.
            continue
        used: set[str] = set()
        names = list(description.columns)
        for position, target in enumerate(raw.stmt.targetList or ()):
            if _reads_clock(target, tree):
                used.add(names[position])
        for part in (raw.stmt.whereClause, raw.stmt.havingClause, raw.stmt.limitCount, raw.stmt.withClause):
            if part is not None and _reads_clock(part, tree):
                used.add(ROWS)
        for part in (*(raw.stmt.fromClause or ()), raw.stmt.larg, raw.stmt.rarg):
            if part is not None and _reads_clock(part, tree):
                used.add(ROWS)
        yield description.source, used


def _reads_clock(node: Any, tree: Tree) -> bool:
    finder = _ClockFinder(CLOCK_FUNCTIONS | tree.catalog.changing_functions)
    finder(node)
    return finder.found


class _ClockFinder(Visitor):
    """Looks for `now()`, `current_date` and their like, and for functions of ours that may call them."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names, self.found = names, False

    def visit_FuncCall(self, _: Any, node: Any) -> None:
        self.found = self.found or node.funcname[-1].sval in self.names

    def visit_SQLValueFunction(self, _: Any, node: Any) -> None:
        # current_user and its like are no clock, but they are no constant either.
        self.found = True


RULES: tuple[TreeRule, ...] = (
    set_form,
    batch_key,
    kind_without_rows,
    column_unwritable,
    clock_unmarked,
    clock_needless,
)
