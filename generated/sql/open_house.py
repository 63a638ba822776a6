# Made by `./dwelzo generate` from sql/open_house.sql. Do not edit: change sql/open_house.sql and generate again.
"""The statements of `sql/open_house.sql`."""

from datetime import date, datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import Attended, OpenHouseStatus, OpenHouseType
from server.sql import Column, Row, Set


class OpenHousesPublicRow(Row):
    """A row of `open_houses_public`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "OpenHouse"
    id: UUID
    open_house_key: str
    open_house_date: date
    open_house_start_time: datetime
    open_house_end_time: datetime
    open_house_status: OpenHouseStatus
    open_house_type: OpenHouseType
    open_house_attended_by: Attended | None
    appointment_required_yn: bool | None
    livestream_open_house_url: str | None
    open_house_remarks: str | None
    refreshments: str | None
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    property_id: UUID
    showing_agent_id: UUID | None


open_houses_public: Final = Set[OpenHousesPublicRow](
    name="open_houses_public",
    kind="set",
    source="sql/open_house.sql:3",
    text="""select
  o.id, o.open_house_key, o.open_house_date, o.open_house_start_time, o.open_house_end_time,
  o.open_house_status, o.open_house_type, o.open_house_attended_by, o.appointment_required_yn,
  o.livestream_open_house_url, o.open_house_remarks, o.refreshments, o.original_entry_timestamp,
  o.modification_timestamp,
  o.property_id, o.showing_agent_id
from open_house as o
join property as p on p.id = o.property_id
where p.public_yn and o.open_house_type in ('Public', 'LivestreamPublic')
""",
    row=OpenHousesPublicRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "open_house_key": Column("text", False),
            "open_house_date": Column("date", False),
            "open_house_start_time": Column("timestamptz", False),
            "open_house_end_time": Column("timestamptz", False),
            "open_house_status": Column("open_house_status", False),
            "open_house_type": Column("open_house_type", False),
            "open_house_attended_by": Column("attended", True),
            "appointment_required_yn": Column("bool", True),
            "livestream_open_house_url": Column("text", True),
            "open_house_remarks": Column("text", True),
            "refreshments": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "property_id": Column("uuid", False),
            "showing_agent_id": Column("uuid", True),
        }
    ),
    returns="OpenHouse",
)
"""The open houses that everybody is invited to, of listings that everybody may see.

sql/open_house.sql:3"""
