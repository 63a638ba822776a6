"""Where requests and points are counted: in Redis, which all processes share, or in this process alone.

Both count as the library `limits` does, in its sliding window. What is over a limit is not counted.
"""

import asyncio
import logging
import time
from functools import partial
from math import floor
from typing import Any, NamedTuple

from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.bridge import RedisBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = logging.getLogger("dwelzo.rates")

_PREFIX = "dwelzo:rate"
# For a connection, which no request waits for.
_SECONDS_TO_CONNECT = 0.5
_SECONDS_BETWEEN_TRIALS = 1.0
# Counters that one process keeps while it counts by itself; the oldest go first.
_MOST_COUNTERS = 20_000
# The counters' clock has milliseconds.
_TICK = 0.002


class Window(NamedTuple):
    """A sliding window: what was counted in the one before and in this one, and for how many seconds the
    library keeps each. This one lasts until as many are left as it is long; then it is the one before, and
    counts for less the less is left of it.
    """

    before: int
    before_left: float
    now: int
    now_left: float

    def used(self, length: float) -> int:
        return floor(self.before * self.before_left / length) + self.now

    def ends(self, length: float) -> float:
        """The seconds until the next one begins."""
        return max(0.0, self.now_left - length)

    def wait(self, amount: int, most: int, length: float) -> float:
        """The seconds until so many more go in if nothing else comes; 0 if they do now."""
        room = most - amount
        if self.used(length) <= room:
            return 0.0
        if self.now <= room:
            return self.before_left - (room + 1 - self.now) * length / self.before + _TICK
        return self.ends(length) + length - (room + 1) * length / self.now + _TICK


class Allowance:
    """What one client may take: requests and points, in the notation of the library."""

    def __init__(self, whose: str, requests: str, points: str) -> None:
        self.whose = whose
        self.limits = (parse(requests), parse(points))
        self.sizes = tuple((item.amount, item.get_expiry()) for item in self.limits)
        (most_requests, minute), (most_points, hour) = self.sizes
        # As the script reads them; the points of a request come behind.
        self.numbers = f"{most_requests} {minute} 1 {most_points} {hour} "


class Hit(NamedTuple):
    """A request to be counted, with its points."""

    who: str
    allowance: Allowance
    points: int


class Standing(NamedTuple):
    """What became of it: `passed` of the two limits had room, in their order, and how both stand now."""

    passed: int
    windows: tuple[Window, Window]


class Alone:
    """The counters of this process."""

    def __init__(self) -> None:
        self._storage = _Memory()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def count(self, hit: Hit) -> Standing:
        passed = 0
        for item, amount in zip(hit.allowance.limits, (1, hit.points), strict=True):
            if not await self._limiter.hit(item, hit.who, cost=amount):
                break
            passed += 1
        requests, points = [
            Window(*await self._storage.get_sliding_window(item.key_for(hit.who), item.get_expiry()))
            for item in hit.allowance.limits
        ]
        return Standing(passed, (requests, points))


class _Memory(MemoryStorage):
    """The library's own looks through all counters at each hit, and keeps as many as there are clients."""

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count = self.storage[key] = await self.get(key) + amount
        self.expirations.setdefault(key, time.time() + expiry)
        if len(self.expirations) > _MOST_COUNTERS:
            await self.clear(next(iter(self.expirations)))
        return count


# The library's own scripts, word for word, for both limits of several requests at once. Who is over the first
# limit takes no points. The answer is one text, which is read faster than a list.
_BOTH = """
local answer = {}
for n, who in ipairs(KEYS) do
    local numbers = {}
    for number in string.gmatch(ARGV[n], '%d+') do
        numbers[#numbers + 1] = number
    end
    local passed = 0
    local stands = {}
    for place, name in ipairs({'requests', 'points'}) do
        local most, length, amount = unpack(numbers, place * 3 - 2, place * 3)
        local current = who .. ':' .. name .. ':' .. length
        local keys = {current .. ':before', current}
        if passed == place - 1 and acquire(keys, {most, length, amount}) then
            passed = place
        end
        local found = window(keys, {length})
        for i = 1, 4 do
            stands[#stands + 1] = math.max(0, tonumber(found[i] or 0))
        end
    end
    answer[n] = passed .. ' ' .. table.concat(stands, ' ')
end
return table.concat(answer, ' ')
"""
_SCRIPT = "\n".join(
    (
        "local function acquire(KEYS, ARGV)",
        RedisBridge.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode(),
        "end local function window(KEYS, ARGV)",
        RedisBridge.SCRIPT_SLIDING_WINDOW.decode(),
        "end",
        _BOTH,
    )
)
_NUMBERS = 9

Waiting = list[tuple[Hit, asyncio.Future[Standing | None]]]


class Shared:
    """The counters in Redis. What several requests ask at the same moment goes there together: while one
    question is on its way, others gather for the next.

    Once Redis did not answer, or not in time, it is not asked again before a trial of its own has succeeded.
    `outages` counts how often that was.
    """

    def __init__(self, url: str, seconds: float) -> None:
        scheme, _, rest = url.partition("://")
        storage = RedisStorage(
            f"async+{'redis+unix' if scheme == 'unix' else scheme}://{rest}",
            implementation="redispy",
            socket_connect_timeout=_SECONDS_TO_CONNECT,
            # Each question has its own.
            socket_timeout=None,  # type: ignore[arg-type]
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
            max_connections=2,
            protocol=2,
            decode_responses=True,
        )
        self._redis: Any = storage.bridge.get_connection()  # type: ignore[attr-defined]
        self._script = self._redis.register_script(_SCRIPT)
        self._seconds = seconds
        self._waiting: Waiting = []
        self._flight: asyncio.Task[list[Standing]] | None = None
        self._trials: asyncio.Task[None] | None = None
        self.is_there = self._is_outage = False
        self.outages = 0

    async def open(self) -> None:
        """Waits for Redis a moment; where it is away, trials go on."""
        self._trials = asyncio.create_task(self._try())
        await asyncio.wait({self._trials}, timeout=_SECONDS_TO_CONNECT)

    async def close(self) -> None:
        while self._flight is not None:
            await asyncio.wait({self._flight})
        if self._trials is not None:
            self._trials.cancel()
            await asyncio.wait({self._trials})
        self.is_there = False
        await self._redis.aclose()

    async def count(self, hit: Hit) -> Standing | None:
        """None when Redis is away."""
        if not self.is_there:
            return None
        answer: asyncio.Future[Standing | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((hit, answer))
        if self._flight is None:
            self._take_off()
        return await answer

    def _take_off(self) -> None:
        waiting, self._waiting = self._waiting, []
        flight = self._flight = asyncio.create_task(self._ask([hit for hit, _ in waiting]))
        timer = asyncio.get_running_loop().call_later(self._seconds, _late, flight)
        flight.add_done_callback(partial(self._land, waiting, timer))

    def _land(
        self, waiting: Waiting, timer: asyncio.TimerHandle, flight: asyncio.Task[list[Standing]]
    ) -> None:
        timer.cancel()
        self._flight = None
        failure = TimeoutError() if flight.cancelled() else flight.exception()
        if failure is None:
            for (_, answer), standing in zip(waiting, flight.result(), strict=True):
                if not answer.done():
                    answer.set_result(standing)
            if self._waiting:
                self._take_off()
            return
        for _, answer in (*waiting, *self._waiting):
            if not answer.done():
                answer.set_result(None)
        self._waiting = []
        self._lost(failure)
        self._trials = asyncio.create_task(self._try(_SECONDS_BETWEEN_TRIALS))

    async def _ask(self, hits: list[Hit]) -> list[Standing]:
        text = await self._script(
            [f"{_PREFIX}:{{{hit.who}}}" for hit in hits],
            [f"{hit.allowance.numbers}{hit.points}" for hit in hits],
        )
        numbers = text.split(" ")
        return [_standing(numbers[at : at + _NUMBERS]) for at in range(0, len(numbers), _NUMBERS)]

    def _lost(self, failure: BaseException) -> None:
        self.is_there = False
        if not self._is_outage:
            self._is_outage = True
            self.outages += 1
            why = str(failure) or f"no answer within {self._seconds:g} s"
            log.warning("Redis does not count rates (%s): until it does, this process counts by itself.", why)

    async def _try(self, pause: float = 0) -> None:
        """Tries until Redis counts, and does so in time."""
        await asyncio.sleep(pause)
        while (failure := await self._failure()) is not None:
            self._lost(failure)
            await asyncio.sleep(_SECONDS_BETWEEN_TRIALS)
        if self._is_outage:
            self._is_outage = False
            log.warning("Redis counts rates again.")
        self.is_there = True

    async def _failure(self) -> Exception | None:
        try:
            async with asyncio.timeout(_SECONDS_TO_CONNECT):
                await self._ask([_TRIAL])
            # Now that it is connected.
            async with asyncio.timeout(self._seconds):
                await self._ask([_TRIAL])
        except (RedisError, OSError) as error:
            return error
        return None


_TRIAL = Hit("trial", Allowance("", "1000/second", "1000/second"), 1)


def _late(flight: asyncio.Task[Any], patience: int = 5) -> None:
    """Ends a question without an answer. One that came while this process was busy is still taken: that needs
    a few turns of the event loop.
    """
    if not patience:
        flight.cancel()
    elif not flight.done():
        asyncio.get_running_loop().call_soon(_late, flight, patience - 1)


def _standing(numbers: list[str]) -> Standing:
    """Of nine numbers: how many limits had room, and twice a window in milliseconds."""
    passed, *both = map(int, numbers)
    requests, points = (
        Window(before, before_left / 1000, now, now_left / 1000)
        for before, before_left, now, now_left in (both[:4], both[4:])
    )
    return Standing(passed, (requests, points))
