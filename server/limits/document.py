"""How large a document may be. It is asked before validation, whose own work grows faster than the document.

Fields, levels and aliases are those of an operation with its fragments opened: each fragment is measured once
however often it is spread, so that a document of nested spreads costs no more than its own length. Fragments
that nothing spreads are measured too: validation looks at them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple, Self, TypeVar

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

T = TypeVar("T")


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
        selections = [
            each.selection_set
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
        ]
        self._check("definitions", len(document.definitions), "Send what you execute, and no more")
        self._check("directives", _directives(document), _SPLIT)
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                depth = measure.selections(operation.selection_set).depth
                self._check("depth", depth, "Ask for what lies deeper by its id, in a second request")
        for each in selections:
            size = measure.selections(each)
            self._check("aliases", size.aliases, "Ask for several of a kind by a list, such as `nodes`")
            self._check("fields", size.fields, _SPLIT)
        for each in selections:
            self._check(
                "repeats", measure.repeats(each), "Select a field once and read it wherever you need it"
            )
            self._check("introspection", measure.lists(each, within=False), "Ask for the type by its name")

    def _check(self, what: str, found: int, cure: str) -> None:
        most = _FIXED[what] if what in _FIXED else getattr(self, what)
        if found > most:
            raise DocumentTooLarge(
                f"The document has {_WORDS[what].format(f'{found:,}')}, more than {most:,}. {cure}.",
                limit=what,
                allowed=most,
                found=found,
            )


_SPLIT = "Ask in several requests"
# What no setting changes. Validation compares equal fields in pairs; the schema has thousands of fields, and
# asked of each type within a field of each type they are millions.
_FIXED = {"repeats": 30, "introspection": 1}
_LISTS = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})
# An alias within introspection repeats a large part of the schema.
_ALIASES_WITHIN = 8

_WORDS = {
    "repeats": "the same field {} times in one place, fragments opened",
    "introspection": "{} levels of lists of introspection within each other",
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
        self._spread: dict[str, Counter[str]] = {}
        self._listed: dict[str, int] = {}

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
            inner = self.selections(node.selection_set)
            if node.name.value.startswith("__"):
                # Its levels are bounded by GraphQL's own rule (`MaxIntrospectionDepthRule`).
                inner = _Size(inner.fields, 0, inner.aliases * _ALIASES_WITHIN)
            return _Size(inner.fields + 1, inner.depth + 1, inner.aliases + (node.alias is not None))
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value, self._measured, _NOTHING, self.selections)
        return self.selections(node.selection_set)  # type: ignore[attr-defined]

    def _of_fragment(
        self, name: str, known: dict[str, T], nothing: T, measured: Callable[[SelectionSetNode], T]
    ) -> T:
        """What is measured of a fragment, once for each kind of measure."""
        if name not in known:
            known[name] = nothing
            if (fragment := self._fragments.get(name)) is not None:
                known[name] = measured(fragment.selection_set)
        return known[name]

    def repeats(self, selections: SelectionSetNode) -> int:
        """How often one field stands in one place, at most; below equal fields those in all of them."""
        keys = self._keys(selections)
        most = max(keys.values(), default=0)
        for node in selections.selections:
            inner = getattr(node, "selection_set", None)
            if inner is not None:
                times = keys[(node.alias or node.name).value] if isinstance(node, FieldNode) else 1
                most = max(most, times * self.repeats(inner))
        return most

    def _keys(self, selections: SelectionSetNode) -> Counter[str]:
        found: Counter[str] = Counter()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                found[(node.alias or node.name).value] += 1
            elif isinstance(node, FragmentSpreadNode):
                spread = self._of_fragment(node.name.value, self._spread, Counter[str](), self._keys)
                found += spread
            else:
                found += self._keys(node.selection_set)  # type: ignore[attr-defined]
        return found

    def _lists_within(self, selections: SelectionSetNode) -> int:
        return self.lists(selections, within=True)

    def lists(self, selections: SelectionSetNode, *, within: bool) -> int:
        """How deep lists of introspection lie within each other."""
        most = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                if within:
                    most = max(most, self._of_fragment(node.name.value, self._listed, 0, self._lists_within))
            elif (inner := getattr(node, "selection_set", None)) is not None:
                name = node.name.value if isinstance(node, FieldNode) else ""
                below = self.lists(inner, within=within or name.startswith("__"))
                most = max(most, below + (within and name in _LISTS))
        return most


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
