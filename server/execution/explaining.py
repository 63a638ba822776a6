"""How an operation would be answered, as data: the plan field by field, and each composed statement.

The plan is made as for a request and nothing is executed. A statement that answers below rows needs the keys
of some: `ComposedStatement.ready` reads a few that are there. What PostgreSQL makes of a statement is asked
in a read-only transaction that is rolled back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import unwrap
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import asyncpg
from graphql import (
    REMOVE,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_list_type,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from server import directives
from server.composition import Composed, PageShape, Shape
from server.config import ROOT
from server.context import Viewer
from server.documents import DEFAULT_LIMITS, Chosen, Documents
from server.errors import ApiError, DocumentTooLarge, quoted
from server.execution.composed import Composition, Question, Reading, divide, statement_of
from server.execution.plan import Fragments, Selected, Selection
from server.execution.plans import Plans
from server.limits.document import DocumentLimits
from server.loaders import Binding, Computed, Summary
from server.policy import Policy
from server.schema import Column, GlobalId
from server.search import Connection, Lookup, Relation, Rows
from server.sql import Set, Statement

# Of how many rows a statement below a list is explained.
PARENTS = 10

# composed       the whole subtree in one statement
# within         part of the composed statement above it
# breadth-first  asked once for all objects of its place, or of each of them in one turn
# at hand        a value of the row or page above that holds objects itself
# graphql-core   left to it
# type           not a field, but those objects of the field above that are of a type
Way = Literal["composed", "within", "breadth-first", "at hand", "graphql-core", "type"]


class NotExplained(Exception):
    """There is nothing to explain; the message is a sentence with its cure."""


@dataclass(frozen=True, slots=True)
class Step:
    """A field of the plan. `by` is what answers it, `shape` what its arguments ask for, `why` the reason why
    it is not composed, `number` that of the composed statement; `values` are the plain fields below it.
    """

    name: str
    way: Way
    by: str = ""
    shape: str = ""
    why: str = ""
    number: int | None = None
    values: tuple[str, ...] = ()
    inner: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class ComposedStatement:
    """One composed statement. `fields` are the paths that it answers, `cost` what the policy counts for them;
    `parents` reads keys of rows that it may start from, and is empty at the root.
    """

    number: int
    fields: tuple[str, ...]
    cost: float
    parents: str
    ask: Callable[[Sequence[Any]], Composed]

    async def ready(self, connection: asyncpg.Connection) -> Composed:
        """The text with arguments, among them the keys of rows that are there."""
        return self.ask(await connection.fetch(self.parents) if self.parents else ())


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one operation would be answered. `refusals` are the policy's, whoever asks; with `is_whole` a
    composed statement is the whole answer.
    """

    operation: str
    cost: float
    refusals: tuple[str, ...]
    is_whole: bool
    values: tuple[str, ...]
    steps: tuple[Step, ...]
    statements: tuple[ComposedStatement, ...]


async def plan_of(connection: asyncpg.Connection, composed: Composed, *, analyze: bool = False) -> list[str]:
    """PostgreSQL's plan, a line a node; with `analyze` as it was executed, in a transaction that can write
    nothing.
    """
    options = "analyze, buffers" if analyze else "costs"
    transaction = connection.transaction(readonly=True)
    await transaction.start()
    try:
        rows = await connection.fetch(f"explain ({options}) {composed.text}", *composed.arguments)
    except asyncpg.PostgresError as error:
        return [f"PostgreSQL refuses the statement: {error}"]
    finally:
        await transaction.rollback()
    return [row[0] for row in rows]


class Explainer:
    """Explains operations on one schema, under the limits of the settings."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        page_size_max: int,
        cost_limit: int,
        limits: DocumentLimits = DEFAULT_LIMITS,
    ) -> None:
        self._schema = schema
        self._page_size_max = page_size_max
        self._policy = Policy(schema, page_size_max=page_size_max, cost_limit=cost_limit)
        self._plans = Plans(schema)
        self._documents = Documents(schema, self._policy, self._plans, limits)

    def explain(
        self, text: str, variables: Mapping[str, Any] | None = None, name: str | None = None
    ) -> Explanation:
        """The explanation of a document's operation; NotExplained where it cannot be executed at all."""
        chosen = self._choose(text, name)
        given = variables or {}
        coerced = self._coerce(chosen.operation, given)
        weighing = _Weighing(self._schema, self._policy, chosen.operation, chosen.fragments, given)
        walk = _Walk(self._schema, self._plans, chosen.fragments, coerced, self._page_size_max, weighing)
        selection = chosen.planned.selection(coerced.coerced)
        try:
            values, steps = walk.root(selection, chosen.operation.operation)
        except (ApiError, GraphQLError) as error:
            raise NotExplained(error.message) from None
        return Explanation(
            operation=_title(chosen.operation),
            cost=weighing.cost,
            refusals=weighing.refusals,
            is_whole=bool(steps) and all(step.way == "composed" for step in steps),
            values=values,
            steps=steps,
            statements=tuple(walk.statements),
        )

    def _choose(self, text: str, name: str | None) -> Chosen:
        try:
            document = self._documents.read(text)
        except DocumentTooLarge as error:
            raise NotExplained(error.message) from None
        if document.errors or document.node is None:
            raise NotExplained("\n".join(map(_located, document.errors)))
        operations = [d for d in document.node.definitions if isinstance(d, OperationDefinitionNode)]
        names = [operation.name.value for operation in operations if operation.name]
        if not operations:
            raise NotExplained("The document holds fragments only: add the operation that uses them.")
        if name is not None and name not in names:
            cure = f"it has {_listed(names)}" if names else "its operation has no name, so leave it out"
            raise NotExplained(f"The document holds no operation {quoted(name)}: {cure}.")
        if name is None and len(operations) > 1:
            raise NotExplained(
                f"The document holds the operations {_listed(names)}: say which with --operation NAME."
            )
        return self._documents.choose(document, name)

    def _coerce(self, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> VariableValues:
        definitions = operation.variable_definitions or ()
        defined = [definition.variable.name.value for definition in definitions]
        for name in given:
            if name not in defined:
                cure = f"it has {_listed([f'${each}' for each in defined])}" if defined else "it has none"
                raise NotExplained(f"{_title(operation)} has no variable ${name}: {cure}.")
        coerced = get_variable_values(self._schema, definitions, dict(given))
        if isinstance(coerced, VariableValues):
            return coerced
        sentences = "\n".join(error.message for error in coerced)
        raise NotExplained(f"{sentences}\nGive each variable as JSON: --variables '{{\"name\": value}}'.")


class _Weighing:
    """What the policy says of an operation, asked by one who may ask everything."""

    def __init__(
        self,
        schema: GraphQLSchema,
        policy: Policy,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        variables: Mapping[str, Any],
    ) -> None:
        roles = list(getattr(schema.get_type("Role"), "values", {}))
        self._viewer = Viewer(UUID(int=0), roles[-1]) if roles else None
        self._policy, self._variables = policy, variables
        self._operation, self._fragments = operation, fragments
        self.cost, self.refusals = self._judge(operation, fragments)

    def share(self, fields: Sequence[Selected]) -> float:
        """By how much the operation costs less without these fields."""
        gone = {id(node) for selected in fields for node in selected.nodes}

        class Without(Visitor):
            def enter_field(self, node: FieldNode, *_: Any) -> Any:
                return REMOVE if id(node) in gone else None

        fragments = {name: visit(fragment, Without()) for name, fragment in self._fragments.items()}
        return self.cost - self._judge(visit(self._operation, Without()), fragments)[0]

    def _judge(
        self, operation: OperationDefinitionNode, fragments: Fragments
    ) -> tuple[float, tuple[str, ...]]:
        case = self._policy.case(operation, fragments)
        verdict = self._policy.judge(case, self._variables, self._viewer)
        return verdict.cost, tuple(error.message for error in verdict.errors)


@dataclass
class _Walk:
    """Goes through a plan as breadth.py does, from level to level, but without rows."""

    schema: GraphQLSchema
    plans: Plans
    fragments: Fragments
    variables: VariableValues
    page_size_max: int
    weighing: _Weighing
    statements: list[ComposedStatement] = field(default_factory=list)

    def root(self, selection: Selection, kind: OperationType) -> tuple[tuple[str, ...], tuple[Step, ...]]:
        """The plain fields and the steps of an operation's root."""
        if kind is OperationType.SUBSCRIPTION:
            steps = [Step(_shown(each), "graphql-core", why="a subscription") for each in selection.fields]
            return (), tuple(steps)
        return self._level(selection, (), at_root=True, many=False, serial=kind is OperationType.MUTATION)

    def _level(
        self,
        selection: Selection,
        path: tuple[str, ...],
        *,
        at_root: bool = False,
        many: bool,
        serial: bool = False,
    ) -> tuple[tuple[str, ...], tuple[Step, ...]]:
        """What is asked of the objects at one place; `many` where there may be more than one."""
        composition = None if serial else self.plans.composition(selection, at_root=at_root)
        refused = divide(selection, at_root=at_root).refused
        number = None
        questions: Mapping[Selected, Question] = {}
        if composition is not None:
            number = self._state(composition, selection, path, many)
            questions = composition.questions(self.variables, self.page_size_max)
        values, steps = [], []
        for selected in selection.fields:
            if composition is not None and selected in composition.fields:
                steps.append(self._composed(selected, questions, number))
            elif _is_plain(selected):
                values.append(_shown(selected))
            else:
                why = refused.get(selected, "each field of a mutation has its turn" if serial else "")
                steps.append(self._resolved(selected, path, why, many))
        return tuple(values), tuple(steps)

    def _state(
        self, composition: Composition, selection: Selection, path: tuple[str, ...], many: bool
    ) -> int:
        number = len(self.statements) + 1
        parent = composition.fields[0].parent

        def ask(parents: Sequence[Any]) -> Composed:
            return composition.ask(self.variables, self.page_size_max, parents)

        self.statements.append(
            ComposedStatement(
                number,
                tuple(".".join((*path, selected.key)) for selected in composition.fields),
                self.weighing.share(composition.fields),
                _parents(self.schema, parent, composition, PARENTS if many else 1),
                ask,
            )
        )
        return number

    def _composed(
        self, selected: Selected, questions: Mapping[Selected, Question], number: int | None
    ) -> Step:
        """A field of a composed statement, with all that stands in it; with its number at the top."""
        binding = selected.definition.resolve
        values, steps = [], []
        for inner in selected.inner.fields:
            if inner.inner.fields:
                steps.append(self._composed(inner, questions, None))
            else:
                values.append(_shown(inner))
        by = shape = ""
        if isinstance(binding, Reading):
            by, shape = _source(_read_by(binding)), _shape(binding, questions[selected].shape)
        return Step(
            _shown(selected),
            "composed" if number is not None else "within",
            by=by,
            shape=shape,
            number=number,
            values=tuple(values),
            inner=tuple(steps),
        )

    def _resolved(self, selected: Selected, path: tuple[str, ...], why: str, many: bool) -> Step:
        name, resolver = _shown(selected), selected.definition.resolve
        type_ = get_named_type(selected.definition.type)
        if is_introspection_type(type_):
            return Step(name, "graphql-core", by="its own resolvers of the schema")
        path = (*path, selected.key)
        many = many or any(is_list_type(level) for level, _ in selected.levels)
        values: tuple[str, ...] = ()
        by = _answered_by(resolver)
        if is_abstract_type(type_):
            by += "; the types are known when the rows are read"
            steps = tuple(self._of_type(selected, each, path, many) for each in self._named_types(selected))
        else:
            values, steps = self._level(selected.inner, path, many=many)
        at_hand = isinstance(resolver, Column)
        return Step(
            name, "at hand" if at_hand else "breadth-first", by=by, why=why, values=values, inner=steps
        )

    def _of_type(
        self, selected: Selected, type_: GraphQLObjectType, path: tuple[str, ...], many: bool
    ) -> Step:
        values, steps = self._level(selected.on(type_), path, many=many)
        return Step(f"... on {type_.name}", "type", values=values, inner=steps)

    def _named_types(self, selected: Selected) -> Iterator[GraphQLObjectType]:
        """The object types that the document names at a place whose type is abstract."""
        spread: set[str] = set()
        named: set[str] = set()
        waiting = [node.selection_set for node in reversed(selected.nodes) if node.selection_set]
        while waiting:
            for node in waiting.pop().selections:
                if not directives.includes(node, self.variables.coerced):
                    continue
                if isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self.fragments[node.name.value]
                    name, inner = fragment.type_condition.name.value, fragment.selection_set
                elif isinstance(node, InlineFragmentNode):
                    name = node.type_condition.name.value if node.type_condition else ""
                    inner = node.selection_set
                else:
                    continue
                waiting.append(inner)
                type_ = self.schema.get_type(name)
                if isinstance(type_, GraphQLObjectType) and name not in named:
                    named.add(name)
                    yield type_


def _is_plain(selected: Selected) -> bool:
    """Whether a field is a value that is at hand without a call."""
    if selected.field is None:
        return True
    return isinstance(selected.field.resolve, Column | GlobalId) and not selected.inner.fields


def _parents(schema: GraphQLSchema, type_: GraphQLObjectType, composition: Composition, most: int) -> str:
    """SQL that reads the keys of rows that a composition may start from: of the type's own set where there
    is one, else one of what is looked for.
    """
    keys = composition.keys
    if not keys:
        return ""
    set_ = _sets(schema).get(type_.name)
    if set_ is not None and keys.keys() <= set_.columns.keys():
        columns = ", ".join(f's."{key}"' for key in keys)
        return f"select {columns} from (\n{set_.text}\n) s limit {most}"  # noqa: S608 (our own texts)
    looked_for = {key: f"null::{type_}" for key, type_ in keys.items()}
    for selected in composition.fields:
        binding = selected.definition.resolve
        if isinstance(binding, Relation | Rows | Connection) and binding.on is not None:
            text = binding.search.set.text
            looked_for[binding.key] = f'(select s."{binding.on}" from (\n{text}\n) s limit 1)'  # noqa: S608
    return "select " + ", ".join(f'{text} as "{key}"' for key, text in looked_for.items())


def _sets(schema: GraphQLSchema) -> dict[str, Set[Any]]:
    """The set that each type's rows are read from, as the schema's bindings name it."""
    return {
        binding.search.set.returns: binding.search.set
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for binding in (definition.resolve for definition in type_.fields.values())
        if isinstance(binding, Relation | Lookup | Rows | Connection) and binding.search.set.returns
    }


def _answered_by(resolver: Any) -> str:
    """What answers a field that is not composed, and how often it is called."""
    if isinstance(resolver, Column):
        return ""
    if isinstance(resolver, Reading):
        return f"{_source(_read_by(resolver))}, one call for all objects"
    if isinstance(resolver, Computed):
        return f"{_function(resolver.function)}, one call for all objects"
    if isinstance(resolver, Binding):
        return f"{type(resolver).__name__}, one call for all objects"
    return f"{_function(resolver)}, called for each object"


def _function(function: Any) -> str:
    code = getattr(unwrap(function), "__code__", None)
    name = getattr(function, "__name__", type(function).__name__)
    if code is None:
        return name
    path = Path(code.co_filename)
    shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return f"{name} ({shown}:{code.co_firstlineno})"


def _read_by(binding: Reading) -> Statement[Any]:
    return statement_of(binding) if isinstance(binding, Summary) else binding.search.set


def _source(statement: Statement[Any]) -> str:
    return f"{statement.name} ({statement.source})"


def _shape(binding: Reading, shape: Any) -> str:
    """What the arguments of a field ask of its statement, without their values."""
    if isinstance(binding, Lookup):
        return f"{binding.on} = {binding.argument}"
    if isinstance(binding, Relation):
        return f"{binding.on} = {binding.key} above"
    if isinstance(binding, Summary):
        return f"{statement_of(binding).key} = {binding.key} above"
    page: PageShape = shape[0] if isinstance(binding, Connection) else shape
    parts = [f"{binding.on} = {binding.key} above"] if binding.on is not None else []
    parts += _conditions(page.conditions)
    parts.append(f"by {page.order.column} {'descending' if page.order.descending else 'ascending'}")
    parts += [f"{word} a cursor" for word, bound in (("after", page.after), ("before", page.before)) if bound]
    parts.append("the last" if page.backwards else "the first")
    return ", ".join(parts)


def _conditions(shape: Shape) -> list[str]:
    return [f"{column} {operator}" for column, operator in shape]


def _shown(selected: Selected) -> str:
    return selected.name if selected.key == selected.name else f"{selected.key}: {selected.name}"


def _title(operation: OperationDefinitionNode) -> str:
    return operation.operation.value + (f" {operation.name.value}" if operation.name else "")


def _located(error: GraphQLError) -> str:
    where = error.locations[0] if error.locations else None
    return f"line {where.line}, column {where.column}: {error.message}" if where else error.message


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
