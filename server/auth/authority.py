"""What resolvers need to sign people in and out: one of each, made by server/app.py."""

from dataclasses import dataclass
from typing import Self

from server.auth.attempts import Attempts
from server.auth.keys import Keys
from server.auth.passwords import Passwords
from server.auth.seals import Seals
from server.auth.sessions import Sessions
from server.auth.tokens import Claim, Tokens
from server.config import Settings
from server.context import Viewer
from server.database import Database
from server.redis import Redis


@dataclass(frozen=True)
class Authority:
    """Who may say who somebody is."""

    keys: Keys
    tokens: Tokens
    seals: Seals
    passwords: Passwords
    sessions: Sessions
    attempts: Attempts

    @classmethod
    def of(cls, settings: Settings, database: Database, redis: Redis) -> Self:
        keys = Keys(settings.secrets)
        return cls(
            keys,
            Tokens(keys),
            Seals(settings.secrets),
            Passwords(),
            Sessions(database, redis),
            Attempts(redis, settings.attempts_by_account, settings.attempts_by_address),
        )

    def claim(self, authorization: bytes | None) -> Claim | None:
        """What the token of an `Authorization` header says; None without one."""
        return self.tokens.claim(authorization)

    async def viewer(self, claim: Claim) -> Viewer:
        """Who they are now; UNAUTHENTICATED when they may not be here any more."""
        return await self.sessions.viewer(claim)
