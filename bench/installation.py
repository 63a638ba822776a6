"""What is measured: PostgreSQL with the data, and one process that serves as `./dwelzo up` does.

Its state folder is kept, so that the data are made once. Nothing of the environment's settings is used:
numbers of two machines shall differ by the machines.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import asyncpg

from server.auth.keys import Keys
from server.auth.tokens import Tokens
from server.config import ROOT, variables
from server.embedded import Embedded
from server.embedded.processes import Command, end, end_left_over, free_port, log_file, start
from server.embedded.services import HOST, ObjectStorage, PostgreSQL, Valkey
from server.embedded.state import StateFolder
from server.ingest.importer import OnProgress
from server.ingest.invention import REFERENCE, uuid_of
from server.ingest.synthetic import generate
from server.migrations import migrate

_SERVER = "server"
_READY_SECONDS = 60.0
# As in production, but for the page that Q4 asks for; the page for browsers takes no part.
_SERVED = {"PAGE_SIZE_MAX": "200", "DATABASE_POOL_SIZE": "10", "GRAPHIQL": "false"}
# Rates that nobody comes to.
_RATES = {
    False: {"RATE_LIMITS": "false"},
    True: {
        "RATE_LIMITS": "true",
        "RATE_REQUESTS": "1000000000/minute",
        "RATE_REQUESTS_ANONYMOUS": "1000000000/minute",
        "RATE_POINTS": "1000000000/hour",
        "RATE_POINTS_ANONYMOUS": "1000000000/hour",
    },
}

# Ids begin with the time they were made at, and all that is made up lies before the reference.
_AFTER_THE_DATA = uuid_of(REFERENCE, (1 << 74) - 1)


class ServerFailed(Exception):
    """The server that was to be measured does not answer as it should; the message says how."""


class BenchPostgreSQL(PostgreSQL):
    """PostgreSQL with memory for all of the data, whose commits do not wait for the disk of this machine."""

    settings: ClassVar[dict[str, str]] = {
        **PostgreSQL.settings,
        "synchronous_commit": "off",
        "effective_cache_size": "4GB",
        "max_connections": "200",
        "checkpoint_timeout": "30min",
    }


@dataclass(frozen=True)
class Installation:
    """The services and their data. `environment` is what the server is told of them."""

    properties: int
    environment: Mapping[str, str]
    state: StateFolder
    postmaster: int

    @property
    def url(self) -> str:
        return self.environment["DATABASE_DIRECT_URL"]

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(Keys([self.environment["SECRET_KEY"]]))

    def token(self, author: UUID) -> str:
        """An access token of a user, for a day."""
        return self._tokens.sign(author, author, 86_400)

    async def prepare(self, on_progress: OnProgress | None = None) -> None:
        """See to it that the data are there, and nothing besides."""
        await migrate(self.url)
        note = {"properties": self.properties}
        if self.state.read("data") != note:
            await generate(self.url, self.properties, on_progress=on_progress)
            async with self.connection() as connection:
                # As in a database that has served for a while: every row is known to be visible to everybody.
                await connection.execute("vacuum (analyze)")
                await connection.execute("checkpoint")
            self.state.write("data", note)
        await self._sign_in()
        await self.restore()

    async def _sign_in(self) -> None:
        """A session for each user, of the user's own id."""
        async with self.connection() as connection:
            await connection.execute(
                """insert into user_session (id, user_id, expiration_timestamp)
                select id, id, now() + interval '30 days' from user_account
                on conflict (id) do update set expiration_timestamp = excluded.expiration_timestamp"""
            )

    async def restore(self) -> None:
        """Leave nothing of the reviews that were written through the server."""
        async with self.connection() as connection:
            if await self.forget_reviews(connection):
                await self.tidy_up(connection)

    async def forget_reviews(self, connection: asyncpg.Connection) -> int:
        """Delete the reviews that were written through the server; how many there were."""
        outcome = await connection.execute("delete from review where id > $1", _AFTER_THE_DATA)
        return int(outcome.rpartition(" ")[2])

    async def tidy_up(self, connection: asyncpg.Connection) -> None:
        """Clear away what deleted reviews leave behind."""
        await connection.execute("vacuum (analyze) review")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """To the database itself, past the server."""
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass(frozen=True)
class Server:
    """The one process that answers."""

    pid: int
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/graphql"

    def ask(self, body: bytes, token: str | None = None) -> bytes:
        """The answer to one request."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("POST", "/graphql", body, headers)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def installation(home: Path, properties: int) -> Iterator[Installation]:
    """The services, in a folder of their own for each size of data."""
    embedded = Embedded(home / str(properties), (BenchPostgreSQL(), Valkey(), ObjectStorage()))
    with embedded as environment:
        end_left_over(_SERVER, signal.SIGINT, embedded.state)
        postmaster = int(embedded.state.read(PostgreSQL.name)["pid"])
        yield Installation(properties, environment, embedded.state, postmaster)


@contextmanager
def serving(
    made: Installation, module: tuple[str, ...] = ("server/cli", "up"), *, rates: bool = False
) -> Iterator[Server]:
    """The server, from its first answer on; ended afterwards. With `rates` it counts what is asked."""
    port = free_port()
    ours = {name: value for name, value in os.environ.items() if name not in variables()}
    command = Command(
        _SERVER,
        [sys.executable, *module, "--port", str(port)],
        {**ours, **made.environment, **_SERVED, **_RATES[rates], "DWELZO_HOME": str(made.state.path)},
        ROOT,
        signal.SIGINT,
    )
    process = start(command, made.state)
    try:
        server = Server(process.pid, port, log_file(made.state, _SERVER))
        _await(process, server)
        yield server
    finally:
        end(process, command, made.state)


def _await(process: subprocess.Popen[bytes], server: Server) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            server.ask(b'{"query": "{ __typename }"}')
            return
        except (ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise ServerFailed(f"The server did not start; {server.log} says why.")
