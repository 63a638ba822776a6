"""Composed answers: the same as field by field, to the byte of every value, in one statement.

Every other test that reads also executes its queries both ways (see `tests.asking.Application`); here stand
the documents that nobody would write by hand, and what is composed and what is not.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import orjson
import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_leaf_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config import ROOT
from server.execution.compact import compact
from tests.asking import Answer, Application, Installation
from tests.conftest import Run

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())

# Each is one statement when composed.
COMPOSED = {
    "aliases of one field with different arguments": """{
        a: properties(first: 2, orderBy: LIST_PRICE_ASC) { nodes { id } }
        b: properties(first: 2, orderBy: LIST_PRICE_DESC) { nodes { id x: listPrice y: listPrice } }
    }""",
    "fields merged from several selections": """{
        properties(first: 2) { nodes { id } nodes { listPrice listAgent { id } } }
        properties(first: 2) { totalCount nodes { listAgent { memberFullName } } }
    }""",
    "fragments on the type, on its interface and on others": """{
        properties(first: 3) { nodes { ...A ... on Node { id } ... { city } } }
    } fragment A on Property { ...B listingKey }
    fragment B on Node { id ... on Member { memberFullName } ... on Property { postalCode } }""",
    "typenames everywhere": """{
        properties(first: 1) { __typename edges { __typename node { __typename listAgent { __typename } } }
            pageInfo { __typename hasNextPage } }
    }""",
    "a root's typename between others": """{
        a: properties(first: 1) { totalCount } __typename b: offices(first: 1) { totalCount } }""",
    "only a typename": "{ properties(first: 1) { __typename } }",
    "only a count": "{ properties(first: 1) { totalCount } }",
    "only constants of a page": "{ properties(first: 1) { pageInfo { hasPreviousPage } } }",
    "pages within pages, from both ends": """{
        offices(first: 3) { totalCount nodes { officeName members(last: 2) { totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { cursor node { memberFullName properties(last: 1, orderBy: LIST_PRICE_ASC) {
                nodes { listPrice media(first: 2) { mediaURL order } reviews(first: 2) {
                    edges { cursor node { rating author { displayName } } } } } } } } } } }
    }""",
    "a walk around a circle": """{
        properties(first: 2) { nodes { listAgent { properties(first: 2) { nodes {
            listAgent { office { properties(first: 1) { nodes { id listOffice { id } } } } } } } } } }
    }""",
    "what is not there": """{
        property(id: "property_00000000000000000000000000000000") { id listAgent { id } }
        propertyByListingKey(listingKey: "no such key") { id }
        properties(first: 1, filter: {city: "Nowhere"}) { totalCount nodes { id } edges { cursor }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
    }""",
    "summaries": """{
        properties(first: 20) { nodes { mediaSummary { photosCount videosCount }
            reviewSummary { reviewCount averageRating } } }
    }""",
    "every kind of value": """{
        properties(first: 100) { nodes { id listPrice latitude longitude onMarketDate originalEntryTimestamp
            daysOnMarket pricePerSquareMetre livingArea yearBuilt appliances architecturalStyle
            newConstructionYN standardStatus propertySubType country currencyCode
            publicRemarks history(first: 9) {
                nodes { fieldName previousValue newValue changeType modificationTimestamp } } } }
    }""",
    "an order by what may be missing": """{
        properties(last: 5, orderBy: BEDROOMS_TOTAL_DESC) { edges { cursor node { bedroomsTotal } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
    }""",
    "open houses": """{
        openHouses(first: 5) { nodes { openHouseDate openHouseStartTime property { listingKey }
            showingAgent { memberFullName } } }
    }""",
}

# Each is answered field by field.
RESOLVED = {
    "nothing at all": "{ __typename @skip(if: true) }",
    "introspection": '{ __type(name: "Property") { name } }',
    "introspection beside data": "{ __typename properties(first: 1) { nodes { id } } }",
    "an object of any type": '{ node(id: "property_00000000000000000000000000000000") { id } }',
    "nodes and edges of one page": "{ properties(first: 1) { nodes { id } edges { node { city } } } }",
    "a name that PostgreSQL would cut": f"{{ properties(first: 1) {{ nodes {{ {'x' * 64}: id }} }} }}",
}


# Larger documents than a server takes, to come to the bounds of what is composed.
LARGE = {"DOCUMENT_DEPTH_MAX": "20", "DOCUMENT_ALIASES_MAX": "100"}


@pytest.fixture(scope="module")
async def composed(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """An installation over the sample that executes as in production."""
    async with run(Application(services | LARGE, f"{worker_id}_composed", execution="composed")) as made:
        yield made


@pytest.fixture(scope="module")
async def resolved(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """The same, field by field."""
    async with run(Application(services | LARGE, f"{worker_id}_resolved", execution="reference")) as made:
        yield made


def assert_same(composed: Answer, resolved: Answer) -> None:
    """Byte for byte, but for the white space between tokens, of which PostgreSQL writes some."""
    assert compact(composed.content) == resolved.content


@asynccontextmanager
async def both_ways(
    run: Run, services: dict[str, str], name: str
) -> AsyncIterator[tuple[Installation, Installation]]:
    """One database of the test's own without listings, composed and resolved."""
    async with (
        run(Application(services, name, execution="composed")) as composed,
        Application(services, name, execution="reference").running() as resolved,
    ):
        await composed.sql("truncate property cascade")
        yield composed, resolved


async def assert_same_listings(composed: Installation, resolved: Installation, fields: str) -> int:
    """All listings with these fields, page by page, both ways; how many there are."""
    document = f"""query ($after: String) {{ properties(first: 100, after: $after, orderBy: LIST_PRICE_ASC) {{
        nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    after, count, more = None, 0, True
    while more:
        answer = await composed.ask(document, after=after)
        assert answer.statements == 1
        assert_same(answer, await resolved.ask(document, after=after))
        page = answer.data["properties"]
        after, count = page["pageInfo"]["endCursor"], count + len(page["nodes"])
        more = page["pageInfo"]["hasNextPage"]
    return count


@pytest.mark.parametrize("name", COMPOSED)
async def test_one_statement_gives_the_same(
    composed: Installation, resolved: Installation, name: str
) -> None:
    answer = await composed.ask(COMPOSED[name])
    expected = await resolved.ask(COMPOSED[name])
    assert_same(answer, expected)
    assert answer.statements == 1
    assert "errors" not in answer


@pytest.mark.parametrize("name", RESOLVED)
async def test_the_rest_is_answered_all_the_same(
    composed: Installation, resolved: Installation, name: str
) -> None:
    assert_same(await composed.ask(RESOLVED[name]), await resolved.ask(RESOLVED[name]))


async def test_what_is_below_many_rows_is_each_ones_own(
    composed: Installation, resolved: Installation
) -> None:
    """One statement for all rows at a place that Python has: none is given what belongs to another."""
    rows = await composed.sql(
        """select distinct on (list_agent_id) id, list_agent_id from property
        where public_yn order by list_agent_id, id limit 7"""
    )
    ids = [f"property_{row['id'].hex}" for row in reversed(rows)]
    document = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Property {
        listingKey listAgent { id } media(first: 2) { mediaURL } history(first: 2) { nodes { id } } } } }"""
    answer = await composed.ask(document, ids=ids)
    assert orjson.dumps(answer) == orjson.dumps(await resolved.ask(document, ids=ids))
    assert [node["id"] for node in answer.data["nodes"]] == ids
    agents = [node["listAgent"]["id"] for node in answer.data["nodes"]]
    assert agents == [f"member_{row['list_agent_id'].hex}" for row in reversed(rows)]
    assert answer.statements == 2


async def test_the_query_of_the_readme_is_one_statement(composed: Installation) -> None:
    filter_ = {"city": ["Elk Grove"], "listPrice": {"lte": "400000"}}
    answer = await composed.ask("SearchProperties", filter=filter_, orderBy="LIST_PRICE_ASC", first=50)
    assert answer.statements == 1
    assert len(answer.data["properties"]["edges"]) == 50


@pytest.mark.parametrize(("pages", "at_once"), [(64, True), (65, False)])
async def test_what_is_too_much_for_one_statement_is_resolved(
    composed: Installation, resolved: Installation, pages: int, at_once: bool
) -> None:
    fields = " ".join(f"p{n}: offices(first: {n}) {{ totalCount }}" for n in range(1, pages + 1))
    answer = await composed.ask(f"{{ {fields} }}")
    assert_same(answer, await resolved.ask(f"{{ {fields} }}"))
    assert (answer.statements == 1) is at_once


@pytest.mark.parametrize("skipped", [True, False])
async def test_variables_decide_what_is_asked(
    composed: Installation, resolved: Installation, skipped: bool
) -> None:
    document = """query ($s: Boolean!, $first: Int!, $key: String = "SAC-162") {
        properties(first: $first) { totalCount @skip(if: $s) nodes { id ... @include(if: $s) { city } } }
        propertyByListingKey(listingKey: $key) { id @skip(if: $s) listingKey }
    }"""
    for first in (1, 3, 100):
        answer = await composed.ask(document, s=skipped, first=first)
        assert_same(answer, await resolved.ask(document, s=skipped, first=first))
        assert answer.statements == 1
        assert len(answer.data["properties"]["nodes"]) == first


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(JSON)
def test_only_white_space_between_tokens_is_no_difference(value: object) -> None:
    spaced = json.dumps(value, indent=2, separators=(" , ", "\t: "), ensure_ascii=False).encode()
    assert compact(spaced) == orjson.dumps(value)


async def test_every_coordinate_is_the_same_number(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    """Of every size down to the last digit; a float would write the smallest ones with an exponent."""
    digits = [sign * n * 10**place for sign in (1, -1) for place in range(9) for n in (1, 3, 9, 10)]
    values = [Decimal(n).scaleb(-8) for n in (0, *digits, 90 * 10**8, -90 * 10**8)]

    @settings(max_examples=300, suppress_health_check=list(HealthCheck), database=None)
    @given(st.decimals(-90, 90, places=8))
    def collect(value: Decimal) -> None:
        values.append(value)

    collect()
    async with both_ways(run, services, f"{worker_id}_coordinates") as (composed, resolved):
        await composed.sql(
            """insert into property (listing_key, property_type, standard_status, list_price, currency_code,
              latitude, longitude)
            select place, 'Land', 'Active', 1, 'USD', latitude, latitude * 2
            from unnest($1::numeric[]) with ordinality as g (latitude, place)""",
            values,
        )
        assert await assert_same_listings(composed, resolved, "latitude longitude") == len(values)
        answer = await composed.ask(
            "query ($key: String!) { propertyByListingKey(listingKey: $key) { latitude longitude } }", key="2"
        )
        assert b'{"latitude":0.00000001,"longitude":0.00000002}' in compact(answer.content)


# What lies at the ends of what a column holds.
EXTREMES = [
    {
        "list_price": "0.01",
        "living_area": "1.00",
        "living_area_units": "SquareFeet",
        "lot_size_area": "0.0001",
        "lot_size_units": "Acres",
        "cap_rate": "-999.99",
        "net_operating_income": "-0.01",
        "garage_spaces": "0.00",
        "year_built": 1000,
        "on_market_date": "0001-01-01",
        "pending_timestamp": "0001-01-01T00:00:00Z",
        "modification_timestamp": "0999-12-31T23:59:59.999999Z",
    },
    {
        "list_price": "999999999999.99",
        "living_area": "1.00",
        "living_area_units": "SquareMeters",
        "lot_size_area": "999999999.9999",
        "lot_size_units": "SquareMeters",
        "cap_rate": "0.10",
        "net_operating_income": "-999999999999.99",
        "garage_spaces": "0.50",
        "on_market_date": "9999-12-31",
        "pending_timestamp": "9999-12-31T23:59:59.999999Z",
        "appliances": ["Oven", "Dishwasher"],
        "new_construction_yn": False,
    },
    {"on_market_date": "0999-01-09", "pending_timestamp": "1000-01-01T00:00:00.1Z", "appliances": []},
]


async def test_every_field_is_the_same_at_the_ends_of_its_range(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    type_ = CONTRACT.type_map["Property"]
    assert isinstance(type_, GraphQLObjectType)
    fields = [name for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))]
    assert len(fields) > 100
    async with both_ways(run, services, f"{worker_id}_extremes") as (composed, resolved):
        for place, columns in enumerate(EXTREMES):
            await composed.add_property(str(place), **columns)
        assert await assert_same_listings(composed, resolved, " ".join(fields)) == len(EXTREMES)


async def test_every_character_is_written_alike(run: Run, services: dict[str, str], worker_id: str) -> None:
    """All of Unicode but NUL and surrogates, which are no text, in the longest text that there is."""
    text = "".join(chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000)
    texts = [text[start : start + 4_000] for start in range(0, len(text), 4_000)]
    async with both_ways(run, services, f"{worker_id}_characters") as (composed, resolved):
        await composed.sql(
            """insert into property (listing_key, property_type, standard_status, list_price, currency_code,
              public_remarks)
            select place, 'Land', 'Active', place, 'USD', text
            from unnest($1::text[]) with ordinality as g (text, place)""",
            texts,
        )
        assert await assert_same_listings(composed, resolved, "publicRemarks") == len(texts)


async def test_odd_text_comes_out_as_it_went_in(run: Run, services: dict[str, str], worker_id: str) -> None:
    text = 'quote " backslash \\ / tab \t line \n \x01 \x7f é 漢 🏡 \u2028 </script> %s $1 :name {}'
    document = "query ($id: ID!) { property(id: $id) { publicRemarks city latitude } }"
    async with both_ways(run, services, f"{worker_id}_odd") as (composed, resolved):
        key = await composed.add_property("ODD-1", public_remarks=text, city=text[:40])
        answer = await composed.ask(document, id=f"property_{key.hex}")
        assert_same(answer, await resolved.ask(document, id=f"property_{key.hex}"))
    assert answer.data["property"] == {"publicRemarks": text, "city": text[:40], "latitude": None}


async def test_a_mistake_is_told_as_ever(composed: Installation, resolved: Installation) -> None:
    for document in (
        '{ property(id: "nonsense") { id } }',
        '{ properties(first: 1, after: "nonsense") { nodes { id } } }',
        """{ properties(first: 1, filter: {boundingBox: {west: 0, east: 1, south: 2, north: 1}}) {
            totalCount } }""",
    ):
        answer = await composed.ask(document)
        assert answer.codes == ["BAD_USER_INPUT"]
        assert_same(answer, await resolved.ask(document))


async def test_a_promise_that_the_data_breaks_is_told_where(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    """A review's author is never null; the row that is gone anyway nulls the review, with a path."""
    async with run(Application(services, f"{worker_id}_promise", execution="composed")) as own:
        await own.sql("alter table review drop constraint review_author_id_fkey")
        (review,) = await own.sql("select property_id, author_id from review order by id limit 1")
        await own.sql("delete from user_account where id = $1", review["author_id"])
        answer = await own.ask(
            """query ($id: ID!) { property(id: $id) { reviews(first: 9) { nodes {
                author { displayName } } } } }""",
            id=f"property_{review['property_id'].hex}",
        )
    assert set(answer.codes) == {"INTERNAL"}
    assert answer["errors"][0]["path"][-1] == "author"
    assert answer["data"] == {"property": None}


async def test_a_difference_is_noticed(run: Run, services: dict[str, str], worker_id: str) -> None:
    """The comparison that all other tests rely on: a listing that changes its price with every look."""
    async with run(Application(services, f"{worker_id}_difference")) as own:
        await own.sql("create sequence looks")
        await own.sql("alter table property rename to listing")
        await own.sql(
            "create view property as select seen.* from listing as l cross join lateral"
            " jsonb_populate_record(l, jsonb_build_object('list_price', 1000 + nextval('looks'))) as seen"
        )
        with pytest.raises(AssertionError, match="differs"):
            await own.ask("{ properties(first: 1) { nodes { listPrice } } }")
