"""PostgreSQL's plans of the composed statements: what a page costs does not grow with the market."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
import pytest
from asyncpg import Box

from generated.sql.history_transactional import history_public
from generated.sql.media import media_public
from generated.sql.member import members_at_work
from generated.sql.property import properties_on_market
from generated.sql.review import reviews_public
from server.composition import (
    Bound,
    Composed,
    Condition,
    Order,
    compose_by_keys,
    compose_count,
    compose_page,
)
from server.ingest.synthetic import generate
from tests.asking import Application
from tests.conftest import Run

PROPERTIES = 20_000
# A page of 50 in a market of 20,000 touches a small part of it: PostgreSQL's pages (8 kB), from cache or not.
MOST_BUFFERS = 1_500


@pytest.fixture(scope="module")
async def market(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with 20,000 invented listings."""
    async with run(Application(services, f"{worker_id}_plans")) as made:
        await generate(made.url, PROPERTIES)
        async with made.connection() as connection:
            await connection.execute("analyze")
            yield connection


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", []) for node in nodes(inner))]


async def explained(connection: asyncpg.Connection, composed: Composed) -> dict[str, Any]:
    """The root of the plan as it was executed."""
    text = f"explain (analyze, buffers, format json) {composed.text}"
    (answer,) = await connection.fetchrow(text, *composed.arguments)
    plan: dict[str, Any] = orjson.loads(answer)[0]["Plan"]
    return plan


async def assert_cheap(
    connection: asyncpg.Connection, composed: Composed, buffers: int = MOST_BUFFERS
) -> None:
    plan = await explained(connection, composed)
    scanned = [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    shown = orjson.dumps(plan).decode()
    assert not {"property", "media", "review", "history_transactional"} & set(scanned), shown
    touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert touched <= buffers, f"{touched} pages: {shown}"


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
async def test_a_page_of_listings(market: asyncpg.Connection, name: str) -> None:
    conditions, order = PAGES[name]
    await assert_cheap(market, compose_page(properties_on_market, conditions, Order.parse(order), 51))


@pytest.mark.parametrize("order", ["LIST_PRICE_ASC", "BEDROOMS_TOTAL_DESC", "LIVING_AREA_SQUARE_METRES_ASC"])
async def test_a_page_far_down_costs_what_the_first_costs(market: asyncpg.Connection, order: str) -> None:
    column = Order.parse(order).column
    direction = "desc" if order.endswith("DESC") else "asc"
    row = await market.fetchrow(
        f"select id, {column} as value from property where public_yn and {column} is not null"
        f" order by {column} {direction}, id {direction} offset 9000 limit 1"
    )
    after = Bound(row["value"], row["id"])
    page = compose_page(properties_on_market, [], Order.parse(order), 51, after=after)
    await assert_cheap(market, page)


async def test_by_id_costs_the_same_in_any_market(market: asyncpg.Connection) -> None:
    key = await market.fetchval("select id from property where public_yn order by id offset 5000 limit 1")
    await assert_cheap(market, compose_by_keys(properties_on_market, "id", [key]), buffers=10)
    listing_key = await market.fetchval("select listing_key from property where id = $1", key)
    await assert_cheap(
        market, compose_by_keys(properties_on_market, "listing_key", [listing_key]), buffers=10
    )


async def test_what_belongs_to_fifty_listings(market: asyncpg.Connection) -> None:
    rows = await market.fetch("select id from property where public_yn order by list_price limit 50")
    keys = [row["id"] for row in rows]
    for set_, order in (
        (media_public, "ORDER_ASC"),
        (reviews_public, "ORIGINAL_ENTRY_TIMESTAMP_DESC"),
        (history_public, "MODIFICATION_TIMESTAMP_DESC"),
    ):
        page = compose_page(set_, [], Order.parse(order), 6, on="property_id", keys=keys)
        await assert_cheap(market, page, buffers=3_000)


async def test_the_listings_of_an_agent(market: asyncpg.Connection) -> None:
    keys = [row["id"] for row in await market.fetch("select id from member limit 20")]
    page = compose_page(
        properties_on_market,
        [],
        Order.parse("ORIGINAL_ENTRY_TIMESTAMP_DESC"),
        11,
        on="list_agent_id",
        keys=keys,
    )
    await assert_cheap(market, page)
    await assert_cheap(market, compose_by_keys(members_at_work, "id", keys))


async def test_the_count_of_a_city(market: asyncpg.Connection) -> None:
    conditions = [Condition("city", "eq", "Elk Grove"), Condition("list_price", "lte", Decimal(400_000))]
    await assert_cheap(market, compose_count(properties_on_market, conditions))


async def test_a_missing_index_is_noticed(market: asyncpg.Connection) -> None:
    transaction = market.transaction()
    await transaction.start()
    try:
        indexes = await market.fetch(
            "select indexname from pg_indexes where tablename = 'property' and indexdef like '%list_price%'"
        )
        for row in indexes:
            await market.execute(f"drop index {row['indexname']}")
        with pytest.raises(AssertionError):
            await assert_cheap(
                market, compose_page(properties_on_market, [], Order.parse("LIST_PRICE_ASC"), 51)
            )
    finally:
        await transaction.rollback()
