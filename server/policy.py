"""The stage between validation and execution: who may ask, how long lists may be, what it costs.

It walks the operation once with the variables of this request (a cost kept with the document would let the
second request through: `first: 10`, then `first: 100`) and refuses as a whole what breaks a rule: a refused
operation never reaches the database. Rules stand in the SDL; this module only reads them.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
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
from server.context import Viewer
from server.errors import ApiError, BadUserInput, CostExceeded, Forbidden, Unauthenticated
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

    requires: str | None
    weight: float
    assumed_size: int | None
    slicing: tuple[str, ...]
    sized: frozenset[str]
    exactly_one: bool
    weighed_inputs: bool


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
        roles = schema.type_map.get("Role")
        self._ranks = {name: rank for rank, name in enumerate(getattr(roles, "values", {}))}
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

        An operation that passed passes again for the same role, where every variable that decides about it
        has the same value, and every variable that is weighed gives the same; a refusal is found anew each
        time.
        """
        question = case.question(variables, None if viewer is None else viewer.role)
        known = None if question is None else case.passed.get(question)
        if known is not None:
            return known
        verdict = _Walk(self, case, variables, viewer).verdict
        return verdict if verdict.errors or question is None else case.passed.keep(question, verdict)

    def measure(self, case: "Case", variables: Mapping[str, Any], data: dict[str, Any] | None) -> float:
        """What an operation came to: its cost with the lists as long as they are in the answer's data."""
        return _Walk(self, case, variables, None).measured(data or {})

    def _weighing_arguments(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of all arguments, of any field, that the cost of an operation may depend on: of those
        that say how long a list is, and of those whose input has a cost of its own.
        """
        slicing: set[str] = set()
        weighing: set[str] = set()
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
                for name, definition in type_.fields.items():
                    rule = self._rule(type_.name, name)
                    if rule is not None:
                        slicing.update(rule.slicing)
                        if rule.weighed_inputs:
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
            requires=self._stricter(
                directives.argument(definition, "auth", "requires"),
                directives.argument(returned, "auth", "requires"),
            ),
            weight=float(weight),
            assumed_size=int(size["assumedSize"]) if "assumedSize" in size else None,
            slicing=tuple(size.get("slicingArguments", ())),
            sized=frozenset(size.get("sizedFields", ())),
            exactly_one=bool(size.get("requireOneSlicingArgument", True)),
            weighed_inputs=any(_is_weighed(argument, frozenset()) for argument in definition.args.values()),
        )

    def _stricter(self, one: str | None, other: str | None) -> str | None:
        return max((role for role in (one, other) if role), key=self._ranks.__getitem__, default=None)

    def refuse_viewer(self, required: str, viewer: Viewer | None, what: str) -> ApiError | None:
        """Why this viewer may not ask for something that requires a role; None when they may."""
        if viewer is None:
            return Unauthenticated(f"{what} needs an `Authorization: Bearer` token of a {required} or above.")
        if self._ranks.get(viewer.role, -1) < self._ranks[required]:
            return Forbidden(f"{what} needs the role {required}, and you are {viewer.role}.")
        return None


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

    def question(self, variables: Mapping[str, Any], role: str | None) -> Hashable | None:
        """What a verdict is remembered by; None for values of which a client could make as much as it likes,
        which are of no type that may stand there.
        """
        deciding = [variables.get(name, Undefined) for name in self.deciding]
        if any(isinstance(value, str | list | dict) for value in deciding):
            return None
        try:
            given = [_given(variables.get(name)) for name in self.weighed]
        except (ValueError, RecursionError):
            return None
        return role, *((type(value), value) for value in deciding), *given


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
            if rule.requires is not None:
                what = f"`{type_.name}.{name}`"
                if error := self._policy.refuse_viewer(rule.requires, self._viewer, what):
                    self._refuse(node, error)
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
                condition = node.type_condition
                type_ = self._policy._schema.type_map[condition.name.value] if condition else parent
                yield from self._fields(node.selection_set, type_)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                type_ = self._policy._schema.type_map[fragment.type_condition.name.value]
                yield from self._fields(fragment.selection_set, type_)

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
        definition: GraphQLField = parent.fields[node.name.value]  # type: ignore[attr-defined]
        return sum(
            _weigh(
                definition.args[argument.name.value], value_from_ast_untyped(argument.value, self._variables)
            )
            for argument in node.arguments or ()
        )

    def _refuse(self, node: Any, error: ApiError) -> None:
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


def _given(value: Any) -> Hashable:
    """What is given in an input: nothing, a value, or which fields of an object. More is not weighed."""
    if isinstance(value, dict):
        if len(value) > MOST_GIVEN or any(len(name) > LONGEST_NAME for name in value):
            raise ValueError("more than is remembered")
        return tuple((name, _given(inner)) for name, inner in sorted(value.items()) if inner is not None)
    return value is not None


def _type_weight(type_: GraphQLNamedType) -> float:
    weight = directives.argument(type_, "cost", "weight")
    return float(weight) if weight is not None else 1.0 if is_composite_type(type_) else 0.0


def _is_weighed(element: Any, seen: frozenset[str]) -> bool:
    if directives.find(element, "cost") is not None:
        return True
    type_ = get_named_type(element.type)
    if not isinstance(type_, GraphQLInputObjectType) or type_.name in seen:
        return False
    return any(_is_weighed(inner, seen | {type_.name}) for inner in type_.fields.values())


def _weigh(element: Any, value: Any) -> float:
    """The cost of an argument or input field that is given, with what is given inside it."""
    if value is None or value is Undefined:
        return 0
    cost = float(directives.argument(element, "cost", "weight") or 0)
    type_ = get_named_type(element.type)
    if isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        fields: Mapping[str, GraphQLInputField] = type_.fields
        cost += sum(_weigh(fields[name], inner) for name, inner in value.items() if name in fields)
    return cost
