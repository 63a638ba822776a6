"""A client that leaves takes its SQL with it: nothing goes on for nobody, nothing is done by half."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest

from tests.asking import OPERATIONS, Application, Installation
from tests.conftest import Run
from tests.listening import Limits, Listening, eventually, listening, request

WAITING = """select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""
COUNT = orjson.dumps({"query": "{ properties(first: 1) { totalCount } }"})


@dataclass
class Served:
    """The real application on a real socket, and its database."""

    made: Installation
    server: Listening

    def request(self, body: bytes, token: str | None = None) -> bytes:
        authorization = [f"Authorization: Bearer {token}"] if token else []
        return request(
            "/graphql",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *authorization,
            method="POST",
            body=body,
        )

    async def waits(self) -> bool:
        return await self.made.value(WAITING) == 1

    async def nobody_waits(self) -> bool:
        return not await self.waits()

    async def leave_while_waiting(self, data: bytes, table: str) -> None:
        await self.made.database.execute("begin")
        await self.made.database.execute(f"lock table {table}")
        async with self.server.connected() as client:
            client.send(data)
            assert await eventually(self.waits)
        # Before the lock goes: what waits for it was cancelled.
        assert await eventually(self.nobody_waits)
        assert await eventually(lambda: self.server.tasks == 0)
        await self.made.database.execute("rollback")


@pytest.fixture
async def served(services: dict[str, str], run: Run, worker_id: str) -> AsyncIterator[Served]:
    name = f"{worker_id}_leaving"
    # One over the other's database: each has a loop of its own.
    ours, theirs = (Application(services, name, "composed") for _ in range(2))
    async with run(ours) as made:
        with listening(Limits(), theirs.asgi, lifespan="on") as server:
            yield Served(made, server)


async def test_a_query_ends_with_its_client(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        await served.leave_while_waiting(served.request(COUNT), "property")
    assert not caplog.records
    answer = await served.server.ask(served.request(COUNT))
    assert orjson.loads(answer.body)["data"]["properties"]["totalCount"] > 900


async def test_a_mutation_of_a_client_that_left_has_changed_nothing(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    made = served.made
    user = await made.add("user_account", display_name="Ruth")
    listing = await made.add_property("reviewed")
    variables = {"input": {"propertyId": f"property_{listing.hex}", "rating": 3, "body": "fine"}}
    body = orjson.dumps({"query": OPERATIONS["CreateReview"], "variables": variables})
    asked = served.request(body, await made.sign_in(user))
    count = "select count(*) from review where property_id = $1"
    before = await made.value("select count(*) from review")
    await served.leave_while_waiting(asked, "review")
    assert await made.value("select count(*) from review") == before
    assert not caplog.records
    assert (await served.server.ask(asked)).status == 200
    assert await made.value(count, listing) == 1
