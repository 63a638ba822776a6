"""Reviews: read, summed up, and written by one who is signed in, once for each property."""

import asyncio
from typing import Any

import pytest

from tests.asking import Installation
from tests.market import Market

REVIEWS = "select * from review order by id"


async def author(made: Installation, name: str = "Ruth Reviewer") -> Installation:
    """The installation as a new user asks it."""
    return made.as_user(await made.add("user_account", display_name=name))


def given(property_: Any, **changes: Any) -> dict[str, Any]:
    id_ = property_ if isinstance(property_, str) else f"property_{property_.hex}"
    return {"propertyId": id_, "rating": 5, "body": "Sunny, and quiet."} | changes


async def test_a_review_is_written_and_returned_with_its_author(own: Installation) -> None:
    user = await own.add("user_account", display_name="Ruth Reviewer")
    listing = await own.add_property("reviewed")
    answer = await own.as_user(user).ask("CreateReview", input=given(listing, body="Großartig 🏠\n'); --"))
    (row,) = await own.sql("select * from review where author_id = $1", user)
    assert answer == {
        "data": {
            "createReview": {
                "review": {
                    "id": f"review_{row['id'].hex}",
                    "rating": 5,
                    "body": "Großartig 🏠\n'); --",
                    "originalEntryTimestamp": f"{row['original_entry_timestamp']:%Y-%m-%dT%H:%M:%S.%fZ}",
                    "author": {"id": f"user_{user.hex}", "displayName": "Ruth Reviewer"},
                    "property": {"id": f"property_{listing.hex}"},
                },
                "userErrors": [],
            }
        }
    }
    assert (row["rating"], row["body"], row["property_id"]) == (5, "Großartig 🏠\n'); --", listing)
    assert answer.status == 200
    # The insert, and the review as everybody sees it with all below it.
    assert answer.statements == 2
    summary = await own.ask("PropertyById", id=f"property_{listing.hex}")
    assert summary.data["property"]["reviewSummary"] == {"reviewCount": 1, "averageRating": "5.00"}


@pytest.mark.parametrize(
    ("changes", "field", "code", "message"),
    [
        ({"rating": 0}, "rating", "OUT_OF_RANGE", "The rating must be from 1 to 5."),
        ({"rating": 6}, "rating", "OUT_OF_RANGE", "The rating must be from 1 to 5."),
        ({"rating": -(2**31)}, "rating", "OUT_OF_RANGE", "The rating must be from 1 to 5."),
        ({"body": ""}, "body", "INVALID_LENGTH", "The text must have 1 to 4,000 characters."),
        ({"body": "x" * 4001}, "body", "INVALID_LENGTH", "The text must have 1 to 4,000 characters."),
        (
            {"propertyId": "property_" + "0" * 32},
            "propertyId",
            "NOT_FOUND",
            "There is no such property that takes reviews.",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_mistake_is_told_and_nothing_written(
    own: Installation, changes: dict[str, Any], field: str, code: str, message: str
) -> None:
    listing = await own.add_property("reviewed")
    before = await own.sql(REVIEWS)
    answer = await (await author(own)).ask("CreateReview", input=given(listing, **changes))
    assert answer == {
        "data": {
            "createReview": {
                "review": None,
                "userErrors": [{"field": ["input", field], "code": code, "message": message}],
            }
        }
    }
    assert await own.sql(REVIEWS) == before


async def test_the_longest_text(own: Installation) -> None:
    listing = await own.add_property("reviewed")
    answer = await (await author(own)).ask("CreateReview", input=given(listing, body="🏠" * 4000))
    assert answer.data["createReview"]["review"]["body"] == "🏠" * 4000


@pytest.mark.parametrize(
    "columns",
    [
        {"internet_consumer_comment_yn": False},
        {"internet_entire_listing_display_yn": False},
        {"standard_status": "Closed"},
        {"standard_status": "Incomplete"},
    ],
    ids=str,
)
async def test_a_listing_that_takes_no_reviews(own: Installation, columns: dict[str, Any]) -> None:
    listing = await own.add_property("refusing", **columns)
    answer = await (await author(own)).ask("CreateReview", input=given(listing))
    (mistake,) = answer.data["createReview"]["userErrors"]
    assert mistake["code"] == "NOT_FOUND"
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


async def test_a_second_review_of_the_same_property(own: Installation) -> None:
    listing, other = await own.add_property("reviewed"), await own.add_property("other")
    ruth = await author(own)
    await ruth.ask("CreateReview", input=given(listing))
    before = await own.sql(REVIEWS)
    answer = await ruth.ask("CreateReview", input=given(listing, rating=1))
    assert answer.data["createReview"] == {
        "review": None,
        "userErrors": [
            {
                "field": ["input", "propertyId"],
                "code": "ALREADY_EXISTS",
                "message": "You have written a review of this property already.",
            }
        ],
    }
    assert await own.sql(REVIEWS) == before
    assert (await ruth.ask("CreateReview", input=given(other))).data["createReview"]["userErrors"] == []
    assert (await (await author(own)).ask("CreateReview", input=given(listing))).data["createReview"][
        "review"
    ]


async def test_of_ten_at_once_one_is_written(own: Installation) -> None:
    listing = await own.add_property("reviewed")
    ruth = await author(own)
    answers = await asyncio.gather(*[ruth.ask("CreateReview", input=given(listing)) for _ in range(10)])
    payloads = [answer.data["createReview"] for answer in answers]
    assert sum(payload["review"] is not None for payload in payloads) == 1
    assert [m["code"] for payload in payloads for m in payload["userErrors"]] == ["ALREADY_EXISTS"] * 9
    assert await own.value("select count(*) from review where property_id = $1", listing) == 1


async def test_each_mutation_of_a_request_is_a_transaction_of_its_own(own: Installation) -> None:
    listing, other = await own.add_property("reviewed"), await own.add_property("other")
    answer = await (await author(own)).ask(
        """mutation ($one: CreateReviewInput!, $bad: CreateReviewInput!, $two: CreateReviewInput!) {
        one: createReview(input: $one) { review { rating } userErrors { code } }
        bad: createReview(input: $bad) { review { rating } userErrors { code } }
        two: createReview(input: $two) { review { rating author { reviews(first: 5) { totalCount } } }
            userErrors { code } } }""",
        one=given(listing),
        bad=given(listing, rating=9),
        two=given(other, rating=3),
    )
    assert answer == {
        "data": {
            "one": {"review": {"rating": 5}, "userErrors": []},
            "bad": {"review": None, "userErrors": [{"code": "OUT_OF_RANGE"}]},
            "two": {"review": {"rating": 3, "author": {"reviews": {"totalCount": 2}}}, "userErrors": []},
        }
    }
    assert list(answer["data"]) == ["one", "bad", "two"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rating": 4.5}, "Int cannot represent"),
        ({"rating": "5"}, "Int cannot represent"),
        ({"rating": None}, "rating"),
        ({"rating": 2**31}, "Int cannot represent"),
        ({"body": None}, "body"),
        ({"body": "a\0b"}, "NUL"),
        ({"author": "me"}, "author"),
        ({"propertyId": "member_" + "0" * 32}, "is not the id of a property"),
        ({"propertyId": "'; drop table review; --"}, "is not an id"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_input_of_the_wrong_form_is_an_error_of_the_request(
    own: Installation, changes: dict[str, Any], sentence: str
) -> None:
    listing = await own.add_property("reviewed")
    answer = await (await author(own)).ask("CreateReview", input=given(listing, **changes))
    code, message = answer.refusal
    assert code == "BAD_USER_INPUT"
    assert sentence in message
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


async def test_nobody_writes_without_a_token(own: Installation) -> None:
    listing = await own.add_property("reviewed")
    answer = await own.ask("CreateReview", input=given(listing))
    assert answer.refusal == (
        "UNAUTHENTICATED",
        "`Mutation.createReview` needs an `Authorization: Bearer` token of a USER or above.",
    )
    assert (answer.status, answer.statements) == (401, 0)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


async def test_a_user_who_is_gone(own: Installation) -> None:
    listing = await own.add_property("reviewed")
    user = await own.add("user_account", display_name="Ruth")
    ruth = own.with_token(await own.sign_in(user))
    await own.sql("delete from user_account where id = $1", user)
    answer = await ruth.ask("CreateReview", input=given(listing))
    assert answer.refusal == ("UNAUTHENTICATED", "The session has ended. Sign in again.")
    assert answer.status == 401
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


async def test_the_actor_is_known_in_the_transaction_and_forgotten_after(own: Installation) -> None:
    """Seen by a trigger, as an audit would: the actor of each write, and none once the request is over."""
    await own.database.execute(
        """create table seen (actor text, kind text);
        create function see() returns trigger language plpgsql as $$
        begin insert into seen values (current_setting('dwelzo.actor', true), tg_op); return new; end $$;
        create trigger see after insert on review for each row execute function see();"""
    )
    listing = await own.add_property("reviewed")
    user = await own.add("user_account", display_name="Ruth")
    ruth = own.as_user(user)
    await ruth.ask("CreateReview", input=given(listing))
    await ruth.ask("CreateReview", input=given(listing))
    assert await own.sql("select * from seen") == [{"actor": str(user), "kind": "INSERT"}]
    # The same pooled connection, asked by nobody in particular.
    await own.database.execute(
        "alter table review add noted text default current_setting('dwelzo.actor', true)"
    )
    assert await own.value("select count(*) from review where noted <> ''") == 0


async def test_the_summary_is_exact(own: Installation) -> None:
    """Averages that binary fractions get wrong, rounded half away from zero."""
    users = [await own.add("user_account", display_name=f"User {number}") for number in range(8)]
    expected = {}
    for ratings in ([1], [1, 2], [5, 5, 4], [1, 1, 2], [5] * 7 + [4], [3, 4, 4, 4, 4, 4, 4, 4], []):
        key = await own.add_property(f"rated-{ratings}")
        for user, rating in zip(users, ratings, strict=False):
            await own.add("review", property_id=key, author_id=user, rating=rating, body="x")
        hundredths = (2 * 100 * sum(ratings) + len(ratings)) // (2 * len(ratings)) if ratings else None
        average = hundredths and f"{hundredths // 100}.{hundredths % 100:02}"
        expected[f"property_{key.hex}"] = {"reviewCount": len(ratings), "averageRating": average}
    answer = await own.ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Property { id
        reviewSummary { reviewCount averageRating } } } }""",
        ids=list(expected),
    )
    assert {node["id"]: node["reviewSummary"] for node in answer.data["nodes"]} == expected
    assert answer.statements == 2


async def test_the_summaries_of_the_sample_agree_with_its_reviews(sample: Installation) -> None:
    answer = await sample.ask(
        """{ properties(first: 100) { nodes { listingKey reviewSummary { reviewCount averageRating }
        reviews(first: 50) { totalCount nodes { rating } } } } }"""
    )
    assert answer.statements == 4
    for node in answer.data["properties"]["nodes"]:
        ratings = [review["rating"] for review in node["reviews"]["nodes"]]
        assert node["reviews"]["totalCount"] == node["reviewSummary"]["reviewCount"] == len(ratings)
        if ratings:
            assert abs(float(node["reviewSummary"]["averageRating"]) - sum(ratings) / len(ratings)) <= 0.005
        else:
            assert node["reviewSummary"]["averageRating"] is None


async def test_a_review_by_id(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!) { node(id: $id) { ... on Review { rating body author { id displayName
        reviews(first: 9) { nodes { body } } } property { id reviews(first: 9) { totalCount } } } } }""",
        id=market.id("hidden review", "review"),
    )
    assert answer == {
        "data": {
            "node": {
                "rating": 4,
                "body": "About hidden.",
                "author": {
                    "id": market.id("author", "user"),
                    "displayName": "Arthur Author",
                    "reviews": {"nodes": [{"body": "About hidden."}]},
                },
                "property": {"id": market.id("hidden"), "reviews": {"totalCount": 1}},
            }
        }
    }


@pytest.mark.parametrize(
    "hidden", ["internet_consumer_comment_yn = false", "internet_entire_listing_display_yn = false"]
)
async def test_reviews_that_may_not_be_shown_are_nowhere(own: Installation, hidden: str) -> None:
    user = await own.add("user_account", display_name="Ruth Reviewer")
    listing = await own.add_property("reviewed")
    review = await own.add("review", property_id=listing, author_id=user, rating=4, body="Drafty.")
    document = """query ($property: ID!, $review: ID!, $user: ID!) {
        property(id: $property) { reviews(first: 5) { totalCount nodes { body } }
            reviewSummary { reviewCount } }
        review: node(id: $review) { id }
        author: node(id: $user) { ... on User { reviews(first: 5) { totalCount nodes { body } } } }
    }"""
    ids = {
        "property": f"property_{listing.hex}",
        "review": f"review_{review.hex}",
        "user": f"user_{user.hex}",
    }
    shown = (await own.ask(document, **ids)).data
    assert shown["review"] == {"id": ids["review"]}
    assert shown["property"]["reviews"] == {"totalCount": 1, "nodes": [{"body": "Drafty."}]}
    assert shown["author"]["reviews"] == {"totalCount": 1, "nodes": [{"body": "Drafty."}]}

    await own.sql(f"update property set {hidden} where id = $1", listing)
    answer = (await own.ask(document, **ids)).data
    assert answer["review"] is None
    assert answer["author"] is None
    if answer["property"] is not None:
        assert answer["property"] == {
            "reviews": {"totalCount": 0, "nodes": []},
            "reviewSummary": {"reviewCount": 0},
        }
