"""Builds the executable schema: the SDL of `schema/`, bound to the resolvers of `resolvers/` by Ariadne.

Here the two spellings meet: arguments and input fields reach a resolver in snake_case, and a field without a
binding reads the column of its name. Which types exist is nobody's business here.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ariadne import InterfaceType, SchemaBindable, load_schema_from_path, make_executable_schema
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    default_field_resolver,
)

from server import directives, ids, scalars
from server.access import Access
from server.context import Context, Info
from server.errors import BadUserInput
from server.names import to_snake
from server.search import Relation, Search
from server.sql import Set


class Node(SchemaBindable):
    """The set a type's objects are read from by global id: `Node("Property", properties_on_market)`."""

    def __init__(self, type_name: str, set_: Set[Any]) -> None:
        self.type_name, self.search = type_name, Search(set_)

    def bind_to_schema(self, schema: GraphQLSchema) -> None:
        """Nothing to do alone: `build_schema` gathers the nodes."""


class Column:
    """The resolver of a field without a binding: the parent's column of that name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, parent: Any, info: Info | None = None) -> Any:
        return parent[self.name]


class Attribute(Column):
    """The same for the types that are not made of rows: pages."""

    def __call__(self, parent: Any, info: Info | None = None) -> Any:
        value = getattr(parent, self.name)
        return value() if callable(value) else value


class GlobalId:
    """The resolver of `id` on a type with `@node`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __call__(self, parent: Any, info: Info | None = None) -> str:
        return ids.encode(self.prefix, parent["id"])


def resolver_modules(package: ModuleType) -> list[ModuleType]:
    """The modules of `resolvers/`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def build_schema(schema_folder: Path, modules: Iterable[ModuleType]) -> GraphQLSchema:
    """The executable schema; raises with a sentence where SDL and bindings cannot be joined."""
    bindables: list[SchemaBindable] = [bindable for module in modules for bindable in module.bindables]
    nodes = {bindable.type_name: bindable.search for bindable in bindables if isinstance(bindable, Node)}
    schema = make_executable_schema(
        load_schema_from_path(str(schema_folder)), *bindables, *scalars.scalar_types(), _node_interface()
    )
    directives.refuse_unknown(schema)
    directives.refuse_unguarded(schema)
    _name_inputs(schema)
    _bind_columns(schema)
    _bind_nodes(schema, Access(schema), nodes)
    return schema


def _node_interface() -> InterfaceType:
    return InterfaceType("Node", lambda row, *_: row.sdl_type)


def _name_inputs(schema: GraphQLSchema) -> None:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for name, input_field in type_.fields.items():
                input_field.out_name = to_snake(name)
        elif isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                for name, argument in field.args.items():
                    argument.out_name = to_snake(name)


def _bind_columns(schema: GraphQLSchema) -> None:
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_ in roots or type_.name.startswith("__"):
            continue
        prefix = directives.argument(type_, "node", "prefix")
        plain = Attribute if type_.name.endswith("Connection") else Column
        for name, field in type_.fields.items():
            if field.resolve in (None, default_field_resolver):
                field.resolve = GlobalId(prefix) if name == "id" and prefix else plain(to_snake(name))


def _bind_nodes(schema: GraphQLSchema, access: Access, nodes: dict[str, Search[Any]]) -> None:
    """`Query.node` and `Query.nodes`: the prefix of an id says which set it is read from, and by whom."""
    types = [schema.type_map[name] for name in nodes]
    by_prefix = {
        directives.argument(type_, "node", "prefix"): Relation("id", nodes[type_.name], "id")
        for type_ in types
    }

    demands = {directives.argument(type_, "node", "prefix"): access.of_type(type_.name) for type_ in types}

    def load(info: Info, wire: str) -> Any:
        prefix, key = ids.split(wire)
        if prefix not in by_prefix:
            raise BadUserInput(f"There is no type whose ids begin with `{prefix}_`.")
        # An object that may not be seen is none, whether there is one or not.
        if access.refusal(demands[prefix], info.context.viewer, wire) is not None:
            return None
        return by_prefix[prefix]({"id": key}, info)

    def resolve_node(_: Any, info: Info, id: str) -> Any:
        return load(info, id)

    def resolve_nodes(_: Any, info: Info, ids: Sequence[str]) -> Any:
        context: Context = info.context
        if len(ids) > context.page_size_max:
            raise BadUserInput(f"{len(ids)} ids are too many: ask for {context.page_size_max} at a time.")
        return [load(info, wire) for wire in ids]

    query = schema.query_type
    if query is not None:
        _resolve(query.fields.get("node"), resolve_node)
        _resolve(query.fields.get("nodes"), resolve_nodes)


def _resolve(field: GraphQLField | None, resolver: Any) -> None:
    if field is not None:
        field.resolve = resolver
