"""Whether a session goes on, asked at each request that carries an access token."""

from collections.abc import Iterable
from uuid import UUID

from generated.sql.session import session_state
from server.auth.leases import Leases
from server.auth.tokens import Claim
from server.context import Viewer
from server.database import Database
from server.errors import Unauthenticated
from server.redis import Redis


class Sessions:
    """The sessions of an installation."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._leases = Leases(redis, "session")

    async def viewer(self, claim: Claim) -> Viewer:
        """Who asks with a token that verified; UNAUTHENTICATED when their session has ended."""

        async def role() -> str | None:
            async with self._database.session() as session:
                row = await session_state(session, id=claim.session)
            return row.role if row is not None and row.id == claim.user else None

        found = await self._leases.ask(claim.session, role)
        if found is None:
            raise Unauthenticated("The session has ended. Sign in again.")
        return Viewer(claim.user, found, claim.session)

    async def changed(self, sessions: Iterable[UUID]) -> None:
        """After the commit that ended these sessions, or changed what their user may do."""
        await self._leases.changed(sessions)
