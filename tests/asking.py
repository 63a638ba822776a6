"""How the tests ask: an operation goes in, the whole answer comes out, as a client of the API would see it.

`Installation` is the application over one database. An operation is named (a file of tests/operations) or
written out; what the tests need of the database itself they ask in SQL. Nothing of the server is replaced.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid5

import asyncpg
import httpx
import orjson

from server.app import create_app
from server.auth.keys import Keys
from server.auth.tokens import Tokens
from server.config import load_settings
from server.graphql import GRAPHQL_JSON

OPERATIONS = {
    re.search(r"(?:query|mutation) (\w+)", text)[1]: text
    for text in (
        file.read_text() for file in sorted((Path(__file__).parent / "operations").glob("*.graphql"))
    )
}


class Differences(logging.Handler):
    """What the server logs of answers that came out differently in two ways, and of composed statements that
    PostgreSQL refused.
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record.getMessage())

    @contextmanager
    def refusals_expected(self) -> Iterator[None]:
        """While the database is broken on purpose, it refuses composed statements."""
        self.setLevel(logging.ERROR)
        try:
            yield
        finally:
            self.setLevel(logging.NOTSET)

    def take(self) -> list[str]:
        """The differences since the last call."""
        found, self._found = self._found, []
        return found


DIFFERENCES = Differences()
logging.getLogger("dwelzo.execution").addHandler(DIFFERENCES)


class Answer(dict[str, Any]):
    """The JSON of an answer, with its status, its headers and the bytes that it came as beside it."""

    status: int
    headers: httpx.Headers
    content: bytes

    @classmethod
    def read(cls, response: httpx.Response) -> Self:
        answer = cls(orjson.loads(response.content))
        answer.status, answer.headers, answer.content = (
            response.status_code,
            response.headers,
            response.content,
        )
        return answer

    @property
    def statements(self) -> int:
        """How many SQL statements the answer took."""
        return int(re.search(r'sql;desc="(\d+) statements"', self.headers["server-timing"])[1])

    @property
    def data(self) -> dict[str, Any]:
        """The data of an answer that must not hold errors."""
        assert "errors" not in self, self["errors"]
        return self["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in their order."""
        return [error["extensions"]["code"] for error in self.get("errors", [])]

    @property
    def refusal(self) -> tuple[str, str]:
        """Code and message of the only error."""
        (error,) = self["errors"]
        return error["extensions"]["code"], error["message"]


class Installation:
    """The application over one database; `as_user` asks the same one with a token."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        database: asyncpg.Connection,
        tokens: Tokens,
        token: str | None = None,
    ) -> None:
        self.http, self.url, self.database, self.tokens, self._token = http, url, database, tokens, token
        self._signing_in: Callable[[], Awaitable[str]] | None = None
        self._turns = asyncio.Lock()

    async def ask(self, operation: str, /, **variables: Any) -> Answer:
        """The answer to a named operation, or to a document that is written out."""
        document = OPERATIONS.get(operation, operation)
        return await self.post({"query": document, "variables": variables})

    async def post(self, body: Any, **headers: str) -> Answer:
        """The answer to a body: text as it is, else as JSON. Underscores in headers' names are hyphens."""
        given = {"accept": GRAPHQL_JSON, "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self._signing_in is not None:
            await self._signing_in()
        if self._token is not None:
            given.setdefault("authorization", f"Bearer {self._token}")
        content = body if isinstance(body, str | bytes) else orjson.dumps(body)
        wire = {name: value.encode("latin-1") for name, value in given.items()}
        answer = Answer.read(await self.http.post("/graphql", content=content, headers=wire))
        assert not (differences := DIFFERENCES.take()), "\n".join(differences)
        return answer

    def as_user(self, user: str | UUID, role: str = "USER") -> "Installation":
        """The same for somebody who is signed in from then on. `user` is a key or a global id."""
        key = user if isinstance(user, UUID) else UUID(hex=user.removeprefix("user_"))
        session = uuid5(key, f"{self.url} {role}")
        made = self.with_token(self.tokens.sign(key, session))
        # At each question: meanwhile the same user may have had another role.
        made._signing_in, made._turns = partial(self.sign_in, key, role, session), self._turns
        return made

    async def sign_in(self, user: UUID, role: str = "USER", session: UUID | None = None) -> str:
        """An access token of a session that goes on, of a user who has this role from now on."""
        async with self._turns:
            # One admin always stays.
            await self.database.execute(
                """insert into user_account (id, display_name, role) values ($1, 'Keeper', 'ADMIN')
                on conflict (id) do nothing""",
                UUID(int=0),
            )
            await self.database.execute(
                """insert into user_account (id, display_name, role) values ($1, 'Somebody', $2)
                on conflict (id) do update set role = excluded.role
                where user_account.role <> excluded.role""",
                user,
                role,
            )
            made = await self.database.fetchval(
                """insert into user_session (id, user_id, expiration_timestamp)
                values (coalesce($2, uuid7()), $1, now() + interval '1 day')
                on conflict (id) do update set user_id = excluded.user_id returning id""",
                user,
                session,
            )
        return self.tokens.sign(user, made)

    def with_token(self, token: str) -> "Installation":
        return Installation(self.http, self.url, self.database, self.tokens, token)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """One more connection to the database, as psql would have it."""
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def sql(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """The rows of a statement, asked of the database itself."""
        return [dict(row) for row in await self.database.fetch(statement, *arguments)]

    async def value(self, statement: str, *arguments: Any) -> Any:
        """The one value of a statement."""
        return await self.database.fetchval(statement, *arguments)

    async def add(self, table: str, **columns: Any) -> UUID:
        """A new row of a table, its columns as JSON would write them; the row's id."""
        names = ", ".join(f'"{name}"' for name in columns)
        statement = (
            f"insert into {table} ({names}) select {names} from jsonb_populate_record(null::{table}, $1)"
        )
        row = orjson.dumps(columns, default=str).decode()
        return await self.value(f"{statement} returning id", row)

    async def add_property(self, key: str, **columns: Any) -> UUID:
        """A new listing on the market, but for what the test says otherwise."""
        given = {
            "listing_key": key,
            "property_type": "Residential",
            "standard_status": "Active",
            "list_price": "500000.00",
            "currency_code": "USD",
        }
        return await self.add("property", **given | columns)

    async def walk(
        self, field: str, order: str, *, size: int = 7, backwards: bool = False, arguments: str = ""
    ) -> list[str]:
        """The ids of a whole connection at the root, page by page, in the order of the list."""
        found: list[str] = []
        cursor = None
        size_name, cursor_name, more = (
            ("last", "before", "hasPreviousPage") if backwards else ("first", "after", "hasNextPage")
        )
        document = f"""query ($cursor: String) {{ page: {field}({arguments} orderBy: {order},
            {size_name}: {size}, {cursor_name}: $cursor) {{
            nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
        while True:
            page = (await self.ask(document, cursor=cursor)).data["page"]
            ids = [node["id"] for node in page["nodes"]]
            assert len(ids) <= size
            found = ids + found if backwards else found + ids
            if not page["pageInfo"][more]:
                return found
            cursor = page["pageInfo"]["startCursor" if backwards else "endCursor"]


class Application:
    """The whole application over one database, started as often as tests need it.

    By default it executes every query both ways, composed and resolved; `Installation.post` fails where the
    answers differ.
    """

    def __init__(
        self, environment: Mapping[str, str], database: str, execution: str = "shadow", **settings_: str
    ) -> None:
        self.database = database
        self.url = on_database(environment["DATABASE_DIRECT_URL"], database)
        given = {"DATABASE_URL": self.url, "DATABASE_DIRECT_URL": self.url, "GRAPHIQL": "false"}
        # Many tests ask from one address.
        given |= {"EXECUTION": execution, "RATE_LIMITS": "false"}
        given |= {"ATTEMPTS_BY_ACCOUNT": "100000/minute", "ATTEMPTS_BY_ADDRESS": "100000/minute"}
        settings = load_settings({**environment, **given, **settings_})
        self._tokens = Tokens(Keys(settings.secrets))
        self.asgi = create_app(settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Installation]:
        transport = httpx.ASGITransport(self.asgi)
        connection = await asyncpg.connect(self.url)
        try:
            async with (
                self.asgi.router.lifespan_context(self.asgi),
                httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http,
            ):
                yield Installation(http, self.url, connection, self._tokens)
        finally:
            await connection.close()


def on_database(url: str, database: str) -> str:
    """The same server, another database."""
    return f"{url.rpartition('/')[0]}/{database}"
