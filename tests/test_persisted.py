"""Documents by their hashes: those of the manifest, those that clients teach, and trust in nothing else."""

import asyncio
import hashlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import pytest
from redis.asyncio import from_url

from generated.client import DwelzoClient
from server.config import ROOT, ConfigurationError
from server.errors import PersistedQueryNotFound
from server.persisted import MOST_WRITTEN, PersistedDocuments, digest, read_manifests
from server.redis import Redis
from tests.asking import OPERATIONS, Application, Installation
from tests.conftest import Run
from tests.running import free_port
from tests.valkeys import Valkeys

MANIFEST: dict[str, str] = orjson.loads((ROOT / "generated" / "trusted_documents.json").read_bytes())
HISTORY = next(id for id, text in MANIFEST.items() if text.startswith("query PropertyHistory"))
VARIABLES = {"listingKey": "SAC-162", "last": 2}


def automatic(id: str, **more: Any) -> dict[str, Any]:
    """As Apollo's clients ask."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id}}, **more}


def new_document() -> str:
    return f"{{ __typename }} # {uuid4()}"


def test_the_manifest_has_every_operation_under_its_sha_256() -> None:
    assert len(MANIFEST) == len(OPERATIONS)
    for id, text in MANIFEST.items():
        assert hashlib.sha256(text.encode()).hexdigest() == id


@pytest.mark.parametrize(
    "asked", [{"documentId": f"sha256:{HISTORY}"}, {"documentId": HISTORY}, automatic(HISTORY)]
)
async def test_an_operation_of_the_manifest_by_its_hash(sample: Installation, asked: dict[str, Any]) -> None:
    expected = await sample.ask("PropertyHistory", **VARIABLES)
    assert await sample.post(asked | {"variables": VARIABLES}) == expected
    target = {name: given if isinstance(given, str) else orjson.dumps(given) for name, given in asked.items()}
    query_string = urlencode(target | {"variables": orjson.dumps(VARIABLES)})
    assert (await sample.http.get(f"/graphql?{query_string}")).json() == expected


async def test_a_document_is_taught_once_and_known_by_every_process(
    sample: Installation, services: dict[str, str], run: Run, worker_id: str
) -> None:
    document = new_document()
    id = digest(document)
    unknown = await sample.post(automatic(id))
    assert (unknown.refusal, unknown.status) == (("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"), 400)
    for _ in range(2):
        assert (await sample.post(automatic(id, query=document))).data == {"__typename": "Query"}
    assert (await sample.post(automatic(id))).data == {"__typename": "Query"}
    async with run(Application(services, f"{worker_id}_taught", "composed")) as other:
        assert (await other.post(automatic(id))).data == {"__typename": "Query"}
    async with from_url(services["REDIS_URL"]) as redis:
        assert 80_000 < await redis.ttl(f"dwelzo:document:{id}") <= 86_400


async def test_a_document_that_is_used_is_kept(services: dict[str, str]) -> None:
    """By whoever learned it and by who read it, and each tells Redis now and then."""
    text = new_document()
    key = f"dwelzo:document:{digest(text)}"
    async with (
        Redis(services["REDIS_URL"], seconds=5) as redis,
        from_url(services["REDIS_URL"]) as valkey,
    ):
        eager, seldom = PersistedDocuments({}, redis, 0), PersistedDocuments({}, redis)
        await eager.learn(digest(text), text)
        for persisted in (eager, seldom, eager):
            await valkey.expire(key, 10)
            assert await persisted.text(digest(text)) == text
            assert 80_000 < await valkey.ttl(key) <= 86_400
        await valkey.expire(key, 10)
        assert await seldom.text(digest(text)) == text
        assert await valkey.ttl(key) <= 10
        # What Redis has forgotten meanwhile is written again.
        await valkey.delete(key)
        assert await eager.text(digest(text)) == text
        assert await valkey.get(key) == text.encode()


async def test_only_what_is_valid_and_right_is_learned(sample: Installation) -> None:
    document = new_document()
    wrong = await sample.post(automatic(digest(document + " "), query=document))
    assert wrong.refusal == ("BAD_USER_INPUT", "The hash is not the SHA-256 of `query`.")
    invalid = "{ nothing }"
    assert (await sample.post(automatic(digest(invalid), query=invalid))).codes == [
        "GRAPHQL_VALIDATION_FAILED"
    ]
    assert (await sample.post(automatic(digest(invalid)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_what_is_refused_or_large_is_not_learned(
    sample: Installation, services: dict[str, str]
) -> None:
    """Anybody could fill Redis with it."""
    refused = f"{{ offices(first: 1000) {{ totalCount }} }} # {uuid4()}"
    large = new_document().ljust(10_001)
    async with from_url(services["REDIS_URL"]) as redis:
        for document, status in ((refused, 400), (large, 200)):
            assert (await sample.post(automatic(digest(document), query=document))).status == status
            assert (await sample.post(automatic(digest(document)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]
            assert not await redis.exists(f"dwelzo:document:{digest(document)}")


async def test_a_process_writes_so_many_documents_a_minute(services: dict[str, str]) -> None:
    documents = [new_document() for _ in range(2 * MOST_WRITTEN + 50)]
    async with Redis(services["REDIS_URL"], seconds=5) as redis:
        persisted = PersistedDocuments({}, redis)
        for document in documents:
            await persisted.learn(digest(document), document)
    async with from_url(services["REDIS_URL"]) as valkey:
        written = await valkey.exists(*(f"dwelzo:document:{digest(document)}" for document in documents))
    # Twice as many, where another minute began meanwhile.
    assert written in (MOST_WRITTEN, 2 * MOST_WRITTEN)
    assert await persisted.text(digest(documents[-1])) == documents[-1]


@pytest.mark.parametrize("id", ["", "x", HISTORY.upper(), HISTORY[1:], "md5:" + HISTORY, 1, [], {"a": 1}])
async def test_what_is_no_hash_is_told(sample: Installation, id: Any) -> None:
    for asked in ({"documentId": id}, automatic(id)):
        assert (await sample.post(asked)).codes == ["BAD_USER_INPUT"]


async def test_without_redis_a_process_still_learns(
    services: dict[str, str], run: Run, worker_id: str
) -> None:
    given = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    async with run(Application(services | given, f"{worker_id}_alone", "composed")) as alone:
        document = new_document()
        assert (await alone.post(automatic(digest(document)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]
        assert (await alone.post(automatic(digest(document), query=document))).status == 200
        assert (await alone.post(automatic(digest(document)))).data == {"__typename": "Query"}


async def test_while_redis_hangs_one_lookup_waits_for_it_and_no_other(valkey: Valkeys) -> None:
    async with Redis(valkey.settings["REDIS_URL"], seconds=0.5) as redis:
        persisted = PersistedDocuments({}, redis)
        valkey.send(signal.SIGSTOP)
        for _ in range(2):
            # Nobody is asked the second time: it ends before the event loop turns once.
            async with asyncio.timeout(0 if redis.outages else 10):
                for _ in range(100):
                    with pytest.raises(PersistedQueryNotFound):
                        await persisted.text(digest(new_document()))
                await persisted.learn(digest(document := new_document()), document)
                assert await persisted.text(digest(document)) == document
        assert redis.outages == 1


@pytest.fixture
async def trusting(
    services: dict[str, str], run: Run, worker_id: str, tmp_path: Path
) -> AsyncIterator[Installation]:
    """A server that answers only what is in our manifest or in that of a frontend."""
    theirs = "query Theirs { offices(first: 1) { totalCount } }"
    (tmp_path / "theirs.json").write_text(orjson.dumps({f"sha256:{digest(theirs)}": theirs}).decode())
    files = f"{ROOT}/generated/trusted_documents.json, {tmp_path}/theirs.json"
    given = {"DOCUMENTS": "trusted", "TRUSTED_DOCUMENTS": files}
    async with run(Application(services, f"{worker_id}_trusting", "composed", **given)) as made:
        yield made


async def test_where_only_the_manifest_is_trusted(trusting: Installation) -> None:
    """By hash or by text, however it is laid out; and nothing can be taught."""
    assert (await trusting.post({"documentId": HISTORY, "variables": VARIABLES})).status == 200
    assert (await trusting.ask("PropertyHistory", **VARIABLES)).status == 200
    theirs = "query   Theirs {\n# laid out anew\n offices(first: 1) { totalCount } }"
    assert (await trusting.ask(theirs)).data["offices"]["totalCount"] > 0
    for refused in ("{ __typename }", "query Theirs { offices(first: 2) { totalCount } }"):
        answer = await trusting.ask(refused)
        assert (answer.codes, answer.status, answer.statements) == (["UNTRUSTED_DOCUMENT"], 403, 0)
        assert (await trusting.post(automatic(digest(refused), query=refused))).codes == [
            "UNTRUSTED_DOCUMENT"
        ]
        assert (await trusting.post(automatic(digest(refused)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_the_generated_client_is_trusted(trusting: Installation) -> None:
    client = DwelzoClient(str(trusting.http.base_url) + "/graphql", http_client=trusting.http)
    found = await client.property_history(listing_key="SAC-162", last=1)
    assert found.property_by_listing_key is not None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "unexpected"),
        ("[]", "no attribute"),
        ('{"abc": "{ __typename }"}', "is not the SHA-256 of its document"),
        (f'{{"{digest("{")}": "{{"}}', "Syntax Error"),
        (f'{{"{digest("1")}": 1}}', ""),
    ],
)
def test_a_manifest_that_cannot_be_used_stops_the_start(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "m.json").write_text(content)
    for path in (tmp_path / "m.json", tmp_path / "none.json"):
        with pytest.raises(ConfigurationError) as refused:
            read_manifests([path])
        (sentence,) = refused.value.problems
        assert sentence.startswith(f"TRUSTED_DOCUMENTS names {path}: ")
        assert "give files such as ./dwelzo generate writes" in sentence
