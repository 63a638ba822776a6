"""What SDL and SQL must agree on: every field has a column that can carry it, every enum the same labels."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from server import directives
from server.contract.rules import Checkout, CheckoutRule, Flaw, TreeRule, at, of
from server.contract.rules.sdl import own_types, pascal_twin
from server.contract.tree import Tree
from server.names import to_snake
from server.search import Connection, Rows
from server.sql import Column

# Which PostgreSQL types carry a scalar. An enum is carried by the enum of its name, a global id by `uuid`.
CARRIED_BY = {
    "Boolean": {"bool"},
    "CountryCode": {"text"},
    "CurrencyCode": {"text"},
    "Date": {"date"},
    "DateTime": {"timestamptz"},
    "Decimal": {"numeric"},
    "Float": {"float8"},
    "Int": {"int2", "int4"},
    "Latitude": {"numeric"},
    "Longitude": {"numeric"},
    "String": {"text"},
    "URL": {"text"},
}
# Enums that SDL and server share without the database.
WITHOUT_TWIN = {"CacheControlScope", "Scope", "UserErrorCode"}


def carriers(type_: Any) -> set[str]:
    """The PostgreSQL types that can carry a leaf of the SDL, lists included."""
    bare = get_nullable_type(type_)
    if is_list_type(bare):
        return {f"{inner}[]" for inner in carriers(bare.of_type)}
    if isinstance(bare, GraphQLEnumType):
        return {to_snake(bare.name)}
    return CARRIED_BY.get(bare.name, set())


def statement_type(tree: Tree) -> Iterator[Flaw]:
    """The type that a statement returns is an object type of the contract."""
    for statement in tree.statements:
        type_ = statement.returns
        if type_ and not isinstance(tree.schema.type_map.get(type_), GraphQLObjectType):
            yield of(
                statement,
                f"returns {type_}, which is no object type of the contract.",
                "Name a type of schema/, or add it there.",
            )


def enum_labels(tree: Tree) -> Iterator[Flaw]:
    """An enum has the same labels in the contract and in the database."""
    for type_ in own_types(tree.schema):
        if not isinstance(type_, GraphQLEnumType) or type_.name.endswith("Order"):
            continue
        twin = pascal_twin(type_.name)
        labels = tree.catalog.enums.get(twin or "")
        if labels is None:
            if type_.name not in WITHOUT_TWIN:
                yield at(
                    type_,
                    f"the database has no enum {twin or to_snake(type_.name)} for {type_.name}.",
                    "Create it in a migration, or take the enum out of the contract.",
                )
            continue
        for label in labels:
            if label not in type_.values:
                yield at(type_, f"{type_.name} lacks {label}, which {twin} has.", f"Add {label}.")
        for label, value in type_.values.items():
            if label not in labels:
                yield at(
                    value,
                    f"{type_.name}.{label} is no label of {twin}.",
                    "Add it in a migration, or take it out of the contract.",
                )


def field_without_column(checkout: Checkout) -> Iterator[Flaw]:
    """A field is bound, or a column of every statement that returns its type."""
    tree = checkout.tree
    for type_, name, field in _plain_fields(checkout):
        statements = tree.returning(type_.name)
        column = to_snake(name)
        if not statements:
            yield at(
                field,
                f"{type_.name}.{name} has no binding, and no statement returns {type_.name}.",
                f"Bind it in resolvers/, or let a statement of sql/ return {type_.name}.",
            )
        if field.args:
            yield at(
                field,
                f"{type_.name}.{name} has arguments, but no binding that reads them.",
                "Bind it in resolvers/, or take its arguments away.",
            )
        for description in statements:
            if column not in description.columns:
                source = description.source
                yield at(
                    field,
                    f"{type_.name}.{name} has no binding, and {source.name} ({source.path}:{source.line})"
                    f" has no column {column}.",
                    f"Select {column} there, or bind the field in resolvers/.",
                )


def column_type(checkout: Checkout) -> Iterator[Flaw]:
    """The type of a column can carry the field's."""
    for type_, name, field, description, column in _carried(checkout):
        wanted = {"uuid"} if _is_global_id(type_, name) else carriers(field.type)
        if column.type not in wanted:
            source = description.source
            yield at(
                field,
                f"{type_.name}.{name} is {field.type}, which {source.name} ({source.path}:{source.line})"
                f" gives as {column.type}.",
                f"Cast the column to {' or '.join(sorted(wanted)) or 'a scalar'}, or change the field.",
            )


def column_nullability(checkout: Checkout) -> Iterator[Flaw]:
    """A field that is never null has a column that is never null."""
    for type_, name, field, description, column in _carried(checkout):
        if is_non_null_type(field.type) and column.nullable:
            source = description.source
            yield at(
                field,
                f"{type_.name}.{name} is {field.type}, but {to_snake(name)} of {source.name}"
                f" ({source.path}:{source.line}) can be null.",
                f"Let it be not null, mark it `-- not null: {to_snake(name)}`, or take the `!` away.",
            )


def _carried(checkout: Checkout) -> Iterator[tuple[Any, str, GraphQLField, Any, Column]]:
    for type_, name, field in _plain_fields(checkout):
        if is_composite_type(get_named_type(field.type)):
            continue
        for description in checkout.tree.returning(type_.name):
            column = description.columns.get(to_snake(name))
            if column is not None:
                yield type_, name, field, description, column


def _plain_fields(checkout: Checkout) -> Iterator[tuple[Any, str, GraphQLField]]:
    """The fields that read a column: those without a binding, of types that are made of rows."""
    tree = checkout.tree
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLObjectType) and type_ not in tree.roots and not is_structure(type_, tree):
            for name, field in type_.fields.items():
                if checkout.resolvers.binding(type_.name, name) is None:
                    yield type_, name, field


def is_structure(type_: GraphQLObjectType, tree: Tree) -> bool:
    """Whether the server makes the type's objects itself: pages, payloads, user errors."""
    mutation = tree.schema.mutation_type
    payloads = {get_named_type(f.type).name for f in (mutation.fields if mutation else {}).values()}
    page = type_.name.endswith("Connection") or (
        type_.name.endswith("Edge") and f"{type_.name.removesuffix('Edge')}Connection" in tree.schema.type_map
    )
    return page or type_.name in payloads | {"PageInfo", "UserError"}


def _is_global_id(type_: Any, name: str) -> bool:
    return name == "id" and directives.find(type_, "node") is not None


def order_column(checkout: Checkout) -> Iterator[Flaw]:
    """An order names a column of every set that it sorts, of a type that a cursor can hold."""
    tree = checkout.tree
    for type_ in own_types(tree.schema):
        if not isinstance(type_, GraphQLEnumType) or not type_.name.endswith("Order"):
            continue
        for name, value in type_.values.items():
            column, _, direction = name.rpartition("_")
            if direction not in ("ASC", "DESC"):
                yield at(value, f"{type_.name}.{name} has no direction.", "Let it end in _ASC or _DESC.")
                continue
            for set_ in _sorted_by(checkout, type_.name):
                description = tree.by_name[set_]
                found = description.columns.get(column.lower())
                if found is None or found.type.endswith("[]"):
                    source = description.source
                    yield at(
                        value,
                        f"{type_.name}.{name} sorts by {column.lower()}, which {source.name}"
                        f" ({source.path}:{source.line}) does not have as a single value.",
                        f"Select {column.lower()} there, or take the order out.",
                    )


def _sorted_by(checkout: Checkout, order: str) -> list[str]:
    """The sets that a field with an argument of this order reads."""
    found = set()
    for bound in checkout.resolvers.bound:
        field = field_of(checkout.tree, bound.type, bound.field)
        orders = [get_named_type(argument.type).name for argument in field.args.values()] if field else []
        if order in orders and isinstance(bound.resolver, Connection):
            found.add(bound.resolver.search.set.name)
    return sorted(found & checkout.tree.by_name.keys())


def filter_column(checkout: Checkout) -> Iterator[Flaw]:
    """A filter field is a column of the set that can be compared with it, or a rule of the search."""
    for bound in checkout.resolvers.bound:
        field = field_of(checkout.tree, bound.type, bound.field)
        if field is None or not isinstance(bound.resolver, Connection | Rows):
            continue
        search = bound.resolver.search
        description = checkout.tree.by_name.get(search.set.name)
        filter_: Any = get_named_type(field.args["filter"].type) if "filter" in field.args else None
        if description is None or filter_ is None:
            continue
        source = description.source
        for name, input_field in filter_.fields.items():
            column = description.columns.get(to_snake(name))
            if to_snake(name) in search.rules:
                continue
            if column is None:
                yield at(
                    input_field,
                    f"{filter_.name}.{name} is no column of {source.name} ({source.path}:{source.line}),"
                    " and no rule of the search.",
                    f"Select {to_snake(name)} there, or give the search a rule in resolvers/.",
                )
            elif not _comparable(input_field.type, column.type):
                yield at(
                    input_field,
                    f"{filter_.name}.{name} is {input_field.type}, which cannot be compared with"
                    f" {column.type}, as {source.name} ({source.path}:{source.line}) has it.",
                    "Give it the type of the column, a list of it, or its range.",
                )


def _comparable(type_: Any, column: str) -> bool:
    bare: Any = get_nullable_type(type_)
    if is_list_type(bare):
        return column.removesuffix("[]") in carriers(bare.of_type)
    if bare.name.endswith("Range"):
        return column in carriers(bare.fields["eq"].type)
    return column in carriers(bare)


def field_of(tree: Tree, type_: str, name: str) -> GraphQLField | None:
    """A field of an object type, where there is such a one."""
    owner = tree.schema.type_map.get(type_)
    return owner.fields.get(name) if isinstance(owner, GraphQLObjectType) else None


TREE_RULES: tuple[TreeRule, ...] = (statement_type, enum_labels)
RULES: tuple[CheckoutRule, ...] = (
    field_without_column,
    column_type,
    column_nullability,
    order_column,
    filter_column,
)
