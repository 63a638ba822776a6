"""The /graphql endpoint: a plain ASGI application, from the bytes of a request to the bytes of its answer.

    bytes -> viewer -> admission -> operation -> document -> policy -> rates -> execution -> bytes

Each stage is a function of the one before, is timed (`Server-Timing`), and is the one place of its kind of
refusal. Parsing and validating are done once for each text of a document (server/documents.py); the policy is
asked each time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server.auth.authority import Authority
from server.body import JSON
from server.context import Context, Viewer
from server.database import Database
from server.documents import Chosen, Documents
from server.errors import MethodNotAllowed, Overloaded, all_to_wire, status_of
from server.execution.answering import Asked, Engine
from server.fields import fields_of, weights
from server.limits.admission import Admission
from server.limits.rates import Rates, Turn, points_of
from server.loaders import Loaders
from server.operation import METHODS, READING, Operation, parse_operations, read_body
from server.persisted import PersistedDocuments
from server.policy import Case, Policy

GRAPHQL_JSON = "application/graphql-response+json"
_CONTENT_TYPES = {kind: f"{kind}; charset=utf-8".encode() for kind in (JSON, GRAPHQL_JSON)}
# The parameters of a query string that ask something.
_ASKING = frozenset({b"query", b"documentId", b"extensions"})
_ALLOW = (b"allow", ", ".join(METHODS).encode())
# What every answer says, whatever it is.
_ALWAYS = [
    (b"cache-control", b"no-store"),
    (b"vary", b"accept, accept-encoding, authorization"),
    (b"x-content-type-options", b"nosniff"),
]
# What goes with an answer of this status.
_BY_STATUS = {
    401: (b"www-authenticate", b"Bearer"),
    405: _ALLOW,
    503: (b"retry-after", b"1"),
}


class Timing:
    """How long each stage took, in the order they ran."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        # Moments, with the name of a stage between two.
        self._marks: list[Any] = [time.perf_counter()]

    def stage(self, name: str) -> None:
        self._marks += (name, time.perf_counter())

    def header(self, statements: int) -> bytes:
        """The value of `Server-Timing`, in milliseconds."""
        moments = self._marks[::2]
        durations = [(end - begin) * 1000 for begin, end in pairwise(moments)]
        return _timing_format(*self._marks[1::2]) % (*durations, statements)


@lru_cache(maxsize=256)
def _timing_format(*names: str) -> bytes:
    stages = "".join(f"{name};dur=%.2f, " for name in names)
    return f'{stages}sql;desc="%d statements"'.encode()


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may hold: bytes of its body, operations."""

    body_bytes: int = 100_000
    batch: int = 1


class Reply(NamedTuple):
    """What is sent: the status, the JSON, and how many SQL statements it took."""

    status: int
    body: bytes
    statements: int = 0

    @property
    def points(self) -> int:
        """Of an operation that is refused."""
        return 1


class Client(NamedTuple):
    """Who asks: whom the token names, what ASGI says of the request, the cookies that are to be set."""

    viewer: Viewer | None
    scope: Scope
    cookies: list[bytes]


class Judged(NamedTuple):
    """An operation that may be executed, and what that is estimated to cost."""

    operation: Operation
    chosen: Chosen
    cost: float

    @property
    def points(self) -> int:
        return points_of(self.cost)


class GraphQL:
    """The endpoint over one schema. `page`, where given, answers a browser that wants HTML."""

    def __init__(
        self,
        documents: Documents,
        persisted: PersistedDocuments,
        engine: Engine,
        database: Database,
        authority: Authority,
        policy: Policy,
        limits: RequestLimits,
        admission: Admission,
        *,
        rates: Rates | None = None,
        page: Any = None,
    ) -> None:
        self._documents = documents
        self._persisted = persisted
        self._engine = engine
        self._database = database
        self._authority = authority
        self._policy = policy
        self._limits = limits
        self._admission = admission
        self._rates = rates
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        timing, method = Timing(), scope["method"]
        headers = fields_of(scope)
        accept = headers.get(b"accept", b"*/*")
        if method == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [_ALLOW, *_ALWAYS]})
            await send({"type": "http.response.body"})
            return
        if self._page is not None and method in READING and _wants_html(accept, scope["query_string"]):
            request = Request(scope, receive)
            await (await self._page(request))(scope, receive, send)
            return
        media_type = _media_type(accept)
        turn: Turn | None = None
        client = Client(None, scope, [])
        try:
            claim = self._authority.claim(headers.get(b"authorization"))
            if self._rates is not None:
                turn = self._rates.turn(scope, claim.holder if claim else None)
                turn.check()
            timing.stage("auth")
            body = await read_body(scope, receive, headers, self._limits.body_bytes)
            with self._admission:
                asked = parse_operations(method, body, self._limits.batch)
                timing.stage("read")
                if claim is not None:
                    client = client._replace(viewer=await self._authority.viewer(claim))
                    timing.stage("session")
                if isinstance(asked, Operation):
                    judged = await self._judge(asked, client, timing, method in READING)
                    if turn is not None:
                        await turn.count(judged.points)
                        timing.stage("rates")
                    reply = await self._answer(judged, client, timing)
                else:
                    reply = await self._answer_all(asked, client, timing, turn)
            if media_type == JSON and reply.status < 500:
                # The older media type says 200 for whatever GraphQL itself has answered.
                reply = reply._replace(status=200)
        except Exception as error:
            if self._rates is not None:
                # Whoever sends a token that does not verify is only known by their address.
                turn = turn or self._rates.turn(scope, None)
                error = await turn.instead(error)
            reply = _refusal(getattr(error, "status", 500), [error])
        fields = [
            (b"content-type", _CONTENT_TYPES[media_type]),
            (b"content-length", b"%d" % len(reply.body)),
            (b"server-timing", timing.header(reply.statements)),
            *_ALWAYS,
        ]
        if (field := _BY_STATUS.get(reply.status)) is not None:
            fields.append(field)
        if turn is not None:
            fields += turn.fields
        fields += [(b"set-cookie", cookie) for cookie in client.cookies]
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer_all(
        self, asked: Sequence[Operation], client: Client, timing: Timing, turn: Turn | None
    ) -> Reply:
        """One after the other: a later mutation sees what an earlier one did."""
        all_judged: list[Judged | Reply] = []
        for operation in asked:
            try:
                all_judged.append(await self._judge(operation, client, timing, only_queries=False))
            except Exception as error:
                all_judged.append(_refusal(getattr(error, "status", 500), [error]))
        if turn is not None:
            await turn.count(sum(judged.points for judged in all_judged))
            timing.stage("rates")
        replies, unused = [], 0
        for judged in all_judged:
            try:
                replies.append(await self._answer(judged, client, timing))
            except Exception as error:
                if isinstance(error, Overloaded):
                    unused += judged.points
                # What the others did stands, and is told.
                replies.append(_refusal(getattr(error, "status", 500), [error]))
        if turn is not None and unused:
            await turn.give_back(unused)
        body = b"[%b]" % b",".join(reply.body for reply in replies)
        return Reply(200, body, sum(reply.statements for reply in replies))

    async def _judge(
        self, operation: Operation, client: Client, timing: Timing, only_queries: bool
    ) -> Judged | Reply:
        """An operation that may be executed, or the answer that says why it may not."""
        if operation.document_id is not None and not operation.query:
            operation.query = await self._persisted.text(operation.document_id)
        document = self._documents.read(operation.query)
        timing.stage("document")
        if document.errors:
            return _refusal(max(map(status_of, document.errors)), document.errors)
        chosen = self._documents.choose(document, operation.name)
        kind = chosen.operation.operation
        if only_queries and kind is not OperationType.QUERY:
            raise MethodNotAllowed(f"A {kind.value} is sent by POST, not by GET.")
        verdict = self._policy.judge(chosen.case, operation.variables, client.viewer)
        timing.stage("policy")
        if verdict.errors:
            return _refusal(max(map(status_of, verdict.errors)), verdict.errors)
        return Judged(operation, chosen, verdict.cost)

    async def _answer(self, judged: Judged | Reply, client: Client, timing: Timing) -> Reply:
        if isinstance(judged, Reply):
            return judged
        operation, chosen, cost = judged
        if operation.document_id is not None:
            await self._persisted.learn(operation.document_id, operation.query)
        async with self._database.session() as session:
            context = Context(
                session,
                Loaders(),
                client.viewer,
                self._policy.page_size_max,
                self._authority,
                client.scope,
                client.cookies,
            )
            status, body = await self._engine.answer(Asked(operation, chosen, context))
            if session.turned_away is not None:
                # Whatever the answer shows, nothing of it was asked.
                raise session.turned_away
        timing.stage("execute")
        if operation.extensions.get("cost"):
            body = self._with_cost(body, chosen.case, operation, cost)
        return Reply(status, body, session.statements)

    def _with_cost(self, body: bytes, case: Case, operation: Operation, estimated: float) -> bytes:
        """The answer with what was estimated before and what it came to, in `extensions`."""
        cost = {
            "estimated": estimated,
            "actual": self._policy.measure(case, operation.variables, orjson.loads(body).get("data")),
            "limit": self._policy.cost_limit,
        }
        return b'%b,"extensions":{"cost":%b}}' % (body[:-1], orjson.dumps(cost))


def _refusal(status: int, errors: Sequence[Exception]) -> Reply:
    """An answer of nothing but errors."""
    return Reply(status, orjson.dumps({"errors": all_to_wire(errors)}))


@lru_cache(maxsize=256)
def _media_type(accept: bytes) -> str:
    """Of our two media types the one that a client likes best; the older one where it names neither."""
    liked = weights(accept)
    newer = liked.get(GRAPHQL_JSON, 0.0)
    return GRAPHQL_JSON if newer > 0 and newer >= liked.get(JSON, 0.0) else JSON


def _wants_html(accept: bytes, query_string: bytes) -> bool:
    """Whether a person looks for GraphiQL: a browser that asks nothing."""
    liked = weights(accept)
    if not liked.get("text/html") or any(liked.get(kind) for kind in _CONTENT_TYPES):
        return False
    return not _ASKING & parse_qs(query_string).keys()
