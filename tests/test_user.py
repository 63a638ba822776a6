"""Users: the one who is signed in, and what others see of one."""

from uuid import uuid4

from tests.asking import Installation
from tests.market import Market

NODE = (
    "query ($id: ID!) { node(id: $id) { ... on User { id displayName reviews(first: 9) { totalCount } } } }"
)


async def test_the_viewer_and_their_reviews(market: Market) -> None:
    id_ = market.id("author", "user")
    answer = await market.as_user(id_).ask("Viewer")
    assert answer == {
        "data": {
            "viewer": {
                "id": id_,
                "displayName": "Arthur Author",
                "reviews": {"nodes": [{"id": market.id("hidden review", "review"), "rating": 4}]},
            }
        }
    }
    assert answer.statements == 2


async def test_a_viewer_who_never_wrote_sees_themselves_and_is_seen_by_nobody(market: Market) -> None:
    id_ = market.id("quiet user", "user")
    answer = await market.as_user(id_).ask("Viewer")
    assert answer == {
        "data": {"viewer": {"id": id_, "displayName": "Quentin Quiet", "reviews": {"nodes": []}}}
    }
    assert await market.ask(NODE, id=id_) == {"data": {"node": None}}


async def test_who_wrote_only_what_nobody_may_see_is_seen_by_nobody(market: Market) -> None:
    id_ = market.id("secret author", "user")
    assert await market.ask(NODE, id=id_) == {"data": {"node": None}}
    answer = await market.as_user(id_).ask("Viewer")
    assert answer.data["viewer"]["reviews"] == {"nodes": []}


async def test_an_author_is_seen_by_everybody(market: Market) -> None:
    id_ = market.id("author", "user")
    seen = {"id": id_, "displayName": "Arthur Author", "reviews": {"totalCount": 1}}
    assert await market.ask(NODE, id=id_) == {"data": {"node": seen}}


async def test_a_viewer_whose_account_is_gone_is_none(sample: Installation) -> None:
    answer = await sample.with_token(sample.tokens.sign(uuid4(), uuid4())).ask("Viewer")
    assert (answer.status, answer.refusal[0]) == (401, "UNAUTHENTICATED")


async def test_nobody_is_signed_in_without_a_token(sample: Installation) -> None:
    answer = await sample.ask("Viewer")
    assert answer.refusal[0] == "UNAUTHENTICATED"
    assert (answer.status, answer.statements) == (401, 0)


async def test_public_rows_are_the_same_for_everybody(market: Market) -> None:
    document = "{ properties(first: 20, orderBy: LIST_PRICE_DESC) { totalCount nodes { id listPrice } } }"
    anonymous = await market.ask(document)
    for role in ("USER", "ADMIN"):
        assert await market.as_user(market.id("author", "user"), role).ask(document) == anonymous
