"""Whether a session goes on, asked at each request that carries a token.

PostgreSQL is the truth. Redis keeps what it said for a second, so that a client that asks often costs it one
question a second. Whoever ends a session, or takes a role away, says so in Redis after the commit and before
the answer: from then on every process asks PostgreSQL. Where Redis cannot be told, the answer waits out that
second. So nobody who is gone passes at the next request, whether Redis is there, gone or empty.
docs/decisions/accounts.md has the rest.
"""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from generated.sql.session import session_state
from server.auth.tokens import Claim
from server.context import Viewer
from server.database import Database
from server.errors import Unauthenticated
from server.redis import AWAY, Redis

# In seconds: how long what PostgreSQL said is believed. It is measured by the clock of Redis, from before
# PostgreSQL was asked: what comes late, from a process that was busy or a Redis that was stopped, is nothing.
LEASE = 1.0
_KEY = "dwelzo:session:%s"
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


class Sessions:
    """The sessions of an installation."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis

    async def viewer(self, claim: Claim) -> Viewer:
        """Who asks with a token that verified; UNAUTHENTICATED when their session has ended."""
        key = _KEY % claim.session.hex
        kept = await self._redis.get(key)
        if isinstance(kept, bytes) and kept != _ASK:
            return Viewer(claim.user, kept.decode(), claim.session)
        # AWAY where Redis is; nothing is kept then.
        asked = await self._redis.eval(_NOW, [key]) if kept is None else AWAY
        async with self._database.session() as session:
            row = await session_state(session, id=claim.session)
        if row is None or row.id != claim.user:
            raise Unauthenticated("The session has ended. Sign in again.")
        if asked is not AWAY:
            await self._redis.eval(_KEEP, [key], row.role, asked + int(LEASE * 1000))
        return Viewer(claim.user, row.role, claim.session)

    async def changed(self, sessions: Iterable[UUID]) -> None:
        """After the commit that ended these sessions, or changed what their user may do: from here on nobody
        believes what was true before.
        """
        told = [await self._redis.set(_KEY % id.hex, _ASK, px=int(_ASK_SECONDS * 1000)) for id in sessions]
        if AWAY in told:
            await asyncio.sleep(LEASE)
