# Made by `./dwelzo generate` from sql/review.sql. Do not edit: change sql/review.sql and generate again.
"""The statements of `sql/review.sql`."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from server.database import Session
from server.sql import Column, Row, Set, Statement


class ReviewsPublicRow(Row):
    """A row of `reviews_public`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Review"
    id: UUID
    rating: int
    body: str
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    property_id: UUID
    author_id: UUID


reviews_public: Final = Set[ReviewsPublicRow](
    name="reviews_public",
    kind="set",
    source="sql/review.sql:4",
    text="""select
  r.id, r.rating, r.body, r.original_entry_timestamp, r.modification_timestamp,
  r.property_id, r.author_id
from review as r
join property as p on p.id = r.property_id
where p.public_yn and p.internet_consumer_comment_yn
""",
    row=ReviewsPublicRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "rating": Column("int4", False),
            "body": Column("text", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "property_id": Column("uuid", False),
            "author_id": Column("uuid", False),
        }
    ),
    returns="Review",
)
"""The reviews of listings that everybody may see.

sql/review.sql:4"""


class ReviewSummaryOfPropertiesRow(Row):
    """A row of `review_summary_of_properties`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "ReviewSummary"
    property_id: UUID
    review_count: int
    average_rating: Decimal | None


REVIEW_SUMMARY_OF_PROPERTIES: Final = Statement[ReviewSummaryOfPropertiesRow](
    name="review_summary_of_properties",
    kind="batch_one",
    source="sql/review.sql:13",
    text="""select
  p.id as property_id,
  cast(count(r.id) as integer) as review_count,
  cast(avg(r.rating) as numeric(3, 2)) as average_rating
from property as p
left join review as r on r.property_id = p.id and p.internet_consumer_comment_yn
where p.id = any($1) and p.public_yn
group by p.id
""",
    row=ReviewSummaryOfPropertiesRow,
    parameters=("property_id",),
    columns=MappingProxyType(
        {
            "property_id": Column("uuid", False),
            "review_count": Column("int4", False),
            "average_rating": Column("numeric", True),
        }
    ),
    returns="ReviewSummary",
    key="property_id",
)


async def review_summary_of_properties(
    session: Session, property_id: Sequence[UUID]
) -> list[ReviewSummaryOfPropertiesRow | None]:
    """Number and exact average of the reviews of each listing; a listing without reviews has a row too.

    sql/review.sql:13"""
    return await session.batch_one(REVIEW_SUMMARY_OF_PROPERTIES, property_id, list(property_id))


class InsertReviewRow(Row):
    """A row of `insert_review`."""

    __slots__ = ()
    id: UUID


INSERT_REVIEW: Final = Statement[InsertReviewRow](
    name="insert_review",
    kind="one",
    source="sql/review.sql:24",
    text="""insert into review (property_id, author_id, rating, body)
select p.id, cast($1 as uuid), cast($2 as integer), cast($3 as text)
from property as p
where p.id = $4 and p.public_yn and p.internet_consumer_comment_yn
returning id
""",
    row=InsertReviewRow,
    parameters=("viewer_id", "rating", "body", "property_id"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def insert_review(
    session: Session, *, viewer_id: UUID, rating: int, body: str, property_id: UUID
) -> InsertReviewRow | None:
    """Writes a review as the viewer; no row when there is no such listing, or it takes no reviews.

    sql/review.sql:24"""
    return await session.one(INSERT_REVIEW, viewer_id, rating, body, property_id)
