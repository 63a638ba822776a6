"""What is asked: six operations, and how many values an answer to each of them must hold."""

from dataclasses import dataclass
from typing import Any, Literal

# What a request is about: nothing, one listing, the listings of a city in a range of prices, a new review.
Subject = Literal["nothing", "listing", "range", "review"]

_FIELDS_12 = """id listingKey unparsedAddress listPrice currencyCode propertyType standardStatus bedroomsTotal
    bathroomsTotalInteger livingArea city originalEntryTimestamp"""
_FIELDS_15 = f"{_FIELDS_12} countyOrParish stateOrProvince postalCode"
_FIELDS_20 = f"{_FIELDS_15} publicRemarks country latitude longitude modificationTimestamp"
_AGENT = "listAgent { id memberFullName memberEmail }"
_MEDIA = "media(first: 5) { mediaURL imageWidth imageHeight altText }"
_REVIEWS = "reviews(first: 3) { nodes { rating body author { displayName } } }"


@dataclass(frozen=True, slots=True)
class Operation:
    """One document. An answer to it holds `values` leaf values, and `each` for every listing on its page."""

    name: str
    what: str
    document: str
    subject: Subject
    values: int
    each: int = 0
    page: int = 0

    def expected(self, listings: int) -> int:
        """How many leaf values an answer holds that finds so many listings."""
        return self.values + self.each * min(listings, self.page)


def _page(name: str, what: str, first: int, fields: str, each: int) -> Operation:
    """The cheapest listings of a city in a range of prices."""
    document = f"""query ($city: String!, $least: Decimal!, $most: Decimal!) {{
      properties(
        filter: {{ city: [$city], listPrice: {{ gte: $least, lte: $most }} }}
        orderBy: LIST_PRICE_ASC
        first: {first}
      ) {{ nodes {{ {fields} }} }}
    }}"""
    return Operation(name, what, _plain(document), "range", 0, each, first)


def _plain(document: str) -> str:
    """On one line, as clients send it."""
    return " ".join(document.split())


OPERATIONS = (
    Operation(
        "Q1",
        "one listing by id, 12 fields",
        _plain(f"query ($id: ID!) {{ property(id: $id) {{ {_FIELDS_12} }} }}"),
        "listing",
        12,
    ),
    _page("Q2", "50 listings, 15 fields", 50, _FIELDS_15, 15),
    _page(
        "Q3",
        "50 listings with agent, 5 pictures, 3 reviews and their authors",
        50,
        f"id unparsedAddress listPrice city {_AGENT} {_MEDIA} {_REVIEWS}",
        4 + 3 + 5 * 4 + 3 * 3,
    ),
    _page(
        "Q4",
        "200 listings, 20 fields, agent, 5 pictures",
        200,
        f"{_FIELDS_20} {_AGENT} {_MEDIA}",
        20 + 3 + 5 * 4,
    ),
    Operation("Q5", "{ __typename }", "{ __typename }", "nothing", 1),
    Operation(
        "M1",
        "write a review, answered with its author",
        _plain(
            """mutation ($input: CreateReviewInput!) { createReview(input: $input) {
            review { id rating body originalEntryTimestamp author { id displayName } } } }"""
        ),
        "review",
        6,
    ),
)
NAMES = tuple(operation.name for operation in OPERATIONS)
# Beside `errors`, a review that was not written.
WRONG = (b'"errors"', b'"review":null')


def named(name: str) -> Operation:
    return OPERATIONS[NAMES.index(name)]


def leaf_values(answer: Any) -> int:
    """How many values stand in a JSON text that are neither object nor list."""
    if isinstance(answer, dict):
        return sum(map(leaf_values, answer.values()))
    if isinstance(answer, list):
        return sum(map(leaf_values, answer))
    return 1
