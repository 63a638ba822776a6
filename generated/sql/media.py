# Made by `./dwelzo generate` from sql/media.sql. Do not edit: change sql/media.sql and generate again.
"""The statements of `sql/media.sql`."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import ImageOf, MediaAlteration, MediaCategory, MediaType
from server.database import Session
from server.sql import Column, Row, Set, Statement


class MediaPublicRow(Row):
    """A row of `media_public`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Media"
    id: UUID
    order: int
    media_category: MediaCategory
    media_type: MediaType | None
    media_url: str
    preferred_photo_yn: bool
    short_description: str | None
    long_description: str | None
    alt_text: str | None
    image_width: int | None
    image_height: int | None
    image_of: ImageOf | None
    media_alteration: list[MediaAlteration]
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    property_id: UUID


media_public: Final = Set[MediaPublicRow](
    name="media_public",
    kind="set",
    source="sql/media.sql:3",
    text="""select
  m.id, m."order", m.media_category, m.media_type, m.media_url, m.preferred_photo_yn, m.short_description,
  m.long_description, m.alt_text, m.image_width, m.image_height, m.image_of, m.media_alteration,
  m.original_entry_timestamp, m.modification_timestamp,
  m.property_id
from media as m
join property as p on p.id = m.property_id
where p.public_yn and 'Public' = any(m.permission)
""",
    row=MediaPublicRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "order": Column("int2", False),
            "media_category": Column("media_category", False),
            "media_type": Column("media_type", True),
            "media_url": Column("text", False),
            "preferred_photo_yn": Column("bool", False),
            "short_description": Column("text", True),
            "long_description": Column("text", True),
            "alt_text": Column("text", True),
            "image_width": Column("int4", True),
            "image_height": Column("int4", True),
            "image_of": Column("image_of", True),
            "media_alteration": Column("media_alteration[]", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "property_id": Column("uuid", False),
        }
    ),
    returns="Media",
)
"""The files that everybody may see, of listings that everybody may see.

sql/media.sql:3"""


class MediaOfListingsRow(Row):
    """A row of `media_of_listings`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Media"
    id: UUID
    order: int
    media_category: MediaCategory
    media_type: MediaType | None
    media_url: str
    preferred_photo_yn: bool
    short_description: str | None
    long_description: str | None
    alt_text: str | None
    image_width: int | None
    image_height: int | None
    image_of: ImageOf | None
    media_alteration: list[MediaAlteration]
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    property_id: UUID


media_of_listings: Final = Set[MediaOfListingsRow](
    name="media_of_listings",
    kind="set",
    source="sql/media.sql:14",
    text="""select
  id, "order", media_category, media_type, media_url, preferred_photo_yn, short_description,
  long_description, alt_text, image_width, image_height, image_of, media_alteration,
  original_entry_timestamp, modification_timestamp,
  property_id
from media
where 'Public' = any(permission)
""",
    row=MediaOfListingsRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "order": Column("int2", False),
            "media_category": Column("media_category", False),
            "media_type": Column("media_type", True),
            "media_url": Column("text", False),
            "preferred_photo_yn": Column("bool", False),
            "short_description": Column("text", True),
            "long_description": Column("text", True),
            "alt_text": Column("text", True),
            "image_width": Column("int4", True),
            "image_height": Column("int4", True),
            "image_of": Column("image_of", True),
            "media_alteration": Column("media_alteration[]", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "property_id": Column("uuid", False),
        }
    ),
    returns="Media",
)
"""The files that everybody may see, of listings that were found.

sql/media.sql:14"""


class MediaSummaryOfPropertiesRow(Row):
    """A row of `media_summary_of_properties`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "MediaSummary"
    property_id: UUID
    photos_count: int
    videos_count: int
    documents_count: int


MEDIA_SUMMARY_OF_PROPERTIES: Final = Statement[MediaSummaryOfPropertiesRow](
    name="media_summary_of_properties",
    kind="batch_one",
    source="sql/media.sql:25",
    text="""select
  p.id as property_id,
  cast(count(*) filter (where m.media_category = 'Photo') as integer) as photos_count,
  cast(count(*) filter (where m.media_category = 'Video') as integer) as videos_count,
  cast(count(*) filter (where m.media_category = 'Document') as integer) as documents_count
from property as p
left join media as m on m.property_id = p.id and 'Public' = any(m.permission)
where p.id = any($1) and p.public_yn
group by p.id
""",
    row=MediaSummaryOfPropertiesRow,
    parameters=("property_id",),
    columns=MappingProxyType(
        {
            "property_id": Column("uuid", False),
            "photos_count": Column("int4", False),
            "videos_count": Column("int4", False),
            "documents_count": Column("int4", False),
        }
    ),
    returns="MediaSummary",
    key="property_id",
)


async def media_summary_of_properties(
    session: Session, property_id: Sequence[UUID]
) -> list[MediaSummaryOfPropertiesRow | None]:
    """How many files of each listing everybody may see, by what they are for.

    sql/media.sql:25"""
    return await session.batch_one(MEDIA_SUMMARY_OF_PROPERTIES, property_id, list(property_id))
