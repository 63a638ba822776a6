"""The documents that are known: parsed, validated and chosen from once for each text, bounded in number."""

import re
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)

from server.errors import BadUserInput, quoted
from server.execution.plan import Fragments
from server.execution.plans import PlannedOperation, Plans
from server.policy import Case, Policy
from server.recent import Recent

MOST_TOKENS = 1_000
MOST_DOCUMENTS = 1_000

_NUL = re.compile(rb"\\u0000|\\u\{0+\}")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One operation of a document, with all that is known of it before its variables are."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Fragments
    case: Case
    planned: PlannedOperation


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

    def __init__(self, schema: GraphQLSchema, policy: Policy, plans: Plans) -> None:
        self._schema = schema
        self._policy = policy
        self._plans = plans
        self._known: Recent[str, Document] = Recent(MOST_DOCUMENTS)

    def read(self, query: str) -> Document:
        """The document of a text."""
        return self._known.get(query) or self._known.keep(query, self._parse(query))

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
            )
        return chosen

    def _parse(self, query: str) -> Document:
        try:
            node = parse(query, max_tokens=MOST_TOKENS, no_location=False)
        except GraphQLSyntaxError as error:
            return Document(None, (_coded(error, "GRAPHQL_PARSE_FAILED"),))
        if _NUL.search(query.encode("utf-8", "replace")) and _has_nul(node):
            return Document(
                None,
                (
                    _coded(
                        GraphQLError("A string holds the character NUL, which no text may."), "BAD_USER_INPUT"
                    ),
                ),
            )
        errors = validate(self._schema, node, max_errors=5)
        return Document(node, tuple(_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code}
    return error


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
