"""Whether the data of an answer are what the contract promises for its document: nothing missing, nothing
more, lists where lists are, no null where there may be none, leaves that their types can read.
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeNameMetaFieldDef,
    get_operation_ast,
)

BUILT_IN: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "ID": (str,),
    "Int": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


def misfits(schema: GraphQLSchema, document: DocumentNode, data: Any) -> list[str]:
    """What is wrong with the data of the only operation, place by place; nothing when they fit."""
    operation = get_operation_ast(document)
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return list(_Fitting(schema, document).object(root, [operation.selection_set], data, "data"))


class _Fitting:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        definitions = document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}

    def object(
        self, type_: GraphQLNamedType, selections: list[SelectionSetNode], value: Any, place: str
    ) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place} is {value!r}, and should be an object"
            return
        # Of an interface only what is common can be known, unless the object says what it is.
        type_ = self._schema.type_map.get(value.get("__typename", type_.name), type_)
        fields = dict(self._fields(type_, selections))
        if isinstance(type_, GraphQLObjectType):
            if missing := fields.keys() - value.keys():
                yield f"{place} has no {missing}"
            if more := value.keys() - fields.keys():
                yield f"{place} has {more}, which nobody asked for"
        for key in fields.keys() & value.keys():
            definition, below = fields[key]
            yield from self._value(definition.type, below, value[key], f"{place}.{key}")

    def _fields(
        self, type_: GraphQLNamedType, selections: list[SelectionSetNode]
    ) -> Iterator[tuple[str, tuple[GraphQLField, list[SelectionSetNode]]]]:
        found: dict[str, tuple[GraphQLField, list[SelectionSetNode]]] = {}
        left = [node for selection in selections for node in selection.selections]
        while left:
            node = left.pop(0)
            if isinstance(node, FieldNode):
                name = node.name.value
                definition = (
                    TypeNameMetaFieldDef if name == "__typename" else getattr(type_, "fields", {}).get(name)
                )
                if definition is not None:
                    _, below = found.setdefault((node.alias or node.name).value, (definition, []))
                    below += [node.selection_set] if node.selection_set else []
                continue
            if isinstance(node, FragmentSpreadNode):
                node = self._fragments[node.name.value]
            assert isinstance(node, InlineFragmentNode | FragmentDefinitionNode)
            condition = (
                self._schema.type_map[node.type_condition.name.value] if node.type_condition else type_
            )
            if condition is type_ or condition in getattr(type_, "interfaces", ()):
                left += node.selection_set.selections
        yield from found.items()

    def _value(
        self, type_: GraphQLType, selections: list[SelectionSetNode], value: Any, place: str
    ) -> Iterator[str]:
        if isinstance(type_, GraphQLNonNull):
            if value is None:
                yield f"{place} is null"
                return
            type_ = type_.of_type
        if value is None:
            return
        if isinstance(type_, GraphQLList):
            if not isinstance(value, list):
                yield f"{place} is no list"
                return
            for index, item in enumerate(value):
                yield from self._value(type_.of_type, selections, item, f"{place}[{index}]")
        elif isinstance(type_, GraphQLEnumType):
            if value not in type_.values:
                yield f"{place} is {value!r}, which is no {type_.name}"
        elif isinstance(type_, GraphQLScalarType):
            if not isinstance(value, BUILT_IN.get(type_.name, (str, int, float))):
                yield f"{place} is {value!r}, which is no {type_.name}"
        else:
            assert isinstance(type_, GraphQLNamedType)
            yield from self.object(type_, selections, value, place)
