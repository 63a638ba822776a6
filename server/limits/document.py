"""How large a document may be. It is asked before validation, whose own work grows faster than the document.

Fields, levels and aliases are those of an operation with its fragments opened: each fragment is measured once
however often it is spread, so that a document of nested spreads costs no more than its own length. What
introspection selects is measured by GraphQL's own rule (`MaxIntrospectionDepthRule`) and by cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from server.config import Settings
from server.errors import DocumentTooLarge


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most that a document may have of each. Characters and tokens are counted before there is one."""

    characters: int = 20_000
    tokens: int = 1_000
    fields: int = 300
    depth: int = 10
    aliases: int = 15
    directives: int = 20
    definitions: int = 20

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits that are set."""
        return cls(**{each.name: getattr(settings, f"document_{each.name}_max") for each in fields(cls)})

    def check_text(self, text: str) -> None:
        """DOCUMENT_LIMIT for a text that is too long to be parsed."""
        self._check("characters", len(text), "Move values into variables, and leave comments out")

    def too_many_tokens(self) -> DocumentTooLarge:
        """The parser stops at the first token too many."""
        return DocumentTooLarge(
            f"The document has more than {self.tokens:,} tokens. {_SPLIT}.",
            limit="tokens",
            allowed=self.tokens,
        )

    def check(self, document: DocumentNode) -> None:
        """DOCUMENT_LIMIT for a document that is too large."""
        fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        measure = _Measure(fragments)
        self._check("definitions", len(document.definitions), "Send what you execute, and no more")
        self._check("directives", _directives(document), _SPLIT)
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                size = measure.selections(operation.selection_set)
                self._check("depth", size.depth, "Ask for what lies deeper by its id, in a second request")
                self._check("aliases", size.aliases, "Ask for several of a kind by a list, such as `nodes`")
                self._check("fields", size.fields, _SPLIT)

    def _check(self, what: str, found: int, cure: str) -> None:
        if found > (most := getattr(self, what)):
            raise DocumentTooLarge(
                f"The document has {_WORDS[what].format(f'{found:,}')}, more than {most:,}. {cure}.",
                limit=what,
                allowed=most,
                found=found,
            )


_SPLIT = "Ask in several requests"
_WORDS = {
    "characters": "{} characters",
    "fields": "{} fields in one operation, those of its fragments included",
    "depth": "{} levels of fields",
    "aliases": "{} aliases in one operation",
    "directives": "{} directives",
    "definitions": "{} operations and fragments",
}


class _Size(NamedTuple):
    fields: int
    depth: int
    aliases: int


_NOTHING = _Size(0, 0, 0)


class _Measure:
    """Measures selections; each fragment once. A fragment within itself counts as nothing: validation
    refuses it.
    """

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, _Size] = {}

    def selections(self, selections: SelectionSetNode | None) -> _Size:
        if selections is None:
            return _NOTHING
        sizes = [self._selection(node) for node in selections.selections]
        return _Size(
            sum(size.fields for size in sizes),
            max(size.depth for size in sizes),
            sum(size.aliases for size in sizes),
        )

    def _selection(self, node: SelectionNode) -> _Size:
        if isinstance(node, FieldNode):
            is_introspection = node.name.value.startswith("__")
            inner = _NOTHING if is_introspection else self.selections(node.selection_set)
            return _Size(inner.fields + 1, inner.depth + 1, inner.aliases + (node.alias is not None))
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        return self.selections(node.selection_set)  # type: ignore[attr-defined]

    def _fragment(self, name: str) -> _Size:
        known = self._measured.get(name)
        if known is None:
            self._measured[name] = _NOTHING
            fragment = self._fragments.get(name)
            known = self._measured[name] = self.selections(fragment.selection_set if fragment else None)
        return known


def _directives(document: DocumentNode) -> int:
    """How many directives stand anywhere in a document."""
    found = 0
    left: list[object] = [*document.definitions]
    while left:
        node = left.pop()
        found += len(getattr(node, "directives", None) or ())
        for children in (
            getattr(node, "variable_definitions", None),
            getattr(getattr(node, "selection_set", None), "selections", None),
        ):
            if isinstance(children, Iterable):
                left += children
    return found
