"""Who may what: rules that name what there is, and nothing sensitive that is open by mistake."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from server import directives
from server.access import Access, guarded_elements, unknown_names
from server.contract.describe import Description, sounds_sensitive
from server.contract.lineage import columns_from
from server.contract.resolving import Bound
from server.contract.rules import Checkout, CheckoutRule, Flaw, TreeRule, at
from server.contract.rules.resolvers import condition_columns, statement_of
from server.contract.rules.sdl import object_fields
from server.contract.rules.sdl_and_sql import field_of
from server.contract.tree import Tree
from server.names import to_snake
from server.search import Connection, Lookup, Rows


def auth_unknown(tree: Tree) -> Iterator[Flaw]:
    """A rule names a role and scopes that there are."""
    for path, element in guarded_elements(tree.schema):
        for name in unknown_names(tree.schema, element):
            yield at(
                element,
                f"@auth of {path} names {name}, which there is not.",
                "Name values of Role and Scope.",
            )


def sensitive_unguarded(checkout: Checkout) -> Iterator[Flaw]:
    """What is sensitive is guarded: by a rule on the field, on its type, or on every way to it."""
    tree = checkout.tree
    for type_, name, field in _open_fields(tree):
        if (what := _shown(tree, type_.name, name, field)) and directives.find(field, "public") is None:
            yield at(
                field,
                f"{type_.name}.{name} shows {what} to everybody.",
                "Give the field, its type or what leads there @auth, or @public where that is meant.",
            )
    for bound, field in _open_bindings(checkout):
        for element, path, column in _compared(checkout, bound, field):
            yield at(
                element,
                f"{path} lets everybody search by {column}, which is sensitive.",
                "Give it or the field that takes it @auth, or take it out.",
            )


def public_needless(checkout: Checkout) -> Iterator[Flaw]:
    """`@public` stands where a rule would be missed otherwise: on mutations, and on what is sensitive."""
    tree = checkout.tree
    access, mutation = Access(tree.schema), tree.schema.mutation_type
    for type_, name, field in object_fields(tree.schema):
        if type_ is mutation or directives.find(field, "public") is None:
            continue
        if access.of_type(type_.name) or access.of_field(type_.name, name):
            yield at(
                field, f"{type_.name}.{name} is @public, and guarded by @auth.", "Take one of them away."
            )
        elif not _shown(tree, type_.name, name, field):
            yield at(field, f"{type_.name}.{name} shows nothing that is sensitive.", "Take its @public away.")


def _shown(tree: Tree, type_: str, name: str, field: GraphQLField) -> str:
    """What a field shows that is sensitive; nothing where it shows no such thing."""
    returned, column = get_named_type(field.type), to_snake(name)
    if is_composite_type(returned):
        return ""
    for description in tree.returning(type_):
        if column in _sensitive(tree, description):
            return f"the sensitive column {column} of {description.source.name}"
    return "what is sensitive by its name" if sounds_sensitive(column) and returned.name != "Boolean" else ""


def _sensitive(tree: Tree, description: Description) -> set[str]:
    return columns_from(description.source.body, description.columns.keys(), tree.catalog.sensitive)


def _open_fields(tree: Tree) -> Iterator[tuple[Any, str, GraphQLField]]:
    """The fields that somebody without a token can get to, from the roots."""
    access = Access(tree.schema)
    reached: set[str] = set()
    waiting: list[Any] = [*tree.roots]
    while waiting:
        type_ = waiting.pop()
        if type_.name in reached or access.of_type(type_.name):
            continue
        reached.add(type_.name)
        if is_abstract_type(type_):
            waiting += tree.schema.get_possible_types(type_)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                if not access.of_field(type_.name, name):
                    yield type_, name, field
                    waiting.append(get_named_type(field.type))


def _open_bindings(checkout: Checkout) -> Iterator[tuple[Bound, GraphQLField]]:
    opened = {(type_.name, name) for type_, name, _ in _open_fields(checkout.tree)}
    for bound in checkout.resolvers.bound:
        field = field_of(checkout.tree, bound.type, bound.field)
        if field is not None and (bound.type, bound.field) in opened:
            yield bound, field


def _compared(checkout: Checkout, bound: Bound, field: GraphQLField) -> Iterator[tuple[Any, str, str]]:
    """(element, path, column): the arguments, input fields and orders without a rule by which a search
    compares a sensitive column that is not shown to everybody on purpose.
    """
    tree, resolver = checkout.tree, bound.resolver
    read = tree.by_name.get(statement_of(bound) or "")
    if read is None or not isinstance(resolver, Connection | Rows | Lookup):
        return
    shown: Any = tree.schema.type_map.get(read.source.returns or "")
    public = {
        to_snake(name)
        for name, shown_field in getattr(shown, "fields", {}).items()
        if directives.find(shown_field, "public") is not None
    }
    sensitive = _sensitive(tree, read) - public
    for name, argument in field.args.items():
        if directives.find(argument, "auth") is not None:
            continue
        path = f"{bound.type}.{bound.field}({name}:)"
        column = resolver.on if isinstance(resolver, Lookup) else to_snake(name)
        if column in sensitive:
            yield argument, path, column
        inner: Any = get_named_type(argument.type)
        if name == "orderBy":
            for label, value in inner.values.items():
                if (column := label.rpartition("_")[0].lower()) in sensitive:
                    yield value, f"{inner.name}.{label}", column
        elif name == "filter":
            for input_name, input_field in inner.fields.items():
                if directives.find(input_field, "auth") is None:
                    for column in sorted(_columns(checkout, bound, to_snake(input_name)) & sensitive):
                        yield input_field, f"{inner.name}.{input_name}", column


def _columns(checkout: Checkout, bound: Bound, name: str) -> set[str]:
    """The columns that a field of a filter is about."""
    rule = bound.resolver.search.rules.get(name)
    if rule is None:
        return {name}
    definition = checkout.resolvers.function(Bound(bound.type, bound.field, rule, bound.place))
    return {column for column, _ in condition_columns(definition)} if definition else set()


TREE_RULES: tuple[TreeRule, ...] = (auth_unknown,)
RULES: tuple[CheckoutRule, ...] = (sensitive_unguarded, public_needless)
