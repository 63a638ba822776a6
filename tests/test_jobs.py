"""Jobs on a real PostgreSQL: they live and die with their transaction, are done at least once, and what
fails is tried again, kept, looked at and thrown away.
"""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import pytest
from pgqueuer.adapters.persistence.queries import Queries

from server.config import ROOT
from server.database import Database, Session
from server.jobs import discard_job, enqueue, find_job, list_jobs, retry_job
from server.jobs.worker import MOST_TAKEN, GiveUp, Kinds, Pace, TryAgain, Work, Worker
from tests.asking import Installation

ACTOR = UUID(int=1)
QUICK = Pace(first_wait=0.01, longest_wait=0.02, tries=4, look_again=0.1)
# The library's function that wakes workers, which ours does the same as; see the test of the tables.
ITS_FUNCTION = "de6f5d67"


@pytest.fixture
async def database(own: Installation) -> AsyncIterator[Database]:
    database = Database(own.url)
    await database.connect()
    yield database
    await database.disconnect()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[Session]:
    async with database.session() as session:
        yield session


@asynccontextmanager
async def working(url: str, kinds: Kinds, pace: Pace = QUICK) -> AsyncIterator[Worker]:
    worker = Worker(url, kinds, pace)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(running, 30)


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def in_transaction(session: Session, *payloads: object) -> list[int]:
    async with session.transaction(ACTOR):
        return [await enqueue(session, "test", {"value": payload}) for payload in payloads]


async def nothing_left(session: Session) -> bool:
    return await list_jobs(session) == []


async def has_failed(session: Session) -> bool:
    return len(await list_jobs(session, state="failed")) == 1


async def test_the_tables_are_as_the_library_wants_them(own: Installation) -> None:
    """A new version of pgqueuer that wants others fails here: write a migration that makes what `plan` says.
    Of the function it compares the text, and ours is another one; where the library's changes, look again.
    """
    async with own.connection() as connection:
        queries = Queries.from_asyncpg_connection(connection)
        plan = await queries.plan_upgrade()
        (function,) = plan.statements
        assert function.startswith("CREATE OR REPLACE FUNCTION fn_pgqueuer_changed()")
        assert hashlib.sha256(function.encode()).hexdigest()[:8] == ITS_FUNCTION
        assert plan.notes == ()


async def test_ours_is_the_librarys_own_way_in(own: Installation) -> None:
    """`enqueue_job` leaves the same rows as the library's enqueue."""
    async with own.connection() as connection, connection.transaction():
        await Queries.from_asyncpg_connection(connection).enqueue("test", b"{}")
        await connection.execute("select enqueue_job('test', '{}')")
        theirs, ours = await connection.fetch("select * from pgqueuer order by id")
        assert {**theirs, "id": None} == {**ours, "id": None}
        theirs, ours = await connection.fetch("select * from pgqueuer_log order by id")
        assert {**theirs, "id": None, "job_id": None} == {**ours, "id": None, "job_id": None}


async def test_a_job_lives_and_dies_with_its_transaction(own: Installation, session: Session) -> None:
    done = []

    async def do(work: Work) -> None:
        done.append(work.payload["value"])

    # Longer than the test: the worker is told of what is new.
    async with working(own.url, {"test": do}, Pace(look_again=120.0)):
        with pytest.raises(ZeroDivisionError):
            async with session.transaction(ACTOR):
                await enqueue(session, "test", {"value": "rolled back"})
                raise ZeroDivisionError
        async with session.transaction(ACTOR):
            await enqueue(session, "test", {"value": "committed"})
            # Not before the commit, however long that takes.
            await asyncio.sleep(0.3)
            assert done == []
        with session.writing(ACTOR):
            await enqueue(session, "test", {"value": "at once"})
        await eventually(lambda: nothing_left(session))
    assert done == ["committed", "at once"]


async def test_two_workers_do_each_job_once_in_order_and_so_many_at_a_time(
    own: Installation, session: Session
) -> None:
    began: list[int] = []
    together = most = 0

    async def do(work: Work) -> None:
        nonlocal together, most
        began.append(work.payload["value"])
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.002)
        together -= 1

    pace = Pace(at_once=4, lost_after=60.0)
    await in_transaction(session, *range(60))
    async with working(own.url, {"test": do}, pace):
        await eventually(lambda: nothing_left(session))
    # As they were enqueued, but for those that are in work at the same time.
    assert all(abs(value - place) <= pace.at_once for place, value in enumerate(began))
    assert 1 < most <= 4
    await in_transaction(session, *range(60, 160))
    async with working(own.url, {"test": do}, pace), working(own.url, {"test": do}, pace):
        await eventually(lambda: nothing_left(session))
    assert sorted(began) == list(range(160))
    assert most <= 8


async def test_what_fails_is_tried_again_and_kept_in_the_end(own: Installation, session: Session) -> None:
    tries = 0

    async def do(work: Work) -> None:
        nonlocal tries
        tries += 1
        if work.payload["value"] == "hopeless":
            raise GiveUp("It is hopeless.")
        if tries < work.payload["value"]:
            raise TryAgain(f"Try {tries} came to nothing.")

    async with working(own.url, {"test": do}):
        await in_transaction(session, 3)
        await eventually(lambda: nothing_left(session))
        assert tries == 3

        tries = 0
        (id,) = await in_transaction(session, 6)
        await eventually(lambda: has_failed(session))
        (job,) = await list_jobs(session)
        assert (job.id, job.kind, job.attempts, tries) == (id, "test", 4, 4)
        assert job.last_error == "Try 4 came to nothing."
        assert await retry_job(session, id)
        await eventually(lambda: nothing_left(session))
        assert tries == 6
        assert not await retry_job(session, id)
        assert not await discard_job(session, id)

        tries = 0
        (id,) = await in_transaction(session, "hopeless")
        await eventually(lambda: has_failed(session))
        assert tries == 1
    job = await find_job(session, id)
    assert job is not None and (job.state, job.last_error) == ("failed", "It is hopeless.")
    assert await discard_job(session, id)
    assert await find_job(session, id) is None


async def test_lists_have_pages_and_filters(session: Session) -> None:
    ids = await in_transaction(session, 1, 2, 3)
    async with session.transaction(ACTOR):
        other = await enqueue(session, "other", {})
    assert [job.id for job in await list_jobs(session)] == [*ids, other]
    assert [job.id for job in await list_jobs(session, first=2)] == ids[:2]
    assert [job.id for job in await list_jobs(session, after=ids[1], kind="test")] == ids[2:]
    assert await list_jobs(session, state="running") == []
    assert {(job.state, job.attempts, job.last_error) for job in await list_jobs(session)} == {
        ("queued", 0, None)
    }


async def test_nothing_that_was_raised_is_kept_or_logged(
    own: Installation, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    async def do(work: Work) -> None:
        try:
            raise LookupError(secrets[0])
        except LookupError as error:
            raise ValueError(secrets[1]) from error

    secrets = ["joe@example.com", "dwz_reset_secret"]

    caplog.set_level("DEBUG")
    async with working(own.url, {"test": do}):
        await in_transaction(session, 1)
        await eventually(lambda: has_failed(session))
    (job,) = await list_jobs(session)
    assert job.last_error is not None
    assert job.last_error.startswith("ValueError at tests/test_jobs.py:")
    kept = await own.value("select coalesce(string_agg(l::text, ''), '') from pgqueuer_log as l")
    for secret in secrets:
        assert secret not in kept + caplog.text
    assert "tests/test_jobs.py" in caplog.text


async def test_one_that_takes_too_long_is_tried_again(own: Installation, session: Session) -> None:
    tries = []

    async def do(work: Work) -> None:
        tries.append(work.id)
        await asyncio.sleep(60 if len(tries) == 1 else 0)

    async with working(own.url, {"test": do}, Pace(first_wait=0.01, try_seconds=0.2, look_again=0.1)):
        await in_transaction(session, 1)
        await eventually(lambda: nothing_left(session))
    assert len(tries) == 2


async def test_who_stops_finishes_what_it_has_or_gives_it_back(own: Installation, session: Session) -> None:
    began, done = asyncio.Semaphore(0), []

    async def do(work: Work) -> None:
        began.release()
        await asyncio.sleep(work.payload["value"])
        done.append(work.payload["value"])

    async with working(own.url, {"test": do}, Pace(grace=0.5)):
        await in_transaction(session, 0.2, 60)
        await began.acquire()
        await began.acquire()
    assert done == [0.2]
    (job,) = await list_jobs(session)
    assert (job.state, job.last_error) == ("queued", "The worker was stopped in the middle of it.")


async def test_a_worker_finds_its_way_back_to_postgresql(own: Installation, session: Session) -> None:
    done = []

    async def do(work: Work) -> None:
        done.append(work.payload["value"])

    async with working(own.url, {"test": do}):
        await in_transaction(session, 1)
        await eventually(lambda: nothing_left(session))
        ended = await own.value(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name = 'dwelzo worker' and datname = current_database()"
        )
        assert ended >= 1
        await in_transaction(session, 2)
        await eventually(lambda: nothing_left(session))
    assert done == [1, 2]


@contextmanager
def worker_process(url: str, do: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A worker of its own process, whose jobs do this."""
    script = f"""
        import asyncio, os, sys
        from server.jobs.worker import Pace, Worker
        async def do(work):
            {do}
        asyncio.run(Worker({url!r}, {{"test": do}}, Pace(lost_after=1.0)).run())
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_another_takes_over_from_a_worker_that_was_killed(own: Installation, session: Session) -> None:
    """Also: variables that the library would read, and that may stand in anybody's shell, change nothing."""
    done = []

    async def do(work: Work) -> None:
        done.append(work.payload["value"])

    strangers = {"CHANNEL": "elsewhere", "FUNCTION": "nothing", "TRIGGER": "never", "QUEUE_TABLE": "none"}
    with worker_process(own.url, "print('began', flush=True); await asyncio.sleep(60)", **strangers) as first:
        (id,) = await in_transaction(session, 1)
        assert first.stdout is not None
        assert await asyncio.to_thread(first.stdout.readline) == "began\n"
        job = await find_job(session, id)
        assert job is not None and (job.state, job.attempts) == ("running", 1)
        assert not await retry_job(session, id) and not await discard_job(session, id)
        first.send_signal(signal.SIGKILL)
        first.wait()
        async with working(own.url, {"test": do}, Pace(lost_after=1.0, look_again=0.1)):
            await eventually(lambda: nothing_left(session))
    assert done == [1]


async def test_a_job_that_ends_its_workers_is_given_up(own: Installation, session: Session) -> None:
    """As if so many workers had been killed in its middle."""
    done = []

    async def do(work: Work) -> None:
        done.append(work.id)

    (id,) = await in_transaction(session, 1)
    await own.database.execute(
        "update pgqueuer set status = 'picked', heartbeat = now() - interval '1 hour' where id = $1", id
    )
    await own.database.execute(
        "insert into pgqueuer_log (job_id, status, priority, entrypoint)"
        " select $1, 'picked', 0, 'test' from generate_series(1, $2)",
        id,
        MOST_TAKEN,
    )
    async with working(own.url, {"test": do}):
        await eventually(lambda: has_failed(session))
        job = await find_job(session, id)
        assert job is not None and job.last_error == f"{MOST_TAKEN} workers ended in the middle of it."
        assert done == []
        # An admin may see it otherwise.
        await retry_job(session, id)
        await eventually(lambda: nothing_left(session))
    assert done == [id]


async def test_what_is_known_of_jobs_that_are_done_goes_after_a_month(
    own: Installation, session: Session
) -> None:
    async def do(work: Work) -> None:
        raise GiveUp("No.")

    async with working(own.url, {"test": do}):
        await in_transaction(session, 1)
        await eventually(lambda: has_failed(session))
    await own.database.execute(
        "insert into pgqueuer_log (job_id, status, priority, entrypoint) values (0, 'successful', 0, 'test')"
    )
    await own.database.execute("update pgqueuer_log set created = now() - interval '31 days'")

    async def forgotten() -> bool:
        return await own.value("select count(*) from pgqueuer_log where job_id = 0") == 0

    async with working(own.url, {}):
        await eventually(forgotten)
    (job,) = await list_jobs(session)
    assert job.last_error == "No."


def test_waits_grow_and_are_spread() -> None:
    pace = Pace()
    waits = [[pace.wait(tries).total_seconds() for _ in range(50)] for tries in range(1, pace.tries)]
    for tries, spread in enumerate(waits):
        middle = min(10 * 3**tries, 3600)
        assert middle * 0.75 <= min(spread) < middle < max(spread) <= middle * 1.25
    assert Pace().wait(10_000).total_seconds() <= 4500
    assert 3 * 3600 < sum(min(each) for each in waits) < sum(max(each) for each in waits) < 6 * 3600


async def test_postgresql_away_at_the_start_is_waited_for() -> None:
    worker = Worker("postgresql://nobody@127.0.0.1:1/none", {}, QUICK)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.2)
    assert not running.done()
    worker.stop()
    await asyncio.wait_for(running, 10)


async def test_the_way_in_needs_no_library(own: Installation) -> None:
    """The server enqueues without what the worker runs on, which would cost it memory and time to start."""
    script = "import sys, server.mail; sys.exit('pgqueuer' in sys.modules or 'jinja2' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT)
    assert await process.wait() == 0
