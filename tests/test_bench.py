"""`./dwelzo bench`: what it asks is in the contract, what it says is measured, every answer is looked at."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from bench.installation import Installation, Server, ServerFailed, installation, serving
from bench.market import Market
from bench.measuring import Bench
from bench.operations import NAMES, OPERATIONS, Operation, leaf_values, named
from bench.profiling import profile
from bench.shortcuts import shortcuts
from bench.spec import keep_fit, write_specs
from server.config import ROOT
from tests.running import command, processes_on

PROPERTIES = 200


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench") / "state"


@pytest.fixture(scope="module")
def ran(home: Path) -> dict[str, list[dict[str, float]]]:
    """The rounds of a short run of the command, which also makes the data."""
    file = home.parent / "rounds.json"
    short = ("--properties", str(PROPERTIES), "--seconds", "0.5", "--rounds", "1", "--queries", "q1,Q3,M1")
    outcome = command("bench", *short, "--json", str(file), home=home)
    assert outcome.returncode == 0, outcome.stderr
    assert [line.split()[0] for line in outcome.stdout.splitlines()[2:5]] == ["Q1", "Q3", "M1"]
    assert processes_on(home) == []
    rounds: dict[str, list[dict[str, float]]] = json.loads(file.read_text())["rounds"]
    return rounds


@pytest.fixture(scope="module")
def made(home: Path, ran: object) -> Iterator[Installation]:
    """The installation that the command has left, started again."""
    with installation(home / "bench", PROPERTIES) as made:
        asyncio.run(made.prepare())
        yield made


@pytest.fixture(scope="module")
def market(made: Installation) -> Market:
    return asyncio.run(Market.read(made.url))


@pytest.fixture(scope="module")
def server(made: Installation) -> Iterator[Server]:
    with serving(made) as server:
        yield server


@pytest.fixture
def bench(made: Installation, server: Server, market: Market) -> Bench:
    return Bench(made, server, market, seconds=0.1, connections=4)


async def reviews(made: Installation) -> int:
    async with made.connection() as connection:
        count: int = await connection.fetchval("select count(*) from review")
    return count


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_an_operation_is_valid_by_the_contract(operation: Operation) -> None:
    schema = build_schema((ROOT / "generated" / "schema.graphql").read_text())
    assert validate(schema, parse(operation.document)) == []


def test_a_run_measures_every_operation_that_was_asked_for(ran: dict[str, list[dict[str, float]]]) -> None:
    assert list(ran) == ["Q1", "Q3", "M1"]
    for name, (loaded, alone) in ran.items():
        assert (loaded["connections"], alone["connections"]) == (32, 1)
        for each in (loaded, alone):
            unmeasured = [key for key, value in each.items() if not value and not key.endswith("_cpu")]
            assert not unmeasured, (name, unmeasured)
        assert loaded["server_cpu"] > 0
        assert loaded["p50"] <= loaded["p99"]


def test_a_query_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    outcome = command("bench", "--queries", "Q1,Q7", home=tmp_path / "state")
    assert (outcome.returncode, outcome.stderr) == (
        1,
        "There is no Q7; choose of Q1, Q2, Q3, Q4, Q5, M1.\n",
    )
    assert not (tmp_path / "state").exists()


def test_answers_hold_as_many_values_as_the_operation_says(bench: Bench) -> None:
    for operation in OPERATIONS:
        bench.look_at(operation)


def test_an_answer_that_holds_fewer_values_ends_the_run(bench: Bench) -> None:
    with pytest.raises(ServerFailed, match="Q1: an answer holds 12 values instead of 13: "):
        bench.look_at(replace(named("Q1"), values=13))


@pytest.mark.parametrize(
    ("name", "instead"),
    [("Q1", "query ($id: ID!) { property(id: $id) { nothing } }"), ("Q5", "{ viewer { id } }")],
)
def test_an_answer_with_errors_ends_the_run(bench: Bench, name: str, instead: str) -> None:
    wrong = replace(named(name), document=instead)
    with pytest.raises(ServerFailed, match=f"{name}: an answer holds"):
        bench.look_at(wrong)
    with pytest.raises(ServerFailed, match=rf"{name}: (\d+) of \1 answers are wrong; the first: HTTP/1.1 "):
        bench.ask(wrong)


def test_reviews_are_written_once_and_forgotten(bench: Bench, made: Installation) -> None:
    bench.ask(named("M1"))
    assert asyncio.run(reviews(made)) == 3 * PROPERTIES


def test_a_profile_says_where_the_time_goes(made: Installation, market: Market) -> None:
    found = profile(made, market, named("Q2"), seconds=0.3, connections=4)
    assert found.samples == sum(found.parts.values()) == sum(found.functions.values()) > 0
    assert found.parts.keys() & {"server/protocol/", "database (asyncpg, databases)"}


def test_a_comparison_gets_the_same_operations_and_finds_the_data_as_they_were(
    made: Installation, market: Market, server: Server, tmp_path: Path
) -> None:
    for_all, signed = write_specs(tmp_path / "spec.json", made, market)
    assert list(json.loads(for_all.read_text())["queries"]) == ["Q1", "Q2", "Q3", "Q4", "Q5"]
    spec = json.loads(signed.read_text())
    assert (list(spec["queries"]), spec["postmaster_pid"]) == (["Q5", "M1"], made.postmaster)
    m1 = spec["queries"]["M1"]
    assert len({each["input"]["propertyId"] for each in m1["variables"]}) == len(m1["variables"]) > 100

    def review() -> int:
        body = json.dumps({"query": m1["query"], "variables": m1["variables"][0]}).encode()
        return leaf_values(json.loads(server.ask(body, spec["headers"]["Authorization"].split()[1]))["data"])

    def keep() -> None:
        with contextlib.suppress(ServerFailed):
            asyncio.run(keep_fit(made, server))

    threading.Thread(target=keep, daemon=True).start()
    assert review() == 6
    until = time.monotonic() + 10
    while asyncio.run(reviews(made)) > 3 * PROPERTIES and time.monotonic() < until:
        time.sleep(0.05)
    assert review() == 6


async def test_every_short_cut_is_shorter(services: dict[str, str]) -> None:
    saved = await shortcuts(services["DATABASE_DIRECT_URL"], services["REDIS_URL"], times=50)
    assert len(saved) == 12
    for each in saved:
        assert 0 < each.after < each.before, each
