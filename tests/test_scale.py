"""Large answers: the time for an object does not grow with their number, nobody else is kept from the event
loop, memory stays near the size of the response, and a request that is given up stops its SQL.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from ariadne import ObjectType, QueryType, UnionType, make_executable_schema
from graphql import ExecutionResult, execute, parse

from server.execution.breadth import executor_class
from server.execution.plans import Plans
from server.loaders import Loaders, computed
from tests.asking import Application, Installation
from tests.conftest import Run

# How much CPU one turn may take, in seconds. It is 0.05 on a machine that has nothing else to do, less than a
# turn measures where tests run beside tests.
LONGEST_TURN = 0.25

SDL = """
    type Query { shelves: [Shelf!]! }
    type Shelf { number: Int! books: [Book!]! sheets: [[Int!]!]! any: [Any!]! }
    type Book { title: String! pages: Int! price: Int shelf: Shelf! plain: String slow: Int late: [Int!]! }
    union Any = Book | Shelf
"""


def library() -> Any:
    """Shelves of books, whose fields are read in every way that there is."""
    query, book = QueryType(), ObjectType("Book")

    @query.field("shelves")
    def shelves(root: Any, _: Any) -> Any:
        return root

    @computed(book, "price")
    async def price(_: Any, books: Any) -> list[int]:
        # As a statement would, it waits.
        await asyncio.sleep(0)
        return [book["pages"] * 2 for book in books]

    @computed(book, "shelf")
    async def shelf_of(_: Any, books: Any) -> list[Any]:
        await asyncio.sleep(0)
        return [{"number": book["pages"]} for book in books]

    @book.field("plain")
    def plain(parent: Any, _: Any) -> str:
        return parent["title"].upper()  # type: ignore[no-any-return]

    @book.field("slow")
    async def slow(parent: Any, _: Any) -> int:
        return parent["pages"]  # type: ignore[no-any-return]

    union = UnionType("Any", lambda value, *_: "Book" if "title" in value else "Shelf")
    return make_executable_schema(SDL, query, book, union)


LIBRARY = library()
PLANS = Plans(LIBRARY)


class Turns:
    """A task that wants a turn of the event loop all the time; `longest` is how long it waited for one."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> "Turns":
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)
        self._task.cancel()

    async def _tick(self) -> None:
        since = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest = max(self.longest, now - since)
            since = now


async def shelves(count: int, each: int, fields: str) -> tuple[ExecutionResult, float, float]:
    """The answer, its seconds of CPU, and the longest turn that it took."""
    document = parse(f"{{ shelves {{ {fields} }} }}")
    root = [
        {
            "number": number,
            "books": [{"title": f"{number}.{n}", "pages": n} for n in range(each)],
            "any": [{"title": f"{number}.{n}", "pages": n} for n in range(each)],
            "sheets": [[n] * 10 for n in range(each)],
        }
        for number in range(count)
    ]
    context = SimpleNamespace(loaders=Loaders())
    executor = executor_class(PLANS, "nothing")
    gc.collect()
    gc.disable()
    try:
        async with Turns() as turns:
            began = time.process_time()
            result = await execute(LIBRARY, document, root, context, executor_class=executor)
            used = time.process_time() - began
    finally:
        gc.enable()
    return result, used, turns.longest


# Each asks for the objects in another way: plain values, batches, resolvers, coroutines, unions, lists.
FIELDS = [
    "number books { title pages }",
    "books { title price shelf { number } }",
    "books { plain }",
    "books { slow }",
    "any { __typename ... on Book { title } }",
    "sheets",
]


@pytest.mark.parametrize(
    ("count", "each", "fields"),
    [
        (200, 100, FIELDS[0]),
        *[pytest.param(1_000, 100, fields, marks=pytest.mark.long) for fields in FIELDS],
        *[pytest.param(1, 100_000, fields, marks=pytest.mark.long) for fields in FIELDS],
    ],
)
async def test_an_object_costs_the_same_among_many(count: int, each: int, fields: str) -> None:
    """And however many they are, and however they come, they keep nobody from the event loop."""
    _, few, _ = await shelves(20, 100, fields)
    result, many, longest = await shelves(count, each, fields)
    assert result.errors is None
    assert result.data is not None
    name = fields.removeprefix("number ").split()[0]
    assert [len(shelf[name]) for shelf in result.data["shelves"]] == [each] * count
    assert many / (count * each) < 3 * few / (20 * 100)
    assert longest < LONGEST_TURN


@asynccontextmanager
async def running(
    run: Run, services: dict[str, str], name: str, **settings: str
) -> AsyncIterator[tuple[Installation, Callable[[str], Awaitable[list[bytes]]]]]:
    """An application with settings of its own, and how to ask it without a client that keeps copies."""
    application = Application(services | settings, name, execution="composed")
    async with run(application) as installation:

        async def ask(document: str) -> list[bytes]:
            request = {"type": "http.request", "body": orjson.dumps({"query": document})}
            headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
            bodies: list[bytes] = []

            async def receive() -> dict[str, Any]:
                return request

            async def send(message: dict[str, Any]) -> None:
                if "body" in message:
                    bodies.append(message["body"])

            scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b""}
            scope |= {"headers": headers, "http_version": "1.1", "root_path": "", "scheme": "http"}
            await application.asgi(scope, receive, send)
            return bodies

        yield installation, ask


async def test_an_answer_of_megabytes_takes_little_more_memory_than_itself(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    settings = {"PAGE_SIZE_MAX": "1000", "COST_LIMIT": "100000000"}
    async with running(run, services, f"{worker_id}_memory", **settings) as (installation, ask):
        await installation.sql("alter table property disable trigger user")
        await installation.sql("update property set public_remarks = repeat(md5(listing_key), 100)")
        document = """{ properties(first: %d) { nodes { id listingKey publicRemarks
            reviews(first: 50) { nodes { body author { displayName } } } media(first: 50) { mediaURL }
        } } }"""
        await ask(document % 1)
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            answer = await ask(document % 1_000)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    size = sum(map(len, answer))
    assert not any(b'"errors"' in piece for piece in answer)
    assert size > 3_000_000
    # What asyncpg has read, and the value that it makes of it; the answer is no third. 2.22 was measured.
    assert peak - before < 2.5 * size, (peak - before) / size


async def test_a_request_that_is_given_up_stops_its_statement(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    busy = """select exists (select from pg_stat_activity where application_name = 'dwelzo'
        and datname = current_database() and state = 'active')"""

    async def until(expected: bool, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while await installation.value(busy) is not expected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the database tells nobody

    settings = {"DATABASE_POOL_SIZE": "1"}
    async with running(run, services, f"{worker_id}_given_up", **settings) as (installation, ask):
        document = (
            "{ offices(first: 1) { totalCount nodes { officeName members(first: 1) { totalCount } } } }"
        )
        expected = await ask(document)
        await installation.sql("alter table office rename to quick_office")
        await installation.sql("create view office as select o.* from quick_office as o, pg_sleep(60)")
        request = asyncio.create_task(ask(document))
        await until(True, seconds=10)
        request.cancel()
        await until(False, seconds=1)
        with pytest.raises(asyncio.CancelledError):
            await request
        await installation.sql("drop view office")
        await installation.sql("alter table quick_office rename to office")
        assert await ask(document) == expected
