"""Subtrees of an operation as one SQL statement that answers with finished JSON.

The hand-written statements stay the only source: each `:set` and each batch statement stands inside its
parent's, narrowed to the parent's row, only the asked columns are read, and PostgreSQL writes each value in
its wire form. The text depends on the plan and on the shapes of the arguments; it is compiled once for both
and kept.

A composition answers several fields of one selection: at the root, or of all the rows of one type that stand
at one place of the answer.
"""

import logging
import re
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import asyncpg
import sqlalchemy as sa
from graphql import (
    GraphQLError,
    GraphQLField,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import Grouping

from server import cursors, ids, scalars
from server.composition import (
    Composed,
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
from server.database import Session
from server.errors import ApiError, TimedOut, Unavailable
from server.execution.plan import Selected, Selection
from server.loaders import Binding, Summary
from server.recent import Recent
from server.schema import Column, GlobalId
from server.search import Connection, Lookup, Relation, Rows
from server.sql import Row, Set, Statement

# PostgreSQL cuts longer names off.
LONGEST_KEY = 63
MOST_CONNECTION_KEYS = 40
MOST_TEXTS = 32
MOST_STATEMENTS = 64
# What the function refuse_null() raises.
NULL_REFUSED = "DW001"

log = logging.getLogger("dwelzo.execution")

Reading = Relation | Lookup | Rows | Connection | Summary
# What starts from arguments alone, and what starts from a row.
AT_ROOT = Lookup | Connection
BELOW_ROWS = Relation | Rows | Connection | Summary


class Question(NamedTuple):
    """What the arguments of one field ask for: the shape that its text depends on, and the values."""

    shape: Hashable
    values: list[Any]


class Composition:
    """Some fields of a selection as one statement, with the texts of the shapes that were asked so far.

    At the root it answers one row; below rows (`keys` names the columns of theirs that it starts from, with
    their types) one for each of them, in their order. Each field is a column of JSON.
    """

    def __init__(self, fields: tuple[Selected, ...], asking: tuple[Selected, ...], *, at_root: bool) -> None:
        self.fields = fields
        self.keys: Mapping[str, str] = {} if at_root else dict(_key_of(selected) for selected in fields)
        self._asking = asking
        self._constant: dict[Selected, Question] = {}
        self._texts: Recent[tuple[Hashable, ...], Template] = Recent(MOST_TEXTS)

    def ask(
        self, variables: VariableValues, page_size_max: int, parents: Sequence[Mapping[str, Any]] = ()
    ) -> Composed:
        """The statement and its arguments; BAD_USER_INPUT and GraphQLError for a mistake in an argument."""
        questions = self.questions(variables, page_size_max)
        alone = len(parents) == 1
        shapes = (alone, *(question.shape for question in questions.values()))
        template = self._texts.get(shapes)
        if template is None:
            written = _Writer(questions).write(self.fields, self.keys, alone=alone)
            template = self._texts.keep(shapes, written)
        values: list[Any] = [
            parents[0][name] if alone else [parent[name] for parent in parents] for name in self.keys
        ]
        for question in questions.values():
            values += question.values
        return template.fill(values)

    def questions(self, variables: VariableValues, page_size_max: int) -> dict[Selected, Question]:
        """What each field asks that reads a statement; it refuses as `ask` does."""
        return {selected: self._question(selected, variables, page_size_max) for selected in self._asking}

    async def fetch(
        self,
        session: Session,
        variables: VariableValues,
        page_size_max: int,
        parents: Sequence[Mapping[str, Any]] = (),
    ) -> list[Row] | None:
        """The rows of JSON; None where it is not for one statement to answer: a mistake in an argument, or a
        null where none may be. Field by field it comes out where, and the rest is answered.
        """
        try:
            text, arguments = self.ask(variables, page_size_max, parents)
            return await session.fetch(text, arguments, Row)
        except (Unavailable, TimedOut):
            raise
        except (ApiError, GraphQLError):
            return None
        except asyncpg.PostgresError as error:
            if error.sqlstate != NULL_REFUSED:
                log.warning("PostgreSQL refuses a composed statement: %s", error)
            return None

    def _question(self, selected: Selected, variables: VariableValues, page_size_max: int) -> "Question":
        known = self._constant.get(selected)
        if known is not None:
            return known
        question = _question(selected, variables, page_size_max)
        if selected.arguments.are_constant:
            self._constant[selected] = question
        return question


class Division(NamedTuple):
    """What of a selection is one statement: its fields and those in them and below them that read a
    hand-written one; and of each other field that is no plain value, why it is not.
    """

    fields: tuple[Selected, ...]
    asking: tuple[Selected, ...]
    refused: Mapping[Selected, str]


def compose(selection: Selection, *, at_root: bool) -> Composition | None:
    """As much of a selection as one statement can answer; None where that is nothing."""
    fields, asking, _ = divide(selection, at_root=at_root)
    return Composition(fields, asking, at_root=at_root) if fields else None


def divide(selection: Selection, *, at_root: bool) -> Division:
    """Composed are fields that are typed statements and have nothing but columns and typed statements below
    them, as long as there are not so many that writing and planning the text would take longer than running
    it.
    """
    fields: list[Selected] = []
    asking: list[Selected] = []
    refused: dict[Selected, str] = {}
    for selected in selection.fields:
        binding = _binding(selected)
        if isinstance(binding, AT_ROOT if at_root else BELOW_ROWS):
            try:
                asking += _asking(selected, MOST_STATEMENTS - len(asking))
                fields.append(selected)
            except _NotComposed as reason:
                refused[selected] = str(reason)
        elif selected.field is not None and not isinstance(binding, Column | GlobalId):
            refused[selected] = _other(selected)
    return Division(tuple(fields), tuple(asking), refused)


def _binding(selected: Selected) -> Any:
    return selected.field.resolve if selected.field else None


class _NotComposed(Exception):
    """Why a field is not for one statement, in words that follow "not composed:"."""


def _asking(selected: Selected, most: int) -> list[Selected]:
    """The fields that read a statement, in the order in which their statements are written."""
    found = list(islice(_statements(selected), most + 1))
    if len(found) > most:
        raise _NotComposed(f"with it the statement would hold more than {MOST_STATEMENTS} hand-written ones")
    return found


def _statements(selected: Selected) -> Iterator[Selected]:
    if len(selected.key) > LONGEST_KEY:
        raise _NotComposed(
            f"{selected.key} is longer than {LONGEST_KEY} bytes, where PostgreSQL cuts names off"
        )
    if selected.field is None:
        return
    binding = selected.field.resolve
    if isinstance(binding, Column | GlobalId):
        if is_list_type(get_nullable_type(selected.field.type)) and _form(selected.field) is not None:
            scalar = get_named_type(selected.field.type).name
            raise _NotComposed(f"{_place(selected)} is a list of {scalar}, whose wire form SQL writes singly")
        return
    if not isinstance(binding, Reading):
        raise _NotComposed(_other(selected))
    if isinstance(binding, Summary) and len(statement_of(binding).parameters) != 1:
        raise _NotComposed(f"{_place(selected)} reads a statement that takes more than its keys")
    yield selected
    if isinstance(binding, Connection):
        if len(selected.inner.fields) > MOST_CONNECTION_KEYS:
            raise _NotComposed(f"more than {MOST_CONNECTION_KEYS} keys are asked of {_place(selected)}")
        rows: Sequence[Selected] = _row_fields(selected)
    else:
        rows = [selected]
    for row in rows:
        for inner in row.inner.fields:
            yield from _statements(inner)


def _other(selected: Selected) -> str:
    """What a field is that reads no statement."""
    kind = "a batch function" if isinstance(_binding(selected), Binding) else "a resolver"
    return f"{_place(selected)} is {kind} in Python"


def _place(selected: Selected) -> str:
    return f"{selected.parent.name}.{selected.name}"


def _tells_more(connection: Selected) -> bool:
    """Whether it is asked what lies beyond the page: then one row more is read than it shows."""
    return bool(connection.inner.named("pageInfo"))


def _row_fields(connection: Selected) -> list[Selected]:
    """The fields below a connection whose objects are its rows: `nodes`, and `node` of `edges`."""
    found = connection.inner.named("nodes")
    for edges in connection.inner.named("edges"):
        found += edges.inner.named("node")
    return found


def _key_of(selected: Selected) -> tuple[str, str]:
    """The column of the parent's row that a field starts from, and its type."""
    binding = selected.definition.resolve
    if isinstance(binding, Summary):
        statement = statement_of(binding)
        return binding.key, statement.columns[statement.key].type
    assert isinstance(binding, Relation | Rows | Connection)
    assert binding.on is not None
    return binding.key, binding.search.set.columns[binding.on].type


def statement_of(binding: Summary) -> Statement[Any]:
    """The statement behind a generated function: it stands beside it, under the same name in capitals."""
    statement: Statement[Any] = getattr(sys.modules[binding.query.__module__], binding.query.__name__.upper())
    return statement


def _question(selected: Selected, variables: VariableValues, page_size_max: int) -> Question:
    definition = selected.definition
    binding = definition.resolve
    if isinstance(binding, Relation | Summary):
        return Question(None, [])
    arguments = selected.arguments.of(variables)
    if isinstance(binding, Lookup):
        return Question(None, [binding.key_of(None, arguments, definition.type)])
    assert isinstance(binding, Rows | Connection)
    asked = binding.ask(arguments, page_size_max)
    tells_more = isinstance(binding, Connection) and _tells_more(selected)
    wanted = asked.limit + 1 if tells_more else asked.limit
    shape, values = page_question(
        asked.conditions, asked.order, wanted, asked.after, asked.before, asked.backwards
    )
    if isinstance(binding, Connection):
        # A page longer than the limit has more; the count asks the conditions again, without the page.
        values += [asked.limit] if tells_more else []
        values += [condition.value for condition in asked.conditions]
        return Question((shape, shape_of(asked.conditions), arguments["order_by"]), values)
    return Question(shape, values)


PARENTS = "parents"


class _Writer:
    """Writes the statement of one plan and one set of shapes.

    A row of the parent is named by its alias, as text: what stands in a statement's `from` is never the
    parent.
    """

    def __init__(self, questions: dict[Selected, Question]) -> None:
        self._questions = questions
        self._parameters = Parameters()
        self._aliases = 0

    def write(self, fields: Sequence[Selected], keys: Mapping[str, str], *, alone: bool) -> Template:
        """Below one row alone its keys are plain parameters: of the length of an array PostgreSQL makes so
        much that it would plan the statement anew each time.
        """
        parameters = [self._parameters.next(type_ if alone else f"{type_}[]") for type_ in keys.values()]
        columns = [self._value(field, PARENTS).label(f"f{number}") for number, field in enumerate(fields)]
        statement: sa.Select[Any] = sa.select(*columns)
        if keys and alone:
            row = [parameter.label(name) for name, parameter in zip(keys, parameters, strict=True)]
            statement = statement.select_from(sa.select(*row).subquery(PARENTS))
        elif keys:
            parents = (
                sa.func.unnest(*parameters)
                .table_valued(*keys, with_ordinality="number")
                .render_derived(name=PARENTS)
            )
            statement = statement.select_from(parents).order_by(parents.c.number)
        return compile_template(statement, self._parameters)

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def _value(self, selected: Selected, parent: str) -> Any:
        """The expression of a field, where `parent` is the alias of the row that it is asked of."""
        if selected.field is None:
            return sa.literal_column(f"'{selected.parent.name}'")
        definition, binding = selected.field, selected.field.resolve
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

    def _columns(self, selection: Selection, parent: str) -> list[Any]:
        return [self._value(inner, parent).label(inner.key) for inner in selection.fields]

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
        limit = self._parameters.next("int8") if _tells_more(selected) else None
        count = self._count(binding, count_shape, parent)
        nodes = {
            row: _as_json(sa.select(*self._columns(row.inner, _name(page))).subquery(self._alias())).label(
                f"node{number}"
            )
            for number, row in enumerate(_row_fields(selected))
        }
        written = (
            sa.select(
                *nodes.values(),
                # What nobody asks of these two, PostgreSQL does not compute.
                _cursor(order, _name(page), page_shape, binding.search.set).label("cursor"),
                sa.func.row_number().over().label("number"),
            )
            .select_from(page)
            .subquery(self._alias())
        )
        if page_shape.backwards:
            # The last rows were read from the end: they are shown from the start.
            written = sa.select(*written.c).order_by(written.c.number.desc()).subquery(self._alias())
        texts = {row: written.c[node.name] for row, node in nodes.items()}
        shown = _page_object(selected.inner, written, texts, limit, page_shape, count)
        if {asked.name for asked in selected.inner.fields} <= {"totalCount", "__typename"}:
            return sa.select(shown).scalar_subquery()
        # One object, even when nothing that is asked of the page counts or gathers its rows.
        return sa.select(shown).select_from(written).having(sa.true()).scalar_subquery()

    def _count(self, binding: Connection, shape: Any, parent: str) -> Any:
        set_: Set[Any] = binding.search.set
        source = source_of(set_, self._alias())
        conditions = where(source, set_, shape, self._parameters)
        conditions += self._belonging(binding, source, parent)
        return sa.select(sa.func.count()).select_from(source).where(*conditions).scalar_subquery()


EMPTY: sa.ColumnClause[Any] = sa.literal_column("'[]'::json")


def _page_object(
    selection: Selection,
    rows: sa.Subquery,
    texts: Mapping[Selected, Any],
    limit: Any,
    shape: PageShape,
    count: Any,
) -> Any:
    """The fields of a connection over its rows. With a `limit`, one of them may be beyond it: there is more.
    `texts` has the JSON of a row for each field that shows it.
    """

    def shown(aggregate: Any) -> Any:
        return aggregate if limit is None else aggregate.filter(rows.c.number <= limit)

    def listed(value: Any) -> Any:
        return sa.func.coalesce(shown(sa.func.json_agg(value)), EMPTY)

    page_info: dict[str, Any] = {}
    if limit is not None:
        more = sa.func.count() > limit
        cursors = shown(sa.func.array_agg(rows.c.cursor))
        last = sa.cast(shown(sa.func.count()), sa.Integer)
        page_info = {
            "hasNextPage": _boolean(shape.before is not None) if shape.backwards else more,
            "hasPreviousPage": more if shape.backwards else _boolean(shape.after is not None),
            "startCursor": _element(cursors, sa.literal_column("1")),
            "endCursor": _element(cursors, last),
        }

    def value_of(selected: Selected) -> Any:
        match selected.name:
            case "nodes":
                return listed(texts[selected])
            case "node":
                return texts[selected]
            case "cursor":
                return rows.c.cursor
            case "edges":
                return listed(built(selected.inner))
            case "pageInfo":
                return built(selected.inner)
            case "totalCount":
                return count
            case "__typename":
                return sa.literal_column(f"'{selected.parent.name}'")
            case name:
                return page_info[name]

    def built(selection: Selection) -> Any:
        pairs = [(_key(selected), value_of(selected)) for selected in selection.fields]
        return sa.func.json_build_object(*[part for pair in pairs for part in pair])

    return built(selection)


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
