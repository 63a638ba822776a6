"""Writes who may what, from the contract: `generated/access.md`, so that a change of it is seen in a diff.

A column for each kind of viewer, a row for each element that not everybody may ask for; what is open to all
is listed by type.
"""

from collections.abc import Iterator
from textwrap import wrap
from uuid import UUID

from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from server.access import Access, Demand, labels
from server.context import Viewer

_HEAD = """\
# Who may what

Made by `./dwelzo generate` from `schema/`. Do not edit: change `schema/` and generate again.

"""
_GUARDED = """\
Not everybody may ask for these. `... on Type` is a fragment that names the type; arguments and input fields
are asked where they are given.

"""
_OPEN = """
## Open to all

What is selected, and the arguments and input fields that may be given by whoever may ask for what they
belong to.
"""
_WIDTH = 110


def viewers(schema: GraphQLSchema) -> dict[str, Viewer | None]:
    """One viewer of each kind, by its name: nobody known, each role, a token of each scope."""
    kinds: dict[str, Viewer | None] = {"anonymous": None}
    kinds |= {role: Viewer(UUID(int=0), role) for role in labels(schema, "Role")}
    return kinds | {
        scope: Viewer(UUID(int=0), None, scopes=frozenset({scope}))
        for scope in sorted(labels(schema, "Scope"))
    }


def demands(schema: GraphQLSchema) -> Iterator[tuple[str, str, Demand]]:
    """(type, element, what it demands) of all that can be named in an operation."""
    access = Access(schema)
    for name, type_ in sorted(schema.type_map.items()):
        if type_.ast_node is None:
            continue
        if isinstance(type_, GraphQLInputObjectType):
            for inner, input_field in type_.fields.items():
                yield name, f"{name}.{inner}", access.of_input_field(input_field)
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            whole = access.of_type(name)
            if whole:
                yield name, f"... on {name}", whole
            for field, definition in type_.fields.items():
                # Whoever selects a field has named its type, or a field that returns it.
                here = tuple(dict.fromkeys((*whole, *access.of_field(name, field))))
                yield name, f"{name}.{field}", here
                for argument in definition.args:
                    asked = access.of_argument(name, field, argument)
                    yield name, f"{name}.{field}({argument}:)", asked and (*here, *asked)


def write_access(schema: GraphQLSchema) -> str:
    """The matrix as Markdown."""
    access, kinds = Access(schema), viewers(schema)
    guarded: list[str] = []
    open_: dict[str, list[str]] = {}
    for type_, element, demand in demands(schema):
        if demand:
            marks = ["" if access.refusal(demand, viewer, element) else "yes" for viewer in kinds.values()]
            guarded.append(f"| `{element}` | {' | '.join(marks)} |\n".replace("|  ", "| "))
        else:
            open_.setdefault(type_, []).append(element.removeprefix(f"{type_}."))
    head = f"| | {' | '.join(kinds)} |\n|---{'|:-:' * len(kinds)}|\n"
    lists = (f"\n**{type_}**\n\n{_wrapped(elements)}\n" for type_, elements in open_.items())
    return f"{_HEAD}{_GUARDED}{head}{''.join(guarded)}{_OPEN}{''.join(lists)}"


def _wrapped(elements: list[str]) -> str:
    return "\n".join(wrap(", ".join(sorted(elements)), _WIDTH, break_on_hyphens=False))
