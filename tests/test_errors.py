"""Errors: coded and in words for what a client can mend, masked for everything else, and no hang."""

import logging
import re

import pytest
from graphql import GraphQLError

from server.config import ROOT
from server.errors import ApiError, BadUserInput, NotFound, Unavailable, quoted, status_of, to_wire
from server.protocol.refusals import CODES
from tests.asking import DIFFERENCES, Installation

PAGE = "{ properties(first: 3) { nodes { id reviews(first: 1) { nodes { body } } } } }"


def subclasses(kind: type[ApiError]) -> list[type[ApiError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses(child))]


def test_codes_and_statuses_are_a_closed_set() -> None:
    assert {kind.code: kind.status for kind in subclasses(ApiError)[1:]} == {
        "BAD_USER_INPUT": 400,
        "COST_LIMIT": 400,
        "DOCUMENT_LIMIT": 400,
        "PERSISTED_QUERY_NOT_FOUND": 400,
        "UNTRUSTED_DOCUMENT": 403,
        "UNAUTHENTICATED": 401,
        "FORBIDDEN": 403,
        "NOT_FOUND": 404,
        "METHOD_NOT_ALLOWED": 405,
        "NOT_ACCEPTABLE": 406,
        "CONFLICT": 409,
        "BODY_LIMIT": 413,
        "UNSUPPORTED_MEDIA": 415,
        "RATE_LIMITED": 429,
        "UNAVAILABLE": 503,
        "TIMEOUT": 504,
    }


def test_every_code_is_on_the_page_of_errors_with_its_status() -> None:
    """Those of GraphQL itself and of the HTTP server too."""
    page = (ROOT / "docs" / "errors.md").read_text()
    raised = {(kind.code, kind.status) for kind in subclasses(ApiError)[1:]} | {("INTERNAL", 500)}
    raised |= {("GRAPHQL_PARSE_FAILED", 400), ("GRAPHQL_VALIDATION_FAILED", 400)}
    raised |= {(code, status) for status, code in CODES.items()}
    documented = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", page, re.MULTILINE)
    assert {(code, int(status)) for code, status in documented} == raised


async def test_an_answer_tells_a_handful_of_errors_the_same_each_time(sample: Installation) -> None:
    fields = " ".join(f'a{number:02}: node(id: "nonsense") {{ id }}' for number in range(15))
    answer = await sample.ask(f"{{ {fields} }}")
    assert [error["path"] for error in answer["errors"]] == [[f"a{number:02}"] for number in range(5)]
    assert answer["data"] == dict.fromkeys([f"a{number:02}" for number in range(15)])
    assert await sample.ask(f"{{ {fields} }}") == answer


async def test_a_message_does_not_echo_all_that_was_sent(sample: Installation) -> None:
    answer = await sample.ask("query ($id: ID!) { node(id: $id) { id } }", id={"a": "x" * 50_000})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert len(answer["errors"][0]["message"]) < 600


def test_an_error_of_ours_keeps_its_message() -> None:
    assert to_wire(NotFound("Property", "property_1")) == {
        "message": "There is no Property 'property_1' that you may see.",
        "extensions": {"code": "NOT_FOUND"},
    }
    located = GraphQLError("x", original_error=Unavailable("Away."), path=["a", 0])
    assert to_wire(located) == {"message": "Away.", "extensions": {"code": "UNAVAILABLE"}, "path": ["a", 0]}
    assert status_of(located) == 503
    assert status_of(GraphQLError("x")) == 400
    assert status_of(GraphQLError("x", original_error=KeyError("x"))) == 500


def test_anything_else_is_masked_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "dwelzo.errors"):
        answer = to_wire(RuntimeError("password=hunter2"))
    reference = answer["extensions"]["reference"]
    assert re.fullmatch(r"[0-9a-f]{16}", reference)
    assert answer == {
        "message": f"Something went wrong on our side. Quote the reference {reference} when you report it.",
        "extensions": {"code": "INTERNAL", "reference": reference},
    }
    (record,) = caplog.records
    assert reference in record.getMessage()
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31m", "\u202e", "é" * 100, "\ud800", "x" * 10_000])
def test_a_quoted_value_is_short_and_harmless(value: str) -> None:
    shown = quoted(value)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) < 400
    BadUserInput(shown).message.encode()


async def test_a_broken_database_tells_nothing_of_itself(
    own: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    await own.database.execute("alter table review rename to elsewhere")
    with DIFFERENCES.refusals_expected():
        answer = await own.ask(PAGE)
    assert set(answer.codes) == {"INTERNAL"}
    # A list that cannot be null takes its parents with it: nothing is left of the answer.
    assert answer["data"] is None
    assert answer.status == 500
    text = str(answer)
    for secret in ("select", "relation", "elsewhere", "asyncpg", "Traceback", "does not exist"):
        assert secret not in text
    for error in answer["errors"]:
        assert error["extensions"]["reference"] in caplog.text
    assert "UndefinedTableError" in caplog.text


async def test_what_does_not_depend_on_the_broken_part_is_answered(own: Installation) -> None:
    await own.database.execute("alter table member rename to elsewhere")
    with DIFFERENCES.refusals_expected():
        answer = await own.ask("{ properties(first: 2) { nodes { listingKey listAgent { id } } } }")
    assert answer.status == 200
    assert [node["listAgent"] for node in answer["data"]["properties"]["nodes"]] == [None, None]
    assert all(node["listingKey"] for node in answer["data"]["properties"]["nodes"])
    assert answer.codes == ["INTERNAL", "INTERNAL"]
    assert answer["errors"][1]["path"] == ["properties", "nodes", 1, "listAgent"]


async def test_the_mistakes_of_clients_are_not_in_the_log(
    sample: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await sample.ask("{ node(id: $oops) { id } }")
        await sample.ask('{ node(id: "oops") { id } }')
        await sample.ask("query ($n: Int!) { properties(first: $n) { nodes { id } } }", n="oops")
    assert "oops" not in caplog.text


async def test_a_constraint_that_no_resolver_knows_is_masked(own: Installation) -> None:
    rule = "check (rating <> 3) not valid"
    await own.database.execute(f"alter table review add constraint review_secret_rule {rule}")
    listing = await own.add_property("reviewed")
    user = await own.add("user_account", display_name="Ruth")
    answer = await own.as_user(user).ask(
        "CreateReview", input={"propertyId": f"property_{listing.hex}", "rating": 3, "body": "x"}
    )
    assert answer.codes == ["INTERNAL"]
    assert "secret_rule" not in str(answer)
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0
