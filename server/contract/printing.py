"""The contract as one text: definitions of `schema/*.graphql`, extensions merged in, sorted, with directives.

graphql-core's own printer drops the directives that stand on elements; clients want to read prices and rules
too.
"""

from collections.abc import Sequence
from pathlib import Path

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    parse,
    print_ast,
)


def print_contract(schema_folder: Path) -> str:
    """The printed SDL of a checkout's `schema/`."""
    definitions: list[DefinitionNode] = []
    for path in sorted(schema_folder.glob("*.graphql")):
        definitions += parse(path.read_text(encoding="utf-8"), no_location=True).definitions
    merged = _merge(definitions)
    return print_ast(DocumentNode(definitions=tuple(sorted(merged, key=_place)))) + "\n"


def _merge(definitions: Sequence[DefinitionNode]) -> list[DefinitionNode]:
    """The definitions, with the fields of each `extend type` behind the type's own."""
    extensions = [d for d in definitions if isinstance(d, ObjectTypeExtensionNode)]
    merged: list[DefinitionNode] = []
    for definition in definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            more = [e for e in extensions if e.name.value == definition.name.value]
            fields = [*(definition.fields or ()), *(field for e in more for field in e.fields or ())]
            definition = ObjectTypeDefinitionNode(
                name=definition.name,
                description=definition.description,
                interfaces=definition.interfaces,
                directives=definition.directives,
                fields=tuple(fields),
            )
        if not isinstance(definition, ObjectTypeExtensionNode):
            merged.append(definition)
    return merged


def _place(definition: DefinitionNode) -> tuple[int, str]:
    """Directives first, then the roots, then everything by name."""
    name: str = definition.name.value  # type: ignore[attr-defined]
    if isinstance(definition, DirectiveDefinitionNode):
        return 0, name
    return {"Query": 1, "Mutation": 2}.get(name, 3), name
