"""A whole operation as one SQL statement that answers with finished JSON.

The hand-written statements stay the only source: each `:set` and each batch statement stands inside its
parent's, narrowed to the parent's row, only the asked columns are read, and PostgreSQL writes each value in
its wire form. The text depends on the plan and on the shapes of the arguments; it is compiled once for both
and kept.
"""

import re
import sys
from collections.abc import Hashable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from graphql import GraphQLField, get_named_type, get_nullable_type, is_list_type, is_non_null_type
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import Grouping

from server import cursors, ids, scalars
from server.composition import (
    PageShape,
    Parameters,
    Template,
    compile_template,
    page_of,
    page_question,
    shape_of,
    source_of,
    where,
)
from server.execution.plan import NotPlanned, Selected
from server.loaders import Summary
from server.recent import Recent
from server.schema import Column, GlobalId
from server.search import Connection, Lookup, Relation, Rows
from server.sql import Set, Statement

# PostgreSQL cuts longer names off.
LONGEST_KEY = 63
MOST_CONNECTION_KEYS = 40
MOST_TEXTS = 32
MOST_STATEMENTS = 64

Reading = Relation | Lookup | Rows | Connection | Summary


class Question(NamedTuple):
    """What the arguments of one field ask for: the shape that its text depends on, and the values."""

    shape: Hashable
    values: list[Any]


class ComposedPlan:
    """A plan that one statement answers, with the texts of the shapes that were asked so far."""

    def __init__(self, roots: tuple[Selected, ...], asking: tuple[Selected, ...]) -> None:
        self.roots = roots
        self._asking = asking
        self._texts: Recent[tuple[Hashable, ...], Template] = Recent(MOST_TEXTS)

    def ask(self, variables: VariableValues, page_size_max: int) -> tuple[str, tuple[Any, ...]]:
        """The statement and its arguments: one row, one column of JSON text for each root field."""
        questions = [_question(selected, variables, page_size_max) for selected in self._asking]
        shapes = tuple(question.shape for question in questions)
        template = self._texts.get(shapes)
        if template is None:
            writer = _Writer(dict(zip(self._asking, questions, strict=True)))
            template = self._texts.keep(shapes, writer.write(self.roots))
        return template.fill([value for question in questions for value in question.values])


def compose(roots: tuple[Selected, ...]) -> ComposedPlan:
    """The plan as one statement; NotPlanned when a field below it is neither column nor typed statement, or
    when so many statements stand in it that writing and planning them would take longer than running them.
    """
    reading = (asking for root in roots for asking in _asking(root, is_root=True))
    asking = tuple(islice(reading, MOST_STATEMENTS + 1))
    if len(asking) > MOST_STATEMENTS:
        raise NotPlanned
    return ComposedPlan(roots, asking)


def _asking(selected: Selected, *, is_root: bool = False) -> Iterator[Selected]:
    """The fields that read a statement, in the order in which their statements are written."""
    if selected.field is None:
        if is_root:
            raise NotPlanned
        return
    if len(selected.key) > LONGEST_KEY:
        raise NotPlanned
    binding = selected.field.resolve
    if isinstance(binding, Column | GlobalId):
        if is_list_type(get_nullable_type(selected.field.type)) and _form(selected.field) is not None:
            raise NotPlanned
        return
    if not isinstance(binding, Reading) or (is_root and isinstance(binding, Relation | Rows | Summary)):
        raise NotPlanned
    if isinstance(binding, Summary) and len(statement_of(binding).parameters) != 1:
        raise NotPlanned
    yield selected
    if isinstance(binding, Connection):
        yield from _asking_page(selected)
    else:
        for inner in selected.inner:
            yield from _asking(inner)


def _asking_page(connection: Selected) -> Iterator[Selected]:
    """Below a connection: what is asked of its rows must be one selection, of `nodes` or of `edges.node`."""
    rows = _row_selections(connection)
    if len(rows) > 1 or len(connection.inner) > MOST_CONNECTION_KEYS:
        raise NotPlanned
    for row in rows:
        for inner in row:
            yield from _asking(inner)


def _row_selections(connection: Selected) -> list[tuple[Selected, ...]]:
    found = [selected.inner for selected in connection.inner_named("nodes")]
    for edges in connection.inner_named("edges"):
        found += [selected.inner for selected in edges.inner_named("node")]
    return found


def statement_of(binding: Summary) -> Statement[Any]:
    """The statement behind a generated function: it stands beside it, under the same name in capitals."""
    statement: Statement[Any] = getattr(sys.modules[binding.query.__module__], binding.query.__name__.upper())
    return statement


def _question(selected: Selected, variables: VariableValues, page_size_max: int) -> Question:
    definition = selected.field
    assert definition is not None
    binding = definition.resolve
    if isinstance(binding, Relation | Summary):
        return Question(None, [])
    arguments = get_argument_values(definition, selected.node, variables)
    if isinstance(binding, Lookup):
        return Question(None, [binding.key_of(arguments, definition.type)])
    assert isinstance(binding, Rows | Connection)
    asked = binding.ask(arguments, page_size_max)
    wanted = asked.limit + 1 if isinstance(binding, Connection) else asked.limit
    shape, values = page_question(
        asked.conditions, asked.order, wanted, asked.after, asked.before, asked.backwards
    )
    if isinstance(binding, Connection):
        # The count asks the conditions again, without the page; a page longer than the limit has more.
        values += [asked.limit, *(condition.value for condition in asked.conditions)]
        return Question((shape, shape_of(asked.conditions), arguments["order_by"]), values)
    return Question(shape, values)


def column_of(position: int) -> str:
    """The column that holds the answer to a root field."""
    return f"root{position}"


class _Writer:
    """Writes the statement of one plan and one set of shapes.

    A row of the parent is named by its alias, as text: what stands in a statement's `from` is never the
    parent.
    """

    def __init__(self, questions: dict[Selected, Question]) -> None:
        self._questions = questions
        self._parameters = Parameters()
        self._aliases = 0

    def write(self, roots: Sequence[Selected]) -> Template:
        columns: list[sa.ColumnElement[Any]] = [
            sa.cast(self._value(root, ""), sa.Text).label(column_of(position))
            for position, root in enumerate(roots)
        ]
        statement: sa.Select[Any] = sa.select(*columns)
        return compile_template(statement, self._parameters)

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def _value(self, selected: Selected, parent: str) -> Any:
        """The expression of a field, where `parent` is the alias of the row that it is asked of."""
        definition = selected.field
        if definition is None:
            return sa.literal_column(f"'{selected.parent.name}'")
        binding = definition.resolve
        match binding:
            case Column():
                return _wire(definition, _text(parent, binding.name))
            case GlobalId():
                return sa.literal_column(ids.sql(binding.prefix, _text(parent, "id")))
            case Rows():
                return self._rows(selected, binding, parent)
            case Connection():
                return self._connection(selected, binding, parent)
            case Summary():
                rows: sa.FromClause = _batch_of(statement_of(binding), parent, binding.key, self._alias())
                found = self._object(selected, rows)
            case Relation():
                rows = source_of(binding.search.set, self._alias())
                found = self._object(selected, rows, rows.c[binding.on] == _column(parent, binding.key))
            case Lookup():
                set_ = binding.search.set
                rows = source_of(set_, self._alias())
                key = self._parameters.next(set_.columns[binding.on].type)
                found = self._object(selected, rows, rows.c[binding.on] == key)
            case _:
                raise AssertionError(f"{selected.name} was not to be planned.")
        return sa.func.coalesce(found, sa.func.refuse_null()) if is_non_null_type(definition.type) else found

    def _columns(self, selections: Sequence[Selected], parent: str) -> list[Any]:
        return [self._value(inner, parent).label(inner.key) for inner in selections]

    def _object(self, selected: Selected, rows: sa.FromClause, *conditions: Any) -> Any:
        """One row as a JSON object, or null."""
        columns = self._columns(selected.inner, _name(rows))
        return _as_json(sa.select(*columns).select_from(rows).where(*conditions).subquery(self._alias()))

    def _rows(self, selected: Selected, binding: Rows, parent: str) -> Any:
        """The rows of a short list as a JSON array."""
        page = self._page(binding, self._questions[selected].shape, parent)
        rows = (
            sa.select(*self._columns(selected.inner, _name(page))).select_from(page).subquery(self._alias())
        )
        agg = sa.func.json_agg(sa.literal_column(_name(rows)))
        return sa.select(sa.func.coalesce(agg, EMPTY)).select_from(rows).scalar_subquery()

    def _page(self, binding: Rows | Connection, shape: Any, parent: str) -> sa.FromClause:
        set_: Set[Any] = binding.search.set
        source = source_of(set_, self._alias())
        page = page_of(set_, source, shape, self._parameters, *self._belonging(binding, source, parent))
        return page.subquery(self._alias())

    def _belonging(self, binding: Rows | Connection, source: sa.FromClause, parent: str) -> list[Any]:
        return [] if binding.on is None else [source.c[binding.on] == _column(parent, binding.key)]

    def _connection(self, selected: Selected, binding: Connection, parent: str) -> Any:
        """A page of a connection as a JSON object; its rows are written once, whatever is asked of it."""
        shape: Any = self._questions[selected].shape
        page_shape, count_shape, order = shape
        page = self._page(binding, page_shape, parent)
        limit = self._parameters.next("int8")
        count = self._count(binding, count_shape, parent)
        selections = _row_selections(selected)
        row = sa.select(*self._columns(selections[0] if selections else (), _name(page))).subquery(
            self._alias()
        )
        numbered = (
            sa.select(
                _as_json(row).label("node"),
                _cursor(order, _name(page), page_shape, binding.search.set).label("cursor"),
                sa.func.row_number().over().label("number"),
            )
            .select_from(page)
            .subquery(self._alias())
        )
        if page_shape.backwards:
            # The last rows were read from the end: they are shown from the start.
            numbered = sa.select(*numbered.c).order_by(numbered.c.number.desc()).subquery(self._alias())
        shown = _page_object(selected.inner, numbered, limit, page_shape, count)
        if {asked.name for asked in selected.inner} <= {"totalCount", "__typename"}:
            return sa.select(shown).scalar_subquery()
        # One object, even when nothing that is asked of the page counts or gathers its rows.
        return sa.select(shown).select_from(numbered).having(sa.true()).scalar_subquery()

    def _count(self, binding: Connection, shape: Any, parent: str) -> Any:
        set_: Set[Any] = binding.search.set
        source = source_of(set_, self._alias())
        conditions = where(source, set_, shape, self._parameters)
        conditions += self._belonging(binding, source, parent)
        return sa.select(sa.func.count()).select_from(source).where(*conditions).scalar_subquery()


EMPTY: sa.ColumnClause[Any] = sa.literal_column("'[]'::json")


def _page_object(
    selections: Sequence[Selected], rows: sa.Subquery, limit: Any, shape: PageShape, count: Any
) -> Any:
    """The fields of a connection over its numbered rows, of which one may be beyond the limit."""
    taken = rows.c.number <= limit
    more = sa.func.count() > limit
    cursors = sa.func.array_agg(rows.c.cursor).filter(taken)
    last = sa.cast(sa.func.count().filter(taken), sa.Integer)
    has_next = _boolean(shape.before is not None) if shape.backwards else more
    has_previous = more if shape.backwards else _boolean(shape.after is not None)
    page_info = {
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
        "startCursor": _element(cursors, sa.literal_column("1")),
        "endCursor": _element(cursors, last),
    }
    edge = {"cursor": rows.c.cursor, "node": rows.c.node}

    def listed(value: Any) -> Any:
        return sa.func.coalesce(sa.func.json_agg(value).filter(taken), EMPTY)

    values: list[Any] = []
    for selected in selections:
        match selected.name:
            case "nodes":
                value = listed(rows.c.node)
            case "edges":
                value = listed(_built(selected.inner, edge))
            case "pageInfo":
                value = _built(selected.inner, page_info)
            case "totalCount":
                value = count
            case _:
                value = sa.literal_column(f"'{selected.parent.name}'")
        values += [_key(selected), value]
    return sa.func.json_build_object(*values)


def _built(selections: Sequence[Selected], values: dict[str, Any]) -> Any:
    pairs: list[Any] = []
    for selected in selections:
        typename: Any = sa.literal_column(f"'{selected.parent.name}'")
        pairs += [_key(selected), values.get(selected.name, typename)]
    return sa.func.json_build_object(*pairs)


def _key(selected: Selected) -> Any:
    return sa.literal_column(f"'{selected.key}'")


def _boolean(value: bool) -> Any:
    return sa.literal_column("true" if value else "false")


def _element(array: Any, number: Any) -> Any:
    return Grouping(sa.type_coerce(array, ARRAY(sa.Text)))[number]


def _as_json(rows: sa.Subquery) -> Any:
    return sa.select(sa.func.row_to_json(sa.literal_column(_name(rows)))).select_from(rows).scalar_subquery()


def _name(rows: sa.FromClause) -> str:
    return str(rows.name)  # type: ignore[attr-defined]  # every alias has one


def _text(alias: str, name: str) -> str:
    return f'{alias}."{name}"'


def _column(alias: str, name: str) -> sa.ColumnClause[Any]:
    return sa.literal_column(_text(alias, name))


def _form(definition: GraphQLField) -> str | None:
    """How SQL writes the field's scalar, where PostgreSQL's own JSON is not its wire form."""
    return scalars.SQL_FORMS.get(get_named_type(definition.type).name)


def _wire(definition: GraphQLField, column: str) -> Any:
    """A column in the wire form of the field's scalar."""
    return sa.literal_column((_form(definition) or "{}").format(column))


def _batch_of(statement: Statement[Any], parent: str, key: str, alias: str) -> sa.Subquery:
    """A batch statement for the one key of the parent's row."""
    text = statement.text.replace(":", r"\:")
    text = re.sub(r"\$1\b", lambda _: f"array[{_text(parent, key)}]", text)
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in statement.columns]
    return sa.text(f"\n{text}\n").columns(*columns).subquery(alias)


def _cursor(order: str, alias: str, shape: PageShape, set_: Set[Any]) -> Any:
    """The same text as `cursors.encode` makes."""
    column = shape.order.column
    form = {"timestamptz": "DateTime", "date": "Date"}.get(set_.columns[column].type, "Decimal")
    value = scalars.SQL_FORMS[form].format(_text(alias, column))
    return sa.literal_column(cursors.sql(order, _text(alias, "id"), value))
