# Made by `./dwelzo generate` from sql/member.sql. Do not edit: change sql/member.sql and generate again.
"""The statements of `sql/member.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import Languages, MemberType
from server.sql import Column, Row, Set


class MembersAtWorkRow(Row):
    """A row of `members_at_work`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Member"
    id: UUID
    member_key: str
    member_mls_id: str | None
    member_first_name: str | None
    member_last_name: str | None
    member_full_name: str
    member_nickname: str | None
    job_title: str | None
    member_bio: str | None
    member_type: MemberType | None
    member_email: str | None
    member_direct_phone: str | None
    member_mobile_phone: str | None
    member_preferred_phone: str | None
    member_languages: list[Languages]
    member_state_license: str | None
    member_state_license_state: str | None
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    office_id: UUID | None


members_at_work: Final = Set[MembersAtWorkRow](
    name="members_at_work",
    kind="set",
    source="sql/member.sql:3",
    text="""select
  id, member_key, member_mls_id, member_first_name, member_last_name, member_full_name, member_nickname,
  job_title, member_bio, member_type, member_email, member_direct_phone, member_mobile_phone,
  member_preferred_phone, member_languages, member_state_license, member_state_license_state,
  original_entry_timestamp, modification_timestamp,
  office_id
from member
where member_status = 'Active'
""",
    row=MembersAtWorkRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "member_key": Column("text", False),
            "member_mls_id": Column("text", True),
            "member_first_name": Column("text", True),
            "member_last_name": Column("text", True),
            "member_full_name": Column("text", False),
            "member_nickname": Column("text", True),
            "job_title": Column("text", True),
            "member_bio": Column("text", True),
            "member_type": Column("member_type", True),
            "member_email": Column("text", True),
            "member_direct_phone": Column("text", True),
            "member_mobile_phone": Column("text", True),
            "member_preferred_phone": Column("text", True),
            "member_languages": Column("languages[]", False),
            "member_state_license": Column("text", True),
            "member_state_license_state": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "office_id": Column("uuid", True),
        }
    ),
    returns="Member",
)
"""The members who are at work.

sql/member.sql:3"""
