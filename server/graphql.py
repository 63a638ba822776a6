"""The /graphql endpoint: a plain ASGI application, from the bytes of a request to the bytes of its answer.

    bytes -> operation -> viewer -> document -> policy -> execution -> bytes

Each stage is a function of the one before, is timed (`Server-Timing`), and is the one place of its kind of
refusal. Parsing and validating are done once for each text of a document (server/documents.py); the policy is
asked each time.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

import ariadne
import orjson
from graphql import GraphQLError, GraphQLSchema, OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server.auth import Tokens
from server.context import Context, Viewer
from server.database import Database, Session
from server.documents import Chosen, Documents
from server.errors import ApiError, MethodNotAllowed, status_of, to_wire
from server.execution.answering import Engine
from server.execution.breadth import BreadthFirst
from server.execution.comparing import same
from server.loaders import Loaders
from server.operation import JSON, Operation, read_operation
from server.policy import Policy

GRAPHQL_JSON = "application/graphql-response+json"
_CONTENT_TYPES = {kind: f"{kind}; charset=utf-8".encode() for kind in (JSON, GRAPHQL_JSON)}

# Ariadne would log the mistakes of clients as errors, with tracebacks; `to_wire` logs what is not theirs.
_SILENT = logging.getLogger("dwelzo.ariadne")
_SILENT.disabled = True

log = logging.getLogger("dwelzo.graphql")

# How operations are executed: by our engine, by graphql-core, or by both, which are compared.
Execution = Literal["composed", "reference", "shadow"]


class Timing:
    """How long each stage took, in milliseconds, in the order they ran."""

    __slots__ = ("_since", "_stages")

    def __init__(self) -> None:
        self._stages: list[str] = []
        self._since = time.perf_counter()

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self._stages.append(f"{name};dur={(now - self._since) * 1000:.2f}")
        self._since = now

    def header(self, statements: int) -> bytes:
        """The value of `Server-Timing`."""
        self._stages.append(f'sql;desc="{statements} statements"')
        return ", ".join(self._stages).encode()


class _Asked(NamedTuple):
    """One operation, asked by a viewer over a session."""

    operation: Operation
    chosen: Chosen
    viewer: Viewer | None
    session: Session


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
        self._engine = Engine(schema, page_size_max)
        self._documents = Documents(schema, policy, self._engine.plans)
        self._execution = execution
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        timing, statements = Timing(), 0
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        accept = headers.get(b"accept", "*/*")
        if self._page is not None and scope["method"] == "GET" and _wants_html(accept, scope["query_string"]):
            request = Request(scope, receive)
            await (await self._page(request))(scope, receive, send)
            return
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in accept else JSON
        try:
            operation = await read_operation(scope, receive, headers)
            timing.stage("read")
            viewer = self._tokens.viewer(headers.get(b"authorization"))
            timing.stage("auth")
            status, body, statements = await self._answer(operation, viewer, timing, scope["method"] == "GET")
            if media_type == JSON:
                # The older media type says 200 for whatever GraphQL itself has answered.
                status = 200
        except ApiError as error:
            status, body = error.status, _refusal([error])
        except Exception as error:
            status, body = 500, _refusal([error])
        fields = [
            (b"content-type", _CONTENT_TYPES[media_type]),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"server-timing", timing.header(statements)),
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
    ) -> tuple[int, bytes, int]:
        """Status, answer and number of SQL statements."""
        document = self._documents.read(operation.query)
        timing.stage("document")
        if document.errors:
            return 400, _refusal(document.errors), 0
        chosen = self._documents.choose(document, operation.name)
        kind = chosen.operation.operation
        if only_queries and kind is not OperationType.QUERY:
            raise MethodNotAllowed(f"A {kind.value} is sent by POST, not by GET.")
        verdict = self._policy.judge(chosen.case, operation.variables, viewer)
        timing.stage("policy")
        if verdict.errors:
            status = max(getattr(error.original_error, "status", 400) for error in verdict.errors)
            return status, _refusal(verdict.errors[:5]), 0
        async with self._database.session() as session:
            status, answer = await self._execute(_Asked(operation, chosen, viewer, session))
        timing.stage("execute")
        return status, answer, session.statements

    async def _execute(self, asked: _Asked) -> tuple[int, bytes]:
        """Status and answer: by one statement where that is enough, else by an executor in Ariadne's
        seam.
        """
        if self._execution == "reference":
            return await self._resolve(asked, None)
        straight = await self._engine.straight(asked.chosen.planned, asked.operation.variables, asked.session)
        if isinstance(straight, bytes):
            answer = 200, straight
        else:
            answer = await self._resolve(asked, self._engine.executor(straight))
        if self._execution == "shadow" and asked.chosen.operation.operation is OperationType.QUERY:
            answer = await self._compare(asked, answer)
        return answer

    async def _compare(self, asked: _Asked, answered: tuple[int, bytes]) -> tuple[int, bytes]:
        """The answer of graphql-core; one of ours that differs is a defect, and is logged."""
        ours = {
            "composed": answered,
            "breadth-first": await self._resolve(asked, self._engine.executor("nothing")),
        }
        asked.session.statements = 0
        expected = await self._resolve(asked, None)
        for way, (_, answer) in ours.items():
            if not same(answer, expected[1]):
                log.error("the %s answer differs from graphql-core's: %s", way, answer.decode())
        return expected

    async def _resolve(self, asked: _Asked, executor: type[BreadthFirst] | None) -> tuple[int, bytes]:
        """Status and answer as Ariadne gives them, by an executor of ours or graphql-core's own."""
        loaders = Loaders()
        statuses = [200]

        def entry(error: GraphQLError, _: bool) -> dict[str, Any]:
            statuses.append(status_of(error))
            return to_wire(error)

        context = Context(asked.session, loaders, asked.viewer, self._page_size_max)
        operation = asked.operation
        try:
            _, answer = await ariadne.graphql(
                self._schema,
                {
                    "query": operation.query,
                    "variables": operation.variables,
                    "operationName": operation.name,
                },
                context_value=context,
                query_document=asked.chosen.document,
                query_validator=_validated_before,
                error_formatter=entry,
                execution_context_class=executor,
                logger=_SILENT,
            )
        finally:
            await loaders.close()
        return 200 if answer.get("data") is not None else max(statuses), orjson.dumps(answer)


def _refusal(errors: Iterable[Exception]) -> bytes:
    """An answer of nothing but errors."""
    return orjson.dumps({"errors": [to_wire(error) for error in errors]})


def _validated_before(*_: Any, **__: Any) -> list[GraphQLError]:
    return []


def _wants_html(accept: str, query_string: bytes) -> bool:
    return "text/html" in accept and JSON not in accept and not parse_qs(query_string).get(b"query")
