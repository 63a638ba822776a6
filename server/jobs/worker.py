"""The worker: takes jobs from the queue by pgqueuer, bounded in number, and decides what a failure means.

A job is done at least once. The library marks it as taken and renews that mark while it runs; when a worker
is gone without a word, another takes the job over once the mark is too old. So whatever does a job must bear
to be begun again. docs/decisions/jobs.md says what of the library is used, and what is not.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from asyncpg.exceptions import InternalClientError
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Context
from pgqueuer.domain.models import Job as Taken
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from server.config import ROOT
from server.jobs.queue import TEXTS
from server.sql import Statement

log = logging.getLogger("dwelzo.jobs")

# Written out: else the library would read each from the environment, CHANNEL and FUNCTION among them.
SETTINGS = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)
# A job that was taken more often for one try has ended each worker before: it is the job that does it.
MOST_TAKEN = 3
KEPT = timedelta(days=30)
FORGET_SECONDS = 3600.0
LONGEST_PAUSE = 10.0
_AWAY = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection that went while something else was being done with it.
    InternalClientError,
    FailingListenerError,
)


class TryAgain(Exception):
    """The job could not be done now. The message is kept: a sentence without personal data or secrets."""


class GiveUp(Exception):
    """The job cannot be done, however often it is tried. The message is kept, as that of TryAgain."""


class JobFailed(Exception):
    """What the library keeps of a job that stays as failed. Nothing is chained to it."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job, for whoever does it. Number and time of creation are the same at each try."""

    id: int
    created: datetime
    payload: Mapping[str, Any]


Kinds = Mapping[str, Callable[[Work], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once (2 or more), how often, and how long. Seconds, but for `at_once` and `tries`.

    Between two tries there are `first_wait` and then three times as long each time, up to `longest_wait`,
    each a quarter more or less: ten tries take four hours.
    """

    at_once: int = 10
    tries: int = 10
    first_wait: float = 10.0
    longest_wait: float = 3600.0
    try_seconds: float = 120.0
    lost_after: float = 30.0
    # Nobody is told of a retry, nor of a job that is to be taken over: these are looked for, now and then.
    look_again: float = 5.0
    grace: float = 10.0

    def wait(self, tries: int) -> timedelta:
        """How long to wait after so many tries have failed."""
        seconds = min(self.first_wait * 3.0 ** min(tries - 1, 30), self.longest_wait)
        return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311


class Worker:
    """Does the jobs of these kinds until it is told to stop. `url` must reach PostgreSQL itself: LISTEN needs
    a session of its own.
    """

    def __init__(
        self, url: str, kinds: Kinds, pace: Pace | None = None, chores: Sequence[Statement[Any]] = ()
    ) -> None:
        """`chores` take away what nobody needs any more: statements without parameters, run each hour."""
        self._url = url
        self._chores = chores
        self._kinds = kinds
        self._pace = pace or Pace()
        self._stopping = asyncio.Event()
        self._manager: QueueManager | None = None
        self._clocks: set[asyncio.Timeout] = set()

    @property
    def kinds(self) -> list[str]:
        return list(self._kinds)

    async def run(self) -> None:
        """Returns once it was told to stop and what it had is done, or given back after `grace` seconds."""
        pause = 0.5
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._work()
            except _AWAY as error:
                log.warning("PostgreSQL is away (%s): jobs wait.", type(error).__name__)
                if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                    pause = 0.5
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def stop(self) -> None:
        """Take no more jobs; those that run have `grace` seconds."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()
        for clock in self._clocks:
            self._hurry(clock)

    async def _work(self) -> None:
        """One life of the connections."""
        pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=4,
            command_timeout=self._pace.lost_after,
            server_settings={"application_name": "dwelzo worker"},
        )
        forgetting = asyncio.create_task(self._forget(pool))
        try:
            self._manager = manager = self._manage(pool)
            if self._stopping.is_set():
                manager.shutdown.set()
            await manager.run(
                dequeue_timeout=timedelta(seconds=self._pace.look_again),
                # The library wants room for two batches.
                batch_size=self._pace.at_once // 2,
                max_concurrent_tasks=self._pace.at_once,
                heartbeat_timeout=timedelta(seconds=self._pace.lost_after),
                # Else it would never notice that nobody tells it of new jobs any more.
                shutdown_on_listener_failure=True,
                # Statistics are for the library's own dashboard.
                log_aggregation_interval=timedelta(0),
            )
        finally:
            self._manager = None
            forgetting.cancel()
            await asyncio.wait({forgetting})
            try:
                await asyncio.wait_for(pool.close(), 5)
            except (*_AWAY, TimeoutError):
                pool.terminate()

    def _manage(self, pool: asyncpg.Pool) -> QueueManager:
        queries = Queries(
            AsyncpgPoolDriver(pool),
            QueryBuilderEnvironment(SETTINGS),
            QueryQueueBuilder(SETTINGS),
            QuerySchedulerBuilder(SETTINGS),
        )
        manager = QueueManager(queries, SETTINGS.channel)
        for kind, do in self._kinds.items():
            manager.register_executor(kind, _Trying(self, pool, do))
        return manager

    async def attempt(
        self, pool: asyncpg.Pool, do: Callable[[Work], Awaitable[None]], job: Taken
    ) -> Exception | None:
        """Try a job once: None where it is done, else what the library shall make of it.

        Nothing that was raised leaves this method: messages may name people, and the library keeps those of
        the whole chain.
        """
        if (taken := await pool.fetchval(TEXTS["taken"], job.id)) > MOST_TAKEN:
            return JobFailed(f"{taken - 1} workers ended in the middle of it.")
        try:
            async with asyncio.timeout(self._pace.try_seconds) as clock:
                self._clocks.add(clock)
                if self._stopping.is_set():
                    self._hurry(clock)
                try:
                    await do(Work(job.id, job.created, orjson.loads(job.payload or b"null")))
                finally:
                    self._clocks.discard(clock)
            return None
        except GiveUp as refusal:
            return JobFailed(str(refusal))
        except TryAgain as failure:
            reason = str(failure)
        except TimeoutError:
            if self._stopping.is_set():
                return RetryRequested(timedelta(0), "The worker was stopped in the middle of it.")
            reason = f"It took longer than {self._pace.try_seconds:g} s."
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            reason = f"{type(error).__name__} at {_place(frames[-1])}."
            # The frames alone: a message may name people.
            log.error("job %d: %s\n%s", job.id, reason, "".join(frames.format()))
        tries = job.attempts + 1
        if tries >= self._pace.tries:
            return JobFailed(reason)
        log.info("job %d: try %d failed: %s", job.id, tries, reason)
        return RetryRequested(self._pace.wait(tries), reason)

    def _hurry(self, clock: asyncio.Timeout) -> None:
        end = asyncio.get_running_loop().time() + self._pace.grace
        when = clock.when()
        if not clock.expired() and (when is None or when > end):
            clock.reschedule(end)

    async def _forget(self, pool: asyncpg.Pool) -> None:
        """Takes away what is known of jobs that were done long ago, and does the other chores."""
        while True:
            with suppress(*_AWAY):
                await pool.execute(TEXTS["forget"], KEPT)
                for chore in self._chores:
                    await pool.execute(chore.text)
            await asyncio.sleep(FORGET_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311


class _Trying(AbstractEntrypointExecutor):
    """How the library runs a job of ours: what fails for good is kept."""

    def __init__(self, worker: Worker, pool: asyncpg.Pool, do: Callable[[Work], Awaitable[None]]) -> None:
        async def never(_: Taken) -> None:
            raise NotImplementedError

        super().__init__(EntrypointExecutorParameters(0, never, on_failure="hold"))
        self._worker, self._pool, self._do = worker, pool, do

    async def execute(self, job: Taken, context: Context) -> None:
        del context
        failure = await self._worker.attempt(self._pool, self._do, job)
        if failure is not None:
            raise failure


def _place(frame: traceback.FrameSummary) -> str:
    file = Path(frame.filename)
    return f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name}:{frame.lineno}"
