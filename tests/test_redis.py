"""The seam to Redis: what it answers, how many ask together, and what becomes of them without Valkey."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import from_url

from server.redis import AWAY, Redis
from tests.listening import eventually
from tests.valkeys import CHANGES, Change, Valkeys

# So long a test waits at most for an answer that a busy machine gives late.
PATIENT = 5.0


def key() -> str:
    return f"test:{uuid4()}"


@pytest.fixture
async def redis(services: dict[str, str]) -> AsyncIterator[Redis]:
    async with Redis(services["REDIS_URL"], PATIENT) as redis:
        yield redis


async def calls(valkey: Valkeys, command: str) -> int:
    """How often Valkey was sent a command."""
    statistics: dict[str, dict[str, int]] = await valkey.do("INFO", "commandstats")
    return statistics.get(f"cmdstat_{command}", {}).get("calls", 0)


async def test_what_a_key_has(redis: Redis, services: dict[str, str]) -> None:
    one, other = key(), key()
    assert await redis.get(one) is None
    assert await redis.set(one, b"\xff first", px=60_000) is True
    assert await redis.set(one, "second", px=60_000, nx=True) is False
    assert await redis.set(other, "ä", px=60_000, nx=True) is True
    assert await asyncio.gather(redis.get(one), redis.get(key()), redis.get(other)) == [
        b"\xff first",
        None,
        "ä".encode(),
    ]
    assert await redis.pexpire(other, 9_000) is True
    async with from_url(services["REDIS_URL"]) as valkey:
        assert 50_000 < await valkey.pttl(one) <= 60_000
        assert 0 < await valkey.pttl(other) <= 9_000
    assert await redis.eval("return redis.call('GETDEL', KEYS[1]) .. ARGV[1]", [one], 7) == b"\xff first7"
    assert [await redis.delete(one), await redis.delete(other)] == [False, True]
    assert await redis.pexpire(other, 9_000) is False
    assert redis.outages == 0


async def test_those_who_ask_at_the_same_moment_ask_together(valkey: Valkeys) -> None:
    async with Redis(valkey.settings["REDIS_URL"], PATIENT) as redis:
        keys = [key() for _ in range(300)]
        written = await asyncio.gather(*(redis.set(each, each, px=60_000, nx=True) for each in keys))
        assert written == [True] * 300
        asked = await calls(valkey, "mget")
        assert await asyncio.gather(*map(redis.get, keys)) == [each.encode() for each in keys]
        # The first asks at once, and all others while it is on its way.
        assert await calls(valkey, "mget") - asked == 2
        # One connection for each kind of question, and one that looks here.
        assert int((await valkey.do("INFO", "clients"))["connected_clients"]) <= 3


async def test_who_leaves_takes_the_answer_from_nobody(redis: Redis, services: dict[str, str]) -> None:
    kept, left = key(), key()
    first, leaving, staying = (
        asyncio.create_task(asking)
        for asking in (redis.get(kept), redis.set(left, "written", px=60_000), redis.get(kept))
    )
    await asyncio.sleep(0)
    leaving.cancel()
    assert await asyncio.gather(first, staying) == [None, None]
    assert await redis.get(left) == b"written"


@pytest.mark.parametrize(("lose", "regain"), CHANGES)
async def test_nobody_asks_a_valkey_that_is_away(
    valkey: Valkeys, lose: Change, regain: Change, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "of nobody's business"
    async with Redis(valkey.settings["REDIS_URL"], 0.5) as redis:

        def all_kinds() -> list[Awaitable[Any]]:
            return [
                redis.set(f"{secret}:{uuid4()}", secret, px=60_000),
                redis.get(key()),
                redis.delete(key()),
                redis.eval("return 1", []),
                redis.pexpire(key(), 1),
            ]

        assert await asyncio.gather(*all_kinds()) == [True, None, False, 1, False]
        await lose(valkey)
        # Those of one moment, and those who come while they wait, wait for the same answer.
        async with asyncio.timeout(10):
            asked = [asyncio.create_task(each) for _ in range(20) for each in all_kinds()]
            await asyncio.gather(*asked)
        answers = [each.result() for each in asked]
        assert {answers[n] for n in range(0, 100, 5)} == {AWAY}
        assert await asyncio.gather(*all_kinds()) == [AWAY] * 5
        # Longer than one trial takes, which fails and says nothing more.
        await asyncio.sleep(1.6)
        assert (redis.is_there, redis.outages, len(caplog.records)) == (False, 1, 1)
        await regain(valkey)
        assert await eventually(lambda: redis.is_there, 30)
        assert await asyncio.gather(*all_kinds()) == [True, None, False, 1, False]
        assert (redis.outages, len(caplog.records)) == (1, 2)
    assert [record.name for record in caplog.records] == ["dwelzo.redis"] * 2
    assert secret not in caplog.text


async def test_an_answer_is_waited_for_so_long_and_then_nobody_waits(valkey: Valkeys) -> None:
    async with Redis(valkey.settings["REDIS_URL"], 0.2) as redis:
        valkey.send(signal.SIGSTOP)
        clock = asyncio.get_running_loop().time
        began = clock()
        assert await redis.get(key()) is AWAY
        assert clock() - began >= 0.2
        # Nobody is asked: there is nothing that the loop could wait for.
        async with asyncio.timeout(0):
            for _ in range(1_000):
                assert await redis.get(key()) is AWAY
                assert await redis.set(key(), "", px=1) is AWAY
        valkey.send(signal.SIGCONT)


async def test_a_valkey_that_forgets_is_no_valkey_that_is_away(valkey: Valkeys) -> None:
    async with Redis(valkey.settings["REDIS_URL"], PATIENT) as redis:
        shout = redis.script("return string.upper(ARGV[1])")

        async def shouted(texts: list[str]) -> list[bytes]:
            return [await shout([], [text]) for text in texts]

        shouts = redis.gathering(shouted, "trial")
        assert await shouts.ask("a") == b"A"
        assert await redis.set("kept", "", px=60_000)
        await valkey.do("FLUSHALL")
        await valkey.do("SCRIPT", "FLUSH")
        assert [await redis.get("kept"), await shouts.ask("b")] == [None, b"B"]
        assert redis.outages == 0


async def test_it_opens_without_valkey_and_finds_it_later(
    valkey: Valkeys, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.stop()
    async with Redis(valkey.settings["REDIS_URL"], PATIENT) as redis:
        assert await redis.get(key()) is AWAY
        valkey.start()
        assert await eventually(lambda: redis.is_there, 30)
        assert await redis.get(key()) is None
    assert await redis.get(key()) is AWAY
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == [
        "Redis is away",
        "Redis is back.",
    ]
