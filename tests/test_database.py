"""A request and its database: one connection, in order, given back whatever happens, and never a hang."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
from starlette.types import ASGIApp

import resolvers
from server.auth.authority import Authority
from server.config import ROOT, load_settings
from server.database import Database, by_key
from server.documents import Documents
from server.errors import Unavailable
from server.execution.answering import Engine
from server.execution.plans import Plans
from server.graphql import GRAPHQL_JSON, GraphQL, RequestLimits
from server.limits.admission import Admission
from server.limits.windows import Counters
from server.persisted import PersistedDocuments
from server.policy import Policy
from server.redis import Redis
from server.schema import build_schema, resolver_modules
from server.sql import Row
from tests.asking import Answer, Installation

PAGE = "{ offices(first: 3) { nodes { officeName members(first: 2) { nodes { memberFullName } } } } }"


@asynccontextmanager
async def opened(
    url: str, *, size: int = 1, wait: float = 5.0, statement_seconds: float = 10.0
) -> AsyncIterator[Database]:
    database = Database(url, size=size, wait=wait, statement_seconds=statement_seconds)
    await database.connect()
    try:
        yield database
    finally:
        await database.disconnect()


@pytest.fixture(scope="module")
def endpoint(services: dict[str, str]) -> Callable[[Database], ASGIApp]:
    """The endpoint over a database that the test opened."""
    schema = build_schema(ROOT / "schema", resolver_modules(resolvers))

    def make(database: Database) -> ASGIApp:
        policy = Policy(schema, page_size_max=100, cost_limit=10_000)
        plans = Plans(schema)
        redis = Redis("redis://127.0.0.1:9/0", 0.05)
        authority = Authority.of(load_settings(services), database, redis, Counters(redis))
        documents, engine = Documents(schema, policy, plans), Engine(schema, plans)
        persisted = PersistedDocuments({}, None)
        return GraphQL(
            documents,
            persisted,
            engine,
            database,
            authority,
            policy,
            RequestLimits(),
            Admission(64, 10.0),
        )

    return make


async def ask(app: ASGIApp, document: str) -> Answer:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        headers = {"accept": GRAPHQL_JSON}
        return Answer.read(await http.post("/graphql", json={"query": document}, headers=headers))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110  # the database tells nobody
            await asyncio.sleep(0.01)


async def test_a_session_takes_no_connection_before_its_first_statement(sample: Installation) -> None:
    async with opened(sample.url, size=1, wait=0.1) as database, database.session() as one:
        async with database.session() as other:
            assert await other.fetch("select 1 as one", (), Row)
        assert one.statements == 0
        (row,) = await one.fetch("select 1 as one", (), Row)
        assert (row["one"], row.one, one.statements) == (1, 1, 1)


async def test_statements_of_one_session_run_one_after_the_other_on_one_connection(
    sample: Installation,
) -> None:
    async with opened(sample.url, size=4) as database, database.session() as session:
        texts = [f"select {number} as number, pg_backend_pid() as pid" for number in range(20)]
        found = await asyncio.gather(*[session.fetch(text, (), Row) for text in texts])
        assert [rows[0]["number"] for rows in found] == list(range(20))
        assert len({rows[0]["pid"] for rows in found}) == 1
        assert session.statements == 20


async def test_ten_requests_at_once_on_one_connection(
    sample: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    async with opened(sample.url, size=1) as database:
        app = endpoint(database)
        answers = await asyncio.gather(*[ask(app, PAGE) for _ in range(10)])
    assert all(answer == answers[0] and answer.status == 200 for answer in answers)
    assert {answer.statements for answer in answers} == {1}


async def test_a_pool_that_is_exhausted_is_unavailable_after_its_wait(
    sample: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    async with opened(sample.url, size=1, wait=0.2) as database:
        app = endpoint(database)
        async with database.session() as busy:
            await busy.fetch("select 1", (), Row)
            began = time.monotonic()
            answer = await ask(app, PAGE)
            waited = time.monotonic() - began
        assert answer.codes == ["UNAVAILABLE"]
        assert answer["errors"][0]["message"] == "Every database connection is busy. Try again in a moment."
        assert answer.status == 503
        assert 0.2 <= waited < 3
        assert (await ask(app, PAGE)).status == 200
        # What needs no database is answered all the same.
        async with database.session() as busy:
            await busy.fetch("select 1", (), Row)
            assert await ask(app, "{ __typename }") == {"data": {"__typename": "Query"}}


async def test_a_statement_that_nobody_stops_is_stopped_by_postgresql(
    own: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    """And told as what it is, also where the statement is a composed one."""
    async with opened(own.url, statement_seconds=0.2) as database, own.connection() as other:
        app = endpoint(database)
        async with other.transaction():
            await other.execute("lock table office")
            answer = await ask(app, PAGE)
        assert (answer.codes, answer.status) == (["TIMEOUT"], 504)
        assert (await ask(app, PAGE)).status == 200


async def test_a_cancelled_request_gives_its_connection_back(
    own: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    async with opened(own.url, size=1, wait=5) as database:
        app = endpoint(database)
        for _ in range(3):
            async with own.connection() as locker, locker.transaction():
                await locker.execute("lock table member in access exclusive mode")
                request = asyncio.create_task(ask(app, PAGE))
                await until(
                    lambda: own.value(
                        """select exists (select from pg_stat_activity where wait_event_type = 'Lock'
                        and datname = current_database())"""
                    )
                )
                request.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await request
        assert (await ask(app, PAGE)).status == 200
        assert not await own.value(
            """select exists (select from pg_stat_activity where application_name = 'dwelzo'
            and datname = current_database() and state <> 'idle')"""
        )


async def test_a_cancelled_wait_for_a_connection_takes_none(
    sample: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    async with opened(sample.url, size=1, wait=5) as database:
        app = endpoint(database)
        async with database.session() as busy:
            await busy.fetch("select 1", (), Row)
            request = asyncio.create_task(ask(app, PAGE))
            await asyncio.sleep(0.1)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
        assert (await ask(app, PAGE)).status == 200


async def test_who_leaves_while_a_statement_ends_takes_no_connection(own: Installation) -> None:
    """A session that ends waits for what its request left behind; it may be cancelled in this wait."""
    async with opened(own.url, size=1, wait=5) as database:
        session = database.session()
        async with own.connection() as locker, locker.transaction():
            await locker.execute("lock table member in access exclusive mode")
            left = asyncio.create_task(session.fetch("select count(*) from member", (), Row))
            await until(
                lambda: own.value("select exists (select from pg_locks where not granted)"),
            )
            ending = asyncio.create_task(session.__aexit__(None, None, None))
            await asyncio.sleep(0)
            ending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ending
        assert await left
        async with database.session() as other:
            assert await other.fetch("select 1", (), Row)


async def test_a_transaction_knows_its_actor_and_is_rolled_back_by_an_error(own: Installation) -> None:
    actor = UUID(int=5)
    statement = "select current_setting('dwelzo.actor', true) as actor"
    async with opened(own.url, size=1) as database, database.session() as session:
        async with session.transaction(actor):
            assert (await session.fetch(statement, (), Row))[0]["actor"] == str(actor)
            await session.fetch("insert into user_account (display_name) values ('kept')", (), Row)
        assert (await session.fetch(statement, (), Row))[0]["actor"] in (None, "")
        with pytest.raises(KeyError):
            async with session.transaction(actor):
                await session.fetch("insert into user_account (display_name) values ('gone')", (), Row)
                raise KeyError
        assert (await session.fetch(statement, (), Row))[0]["actor"] in (None, "")
    rows = await own.sql("select display_name from user_account where display_name in ('kept', 'gone')")
    assert rows == [{"display_name": "kept"}]


async def pid_of(database: Database) -> int:
    """The process of PostgreSQL that the next session is given."""
    async with database.session() as session:
        (row,) = await session.fetch("select pg_backend_pid() as pid", (), Row)
    return row["pid"]


async def test_the_next_session_is_given_the_same_connection(sample: Installation) -> None:
    async with opened(sample.url, size=1) as database:
        assert await pid_of(database) == await pid_of(database)


async def test_a_connection_left_in_a_transaction_is_nobody_elses(sample: Installation) -> None:
    async with opened(sample.url, size=1) as database:
        first = await pid_of(database)
        async with database.session() as session:
            await session.fetch("begin", (), Row)
        assert await pid_of(database) != first


async def test_a_connection_that_died_between_two_sessions_is_replaced(own: Installation) -> None:
    async with opened(own.url, size=1) as database:
        first = await pid_of(database)
        await own.sql("select pg_terminate_backend($1, 5000)", first)
        await asyncio.sleep(0.1)
        assert await pid_of(database) != first


async def test_a_connection_that_breaks_in_a_statement_is_unavailable(
    own: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    async with opened(own.url, size=1, wait=5) as database:
        app = endpoint(database)
        async with own.connection() as locker, locker.transaction():
            await locker.execute("lock table member in access exclusive mode")
            request = asyncio.create_task(ask(app, PAGE))
            waiting = """select pid from pg_stat_activity where wait_event_type = 'Lock'
                and datname = current_database()"""

            async def is_waiting() -> bool:
                return await own.value(waiting) is not None

            await until(is_waiting)
            await own.value(f"select pg_terminate_backend(({waiting}))")
            answer = await request
        assert set(answer.codes) == {"UNAVAILABLE"}
        assert answer.status == 503
        assert (await ask(app, PAGE)).status == 200


class Wire:
    """What lies between the server and PostgreSQL, to be cut and mended."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._url = parts
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        host = self._url.netloc.rpartition("@")[0]
        return self._url._replace(netloc=f"{host}@127.0.0.1:{self.port}").geturl()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
            self._open.discard(writer)


async def test_a_database_that_is_gone_is_unavailable_until_it_is_back(
    sample: Installation, endpoint: Callable[[Database], ASGIApp]
) -> None:
    wire = Wire(sample.url)
    await wire.mend()
    async with opened(wire.url, size=2, wait=2) as database:
        app = endpoint(database)
        assert (await ask(app, PAGE)).status == 200
        await wire.cut()
        for _ in range(3):
            began = time.monotonic()
            answer = await ask(app, PAGE)
            assert answer.refusal == ("UNAVAILABLE", "The database does not answer. Try again in a moment.")
            assert answer.status == 503
            assert time.monotonic() - began < 3
        assert (await ask(app, "{ __typename }")).status == 200
        await wire.mend()
        assert (await ask(app, PAGE)).status == 200
    await wire.cut()


async def test_no_connection_to_be_had(sample: Installation) -> None:
    async with opened(sample.url, size=1, wait=0.05) as database, database.session() as one:
        await one.fetch("select 1", (), Row)
        async with database.session() as other:
            with pytest.raises(Unavailable):
                await other.fetch("select 1", (), Row)


def test_rows_by_key_are_in_the_order_of_the_keys() -> None:
    class Pair(dict[str, int]):
        pass

    rows = [Pair(key=2, value=1), Pair(key=1, value=2), Pair(key=2, value=3)]
    assert by_key([1, 2, 3], rows, "key") == [[rows[1]], [rows[0], rows[2]], []]


async def test_a_row_without_the_column_says_so(sample: Installation) -> None:
    async with opened(sample.url) as database, database.session() as session:
        (row,) = await session.fetch("select 1 as one", (), Row)
        with pytest.raises(AttributeError, match="two"):
            _ = row.two
    assert isinstance(row, asyncpg.Record)
