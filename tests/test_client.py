"""The generated client against a real server over real HTTP."""

import ast
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from generated.client import (
    CreateReviewInput,
    DecimalRange,
    DwelzoClient,
    GraphQLClientGraphQLMultiError,
    ObjectByIdNodeNode,
    ObjectByIdNodeProperty,
    ObjectsByIdNodesNode,
    ObjectsByIdNodesProperty,
    PropertyFilter,
    PropertyOrder,
    StandardStatus,
)
from server.app import create_app
from server.config import load_settings
from tests.asking import Installation
from tests.serving import serving

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def address(services: dict[str, str], own: Installation) -> AsyncIterator[str]:
    """The URL of a server of the test's own."""
    given = {**services, "DATABASE_URL": own.url, "DATABASE_DIRECT_URL": own.url, "GRAPHIQL": "false"}
    async with serving(create_app(load_settings(given)), lifespan="on") as origin:
        yield f"{origin}/graphql"


async def test_a_search_is_typed_all_the_way(address: str) -> None:
    async with DwelzoClient(address) as client:
        found = await client.search_properties(
            filter_=PropertyFilter(city=["Elk Grove"], list_price=DecimalRange(lte=Decimal("100000"))),
            order_by=PropertyOrder.LIST_PRICE_ASC,
            first=3,
        )
        page = found.properties
        again = await client.search_properties(
            filter_=PropertyFilter(city=["Elk Grove"], list_price=DecimalRange(lte=Decimal("100000"))),
            order_by=PropertyOrder.LIST_PRICE_ASC,
            first=3,
            after=page.page_info.end_cursor,
        )
    prices = [edge.node.list_price for edge in page.edges]
    assert len(prices) == 3
    assert all(isinstance(price, Decimal) for price in prices)
    assert prices == sorted(prices)
    assert page.edges[0].node.list_price == Decimal("71000.00")
    following = [edge.node.id for edge in again.properties.edges]
    assert not {edge.node.id for edge in page.edges} & set(following)


async def test_one_listing(address: str, own: Installation) -> None:
    key = await own.value("select id from property where listing_key = 'SAC-162'")
    async with DwelzoClient(address) as client:
        found = await client.property_by_id(id=f"property_{key.hex}")
        nothing = await client.property_by_id(id="property_" + "0" * 32)
    assert found.property_ is not None
    assert found.property_.listing_key == "SAC-162"
    assert found.property_.standard_status is StandardStatus.Active
    assert found.property_.original_entry_timestamp.tzinfo is not None
    assert nothing.property_ is None


async def test_the_history_of_the_readme(address: str) -> None:
    async with DwelzoClient(address) as client:
        found = await client.property_history(listing_key="SAC-162", last=10)
    assert found.property_by_listing_key is not None
    assert "ListPrice" in {change.field_name for change in found.property_by_listing_key.history.nodes}


async def test_a_review_is_written_and_its_mistakes_are_told(address: str, own: Installation) -> None:
    author = await own.add("user_account", display_name="Nadia", role="USER")
    listing = f"property_{(await own.add_property('CLIENT-1')).hex}"
    headers = {"Authorization": f"Bearer {await own.sign_in(author)}"}
    async with DwelzoClient(address, headers=headers) as client:
        written = await client.create_review(CreateReviewInput(property_id=listing, rating=5, body="Light!"))
        refused = await client.create_review(CreateReviewInput(property_id=listing, rating=5, body="Again"))
    assert written.create_review.user_errors == []
    assert written.create_review.review is not None
    assert written.create_review.review.author.display_name == "Nadia"
    assert refused.create_review.review is None
    assert [(error.field, error.code) for error in refused.create_review.user_errors] == [
        (["input", "propertyId"], "ALREADY_EXISTS")
    ]


async def test_a_refused_request_is_an_exception_with_its_code(address: str) -> None:
    async with DwelzoClient(address) as client:
        with pytest.raises(GraphQLClientGraphQLMultiError) as refused:
            await client.viewer()
    assert refused.value.errors[0].extensions == {"code": "UNAUTHENTICATED"}


def test_an_enum_value_newer_than_the_client_is_kept() -> None:
    value = StandardStatus("SoldTwice")
    assert value == "SoldTwice"
    assert not value.is_known
    assert StandardStatus("Active") is StandardStatus.Active
    assert StandardStatus.Active.is_known


async def test_objects_of_any_type(address: str, own: Installation) -> None:
    listing = f"property_{(await own.value('select id from property limit 1')).hex}"
    review = f"review_{(await own.value('select id from review limit 1')).hex}"
    async with DwelzoClient(address) as client:
        found = await client.objects_by_id(ids=[review, listing, "property_" + "0" * 32])
        one = await client.object_by_id(id=listing)
        another = await client.object_by_id(id=review)
        known = await client.type_by_id(id=review)
    assert [type(node) for node in found.nodes] == [
        ObjectsByIdNodesNode,
        ObjectsByIdNodesProperty,
        type(None),
    ]
    assert isinstance(one.node, ObjectByIdNodeProperty)
    assert one.node.listing_key.startswith("SAC-")
    assert isinstance(another.node, ObjectByIdNodeNode)
    assert (another.node.typename__, another.node.id) == ("Review", review)
    assert known.node is not None
    assert (known.node.typename__, known.node.id) == ("Review", review)


def answering(data: dict[str, Any]) -> DwelzoClient:
    """A client whose server is newer than it is."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": data}))
    return DwelzoClient("http://newer.test/graphql", http_client=httpx.AsyncClient(transport=transport))


async def test_a_type_newer_than_the_client_is_what_its_interface_says() -> None:
    auction = {"__typename": "Auction", "id": "auction_1"}
    listing = {"__typename": "Property", "id": "property_1", "listingKey": "A-1"}
    async with answering({"nodes": [auction, listing, None]}) as client:
        found = (await client.objects_by_id(ids=[])).nodes
    assert isinstance(found[0], ObjectsByIdNodesNode)
    assert (found[0].typename__, found[0].id) == ("Auction", "auction_1")
    assert isinstance(found[1], ObjectsByIdNodesProperty)
    assert found[2] is None
    async with answering({"node": auction}) as client:
        one = (await client.object_by_id(id="")).node
        known = (await client.type_by_id(id="")).node
    assert isinstance(one, ObjectByIdNodeNode)
    assert known is not None
    assert one.typename__ == known.typename__ == "Auction"


@pytest.mark.parametrize("node", [{"__typename": "Property", "id": "property_1"}, {"id": "property_1"}])
async def test_an_object_that_lacks_what_its_type_has_does_not_pass_for_another(node: dict[str, Any]) -> None:
    async with answering({"nodes": [node], "node": node}) as client:
        with pytest.raises(ValidationError):
            await client.objects_by_id(ids=[])
        with pytest.raises(ValidationError):
            await client.object_by_id(id="")


def test_nothing_in_results_and_inputs_is_any() -> None:
    written_by_the_tool = {"async_base_client", "base_model", "exceptions", "dwelzo_client", "open_enum"}
    modules = [p for p in (ROOT / "generated" / "client").glob("*.py") if p.stem not in written_by_the_tool]
    assert len(modules) >= 10
    for path in modules:
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert "Any" not in names, path


def test_the_client_brings_no_server_into_its_users() -> None:
    imported = {
        (node.module or "").partition(".")[0]
        for path in (ROOT / "generated" / "client").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    assert "pydantic" in imported
    assert not imported & {"graphql", "server", "resolvers", "ariadne"}


async def test_open_houses_to_come(address: str, own: Installation) -> None:
    now = datetime.now(UTC)
    async with DwelzoClient(address) as client:
        found = await client.upcoming_open_houses(after=now, first=100)
    expected = await own.value(
        "select count(*) from open_house where open_house_end_time > $1"
        " and open_house_type in ('Public', 'LivestreamPublic')",
        now,
    )
    assert len(found.open_houses.nodes) == min(expected, 100)
