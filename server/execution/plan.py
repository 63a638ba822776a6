"""What an operation asks for, as a tree: fields merged by response key, fragments opened, directives decided.

A plan belongs to a document and the truth of the variables in its `@skip` and `@include`; it holds no other
variable's value. Each level is planned when it is first looked at, so that nothing here is as deep as the
document is nested, and a type that no row is of costs nothing.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from server import directives
from server.execution.arguments import Arguments

# The fragments of a document by their names.
Fragments = dict[str, FragmentDefinitionNode]


class Selected:
    """A field that is asked for on one concrete type. `field` is None for `__typename`; `nodes` are all the
    places of the document that ask for it.
    """

    def __init__(
        self,
        planner: "Planner",
        key: str,
        parent: GraphQLObjectType,
        field: GraphQLField | None,
        nodes: list[FieldNode],
    ) -> None:
        self._planner = planner
        self.key = key
        self.name = nodes[0].name.value
        self.parent = parent
        self.field = field
        self.nodes = nodes
        self._selections: dict[str, Selection] = {}

    @property
    def definition(self) -> GraphQLField:
        """The definition of any field but `__typename`."""
        assert self.field is not None
        return self.field

    @cached_property
    def arguments(self) -> Arguments:
        """The field's arguments, of which requests fill in their variables."""
        return Arguments(self.definition, self.nodes[0])

    @cached_property
    def levels(self) -> tuple[tuple[GraphQLOutputType, bool], ...]:
        """The field's type and, where it is a list, that of its items, and so on: each with whether it may be
        null, and without its `!`.
        """
        found, type_ = [], self.definition.type
        while True:
            nullable = not is_non_null_type(type_)
            type_ = type_ if nullable else type_.of_type  # type: ignore[union-attr]
            found.append((type_, nullable))
            if not is_list_type(type_):
                return tuple(found)
            type_ = type_.of_type

    @cached_property
    def inner(self) -> "Selection":
        """What is asked of the objects of a field whose type is not abstract; nothing of a scalar."""
        type_ = get_named_type(self.definition.type)
        return self.on(type_) if isinstance(type_, GraphQLObjectType) else NOTHING

    def on(self, type_: GraphQLObjectType) -> "Selection":
        """What is asked of those of the field's objects that are of this type."""
        selection = self._selections.get(type_.name)
        if selection is None:
            sets = [node.selection_set for node in self.nodes if node.selection_set is not None]
            selection = self._selections[type_.name] = self._planner.select(type_, sets)
        return selection


class Selection:
    """The fields that are asked for on one concrete type at one place of an operation, in their order."""

    def __init__(self, fields: tuple[Selected, ...]) -> None:
        self.fields = fields
        self.keys = tuple(selected.key for selected in fields)

    def named(self, name: str) -> list[Selected]:
        """The fields of a name, however they are aliased."""
        return [selected for selected in self.fields if selected.name == name]


NOTHING = Selection(())


class Planner:
    """Plans an operation. `deciding` are the values of the variables that decide what is asked."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, deciding: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._deciding = dict(deciding)

    def plan(self, operation: OperationDefinitionNode) -> Selection:
        """The root fields; what is below them is planned as it is looked at."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None, "validation refuses an operation without a root type"
        return self.select(root, [operation.selection_set])

    def select(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        """What selection sets ask of a type."""
        grouped: dict[str, list[FieldNode]] = {}
        self._collect(type_, sets, grouped)
        fields = []
        for key, nodes in grouped.items():
            name = nodes[0].name.value
            if name == "__typename":
                fields.append(Selected(self, key, type_, None, nodes))
            elif field := self._schema.get_field(type_, name):
                fields.append(Selected(self, key, type_, field, nodes))
        return Selection(tuple(fields))

    def _collect(
        self,
        type_: GraphQLObjectType,
        sets: Sequence[SelectionSetNode],
        grouped: dict[str, list[FieldNode]],
    ) -> None:
        """The specification's CollectFields, for a type that is known."""
        seen: set[str] = set()
        waiting = [iter(selections.selections) for selections in reversed(sets)]
        while waiting:
            node = next(waiting[-1], None)
            if node is None:
                waiting.pop()
                continue
            if not directives.includes(node, self._deciding):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                grouped.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                    waiting.append(iter(node.selection_set.selections))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    waiting.append(iter(fragment.selection_set.selections))

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        named = self._schema.get_type(condition)
        return isinstance(named, GraphQLInterfaceType | GraphQLUnionType) and self._schema.is_sub_type(
            named, type_
        )


def deciding_variables(operation: OperationDefinitionNode, fragments: Fragments) -> tuple[str, ...]:
    """The variables that stand in `@skip` or `@include` of an operation or of any fragment beside it."""
    found: dict[str, None] = {}
    waiting: list[Any] = [operation, *fragments.values()]
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
