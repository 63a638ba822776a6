"""Composes conditions, order, page and keys around a `:set`, with SQLAlchemy Core, never by joining strings.

A composed statement depends only on its *shape* (which columns are compared how, never with what), so its
text is compiled once and kept; the values travel beside it in the order of its parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import NullType, UserDefinedType

from server.sql import Set

_DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # it has no annotations

# Columns of these types exist to be compared with; nobody reads them.
UNREAD_TYPES = frozenset({"tsvector", "point"})


class PgType(UserDefinedType[Any]):
    """A PostgreSQL type by its name, for casts."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class Condition(NamedTuple):
    """`column operator value`; the operators are the keys of OPERATORS."""

    column: str
    operator: str
    value: Any


class Operator(NamedTuple):
    """How a condition is written, and the type of its parameter, given the column's type."""

    write: Callable[[Any, Any], sa.ColumnElement[bool]]
    parameter: Callable[[str], str]


def _same(type_: str) -> str:
    return type_


def _element(array: sa.ColumnElement[Any], number: int) -> sa.ColumnElement[Any]:
    return Grouping(sa.type_coerce(array, ARRAY(PgType("box"))))[sa.literal_column(str(number))]


OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(lambda column, value: column == value, _same),
    "gt": Operator(lambda column, value: column > value, _same),
    "gte": Operator(lambda column, value: column >= value, _same),
    "lt": Operator(lambda column, value: column < value, _same),
    "lte": Operator(lambda column, value: column <= value, _same),
    "any": Operator(lambda column, value: column == sa.func.any(value), lambda type_: f"{type_}[]"),
    "has_all": Operator(lambda column, value: column.op("@>")(value), _same),
    "matches": Operator(
        lambda column, value: column.op("@@")(
            sa.func.websearch_to_tsquery(sa.literal_column("'english'"), value)
        ),
        lambda _: "text",
    ),
    "within": Operator(lambda column, value: column.op("<@")(value), lambda _: "box"),
    "within_either": Operator(
        lambda column, value: sa.or_(*[column.op("<@")(_element(value, number)) for number in (1, 2)]),
        lambda _: "box[]",
    ),
}


class Order(NamedTuple):
    """By one column, rows without a value last; ties by id, in the same direction. `ties` is False where a
    constraint sees to it that there are none.
    """

    column: str
    descending: bool
    ties: bool = True

    @classmethod
    def parse(cls, name: str) -> "Order":
        """`LIST_PRICE_ASC` -> by list_price, ascending."""
        column, _, direction = name.rpartition("_")
        return cls(column.lower(), direction == "DESC")


class Bound(NamedTuple):
    """Where a page begins or ends: the order column's value (None: it has none) and the id of a row."""

    value: Any
    id: Any


class PageShape(NamedTuple):
    """What a page's statement depends on: everything but the values."""

    conditions: "Shape"
    order: Order
    after: str | None
    before: str | None
    backwards: bool


class Composed(NamedTuple):
    """A statement ready to run."""

    text: str
    arguments: tuple[Any, ...]


class Template(NamedTuple):
    """A compiled shape; `$1` takes the value at `order[0]` of those handed out."""

    text: str
    order: tuple[int, ...]

    def fill(self, values: Sequence[Any]) -> Composed:
        return Composed(self.text, tuple(values[position] for position in self.order))


def compose_by_keys(set_: Set[Any], column: str, keys: Sequence[Any]) -> Composed:
    """The rows whose `column` is one of the keys, in no order."""
    return _by_keys(set_, column).fill([list(keys)])


def compose_count(
    set_: Set[Any], conditions: Sequence[Condition], on: str | None = None, keys: Sequence[Any] = ()
) -> Composed:
    """How many rows there are (`count`); with `on`, for each of the keys (`key`, `count`)."""
    values = [condition.value for condition in conditions]
    if on is not None:
        values.append(list(keys))
    return _count(set_, shape_of(conditions), on).fill(values)


def compose_page(
    set_: Set[Any],
    conditions: Sequence[Condition],
    order: Order,
    limit: int,
    *,
    after: Bound | None = None,
    before: Bound | None = None,
    backwards: bool = False,
    on: str | None = None,
    keys: Sequence[Any] = (),
) -> Composed:
    """The first `limit` rows between two bounds, in order (`backwards`: the last ones, in reverse order).

    With `on`, those of each of the keys, one key after the other.
    """
    shape, values = page_question(conditions, order, limit, after, before, backwards)
    return _page(set_, shape, on).fill(values if on is None else [list(keys), *values])


def page_question(
    conditions: Sequence[Condition],
    order: Order,
    limit: int,
    after: Bound | None,
    before: Bound | None,
    backwards: bool,
) -> tuple[PageShape, list[Any]]:
    """The shape of a page's question, and its values in the order in which `page_of` asks for them."""
    values: list[Any] = [condition.value for condition in conditions]
    for bound in (after, before):
        if bound is not None:
            values += [bound.id] if bound.value is None else [bound.value, bound.id]
    shape = PageShape(shape_of(conditions), order, bound_shape(after), bound_shape(before), backwards)
    return shape, [*values, limit]


Shape = tuple[tuple[str, str], ...]


def shape_of(conditions: Sequence[Condition]) -> Shape:
    return tuple((condition.column, condition.operator) for condition in conditions)


def bound_shape(bound: Bound | None) -> str | None:
    return None if bound is None else "null" if bound.value is None else "value"


class Parameters:
    """Hands out parameters in the order in which their values will come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def next(self, type_: str) -> sa.ColumnElement[Any]:
        name = f"p{len(self.names)}"
        self.names.append(name)
        # int2 is no type for a client's number: 100000 is a value that no row has, not an error.
        return sa.cast(sa.bindparam(name, type_=NullType()), PgType("int4" if type_ == "int2" else type_))


@lru_cache(maxsize=256)
def source_of(set_: Set[Any], alias: str = "s") -> sa.Subquery:
    """The hand-written statement as something to select from."""
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in set_.columns]
    # The line breaks keep a comment at either end of the statement from swallowing a bracket.
    return sa.text("\n" + set_.text.replace(":", r"\:") + "\n").columns(*columns).subquery(alias)


def read_columns(set_: Set[Any]) -> list[str]:
    """The columns of a set that are read into rows."""
    return [name for name, column in set_.columns.items() if column.type not in UNREAD_TYPES]


def _select(set_: Set[Any]) -> sa.Select[Any]:
    source = source_of(set_)
    return sa.select(*[source.c[name] for name in read_columns(set_)])


def where(
    rows: sa.FromClause, set_: Set[Any], shape: Shape, parameters: Parameters
) -> list[sa.ColumnElement[bool]]:
    """The conditions of a shape on rows of a set."""
    written = []
    for column, operator in shape:
        write, parameter = OPERATORS[operator]
        written.append(write(rows.c[column], parameters.next(parameter(set_.columns[column].type))))
    return written


def beyond(
    rows: sa.FromClause, set_: Set[Any], order: Order, bound: str, after: bool, parameters: Parameters
) -> list[sa.ColumnElement[bool]]:
    """The rows after (or before) a bound, as conditions of which one must hold; no row meets two.

    Rows without a value come last, in both directions.
    """
    column_type = set_.columns[order.column]
    column, id_ = rows.c[order.column], rows.c.id
    greater = after != order.descending

    def compare(left: Any, right: Any) -> Any:
        return left > right if greater else left < right

    if bound == "null":
        same: sa.ColumnElement[bool] = sa.and_(column.is_(None), compare(id_, parameters.next("uuid")))
        return [same] if after else [column.is_not(None), same]
    value, key = parameters.next(column_type.type), parameters.next("uuid")
    further: sa.ColumnElement[bool] = compare(sa.tuple_(column, id_), sa.tuple_(value, key))
    return [further, column.is_(None)] if after and column_type.nullable else [further]


@lru_cache(maxsize=256)
def _by_keys(set_: Set[Any], column: str) -> Template:
    parameters = Parameters()
    key = parameters.next(f"{set_.columns[column].type}[]")
    return compile_template(_select(set_).where(source_of(set_).c[column] == sa.func.any(key)), parameters)


@lru_cache(maxsize=1024)
def _count(set_: Set[Any], shape: Shape, on: str | None) -> Template:
    parameters, source = Parameters(), source_of(set_)
    conditions = where(source, set_, shape, parameters)
    if on is None:
        return compile_template(
            sa.select(sa.func.count().label("count")).select_from(source).where(*conditions), parameters
        )
    keys = parameters.next(f"{set_.columns[on].type}[]")
    counted = sa.select(source.c[on].label("key"), sa.func.count().label("count"))
    return compile_template(
        counted.where(*conditions, source.c[on] == sa.func.any(keys)).group_by(source.c[on]), parameters
    )


@lru_cache(maxsize=1024)
def _page(set_: Set[Any], shape: PageShape, on: str | None) -> Template:
    parameters, source = Parameters(), source_of(set_)
    if on is None:
        return compile_template(page_of(set_, source, shape, parameters), parameters)
    keys = (
        sa.func.unnest(parameters.next(f"{set_.columns[on].type}[]"))
        .table_valued("key")
        .render_derived(name="k")
    )
    each = page_of(set_, source, shape, parameters, source.c[on] == keys.c.key).lateral("page")
    return compile_template(sa.select(*each.c).select_from(keys.join(each, sa.true())), parameters)


def page_of(
    set_: Set[Any],
    source: sa.FromClause,
    shape: PageShape,
    parameters: Parameters,
    *belonging: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    """A page of a set's rows in order; with conditions `belonging`, of those that belong to a parent."""
    conditions = [*where(source, set_, shape.conditions, parameters), *belonging]
    bounds = [
        beyond(source, set_, shape.order, bound, is_after, parameters)
        for bound, is_after in ((shape.after, True), (shape.before, False))
        if bound is not None
    ]
    limit = parameters.next("int8")

    def page(rows: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        in_order = order_by(rows, set_, shape.order, shape.backwards)
        columns = [rows.c[name] for name in read_columns(set_)]
        return sa.select(*columns).where(*conditions).order_by(*in_order).limit(limit)

    if belonging:
        return page(source, *conditions, *(sa.or_(*alternatives) for alternatives in bounds))
    # An index serves each of several alternatives in order, but not their `or`.
    pages = [page(source, *conditions, *alternative) for alternative in product(*bounds)]
    if len(pages) == 1:
        return pages[0]
    return page(sa.union_all(*[sa.select(each.subquery()) for each in pages]).subquery("pages"))


def order_by(rows: sa.FromClause, set_: Set[Any], order: Order, backwards: bool) -> list[Any]:
    descending = order.descending != backwards
    column, id_ = rows.c[order.column], rows.c.id
    by_column = column.desc() if descending else column.asc()
    if set_.columns[order.column].nullable:
        by_column = by_column.nulls_first() if backwards else by_column.nulls_last()
    # An index on the column alone gives the order as it stands, where ties need no sorting.
    return [by_column, id_.desc() if descending else id_.asc()] if order.ties else [by_column]


def compile_template(statement: sa.Select[Any], parameters: Parameters) -> Template:
    compiled = statement.compile(dialect=_DIALECT)
    return Template(str(compiled), tuple(parameters.names.index(name) for name in compiled.positiontup or ()))
