"""What each short cut of a request saves: the long way and the short one, each in a loop of its own.

Microseconds of this process's time, the best of some loops. In a server that shares its processors with
others each costs more; what is saved is in proportion.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from itertools import cycle
from typing import Any, NamedTuple
from uuid import uuid4

import ariadne
from databases.core import Connection
from graphql import GraphQLSchema, default_field_resolver, default_type_resolver
from graphql.execution.values import get_argument_values, get_variable_values
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.operations import named
from server.app import Application, executable_schema
from server.auth.keys import Keys
from server.auth.tokens import MOST_VERIFIED, Tokens
from server.database import Database
from server.documents import DEFAULT_LIMITS, Documents
from server.errors import RateLimited
from server.execution.breadth import executor_class
from server.execution.plans import Plans
from server.limits.admission import Admission
from server.limits.rates import Over, Rates
from server.limits.windows import Allowance, Counters
from server.policy import Policy
from server.protocol.parsing import parse_head
from server.redis import Redis

_LOOPS = 5
_VARIABLES = {"city": "Elk Grove", "least": "100000", "most": "400000"}
_NO_LIMITS = Allowance("A user", "1000000000/minute", "1000000000/hour")
_USERS, _AT_ONCE = 1_000, 32
_HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
    b"Content-Type: application/json\r\nContent-Length: 200\r\nX-Request-Id: %d\r\n\r\n"
)
_NOTHING = "mutation { __typename }"

Work = Callable[[], Awaitable[Any]]


class Saved(NamedTuple):
    """What is left out of a request, and the microseconds that it took and that are left of it."""

    what: str
    before: float
    after: float


async def shortcuts(url: str, redis: str, times: int = 1_000) -> list[Saved]:
    """Every short cut, measured; the URLs are of any PostgreSQL and Redis, `times` is how long a loop is."""
    schema = executable_schema()
    plans = Plans(schema)
    policy = Policy(schema, page_size_max=200, cost_limit=100_000)
    documents = Documents(schema, policy, plans)
    asked = documents.choose(documents.read(named("Q3").document), None)
    definitions = asked.operation.variable_definitions or ()
    variables = asked.planned.coerce(_VARIABLES)
    assert variables is not None
    (page,) = asked.planned.selection(variables.coerced).fields
    cases = cycle([policy.case(asked.operation, asked.fragments) for _ in range(times * _LOOPS)])
    tokens, known = Tokens(Keys(["x" * 40])), Tokens(Keys(["x" * 40]))
    # One more than are remembered, asked in turn: none of them is.
    unknown = cycle([tokens.sign(uuid4(), uuid4()) for _ in range(MOST_VERIFIED + 1)])
    token = known.sign(uuid4(), uuid4())
    # More than are remembered as well.
    heads = cycle([_HEAD % number for number in range(1_000)])
    head = next(heads)
    pairs: dict[str, tuple[Work, Work]] = {
        "routing and middleware": (_routed(Starlette), _routed(Application)),
        "verifying a token": (
            _soon(lambda: tokens.verify(next(unknown))),
            _soon(lambda: known.verify(token)),
        ),
        "reading a head": (_soon(lambda: parse_head(next(heads))), _soon(lambda: parse_head(head))),
        "measuring a document": (
            _soon(lambda: DEFAULT_LIMITS.check(asked.document)),
            _soon(lambda: documents.read(named("Q3").document)),
        ),
        "keeping a request's time": (_timed(lambda: asyncio.timeout(10)), _admitted(Admission(1, 10.0))),
        "the verdict on Q3": (
            _soon(lambda: policy.judge(next(cases), _VARIABLES, None)),
            _soon(lambda: policy.judge(asked.case, _VARIABLES, None)),
        ),
        "coercing three variables": (
            _soon(lambda: get_variable_values(schema, definitions, _VARIABLES)),
            _soon(lambda: asked.planned.coerce(_VARIABLES)),
        ),
        "coercing a filter": (
            _soon(lambda: get_argument_values(page.definition, page.nodes[0], variables)),
            _soon(lambda: page.arguments.of(variables)),
        ),
        "preparing an executor": _executed(schema, documents, plans),
    }
    database = Database(url, size=1)
    client = Redis(redis, seconds=5)
    counted = Rates(_NO_LIMITS, _NO_LIMITS, Counters(client))
    await database.connect()
    try:
        async with client:
            pairs["taking a connection"] = _taken(database)
            saved = [
                Saved(what, await _best(before, times), await _best(after, times))
                for what, (before, after) in pairs.items()
            ]
            alone = await _best(_count(counted, 1), times)
            together = await _best(_count(counted, _AT_ONCE), times // _AT_ONCE + 1) / _AT_ONCE
            remembered = await _best(_soon(_refuse(counted)), times)
        return [
            *saved,
            Saved(f"counting a request, alone or one of {_AT_ONCE} at once", alone, together),
            Saved("counting who is known to be over a limit", alone, remembered),
        ]
    finally:
        await database.disconnect()


def _timed(limit: Callable[[], AbstractAsyncContextManager[Any]]) -> Work:
    async def run() -> None:
        async with limit():
            pass

    return run


def _admitted(admission: Admission) -> Work:
    async def run() -> None:
        with admission:
            pass

    return run


def _count(rates: Rates, at_once: int) -> Work:
    """So many requests at once, each of another user."""
    users = cycle([f"user:{uuid4().hex}" for _ in range(_USERS)])

    async def one() -> None:
        turn = rates.turn({}, next(users))
        turn.check()
        await turn.count(1)

    async def run() -> None:
        if at_once == 1:
            await one()
        else:
            await asyncio.gather(*(one() for _ in range(at_once)))

    return run


def _refuse(rates: Rates) -> Callable[[], None]:
    user = f"user:{uuid4().hex}"
    rates.over.keep(rates.turn({}, user).who, Over(0, time.monotonic() + 3600))

    def run() -> None:
        with suppress(RateLimited):
            rates.turn({}, user).check()

    return run


async def _best(work: Work, times: int) -> float:
    """Microseconds of processor time for each time, in the best of the loops."""
    found = []
    for _ in range(_LOOPS):
        began = time.process_time()
        for _ in range(times):
            await work()
        found.append((time.process_time() - began) / times * 1_000_000)
    return min(found)


def _soon(work: Callable[[], Any]) -> Work:
    async def run() -> None:
        work()

    return run


class _Endpoint:
    """Plain ASGI that does nothing: what is measured is the way to it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pass


def _routed(kind: type[Starlette]) -> Work:
    application: ASGIApp = kind(
        routes=[Route(path, _Endpoint()) for path in ("/", "/schema.graphql", "/graphql")]
    )
    if isinstance(application, Application):
        application.graphql = _Endpoint()

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "path": "/graphql", "root_path": "", "headers": []}
        await application(scope, _nothing, _nowhere)

    return run


async def _nothing() -> Any:
    raise AssertionError("nobody reads")


async def _nowhere(_: Any) -> None:
    raise AssertionError("nobody writes")


def _executed(schema: GraphQLSchema, documents: Documents, plans: Plans) -> tuple[Work, Work]:
    """An operation of nothing, through Ariadne and graphql-core, and by an executor made at once."""
    chosen = documents.choose(documents.read(_NOTHING), None)
    executor = executor_class(plans, "all")

    async def through() -> None:
        await ariadne.graphql(
            schema,
            {"query": _NOTHING, "variables": {}},
            query_document=chosen.document,
            query_validator=lambda *_, **__: [],
            execution_context_class=executor,
        )

    async def at_once() -> None:
        variables = chosen.planned.coerce({})
        assert variables is not None
        await executor(
            schema=schema,
            fragment_definitions={},
            fragments={},
            root_value=None,
            context_value=None,
            operation=chosen.operation,
            variable_values=variables,
            field_resolver=default_field_resolver,
            type_resolver=default_type_resolver,
            subscribe_field_resolver=default_field_resolver,
        ).execute_operation()

    return through, at_once


def _taken(database: Database) -> tuple[Work, Work]:
    """A connection out of the pool and back, with a limit to the wait, and one that is kept."""

    async def from_pool() -> None:
        connection = Connection(database._databases, database._databases._backend)
        await asyncio.wait_for(connection.__aenter__(), 5)
        await asyncio.shield(connection.__aexit__())

    async def kept() -> None:
        connection = await database.take()
        await database.give_back(connection, unharmed=True)

    return from_pool, kept
