"""/graphql over HTTP: methods, media types, bodies good and bad, and the status of each answer."""

import gzip
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import orjson
import pytest

from server.persisted import digest
from tests.asking import Answer, Application, Installation
from tests.conftest import Run

QUERY = '{ propertyByListingKey(listingKey: "SAC-10") { listingKey } }'
DATA = {"data": {"propertyByListingKey": {"listingKey": "SAC-10"}}}
ALLOW = "GET, HEAD, POST, OPTIONS"
NEW, OLD = "application/graphql-response+json", "application/json"


async def send(made: Installation, method: str, target: str = "/graphql", **given: Any) -> httpx.Response:
    return await made.http.request(method, target, **given)


def code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


async def test_a_query_by_post_and_by_get(sample: Installation) -> None:
    posted = await send(sample, "POST", json={"query": QUERY})
    got = await send(sample, "GET", f"/graphql?{urlencode({'query': QUERY})}")
    assert posted.json() == got.json() == DATA
    assert posted.status_code == got.status_code == 200


async def test_a_get_with_variables_and_a_name(sample: Installation) -> None:
    document = """query A { __typename }
        query B($key: String!) { propertyByListingKey(listingKey: $key) { listingKey } }"""
    given = {"query": document, "operationName": "B", "variables": '{"key": "SAC-10"}', "extensions": "{}"}
    response = await send(sample, "GET", f"/graphql?{urlencode(given)}")
    assert response.json() == DATA


async def test_a_mutation_by_get_is_refused_and_not_executed(own: Installation) -> None:
    listing = await own.add_property("reviewed")
    user = await own.add("user_account", display_name="Ruth")
    token = await own.sign_in(user)
    document = f"""mutation {{ createReview(input: {{propertyId: "property_{listing.hex}", rating: 5,
        body: "x"}}) {{ review {{ id }} }} }}"""
    response = await own.http.get(
        "/graphql", params={"query": document}, headers={"authorization": f"Bearer {token}"}
    )
    assert response.status_code == 405
    assert response.headers["allow"] == ALLOW
    assert code(response) == "METHOD_NOT_ALLOWED"
    assert response.json()["errors"][0]["message"] == "A mutation is sent by POST, not by GET."
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods_are_refused(sample: Installation, method: str) -> None:
    response = await send(sample, method, json={"query": QUERY})
    assert response.status_code == 405
    assert response.headers["allow"] == ALLOW
    assert code(response) == "METHOD_NOT_ALLOWED"


async def test_what_the_endpoint_takes_can_be_asked(sample: Installation) -> None:
    response = await send(sample, "OPTIONS")
    assert (response.status_code, response.headers["allow"], response.content) == (204, ALLOW, b"")


async def test_a_head_is_a_get_without_its_body(sample: Installation) -> None:
    target = f"/graphql?{urlencode({'query': QUERY})}"
    head, got = await send(sample, "HEAD", target), await send(sample, "GET", target)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(got.content)))
    mutation = urlencode({"query": "mutation { __typename }"})
    assert (await send(sample, "HEAD", f"/graphql?{mutation}")).status_code == 405


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (NEW, NEW),
        (f"{NEW}, {OLD};q=0.9", NEW),
        (OLD, OLD),
        ("*/*", OLD),
        (f"{OLD}, {NEW}", NEW),
        (f"{OLD}, {NEW};q=0.5", OLD),
        (f"{NEW}; charset=utf-8;q=0.5 , {OLD};q=0.4", NEW),
        (f"{NEW};q=0", OLD),
        (f"{NEW};q=much", OLD),
        ("text/plain", OLD),
        ("", OLD),
    ],
)
async def test_the_media_type_is_the_one_that_is_asked_for(
    sample: Installation, accept: str, media_type: str
) -> None:
    response = await send(sample, "POST", json={"query": QUERY}, headers={"accept": accept})
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == DATA


@pytest.mark.parametrize(
    ("lines", "media_type"),
    [
        ((NEW, OLD), NEW),
        ((f"{OLD};q=0.5", NEW, "text/html"), NEW),
        ((OLD, f"{NEW};q=0.5"), OLD),
        (("text/html", NEW), NEW),
    ],
)
async def test_several_lines_of_accept_are_one_list(
    sample: Installation, lines: tuple[str, ...], media_type: str
) -> None:
    headers = [("accept", line) for line in lines]
    response = await send(sample, "POST", json={"query": QUERY}, headers=headers)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_what_cannot_be_a_list_is_refused_in_several_lines(sample: Installation) -> None:
    """Else one who stands between could read another line than we do."""
    token = f"Bearer {sample.as_user(uuid4())._token}"
    for lines in ((token, token), (token, "Bearer x"), ("Bearer x", token), (token, "")):
        headers = [("authorization", line) for line in lines]
        response = await send(sample, "POST", json={"query": QUERY}, headers=headers)
        assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED"), lines
    for other in ("text/plain", OLD):
        headers = [("content-type", other), ("content-type", OLD)]
        response = await send(sample, "POST", content=orjson.dumps({"query": QUERY}), headers=headers)
        assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA")


@pytest.fixture(scope="module")
async def page(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """A server that has GraphiQL for browsers."""
    async with run(Application(services, f"{worker_id}_page", "composed", GRAPHIQL="true")) as made:
        yield made


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ID = digest(QUERY)


@pytest.mark.parametrize(
    ("accept", "asked", "is_page"),
    [
        ([BROWSER], {}, True),
        (["*/*", "TEXT/HTML"], {}, True),
        ([f"{OLD};q=0", "text/html"], {"operationName": "A"}, True),
        (["text/html;q=0, */*"], {}, False),
        (["text/html", OLD], {}, False),
        ([f"text/html, {NEW}"], {}, False),
        ([BROWSER], {"query": QUERY}, False),
        ([BROWSER], {"documentId": ID}, False),
        ([BROWSER], {"extensions": f'{{"persistedQuery": {{"version": 1, "sha256Hash": "{ID}"}}}}'}, False),
    ],
)
async def test_the_page_is_for_browsers_that_ask_nothing(
    page: Installation, accept: list[str], asked: dict[str, str], is_page: bool
) -> None:
    headers = [("accept", line) for line in accept]
    response = await send(page, "GET", f"/graphql?{urlencode(asked)}", headers=headers)
    kind = response.headers["content-type"].partition(";")[0]
    assert (kind == "text/html") == is_page
    assert is_page or kind in (NEW, OLD)


@pytest.mark.parametrize(
    ("document", "new"),
    [
        (QUERY, 200),
        ("{", 400),
        ("{ nothing }", 400),
        ("{ properties { nodes { id } } }", 400),
        ("{ viewer { id } }", 401),
        ('{ node(id: "x") { id } }', 200),
        ('{ nodes(ids: ["x"]) { id } }', 400),
    ],
)
async def test_the_status_by_media_type(sample: Installation, document: str, new: int) -> None:
    """What GraphQL itself has answered is 200 in the older media type, whatever the answer."""
    body = {"query": document}
    assert (await send(sample, "POST", json=body, headers={"accept": NEW})).status_code == new
    assert (await send(sample, "POST", json=body, headers={"accept": OLD})).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        NEW,
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json-patch+json",
    ],
)
async def test_what_a_form_can_send_is_not_read(sample: Installation, content_type: str) -> None:
    """A page of another site can send these without being asked first: no CSRF."""
    headers = {"content-type": content_type} if content_type else {}
    response = await send(sample, "POST", content=orjson.dumps({"query": QUERY}), headers=headers)
    assert response.status_code == 415
    assert code(response) == "UNSUPPORTED_MEDIA"


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "Application/JSON", OLD],
)
async def test_json_by_any_spelling(sample: Installation, content_type: str) -> None:
    response = await send(
        sample, "POST", content=orjson.dumps({"query": QUERY}), headers={"content-type": content_type}
    )
    assert response.json() == DATA


BAD_BODIES = {
    b"": "is not JSON",
    b"{": "is not JSON",
    b"\xff\xfe": "is not JSON",
    b'{"query": NaN}': "is not JSON",
    b'{"query": "{ __typename }", "variables": {"a": Infinity}}': "is not JSON",
    b'{"query": "\\ud800"}': "is not JSON",
    b"[" * 2_000 + b"]" * 2_000: "is not JSON",
    b"null": "one JSON object",
    b"[]": "one JSON object",
    b'[{"query": "{ __typename }"}]': "one JSON object",
    b'"{ __typename }"': "one JSON object",
    b"{}": "`query` is missing",
    b'{"query": ""}': "`query` is missing",
    b'{"query": null}': "`query` is missing",
    b'{"query": 1}': "`query` is missing",
    b'{"query": "{ __typename }", "variables": []}': "`variables` must be",
    b'{"query": "{ __typename }", "variables": "{}"}': "`variables` must be",
    b'{"query": "{ __typename }", "operationName": 1}': "`operationName` must be",
    b'{"query": "{ __typename }", "extensions": []}': "`extensions` must be",
    b'{"query": "{ __typename }", "extensions": [1]}': "`extensions` must be",
    b'{"query": "{ __typename }", "extensions": "x"}': "`extensions` must be",
    b'{"query": "{ __typename }", "variables": {"a": "\\u0000"}}': "NUL",
    b'{"query": "{ __typename }", "variables": {"\\u0000": 1}}': "NUL",
    b'{"query": "{ __typename }", "variables": {"a": '
    + b"[" * 900
    + b'"\\u0000"'
    + b"]" * 900
    + b"}}": "NUL",
    b'{"query": "{ __typename }", "variables": {"a": 1' + b"0" * 10_000 + b"}}": "is not JSON",
}


@pytest.mark.parametrize(("body", "sentence"), BAD_BODIES.items(), ids=lambda value: ascii(value)[:60])
async def test_a_bad_body(sample: Installation, body: bytes, sentence: str) -> None:
    answer = await sample.post(body)
    kind, message = answer.refusal
    assert (kind, answer.status) == ("BAD_USER_INPUT", 400)
    assert sentence in message
    assert len(message) < 300


async def test_the_largest_body(sample: Installation) -> None:
    body = orjson.dumps({"query": QUERY})
    assert await sample.post(body + b" " * (100_000 - len(body))) == DATA
    answer = await sample.post(body + b" " * (100_001 - len(body)))
    assert (answer.codes, answer.status) == (["BODY_LIMIT"], 413)


async def test_a_body_that_only_grows_is_not_read_to_its_end(sample: Installation) -> None:
    taken = 0

    async def pieces() -> Any:
        nonlocal taken
        while taken < 1_000:
            taken += 1
            yield b" " * 1_000

    response = await sample.http.post("/graphql", content=pieces(), headers={"content-type": OLD})
    assert (code(response), response.status_code) == ("BODY_LIMIT", 413)
    assert taken < 110


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
async def test_a_compressed_body_is_not_read(sample: Installation, encoding: str) -> None:
    headers = {"content-type": OLD, "content-encoding": encoding}
    response = await send(
        sample, "POST", content=gzip.compress(orjson.dumps({"query": QUERY})), headers=headers
    )
    assert (code(response), response.status_code) == ("UNSUPPORTED_MEDIA", 415)


async def test_a_body_in_many_pieces(sample: Installation) -> None:
    async def pieces() -> Any:
        for byte in orjson.dumps({"query": QUERY}):
            yield bytes([byte])

    response = await sample.http.post("/graphql", content=pieces(), headers={"content-type": OLD})
    assert response.json() == DATA


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%FF",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&variables=[]",
        "query=%7B__typename%7D&extensions=1",
        "query=%00",
        "query=%ED%A0%80",
    ],
)
async def test_a_bad_query_string(sample: Installation, query_string: str) -> None:
    response = await send(sample, "GET", f"/graphql?{query_string}", headers={"accept": NEW})
    assert response.status_code == 400
    assert code(response) in ("BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED")


async def test_which_of_several_operations(sample: Installation) -> None:
    document = "query A { a: __typename } query B { b: __typename }"

    async def named(name: Any) -> Answer:
        return await sample.post({"query": document, "operationName": name})

    assert await named("A") == {"data": {"a": "Query"}}
    assert await named("B") == {"data": {"b": "Query"}}
    for name in (None, ""):
        assert (await named(name)).refusal == (
            "BAD_USER_INPUT",
            "The document holds several operations: say which in `operationName`.",
        )
    kind, message = (await named("C\n\x1b")).refusal
    assert kind == "BAD_USER_INPUT"
    assert message.startswith(r"The document holds no operation 'C\n\x1b'")


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("#", "GRAPHQL_PARSE_FAILED"),
        ('{ a(b: "\ud83c\udfe0") ', "GRAPHQL_PARSE_FAILED"),
        ('{ node(id: "\\ud800") { id } }', "GRAPHQL_PARSE_FAILED"),
        ("{ a " * 330 + "}" * 330, "GRAPHQL_PARSE_FAILED"),
        ("{" + "__typename " * 1_001 + "}", "DOCUMENT_LIMIT"),
        ("{ node(id: [" + "[" * 400 + "]" * 400 + "]) { id } }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ properties(first: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...f } fragment f on Query { ...f }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { any }", "GRAPHQL_VALIDATION_FAILED"),
        ("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ node(id: "a\\u0000b") { id } }', "BAD_USER_INPUT"),
        ('{ node(id: "a\\u{0}b") { id } }', "BAD_USER_INPUT"),
    ],
    ids=lambda value: ascii(value)[:50],
)
async def test_a_bad_document(sample: Installation, document: str, kind: str) -> None:
    answer = await sample.post({"query": document.encode("utf-16", "surrogatepass").decode("utf-16")})
    assert set(answer.codes) == {kind}
    assert (answer.status, answer.statements) == (400, 0)
    assert 1 <= len(answer["errors"]) <= 5
    assert "data" not in answer
    # Told again from memory, the same.
    assert await sample.post({"query": document.encode("utf-16", "surrogatepass").decode("utf-16")}) == answer


async def test_the_headers_of_an_answer(sample: Installation) -> None:
    answer = await sample.ask(QUERY)
    headers = answer.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["vary"] == "accept, accept-encoding, authorization"
    stages = [stage.partition(";")[0].strip() for stage in headers["server-timing"].split(",")]
    assert stages == ["auth", "read", "document", "policy", "execute", "sql"]


async def test_emoji_go_through(sample: Installation) -> None:
    answer = await sample.ask(
        "query ($key: String!) { propertyByListingKey(listingKey: $key) { id } }", key="🏠"
    )
    assert answer == {"data": {"propertyByListingKey": None}}


async def test_introspection_costs_no_statement(sample: Installation) -> None:
    answer = await sample.ask('{ __type(name: "Property") { name } __schema { queryType { name } } }')
    assert answer == {"data": {"__type": {"name": "Property"}, "__schema": {"queryType": {"name": "Query"}}}}
    assert answer.statements == 0


async def test_the_root_leads_to_the_endpoint(sample: Installation) -> None:
    response = await send(sample, "GET", "/")
    assert (response.status_code, response.headers["location"]) == (307, "/graphql")
    assert (await send(sample, "GET", "/nothing")).status_code == 404


@pytest.mark.parametrize("depth", [50, 300, 500, 1_000])
@pytest.mark.parametrize(("opened", "closed"), [('{"text":', "}"), ('{"a":', "}"), ("[", "]")])
async def test_a_variable_that_is_nested_deeply_is_refused(
    sample: Installation, depth: int, opened: str, closed: str
) -> None:
    """Also where its cost is weighed, and by the way that remembers what passed."""
    query = "query ($filter: PropertyFilter) { properties(first: 1, filter: $filter) { totalCount } }"
    value = opened * depth + "1" + closed * depth
    body = f'{{"query": "{query}", "variables": {{"filter": {value}}}}}'
    for _ in range(2):
        answer = await sample.post(body)
        assert (answer.codes, answer.status) == (["BAD_USER_INPUT"], 400)


async def test_a_slash_too_many_leads_to_the_endpoint(sample: Installation) -> None:
    response = await sample.http.post("/graphql/", json={"query": "{ __typename }"})
    assert (response.status_code, httpx.URL(response.headers["location"]).path) == (307, "/graphql")
