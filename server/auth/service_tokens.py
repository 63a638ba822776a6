"""Service tokens: what other backends send as `Authorization: Bearer` instead of an access token.

One is a sealed text that carries the id of its row (seals.py): nothing of it is stored, and a forged one asks
nobody anything. Whether it is still good is asked as of sessions.
"""

import logging
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from generated.sql.service_token import note_service_token_use, service_token_state
from server.auth.leases import Leases
from server.auth.seals import Seals
from server.context import Viewer
from server.database import Database
from server.errors import Unauthenticated
from server.redis import Redis

log = logging.getLogger("dwelzo.service_tokens")

_PURPOSE = "service"
BEGINNING = f"dwz_{_PURPOSE}_"


class ServiceClaim(NamedTuple):
    """What a service token says: which one it is."""

    id: UUID

    @property
    def holder(self) -> str:
        """Whose requests are counted together."""
        return f"service:{self.id.hex}"


class ServiceTokens:
    """The service tokens of an installation."""

    def __init__(self, seals: Seals, database: Database, redis: Redis) -> None:
        self._seals = seals
        self._database = database
        self._leases = Leases(redis, "service_token")

    def text(self, id: UUID) -> str:
        """What its holder sends: for whoever made it, once."""
        return self._seals.seal(_PURPOSE, id)

    def claim(self, text: str) -> ServiceClaim:
        """What a token says; UNAUTHENTICATED when it was not sealed here."""
        sealed = self._seals.open(_PURPOSE, text)
        if sealed is None:
            raise Unauthenticated("The service token does not verify. Ask an admin for another.")
        return ServiceClaim(sealed.id)

    async def viewer(self, claim: ServiceClaim) -> Viewer:
        """What may be done with it now; UNAUTHENTICATED when it has expired or was revoked."""

        async def scopes() -> str | None:
            async with self._database.session() as session:
                row = await service_token_state(session, id=claim.id)
            if row is not None and not row.is_noted:
                await self._note(claim.id)
            return None if row is None else row.scopes

        found = await self._leases.ask(claim.id, scopes)
        if found is None:
            raise Unauthenticated("The service token has expired or was revoked. Ask an admin for another.")
        return Viewer(claim.id, None, scopes=frozenset(found.split(",")))

    async def changed(self, tokens: Iterable[UUID]) -> None:
        """After the commit that revoked these tokens."""
        await self._leases.changed(tokens)

    async def _note(self, id: UUID) -> None:
        """That it is used. Where that cannot be written down the request goes on."""
        try:
            async with self._database.session() as session:
                await note_service_token_use(session, id=id)
        except Exception as error:
            log.warning("The use of a service token could not be noted (%s).", type(error).__name__)
