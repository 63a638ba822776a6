"""The stage between validation and execution: who may ask, how long lists may be, what it costs.

It walks the operation once with the variables of this request (a cost kept with the document would let the
second request through: `first: 10`, then `first: 100`) and refuses as a whole what breaks a rule: a refused
operation never reaches the database. Rules stand in the SDL; this module only reads them.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    Visitor,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
    visit,
)

from server import directives
from server.access import Access, Demand
from server.context import Viewer
from server.errors import ApiError, BadUserInput, CostExceeded
from server.execution.plan import Fragments, deciding_variables
from server.recent import Recent

# The sets of deciding values that are remembered of one operation.
MOST_VERDICTS = 32

# Of one input object: names of more fields, or longer ones, are not remembered.
MOST_GIVEN, LONGEST_NAME = 50, 60

# A walk over fragments that spread fragments is bounded by steps, not by the size of the document.
MOST_SELECTIONS = 20_000

# Introspection has no directives to read. All of the schema takes a sixth of a second to write.
INTROSPECTION_WEIGHTS = {"__schema": 2_500.0, "__type": 50.0}


@dataclass(frozen=True)
class FieldRule:
    """What the SDL says of one field, read once."""

    demand: Demand
    weight: float
    assumed_size: int | None
    slicing: tuple[str, ...]
    sized: frozenset[str]
    exactly_one: bool
    weighed_inputs: bool
    guarded_inputs: bool


@dataclass
class Verdict:
    """What the walk found: the cost of the operation, and why it is refused if it is."""

    cost: float = 0
    errors: list[GraphQLError] = field(default_factory=list)


class Policy:
    """The rules of a schema, ready to be asked. `page_size_max` and `cost_limit` are settings."""

    def __init__(self, schema: GraphQLSchema, *, page_size_max: int, cost_limit: int) -> None:
        self._schema = schema
        self.page_size_max = page_size_max
        self.cost_limit = cost_limit
        self.access = Access(schema)
        self._rule = lru_cache(maxsize=None)(self._read_rule)
        self._weighing = self._weighing_arguments()

    def case(self, operation: OperationDefinitionNode, fragments: Fragments) -> "Case":
        """An operation, to be judged as often as it is asked."""
        slicing, weighing = self._weighing
        return Case(
            operation,
            fragments,
            (*deciding_variables(operation, fragments), *_variables_in(operation, fragments, slicing)),
            _variables_in(operation, fragments, weighing),
        )

    def judge(self, case: "Case", variables: Mapping[str, Any], viewer: Viewer | None) -> Verdict:
        """The verdict on one operation with these variables, asked by this viewer.

        An operation that passed passes again for the same role or the same scopes, where every variable that
        decides about it has the same value, and every variable that is weighed gives the same; a refusal is
        found anew each time.
        """
        question = case.question(variables, None if viewer is None else viewer.reach)
        known = None if question is None else case.passed.get(question)
        if known is not None:
            return known
        verdict = _Walk(self, case, variables, viewer).verdict
        return verdict if verdict.errors or question is None else case.passed.keep(question, verdict)

    def measure(self, case: "Case", variables: Mapping[str, Any], data: dict[str, Any] | None) -> float:
        """What an operation came to: its cost with the lists as long as they are in the answer's data."""
        return _Walk(self, case, variables, None).measured(data or {})

    def _weighing_arguments(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of all arguments, of any field, that a verdict may depend on: of those that say how long
        a list is, and of those whose input has a cost or a rule of its own.
        """
        slicing: set[str] = set()
        weighing: set[str] = set()
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
                for name, definition in type_.fields.items():
                    rule = self._rule(type_.name, name)
                    if rule is not None:
                        slicing.update(rule.slicing)
                        if rule.weighed_inputs or rule.guarded_inputs:
                            weighing.update(definition.args)
        return frozenset(slicing), frozenset(weighing)

    def _read_rule(self, parent: str, name: str) -> FieldRule | None:
        type_ = self._schema.type_map[parent]
        definition: GraphQLField | None = getattr(type_, "fields", {}).get(name)
        if definition is None:
            return None
        returned = get_named_type(definition.type)
        size = directives.find(definition, "listSize") or {}
        weight = directives.argument(definition, "cost", "weight") or _type_weight(returned)
        return FieldRule(
            demand=self.access.of_field(parent, name),
            weight=float(weight),
            assumed_size=int(size["assumedSize"]) if "assumedSize" in size else None,
            slicing=tuple(size.get("slicingArguments", ())),
            sized=frozenset(size.get("sizedFields", ())),
            exactly_one=bool(size.get("requireOneSlicingArgument", True)),
            weighed_inputs=_says(definition.args.values(), "cost"),
            guarded_inputs=_says(definition.args.values(), "auth")
            or any(self.access.of_argument(parent, name, argument) for argument in definition.args),
        )


class Case:
    """One operation as the policy sees it: which of its variables decide by their value, which by what is
    given in them, and with which of both it passed.
    """

    def __init__(
        self,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        deciding: tuple[str, ...],
        weighed: tuple[str, ...],
    ) -> None:
        self.operation = operation
        self.fragments = fragments
        self.deciding = deciding
        self.weighed = weighed
        self.passed: Recent[Hashable, Verdict] = Recent(MOST_VERDICTS)

    def question(self, variables: Mapping[str, Any], reach: str | frozenset[str] | None) -> Hashable | None:
        """What a verdict is remembered by, the viewer's reach among it; None for values of which a client
        could make as much as it likes, which are of no type that may stand there.
        """
        deciding = [variables.get(name, Undefined) for name in self.deciding]
        if any(isinstance(value, str | list | dict) for value in deciding):
            return None
        try:
            given = [_given(variables.get(name, Undefined)) for name in self.weighed]
        except (ValueError, RecursionError):
            return None
        return reach, *((type(value), value) for value in deciding), *given


class _Walk:
    """One judgement: the selections of an operation, fragments opened, with the request's own variables."""

    def __init__(
        self,
        policy: Policy,
        case: Case,
        variables: Mapping[str, Any],
        viewer: Viewer | None,
    ) -> None:
        operation = case.operation
        self._policy = policy
        self._viewer = viewer
        self._left = MOST_SELECTIONS
        self._introspection = 0.0
        self._fragments = case.fragments
        self._variables = {
            **{
                definition.variable.name.value: value_from_ast_untyped(definition.default_value)
                for definition in operation.variable_definitions or ()
                if definition.default_value is not None
            },
            **variables,
        }
        self.verdict = Verdict()
        self._operation = operation
        self._root = root = policy._schema.get_root_type(operation.operation)
        if root is None:
            return
        self.verdict.cost = self._cost(operation.selection_set, root, 1, frozenset()) + self._introspection
        if self._left < 0:
            self._refuse(
                operation,
                CostExceeded(f"The operation selects more than {MOST_SELECTIONS:,} fields. Ask for less."),
            )
        elif self.verdict.cost > policy.cost_limit and not self.verdict.errors:
            self._refuse(
                operation,
                CostExceeded(
                    f"The operation costs {self.verdict.cost:,.0f}, more than {policy.cost_limit:,}:"
                    " ask for smaller pages or fewer nested lists.",
                    cost=self.verdict.cost,
                    limit=policy.cost_limit,
                ),
            )

    def measured(self, data: dict[str, Any]) -> float:
        """The cost of an operation whose answer is known."""
        self._left = MOST_SELECTIONS * self._policy.page_size_max
        root = self._root
        return self._introspection + (self._sum(self._operation.selection_set, root, data) if root else 0)

    def _sum(self, selections: SelectionSetNode, parent: GraphQLNamedType, values: dict[str, Any]) -> float:
        total = 0.0
        for node, type_ in self._fields(selections, parent):
            found = values.get((node.alias or node.name).value)
            rule = self._policy._rule(type_.name, node.name.value)
            if found is None or rule is None:
                continue
            total += self._input_cost(node, type_) if rule.weighed_inputs else 0
            definition: GraphQLField = type_.fields[node.name.value]  # type: ignore[attr-defined]
            for item in found if isinstance(found, list) else [found]:
                total += rule.weight
                if node.selection_set is not None and item is not None:
                    total += self._sum(node.selection_set, get_named_type(definition.type), item)
        return total

    def _cost(
        self, selections: SelectionSetNode, parent: GraphQLNamedType, size: int, sized: frozenset[str]
    ) -> float:
        """The cost of selections on `parent`; those of the `sized` fields count `size` times."""
        total = 0.0
        for node, type_ in self._fields(selections, parent):
            name = node.name.value
            rule = self._policy._rule(type_.name, name)
            if rule is None:
                continue
            if rule.demand:
                self._ask(rule.demand, node, f"`{type_.name}.{name}`")
            if rule.guarded_inputs:
                self._ask_inputs(node, type_)
            length = self._length(node, rule)
            times = size if name in sized else 1
            own = rule.weight + (self._input_cost(node, type_) if rule.weighed_inputs else 0)
            inner = 0.0
            if node.selection_set is not None:
                definition: GraphQLField = type_.fields[name]  # type: ignore[attr-defined]
                inner = self._cost(node.selection_set, get_named_type(definition.type), length, rule.sized)
            # A connection is asked once and its edges are many; a plain list is many by itself.
            total += times * (own + inner) * (1 if rule.sized else length)
        return total

    def _fields(
        self, selections: SelectionSetNode, parent: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        for node in selections.selections:
            self._left -= 1
            if self._left < 0:
                return
            if not directives.includes(node, self._variables):
                continue
            if isinstance(node, FieldNode):
                if node.name.value.startswith("__"):
                    self._introspection += INTROSPECTION_WEIGHTS.get(node.name.value, 0)
                else:
                    yield node, parent
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set, self._named(node, node.type_condition, parent))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self._fields(
                    fragment.selection_set, self._named(node, fragment.type_condition, parent)
                )

    def _named(
        self, node: SelectionNode, condition: NamedTypeNode | None, parent: GraphQLNamedType
    ) -> GraphQLNamedType:
        """The type that a fragment narrows its parent to. Who may not see its objects may not ask for them,
        also where the field they come from gives others too.
        """
        name = parent.name if condition is None else condition.name.value
        if name != parent.name and (demand := self._policy.access.of_type(name)):
            self._ask(demand, node, f"`... on {name}`")
        return self._policy._schema.type_map[name]

    def _ask(self, demand: Demand, node: Node, what: str) -> bool:
        """Whether the viewer passes; a refusal is noted."""
        error = self._policy.access.refusal(demand, self._viewer, what)
        if error is not None:
            self._refuse(node, error)
        return error is None

    def _ask_inputs(self, node: FieldNode, parent: GraphQLNamedType) -> None:
        """Asks the rule of each argument and input field that is given, up to the first that refuses."""
        access, name = self._policy.access, node.name.value
        for given in self._inputs(node, parent):
            demand = (
                access.of_argument(parent.name, name, given.path)
                if isinstance(given.element, GraphQLArgument)
                else access.of_input_field(given.element)
            )
            if demand and not self._ask(demand, node, f"`{given.path}` of `{parent.name}.{name}`"):
                return

    def _length(self, node: FieldNode, rule: FieldRule) -> int:
        """How long the field's list may be; a slicing argument out of bounds is refused."""
        if not rule.slicing:
            return rule.assumed_size or 1
        given = {
            argument.name.value: value_from_ast_untyped(argument.value, self._variables)
            for argument in node.arguments or ()
            if argument.name.value in rule.slicing
        }
        # GraphQL takes 100.0 in a variable for the Int 100.
        sizes = {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in given.items()
            if value is not None and value is not Undefined
        }
        most = self._policy.page_size_max
        names = " and ".join(f"`{name}`" for name in rule.slicing)
        if rule.exactly_one and len(rule.slicing) > 1 and len(sizes) != 1:
            self._refuse(
                node, BadUserInput(f"`{node.name.value}` needs exactly one of {names}, from 1 to {most}.")
            )
        for name, value in sizes.items():
            if isinstance(value, int) and not 1 <= value <= most:
                cure = f"ask for 1 to {most} at a time, and for the rest with a cursor"
                self._refuse(node, BadUserInput(f"`{name}` of `{node.name.value}` is {value}: {cure}."))
        return max(
            (value for value in sizes.values() if isinstance(value, int)), default=rule.assumed_size or 1
        )

    def _input_cost(self, node: FieldNode, parent: GraphQLNamedType) -> float:
        costs = (directives.argument(given.element, "cost", "weight") for given in self._inputs(node, parent))
        return sum(float(cost or 0) for cost in costs)

    def _inputs(self, node: FieldNode, parent: GraphQLNamedType) -> Iterator["Given"]:
        """The arguments and input fields that are given to a field, at any depth."""
        definition: GraphQLField = parent.fields[node.name.value]  # type: ignore[attr-defined]
        for argument in node.arguments or ():
            name = argument.name.value
            value = value_from_ast_untyped(argument.value, self._variables)
            yield from _all_given(Given(name, definition.args[name], value))

    def _refuse(self, node: Node, error: ApiError) -> None:
        self.verdict.errors.append(GraphQLError(error.message, nodes=[node], original_error=error))


def _variables_in(
    operation: OperationDefinitionNode, fragments: Fragments, arguments: frozenset[str]
) -> tuple[str, ...]:
    """The variables in arguments of these names, anywhere in an operation."""
    found: dict[str, None] = {}

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found[node.name.value] = None

    class Arguments(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if node.name.value in arguments:
                visit(node, Variables())

    for definition in (operation, *fragments.values()):
        visit(definition, Arguments())
    return tuple(found)


class Given(NamedTuple):
    """An argument or input field that is given, by its path from the argument inwards."""

    path: str
    element: GraphQLArgument | GraphQLInputField
    value: Any


def _all_given(argument: Given) -> Iterator[Given]:
    """An argument with all that is given inside it. Null gives nothing, and a value may stand for a list of
    one. A client may nest as deep as JSON lets it, so that nothing here calls itself.
    """
    waiting = [argument]
    while waiting:
        given = waiting.pop()
        if given.value is None or given.value is Undefined:
            continue
        yield given
        type_ = get_named_type(given.element.type)
        if not isinstance(type_, GraphQLInputObjectType):
            continue
        fields: Mapping[str, GraphQLInputField] = type_.fields
        values = [(given.path, given.value)]
        while values:
            path, value = values.pop()
            if isinstance(value, list):
                values += [(f"{path}.{place}", item) for place, item in enumerate(value)]
            elif isinstance(value, dict):
                waiting += [
                    Given(f"{path}.{name}", fields[name], inner)
                    for name, inner in value.items()
                    if name in fields
                ]


def _given(value: Any) -> Hashable:
    """What is given in an input: nothing, null, a value, or which fields of an object, also in a list."""
    if isinstance(value, dict):
        if len(value) > MOST_GIVEN or any(len(name) > LONGEST_NAME for name in value):
            raise ValueError("more than is remembered")
        return tuple((name, _given(inner)) for name, inner in sorted(value.items()) if inner is not None)
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        if len(value) > MOST_GIVEN:
            raise ValueError("more than is remembered")
        return tuple(map(_given, value))
    return value if value is Undefined else value is not None


def _type_weight(type_: GraphQLNamedType) -> float:
    weight = directives.argument(type_, "cost", "weight")
    return float(weight) if weight is not None else 1.0 if is_composite_type(type_) else 0.0


def _says(elements: Iterable[Any], directive: str) -> bool:
    """Whether any of these arguments, or an input field at any depth of them, carries a directive."""
    waiting, seen = list(elements), set[str]()
    while waiting:
        element = waiting.pop()
        if directives.find(element, directive) is not None:
            return True
        type_ = get_named_type(element.type)
        if isinstance(type_, GraphQLInputObjectType) and type_.name not in seen:
            seen.add(type_.name)
            waiting += type_.fields.values()
    return False
