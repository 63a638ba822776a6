"""What PostgreSQL said of a row, believed for a second by all processes: whether a session goes on, whether a
service token is good. Both are asked at each request that carries a token.

PostgreSQL is the truth. Redis keeps what it said for a second, so that a client that asks often costs it one
question a second. Whoever ends a session, or takes a role away, says so in Redis after the commit and before
the answer: from then on every process asks PostgreSQL. Where Redis cannot be told, the answer waits out that
second. So nobody who is gone passes at the next request, whether Redis is there, gone or empty.
docs/decisions/accounts.md has the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from server.redis import AWAY, Redis

# In seconds: how long what PostgreSQL said is believed. It is measured by the clock of Redis, from before
# PostgreSQL was asked: what comes late, from a process that was busy or a Redis that was stopped, is nothing.
LEASE = 1.0
# Ask PostgreSQL. It stays longer than anybody who has asked before may write down what they were told.
_ASK, _ASK_SECONDS = b"?", 2 * LEASE
_NOW = """
local now = redis.call('TIME')
return now[1] * 1000 + math.floor(now[2] / 1000)
"""
_KEEP = """
local now = redis.call('TIME')
local left = ARGV[2] - (now[1] * 1000 + math.floor(now[2] / 1000))
if left > 0 then
    redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', left)
end
"""


class Leases:
    """Of the rows of one kind, by their ids."""

    def __init__(self, redis: Redis, kind: str) -> None:
        self._redis = redis
        self._kind = kind

    async def ask(self, id: UUID, question: Callable[[], Awaitable[str | None]]) -> str | None:
        """What PostgreSQL says of a row, or said within a second. None is asked again each time."""
        key = self._key(id)
        kept = await self._redis.get(key)
        if isinstance(kept, bytes) and kept != _ASK:
            return kept.decode()
        # AWAY where Redis is; nothing is kept then.
        asked = await self._redis.eval(_NOW, [key]) if kept is None else AWAY
        answer = await question()
        if answer is not None and asked is not AWAY:
            await self._redis.eval(_KEEP, [key], answer, asked + int(LEASE * 1000))
        return answer

    async def changed(self, ids: Iterable[UUID]) -> None:
        """After the commit that changed what PostgreSQL says of these rows: from here on nobody believes what
        was true before.
        """
        told = [await self._redis.set(self._key(id), _ASK, px=int(_ASK_SECONDS * 1000)) for id in ids]
        if AWAY in told:
            await asyncio.sleep(LEASE)

    def _key(self, id: UUID) -> str:
        return f"dwelzo:{self._kind}:{id.hex}"
