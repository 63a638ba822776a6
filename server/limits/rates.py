"""How often one client may ask, and how much: requests, and points for what they cost.

A client is a user, or the address of somebody without a token. Where it is counted is decided in windows.py;
who is known to be over a limit is remembered here until it lets them in again, and refused at once.
docs/decisions/rates.md says why.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import NamedTuple, Self

from starlette.types import Scope

from server.config import Settings
from server.errors import Overloaded, RateLimited
from server.limits.windows import LIMITS, Allowance, Counters, Hit
from server.recent import Recent

COST_OF_A_POINT = 100
_MOST_KNOWN = 10_000

Field = tuple[bytes, bytes]


def points_of(cost: float) -> int:
    """The points of an operation: a hundred of its cost are one, and nothing is for nothing."""
    return max(1, ceil(cost / COST_OF_A_POINT))


class Over(NamedTuple):
    """Somebody is over a limit (its place in `LIMITS`) until then, on the clock that only goes forward."""

    limit: int
    until: float


class Rates:
    """The limits of an installation: an allowance for each user and one for each address."""

    def __init__(self, users: Allowance, anonymous: Allowance, counters: Counters) -> None:
        self._users, self._anonymous = users, anonymous
        self._policies = {each: _policy(each) for each in (users, anonymous)}
        self.counters = counters
        self.over: Recent[str, Over] = Recent(_MOST_KNOWN)

    @classmethod
    def of(cls, settings: Settings, counters: Counters) -> Self:
        return cls(
            users=Allowance("A user", settings.rate_requests, settings.rate_points),
            anonymous=Allowance(
                "An address without a token", settings.rate_requests_anonymous, settings.rate_points_anonymous
            ),
            counters=counters,
        )

    def turn(self, scope: Scope, holder: str | None) -> "Turn":
        """The turn of whoever sent this request: of a token's holder, else of an address."""
        if holder is not None:
            return Turn(self, holder, self._users)
        client = scope.get("client")
        return Turn(self, f"address:{network(client[0]) if client else 'none'}", self._anonymous)

    def policy(self, allowance: Allowance) -> Field:
        return self._policies[allowance]


class Turn:
    """One request. It is counted once, whatever becomes of it; `fields` are the headers that tell of it."""

    __slots__ = ("_allowance", "_hit", "_is_counted", "_rates", "fields", "who")

    def __init__(self, rates: Rates, who: str, allowance: Allowance) -> None:
        self._rates, self.who, self._allowance = rates, who, allowance
        self.fields: Sequence[Field] = ()
        self._is_counted = False
        # What was taken.
        self._hit: Hit | None = None

    def check(self) -> None:
        """RATE_LIMITED for somebody who is known to be over a limit. Nobody is asked, nothing is counted."""
        over = self._rates.over.get(self.who)
        if over is not None and (left := over.until - time.monotonic()) > 0:
            told = f'"{LIMITS[over.limit]}";r=0;t={ceil(left)}'
            self.fields = (self._rates.policy(self._allowance), (b"ratelimit", told.encode()))
            raise self._refusal(over.limit, left)

    async def count(self, points: int) -> None:
        """Counts the request and its points; RATE_LIMITED where they are too many. A second time nothing."""
        if self._is_counted:
            return
        self.check()
        # From here on, also where the request ends before Redis answers: it was asked.
        self._is_counted = True
        sizes = self._allowance.sizes
        # Whoever asks for more than there ever is takes all of it.
        asked = (1, min(points, sizes[1][0]))
        hit = Hit(self.who, self._allowance, asked[1])
        standing = await self._rates.counters.count(hit)
        is_refused = standing.passed < len(LIMITS)
        told, wait, over = [], 0.0, Over(0, 0.0)
        for place, (name, amount, (most, length), window) in enumerate(
            zip(LIMITS, asked, sizes, standing.windows, strict=True)
        ):
            left = max(0, most - window.used(length))
            # Whoever was refused comes back with as much, and must find room in both.
            until = window.wait(amount if is_refused else 1, most, length)
            wait = max(wait, until)
            told.append(f'"{name}";r={left};t={ceil(until or window.ends(length))}')
            if left == 0:
                over = max(over, Over(place, window.wait(1, most, length)), key=lambda each: each.until)
        self.fields = (self._rates.policy(self._allowance), (b"ratelimit", ", ".join(told).encode()))
        if over.until:
            self._rates.over.keep(self.who, over._replace(until=time.monotonic() + over.until))
        if is_refused:
            raise self._refusal(standing.passed, wait)
        self._hit = hit

    async def give_back(self, points: int) -> None:
        """Takes points back that were counted for what found no place; the request they belong to still
        counts.
        """
        if self._hit is not None:
            await self._take_back(self._hit._replace(points=min(points, self._hit.points)), requests=0)

    async def _take_back(self, hit: Hit, requests: int) -> None:
        await self._rates.counters.give_back(hit, requests)
        # What was taken back may have been the last.
        self._rates.over.keep(self.who, Over(0, 0.0))

    async def instead(self, error: Exception) -> Exception:
        """What a refused request is told: it counts as well, but where there was no place for it."""
        if isinstance(error, Overloaded):
            if self._hit is not None:
                await self._take_back(self._hit, requests=1)
                self.fields = ()
        elif not isinstance(error, RateLimited):
            try:
                await self.count(1)
            except RateLimited as limited:
                return limited
        return error

    def _refusal(self, limit: int, wait: float) -> RateLimited:
        seconds = max(1, ceil(wait))
        self.fields = (*self.fields, (b"retry-after", b"%d" % seconds))
        name, item = LIMITS[limit], self._allowance.limits[limit]
        window = (
            item.GRANULARITY.name if item.multiples == 1 else f"{item.multiples} {item.GRANULARITY.name}s"
        )
        return RateLimited(
            f"{self._allowance.whose} may use {item.amount:,} {name} per {window}, and this is more. "
            f"Come back in {_counted(seconds, 'second')}.",
            limit=name,
            allowed=item.amount,
            retryAfter=seconds,
        )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _policy(allowance: Allowance) -> Field:
    told = (
        f'"{name}";q={most};w={length}' for name, (most, length) in zip(LIMITS, allowance.sizes, strict=True)
    )
    return (b"ratelimit-policy", ", ".join(told).encode())


@lru_cache(_MOST_KNOWN)
def network(host: str) -> str:
    """Whose an address is: IPv6 is given out by the /64, and carries IPv4 addresses as well."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return f"{IPv6Address(int(address) >> 64 << 64)}/64"
        return str(address.ipv4_mapped)
    return str(address)
