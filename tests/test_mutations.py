"""A mutation of several statements: all of them or none, with their actor, and mistakes told as data."""

from typing import Any
from uuid import UUID

import pytest
from ariadne import MutationType, make_executable_schema
from graphql import GraphQLError, graphql

from generated.sql.review import insert_review
from server.context import Context, Info, Viewer
from server.database import Database
from server.errors import Conflict
from server.loaders import Loaders
from server.mutations import UserError, mutation_payload
from server.sql import Row
from tests.asking import Installation

SDL = """
    type Query { nothing: Int }
    type Mutation { reviewBoth(ratings: [Int!]!, ids: [String!]!): Payload! }
    type Payload { written: Int userErrors: [UserError!]! }
    type UserError { field: [String!]! code: String! message: String! }
"""
CONSTRAINTS = {
    "review_rating_range": UserError("rating", "OUT_OF_RANGE", "The rating must be from 1 to 5."),
    "review_one_per_author_and_property": Conflict("There is one already."),
}

mutation = MutationType()


@mutation.field("reviewBoth")
@mutation_payload(CONSTRAINTS)
async def resolve_review_both(_: Any, info: Info, ratings: list[int], ids: list[str]) -> dict[str, Any]:
    context = info.context
    for rating, id_ in zip(ratings, ids, strict=True):
        written = await insert_review(
            context.session, viewer_id=context.actor.id, rating=rating, body="Good.", property_id=UUID(id_)
        )
        if written is None:
            raise UserError("", "NOT_FOUND", "There is no such listing.")
    return {"written": len(ratings)}


SCHEMA = make_executable_schema(SDL, mutation, convert_names_case=True)


async def review_both(own: Installation, user: UUID, ratings: list[int], ids: list[UUID]) -> Any:
    database = Database(own.url, size=1)
    await database.connect()
    try:
        async with database.session() as session:
            context = Context(session, Loaders(), Viewer(user, "USER"))
            return await graphql(
                SCHEMA,
                """mutation ($ratings: [Int!]!, $ids: [String!]!) { reviewBoth(ratings: $ratings, ids: $ids) {
                written userErrors { field code message } } }""",
                variable_values={"ratings": ratings, "ids": [str(id_) for id_ in ids]},
                context_value=context,
            )
    finally:
        await database.disconnect()


@pytest.fixture
async def user(own: Installation) -> UUID:
    return await own.add("user_account", display_name="Ruth Reviewer")


async def written(own: Installation, user: UUID) -> int:
    return await own.value("select count(*) from review where author_id = $1", user)


async def test_all_statements_are_one_transaction_with_its_actor(own: Installation, user: UUID) -> None:
    await own.sql("create table witness (actor text, number bigint)")
    await own.sql(
        """create function witness() returns trigger language plpgsql as $$ begin
        insert into witness select current_setting('dwelzo.actor'), txid_current(); return null; end $$"""
    )
    await own.sql("create trigger witness after insert on review execute function witness()")
    listings = [await own.add_property("both-1"), await own.add_property("both-2")]
    result = await review_both(own, user, [4, 5], listings)
    assert result.errors is None
    assert result.data == {"reviewBoth": {"written": 2, "userErrors": []}}
    assert await written(own, user) == 2
    seen = await own.sql("select actor, number from witness")
    assert {row["actor"] for row in seen} == {str(user)}
    assert len({row["number"] for row in seen}) == 1


@pytest.mark.parametrize(("rating", "unknown", "code"), [(6, False, "OUT_OF_RANGE"), (5, True, "NOT_FOUND")])
async def test_a_mistake_in_the_second_takes_the_first_back(
    own: Installation, user: UUID, rating: int, unknown: bool, code: str
) -> None:
    listings = [
        await own.add_property("both-1"),
        UUID(int=0) if unknown else await own.add_property("both-2"),
    ]
    result = await review_both(own, user, [4, rating], listings)
    assert result.errors is None
    payload = result.data["reviewBoth"]
    assert payload["written"] is None
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert await written(own, user) == 0


async def test_an_error_of_the_request_takes_all_back(own: Installation, user: UUID) -> None:
    listing = await own.add_property("both-1")
    result = await review_both(own, user, [4, 5], [listing, listing])
    (error,) = result.errors
    assert isinstance(error, GraphQLError)
    assert isinstance(error.original_error, Conflict)
    assert await written(own, user) == 0


async def test_a_statement_alone_knows_its_actor_and_no_other_does(own: Installation, user: UUID) -> None:
    """`written_at_once` sets the actor for its own statement, and leaves nothing behind on the connection."""
    database = Database(own.url, size=1)
    await database.connect()
    try:
        async with database.session() as session:
            with session.writing(user):
                row = await insert_review(
                    session,
                    viewer_id=user,
                    rating=4,
                    body="Good.",
                    property_id=await own.add_property("alone"),
                )
            assert row is not None
            (left,) = await session.fetch(
                "select coalesce(current_setting('dwelzo.actor', true), '') as actor", (), Row
            )
            assert left["actor"] == ""
    finally:
        await database.disconnect()
