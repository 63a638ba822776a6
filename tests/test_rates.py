"""How often one client may ask, and how much: counted for a user or an address, by all processes together,
and by each alone while Valkey is away.
"""

import asyncio
import random
import re
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from math import ceil
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis.asyncio

from server.limits.rates import points_of
from server.limits.windows import Allowance, Alone, Hit, Window
from tests.asking import Answer, Application, Installation
from tests.listening import eventually
from tests.rest_contract import Document
from tests.running import free_port
from tests.valkeys import CHANGES, Change, Valkeys

NAME = "{ __typename }"
# A loaded machine answers late; where that matters a test says less.
PATIENT = {"REDIS_SECONDS_MAX": "5"}


def address() -> str:
    """One that no other test has."""
    return f"2001:db8:{secrets.randbits(16):x}:{secrets.randbits(16):x}::1"


class Client:
    """Who asks an application from an address."""

    def __init__(self, made: Installation, application: Application, host: str) -> None:
        self.host = host
        self._made, self._application = made, application
        transport = httpx.ASGITransport(application.asgi, client=(host, 4711))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test")

    def at(self, host: str) -> "Client":
        """The same application, asked from another address."""
        return Client(self._made, self._application, host)

    async def ask(self, document: str = NAME, user: UUID | None = None, **headers: str) -> Answer:
        return await self.post({"query": document}, user, **headers)

    async def post(self, body: Any, user: UUID | None = None, **headers: str) -> Answer:
        made = Installation(self.http, "", self._made.database, self._made.tokens)
        return await (made.as_user(user) if user else made).post(body, **headers)

    async def sql(self, statement: str) -> None:
        await self._made.database.execute(statement)

    async def value(self, statement: str) -> Any:
        return await self._made.value(statement)

    async def statuses(self, times: int, **given: Any) -> list[int]:
        return [(await self.ask(**given)).status for _ in range(times)]


Served = Callable[..., Any]


@pytest.fixture
async def serve(
    sample: Installation, services: dict[str, str], worker_id: str
) -> AsyncIterator[Callable[..., Any]]:
    """Starts an application over the sample that counts, and gives a client of it: `await serve(host, …)`."""
    async with AsyncExitStack() as stack:

        async def serve(host: str, **settings: str) -> Client:
            given = {"RATE_LIMITS": "true", **PATIENT, **settings}
            application = Application(services, f"{worker_id}_sample", "composed", **given)
            return Client(await stack.enter_async_context(application.running()), application, host)

        yield serve


def told(answer: Answer) -> dict[str, dict[str, int]]:
    """The members of `RateLimit`, by name."""
    members = re.findall(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    return {name: {"r": int(left), "t": int(until)} for name, left, until in members}


async def test_exactly_as_many_as_are_allowed(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="3/minute", RATE_POINTS_ANONYMOUS="100/hour")
    for left in (2, 1, 0):
        answer = await client.ask()
        assert answer.status == 200
        assert answer.headers["ratelimit-policy"] == '"requests";q=3;w=60, "points";q=100;w=3600'
        assert told(answer)["requests"]["r"] == left
        assert told(answer)["points"]["r"] == 97 + left
        assert 0 < told(answer)["requests"]["t"] <= 80
        assert "retry-after" not in answer.headers
        assert "rates;dur=" in answer.headers["server-timing"]
    for _ in range(2):
        answer = await client.ask()
        seconds = int(answer.headers["retry-after"])
        assert (answer.status, answer.codes) == (429, ["RATE_LIMITED"])
        assert 0 < seconds <= 120
        assert told(answer)["requests"] == {"r": 0, "t": seconds}
        (error,) = answer["errors"]
        assert error["message"] == (
            "An address without a token may use 3 requests per minute, and this is more. "
            f"Come back in {seconds} seconds."
        )
        assert error["extensions"] == {
            "code": "RATE_LIMITED",
            "limit": "requests",
            "allowed": 3,
            "retryAfter": seconds,
        }


async def test_who_waits_as_long_as_told_gets_through(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="2/2 seconds")
    while (answer := await client.ask()).status == 200:
        pass
    seconds = int(answer.headers["retry-after"])
    # Up to the end of this window, and half of the next: until then half of what was used still counts.
    assert 1 <= seconds <= 3
    await asyncio.sleep(seconds)
    assert (await client.ask()).status == 200


async def test_who_is_known_to_be_over_is_refused_before_anything_is_read(serve: Served) -> None:
    """Valkey is not asked either: it would tell of both limits."""
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="1/minute")
    await client.ask()
    answer = await client.ask()
    assert answer.codes == ["RATE_LIMITED"]
    assert told(answer).keys() == {"requests"}
    assert "read;" not in answer.headers["server-timing"]


async def test_two_processes_share_one_count(serve: Served) -> None:
    given = {"RATE_REQUESTS_ANONYMOUS": "6/minute"}
    host = address()
    one, other = await serve(host, **given), await serve(host, **given)
    statuses = [status for _ in range(5) for each in (one, other) for status in await each.statuses(1)]
    assert statuses == [200] * 6 + [429] * 4


async def test_users_and_addresses_are_apart(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="1/minute", RATE_REQUESTS="2/minute")
    ruth, ada = uuid4(), uuid4()
    assert await client.statuses(2) == [200, 429]
    assert await client.statuses(3, user=ruth) == [200, 200, 429]
    assert await client.statuses(3, user=ada) == [200, 200, 429]
    assert (await client.ask(user=ruth))["errors"][0]["message"].startswith("A user may use 2 requests")


async def test_a_token_that_does_not_verify_counts_for_the_address(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="2/minute")
    assert await client.statuses(3, authorization="Bearer x") == [401, 401, 429]
    answer = await client.ask(authorization="Bearer x")
    assert (answer.status, told(answer).keys()) == (429, {"requests"})
    assert await client.statuses(1, user=uuid4()) == [200]


async def test_nobody_is_somebody_else_by_a_header(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="2/minute")
    for status, forged in ((200, address()), (200, "127.0.0.1"), (429, address())):
        headers = {"x_forwarded_for": forged, "forwarded": f"for={forged}", "x_real_ip": forged}
        assert (await client.ask(**headers)).status == status


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:{0}:{1}::1", "2001:db8:{0}:{1}:ffff::2", True),
        ("2001:db8:{0}:1::1", "2001:db8:{0}:2::1", False),
        ("::ffff:10.{2}.{3}.1", "10.{2}.{3}.1", True),
        ("10.{2}.{3}.1", "10.{2}.{3}.2", False),
        ("::ffff:10.{2}.{3}.1", "::ffff:10.{2}.{3}.2", False),
        ("socket{0}{1}", "socket{0}{1}", True),
    ],
)
async def test_whose_an_address_is(serve: Served, one: str, other: str, is_same: bool) -> None:
    parts = [f"{secrets.randbits(16):x}" for _ in range(2)] + [str(secrets.randbits(8)) for _ in range(2)]
    client = await serve(one.format(*parts), RATE_REQUESTS_ANONYMOUS="1/minute")
    assert await client.statuses(1) == [200]
    assert await client.at(other.format(*parts)).statuses(1) == [429 if is_same else 200]


@pytest.mark.parametrize(
    ("cost", "expected"), [(0, 1), (1, 1), (100, 1), (100.5, 2), (101, 2), (10_000, 100)]
)
def test_the_points_of_a_cost(cost: float, expected: int) -> None:
    assert points_of(cost) == expected


async def test_points_are_counted_by_cost_also_in_lists_and_for_what_is_refused(serve: Served) -> None:
    client = await serve(address(), RATE_POINTS_ANONYMOUS="1000/hour", BATCH_MAX="5")
    page = {"query": "{ properties(first: 100) { nodes { media(first: 5) { id } } } }"}
    cost = (await client.post({**page, "extensions": {"cost": True}}))["extensions"]["cost"]["estimated"]
    points = ceil(cost / 100)
    assert points > 3
    left = 1000 - points
    for body, taken in (
        (page, points),
        ({"query": NAME}, 1),
        ([page, {"query": NAME}, {"query": "{ nothing }"}, page], 2 * points + 2),
        ({"query": "{ nothing }"}, 1),
        ({"query": "{"}, 1),
        ({"query": "{ properties(first: 1000) { nodes { id } } }"}, 1),
        ("no object", 1),
        ([], 1),
    ):
        left -= taken
        answer = await client.http.post("/graphql", json=body)
        assert f'"points";r={left};' in answer.headers["ratelimit"], body


PAGE = "{ offices(first: 1) { totalCount } }"
# What is executed field by field, and needs the database for one of them.
MIXED = '{ __type(name: "Query") { name } offices(first: 1) { totalCount } }'


@asynccontextmanager
async def busy(client: Client) -> AsyncIterator[None]:
    """While the only connection of a pool is not free."""
    await client.sql("begin; lock table office in access exclusive mode")
    asked = asyncio.create_task(client.at(address()).ask(PAGE))
    try:
        assert await eventually(
            lambda: client.value("select exists (select from pg_locks where not granted)")
        )
        yield
    finally:
        await client.sql("rollback")
        assert (await asked).status == 200


@pytest.mark.parametrize("counted", ["together", "alone"])
async def test_who_is_refused_for_our_overload_takes_nothing(serve: Served, counted: str) -> None:
    given = {"DATABASE_POOL_SIZE": "1", "QUEUE_SECONDS_MAX": "0.1", "BATCH_MAX": "3"}
    if counted == "alone":
        given["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    limits = {"RATE_REQUESTS_ANONYMOUS": "2/hour", "RATE_POINTS_ANONYMOUS": "50/hour"}
    client = await serve(address(), **given, **limits)
    listed = client.at(address())
    assert await client.statuses(1) == [200]
    async with busy(client):
        # Each takes the last request, and gives it back.
        for document in (PAGE, MIXED, PAGE):
            answer = await client.ask(document)
            assert (answer.codes, answer.status, answer.get("data")) == (["UNAVAILABLE"], 503, None)
            assert answer.headers["retry-after"] == "1"
            assert "ratelimit" not in answer.headers
        # Of a list that is answered in part, its request counts, and the points of what was answered.
        body = [{"query": PAGE}, {"query": NAME}, {"query": PAGE}]
        answers = (await listed.http.post("/graphql", json=body)).json()
        assert ["errors" in each for each in answers] == [True, False, True]
    left = told(await client.ask(PAGE))
    assert (left["requests"]["r"], left["points"]["r"]) == (0, 48)
    assert await client.statuses(1) == [429]
    left = told(await listed.ask())
    assert (left["requests"]["r"], left["points"]["r"]) == (0, 48)


async def test_a_request_that_ends_while_it_is_counted_is_counted_once(
    serve: Served, valkey: Valkeys
) -> None:
    client = await serve(address(), **valkey.settings, REQUEST_SECONDS_MAX="0.3", REDIS_SECONDS_MAX="20")
    await counts_for(valkey, client)
    valkey.send(signal.SIGSTOP)
    asked = asyncio.create_task(client.ask())
    # Whoever asked once more would wait for that, too.
    await asyncio.wait({asked}, timeout=3)
    valkey.send(signal.SIGCONT)
    answer = await asked
    assert (answer.codes, answer.status) == (["TIMEOUT"], 504)
    assert told(await client.ask())["requests"]["r"] == 598


async def test_what_is_our_fault_is_counted_too(serve: Served, services: dict[str, str]) -> None:
    """Also before the operation is known: nobody's limit is to find out what breaks us."""
    client = await serve(address(), BATCH_MAX="2")
    id = secrets.token_hex(32)
    async with redis.asyncio.from_url(services["REDIS_URL"]) as valkey:
        await valkey.set(f"dwelzo:document:{id}", b"\xff is no UTF-8", ex=60)
    for left in (599, 598):
        answer = await client.post({"documentId": id})
        assert (answer.codes, answer.status) == (["INTERNAL"], 500)
        assert (told(answer)["requests"]["r"], told(answer)["points"]["r"]) == (left, 19_400 + left)
    # And in a list it takes the answers of the others from nobody.
    answers = (await client.http.post("/graphql", json=[{"documentId": id}, {"query": NAME}])).json()
    assert answers[0]["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert answers[1] == {"data": {"__typename": "Query"}}


async def test_rest_and_graphql_are_counted_together(serve: Served) -> None:
    client = await serve(address(), RATE_REQUESTS_ANONYMOUS="5/minute", RATE_POINTS_ANONYMOUS="100/hour")
    document = Document()

    async def get(path: str, method: str = "GET") -> httpx.Response:
        return document.check(await client.http.request(method, path))

    for left, path, method, status in (
        (4, "/api/limits", "GET", 200),
        (3, "/api/version", "HEAD", 200),
        (2, "/api/version", "DELETE", 405),
        (1, "/api/nothing", "GET", 404),
    ):
        response = await get(path, method)
        assert response.status_code == status
        assert f'"requests";r={left};' in response.headers["ratelimit"]
        assert f'"points";r={95 + left};' in response.headers["ratelimit"]
        assert response.headers["ratelimit-policy"] == '"requests";q=5;w=60, "points";q=100;w=3600'
    assert await client.statuses(2) == [200, 429]
    for path, method in (("/api/limits", "GET"), ("/api/nothing", "GET"), ("/api/version", "PUT")):
        response = await get(path, method)
        assert (response.status_code, response.json()["code"]) == (429, "RATE_LIMITED")
        assert response.json()["retryAfter"] == int(response.headers["retry-after"]) > 0
    # Whoever looks after the process is told how it is.
    for path, method in (
        ("/api/health/live", "GET"),
        ("/api/health/ready", "HEAD"),
        ("/api/limits", "OPTIONS"),
    ):
        response = await get(path, method)
        assert response.status_code in (200, 204)
        assert "ratelimit" not in response.headers


async def test_an_operation_that_is_dearer_than_what_is_left(serve: Served) -> None:
    client = await serve(address(), RATE_POINTS_ANONYMOUS="7/hour")
    dear = "{ properties(first: 100) { nodes { media(first: 5) { id } } } }"
    await client.ask()
    answer = await client.ask(dear)
    assert answer.codes == ["RATE_LIMITED"]
    assert answer["errors"][0]["extensions"]["limit"] == "points"
    assert told(answer)["points"] == {"r": 6, "t": int(answer.headers["retry-after"])}
    # It takes all seven, and the first must have gone by.
    assert 3000 < int(answer.headers["retry-after"]) <= 3601
    # A refused operation takes none, and what is cheaper is still let in.
    assert [told(await client.ask())["points"]["r"] for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    assert (await client.ask()).status == 429


async def test_an_operation_that_is_dearer_than_all_there_is_takes_all(serve: Served) -> None:
    client = await serve(address(), RATE_POINTS_ANONYMOUS="2/hour")
    answer = await client.ask("{ properties(first: 100) { nodes { media(first: 5) { id } } } }")
    assert (answer.status, told(answer)["points"]["r"]) == (200, 0)
    assert (await client.ask()).status == 429


async def test_a_thousand_at_once_are_let_through_exactly_as_many_as_may(serve: Served) -> None:
    host, given = address(), {"RATE_REQUESTS_ANONYMOUS": "100/hour", "REQUESTS_AT_ONCE_MAX": "1000"}
    clients = [await serve(host, **given) for _ in range(2)]
    answers = await asyncio.gather(*(clients[n % 2].ask() for n in range(1000)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (100, 900)
    left = [told(answer)["requests"]["r"] for answer in answers if answer.status == 200]
    assert sorted(left) == list(range(100))


async def test_what_stands_in_valkey(serve: Served, services: dict[str, str]) -> None:
    client = await serve(address())
    user = uuid4()
    await client.ask(user=user)
    await client.ask()
    async with redis.asyncio.from_url(services["REDIS_URL"], decode_responses=True) as valkey:
        network = client.host.replace("::1", "::/64")
        for who in (f"user:{user.hex}", f"address:{network}"):
            keys = {key async for key in valkey.scan_iter(f"dwelzo:rate:{{{who}}}*")}
            assert keys == {f"dwelzo:rate:{{{who}}}:requests:60", f"dwelzo:rate:{{{who}}}:points:3600"}
            for key in keys:
                assert 0 < await valkey.ttl(key) <= 2 * int(key.rpartition(":")[2])


async def counts_for(valkey: Valkeys, client: Client) -> None:
    """Until what a client asks is counted in this Valkey."""
    until = time.monotonic() + 20
    while True:
        host = address()
        if await client.at(host).statuses(1) and await valkey.do(
            "KEYS", f"dwelzo:rate:*{host.removesuffix('::1')}*"
        ):
            return
        assert time.monotonic() < until
        await asyncio.sleep(0.1)


async def within(seconds: float, *asked: Awaitable[list[int]]) -> list[list[int]]:
    async with asyncio.timeout(seconds):
        return await asyncio.gather(*asked)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().split("(")[0] for record in caplog.records if record.name == "dwelzo.redis"]


AWAY, BACK = "Redis is away ", "Redis is back."


@pytest.mark.parametrize(("lose", "regain"), CHANGES)
async def test_while_valkey_is_away_each_process_counts_by_itself(
    serve: Served, valkey: Valkeys, lose: Change, regain: Change, caplog: pytest.LogCaptureFixture
) -> None:
    given = {**valkey.settings, "RATE_REQUESTS_ANONYMOUS": "5/hour", "REDIS_SECONDS_MAX": "0.5"}
    one, other = await serve(address(), **given), await serve(address(), **given)
    await counts_for(valkey, one)
    assert await one.statuses(5) == await other.statuses(5) == [200] * 5
    assert said(caplog) == []
    await lose(valkey)
    # Thirty who come at once wait for the same answer, nobody after them for any; then each counts to five.
    clients = [each.at(address()) for each in (one, other) for _ in range(15)]
    found = await within(5, *(client.statuses(7) for client in clients))
    assert found == [[200] * 5 + [429] * 2] * 30
    # Who was known to be over a limit still is.
    assert await one.statuses(1) == await other.statuses(1) == [429]
    await asyncio.sleep(1.5)
    assert said(caplog) == [AWAY, AWAY]
    await regain(valkey)
    for each in (one, other):
        await counts_for(valkey, each)
    assert said(caplog) == [AWAY, AWAY, BACK, BACK]
    again = one.at(address())
    assert await again.statuses(3) == [200] * 3
    assert await other.at(again.host).statuses(3) == [200, 200, 429]


async def test_a_request_does_not_wait_for_a_slow_valkey(serve: Served, valkey: Valkeys) -> None:
    client = await serve(address(), **valkey.settings, REDIS_SECONDS_MAX="0.05")
    await counts_for(valkey, client)
    valkey.send(signal.SIGSTOP)
    began = time.perf_counter()
    answer = await client.ask()
    waited = time.perf_counter() - began
    assert answer.status == 200
    stage = re.search(r"rates;dur=([\d.]+)", answer.headers["server-timing"])
    assert stage is not None
    # A machine under load is late, but not by much.
    assert 50 <= float(stage[1]) <= waited * 1000 < 500
    began = time.perf_counter()
    assert await client.statuses(20) == [200] * 20
    assert time.perf_counter() - began < 0.5
    valkey.send(signal.SIGCONT)
    await counts_for(valkey, client)


async def test_a_valkey_that_forgets_everything_is_asked_on(
    serve: Served, valkey: Valkeys, caplog: pytest.LogCaptureFixture
) -> None:
    client = await serve(address(), **valkey.settings, RATE_REQUESTS_ANONYMOUS="3/hour")
    await counts_for(valkey, client)
    assert await client.statuses(2) == [200] * 2
    await valkey.do("FLUSHALL")
    await valkey.do("SCRIPT", "FLUSH")
    assert await client.statuses(4) == [200, 200, 200, 429]
    assert said(caplog) == []


async def test_a_server_starts_without_valkey(
    serve: Served, valkey: Valkeys, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.stop()
    client = await serve(address(), **valkey.settings, RATE_REQUESTS_ANONYMOUS="2/hour")
    assert await client.statuses(3) == [200, 200, 429]
    valkey.start()
    await counts_for(valkey, client)
    assert said(caplog) == [AWAY, BACK]


def later(window: Window, seconds: float, length: float) -> Window:
    """The window as the counters have it some time later."""
    if seconds <= window.ends(length):
        before_left = max(0.0, window.before_left - seconds)
        return Window(window.before, before_left, window.now, window.now_left - seconds)
    left = window.now_left - seconds
    return Window(window.now, max(0.0, left), 0, left + length)


def test_the_wait_is_as_long_as_it_must_be_and_no_longer() -> None:
    length, most, chance = 60.0, 10, random.Random(1)
    for _ in range(2_000):
        left = chance.uniform(0, length)
        window = Window(chance.randint(0, 10), left, chance.randint(0, 10), left + length)
        amount = chance.randint(1, 10)
        wait = window.wait(amount, most, length)
        assert later(window, wait, length).used(length) + amount <= most
        if wait > 0.01:
            assert later(window, wait - 0.01, length).used(length) + amount > most
        assert wait <= 2 * length


async def test_a_process_that_counts_by_itself_keeps_so_many_counters() -> None:
    alone, allowance = Alone(), Allowance("", "2/minute", "9/hour")
    passed = [(await alone.count(Hit("first", allowance, 1))).passed for _ in range(3)]
    assert passed == [2, 2, 0]
    for n in range(10_001):
        await alone.count(Hit(f"user:{n}", allowance, 1))
    assert len(alone._storage.storage) == len(alone._storage.expirations) == 20_000
    assert (await alone.count(Hit("first", allowance, 1))).passed == 2


async def test_a_crowd_does_not_wash_out_who_comes_again() -> None:
    """Also where the one who comes again is refused, and nothing of it is counted."""
    alone, allowance = Alone(), Allowance("", "2/hour", "9/hour")
    passed = []
    for n in range(15_000):
        await alone.count(Hit(f"user:{n}", allowance, 1))
        if n % 3_000 == 0:
            passed.append((await alone.count(Hit("again", allowance, 1))).passed)
    assert passed == [2, 2, 0, 0, 0]
