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
