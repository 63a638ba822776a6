"""Every way of executing gives the same answer: composed, breadth-first, and by graphql-core, which is the
oracle. Documents are written and rows are filled by chance; what a test finds it prints so that it can be
asked again, and `--hypothesis-seed` repeats the long run.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLSchema, build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config import ROOT
from server.execution.breadth import BreadthFirst
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.oracle_documents import Known, known_values, operations

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
    assert oracle.outcomes["data"] > oracle.outcomes["asked"] / 3
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
