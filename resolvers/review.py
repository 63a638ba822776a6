"""Reviews: what users think of a property, and how one is written."""

from collections.abc import Awaitable
from typing import Any

from ariadne import MutationType, ObjectType

from generated.sql.property import properties_on_market
from generated.sql.review import InsertReviewRow, insert_review, reviews_public
from generated.sql.user import users_found
from generated.types import CreateReviewInput
from server import ids
from server.context import Info
from server.errors import Unauthenticated
from server.mutations import Constraints, UserError, written_at_once
from server.schema import Node
from server.search import relation

mutation = MutationType()
create_review_payload = ObjectType("CreateReviewPayload")
review = ObjectType("Review")

relation(create_review_payload, "review", key="id", query=reviews_public)
relation(review, "author", key="author_id", query=users_found)
relation(review, "property", key="property_id", query=properties_on_market)

NO_SUCH_PROPERTY = UserError("property_id", "NOT_FOUND", "There is no such property that takes reviews.")

# What the database's own rules say to the writer of a review.
CONSTRAINTS: Constraints = {
    "review_rating_range": UserError("rating", "OUT_OF_RANGE", "The rating must be from 1 to 5."),
    "review_body_length": UserError("body", "INVALID_LENGTH", "The text must have 1 to 4,000 characters."),
    "review_one_per_author_and_property": UserError(
        "property_id", "ALREADY_EXISTS", "You have written a review of this property already."
    ),
    # The property went between the look and the writing.
    "review_property_id_fkey": NO_SUCH_PROPERTY,
    "review_author_id_fkey": Unauthenticated("Your account is gone. Sign in again."),
}


@mutation.field("createReview")
@written_at_once(CONSTRAINTS, nothing=NO_SUCH_PROPERTY)
def resolve_create_review(_: Any, info: Info, input: CreateReviewInput) -> Awaitable[InsertReviewRow | None]:
    return insert_review(
        info.context.session,
        viewer_id=info.context.actor.id,
        rating=input["rating"],
        body=input["body"],
        property_id=ids.decode("property", input["property_id"]),
    )


bindables = [mutation, create_review_payload, review, Node("Review", reviews_public)]
