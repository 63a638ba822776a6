"""How a field reads a `:set`: a row for each key, a short list, or a connection with filter, order and pages.

What a search may be narrowed by is read off the SDL: a filter field is named like a column of the set. A
single value must be equal, of a list of values one must be, a list on a column of lists must all be there, a
range holds bounds. What is no column (`text`, `boundingBox`) the noun's own module declares as a rule.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple

from ariadne import ObjectType
from graphql import GraphQLOutputType, get_named_type

from server import cursors, directives, ids
from server.composition import (
    Bound,
    Condition,
    Order,
    compose_by_keys,
    compose_count,
    compose_page,
)
from server.context import Context
from server.database import by_key
from server.errors import BadUserInput
from server.loaders import Arguments, Binding
from server.sql import R, Row, Set

# A filter field that is no column: its value becomes conditions on columns that are.
Rule = Callable[[Any], list[Condition]]

PAGE_ARGUMENTS = frozenset({"first", "after", "last", "before"})
NAMED_ARGUMENTS = PAGE_ARGUMENTS | {"filter", "order_by"}


class Search(Generic[R]):
    """A set and the rules of filter fields that are not columns of it."""

    def __init__(self, set_: Set[R], rules: Mapping[str, Rule] | None = None) -> None:
        self.set = set_
        self.rules = rules or {}

    def conditions(self, filter_: Mapping[str, Any]) -> list[Condition]:
        """The conditions that a filter stands for; a field that is null or absent asks for nothing."""
        conditions: list[Condition] = []
        for name, value in filter_.items():
            if value is None:
                continue
            if name in self.rules:
                conditions += self.rules[name](value)
            elif isinstance(value, Mapping):
                conditions += [
                    Condition(name, operator, bound) for operator, bound in value.items() if bound is not None
                ]
            elif isinstance(value, list):
                conditions.append(_of_list(name, self.set.columns[name].type, value))
            else:
                conditions.append(Condition(name, "eq", value))
        return conditions

    async def by_keys(self, context: Context, column: str, keys: Sequence[Any]) -> list[R | None]:
        """For each key the row whose unique `column` it is, or None."""
        text, arguments = compose_by_keys(self.set, column, keys)
        found = {row[column]: row for row in await context.session.fetch(text, arguments, self.set.row)}
        return [found.get(key) for key in keys]


def _of_list(name: str, column_type: str, values: list[Any]) -> Condition:
    if column_type.endswith("[]"):
        return Condition(name, "has_all", values)
    # One value is asked for by `=`: an index on it and the order then gives the page as it stands.
    return Condition(name, "eq", values[0]) if len(values) == 1 else Condition(name, "any", values)


class Asked(NamedTuple):
    """A page of a set, as a field's arguments ask for it."""

    conditions: list[Condition]
    order: Order
    limit: int
    after: Bound | None = None
    before: Bound | None = None
    backwards: bool = False


class Page(Generic[R]):
    """One page of a connection, as the SDL's `…Connection` types show it."""

    def __init__(
        self, order: str, rows: list[R], more: bool, arguments: Arguments, count: Callable[[], Any]
    ) -> None:
        self._order = order
        self._column = Order.parse(order).column
        backwards = arguments.get("last") is not None
        self.nodes = rows[::-1] if backwards else rows
        self.total_count = count
        self._has_next = arguments.get("before") is not None if backwards else more
        self._has_previous = more if backwards else arguments.get("after") is not None

    def _cursor(self, row: R) -> str:
        return cursors.encode(self._order, row["id"], row[self._column])

    @property
    def edges(self) -> list[dict[str, Any]]:
        return [{"cursor": self._cursor(row), "node": row} for row in self.nodes]

    @property
    def page_info(self) -> dict[str, Any]:
        return {
            "has_next_page": self._has_next,
            "has_previous_page": self._has_previous,
            "start_cursor": self._cursor(self.nodes[0]) if self.nodes else None,
            "end_cursor": self._cursor(self.nodes[-1]) if self.nodes else None,
        }


class Relation(Binding):
    """One row of a set, by a key that the parent holds."""

    def __init__(self, key: str, search: Search[Any], on: str) -> None:
        self.key, self.search, self.on = key, search, on

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        return await self.search.by_keys(context, self.on, keys)


class Lookup(Binding):
    """One row of a set, by an argument: its global id, or another unique key."""

    key = ""

    def __init__(self, argument: str, search: Search[Any], on: str) -> None:
        self.argument, self.search, self.on = argument, search, on
        self._prefix: str | None = None

    def shared(self, arguments: Arguments) -> Arguments:
        return {}

    def key_of(self, parent: Any, arguments: Arguments, returned: GraphQLOutputType) -> Any:
        """The key that is asked for; BAD_USER_INPUT for an id of another type."""
        key = arguments[self.argument]
        if self.on != "id":
            return key
        if self._prefix is None:
            self._prefix = directives.argument(get_named_type(returned), "node", "prefix")
        return ids.decode(self._prefix, key)

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        return await self.search.by_keys(context, self.on, keys)


class Rows(Binding):
    """The first rows of a set that belong to the parent: a short list, bounded by its argument `first`."""

    def __init__(self, key: str, search: Search[Any], on: str, order: Order) -> None:
        self.key, self.search, self.on, self.order = key, search, on, order

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        asked = self.ask(arguments, context.page_size_max)
        text, values = compose_page(self.search.set, **asked._asdict(), on=self.on, keys=keys)
        return by_key(keys, await context.session.fetch(text, values, self.search.set.row), self.on)

    def ask(self, arguments: Arguments, page_size_max: int) -> Asked:
        """What the field's arguments ask for."""
        conditions = self.search.conditions({k: v for k, v in arguments.items() if k not in NAMED_ARGUMENTS})
        return Asked(conditions, self.order, page_size(arguments, page_size_max))


class Connection(Binding):
    """A Relay connection over a set: of those that belong to the parent, or of all."""

    def __init__(self, search: Search[Any], key: str | None, on: str | None) -> None:
        self.search, self.on = search, on
        self.key = key or ""

    def key_of(self, parent: Any, arguments: Arguments, returned: GraphQLOutputType) -> Any:
        # Of all rows there is one list, whatever the parent is.
        return () if self.on is None else super().key_of(parent, arguments, returned)

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        set_, on = self.search.set, self.on
        asked, order = self.ask(arguments, context.page_size_max), arguments["order_by"]
        conditions, limit = asked.conditions, asked.limit
        text, values = compose_page(set_, **asked._replace(limit=limit + 1)._asdict(), on=on, keys=keys)
        rows = await context.session.fetch(text, values, set_.row)
        pages = [rows] if on is None else by_key(keys, rows, on)

        async def count(keys: Sequence[Any]) -> Sequence[int]:
            text, values = compose_count(set_, conditions, on, keys)
            counted = await context.session.fetch(text, values, Row)
            if on is None:
                return [counted[0]["count"]]
            found = {row["key"]: row["count"] for row in counted}
            return [found.get(key, 0) for key in keys]

        counts = context.loaders.get((self, "count", repr(arguments)), count)
        return [
            Page(order, page[:limit], len(page) > limit, arguments, partial(counts.load, key, key))
            for key, page in zip(keys, pages, strict=True)
        ]

    def ask(self, arguments: Arguments, page_size_max: int) -> Asked:
        """What the field's arguments ask for; BAD_USER_INPUT for a page or cursor that cannot be."""
        order = arguments["order_by"]
        return Asked(
            conditions=self.search.conditions(arguments.get("filter") or {}),
            order=Order.parse(order),
            limit=page_size(arguments, page_size_max),
            after=self._bound(order, arguments.get("after")),
            before=self._bound(order, arguments.get("before")),
            backwards=arguments.get("last") is not None,
        )

    def _bound(self, order: str, cursor: str | None) -> Bound | None:
        if cursor is None:
            return None
        return cursors.decode(order, self.search.set.columns[Order.parse(order).column].type, cursor)


def page_size(arguments: Arguments, most: int) -> int:
    """How many rows are asked for; BAD_USER_INPUT unless exactly one of `first` and `last` says so, within
    bounds.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if (first is None) == (last is None):
        asked = (
            "Neither `first` nor `last` is given" if first is None else "Both `first` and `last` are given"
        )
        raise BadUserInput(f"{asked}: give exactly one of them, from 1 to {most}.")
    name, size = ("first", first) if last is None else ("last", last)
    if size is None or not 1 <= size <= most:
        raise BadUserInput(
            f"`{name}` is {size}: ask for 1 to {most} at a time, and for the rest with a cursor."
        )
    return int(size)


Query = Set[Any] | Search[Any]


def relation(type_: ObjectType, field: str, *, key: str, query: Query, on: str = "id") -> None:
    """Binds a field to the row of a set whose `on` is the parent's `key`."""
    type_.set_field(field, Relation(key, _search(query), on))


def lookup(type_: ObjectType, field: str, *, argument: str, query: Query, on: str) -> None:
    """Binds a field to the row of a set whose `on` is the value of an argument; a wire id where `on` is the
    id.
    """
    type_.set_field(field, Lookup(argument, _search(query), on))


def rows(
    type_: ObjectType, field: str, *, key: str, query: Query, on: str, order: str, ties: bool = True
) -> None:
    """Binds a field to the first rows of a set whose `on` is the parent's `key`; further arguments are
    conditions. `ties=False` says that no two rows of a parent stand at the same place of the order: a unique
    constraint sees to it, which `check` looks for.
    """
    binding = Rows(key, _search(query), on, Order.parse(order)._replace(ties=ties))
    type_.set_field(field, binding)


def connection(
    type_: ObjectType, field: str, *, query: Query, key: str | None = None, on: str | None = None
) -> None:
    """Binds a connection field to a set: all of it, or the rows whose `on` is the parent's `key`."""
    type_.set_field(field, Connection(_search(query), key, on))


def _search(query: Query) -> Search[Any]:
    return query if isinstance(query, Search) else Search(query)
