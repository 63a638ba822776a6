"""PostgreSQL's plans of the composed statements: what a page costs does not grow with the market."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
import pytest
from asyncpg import Box

import bench.operations as bench
from generated.sql.history_transactional import history_public
from generated.sql.media import media_public
from generated.sql.member import members_at_work
from generated.sql.property import properties_on_market
from generated.sql.review import reviews_public
from server import ids
from server.app import executable_schema
from server.composition import (
    Bound,
    Composed,
    Condition,
    Order,
    compose_by_keys,
    compose_count,
    compose_page,
)
from server.execution.explaining import Explainer
from server.ingest.synthetic import generate
from tests.asking import OPERATIONS, Application
from tests.conftest import Run

PROPERTIES = 20_000
# In the long form: as many as two processors, shared with other work, invent in twelve minutes.
LARGE = 400_000
# A page of 50 in a market of 20,000 touches a small part of it: PostgreSQL's pages (8 kB), from cache or not.
MOST_BUFFERS = 1_500
# A table with fewer rows may be read from one end to the other.
SMALL_TABLE = 1_000


class Market:
    """A database full of invented listings; `large` are the tables that no page may read whole."""

    def __init__(self, connection: asyncpg.Connection, large: set[str]) -> None:
        self.connection, self.large = connection, large

    async def plan(self, composed: Composed) -> dict[str, Any]:
        """The root of a statement's plan as it was executed."""
        text = f"explain (analyze, buffers, format json) {composed.text}"
        (answer,) = await self.connection.fetchrow(text, *composed.arguments)
        plan: dict[str, Any] = orjson.loads(answer)[0]["Plan"]
        return plan

    async def assert_cheap(self, composed: Composed, buffers: int = MOST_BUFFERS) -> None:
        plan = await self.plan(composed)
        scanned = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
        shown = orjson.dumps(plan).decode()
        assert not scanned & self.large, shown
        touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        assert touched <= buffers, f"{touched} pages: {shown}"


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", []) for node in nodes(inner))]


@asynccontextmanager
async def market_of(run: Run, application: Application, properties: int) -> AsyncIterator[Market]:
    async with run(application) as made:
        await generate(made.url, properties)
        async with made.connection() as connection:
            await connection.execute("vacuum analyze")
            large = await connection.fetch(
                "select relname from pg_class where relkind = 'r' and reltuples > $1", SMALL_TABLE
            )
            yield Market(connection, {row["relname"] for row in large})


@pytest.fixture(scope="module")
async def market(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Market]:
    """20,000 invented listings."""
    async with market_of(run, Application(services, f"{worker_id}_plans"), PROPERTIES) as made:
        yield made


PAGES = {
    "newest": ([], "ORIGINAL_ENTRY_TIMESTAMP_DESC"),
    "cheapest": ([], "LIST_PRICE_ASC"),
    "dearest": ([], "LIST_PRICE_DESC"),
    "most bedrooms": ([], "BEDROOMS_TOTAL_DESC"),
    "largest": ([], "LIVING_AREA_SQUARE_METRES_DESC"),
    "of a city, cheapest": ([Condition("city", "eq", "Sacramento")], "LIST_PRICE_ASC"),
    "of two cities, in a range": (
        [
            Condition("city", "any", ["Sacramento", "Elk Grove"]),
            Condition("list_price", "gte", Decimal(300_000)),
            Condition("list_price", "lte", Decimal(500_000)),
        ],
        "LIST_PRICE_ASC",
    ),
    "on a small map": (
        [Condition("geo_point", "within", Box((-121.40, 38.60), (-121.45, 38.55)))],
        "LIST_PRICE_ASC",
    ),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_of_listings(market: Market, name: str) -> None:
    conditions, order = PAGES[name]
    await market.assert_cheap(compose_page(properties_on_market, conditions, Order.parse(order), 51))


@pytest.mark.parametrize("order", ["LIST_PRICE_ASC", "BEDROOMS_TOTAL_DESC", "LIVING_AREA_SQUARE_METRES_ASC"])
async def test_a_page_far_down_costs_what_the_first_costs(market: Market, order: str) -> None:
    column = Order.parse(order).column
    direction = "desc" if order.endswith("DESC") else "asc"
    row = await market.connection.fetchrow(
        f"select id, {column} as value from property where public_yn and {column} is not null"
        f" order by {column} {direction}, id {direction} offset 9000 limit 1"
    )
    after = Bound(row["value"], row["id"])
    page = compose_page(properties_on_market, [], Order.parse(order), 51, after=after)
    await market.assert_cheap(page)


async def test_by_id_costs_the_same_in_any_market(market: Market) -> None:
    key = await market.connection.fetchval(
        "select id from property where public_yn order by id offset 5000 limit 1"
    )
    await market.assert_cheap(compose_by_keys(properties_on_market, "id", [key]), buffers=10)
    listing_key = await market.connection.fetchval("select listing_key from property where id = $1", key)
    await market.assert_cheap(compose_by_keys(properties_on_market, "listing_key", [listing_key]), buffers=10)


async def test_what_belongs_to_fifty_listings(market: Market) -> None:
    rows = await market.connection.fetch(
        "select id from property where public_yn order by list_price limit 50"
    )
    keys = [row["id"] for row in rows]
    for set_, order in (
        (media_public, "ORDER_ASC"),
        (reviews_public, "ORIGINAL_ENTRY_TIMESTAMP_DESC"),
        (history_public, "MODIFICATION_TIMESTAMP_DESC"),
    ):
        page = compose_page(set_, [], Order.parse(order), 6, on="property_id", keys=keys)
        await market.assert_cheap(page, buffers=3_000)


async def test_the_listings_of_an_agent(market: Market) -> None:
    keys = [row["id"] for row in await market.connection.fetch("select id from member limit 20")]
    page = compose_page(
        properties_on_market,
        [],
        Order.parse("ORIGINAL_ENTRY_TIMESTAMP_DESC"),
        11,
        on="list_agent_id",
        keys=keys,
    )
    await market.assert_cheap(page)
    await market.assert_cheap(compose_by_keys(members_at_work, "id", keys))


async def test_the_count_of_a_city(market: Market) -> None:
    conditions = [Condition("city", "eq", "Elk Grove"), Condition("list_price", "lte", Decimal(400_000))]
    await market.assert_cheap(compose_count(properties_on_market, conditions))


# Whole operations: each composed statement as a request would run it.

EXPLAINER = Explainer(executable_schema(), page_size_max=200, cost_limit=100_000)

# Each operation that is composed, and how many listings (or rows of another kind) its page shows.
SHOWN = {
    "CreateReview": 1,
    "MemberWithOffice": 50,
    "PropertyById": 1,
    "PropertyHistory": 50,
    "SearchProperties": 50,
    "UpcomingOpenHouses": 50,
    "Viewer": 20,
    "M1": 1,
    "Q1": 1,
    "Q2": 50,
    "Q3": 50,
    "Q4": 200,
}
# Of these the type is known when the row is read, and nothing is below it.
NOT_COMPOSED = {"ObjectById", "ObjectsById", "TypeById", "Q5"}
# Of these every row is found by its key, or by the one user's.
OF_ONE_USER = {name for name, text in OPERATIONS.items() if text.startswith("mutation")} - {
    "CreateReview"
} | {"Account"}
DOCUMENTS = OPERATIONS | {operation.name: operation.document for operation in bench.OPERATIONS}
# PostgreSQL's pages that a statement may touch, and for each listing that it shows.
BUFFERS, BUFFERS_A_LISTING = 60, 35
# How many listings are between the prices that are asked for, however many there are: to count them is to
# read them.
MATCHING = 300


async def variables_of(market: Market) -> dict[str, dict[str, Any]]:
    """Variables for each operation, from the middle of the market."""
    value = market.connection.fetchval
    listing = await value("select id from property where public_yn order by id offset 5000 limit 1")
    agent = await value("select list_agent_id from property where id = $1", listing)
    prices = "select list_price from property where public_yn and city = 'Elk Grove' order by list_price"
    least, most = [
        str(await value(f"{prices} offset $1 limit 1", offset)) for offset in (100, 100 + MATCHING)
    ]
    review = {"propertyId": ids.encode("property", listing), "rating": 5, "body": "Light rooms."}
    range_ = {"city": "Elk Grove", "least": least, "most": most}
    return {
        "CreateReview": {"input": review},
        "MemberWithOffice": {"id": ids.encode("member", agent), "first": 50},
        "ObjectById": {"id": ids.encode("property", listing)},
        "ObjectsById": {"ids": [ids.encode("property", listing)]},
        "PropertyById": {"id": ids.encode("property", listing)},
        "PropertyHistory": {
            "listingKey": await value("select listing_key from property where id = $1", listing),
            "last": 50,
        },
        "SearchProperties": {
            "filter": {"city": "Elk Grove", "listPrice": {"gte": least, "lte": most}},
            "orderBy": "LIST_PRICE_ASC",
            "first": 50,
        },
        "TypeById": {"id": ids.encode("property", listing)},
        "UpcomingOpenHouses": {"after": "2020-01-01T00:00:00Z", "first": 50},
        "Viewer": {},
        "Q1": {"id": ids.encode("property", listing)},
        "Q2": range_,
        "Q3": range_,
        "Q4": range_,
        "Q5": {},
        "M1": {"input": review},
    }


async def assert_operation_is_cheap(market: Market, name: str) -> None:
    explanation = EXPLAINER.explain(DOCUMENTS[name], (await variables_of(market))[name])
    assert explanation.statements
    for statement in explanation.statements:
        composed = await statement.ready(market.connection)
        await market.assert_cheap(composed, BUFFERS + BUFFERS_A_LISTING * SHOWN[name])


def test_every_operation_has_a_budget() -> None:
    assert set(DOCUMENTS) == set(SHOWN) | NOT_COMPOSED | OF_ONE_USER


@pytest.mark.parametrize("name", SHOWN)
async def test_an_operation(market: Market, name: str) -> None:
    await assert_operation_is_cheap(market, name)


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_operations_in_a_large_market(run: Run, services: dict[str, str], worker_id: str) -> None:
    """The same budgets: what an operation costs does not grow with the market."""
    async with market_of(run, Application(services, f"{worker_id}_large"), LARGE) as market:
        for name in SHOWN:
            await assert_operation_is_cheap(market, name)


async def test_a_missing_index_is_noticed(market: Market) -> None:
    transaction = market.connection.transaction()
    await transaction.start()
    try:
        indexes = await market.connection.fetch(
            "select indexname from pg_indexes where tablename = 'property' and indexdef like '%list_price%'"
        )
        for row in indexes:
            await market.connection.execute(f"drop index {row['indexname']}")
        with pytest.raises(AssertionError):
            await market.assert_cheap(
                compose_page(properties_on_market, [], Order.parse("LIST_PRICE_ASC"), 51)
            )
    finally:
        await transaction.rollback()
