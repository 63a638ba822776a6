"""The /graphql endpoint: a plain ASGI application, from the bytes of a request to the bytes of its answer.

    bytes -> operation -> viewer -> document -> policy -> execution -> bytes

Each stage is a function of the one before, is timed (`Server-Timing`), and is the one place of its kind of
refusal. Parsing and validating are done once for each text of a document (server/documents.py); the policy is
asked each time.
"""

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import orjson
from graphql import GraphQLSchema, OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server.auth import Tokens
from server.context import Context, Viewer
from server.database import Database
from server.documents import Documents
from server.errors import ApiError, MethodNotAllowed, to_wire
from server.execution.answering import Asked, Engine, Execution
from server.execution.plans import Plans
from server.loaders import Loaders
from server.operation import JSON, Operation, read_operation
from server.policy import Policy

GRAPHQL_JSON = "application/graphql-response+json"
_CONTENT_TYPES = {kind: f"{kind}; charset=utf-8".encode() for kind in (JSON, GRAPHQL_JSON)}


class Timing:
    """How long each stage took, in the order they ran."""

    __slots__ = ("_ends", "_names")

    def __init__(self) -> None:
        self._names = ""
        self._ends = [time.perf_counter()]

    def stage(self, name: str) -> None:
        self._names += name + ";dur=%.2f, "
        self._ends.append(time.perf_counter())

    def header(self, statements: int) -> bytes:
        """The value of `Server-Timing`, in milliseconds."""
        durations = tuple((end - begin) * 1000 for begin, end in pairwise(self._ends))
        return f'{self._names % durations}sql;desc="{statements} statements"'.encode()


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
        self._database = database
        self._tokens = tokens
        self._policy = policy
        self._page_size_max = page_size_max
        plans = Plans(schema)
        self._documents = Documents(schema, policy, plans)
        self._engine = Engine(schema, plans, execution)
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
            only_queries = scope["method"] == "GET"
            status, body, statements = await self._answer(operation, viewer, timing, only_queries)
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
            context = Context(session, Loaders(), viewer, self._page_size_max)
            status, body = await self._engine.answer(Asked(operation, chosen, context))
        timing.stage("execute")
        return status, body, session.statements


def _refusal(errors: Iterable[Exception]) -> bytes:
    """An answer of nothing but errors."""
    return orjson.dumps({"errors": [to_wire(error) for error in errors]})


def _wants_html(accept: str, query_string: bytes) -> bool:
    return "text/html" in accept and JSON not in accept and not parse_qs(query_string).get(b"query")
