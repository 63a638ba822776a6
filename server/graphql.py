"""The /graphql endpoint: a plain ASGI application, from the bytes of a request to the bytes of its answer.

    bytes -> operation -> viewer -> document -> policy -> execution -> bytes

Each stage is a function of the one before, is timed (`Server-Timing`), and is the one place of its kind of
refusal. Parsing and validating are done once for each text of a document; the policy is asked each time.
"""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

import ariadne
import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server.auth import Tokens
from server.context import Context, Viewer
from server.database import Database, Session
from server.errors import (
    ApiError,
    BadUserInput,
    MethodNotAllowed,
    UnsupportedMedia,
    quoted,
    status_of,
    to_wire,
)
from server.execution.answering import Composer
from server.loaders import Loaders
from server.policy import Policy
from server.recent import Recent

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
MOST_BODY_BYTES = 100_000
MOST_TOKENS = 1_000
MOST_DOCUMENTS = 1_000

# Ariadne would log the mistakes of clients as errors, with tracebacks; `to_wire` logs what is not theirs.
_SILENT = logging.getLogger("dwelzo.ariadne")
_SILENT.disabled = True

log = logging.getLogger("dwelzo.graphql")

# How queries are executed: by composed statements, field by field, or by both, which are compared.
Execution = Literal["composed", "reference", "shadow"]

# JSON that is finished, or that is still to be written.
Answer = bytes | dict[str, Any]

_NUL = re.compile(rb"\\u0000|\\u\{0+\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any]
    name: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, and why it is not valid if it is not."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


@dataclass(slots=True)
class Timing:
    """How long each stage took, in the order they ran."""

    stages: list[tuple[str, float]] = field(default_factory=list)
    since: float = field(default_factory=time.perf_counter)

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self.stages.append((name, (now - self.since) * 1000))
        self.since = now


class GraphQL:
    """The endpoint over one schema. `page`, where given, answers a browser that wants HTML."""

    def __init__(
        self,
        schema: GraphQLSchema,
        database: Database,
        tokens: Tokens,
        policy: Policy,
        page_size_max: int,
        *,
        execution: Execution = "composed",
        page: Any = None,
    ) -> None:
        self._schema = schema
        self._database = database
        self._tokens = tokens
        self._policy = policy
        self._page_size_max = page_size_max
        self._composer = Composer(schema, page_size_max)
        self._execution = execution
        self._page = page
        self._documents: Recent[str, Document] = Recent(MOST_DOCUMENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        accept = headers.get(b"accept", "*/*")
        if self._page is not None and scope["method"] == "GET" and _wants_html(accept, scope["query_string"]):
            request = Request(scope, receive)
            await (await self._page(request))(scope, receive, send)
            return
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in accept else JSON
        timing, statements = Timing(), 0
        try:
            operation = await _read_operation(scope, receive, headers)
            timing.stage("read")
            viewer = self._tokens.viewer(headers.get(b"authorization"))
            timing.stage("auth")
            status, answer, statements = await self._answer(
                operation, viewer, timing, scope["method"] == "GET"
            )
            if media_type == JSON:
                # The older media type says 200 for whatever GraphQL itself has answered.
                status = 200
        except ApiError as error:
            status, answer = error.status, {"errors": [to_wire(error)]}
        body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        timing.stage("write")
        stages = ", ".join(f"{name};dur={milliseconds:.2f}" for name, milliseconds in timing.stages)
        fields = [
            (b"content-type", f"{media_type}; charset=utf-8".encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"server-timing", f'{stages}, sql;desc="{statements} statements"'.encode()),
            (b"vary", b"accept, authorization"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if status == 405:
            fields.append((b"allow", b"GET, POST"))
        if status == 401:
            fields.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, operation: Operation, viewer: Viewer | None, timing: Timing, only_queries: bool
    ) -> tuple[int, Answer, int]:
        """Status, answer and number of SQL statements."""
        document = self._document(operation.query)
        timing.stage("document")
        if document.errors or document.node is None:
            return 400, {"errors": [to_wire(error) for error in document.errors]}, 0
        chosen = get_operation_ast(document.node, operation.name)
        if chosen is None:
            raise BadUserInput(_no_such_operation(operation.name))
        if only_queries and chosen.operation is not OperationType.QUERY:
            raise MethodNotAllowed(f"A {chosen.operation.value} is sent by POST, not by GET.")
        verdict = self._policy.judge(document.node, chosen, operation.variables, viewer)
        timing.stage("policy")
        if verdict.errors:
            status = max(getattr(error.original_error, "status", 400) for error in verdict.errors)
            return status, {"errors": [to_wire(error) for error in verdict.errors[:5]]}, 0
        async with self._database.session() as session:
            status, answer = await self._execute(document.node, operation, chosen, viewer, session)
        timing.stage("execute")
        return status, answer, session.statements

    async def _execute(
        self,
        document: DocumentNode,
        operation: Operation,
        chosen: OperationDefinitionNode,
        viewer: Viewer | None,
        session: Session,
    ) -> tuple[int, Answer]:
        """Status and answer: composed where one statement can, else by graphql-core."""
        if self._execution == "reference":
            return await self._resolve(document, operation, viewer, session)
        composed = await self._composer.answer(document, chosen, operation.variables, session)
        if composed is None:
            return await self._resolve(document, operation, viewer, session)
        if self._execution == "shadow":
            session.statements = 0
            return self._compare(composed, await self._resolve(document, operation, viewer, session))
        return 200, composed

    def _compare(self, composed: bytes, resolved: tuple[int, Answer]) -> tuple[int, Answer]:
        """The resolved answer; a composed one that differs is a defect, and is logged."""
        if orjson.dumps(orjson.loads(composed)) != orjson.dumps(resolved[1]):
            log.error("the composed answer differs from the resolved one: %s", composed.decode())
        return resolved

    async def _resolve(
        self, document: DocumentNode, operation: Operation, viewer: Viewer | None, session: Session
    ) -> tuple[int, Answer]:
        """Status and answer as Ariadne and graphql-core give them, field by field."""
        loaders = Loaders()
        statuses = [200]

        def entry(error: GraphQLError, _: bool) -> dict[str, Any]:
            statuses.append(status_of(error))
            return to_wire(error)

        context = Context(session, loaders, viewer, self._page_size_max)
        try:
            _, answer = await ariadne.graphql(
                self._schema,
                {
                    "query": operation.query,
                    "variables": operation.variables,
                    "operationName": operation.name,
                },
                context_value=context,
                query_document=document,
                query_validator=_validated_before,
                error_formatter=entry,
                logger=_SILENT,
            )
        finally:
            await loaders.close()
        return 200 if answer.get("data") is not None else max(statuses), answer

    def _document(self, query: str) -> Document:
        """A text parsed and validated, or looked up; the least recently used is forgotten first."""
        return self._documents.get(query) or self._documents.keep(query, self._parse(query))

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


def _validated_before(*_: Any, **__: Any) -> list[GraphQLError]:
    return []


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


def _wants_html(accept: str, query_string: bytes) -> bool:
    return "text/html" in accept and JSON not in accept and not parse_qs(query_string).get(b"query")


async def _read_operation(scope: Scope, receive: Receive, headers: Mapping[bytes, str]) -> Operation:
    """The operation of a GET's query string or a POST's JSON body."""
    if scope["method"] == "GET":
        return _operation(_query_parameters(scope["query_string"]))
    if scope["method"] != "POST":
        raise MethodNotAllowed(f"/graphql takes GET and POST, not {scope['method']}.")
    content_type = headers.get(b"content-type", "")
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMedia(
            f"The body is {quoted(content_type)}: send JSON, as `Content-Type: application/json`."
        )
    body = await _read_body(receive)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadUserInput(f"The body is not JSON: {error}.") from None
    if b"\\u0000" in body and _holds_nul(data):
        raise BadUserInput("A string holds the character NUL, which no text may.")
    return _operation(data)


async def _read_body(receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadUserInput("The connection closed before the whole body came.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BODY_BYTES:
            raise BadUserInput(
                f"The body is larger than {MOST_BODY_BYTES:,} bytes: send large values in several requests."
            )
        if not message.get("more_body"):
            return b"".join(chunks)


def _query_parameters(query_string: bytes) -> dict[str, Any]:
    try:
        given = {
            name: values[-1] for name, values in parse_qs(query_string.decode(), errors="strict").items()
        }
        data: dict[str, Any] = dict(given)
        for name in ("variables", "extensions"):
            if name in given:
                data[name] = orjson.loads(given[name])
    except ValueError:
        raise BadUserInput(
            "The query string is not well formed: `variables` and `extensions` are JSON."
        ) from None
    return data


def _operation(data: Any) -> Operation:
    if not isinstance(data, dict):
        raise BadUserInput(
            "The body must be one JSON object with `query`, and `variables` where there are some."
        )
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadUserInput("`query` is missing: send the GraphQL document as a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadUserInput("`variables` must be a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadUserInput("`operationName` must be a string.")
    if not isinstance(data.get("extensions") or {}, dict):
        raise BadUserInput("`extensions` must be a JSON object.")
    return Operation(query, variables or {}, name or None)


def _holds_nul(value: Any) -> bool:
    # Without recursion: JSON may be nested more deeply than Python calls.
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str) and "\0" in item:
            return True
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
    return False
