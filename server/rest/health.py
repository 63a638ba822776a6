"""Whether the process answers, and whether what it needs does.

Kubernetes' two questions, and its reason for keeping them apart: a process that is told to be dead is
restarted, which mends no database.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import asyncpg
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.responses import Response

from server.config import Settings
from server.rest.endpoint import Call, Json

if TYPE_CHECKING:
    from server.storage import Storage

log = logging.getLogger("dwelzo.health")

# In seconds: how long an answer of the dependencies is everybody's.
KEPT = 1.0
# Without these, reads go on.
DISPENSABLE = frozenset({"redis"})


async def live(call: Call) -> Response:
    """GET /api/health/live: asks nothing of anybody."""
    return Json({"status": "live"})


class State(NamedTuple):
    """Which dependencies answered, and when they were asked."""

    up: Mapping[str, bool]
    at: float

    @property
    def status(self) -> str:
        away = {name for name, up in self.up.items() if not up}
        return "unready" if away - DISPENSABLE else "degraded" if away else "ready"


class Readiness:
    """Asks PostgreSQL, Redis and S3 on connections of its own, so that a busy pool is not a broken database.

    However many ask, the dependencies are asked once a second, and everybody who comes meanwhile waits for
    the same answer.
    """

    def __init__(self, settings: Settings, kept: float = KEPT) -> None:
        self._settings = settings
        self._kept = kept
        self._asking: asyncio.Task[State] | None = None
        self._postgresql: asyncpg.Connection | None = None
        self._redis: redis.asyncio.Redis | None = None
        self._storage: Storage | None = None
        self._open = AsyncExitStack()
        self._told: Mapping[str, bool] = {}

    async def ready(self, call: Call) -> Response:
        """GET /api/health/ready"""
        if self._asking is None or (
            self._asking.done() and time.monotonic() > self._asking.result().at + self._kept
        ):
            self._asking = asyncio.create_task(self._ask())
        # Who leaves takes the question from nobody else.
        state = await asyncio.shield(self._asking)
        dependencies = {name: "up" if up else "away" for name, up in state.up.items()}
        unready = state.status == "unready"
        return Json(
            {"status": state.status, "dependencies": dependencies},
            503 if unready else 200,
            {"Retry-After": "1"} if unready else None,
        )

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        if self._postgresql is not None:
            self._postgresql.terminate()
        if self._redis is not None:
            await self._redis.aclose()
        await self._open.aclose()
        # An application may be started again.
        self._asking = self._postgresql = self._redis = self._storage = None

    async def _ask(self) -> State:
        questions: dict[str, Callable[[], Awaitable[None]]] = {
            "postgresql": self._ask_postgresql,
            "redis": self._ask_redis,
            "s3": self._ask_s3,
        }
        await self._open_storage()
        longest = self._settings.readiness_seconds_max
        answers = await asyncio.gather(*(_answers(name, ask, longest) for name, ask in questions.items()))
        state = State(dict(zip(questions, answers, strict=True)), time.monotonic())
        for name, up in state.up.items():
            if up != self._told.get(name, True):
                log.warning("%s %s", name, "answers again" if up else "does not answer")
        self._told = state.up
        return state

    async def _ask_postgresql(self) -> None:
        connection = self._postgresql
        if connection is None or connection.is_closed():
            connection = self._postgresql = await asyncpg.connect(
                self._settings.database_url.get_secret_value(),
                # A pooler between us and the server knows nothing of prepared statements.
                statement_cache_size=0,
                server_settings={"application_name": "dwelzo health"},
            )
        try:
            await connection.execute("select 1")
        except BaseException:
            # An answer that is still to come would be the next question's.
            connection.terminate()
            raise

    async def _ask_redis(self) -> None:
        if self._redis is None:
            self._redis = redis.asyncio.from_url(
                self._settings.redis_url.get_secret_value(),
                # Once more where a connection was lost since the last question; then it is away.
                retry=Retry(NoBackoff(), 1),
            )
        await self._redis.ping()

    async def _ask_s3(self) -> None:
        if self._storage is None or not await self._storage.has_bucket():
            raise LookupError("no bucket of that name")

    async def _open_storage(self) -> None:
        """Before the clock runs: it asks nobody, but it takes half a second to import, which is too long for
        every start of a server to wait for.
        """
        if self._storage is None:
            with suppress(Exception):
                storage = await asyncio.to_thread(import_module, "server.storage")
                self._storage = await self._open.enter_async_context(storage.open_storage(self._settings))


async def _answers(name: str, ask: Callable[[], Awaitable[None]], longest: float) -> bool:
    try:
        async with asyncio.timeout(longest):
            await ask()
    except Exception as error:
        # Whatever it is, it does not answer as it should. The message may hold a password: its kind is told.
        log.debug("%s: %s", name, type(error).__name__)
        return False
    return True
