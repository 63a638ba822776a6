"""Composed answers: the same as field by field, to the byte of every value, in one statement.

Every other test that reads also executes its queries both ways (see `tests.asking.Application`); here stand
the documents that nobody would write by hand, and what is composed and what is not.
"""

from collections.abc import AsyncIterator

import orjson
import pytest

from tests.asking import Application, Installation
from tests.conftest import Run

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
    "introspection": '{ __type(name: "Property") { name } }',
    "introspection beside data": "{ __typename properties(first: 1) { nodes { id } } }",
    "an object of any type": '{ node(id: "property_00000000000000000000000000000000") { id } }',
    "nodes and edges of one page": "{ properties(first: 1) { nodes { id } edges { node { city } } } }",
    "a name that PostgreSQL would cut": f"{{ properties(first: 1) {{ nodes {{ {'x' * 64}: id }} }} }}",
}


@pytest.fixture(scope="module")
async def composed(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """An installation over the sample that executes as in production."""
    async with run(Application(services, f"{worker_id}_composed", execution="composed")) as made:
        yield made


@pytest.fixture(scope="module")
async def resolved(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """The same, field by field."""
    async with run(Application(services, f"{worker_id}_resolved", execution="reference")) as made:
        yield made


@pytest.mark.parametrize("name", COMPOSED)
async def test_one_statement_gives_the_same(
    composed: Installation, resolved: Installation, name: str
) -> None:
    answer = await composed.ask(COMPOSED[name])
    expected = await resolved.ask(COMPOSED[name])
    assert orjson.dumps(answer) == orjson.dumps(expected)
    assert answer.statements == 1
    assert "errors" not in answer


@pytest.mark.parametrize("name", RESOLVED)
async def test_the_rest_is_answered_all_the_same(
    composed: Installation, resolved: Installation, name: str
) -> None:
    assert orjson.dumps(await composed.ask(RESOLVED[name])) == orjson.dumps(
        await resolved.ask(RESOLVED[name])
    )


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
    assert orjson.dumps(answer) == orjson.dumps(await resolved.ask(f"{{ {fields} }}"))
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
        assert orjson.dumps(answer) == orjson.dumps(await resolved.ask(document, s=skipped, first=first))
        assert answer.statements == 1
        assert len(answer.data["properties"]["nodes"]) == first


async def test_odd_text_comes_out_as_it_went_in(run: Run, services: dict[str, str], worker_id: str) -> None:
    text = 'quote " backslash \\ / tab \t line \n \x01 \x7f é 漢 🏡 \u2028 </script> %s $1 :name {}'
    async with run(Application(services, f"{worker_id}_odd")) as own:
        key = await own.add_property("ODD-1", public_remarks=text, city=text[:40])
        answer = await own.ask(
            "query ($id: ID!) { property(id: $id) { publicRemarks city latitude } }", id=f"property_{key.hex}"
        )
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
        assert orjson.dumps(answer) == orjson.dumps(await resolved.ask(document))


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
            "create view property as select (jsonb_populate_record(l, jsonb_build_object('list_price',"
            " 1000 + nextval('looks')))).* from listing as l"
        )
        with pytest.raises(AssertionError, match="differs"):
            await own.ask("{ properties(first: 1) { nodes { listPrice } } }")
