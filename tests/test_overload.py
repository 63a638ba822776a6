"""Twice as much as the server can do: what it can do it does, the rest is told to come back at once, and a
second later all is as before.
"""

import time
from typing import NamedTuple

import orjson
import pytest

from bench import load, overload
from tests.running import up

# What a page of a portal asks for: most of its time is PostgreSQL's.
PAGE = """{ properties(first: 50, orderBy: LIST_PRICE_ASC) { totalCount nodes { id listPrice city
    listAgent { memberFullName } media(first: 5) { mediaURL } reviews(first: 3) { nodes { body } } } } }"""


class Marks(NamedTuple):
    """For how long, which part of the capacity is still served, and the wait of who is refused, in ms."""

    seconds: float
    served: float
    wait: float


@pytest.mark.parametrize(
    "marks",
    [
        # Beside other tests capacity is what they leave, now more, now less.
        pytest.param(Marks(2, 0.3, 3_000), id="for a moment"),
        pytest.param(Marks(20, 0.8, 250), id="for long", marks=[pytest.mark.long, pytest.mark.timeout(300)]),
    ],
)
def test_twice_the_capacity(tmp_path_factory: pytest.TempPathFactory, marks: Marks) -> None:
    home = tmp_path_factory.mktemp("overload") / "home"
    with up(home, RATE_LIMITS="false") as running:
        request = load.request(orjson.dumps({"query": PAGE}), None)
        load.run(load.Task(running.port, 16, 1, [request]))
        calm = load.run(load.Task(running.port, 16, max(marks.seconds / 4, 1), [request]))
        capacity = calm.requests / calm.seconds
        stormy = overload.run(overload.Task(running.port, 2 * capacity, marks.seconds, request))
        time.sleep(1)
        after = load.run(load.Task(running.port, 1, 1, [request]))
    assert stormy.served >= marks.served * capacity * marks.seconds
    assert stormy.refused > 0
    assert stormy.served + stormy.refused == sum(stormy.statuses.values())
    assert stormy.refused_without_retry_after == 0
    assert stormy.refused_p99 < marks.wait
    assert (after.wrong, after.p99 < marks.wait) == (0, True)
