# Made by `./dwelzo generate` from sql/service_token.sql. Do not edit: change sql/service_token.sql and generate again.
"""The statements of `sql/service_token.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import Scope
from server.database import Session
from server.sql import Column, Row, Statement


class ServiceTokenOfViewerRow(Row):
    """A row of `service_token_of_viewer`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "ServiceToken"
    name: str
    scopes: list[Scope]
    original_entry_timestamp: datetime
    expiration_timestamp: datetime


SERVICE_TOKEN_OF_VIEWER: Final = Statement[ServiceTokenOfViewerRow](
    name="service_token_of_viewer",
    kind="one",
    source="sql/service_token.sql:3",
    text="""select name, scopes, original_entry_timestamp, expiration_timestamp
from service_token
where id = $1
""",
    row=ServiceTokenOfViewerRow,
    parameters=("viewer_id",),
    columns=MappingProxyType(
        {
            "name": Column("text", False),
            "scopes": Column("scope[]", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
        }
    ),
    returns="ServiceToken",
)


async def service_token_of_viewer(session: Session, *, viewer_id: UUID) -> ServiceTokenOfViewerRow | None:
    """The token that asks.

    sql/service_token.sql:3"""
    return await session.one(SERVICE_TOKEN_OF_VIEWER, viewer_id)


class ServiceTokenStateRow(Row):
    """A row of `service_token_state`."""

    __slots__ = ()
    scopes: str | None
    is_noted: bool


SERVICE_TOKEN_STATE: Final = Statement[ServiceTokenStateRow](
    name="service_token_state",
    kind="one",
    source="sql/service_token.sql:9",
    text="""select
  array_to_string(scopes, ',') as scopes,
  coalesce(last_use_timestamp > now() - interval '1 minute', false) as is_noted
from service_token
where id = $1 and revocation_timestamp is null and expiration_timestamp > now()
""",
    row=ServiceTokenStateRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "scopes": Column("text", True),
            "is_noted": Column("bool", False),
        }
    ),
    clock=("rows", "is_noted"),
)


async def service_token_state(session: Session, *, id: UUID) -> ServiceTokenStateRow | None:
    """What a token may do, as long as it is good; and whether its use was noted within a minute.

    sql/service_token.sql:9"""
    return await session.one(SERVICE_TOKEN_STATE, id)


NOTE_SERVICE_TOKEN_USE: Final = Statement[Row](
    name="note_service_token_use",
    kind="exec",
    source="sql/service_token.sql:18",
    text="""update service_token
set last_use_timestamp = now()
where id = (
  select id from service_token
  where id = $1 and (last_use_timestamp is null or last_use_timestamp <= now() - interval '1 minute')
  for no key update skip locked
)
""",
    row=Row,
    parameters=("id",),
)


async def note_service_token_use(session: Session, *, id: UUID) -> None:
    """That a token is used; once a minute, and without waiting for whoever is changing it.

    sql/service_token.sql:18"""
    await session.execute(NOTE_SERVICE_TOKEN_USE, id)


class ServiceTokensRow(Row):
    """A row of `service_tokens`."""

    __slots__ = ()
    id: UUID
    name: str
    scopes: list[Scope]
    creator_id: UUID | None
    original_entry_timestamp: datetime
    expiration_timestamp: datetime
    last_use_timestamp: datetime | None
    revocation_timestamp: datetime | None


SERVICE_TOKENS: Final = Statement[ServiceTokensRow](
    name="service_tokens",
    kind="many",
    source="sql/service_token.sql:28",
    text="""select
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
from service_token
where cast($1 as uuid) is null or id < $1
order by id desc
limit $2
""",
    row=ServiceTokensRow,
    parameters=("after", "first"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "name": Column("text", False),
            "scopes": Column("scope[]", False),
            "creator_id": Column("uuid", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
            "last_use_timestamp": Column("timestamptz", True),
            "revocation_timestamp": Column("timestamptz", True),
        }
    ),
)


async def service_tokens(session: Session, *, after: UUID | None, first: int) -> list[ServiceTokensRow]:
    """All tokens, whether good or not, the newest first.

    sql/service_token.sql:28"""
    return await session.many(SERVICE_TOKENS, after, first)


class ServiceTokenFoundRow(Row):
    """A row of `service_token_found`."""

    __slots__ = ()
    id: UUID
    name: str
    scopes: list[Scope]
    creator_id: UUID | None
    original_entry_timestamp: datetime
    expiration_timestamp: datetime
    last_use_timestamp: datetime | None
    revocation_timestamp: datetime | None


SERVICE_TOKEN_FOUND: Final = Statement[ServiceTokenFoundRow](
    name="service_token_found",
    kind="one",
    source="sql/service_token.sql:39",
    text="""select
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
from service_token
where id = $1
""",
    row=ServiceTokenFoundRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "name": Column("text", False),
            "scopes": Column("scope[]", False),
            "creator_id": Column("uuid", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
            "last_use_timestamp": Column("timestamptz", True),
            "revocation_timestamp": Column("timestamptz", True),
        }
    ),
)


async def service_token_found(session: Session, *, id: UUID) -> ServiceTokenFoundRow | None:
    """One of them.

    sql/service_token.sql:39"""
    return await session.one(SERVICE_TOKEN_FOUND, id)


class InsertServiceTokenRow(Row):
    """A row of `insert_service_token`."""

    __slots__ = ()
    id: UUID
    name: str
    scopes: list[Scope]
    creator_id: UUID | None
    original_entry_timestamp: datetime
    expiration_timestamp: datetime
    last_use_timestamp: datetime | None
    revocation_timestamp: datetime | None


INSERT_SERVICE_TOKEN: Final = Statement[InsertServiceTokenRow](
    name="insert_service_token",
    kind="one",
    source="sql/service_token.sql:47",
    text="""insert into service_token (name, scopes, creator_id, expiration_timestamp)
values ($1, cast($2 as scope[]), $3, now() + $4 * interval '1 day')
returning
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
""",
    row=InsertServiceTokenRow,
    parameters=("name", "scopes", "creator_id", "days"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "name": Column("text", False),
            "scopes": Column("scope[]", False),
            "creator_id": Column("uuid", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
            "last_use_timestamp": Column("timestamptz", True),
            "revocation_timestamp": Column("timestamptz", True),
        }
    ),
)


async def insert_service_token(
    session: Session, *, name: str, scopes: list[Scope], creator_id: UUID, days: float
) -> InsertServiceTokenRow | None:
    """A token for another backend.

    sql/service_token.sql:47"""
    return await session.one(INSERT_SERVICE_TOKEN, name, scopes, creator_id, days)


class RevokeServiceTokenRow(Row):
    """A row of `revoke_service_token`."""

    __slots__ = ()
    id: UUID
    name: str
    scopes: list[Scope]
    creator_id: UUID | None
    original_entry_timestamp: datetime
    expiration_timestamp: datetime
    last_use_timestamp: datetime | None
    revocation_timestamp: datetime | None


REVOKE_SERVICE_TOKEN: Final = Statement[RevokeServiceTokenRow](
    name="revoke_service_token",
    kind="one",
    source="sql/service_token.sql:55",
    text="""update service_token
set revocation_timestamp = now()
where id = $1 and revocation_timestamp is null
returning
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
""",
    row=RevokeServiceTokenRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "name": Column("text", False),
            "scopes": Column("scope[]", False),
            "creator_id": Column("uuid", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "expiration_timestamp": Column("timestamptz", False),
            "last_use_timestamp": Column("timestamptz", True),
            "revocation_timestamp": Column("timestamptz", True),
        }
    ),
)


async def revoke_service_token(session: Session, *, id: UUID) -> RevokeServiceTokenRow | None:
    """Ends a token; no row when there is none, or none that had not ended before.

    sql/service_token.sql:55"""
    return await session.one(REVOKE_SERVICE_TOKEN, id)
