"""What an operation asks for, as a tree: fields merged by response key, fragments opened, directives decided.

A plan belongs to a document and the truth of the variables in its `@skip` and `@include`; it holds no other
variable's value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

from server import directives


class NotPlanned(Exception):
    """The operation holds something that a plan does not describe: graphql-core answers it."""


@dataclass(frozen=True, eq=False, slots=True)
class Selected:
    """A field to answer on one concrete type. `field` is None for `__typename`; `inner` is what is asked
    below it.
    """

    key: str
    name: str
    parent: GraphQLObjectType
    field: GraphQLField | None
    node: FieldNode
    inner: tuple["Selected", ...] = ()

    def inner_named(self, name: str) -> list["Selected"]:
        return [selected for selected in self.inner if selected.name == name]


class Planner:
    """Plans one operation of a document. `variables` are the coerced ones."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def plan(self, operation: OperationDefinitionNode) -> tuple[Selected, ...]:
        """The root fields with all below them; NotPlanned where a type is not known before rows are read."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise NotPlanned
        return self._select(root, [operation.selection_set])

    def _select(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> tuple[Selected, ...]:
        grouped: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selections in sets:
            self._collect(type_, selections, grouped, seen)
        return tuple(self._selected(type_, key, nodes) for key, nodes in grouped.items())

    def _selected(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Selected:
        name = nodes[0].name.value
        if name == "__typename":
            return Selected(key, name, type_, None, nodes[0])
        field = type_.fields.get(name)
        if field is None:
            raise NotPlanned
        returned = get_named_type(field.type)
        if is_abstract_type(returned):
            raise NotPlanned
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        inner = self._select(returned, sets) if isinstance(returned, GraphQLObjectType) else ()
        return Selected(key, name, type_, field, nodes[0], inner)

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: SelectionSetNode,
        grouped: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        """The specification's CollectFields, for a type that is known."""
        for node in selections.selections:
            if not directives.includes(node, self._variables):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                grouped.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                    self._collect(type_, node.selection_set, grouped, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    self._collect(type_, fragment.selection_set, grouped, seen)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        return condition == type_.name or any(interface.name == condition for interface in type_.interfaces)


def deciding_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that stand in `@skip` or `@include` anywhere in the document."""
    found: dict[str, None] = {}
    waiting: list[Any] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in ("skip", "include"):
                value = directive.arguments[0].value
                if isinstance(value, VariableNode):
                    found[value.name.value] = None
        selections = getattr(node, "selection_set", None)
        if selections is not None:
            waiting += selections.selections
    return tuple(found)
