"""/schema.graphql: the printed contract, to be fetched again only when it changed."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

import pytest
from graphql import build_schema, get_introspection_query, print_schema

from server.config import ROOT
from server.execution.introspection import MOST_ASKED
from tests.asking import Answer, Application, Installation
from tests.conftest import Run


async def test_the_contract_is_published_as_printed(sample: Installation) -> None:
    response = await sample.http.get("/schema.graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == (ROOT / "generated" / "schema.graphql").read_text()
    assert "type Property" in print_schema(build_schema(response.text))


async def test_it_is_what_introspection_says(sample: Installation) -> None:
    published = build_schema((await sample.http.get("/schema.graphql")).text)
    answer = await sample.ask("{ __schema { types { name fields { name } inputFields { name } } } }")
    for type_ in answer.data["__schema"]["types"]:
        known = published.type_map[type_["name"]]
        fields = type_["fields"] or type_["inputFields"] or []
        assert [field["name"] for field in fields] == list(getattr(known, "fields", {})), type_["name"]


async def test_it_is_not_sent_again_where_it_is_known(sample: Installation) -> None:
    etag = (await sample.http.get("/schema.graphql")).headers["etag"]
    for given in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        response = await sample.http.get("/schema.graphql", headers={"if-none-match": given})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
    response = await sample.http.get("/schema.graphql", headers={"if-none-match": '"other"'})
    assert response.status_code == 200


async def test_it_is_only_read(sample: Installation) -> None:
    assert (await sample.http.post("/schema.graphql")).status_code == 405


async def test_where_it_is_not_public_nothing_tells_of_it(
    services: dict[str, str], run: Run, worker_id: str
) -> None:
    """One policy: the text, introspection, and what errors suggest."""
    given = {"PUBLIC_SCHEMA": "false", "GRAPHIQL": "true"}
    async with run(Application(services, f"{worker_id}_closed", "composed", **given)) as closed:
        assert (await closed.http.get("/schema.graphql")).status_code == 404
        page = await closed.http.get("/graphql", headers={"accept": "text/html"})
        assert "html" not in page.headers["content-type"]
        for asked in ("__schema { types { name } }", '__type(name: "Property") { name }'):
            answer = await closed.ask(f"{{ {asked} }}")
            assert set(answer.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert (await closed.ask("{ __typename }")).data == {"__typename": "Query"}
        assert "mean" not in (await closed.ask("{ propertie(first: 1) { id } }"))["errors"][0]["message"]


MISTAKES = [
    ({"query": "{ propertie(first: 1) { totalCount } }"}, "properties"),
    (
        {
            "query": "query ($o: PropertyOrder!) { properties(first: 1, orderBy: $o) { totalCount } }",
            "variables": {"o": "LIST_PRICE_ASCE"},
        },
        "LIST_PRICE_ASC",
    ),
]


@pytest.mark.parametrize(("body", "meant"), MISTAKES)
@pytest.mark.parametrize("for_developers", ["true", "false"])
async def test_suggestions_are_for_developers(
    services: dict[str, str], run: Run, worker_id: str, for_developers: str, body: Any, meant: str
) -> None:
    name = f"{worker_id}_suggesting"
    async with run(Application(services, name, "composed", GRAPHIQL=for_developers)) as made:
        message = (await made.post(body))["errors"][0]["message"]
        assert ("Did you mean" in message and f"'{meant}'" in message) == (for_developers == "true")


async def test_nobody_waits_for_the_whole_of_it(sample: Installation) -> None:
    """All of the schema is written beside the event loop, once: while it is, others are answered."""
    question = get_introspection_query(input_value_deprecation=True) + f"# {uuid4()}"
    whole = asyncio.create_task(sample.ask(question))
    answered = 0
    while not whole.done():
        await sample.ask("{ __typename }")
        answered += 1
        await asyncio.sleep(0.001)
    first = await whole
    assert answered > 3
    assert len(first.data["__schema"]["types"]) > 100
    began = time.perf_counter()
    assert (await sample.ask(question)).content == first.content
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("beside", ["__typename ...Data __schema", "viewer { id } __schema"])
async def test_nobody_waits_for_it_where_data_is_asked_beside_it(
    services: dict[str, str], run: Run, worker_id: str, beside: str
) -> None:
    """It is written on the event loop then, a few milliseconds at a time."""
    longest = []
    async with run(Application(services, f"{worker_id}_beside", "composed")) as made:
        # The least of three: the collector of garbage works on the loop as well.
        for _ in range(3):
            question = get_introspection_query().replace("__schema", beside)
            if "Data" in beside:
                question += " fragment Data on Query { properties(first: 1) { totalCount } }"
            turns: list[float] = []
            asked = asyncio.create_task(made.as_user(uuid4()).ask(f"{question} # {uuid4()}"))
            while not asked.done():
                began = time.thread_time()
                await asyncio.sleep(0)
                turns.append(time.thread_time() - began)
            assert len((await asked)["data"]["__schema"]["types"]) > 100
            longest.append(max(turns))
    assert min(longest) < 0.05


async def test_the_same_question_is_one_for_all_who_ask_it_at_once(sample: Installation) -> None:
    async def work(times: int) -> float:
        question = f"{get_introspection_query()} # {uuid4()}"
        began = time.process_time()
        # To pack each answer, and to read it, is no part of what is shared.
        plain = {"accept-encoding": "identity"}
        asked = [sample.http.post("/graphql", json={"query": question}, headers=plain) for _ in range(times)]
        answers = await asyncio.gather(*asked)
        assert len({answer.content for answer in answers}) == 1
        assert {answer.status_code for answer in answers} == {200}
        return time.process_time() - began

    alone, together = await work(1), await work(20)
    assert together < 12 * alone, (together, alone)


async def test_few_different_questions_are_asked_at_once(sample: Installation) -> None:
    """Each takes a place among the requests for as long as it waits."""

    def ask() -> Coroutine[Any, Any, Answer]:
        return sample.ask(f"{get_introspection_query()} # {uuid4()}")

    answers = await asyncio.gather(*(ask() for _ in range(3 * MOST_ASKED)))
    assert [answer.status for answer in answers].count(200) == MOST_ASKED
    refused = [answer for answer in answers if answer.status != 200]
    assert {(*answer.codes, answer.status, answer.headers["retry-after"]) for answer in refused} == {
        ("UNAVAILABLE", 503, "1")
    }
    assert (await ask()).status == 200
