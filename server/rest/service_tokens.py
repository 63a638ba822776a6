"""Service tokens, for admins: made, listed, revoked. What a token itself is, and how it is asked of, is in
server/auth/service_tokens.py; it is in the answer that makes it and in no other.
"""

from functools import partial
from typing import Any

from starlette.responses import Response

from generated.sql.service_token import (
    InsertServiceTokenRow,
    RevokeServiceTokenRow,
    ServiceTokenFoundRow,
    ServiceTokensRow,
    insert_service_token,
    revoke_service_token,
    service_token_found,
    service_tokens,
)
from server import ids
from server.auth.service_tokens import ServiceTokens
from server.database import Database
from server.errors import NotFound
from server.rest.endpoint import Call, Handler, Json
from server.rest.pages import page
from server.scalars import datetime_to_wire


class IssuedTokens:
    """The service tokens of an installation."""

    def __init__(self, database: Database, tokens: ServiceTokens) -> None:
        self._database = database
        self._tokens = tokens

    @property
    def handlers(self) -> dict[str, Handler]:
        """By the operations of the document."""
        return {
            "serviceTokens": self.find,
            "createServiceToken": self.create,
            "revokeServiceToken": self.revoke,
        }

    async def find(self, call: Call) -> Response:
        """GET /api/admin/service-tokens"""
        first = call.query["first"]
        async with self._database.session() as session:
            rows = await service_tokens(session, after=call.query["after"], first=first + 1)
        return page(rows, first, _token)

    async def create(self, call: Call) -> Response:
        """POST /api/admin/service-tokens"""
        async with self._database.session() as session, session.transaction(call.actor.id, call.address):
            made = await insert_service_token(
                session,
                name=call.body["name"],
                scopes=sorted(set(call.body["scopes"])),
                creator_id=call.actor.id,
                days=call.body["days"],
            )
        assert made is not None
        return Json({"token": self._tokens.text(made.id), "serviceToken": _token(made)}, 201)

    async def revoke(self, call: Call) -> Response:
        """DELETE /api/admin/service-tokens/{id}"""
        token = call.path["id"]
        found: RevokeServiceTokenRow | ServiceTokenFoundRow | None
        async with self._database.session() as session, session.transaction(call.actor.id, call.address):
            found = await revoke_service_token(session, id=token)
            if found is None:
                found = await service_token_found(session, id=token)
            if found is None:
                raise NotFound("service token", ids.encode("service_token", token))
            # Also of one that had been revoked: whoever asks again may do so because they were not answered.
            session.after_commit(partial(self._tokens.changed, [token]))
        return Json(_token(found))


def _token(
    row: InsertServiceTokenRow | RevokeServiceTokenRow | ServiceTokenFoundRow | ServiceTokensRow,
) -> dict[str, Any]:
    instants = (
        row.original_entry_timestamp,
        row.expiration_timestamp,
        row.last_use_timestamp,
        row.revocation_timestamp,
    )
    entered, expires, used, revoked = (each and datetime_to_wire(each) for each in instants)
    return {
        "id": ids.encode("service_token", row.id),
        "name": row.name,
        "scopes": list(row.scopes),
        "creatorId": row.creator_id and ids.encode("user", row.creator_id),
        "originalEntryTimestamp": entered,
        "expirationTimestamp": expires,
        "lastUseTimestamp": used,
        "revocationTimestamp": revoked,
    }
