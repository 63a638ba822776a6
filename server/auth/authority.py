"""What resolvers need to sign people in and out: one of each, made by server/app.py."""

from dataclasses import dataclass
from typing import Self

from server.auth.attempts import Attempts
from server.auth.keys import Keys
from server.auth.passwords import Passwords
from server.auth.seals import Seals
from server.auth.service_tokens import BEGINNING, ServiceClaim, ServiceTokens
from server.auth.sessions import Sessions
from server.auth.tokens import Claim, Tokens, bearer
from server.config import Settings
from server.context import Viewer
from server.database import Database
from server.limits.windows import Counters
from server.redis import Redis


@dataclass(frozen=True)
class Authority:
    """Who may say who somebody is."""

    keys: Keys
    tokens: Tokens
    seals: Seals
    passwords: Passwords
    sessions: Sessions
    service_tokens: ServiceTokens
    attempts: Attempts

    @classmethod
    def of(cls, settings: Settings, database: Database, redis: Redis, counters: Counters) -> Self:
        keys, seals = Keys(settings.secrets), Seals(settings.secrets)
        return cls(
            keys,
            Tokens(keys),
            seals,
            Passwords(),
            Sessions(database, redis),
            ServiceTokens(seals, database, redis),
            Attempts(counters, settings.attempts_by_account, settings.attempts_by_address),
        )

    def claim(self, authorization: bytes | None) -> Claim | ServiceClaim | None:
        """What the token of an `Authorization` header says; None without one."""
        token = bearer(authorization)
        if token is None:
            return None
        if token.startswith(BEGINNING):
            return self.service_tokens.claim(token)
        return self.tokens.verify(token)

    async def viewer(self, claim: Claim | ServiceClaim) -> Viewer:
        """Who they are now; UNAUTHENTICATED when they may not be here any more."""
        if isinstance(claim, ServiceClaim):
            return await self.service_tokens.viewer(claim)
        return await self.sessions.viewer(claim)
