"""What the contract must be by itself: described, named after RESO, with policies, bounds and prices."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    specified_directives,
)

from server import directives
from server.contract.rules import Flaw, TreeRule, at
from server.contract.tree import Tree
from server.names import to_camel, to_pascal, to_snake

# What the server reads of each directive: exactly these arguments, no fewer and no more.
DIRECTIVES = {
    "auth": {"requires: Role!", "scopes: [Scope!]"},
    "public": set[str](),
    "cost": {"weight: String!"},
    "listSize": {
        "assumedSize: Int",
        "slicingArguments: [String!]",
        "sizedFields: [String!]",
        "requireOneSlicingArgument: Boolean",
    },
    "cacheControl": {"maxAge: Int", "scope: CacheControlScope", "inheritMaxAge: Boolean"},
    "node": {"prefix: String!"},
    "reso": {"name: String!"},
}
CACHE_SCOPES = {"PUBLIC", "PRIVATE"}
PAGE_ARGUMENTS = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
BOUNDS = ("eq", "gt", "gte", "lt", "lte")

Fields = Iterator[tuple[Any, str, GraphQLField]]


def object_fields(schema: GraphQLSchema) -> Fields:
    """(type, name, field) of every object type and interface of the contract."""
    for type_ in own_types(schema):
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield type_, name, field


def own_types(schema: GraphQLSchema) -> Iterator[Any]:
    """The types that the contract defines, without GraphQL's own."""
    return (type_ for type_ in schema.type_map.values() if type_.ast_node is not None)


def _named_parts(tree: Tree) -> Iterator[tuple[str, Any]]:
    """(path, element) of every field, argument and input field."""
    for type_, name, field in object_fields(tree.schema):
        yield f"{type_.name}.{name}", field
        for argument, definition in field.args.items():
            yield f"{type_.name}.{name}({argument}:)", definition
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLInputObjectType):
            for name, input_field in type_.fields.items():
                yield f"{type_.name}.{name}", input_field


def _elements(tree: Tree) -> Iterator[tuple[str, Any]]:
    yield from _named_parts(tree)
    for type_ in own_types(tree.schema):
        yield type_.name, type_
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value
    for directive in tree.schema.directives:
        if directive not in specified_directives:
            yield f"@{directive.name}", directive
            for name, argument in directive.args.items():
                yield f"@{directive.name}({name}:)", argument


def element_undescribed(tree: Tree) -> Iterator[Flaw]:
    """Every element has a description."""
    for path, element in _elements(tree):
        if not (element.description or "").strip():
            yield at(element, f"{path} has no description.", "Say in a sentence what it means.")


def name_ambiguous(tree: Tree) -> Iterator[Flaw]:
    """A name survives the way to its column and back."""
    for path, element in _named_parts(tree):
        name = element.ast_node.name.value
        back = to_camel(to_snake(name))
        if back != name:
            yield at(element, f"{path} would come back from its column as {back}.", f"Call it {back}.")


def reso_name(tree: Tree) -> Iterator[Flaw]:
    """A name is RESO's, with the first word in small letters where it names a field.

    A relation may say better than RESO what it leads to; its type has RESO's name.
    """
    for type_ in own_types(tree.schema):
        given = directives.argument(type_, "reso", "name")
        if given and type_.name != given:
            yield at(type_, f"{type_.name} says that RESO calls it {given}.", f"Call it {given}.")
    for type_, name, field in object_fields(tree.schema):
        given = directives.argument(field, "reso", "name")
        if given and name != _lowered(given) and not is_composite_type(get_named_type(field.type)):
            wanted = _lowered(given)
            yield at(field, f"{type_.name}.{name} says that RESO calls it {given}.", f"Call it {wanted}.")


def _lowered(reso: str) -> str:
    """`ListPrice` -> `listPrice`, `MLSAreaMajor` -> `mlsAreaMajor`."""
    return re.sub(r"^(?:[A-Z]+(?=[A-Z][a-z]|$)|[A-Z])", lambda found: found[0].lower(), reso)


def reso_type(tree: Tree) -> Iterator[Flaw]:
    """A type with a global id and fields of RESO's is RESO's itself."""
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLObjectType) and directives.find(type_, "node"):
            fields = [n for n, f in type_.fields.items() if directives.find(f, "reso")]
            if fields and not directives.find(type_, "reso"):
                yield at(
                    type_,
                    f"{type_.name} has fields of RESO's ({fields[0]}), but no name there.",
                    "Add @reso(name:).",
                )


def directive_unimplemented(tree: Tree) -> Iterator[Flaw]:
    """The server implements every directive, argument by argument, and nothing else stands in the SDL."""
    found = {d.name: d for d in tree.schema.directives if d not in specified_directives}
    for name, directive in found.items():
        if name not in DIRECTIVES or name not in directives.KNOWN:
            yield at(
                directive,
                f"nothing implements @{name}.",
                "Implement it and list it in server/directives.py, or take it out.",
            )
            continue
        arguments = {f"{n}: {a.type}" for n, a in directive.args.items()}
        for argument in sorted(arguments ^ DIRECTIVES[name]):
            wrong = "is not read by the server" if argument in arguments else "is missing"
            yield at(directive, f"@{name}({argument}) {wrong}.", "Make SDL and server agree.")
    for name in sorted(DIRECTIVES.keys() - found.keys()):
        yield at(None, f"@{name} is not declared.", "Declare it in schema/directives.graphql.")
    scopes = tree.schema.type_map.get("CacheControlScope")
    if isinstance(scopes, GraphQLEnumType) and set(scopes.values) != CACHE_SCOPES:
        yield at(scopes, "CacheControlScope is not PUBLIC and PRIVATE.", "Give it both values.")


def mutation_without_policy(tree: Tree) -> Iterator[Flaw]:
    """A mutation says who may call it: by @auth or by @public."""
    mutation = tree.schema.mutation_type
    for name, field in (mutation.fields if mutation else {}).items():
        auth, public = directives.find(field, "auth"), directives.find(field, "public")
        if (auth is None) == (public is None):
            has = "neither @auth nor @public" if auth is None else "both @auth and @public"
            yield at(field, f"the mutation {name} has {has}.", "Give it exactly one of them.")


def list_unbounded(tree: Tree) -> Iterator[Flaw]:
    """A list of objects says how long it may be, or is sized by the field that returns its page."""
    sized = _sized_fields(tree)
    for type_, name, field in object_fields(tree.schema):
        is_list = is_list_type(get_nullable_type(field.type))
        if not is_list or not is_composite_type(get_named_type(field.type)) or (type_.name, name) in sized:
            continue
        if not directives.find(field, "listSize"):
            yield at(
                field,
                f"the list {type_.name}.{name} has no bound.",
                "Add @listSize, or name it in `sizedFields` of every field that returns its page.",
            )


def _sized_fields(tree: Tree) -> set[tuple[str, str]]:
    """(type, field) that every field which returns the type sizes."""
    returning: dict[str, list[set[str]]] = {}
    for _, _, field in object_fields(tree.schema):
        bound = directives.find(field, "listSize") or {}
        returning.setdefault(get_named_type(field.type).name, []).append(set(bound.get("sizedFields", ())))
    return {(name, field) for name, sets in returning.items() for field in set.intersection(*sets)}


def list_size_unknown(tree: Tree) -> Iterator[Flaw]:
    """@listSize names arguments and fields that there are, and a bound."""
    for type_, name, field in object_fields(tree.schema):
        bound = directives.find(field, "listSize")
        if bound is None:
            continue
        inner: Any = get_named_type(field.type)
        known = {"slicingArguments": set(field.args), "sizedFields": set(getattr(inner, "fields", ()))}
        for key, names in known.items():
            for unknown in sorted(set(bound.get(key, ())) - names):
                yield at(
                    field,
                    f"@listSize of {type_.name}.{name} names `{unknown}`, which there is not.",
                    f"Correct its {key}.",
                )
        if "assumedSize" not in bound and not bound.get("slicingArguments"):
            yield at(
                field,
                f"@listSize of {type_.name}.{name} gives no bound.",
                "Give slicingArguments or assumedSize.",
            )


def page_shape(tree: Tree) -> Iterator[Flaw]:
    """Every page has edges, nodes, pageInfo and totalCount, every edge cursor and node, as Relay has them."""
    types = tree.schema.type_map
    shapes: dict[str, dict[str, str]] = {
        "PageInfo": {
            "hasNextPage": "Boolean!",
            "hasPreviousPage": "Boolean!",
            "startCursor": "String",
            "endCursor": "String",
        }
    }
    for name in types:
        if name.endswith("Connection"):
            item = name.removesuffix("Connection")
            shapes[name] = {
                "edges": f"[{item}Edge!]!",
                "nodes": f"[{item}!]!",
                "pageInfo": "PageInfo!",
                "totalCount": "Int!",
            }
            shapes[f"{item}Edge"] = {"cursor": "String!", "node": f"{item}!"}
    for name, wanted in shapes.items():
        type_ = types.get(name)
        if not isinstance(type_, GraphQLObjectType):
            continue
        fields = {field: str(definition.type) for field, definition in type_.fields.items()}
        for field in sorted(wanted.keys() | fields.keys()):
            if wanted.get(field) != fields.get(field):
                yield at(
                    type_,
                    f"{name}.{field} is {fields.get(field, 'missing')}, not {wanted.get(field, 'there')}.",
                    "Give every page the same shape.",
                )


def page_arguments(tree: Tree) -> Iterator[Flaw]:
    """A field that returns a page takes an order and Relay's four arguments, and is sized by two of them."""
    for type_, name, field in object_fields(tree.schema):
        returned = get_named_type(field.type).name
        if not returned.endswith("Connection"):
            continue
        order = f"{returned.removesuffix('Connection')}Order!"
        wanted = {"orderBy": order, **PAGE_ARGUMENTS}
        given = {argument: str(definition.type) for argument, definition in field.args.items()}
        for argument, kind in wanted.items():
            if given.get(argument) != kind:
                yield at(
                    field,
                    f"{type_.name}.{name} does not take `{argument}: {kind}`.",
                    "Give it the arguments of a page.",
                )
        bound = directives.find(field, "listSize") or {}
        if set(bound.get("slicingArguments", ())) != {"first", "last"} or set(
            bound.get("sizedFields", ())
        ) != {"edges", "nodes"}:
            yield at(
                field,
                f"{type_.name}.{name} is not sized as a page.",
                'Add @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"]).',
            )


def order_without_twin(tree: Tree) -> Iterator[Flaw]:
    """What can be sorted upwards can be sorted downwards."""
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLEnumType) and type_.name.endswith("Order"):
            for name, value in type_.values.items():
                column, _, direction = name.rpartition("_")
                twin = f"{column}_{'ASC' if direction == 'DESC' else 'DESC'}"
                if twin not in type_.values:
                    yield at(value, f"{type_.name} has {name}, but not {twin}.", f"Add {twin}.")


def range_shape(tree: Tree) -> Iterator[Flaw]:
    """A range has all five bounds of one scalar."""
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLInputObjectType) and type_.name.endswith("Range"):
            scalar = type_.name.removesuffix("Range")
            fields = {name: str(field.type) for name, field in type_.fields.items()}
            for name in sorted(fields.keys() | set(BOUNDS)):
                if name not in BOUNDS or fields.get(name) != scalar:
                    yield at(
                        type_,
                        f"{type_.name}.{name} is {fields.get(name, 'missing')}.",
                        f"Give it {', '.join(BOUNDS)}, each {scalar}.",
                    )


def payload_shape(tree: Tree) -> Iterator[Flaw]:
    """A mutation takes one input and returns what it wrote, or nothing but user errors."""
    mutation = tree.schema.mutation_type
    for name, field in (mutation.fields if mutation else {}).items():
        noun = name[0].upper() + name[1:]
        if {n: str(a.type) for n, a in field.args.items()} != {"input": f"{noun}Input!"}:
            yield at(field, f"{name} does not take `input: {noun}Input!` alone.", "Give it that argument.")
        if str(field.type) != f"{noun}Payload!":
            yield at(field, f"{name} does not return {noun}Payload!.", "Give it a payload of its own.")
            continue
        payload: Any = get_named_type(field.type)
        errors = payload.fields.get("userErrors")
        if errors is None or str(errors.type) != "[UserError!]!":
            yield at(
                payload,
                f"{payload.name} has no `userErrors: [UserError!]!`.",
                "Add it: the writer's mistakes are told there.",
            )
        for inner, definition in payload.fields.items():
            if inner != "userErrors" and is_non_null_type(definition.type):
                yield at(
                    definition,
                    f"{payload.name}.{inner} cannot be null, as it must be with user errors.",
                    "Take its `!` away.",
                )
        if len(payload.fields) < 2:
            yield at(payload, f"{payload.name} does not show what was written.", "Add a field for it.")
    error_type = tree.schema.type_map.get("UserError")
    if isinstance(error_type, GraphQLObjectType):
        fields = {name: str(field.type) for name, field in error_type.fields.items()}
        if fields != {"field": "[String!]!", "code": "UserErrorCode!", "message": "String!"}:
            yield at(error_type, "UserError is not field, code and message.", "Give it those three.")


def node_shape(tree: Tree) -> Iterator[Flaw]:
    """A type has a global id where it is a Node with a prefix of its own, and the roots can find it."""
    prefixes: dict[str, str] = {}
    for type_ in own_types(tree.schema):
        if not isinstance(type_, GraphQLObjectType):
            continue
        prefix = directives.argument(type_, "node", "prefix")
        is_node = any(interface.name == "Node" for interface in type_.interfaces)
        if is_node != (prefix is not None):
            lacks = "@node(prefix:)" if is_node else "`implements Node`"
            yield at(
                type_, f"{type_.name} lacks {lacks}.", f"Add {lacks}: an object with a global id has both."
            )
        if prefix in prefixes:
            yield at(type_, f"the prefix {prefix} is {prefixes[prefix]}'s.", "Give each type its own.")
        elif prefix:
            prefixes[prefix] = type_.name
    wanted = {"node": ("Node", {"id": "ID!"}), "nodes": ("[Node]!", {"ids": "[ID!]!"})}
    query = tree.schema.query_type
    for name, (returned, arguments) in wanted.items():
        field = query.fields.get(name) if query else None
        if field is None or (str(field.type), {n: str(a.type) for n, a in field.args.items()}) != (
            returned,
            arguments,
        ):
            takes = ", ".join(f"{n}: {t}" for n, t in arguments.items())
            yield at(
                query, f"Query has no `{name}({takes}): {returned}`.", "Add it: objects are found there."
            )


def type_unused(tree: Tree) -> Iterator[Flaw]:
    """Every type can be reached from a root or a directive."""
    reached: set[str] = set()
    waiting: list[Any] = [*tree.roots, *(a.type for d in tree.schema.directives for a in d.args.values())]
    while waiting:
        type_ = get_named_type(waiting.pop())
        if type_.name in reached:
            continue
        reached.add(type_.name)
        for field in getattr(type_, "fields", {}).values():
            waiting += [field.type, *(argument.type for argument in getattr(field, "args", {}).values())]
        if isinstance(type_, GraphQLInterfaceType):
            waiting += tree.schema.get_implementations(type_).objects
    for type_ in own_types(tree.schema):
        if type_.name not in reached:
            yield at(type_, f"nothing leads to {type_.name}.", "Use it in a field, or take it out.")


def cache_unsaid(tree: Tree) -> Iterator[Flaw]:
    """Every root field and every type of answers says how long it may be kept."""
    query, mutation = tree.schema.query_type, tree.schema.mutation_type
    for name, field in (query.fields if query else {}).items():
        if not directives.find(field, "cacheControl"):
            yield at(field, f"Query.{name} does not say how long it may be kept.", "Add @cacheControl.")
    payloads = {get_named_type(f.type).name for f in (mutation.fields if mutation else {}).values()}
    for type_ in own_types(tree.schema):
        written = type_ in tree.roots or type_.name in payloads | {"UserError"}
        if not isinstance(type_, GraphQLObjectType) or written:
            continue
        if not directives.find(type_, "cacheControl"):
            yield at(type_, f"{type_.name} does not say how long it may be kept.", "Add @cacheControl.")


def cost_unsaid(tree: Tree) -> Iterator[Flaw]:
    """What makes the database search, count or write says what it costs."""
    for type_, name, field in object_fields(tree.schema):
        searches = type_ is tree.schema.query_type and get_named_type(field.type).name.endswith("Connection")
        counts = type_.name.endswith("Connection") and name == "totalCount"
        if (searches or counts or type_ is tree.schema.mutation_type) and not directives.find(field, "cost"):
            yield at(field, f"{type_.name}.{name} does not say what it costs.", "Add @cost(weight:).")


RULES: tuple[TreeRule, ...] = (
    element_undescribed,
    name_ambiguous,
    reso_name,
    reso_type,
    directive_unimplemented,
    mutation_without_policy,
    list_unbounded,
    list_size_unknown,
    page_shape,
    page_arguments,
    order_without_twin,
    range_shape,
    payload_shape,
    node_shape,
    type_unused,
    cache_unsaid,
    cost_unsaid,
)


def pascal_twin(name: str) -> str | None:
    """The PostgreSQL name of an SDL enum, where the two names lead to each other."""
    return to_snake(name) if to_pascal(to_snake(name)) == name else None
