"""The limits of one request: how large a document may be, what it may cost, how long it may take, how many
are in work at once; and that whoever keeps within them never notices.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from graphql import parse

from server.limits.document import DocumentLimits
from tests.asking import OPERATIONS, Application, Installation
from tests.conftest import Run


def bomb(levels: int, below: str = "__typename") -> str:
    """Each fragment spreads the next one twice: two to the power of `levels` fields, in a line each."""
    fragments = (f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels))
    return "\n".join(("{ ...f0 }", *fragments, f"fragment f{levels} on Query {{ {below} }}"))


DEEP = "{ " + "a { " * 10 + "b" + " }" * 11
TOO_LARGE = {
    "characters": ["{ __typename }" + " " * 20_000, "#" * 20_001, '{ a(b: "' + "x" * 20_000 + '") }'],
    "tokens": ["{" + "a " * 999 + "}"],
    "fields": ["{" + "__typename " * 301 + "}", bomb(9), bomb(18)],
    "repeats": ["{" + "__typename " * 31 + "}", bomb(5)],
    "introspection": ["{ __schema { types { fields { type { interfaces { name } } } } } }"],
    "depth": [DEEP, f"{{ ... {{ ...f }} }} fragment f on Q {DEEP}"],
    "aliases": ["{" + " ".join(f"a{n}: __typename" for n in range(16)) + "}", bomb(4, "a: __typename")],
    "directives": [
        "{ __typename " + "@a " * 21 + "}",
        "query " + "@a " * 21 + "{ __typename }",
        "query ($a: Int " + "@a " * 21 + ") { __typename }",
        "{ ... " + "@a " * 21 + "{ __typename } }",
        "{ ...f } fragment f on Query " + "@a " * 21 + "{ __typename }",
    ],
    "definitions": [" ".join(f"query q{n} {{ __typename }}" for n in range(21)), bomb(20)],
}
# As large as each limit lets it be.
LARGEST = [
    "{ __typename }".ljust(20_000),
    "{" + "__typename " * 30 + "}",
    bomb(4),
    "{" + " ".join(f"a{n}: __typename" for n in range(15)) + "}",
    "{ __typename " + "@skip(if: false) " + "@include(if: true)" + "}",
    " ".join(f"fragment f{n} on Query {{ __typename ...f{n + 1} }}" for n in range(18))
    + " fragment f18 on Query { __typename } query { ...f0 }",
]


@pytest.mark.parametrize(
    ("limit", "document"),
    [(limit, document) for limit, documents in TOO_LARGE.items() for document in documents],
    ids=lambda value: value[:30],
)
async def test_a_document_that_is_too_large(sample: Installation, limit: str, document: str) -> None:
    answer = await sample.ask(document)
    assert (answer.codes, answer.status) == (["DOCUMENT_LIMIT"], 400)
    (error,) = answer["errors"]
    assert error["extensions"]["limit"] == limit
    assert f"{error['extensions']['allowed']:,}" in error["message"]
    assert error["extensions"].get("found", 1 << 20) > error["extensions"]["allowed"]
    assert answer == await sample.ask(document)


@pytest.mark.parametrize("document", LARGEST, ids=lambda value: value[:30])
async def test_a_document_as_large_as_it_may_be(sample: Installation, document: str) -> None:
    assert "Query" in (await sample.ask(document)).data.values()


async def test_a_bomb_of_fragments_is_measured_at_once(sample: Installation) -> None:
    """25 fragments that spread the next one twice are 33 million fields; definitions are allowed for it."""
    document = bomb(18)
    began = time.perf_counter()
    await sample.ask(document)
    assert time.perf_counter() - began < 1


async def test_a_fragment_within_itself_is_told_as_such(sample: Installation) -> None:
    answer = await sample.ask("{ ...f } fragment f on Query { __typename ...g } fragment g on Query { ...f }")
    assert set(answer.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "within itself" in answer["errors"][0]["message"]


def test_our_own_operations_are_far_from_the_limits() -> None:
    """An honest client never meets one: none of ours comes to half of any, but for the levels."""
    most = DocumentLimits()
    half = replace(most, **{name: getattr(most, name) // 2 for name in most.__slots__} | {"depth": 8})
    for text in OPERATIONS.values():
        half.check_text(text)
        half.check(parse(text, max_tokens=half.tokens))


@pytest.fixture
async def small(services: dict[str, str], run: Run, worker_id: str) -> AsyncIterator[Installation]:
    """One request in work at a time, for half a second at most; lists of up to three operations."""
    given = {"REQUESTS_AT_ONCE_MAX": "1", "REQUEST_SECONDS_MAX": "0.5", "BATCH_MAX": "3"}
    async with run(Application(services, f"{worker_id}_small", "composed", **given)) as made:
        yield made


async def lock(made: Installation) -> None:
    """Nothing reads `property` until the connection's transaction ends."""
    await made.database.execute("begin")
    await made.database.execute("lock table property")


COUNT = "{ properties(first: 1) { totalCount } }"


async def test_a_request_that_takes_too_long_is_given_up_and_its_sql_with_it(small: Installation) -> None:
    await lock(small)
    answer = await small.ask(COUNT)
    assert (answer.codes, answer.status) == (["TIMEOUT"], 504)
    assert "0.5 seconds" in answer["errors"][0]["message"]
    await asyncio.sleep(0.1)
    waiting = """select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'"""
    assert await small.value(waiting) == 0
    await small.database.execute("rollback")
    assert (await small.ask(COUNT)).data["properties"]["totalCount"] > 900


async def test_one_request_too_many_is_told_to_come_back(small: Installation) -> None:
    await lock(small)
    first = asyncio.create_task(small.ask(COUNT))
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    second = await small.ask("{ __typename }")
    assert time.perf_counter() - began < 0.25
    assert (second.codes, second.status) == (["UNAVAILABLE"], 503)
    assert second.headers["retry-after"] == "1"
    await small.database.execute("rollback")
    assert (await first).status == 200
    assert (await small.ask("{ __typename }")).status == 200


@pytest.mark.parametrize("beside", ["", 'a: node(id: "member_00000000000000000000000000000000") { id }'])
async def test_whoever_finds_no_connection_is_told_so_by_every_media_type(
    services: dict[str, str], run: Run, worker_id: str, beside: str
) -> None:
    """Also by the older one, in which what GraphQL answers is 200: nothing has been answered."""
    given = {"DATABASE_POOL_SIZE": "1", "QUEUE_SECONDS_MAX": "0.2"}
    async with run(Application(services, f"{worker_id}_busy", "composed", **given)) as busy:
        await lock(busy)
        first = asyncio.create_task(busy.ask(COUNT))
        await asyncio.sleep(0.1)
        document = f"{{ offices(first: 1) {{ totalCount }} {beside} }}"
        answer = await busy.post({"query": document}, accept="application/json")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert set(answer.codes) == {"UNAVAILABLE"}
        await busy.database.execute("rollback")
        assert (await first).status == 200


async def test_a_list_of_operations_where_that_is_on(small: Installation, sample: Installation) -> None:
    """One after the other, each with its own answer; a mistake in one is its own."""
    batch = [{"query": "{ a: __typename }"}, {"query": "{ nothing }"}, {"query": COUNT}]
    response = await small.http.post("/graphql", json=batch)
    assert response.status_code == 200
    first, second, third = response.json()
    assert first == {"data": {"a": "Query"}}
    assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert third["data"]["properties"]["totalCount"] > 900
    for refused in (batch * 2, []):
        answer = await small.post(refused)
        assert answer.refusal == (
            "BAD_USER_INPUT",
            f"The body is a list of {len(refused)} operations: send 1 to 3.",
        )
    assert (await sample.post(batch)).codes == ["BAD_USER_INPUT"]


async def test_the_cost_is_told_when_it_is_asked_for(sample: Installation) -> None:
    document = (
        '{ properties(filter: {city: "Elk Grove"}, first: 50) { nodes { id media(first: 5) { id } } } }'
    )
    answer = await sample.post({"query": document, "extensions": {"cost": True}})
    cost = answer["extensions"]["cost"]
    listings = answer["data"]["properties"]["nodes"]
    pictures = sum(len(listing["media"]) for listing in listings)
    assert set(cost) == {"estimated", "actual", "limit"}
    assert cost["limit"] == 10_000
    assert len(listings) + pictures <= cost["actual"] <= cost["estimated"]
    fewer = document.replace("Elk Grove", "Nowhere")
    nothing = (await sample.post({"query": fewer, "extensions": {"cost": True}}))["extensions"]["cost"]
    assert nothing["estimated"] == cost["estimated"]
    assert nothing["actual"] < 20
    assert "extensions" not in await sample.ask(document)
