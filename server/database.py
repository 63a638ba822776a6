"""The database as a request sees it: one session, one connection, its statements in order.

`databases` carries the pool, the connections and the transactions and stays behind this file; the prepared
text of a statement runs on its `raw_connection`, the asyncpg connection, because its own compile step and row
wrapper cost more than the query (docs/decisions/database-session.md).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import asyncpg
import databases
from databases.core import Connection

from server.errors import Overloaded, TimedOut, Unavailable
from server.sql import R, Row, Statement

K = TypeVar("K", bound=Hashable)

_AWAY = "The database does not answer. Try again in a moment."

_GIVEN_UP = "The database gave the request up. Ask for less at a time."

# What is raised where PostgreSQL is away, goes away, or has no connection left to give.
_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


async def _keep_as_it_is(_: asyncpg.Connection) -> None:
    """Instead of asyncpg's reset query at each release, which costs more than most statements.

    Nothing is left to reset: there is no session state (`set_config(…, true)` ends with its transaction), no
    LISTEN and no advisory lock on a pooled connection.
    """


# Where PostgreSQL's binary forms of days and instants count from.
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def _set_codecs(connection: asyncpg.Connection) -> None:
    """How values of some types go to and come from PostgreSQL; it asks the server nothing."""
    await _take_every_day(connection)
    # JSON that PostgreSQL wrote goes into the answer as it is: as bytes, neither decoded nor parsed.
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
    )


async def _take_every_day(connection: asyncpg.Connection) -> None:
    """Days and instants go to PostgreSQL as they are, also in lists.

    asyncpg's own codecs send the first and the last that Python has (0001-01-01 and 9999-12-31, and the first
    and the last microsecond of them) as infinities, which no row holds and no row equals.
    """
    await connection.set_type_codec(
        "date",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda day: (day.toordinal() - _EPOCH_DAY,),
        decoder=lambda since: date.fromordinal(since[0] + _EPOCH_DAY),
    )
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda instant: ((instant - _EPOCH) // _MICROSECOND,),
        decoder=lambda since: _EPOCH + timedelta(microseconds=since[0]),
    )


class Database:
    """At most `size` connections; a session that finds none free waits at most `wait` seconds. PostgreSQL
    gives a statement up after `statement_seconds`, should the request that asked be gone without a word.

    The pool of `databases` opens and closes them. Between two sessions a connection is kept here, out of the
    pool: asyncpg's bookkeeping of taking and giving back costs as much as a short statement.
    """

    def __init__(
        self, url: str, *, size: int = 10, wait: float = 5.0, statement_seconds: float = 10.0
    ) -> None:
        self._databases = databases.Database(
            url,
            min_size=1,
            max_size=size,
            init=_set_codecs,
            reset=_keep_as_it_is,
            # A composed statement takes a quarter of a megabyte of PostgreSQL's memory, on each connection.
            statement_cache_size=100,
            # It is longer than what asyncpg keeps prepared by default.
            max_cacheable_statement_size=200_000,
            server_settings={
                "application_name": "dwelzo",
                "timezone": "UTC",
                "jit": "off",
                "statement_timeout": f"{statement_seconds * 1000:.0f}",
            },
        )
        self._wait = wait
        self._turns = asyncio.Semaphore(size)
        self._idle: list[Connection] = []

    async def connect(self) -> None:
        await self._databases.connect()

    async def disconnect(self) -> None:
        while self._idle:
            await self._idle.pop().__aexit__()
        await self._databases.disconnect()

    def session(self) -> "Session":
        return Session(self)

    async def take(self) -> Connection:
        """A connection of one's own, whatever task asks: `databases` would give every task another one."""
        if self._turns.locked():
            try:
                async with asyncio.timeout(self._wait):
                    await self._turns.acquire()
            except TimeoutError:
                raise Overloaded("Every database connection is busy. Try again in a moment.") from None
        else:
            await self._turns.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if _is_alive(connection):
                    return connection
                await connection.__aexit__()
            connection = Connection(self._databases, self._databases._backend)
            async with asyncio.timeout(self._wait):
                return await connection.__aenter__()
        except BaseException as error:
            self._turns.release()
            if isinstance(error, (*_GONE, TimeoutError)):
                raise Unavailable(_AWAY) from error
            raise

    async def give_back(self, connection: Connection, *, unharmed: bool) -> None:
        """Keeps a connection for the next; one whose statement was cancelled or refused goes through the
        pool, which waits until PostgreSQL has noticed, and one left in a transaction is closed.
        """
        try:
            if _is_alive(connection):
                raw = connection.raw_connection
                if unharmed and not raw.is_in_transaction():
                    self._idle.append(connection)
                    return
                if raw.is_in_transaction():
                    raw.terminate()
            await connection.__aexit__()
        finally:
            self._turns.release()


class Session:
    """One request's use of the database: no connection before the first statement, then one for all.

    Statements run one after the other (asyncpg takes one at a time); each sees what was committed when it
    began. Inside `transaction` they share the transaction. `turned_away` says why there was no connection: no
    statement has run then, and none will.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._lost = False
        self._writer: UUID | None = None
        self.turned_away: Overloaded | None = None
        self._afterwards: list[Callable[[], Awaitable[None]]] = []
        self.statements = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A statement that the request left behind comes to its end, and none follows it.
        self._lost = True
        ending = self._end(unharmed=error is None)
        if error is None and not self._turn.locked():
            await ending
        else:
            # Whoever is cancelled meanwhile does not take the connection with them.
            await asyncio.shield(ending)

    async def _end(self, *, unharmed: bool) -> None:
        async with self._turn:
            connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.give_back(connection, unharmed=unharmed)

    async def fetch(self, text: str, arguments: Sequence[Any], row: type[R]) -> list[R]:
        """All rows of a statement, in its order."""
        async with self._turn:
            if self._lost:
                raise Unavailable(_AWAY)
            if self._writer is not None:
                text, arguments = _as_actor(text, len(arguments)), (*arguments, str(self._writer))
            raw = (await self._open()).raw_connection
            self.statements += 1
            try:
                rows: list[R] = await raw.fetch(text, *arguments, record_class=row)
            except _GONE as error:
                self._lost = True
                raise Unavailable(_AWAY) from error
            except asyncpg.QueryCanceledError as error:
                # The request's own time ends before; whoever is here was stuck, or an operator has ended it.
                raise TimedOut(_GIVEN_UP) from error
            return rows

    async def one(self, statement: Statement[R], *arguments: Any) -> R | None:
        """The row of a `:one` statement, or None where there is none."""
        rows = await self.fetch(statement.text, arguments, statement.row)
        return rows[0] if rows else None

    async def many(self, statement: Statement[R], *arguments: Any) -> list[R]:
        """The rows of a `:many` statement."""
        return await self.fetch(statement.text, arguments, statement.row)

    async def execute(self, statement: Statement[Row], *arguments: Any) -> None:
        """Runs an `:exec` statement."""
        await self.fetch(statement.text, arguments, statement.row)

    async def batch_one(self, statement: Statement[R], keys: Sequence[K], *arguments: Any) -> list[R | None]:
        """For each key its row or None, in the order of the keys."""
        found = {
            row[statement.key]: row for row in await self.fetch(statement.text, arguments, statement.row)
        }
        return [found.get(key) for key in keys]

    async def batch_many(self, statement: Statement[R], keys: Sequence[K], *arguments: Any) -> list[list[R]]:
        """For each key its rows, in the statement's order; an empty list where there are none."""
        return by_key(keys, await self.fetch(statement.text, arguments, statement.row), statement.key)

    @contextmanager
    def writing(self, actor: UUID) -> Iterator[None]:
        """Each statement within is a transaction of its own that knows its actor, in one round trip."""
        self._writer = actor
        try:
            yield
        finally:
            self._writer = None

    @asynccontextmanager
    async def transaction(
        self, actor: UUID | None, address: str | None = None, *, service_token: UUID | None = None
    ) -> AsyncIterator[None]:
        """A transaction that knows its actor, a user or a service by its token, and from where they act, for
        history and audit; committed unless the block raises.
        """
        connection = await self._open()
        try:
            async with connection.transaction():
                await connection.raw_connection.execute(
                    """select set_config('dwelzo.actor', $1, true), set_config('dwelzo.address', $2, true),
                    set_config('dwelzo.service_token', $3, true)""",
                    str(actor or ""),
                    address or "",
                    str(service_token or ""),
                )
                yield
            while self._afterwards:
                await self._afterwards.pop()()
        except asyncpg.QueryCanceledError as error:
            raise TimedOut(_GIVEN_UP) from error
        except _GONE as error:
            # Whether a commit that was under way came through, nobody can say.
            self._lost = True
            raise Unavailable(_AWAY) from error
        finally:
            self._afterwards = []

    async def rest(self) -> None:
        """Gives the connection back while the request waits for something else than the database."""
        async with self._turn:
            connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.give_back(connection, unharmed=True)

    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        """What is to be done once the transaction holds, and before anybody is told so; nothing if it does
        not.
        """
        self._afterwards.append(action)

    async def _open(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = await self._database.take()
            except Overloaded as error:
                self._lost, self.turned_away = True, error
                raise
        return self._connection


@lru_cache(maxsize=256)
def _as_actor(text: str, parameters: int) -> str:
    """A writing statement that sets its actor before its triggers, which run at its end, ask for it."""
    actor = f"actor as materialized (select set_config('dwelzo.actor', ${parameters + 1}, true))"
    # Both are our own texts: no value of a client is in either.
    return f"with {actor}, written as (\n{text}\n) select written.* from written, actor"  # noqa: S608


def _is_alive(connection: Connection) -> bool:
    try:
        return not connection.raw_connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool took it back when it broke.
        return False


def by_key(keys: Sequence[K], rows: Sequence[R], column: str) -> list[list[R]]:
    """Rows sorted into one list a key, each in the order they came."""
    found: dict[Any, list[R]] = {key: [] for key in keys}
    for row in rows:
        found[row[column]].append(row)
    return [found[key] for key in keys]
