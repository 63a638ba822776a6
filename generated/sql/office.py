# Made by `./dwelzo generate` from sql/office.sql. Do not edit: change sql/office.sql and generate again.
"""The statements of `sql/office.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import OfficeBranchType, OfficeType
from server.sql import Column, Row, Set


class OfficesOpenRow(Row):
    """A row of `offices_open`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Office"
    id: UUID
    office_key: str
    office_mls_id: str | None
    office_name: str
    office_bio: str | None
    office_type: OfficeType | None
    office_branch_type: OfficeBranchType | None
    franchise_affiliation: str | None
    office_phone: str | None
    office_email: str | None
    office_address1: str | None
    office_address2: str | None
    office_city: str | None
    office_postal_code: str | None
    office_state_or_province: str | None
    office_country: str | None
    idx_office_participation_yn: bool | None
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    main_office_id: UUID | None


offices_open: Final = Set[OfficesOpenRow](
    name="offices_open",
    kind="set",
    source="sql/office.sql:3",
    text="""select
  id, office_key, office_mls_id, office_name, office_bio, office_type, office_branch_type,
  franchise_affiliation, office_phone, office_email, office_address1, office_address2, office_city,
  office_postal_code, office_state_or_province, office_country, idx_office_participation_yn,
  original_entry_timestamp, modification_timestamp,
  main_office_id
from office
where office_status = 'Active'
""",
    row=OfficesOpenRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "office_key": Column("text", False),
            "office_mls_id": Column("text", True),
            "office_name": Column("text", False),
            "office_bio": Column("text", True),
            "office_type": Column("office_type", True),
            "office_branch_type": Column("office_branch_type", True),
            "franchise_affiliation": Column("text", True),
            "office_phone": Column("text", True),
            "office_email": Column("text", True),
            "office_address1": Column("text", True),
            "office_address2": Column("text", True),
            "office_city": Column("text", True),
            "office_postal_code": Column("text", True),
            "office_state_or_province": Column("text", True),
            "office_country": Column("text", True),
            "idx_office_participation_yn": Column("bool", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "main_office_id": Column("uuid", True),
        }
    ),
    returns="Office",
)
"""The offices that are open.

sql/office.sql:3"""
