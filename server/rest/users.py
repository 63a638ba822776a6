"""What admins do to the accounts of others: find them, suspend and restore them, give them a role, end their
sessions. Each write is one transaction that names its actor and their address, so that the database's own log
says who did what, from where and why.

Nobody changes their own account here: an admin who is deceived, or whose session is stolen, does not lock
themselves out in one step. There is no way to act as somebody else, and none is meant.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from starlette.responses import Response

from generated.sql.account import (
    AccountFoundRow,
    AccountLockedRow,
    AccountsFoundRow,
    account_found,
    account_locked,
    accounts_found,
    change_role,
    change_status,
)
from generated.sql.session import SessionsOfAccountRow, end_session, end_sessions, sessions_of_account
from server import ids
from server.auth.sessions import Sessions
from server.database import Database, Session
from server.errors import ApiError, Conflict, NotFound
from server.rest.endpoint import Call, Handler, Json
from server.rest.pages import page
from server.scalars import datetime_to_wire

LAST_ADMIN = Conflict(
    "The last admin cannot be removed: make somebody else one first, here or by `./dwelzo admin create`."
)
# What the database refuses a change of an account with.
REFUSALS: Mapping[str, ApiError] = {"user_account_last_admin": LAST_ADMIN}


class Users:
    """The accounts of an installation."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    @property
    def handlers(self) -> dict[str, Handler]:
        """By the operations of the document."""
        return {
            "users": self.find,
            "user": self.one,
            "suspendUser": self.suspend,
            "restoreUser": self.restore,
            "changeRole": self.change_role,
            "userSessions": self.sessions,
            "endUserSession": self.end_session,
            "endUserSessions": self.end_sessions,
        }

    async def find(self, call: Call) -> Response:
        """GET /api/admin/users"""
        asked = call.query
        async with self._database.session() as session:
            rows = await accounts_found(
                session,
                email=asked["email"],
                name=asked["name"],
                role=asked["role"],
                status=asked["status"],
                after=asked["after"],
                first=asked["first"] + 1,
            )
        return page(rows, asked["first"], _user)

    async def one(self, call: Call) -> Response:
        """GET /api/admin/users/{id}"""
        async with self._database.session() as session:
            return await _answer(session, call.path["id"])

    async def suspend(self, call: Call) -> Response:
        """POST /api/admin/users/{id}/suspend"""
        async with self._changing(call) as (session, user):
            if user.status != "ACTIVE":
                raise Conflict(f"The account is {user.status}: only an active one can be suspended.")
            await change_status(session, id=user.id, status="SUSPENDED", reason=call.body["reason"])
        return await self.one(call)

    async def restore(self, call: Call) -> Response:
        """POST /api/admin/users/{id}/restore"""
        async with self._changing(call) as (session, user):
            if user.status != "SUSPENDED":
                raise Conflict(f"The account is {user.status}: only a suspended one can be restored.")
            # One that began at the very moment of the suspension is not to come back with the account.
            await end_sessions(session, user_id=user.id, but=None, reason="ACCOUNT_SUSPENDED")
            await change_status(session, id=user.id, status="ACTIVE", reason=call.body["reason"])
        return await self.one(call)

    async def change_role(self, call: Call) -> Response:
        """PUT /api/admin/users/{id}/role"""
        role = call.body["role"]
        async with self._changing(call) as (session, user):
            if user.status == "DELETED":
                raise Conflict("The account is DELETED: nobody has it any more.")
            if role == "ADMIN" and user.email is None:
                raise Conflict("The user has no address and cannot sign in: an admin must be able to.")
            if role != user.role:
                await change_role(session, id=user.id, role=role, reason=call.body["reason"])
        return await self.one(call)

    async def sessions(self, call: Call) -> Response:
        """GET /api/admin/users/{id}/sessions"""
        user = call.path["id"]
        async with self._database.session() as session:
            if await account_found(session, id=user) is None:
                raise _not_there(user)
            (found,) = await sessions_of_account(session, [user])
        return Json({"items": [_session(each) for each in found]})

    async def end_session(self, call: Call) -> Response:
        """DELETE /api/admin/users/{id}/sessions/{sessionId}"""
        user, one = call.path["id"], call.path["sessionId"]
        async with self._writing(call) as session:
            ended = await end_session(session, id=one, user_id=user, reason="REVOKED")
            if ended is None:
                raise NotFound("session of this user", ids.encode("session", one))
            session.after_commit(partial(self._sessions.changed, [ended.id]))
        return Json({"sessionsEnded": 1})

    async def end_sessions(self, call: Call) -> Response:
        """DELETE /api/admin/users/{id}/sessions"""
        user = call.path["id"]
        async with self._writing(call) as session:
            if await account_locked(session, id=user) is None:
                raise _not_there(user)
            ended = await end_sessions(session, user_id=user, but=None, reason="REVOKED")
            session.after_commit(partial(self._sessions.changed, [each.id for each in ended]))
        return Json({"sessionsEnded": len(ended)})

    @asynccontextmanager
    async def _writing(self, call: Call) -> AsyncIterator[Session]:
        """A transaction of the admin's."""
        async with self._database.session() as session, session.transaction(call.actor.id, call.address):
            yield session

    @asynccontextmanager
    async def _changing(self, call: Call) -> AsyncIterator[tuple[Session, AccountLockedRow]]:
        """The same, in which another one's account is changed; once it is, every process asks again who
        their sessions belong to.
        """
        user = call.path["id"]
        if user == call.actor.id:
            raise Conflict("This is your own account: ask another admin to change it.")
        try:
            async with self._writing(call) as session:
                locked = await account_locked(session, id=user)
                if locked is None:
                    raise _not_there(user)
                # None begins from here on, and none that is about to begin was overlooked.
                (open_,) = await sessions_of_account(session, [user])
                session.after_commit(partial(self._sessions.changed, [each.id for each in open_]))
                yield session, locked
        except asyncpg.IntegrityConstraintViolationError as violation:
            raise REFUSALS.get(violation.constraint_name or "", violation) from None


async def _answer(session: Session, user: UUID) -> Response:
    found = await account_found(session, id=user)
    if found is None:
        raise _not_there(user)
    return Json(_user(found))


def _not_there(user: UUID) -> NotFound:
    return NotFound("user", ids.encode("user", user))


def _user(row: AccountFoundRow | AccountsFoundRow) -> dict[str, Any]:
    return {
        "id": ids.encode("user", row.id),
        "email": row.email,
        "displayName": row.display_name,
        "role": row.role,
        "status": row.status,
        "originalEntryTimestamp": datetime_to_wire(row.original_entry_timestamp),
        "modificationTimestamp": datetime_to_wire(row.modification_timestamp),
    }


def _session(row: SessionsOfAccountRow) -> dict[str, Any]:
    return {
        "id": ids.encode("session", row.id),
        "userAgent": row.user_agent,
        "ipAddress": row.ip_address,
        "originalEntryTimestamp": datetime_to_wire(row.original_entry_timestamp),
        "modificationTimestamp": datetime_to_wire(row.modification_timestamp),
        "expirationTimestamp": datetime_to_wire(row.expiration_timestamp),
    }
