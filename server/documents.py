"""The documents that are known: parsed, validated and chosen from once for each text, bounded in number."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)

from server.errors import MOST_ERRORS, ApiError, BadUserInput, DocumentTooLarge, UntrustedDocument, quoted
from server.execution.plan import Fragments
from server.execution.plans import PlannedOperation, Plans
from server.limits.document import DocumentLimits
from server.persisted import normal_form
from server.policy import Case, Policy
from server.recent import Recent

MOST_DOCUMENTS, MOST_LONG, MOST_REFUSED = 1_000, 50, 50
# In characters.
LONG = 5_000
DEFAULT_LIMITS = DocumentLimits()

_UNTRUSTED = "This server answers only the operations that it was given with its manifest. Add yours to it."
# How graphql-core says it: it has no error of its own for this.
_TOO_MANY_TOKENS = "Document contains more than"
_INTROSPECTION = frozenset({"__schema", "__type"})
_NUL = re.compile(rb"\\u0000|\\u\{0+\}")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One operation of a document, with all that is known of it before its variables are."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Fragments
    case: Case
    planned: PlannedOperation
    # Whether it selects nothing but introspection.
    is_introspection: bool


class Document:
    """A text as it was parsed, and why it is not valid if it is not."""

    def __init__(self, node: DocumentNode | None, errors: tuple[GraphQLError, ...] = ()) -> None:
        self.node = node
        self.errors = errors
        self.chosen: dict[str | None, Chosen] = {}

    @property
    def fragments(self) -> Fragments:
        """The fragments by their names."""
        definitions = self.node.definitions if self.node else ()
        return {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}


class Documents:
    """Every text that was asked lately; the least recently used is forgotten first."""

    def __init__(
        self,
        schema: GraphQLSchema,
        policy: Policy,
        plans: Plans,
        limits: DocumentLimits = DEFAULT_LIMITS,
        *,
        introspection: bool = True,
        suggestions: bool = True,
        trusted: Iterable[str] | None = None,
    ) -> None:
        self._schema = schema
        self._policy = policy
        self._plans = plans
        self._limits = limits
        self._suggestions = suggestions
        self._trusted = None if trusted is None else frozenset(normal_form(parse(text)) for text in trusted)
        self._rules = [*specified_rules, *(() if introspection else (NoSchemaIntrospectionCustomRule,))]
        self._known: Recent[str, Document] = Recent(MOST_DOCUMENTS)
        # Apart, so that nobody's mistakes make anybody's documents be forgotten, and fewer of those that take
        # much: a document takes a hundred times the memory of its text.
        self._refused: Recent[str, Document] = Recent(MOST_REFUSED)
        self._long: Recent[str, Document] = Recent(MOST_LONG)

    def read(self, query: str) -> Document:
        """The document of a text; DOCUMENT_LIMIT for one that is too long to be parsed."""
        self._limits.check_text(query)
        known = self._known.get(query) or self._long.get(query) or self._refused.get(query)
        if known is not None:
            return known
        document = self._parse(query)
        if document.errors:
            return self._refused.keep(query, document)
        return (self._long if len(query) > LONG else self._known).keep(query, document)

    def choose(self, document: Document, name: str | None) -> Chosen:
        """The operation of a valid document that is asked for; BAD_USER_INPUT when there is none such."""
        chosen = document.chosen.get(name)
        if chosen is None:
            assert document.node is not None
            operation = get_operation_ast(document.node, name)
            if operation is None:
                raise BadUserInput(_no_such_operation(name))
            fragments = document.fragments
            chosen = document.chosen[name] = Chosen(
                document.node,
                operation,
                fragments,
                self._policy.case(operation, fragments),
                self._plans.of(operation, fragments),
                _is_introspection(operation),
            )
        return chosen

    def _parse(self, query: str) -> Document:
        try:
            node = parse(query, max_tokens=self._limits.tokens)
            self._limits.check(node)
        except GraphQLSyntaxError as error:
            if _TOO_MANY_TOKENS in error.message:
                return _refused(self._limits.too_many_tokens())
            return Document(None, (_coded(error, "GRAPHQL_PARSE_FAILED"),))
        except DocumentTooLarge as error:
            return _refused(error)
        if self._trusted is not None and normal_form(node) not in self._trusted:
            return _refused(UntrustedDocument(_UNTRUSTED))
        if _NUL.search(query.encode("utf-8", "replace")) and _has_nul(node):
            return _refused(BadUserInput("A string holds the character NUL, which no text may."))
        errors = validate(
            self._schema, node, self._rules, max_errors=MOST_ERRORS, hide_suggestions=not self._suggestions
        )
        if any(isinstance(error.original_error, ValueError) for error in errors):
            # Python does not read a number of thousands of digits, and graphql-core passes on how it says so.
            return _refused(BadUserInput("A number has more digits than its type can take."))
        return Document(node, tuple(_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))


def _refused(error: ApiError) -> Document:
    return Document(None, (GraphQLError(error.message, original_error=error),))


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code}
    return error


def _is_introspection(operation: OperationDefinitionNode) -> bool:
    selections = operation.selection_set.selections
    names = {node.name.value if isinstance(node, FieldNode) else "a fragment" for node in selections}
    return bool(names & _INTROSPECTION) and names <= {*_INTROSPECTION, "__typename"}


def _has_nul(node: DocumentNode) -> bool:
    class Finder(Visitor):
        found = False

        def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
            self.found = self.found or "\0" in node.value

    finder = Finder()
    visit(node, finder)
    return finder.found


def _no_such_operation(name: str | None) -> str:
    if name is None:
        return "The document holds several operations: say which in `operationName`."
    return f"The document holds no operation {quoted(name)}: `operationName` must be one of its names."
