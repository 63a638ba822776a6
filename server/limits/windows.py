"""Where requests and points are counted: in Redis, which all processes share, or in this process alone.

Both count as the library `limits` does, in its sliding window. What is over a limit is not counted.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable
from math import floor
from typing import NamedTuple

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis.bridge import RedisBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from server.redis import AWAY, Away, Redis

_PREFIX = "dwelzo:rate"
# What there is a limit of, in the order in which it is asked.
LIMITS = ("requests", "points")
# Counters that one process keeps while it counts by itself; the least recently used go first.
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

    def give_back(self, hit: Hit, requests: int) -> None:
        """Takes a hit back, with its points and so many requests, as far as its windows still last."""
        for item, amount in zip(hit.allowance.limits, (requests, hit.points), strict=True):
            _, key = self._storage.sliding_window_keys(item.key_for(hit.who), item.get_expiry(), time.time())
            self._storage.take_off(key, amount)


class _Memory(MemoryStorage):
    """The library's own looks through all counters at each hit, and keeps as many as there are clients."""

    def __init__(self) -> None:
        super().__init__()
        # The least recently used first, so that a crowd that comes once does not wash out who comes again.
        self._recent = self.expirations = OrderedDict[str, float]()

    async def get(self, key: str) -> int:
        count = await super().get(key)
        if key in self._recent:
            self._recent.move_to_end(key)
        return count

    def take_off(self, key: str, amount: int) -> None:
        if key in self.storage:
            self.storage[key] = max(0, self.storage[key] - amount)

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
# The keys are those of the windows that last, the arguments what is given back of each.
_GIVE_BACK = """
for n, key in ipairs(KEYS) do
    local count = tonumber(redis.call('get', key) or 0)
    if count > 0 then
        redis.call('decrby', key, math.min(count, tonumber(ARGV[n])))
    end
end
"""


class Shared:
    """The counters in Redis, of all processes together."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.script(_SCRIPT)
        self._hits = redis.gathering(self._count, _TRIAL)

    def count(self, hit: Hit) -> Awaitable[Standing | Away]:
        return self._hits.ask(hit)

    async def give_back(self, hit: Hit, requests: int) -> Away | None:
        """Takes a hit back, with its points and so many requests, as far as its windows still last."""
        keys = [
            f"{_PREFIX}:{{{hit.who}}}:{name}:{length}"
            for name, (_, length) in zip(LIMITS, hit.allowance.sizes, strict=True)
        ]
        answer: Away | None = await self._redis.eval(_GIVE_BACK, keys, requests, hit.points)
        return answer

    async def _count(self, hits: list[Hit]) -> list[Standing]:
        text = await self._script(
            [f"{_PREFIX}:{{{hit.who}}}" for hit in hits],
            [f"{hit.allowance.numbers}{hit.points}" for hit in hits],
        )
        numbers = text.split(b" ")
        return [_standing(numbers[at : at + _NUMBERS]) for at in range(0, len(numbers), _NUMBERS)]


_TRIAL = Hit("trial", Allowance("", "1000/second", "1000/second"), 1)


class Counters:
    """Those of all processes; while Redis is away each process counts by itself."""

    def __init__(self, redis: Redis) -> None:
        self._shared, self._alone = Shared(redis), Alone()

    async def count(self, hit: Hit) -> Standing:
        """Counts a hit, and says how its client stands."""
        standing = await self._shared.count(hit)
        return await self._alone.count(hit) if standing is AWAY else standing

    async def give_back(self, hit: Hit, requests: int) -> None:
        """Takes a hit back, with its points and so many requests."""
        if await self._shared.give_back(hit, requests) is AWAY:
            self._alone.give_back(hit, requests)


def _standing(numbers: list[bytes]) -> Standing:
    """Of nine numbers: how many limits had room, and twice a window in milliseconds."""
    passed, *both = map(int, numbers)
    requests, points = (
        Window(before, before_left / 1000, now, now_left / 1000)
        for before, before_left, now, now_left in (both[:4], both[4:])
    )
    return Standing(passed, (requests, points))
