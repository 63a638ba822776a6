"""What the SDL's directives say. Every directive of the contract is known here; an unknown one stops the
start.

    @auth @public     server/access.py reads who may ask, server/policy.py refuses before execution; a
                      mutation has one of them, or no start
    @cost @listSize   server/policy.py weighs the operation with its actual variables
    @node             server/schema.py makes and reads global ids
    @reso             the name in an export
    @cacheControl     what a response cache may keep; nothing is kept where nothing reads it
"""

from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionNode,
    specified_directives,
    value_from_ast_untyped,
)

KNOWN = frozenset({"auth", "public", "cost", "listSize", "node", "reso", "cacheControl"})


def refuse_unknown(schema: GraphQLSchema) -> None:
    """A directive that nothing implements would promise what nobody keeps: ValueError, so that the start
    fails.
    """
    builtin = {directive.name for directive in specified_directives}
    for directive in schema.directives:
        if directive.name not in KNOWN | builtin:
            raise ValueError(
                f"Nothing implements the directive @{directive.name}: implement it and list it in"
                " server/directives.py, or take it out of schema/directives.graphql."
            )


def refuse_unguarded(schema: GraphQLSchema) -> None:
    """A mutation that does not say who may call it is open by mistake: ValueError, so that the start
    fails.
    """
    for name, field in (schema.mutation_type.fields if schema.mutation_type else {}).items():
        if (find(field, "auth") is None) == (find(field, "public") is None):
            raise ValueError(
                f"The mutation {name} must carry either @auth or @public: say in its SDL who may call it."
            )


def find(element: Any, name: str) -> dict[str, Any] | None:
    """The arguments of a directive on an element of the schema; None where it does not stand there."""
    nodes = [element.ast_node, *(getattr(element, "extension_ast_nodes", None) or ())]
    for node in nodes:
        for directive in (node.directives if node else None) or ():
            if directive.name.value == name:
                return arguments(directive)
    return None


def argument(element: GraphQLObjectType | Any, directive: str, name: str) -> Any:
    """One argument of a directive, or None."""
    return (find(element, directive) or {}).get(name)


def includes(node: SelectionNode, variables: dict[str, Any]) -> bool:
    """Whether a selection of an operation is asked for, by its `@skip` and `@include` and these variables."""
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include"):
            (condition,) = directive.arguments or ()
            if value_from_ast_untyped(condition.value, variables) is (name == "skip"):
                return False
    return True


def arguments(directive: DirectiveNode) -> dict[str, Any]:
    """A directive's arguments as written."""
    return {given.name.value: value_from_ast_untyped(given.value) for given in directive.arguments or ()}
