# Made by `./dwelzo generate` from sql/session.sql. Do not edit: change sql/session.sql and generate again.
"""The statements of `sql/session.sql`."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import Role
from server.database import Session
from server.sql import Column, Row, Statement


class SessionsOfAccountRow(Row):
    """A row of `sessions_of_account`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Session"
    id: UUID
    user_id: UUID
    user_agent: str | None
    ip_address: str | None
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    expiration_timestamp: datetime


SESSIONS_OF_ACCOUNT: Final = Statement[SessionsOfAccountRow](
    name="sessions_of_account",
    kind="batch_many",
    source="sql/session.sql:3",
    text="""select
  s.id, s.user_id, s.user_agent, cast(host(s.ip_address) as text) as ip_address,
  s.original_entry_timestamp, s.modification_timestamp, s.expiration_timestamp
from user_session as s
where s.user_id = any($1) and s.end_timestamp is null and s.expiration_timestamp > now()
order by s.modification_timestamp desc, s.id
""",
    row=SessionsOfAccountRow,
    parameters=("user_id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "user_id": Column("uuid", False),
            "user_agent": Column("text", True),
            "ip_address": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
        }
    ),
    returns="Session",
    key="user_id",
    clock=("rows",),
)


async def sessions_of_account(session: Session, user_id: Sequence[UUID]) -> list[list[SessionsOfAccountRow]]:
    """The sessions of users that have not ended, latest first.

    sql/session.sql:3"""
    return await session.batch_many(SESSIONS_OF_ACCOUNT, user_id, list(user_id))


class SessionStateRow(Row):
    """A row of `session_state`."""

    __slots__ = ()
    id: UUID
    role: Role


SESSION_STATE: Final = Statement[SessionStateRow](
    name="session_state",
    kind="one",
    source="sql/session.sql:13",
    text="""select u.id, u.role
from user_session as s
join user_account as u on u.id = s.user_id
where s.id = $1 and s.end_timestamp is null and s.expiration_timestamp > now() and u.status = 'ACTIVE'
""",
    row=SessionStateRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "role": Column("role", False),
        }
    ),
    clock=("rows",),
)


async def session_state(session: Session, *, id: UUID) -> SessionStateRow | None:
    """Who is signed in by a session, as long as that is so.

    sql/session.sql:13"""
    return await session.one(SESSION_STATE, id)


class InsertSessionRow(Row):
    """A row of `insert_session`."""

    __slots__ = ()
    id: UUID


INSERT_SESSION: Final = Statement[InsertSessionRow](
    name="insert_session",
    kind="one",
    source="sql/session.sql:21",
    text="""insert into user_session (user_id, user_agent, ip_address, expiration_timestamp)
select u.id, cast($1 as text), cast(cast($2 as text) as inet), now() + $3 * interval '1 day'
from user_account as u
where u.id = $4 and u.status = 'ACTIVE'
  -- Whoever changes the password waits until the session is there, and ends it; or is waited for.
  and (
    cast($5 as text) is null
    or exists (
      select from user_credential as c where c.user_id = u.id and c.password_hash = $5 for share
    )
  )
returning id
""",
    row=InsertSessionRow,
    parameters=("user_agent", "ip_address", "days", "user_id", "password_hash"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def insert_session(
    session: Session,
    *,
    user_agent: str | None,
    ip_address: str | None,
    days: float,
    user_id: UUID,
    password_hash: str | None,
) -> InsertSessionRow | None:
    """A sign-in; no row when the user may not be here, or the password that was given is not theirs any more.

    sql/session.sql:21"""
    return await session.one(INSERT_SESSION, user_agent, ip_address, days, user_id, password_hash)


class RefreshSessionRow(Row):
    """A row of `refresh_session`."""

    __slots__ = ()
    id: UUID
    user_id: UUID
    refresh_number: int


REFRESH_SESSION: Final = Statement[RefreshSessionRow](
    name="refresh_session",
    kind="one",
    source="sql/session.sql:38",
    text="""update user_session as s
set refresh_number = s.refresh_number + 1, modification_timestamp = now(),
  user_agent = $1, ip_address = cast(cast($2 as text) as inet)
from user_account as u
where s.id = $3 and s.refresh_number = $4 and s.end_timestamp is null
  and s.expiration_timestamp > now() and u.id = s.user_id and u.status = 'ACTIVE'
returning s.id, s.user_id, s.refresh_number
""",
    row=RefreshSessionRow,
    parameters=("user_agent", "ip_address", "id", "refresh_number"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "user_id": Column("uuid", False),
            "refresh_number": Column("int4", False),
        }
    ),
)


async def refresh_session(
    session: Session, *, user_agent: str | None, ip_address: str | None, id: UUID, refresh_number: int
) -> RefreshSessionRow | None:
    """Takes a refresh token for the next; no row when it is not the session's last one.

    sql/session.sql:38"""
    return await session.one(REFRESH_SESSION, user_agent, ip_address, id, refresh_number)


class EndReusedSessionRow(Row):
    """A row of `end_reused_session`."""

    __slots__ = ()
    id: UUID
    user_id: UUID
    email: str | None
    display_name: str


END_REUSED_SESSION: Final = Statement[EndReusedSessionRow](
    name="end_reused_session",
    kind="one",
    source="sql/session.sql:50",
    text="""update user_session as s
set end_timestamp = now(), end_reason = 'REFRESH_TOKEN_REUSED'
from user_account as u
where s.id = $1 and s.refresh_number > $2 and s.end_timestamp is null and u.id = s.user_id
returning s.id, s.user_id, u.email, u.display_name
""",
    row=EndReusedSessionRow,
    parameters=("id", "refresh_number"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "user_id": Column("uuid", False),
            "email": Column("text", True),
            "display_name": Column("text", False),
        }
    ),
)


async def end_reused_session(
    session: Session, *, id: UUID, refresh_number: int
) -> EndReusedSessionRow | None:
    """Ends a session of which an earlier refresh token was used again: one of the two who have it has stolen it.

    sql/session.sql:50"""
    return await session.one(END_REUSED_SESSION, id, refresh_number)


class EndSessionRow(Row):
    """A row of `end_session`."""

    __slots__ = ()
    id: UUID


END_SESSION: Final = Statement[EndSessionRow](
    name="end_session",
    kind="one",
    source="sql/session.sql:58",
    text="""update user_session
set end_timestamp = now(), end_reason = $1
where id = $2 and user_id = $3 and end_timestamp is null
returning id
""",
    row=EndSessionRow,
    parameters=("reason", "id", "user_id"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def end_session(session: Session, *, reason: str, id: UUID, user_id: UUID) -> EndSessionRow | None:
    """Ends one of the user's sessions; no row when it is not theirs, or has ended.

    sql/session.sql:58"""
    return await session.one(END_SESSION, reason, id, user_id)


class EndSessionsRow(Row):
    """A row of `end_sessions`."""

    __slots__ = ()
    id: UUID


END_SESSIONS: Final = Statement[EndSessionsRow](
    name="end_sessions",
    kind="many",
    source="sql/session.sql:66",
    text="""update user_session
set end_timestamp = now(), end_reason = $1
where user_id = $2 and id is distinct from cast($3 as uuid) and end_timestamp is null
returning id
""",
    row=EndSessionsRow,
    parameters=("reason", "user_id", "but"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def end_sessions(
    session: Session, *, reason: str, user_id: UUID, but: UUID | None
) -> list[EndSessionsRow]:
    """Ends all sessions of a user, but for the one that is named.

    sql/session.sql:66"""
    return await session.many(END_SESSIONS, reason, user_id, but)


class EndSessionsBeyondRow(Row):
    """A row of `end_sessions_beyond`."""

    __slots__ = ()
    id: UUID


END_SESSIONS_BEYOND: Final = Statement[EndSessionsBeyondRow](
    name="end_sessions_beyond",
    kind="many",
    source="sql/session.sql:75",
    text="""update user_session
set end_timestamp = now(), end_reason = 'TOO_MANY'
where id in (
  select s.id
  from user_session as s
  where s.user_id = $1 and s.end_timestamp is null
  order by s.modification_timestamp desc, s.id desc
  offset $2
)
returning id
""",
    row=EndSessionsBeyondRow,
    parameters=("user_id", "most"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def end_sessions_beyond(session: Session, *, user_id: UUID, most: int) -> list[EndSessionsBeyondRow]:
    """Ends a user's sessions that were used longest ago, where there are more than so many.

    sql/session.sql:75"""
    return await session.many(END_SESSIONS_BEYOND, user_id, most)


FORGET_SESSIONS: Final = Statement[Row](
    name="forget_sessions",
    kind="exec",
    source="sql/session.sql:88",
    text="""delete from user_session
where expiration_timestamp < now() - interval '30 days' or end_timestamp < now() - interval '30 days'
""",
    row=Row,
    clock=("rows",),
)


async def forget_sessions(session: Session) -> None:
    """Takes away sessions that are over for a month, with the addresses that they came from.

    sql/session.sql:88"""
    await session.execute(FORGET_SESSIONS)
