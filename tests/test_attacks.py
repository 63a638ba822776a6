"""Known attacks, each sent over the wire: it gets its coded answer, and those who ask beside it never notice.

Heads, bodies that never end and smuggled requests are the business of tests/test_protocol.py.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from statistics import median
from typing import Any, NamedTuple

import httpx
import orjson
import psutil
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema, get_named_type, get_nullable_type
from graphql.type import is_leaf_type, is_list_type

from server.config import ROOT
from server.graphql import GRAPHQL_JSON
from tests.asking import Answer, Application, Installation
from tests.conftest import Run
from tests.serving import serving
from tests.test_limits import bomb

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())


def many(number: int, what: str, between: str = " ") -> str:
    return between.join(what.format(n) for n in range(number))


def introspection(levels: int) -> str:
    return "{ __schema { types { " + "fields { type { " * levels + "name" + " } }" * levels + " } } }"


DOCUMENTS = {
    # More of something than there may be.
    "a thousand aliases": ("{" + many(1_000, "a{}:__typename") + "}", "DOCUMENT_LIMIT"),
    "a thousand fields": ("{" + many(1_000, "__typename") + "}", "DOCUMENT_LIMIT"),
    "aliases of a dear field": (
        "{" + many(16, "a{}:properties(first:100){{totalCount}}") + "}",
        "DOCUMENT_LIMIT",
    ),
    "a thousand directives": ("{ __typename " + many(480, "@skip(if:false)") + "}", "DOCUMENT_LIMIT"),
    "a thousand unknown directives": ("{ __typename " + many(490, "@a") + "}", "DOCUMENT_LIMIT"),
    "unknown directives on an operation": ("query " + many(400, "@a{}") + "{ __typename }", "DOCUMENT_LIMIT"),
    "a thousand operations": (many(240, "query q{}{{__typename}}"), "DOCUMENT_LIMIT"),
    "a thousand fragments": (
        "{__typename}" + many(120, "fragment f{} on Query{{__typename}}"),
        "DOCUMENT_LIMIT",
    ),
    "a thousand variables": ("query(" + many(240, "$v{}:Int") + "){__typename}", "GRAPHQL_VALIDATION_FAILED"),
    "a thousand arguments": ("{ node(" + many(240, "a{}:1") + "){id} }", "GRAPHQL_VALIDATION_FAILED"),
    "one field a thousand times": ("{" + many(300, "offices(first:1){{totalCount}}") + "}", "DOCUMENT_LIMIT"),
    "fields that overlap": ("{" + many(25, "offices(first:1){{totalCount}}") + "}", None),
    "inline fragments in each other": ("{" + "...{" * 300 + "__typename" + "}" * 301, "GRAPHQL_PARSE_FAILED"),
    "ten thousand tokens": ("{" + "a " * 9_000 + "}", "DOCUMENT_LIMIT"),
    "a document of comments": ("#" * 90_000 + "\n{ __typename }", "DOCUMENT_LIMIT"),
    "a document of commas": ("{ __typename " + "," * 90_000 + "}", "DOCUMENT_LIMIT"),
    "a document of line ends": ("\r\n" * 20_000 + "{ __typename }", "DOCUMENT_LIMIT"),
    "a string as long as the body": ('{ node(id: "' + "x" * 95_000 + '") { id } }', "DOCUMENT_LIMIT"),
    "a block string of quotes": ('{ node(id: """' + '\\"""' * 4_000 + '""") { id } }', "BAD_USER_INPUT"),
    "a name as long as the document": ("{ " + "a" * 19_000 + " }", "GRAPHQL_VALIDATION_FAILED"),
    "a number of ten thousand digits": (
        "{ offices(first: " + "9" * 10_000 + ") { totalCount } }",
        "BAD_USER_INPUT",
    ),
    "an exponent": ("{ offices(first: 1e999999999) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    # Depth, circles and bombs.
    "fields four hundred levels deep": ("{ a " * 330 + "}" * 330, "GRAPHQL_PARSE_FAILED"),
    "fields a hundred levels deep": ("{ a " * 100 + "}" * 100, "DOCUMENT_LIMIT"),
    "lists four hundred levels deep": (
        "{ nodes(ids: " + "[" * 400 + "]" * 400 + ") { id } }",
        "GRAPHQL_PARSE_FAILED",
    ),
    "objects a hundred levels deep": (
        "{ offices(filter: " + "{a:" * 100 + "1" + "}" * 100 + ") { totalCount } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a type a hundred levels deep": (
        "query($v:" + "[" * 200 + "Int" + "]" * 200 + "){__typename}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a fragment in itself": ("{...f} fragment f on Query{...f}", "GRAPHQL_VALIDATION_FAILED"),
    "a circle of fragments": (
        "{...f0}" + many(18, "fragment f{0} on Query{{...f{0}x}}").replace("0x", "1"),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a circle through a field": (
        "{viewer{...f}} fragment f on User{reviews(first:1){nodes{author{...f}}}}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a bomb of fragments": (bomb(18), "DOCUMENT_LIMIT"),
    "a bomb of a real field": (bomb(18, "offices(first: 1) { totalCount }"), "DOCUMENT_LIMIT"),
    "a walk around": (
        "{ properties(first: 100) { nodes { listAgent { properties(first: 100) { nodes { listAgent"
        " { properties(first: 100) { totalCount } } } } } } } }",
        "COST_LIMIT",
    ),
    "pages of pages": (
        "{ members(first: 100) { nodes { properties(first: 100) { nodes { media { id } } } } } }",
        "COST_LIMIT",
    ),
    "introspection in circles": (introspection(5), "DOCUMENT_LIMIT"),
    "introspection in breadth": (
        "{__schema{"
        + many(9, "a{}:types{{...T}}")
        + "}} fragment T on __Type{"
        + many(9, "b{}:fields{{name}}")
        + "}",
        "DOCUMENT_LIMIT",
    ),
    "introspection with aliases": (
        "{__schema{a:types{b:fields{name} c:fields{name}}}}",
        "DOCUMENT_LIMIT",
    ),
    "introspection of each type of each type": (
        "{__schema{types{fields{type{fields{name}}}}}}",
        "DOCUMENT_LIMIT",
    ),
    "introspection in a fragment": (
        "{...Q} fragment Q on Query{__schema{types{possibleTypes{...T}}}} fragment T on __Type{fields{name}}",
        "DOCUMENT_LIMIT",
    ),
    "a field many times": (
        "{properties(first:1){" + many(149, "pageInfo{{hasNextPage}}") + "}}",
        "DOCUMENT_LIMIT",
    ),
    "a field many times below itself": (
        "{properties(first:1){" + many(7, "nodes{{" + many(9, "listAgent{{{{id id}}}}") + "}}") + "}}",
        "DOCUMENT_LIMIT",
    ),
    "a field many times by fragments": (
        "{properties(first:1){" + "...F " * 20 + "}} fragment F on PropertyConnection{"
        "pageInfo{hasNextPage} pageInfo{hasNextPage}}",
        "DOCUMENT_LIMIT",
    ),
    "fields of a fragment that nobody spreads": (
        "{__typename} fragment F on Query{" + many(301, "f{}") + "}",
        "DOCUMENT_LIMIT",
    ),
    "a fragment that nobody spreads": (
        "{__typename} fragment F on PropertyConnection{" + many(160, "pageInfo{{hasNextPage}}") + "}",
        "DOCUMENT_LIMIT",
    ),
    "introspection many times": ("{" + many(5, "s{}: __schema {{ types {{ name }} }}") + "}", "COST_LIMIT"),
    "a subscription": ("subscription { properties { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "a type system": ("extend type Query { secret: String }", "GRAPHQL_VALIDATION_FAILED"),
    "a deferred field": ("{ ... @defer { __typename } }", "GRAPHQL_VALIDATION_FAILED"),
    "a streamed list": ("{ nodes(ids: []) @stream { id } }", "GRAPHQL_VALIDATION_FAILED"),
    # Sizes of pages, ids and cursors.
    **{
        f"first {n}": (f"{{ offices(first: {n}) {{ totalCount }} }}", kind)
        for n, kind in (
            (0, "BAD_USER_INPUT"),
            (-1, "BAD_USER_INPUT"),
            (101, "BAD_USER_INPUT"),
            (2**31 - 1, "BAD_USER_INPUT"),
            (2**31, "GRAPHQL_VALIDATION_FAILED"),
            (-(2**31) - 1, "GRAPHQL_VALIDATION_FAILED"),
        )
    },
    "first and last": ("{ offices(first: 1, last: 1) { totalCount } }", "BAD_USER_INPUT"),
    "no size": ("{ offices { totalCount } }", "BAD_USER_INPUT"),
    **{
        f"the cursor {cursor[:8]!r}": (
            f'{{ offices(first: 1, after: "{cursor}") {{ totalCount }} }}',
            "BAD_USER_INPUT",
        )
        for cursor in ("", "0", "bm90aGluZw==", "A" * 10_000, "%00", "../../etc/passwd")
    },
    **{
        f"the id {wire[:8]!r}": (f'{{ node(id: "{wire}") {{ id }} }}', "BAD_USER_INPUT")
        for wire in (
            "",
            "property_",
            "property_0",
            "nothing_" + "0" * 32,
            "property_" + "g" * 32,
            "p" * 10_000,
        )
    },
    "a thousand ids": ("{ nodes(ids: [" + '"a" ' * 900 + "]) { id } }", "BAD_USER_INPUT"),
}

_FILTERED = "query($f: PropertyFilter) { properties(first: 1, filter: $f) { totalCount } }"
DEEP = b'{"query": "%b", "variables": {"f": ' % _FILTERED.encode()


class Body(NamedTuple):
    content: bytes
    status: int
    code: str
    content_type: str = "application/json"


def asked(document: str, **more: Any) -> bytes:
    return orjson.dumps({"query": document, **more})


BODIES = {
    "a megabyte of comments": Body(asked("#" * 1_000_000 + "\n{ __typename }"), 413, "BODY_LIMIT"),
    "a megabyte of one string": Body(
        asked('{ node(id: "' + "x" * 1_000_000 + '") { id } }'), 413, "BODY_LIMIT"
    ),
    "a megabyte of variables": Body(
        asked("{ __typename }", variables={"a": ["x" * 100] * 10_000}), 413, "BODY_LIMIT"
    ),
    "variables a hundred levels deep": Body(
        DEEP + b'{"city":' * 100 + b"1" + b"}" * 102, 400, "BAD_USER_INPUT"
    ),
    "variables of introspection three hundred levels deep": Body(
        b'{"query": "query($a: String!) { __type(name: $a) { name } }", "variables": {"a": '
        + b"[" * 300
        + b"]" * 300
        + b"}}",
        400,
        "BAD_USER_INPUT",
    ),
    "variables a thousand levels deep": Body(
        DEEP + b"[" * 1_010 + b"]" * 1_010 + b"}}", 400, "BAD_USER_INPUT"
    ),
    "a list of operations": Body(b"[" + asked("{ __typename }") + b"]", 400, "BAD_USER_INPUT"),
    "a thousand operations": Body(
        b"[" + b",".join([asked("{ __typename }")] * 1_000) + b"]", 400, "BAD_USER_INPUT"
    ),
    "a form": Body(b"query={__typename}", 415, "UNSUPPORTED_MEDIA", "application/x-www-form-urlencoded"),
    "a form of parts": Body(b"--x--", 415, "UNSUPPORTED_MEDIA", "multipart/form-data; boundary=x"),
    "plain text": Body(asked("{ __typename }"), 415, "UNSUPPORTED_MEDIA", "text/plain"),
    "a type as long as a head": Body(asked("{ __typename }"), 415, "UNSUPPORTED_MEDIA", "a/" + "b" * 9_000),
    "a half of a surrogate pair": Body(
        b'{"query": "{ a }", "variables": {"a": "\\ud83c"}}', 400, "BAD_USER_INPUT"
    ),
    "text that is no UTF-8": Body(b'{"query": "{ __typename } # \xff"}', 400, "BAD_USER_INPUT"),
    "NUL": Body(b'{"query": "{ __typename }", "variables": {"a": "\\u0000"}}', 400, "BAD_USER_INPUT"),
    "NaN": Body(b'{"query": "{ __typename }", "variables": {"a": NaN}}', 400, "BAD_USER_INPUT"),
    "a number of ten thousand digits": Body(
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 10_000 + b"}}", 400, "BAD_USER_INPUT"
    ),
}


@pytest.fixture(scope="module")
async def made(services: dict[str, str], run: Run, worker_id: str) -> AsyncIterator[Installation]:
    """The server as it runs in production."""
    application = Application(services, f"{worker_id}_attacked", "composed")
    async with (
        run(application) as made,
        serving(application.asgi) as address,
        httpx.AsyncClient(base_url=address, timeout=20) as http,
    ):
        yield Installation(http, made.url, made.database, made.tokens)


@pytest.fixture
async def others(made: Installation) -> AsyncIterator[None]:
    """Somebody else asks all the while: they are answered at once, and the process does not grow."""
    waits: list[float] = []

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=made.http.base_url, timeout=20) as http:
            while True:
                began = time.perf_counter()
                response = await http.post("/graphql", json={"query": "{ __typename }"})
                waits.append(time.perf_counter() - began)
                assert response.json() == {"data": {"__typename": "Query"}}
                await asyncio.sleep(0.005)

    process = psutil.Process()
    before = process.memory_info().rss
    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.05)
    yield
    await asyncio.sleep(0.05)
    assert not asking.done(), asking.exception()
    asking.cancel()
    assert median(waits) < 0.2
    assert max(waits) < 2
    assert process.memory_info().rss - before < 64_000_000


def refused(response: httpx.Response, code: str) -> None:
    answer = Answer.read(response)
    assert set(answer.codes) == {code}, answer
    assert len(answer["errors"]) <= 5
    # No echo: the answer to a large request is a small one.
    assert len(response.content) < 8_000


@pytest.mark.parametrize(("document", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.usefixtures("others")
async def test_a_document(made: Installation, document: str, code: str | None) -> None:
    response = await made.http.post("/graphql", json={"query": document})
    if code is None:
        assert "data" in response.json()
    else:
        refused(response, code)
    assert response.elapsed.total_seconds() < 2


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.usefixtures("others")
async def test_a_body(made: Installation, body: Body) -> None:
    try:
        response = await made.http.post(
            "/graphql",
            content=body.content,
            headers={"content-type": body.content_type, "accept": GRAPHQL_JSON},
        )
    except (httpx.WriteError, httpx.ReadError):
        # The server answered and closed while the client was still sending.
        assert body.code == "BODY_LIMIT"
        return
    assert response.status_code == body.status
    refused(response, body.code)


METACHARACTERS = (
    "'",
    "''; drop table property; --",
    '"',
    "\\",
    "%",
    "_",
    "%%%%%%%%%%%%%%%%%%%%%%%%",
    "$1",
    ":city",
    "%(city)s",
    "{0}",
    "*",
    "(",
    "(a+)+$",
    "a & | ! <-> b",
    "'a':*",
    "\u202e",
    "\x1b[31m",
    "\ufffe",
    "🏠" * 500,
    "x" * 10_000,
)


class Place(NamedTuple):
    """Where a text is taken: a type, its field, the way to it from the arguments, whether it is a list."""

    type_name: str
    field: str
    path: tuple[str, ...]
    is_list: bool

    def __str__(self) -> str:
        return f"{self.type_name}.{self.field} {'.'.join(self.path)}"


def texts() -> Iterator[Place]:
    """Every String and ID among the arguments of the contract."""

    def within(type_: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
        named = get_named_type(type_)
        if named.name in ("String", "ID"):
            yield path, is_list_type(get_nullable_type(type_))
        elif isinstance(named, GraphQLInputObjectType):
            for name, field in named.fields.items():
                yield from within(field.type, (*path, name))

    for name, type_ in CONTRACT.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__") and name != "Mutation":
            for field_name, field in type_.fields.items():
                for argument_name, argument in field.args.items():
                    for path, is_list in within(argument.type, (argument_name,)):
                        yield Place(name, field_name, path, is_list)


@pytest.fixture(scope="module")
async def ids(made: Installation) -> dict[str, str]:
    document = """{ Property: properties(first: 1) { nodes { id } } Member: members(first: 1) { nodes { id } }
        Office: offices(first: 1) { nodes { id } } }"""
    return {name: page["nodes"][0]["id"] for name, page in (await made.ask(document)).data.items()}


@pytest.mark.parametrize("place", list(texts()), ids=str)
async def test_no_text_means_more_than_itself(made: Installation, ids: dict[str, str], place: Place) -> None:
    """SQL, LIKE, regular expressions, search operators, format strings: they are values, and find nothing."""
    field = CONTRACT.type_map[place.type_name].fields[place.field]
    first, *inner = place.path
    value = "[$text]" if place.is_list else "$text"
    for name in reversed(inner):
        value = f"{{ {name}: {value} }}"
    paged = "first: 1, " if "first" in field.args else ""
    below = (
        "" if is_leaf_type(get_named_type(field.type)) else "{ totalCount }" if paged else "{ __typename }"
    )
    selection = f"found: {place.field}({paged}{first}: {value}) {below}"
    if place.type_name in ids:
        selection = f'node(id: "{ids[place.type_name]}") {{ ... on {place.type_name} {{ {selection} }} }}'
    elif place.type_name != "Query":
        selection = f"viewer {{ {selection} }}"
    kind = "ID" if "id" in place.path[-1].lower() else "String"
    user = await made.value("select id from user_account where role = 'USER' order by id limit 1")
    for text in METACHARACTERS:
        answer = await made.as_user(user).ask(f"query ($text: {kind}!) {{ {selection} }}", text=text)
        assert answer.status < 500
        assert set(answer.codes) <= {"BAD_USER_INPUT"}
        if not answer.codes and "text" not in place.path:
            found = answer.data.get("found") or next(iter(answer.data.values()))
            assert not found or (found.get("found") or found) == {"totalCount": 0}, text
