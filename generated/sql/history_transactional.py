# Made by `./dwelzo generate` from sql/history_transactional.sql. Do not edit: change sql/history_transactional.sql and generate again.
"""The statements of `sql/history_transactional.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import ChangeType
from server.sql import Column, Row, Set


class HistoryPublicRow(Row):
    """A row of `history_public`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "HistoryTransactional"
    id: UUID
    field_name: str
    previous_value: str | None
    new_value: str | None
    change_type: ChangeType | None
    modification_timestamp: datetime
    property_id: UUID


history_public: Final = Set[HistoryPublicRow](
    name="history_public",
    kind="set",
    source="sql/history_transactional.sql:3",
    text="""select
  h.id, h.field_name, h.previous_value, h.new_value, h.change_type, h.modification_timestamp,
  h.property_id
from history_transactional as h
join property as p on p.id = h.property_id
where p.public_yn
""",
    row=HistoryPublicRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "field_name": Column("text", False),
            "previous_value": Column("text", True),
            "new_value": Column("text", True),
            "change_type": Column("change_type", True),
            "modification_timestamp": Column("timestamptz", False),
            "property_id": Column("uuid", False),
        }
    ),
    returns="HistoryTransactional",
)
"""How price and status of the listings that everybody may see have changed; not by whom.

sql/history_transactional.sql:3"""
