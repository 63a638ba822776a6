"""Every way of executing gives the same answer: composed, breadth-first, and by graphql-core, which is the
oracle. Documents are written and rows are filled by chance; what a test finds it prints so that it can be
asked again, and `--hypothesis-seed` repeats the long run.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type, is_leaf_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config import ROOT
from server.execution.breadth import BreadthFirst
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.oracle_documents import Known, known_values, operations
from tests.oracle_rows import columns_of, insert, rows

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())


class Oracle(NamedTuple):
    """The sample, asked all ways; `outcomes` counts what became of the operations."""

    installation: Installation
    schema: GraphQLSchema
    known: Known
    user: str
    outcomes: Counter[str]

    async def ask(self, data: st.DataObject) -> None:
        """One operation by chance. That the ways agree is asserted where the answer is read."""
        operation = data.draw(operations(self.schema, self.known))
        role = data.draw(st.sampled_from([None, "USER", "ADMIN"]))
        asked = self.installation if role is None else self.installation.as_user(self.user, role)
        answer = await asked.ask(operation.document, **operation.variables)
        assert "INTERNAL" not in answer.codes
        assert answer.status < 500
        self.outcomes["asked"] += 1
        self.outcomes.update(set(answer.codes) or {"data"})


@pytest.fixture(scope="module")
async def oracle(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Oracle]:
    application = Application(services | {"COST_LIMIT": "100000000"}, f"{worker_id}_oracle")
    async with run(application) as made:
        user = await made.value("select id from user_account order by id limit 1")
        yield Oracle(made, CONTRACT, await known_values(made.ask, CONTRACT), user, Counter())


CHECKS = list(HealthCheck)


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=CHECKS)
@given(st.data())
async def test_any_document(oracle: Oracle, data: st.DataObject) -> None:
    await oracle.ask(data)


@pytest.mark.long
@pytest.mark.timeout(7_200)
@settings(max_examples=5_000, deadline=None, database=None, print_blob=True, suppress_health_check=CHECKS)
@given(st.data())
async def test_thousands_of_documents(oracle: Oracle, data: st.DataObject) -> None:
    await oracle.ask(data)


def test_the_documents_reach_the_data(oracle: Oracle) -> None:
    """Lest all ways agree on refusing everything."""
    assert oracle.outcomes["data"] > oracle.outcomes["asked"] / 5
    assert oracle.outcomes["BAD_USER_INPUT"] > 0


async def test_a_different_executor_is_noticed(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the second of three things for nothing."""
    complete = BreadthFirst._complete_value

    def careless(self: Any, place: Any, value: Any, *more: Any) -> None:
        complete(self, place, None if place.positions == (1,) else value, *more)

    monkeypatch.setattr(BreadthFirst, "_complete_value", careless)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=CHECKS)
    @given(operations(oracle.schema, oracle.known))
    def collect(operation: Any) -> None:
        documents.append(operation)

    documents: list[Any] = []
    collect()
    with pytest.raises(AssertionError, match="the breadth-first answer differs"):
        for operation in documents:
            await oracle.installation.ask(operation.document, **operation.variables)


def leaves(name: str) -> str:
    """All fields of a type that are values."""
    type_ = CONTRACT.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return " ".join(
        field for field, of in type_.fields.items() if is_leaf_type(get_named_type(of.type)) and not of.args
    )


@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3_600)
async def test_any_row(run: Run, services: dict[str, str], worker_id: str, count: int) -> None:
    """Whole answers, to the byte: odd text, extreme numbers and dates, nulls, in every column."""
    settings = {"COST_LIMIT": "100000000"}
    async with run(Application(services | settings, f"{worker_id}_rows")) as own:
        await own.sql("truncate property cascade")
        author, *_ = await own.sql("select id from user_account order by id limit 1")
        shown = ("internet_entire_listing_display_yn", "internet_consumer_comment_yn")
        fixed = {"currency_code": "USD", "standard_status": "Active"} | dict.fromkeys(shown, True)
        columns, of_reviews = await columns_of(own, "property"), await columns_of(own, "review")
        listings = rows(columns, count, fixed)
        reviews = rows(of_reviews, count, {"author_id": author["id"], "rating": 3})
        for number, (listing, review) in enumerate(zip(listings, reviews, strict=True)):
            listing.setdefault("list_price", "0.01")
            for key in ("listing_key", "originating_system_key"):
                listing[key] = f"{number} {listing.get(key)}"[:255]
            await insert(own, "property", listing, "list_price", *fixed)
            listed = await own.value("select id from property where listing_key = $1", listing["listing_key"])
            await insert(own, "review", review | {"property_id": listed})
        document = f"""query ($after: String) {{
            properties(first: 20, after: $after, orderBy: LIST_PRICE_ASC) {{
                nodes {{ {leaves("Property")} reviews(first: 2) {{ nodes {{ {leaves("Review")} }} }} }}
                pageInfo {{ hasNextPage endCursor }} }} }}"""
        after, seen, more = None, 0, True
        while more:
            page = (await own.ask(document, after=after)).data["properties"]
            assert all(len(node["reviews"]["nodes"]) == 1 for node in page["nodes"])
            seen += len(page["nodes"])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert seen == count


@pytest.mark.parametrize("beside", ["offices(first: 1) { totalCount }", "viewer { displayName }"])
async def test_what_is_left_of_a_failed_operation_takes_no_connection(
    run: Run, services: dict[str, str], worker_id: str, beside: str
) -> None:
    """graphql-core answers at once where the root is nulled, and lets what it began come to its end."""
    application = Application(
        services | {"DATABASE_POOL_SIZE": "1"}, f"{worker_id}_left", execution="reference"
    )
    async with run(application) as own:
        signed_in = own.as_user(await own.value("select id from user_account order by id limit 1"))
        for _ in range(3):
            answer = await signed_in.ask(f'{{ {beside} nodes(ids: ["nonsense_0"]) {{ id }} }}')
            assert answer["data"] is None
            assert answer.codes == ["BAD_USER_INPUT"]
            await asyncio.sleep(0.1)
        assert (await own.ask("{ offices(first: 1) { nodes { id } } }")).status == 200
