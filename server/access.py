"""Who may ask for what: the rules of `@auth` in the SDL, read once.

A rule names the lowest role of a person that passes it, and the scopes of service tokens that do. What an
element demands is every rule that stands between it and whoever asks, wherever those are written: a type's
rule holds for each field that may give an object of it, for its pages and their edges, and for a fragment
that names it; a rule of an interface holds for whatever implements it. docs/access.md tells it to authors.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
)

from server import directives
from server.context import Viewer
from server.errors import ApiError, Forbidden, Unauthenticated

# The root fields that may give an object of any type with a global id. They ask the rule of an object's own
# type before they read it (server/schema.py): an id tells nothing to those who may not see its object.
ASK_BY_OBJECT = ("node", "nodes")

# The fields of a page and of an edge that hold the objects: whoever may not see those may not count them.
_HOLDING = {"Connection": ("nodes", "edges"), "Edge": ("node",)}


class Rule(NamedTuple):
    """One `@auth`: the lowest role that passes, by its name and its place, and the scopes that pass."""

    rank: int
    role: str
    scopes: tuple[str, ...]


# All of them must be passed; whatever demands nothing is open to everybody.
Demand = tuple[Rule, ...]


class Access:
    """The rules of a schema. ValueError where one names a role or a scope that there is not."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._ranks = {name: rank for rank, name in enumerate(labels(schema, "Role"))}
        self.of_type = lru_cache(maxsize=None)(self._of_type)
        self.of_field = lru_cache(maxsize=None)(self._of_field)
        self.of_argument = lru_cache(maxsize=None)(self._of_argument)
        for path, element in guarded_elements(schema):
            for unknown in unknown_names(schema, element):
                raise ValueError(f"@auth of {path} names {unknown}, which there is not.")

    def refusal(self, demand: Demand, viewer: Viewer | None, what: str) -> ApiError | None:
        """Why this viewer may not ask for something; None when they may."""
        for rule in demand:
            if viewer is None:
                service = f", or a service token with {_either(rule.scopes)}" if rule.scopes else ""
                needed = f"an `Authorization: Bearer` token of a {rule.role} or above{service}"
                return Unauthenticated(f"{what} needs {needed}.")
            if viewer.role is None:
                if not viewer.scopes.intersection(rule.scopes):
                    if not rule.scopes:
                        return Forbidden(f"{what} is for people: no scope of a service token reaches it.")
                    held = ", ".join(sorted(viewer.scopes)) or "none"
                    return Forbidden(f"{what} needs {_either(rule.scopes)}, and your token has {held}.")
            elif self._ranks.get(viewer.role, -1) < rule.rank:
                return Forbidden(f"{what} needs the role {rule.role}, and you are {viewer.role}.")
        return None

    def _of_type(self, name: str) -> Demand:
        """What it takes to name a type, in a fragment, or to hold an object of it."""
        type_ = self._schema.type_map[name]
        demand = [*self._own(type_)]
        for interface in getattr(type_, "interfaces", ()):
            demand += self._own(interface)
        for ending, fields in _HOLDING.items():
            for field in fields if name.endswith(ending) else ():
                held = getattr(type_, "fields", {}).get(field)
                if held is not None and get_named_type(held.type) is not type_:
                    demand += self._returning(get_named_type(held.type))
        return _all(demand)

    def _returning(self, type_: GraphQLNamedType) -> Demand:
        """What it takes to be given whatever a field of this type may give."""
        demand = [*self.of_type(type_.name)]
        if is_abstract_type(type_):
            for possible in self._schema.get_possible_types(type_):
                demand += self.of_type(possible.name)
        return _all(demand)

    def _of_field(self, parent: str, name: str) -> Demand:
        """What it takes to select a field, for whoever has its parent."""
        definitions = list(self._same_field(parent, name))
        demand = [rule for definition in definitions for rule in self._own(definition)]
        if any(root is not None and root.name == parent for root in _roots(self._schema)):
            # No field gives a root.
            demand += self.of_type(parent)
        returned = get_named_type(definitions[0].type)
        query = self._schema.query_type
        if query is not None and parent == query.name and name in ASK_BY_OBJECT:
            demand += self.of_type(returned.name)
        else:
            demand += self._returning(returned)
        return _all(demand)

    def _of_argument(self, parent: str, field: str, name: str) -> Demand:
        """What it takes to give an argument, beyond selecting its field."""
        definitions = [each.args[name] for each in self._same_field(parent, field) if name in each.args]
        return _all(rule for definition in definitions for rule in self._own(definition))

    def of_input_field(self, element: GraphQLInputField) -> Demand:
        """What it takes to give an input field, beyond giving what it is in."""
        return self._own(element)

    def _same_field(self, parent: str, name: str) -> Iterator[GraphQLField]:
        """A field, and what it is on the interfaces of its type; of an interface, on all that implement it:
        who it is asked of is not known before.
        """
        type_: Any = self._schema.type_map[parent]
        yield type_.fields[name]
        others = [*type_.interfaces]
        if isinstance(type_, GraphQLInterfaceType):
            implementing = self._schema.get_implementations(type_)
            others += [*implementing.objects, *implementing.interfaces]
        for other in others:
            if name in other.fields:
                yield other.fields[name]

    def _own(self, element: Any) -> Demand:
        given = directives.find(element, "auth")
        if given is None:
            return ()
        role, scopes = given["requires"], given.get("scopes") or ()
        return (Rule(self._ranks[role], role, tuple(sorted(scopes))),)


def _roots(schema: GraphQLSchema) -> tuple[GraphQLObjectType | None, ...]:
    return schema.query_type, schema.mutation_type, schema.subscription_type


def labels(schema: GraphQLSchema, name: str) -> list[str]:
    """The values of an enum in their order; none where the schema has no such enum."""
    type_ = schema.type_map.get(name)
    return list(type_.values) if isinstance(type_, GraphQLEnumType) else []


def unknown_names(schema: GraphQLSchema, element: Any) -> list[str]:
    """The roles and scopes of an element's rule that there are not: graphql-core does not look."""
    given = directives.find(element, "auth") or {}
    unknown = set(given.get("scopes") or ()) - set(labels(schema, "Scope"))
    if given and given.get("requires") not in labels(schema, "Role"):
        unknown.add(given.get("requires"))
    return sorted(map(str, unknown))


Guarded = GraphQLNamedType | GraphQLField | GraphQLArgument | GraphQLInputField


def guarded_elements(schema: GraphQLSchema) -> Iterator[tuple[str, Guarded]]:
    """Every element with a rule of its own, by its path in the SDL: `Account`, `Account.email`,
    `Query.accounts(text:)`.
    """
    for type_ in schema.type_map.values():
        elements: list[tuple[str, Guarded]] = [(type_.name, type_)]
        for name, field in getattr(type_, "fields", {}).items():
            elements.append((f"{type_.name}.{name}", field))
            for argument, definition in getattr(field, "args", {}).items():
                elements.append((f"{type_.name}.{name}({argument}:)", definition))
        yield from ((path, element) for path, element in elements if directives.find(element, "auth"))


def _all(rules: Iterable[Rule]) -> Demand:
    """Each rule once, the strictest first: a refusal names that one."""
    return tuple(sorted(set(rules), reverse=True))


def _either(scopes: tuple[str, ...]) -> str:
    return f"the scope {' or '.join(scopes)}"
