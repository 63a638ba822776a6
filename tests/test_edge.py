"""What stands around every answer: security headers, CORS, compression."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from server.config import state_folder
from server.edge.compression import LARGE, SMALLEST, Compression, takes_gzip
from server.edge.cors import READ
from server.edge.security import HEADERS, Security
from server.web import STATE_POLICY
from tests.asking import Application, Installation
from tests.conftest import Run

LISTED, OTHER = "https://www.example.com", "https://m.example.com"
HTML = {"accept": "text/html"}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = '{"query": "{ properties(first: 50) { nodes { id listingKey city } } }"}'
SHARED = [("POST", "/graphql"), ("GET", "/graphql"), ("GET", "/schema.graphql"), ("GET", "/api/limits")]
CORS = "access-control-"


@pytest.fixture(scope="module")
async def made(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Installation]:
    """An installation with two listed origins, and with the pages."""
    settings = {"CORS_ORIGINS": f"{LISTED},{OTHER}", "GRAPHIQL": "true", "DWELZO_HOME": str(state_folder())}
    async with run(Application(services, f"{worker_id}_edge", "composed", **settings)) as made:
        yield made


async def send(made: Installation, method: str, path: str, **headers: str) -> httpx.Response:
    if path == "/graphql" and method == "POST":
        headers.setdefault("content-type", "application/json")
        return await made.http.post(path, content=PAGE, headers=headers)
    return await made.http.request(method, path, headers=headers)


class TestSecurity:
    @pytest.mark.parametrize(
        ("path", "given"),
        [
            ("/", {}),
            ("/docs", HTML),
            ("/graphql", HTML),
            ("/assets/nothing.js", {}),
            ("/schema.graphql", {}),
            ("/api/limits", {}),
            ("/api/nothing", {}),
            ("/nothing", {}),
            ("/graphql/", {}),
        ],
    )
    async def test_every_kind_of_answer_has_the_headers(
        self, made: Installation, path: str, given: dict[str, str]
    ) -> None:
        headers = (await send(made, "GET", path, **given)).headers
        for name, value in HEADERS.items():
            if name != "Content-Security-Policy":
                assert headers[name] == value, name
        policy = dict(each.partition(" ")[::2] for each in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        if given != HTML:
            assert headers["content-security-policy"] == NOTHING
        assert "strict-transport-security" not in headers

    @pytest.mark.parametrize("path", ["/api/limits", "/schema.graphql", "/nothing", "/docs"])
    async def test_https_is_asked_for_behind_https_alone(self, made: Installation, path: str) -> None:
        response = await made.http.get(f"https://dwelzo.test{path}")
        assert response.headers["strict-transport-security"] == "max-age=31536000"

    async def test_an_answer_to_an_exception_has_them_too(self) -> None:
        async def broken(_: object) -> None:
            raise RuntimeError("secret")

        app = Starlette()
        app.add_route("/", broken)
        transport = httpx.ASGITransport(Security(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http:
            response = await http.get("/")
        assert (response.status_code, response.text) == (500, "Internal Server Error")
        assert response.headers["content-security-policy"] == NOTHING

    async def test_graphql_agrees_where_it_says_the_same(self, made: Installation) -> None:
        headers = (await send(made, "POST", "/graphql")).headers
        ours = {name.lower(): value for name, value in HEADERS.items()}
        both = headers.keys() & ours.keys()
        assert both == {"x-content-type-options"}
        assert headers["x-content-type-options"] == ours["x-content-type-options"]

    def test_only_the_page_that_waits_for_its_build_draws_with_inline_style(self) -> None:
        assert "script-src" not in STATE_POLICY


class TestCors:
    @pytest.mark.parametrize(("method", "path"), SHARED)
    @pytest.mark.parametrize("origin", [LISTED, OTHER])
    async def test_a_listed_origin_may_read(
        self, made: Installation, method: str, path: str, origin: str
    ) -> None:
        headers = (await send(made, method, path, origin=origin)).headers
        assert headers["access-control-allow-origin"] == origin
        assert headers["access-control-allow-credentials"] == "true"
        assert headers["access-control-expose-headers"] == ", ".join(READ)
        assert {"Server-Timing", "RateLimit", "RateLimit-Policy", "Retry-After"} <= {*READ}
        assert "origin" in varying(headers)

    @pytest.mark.parametrize(
        ("method", "path"), [*SHARED, ("OPTIONS", "/graphql"), ("OPTIONS", "/api/limits")]
    )
    @pytest.mark.parametrize(
        "origin",
        [
            None,
            "null",
            "*",
            "https://evil.example",
            "http://www.example.com",
            "https://www.example.com.evil.example",
            "https://www.example.com:443",
            "https://www.example.com/",
            "HTTPS://WWW.EXAMPLE.COM",
            f"{LISTED}, {OTHER}",
        ],
    )
    async def test_another_origin_hears_nothing_of_it(
        self, made: Installation, method: str, path: str, origin: str | None
    ) -> None:
        given = {"cookie": "a=b", "access-control-request-method": "POST"}
        response = await send(made, method, path, **given, **({"origin": origin} if origin else {}))
        assert not [name for name in response.headers if name.startswith(CORS)]
        assert "origin" in varying(response.headers)

    async def test_two_origins_are_none(self, made: Installation) -> None:
        headers = [("origin", LISTED), ("origin", "https://evil.example")]
        response = await made.http.get("/api/limits", headers=headers)
        assert not [name for name in response.headers if name.startswith(CORS)]

    @pytest.mark.parametrize(("method", "path"), SHARED)
    async def test_a_preflight_of_a_listed_origin(self, made: Installation, method: str, path: str) -> None:
        asked = {
            "origin": LISTED,
            "access-control-request-method": method,
            "access-control-request-headers": "authorization, content-type",
        }
        response = await send(made, "OPTIONS", path, **asked)
        assert response.status_code == 200
        headers = response.headers
        assert headers["access-control-allow-origin"] == LISTED
        assert headers["access-control-allow-credentials"] == "true"
        assert method in headers["access-control-allow-methods"].split(", ")
        allowed = headers["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "content-type", "traceparent"} <= {*allowed}
        assert (
            "*" not in f"{headers['access-control-allow-headers']}{headers['access-control-allow-methods']}"
        )
        assert headers["access-control-max-age"] == "3600"
        assert {"origin", "access-control-request-method"} <= varying(headers)

    @pytest.mark.parametrize(
        "wrong",
        [{"access-control-request-method": "CONNECT"}, {"access-control-request-headers": "x-unknown"}],
    )
    async def test_a_preflight_for_more_than_there_is(
        self, made: Installation, wrong: dict[str, str]
    ) -> None:
        asked = {"origin": LISTED, "access-control-request-method": "POST"} | wrong
        assert (await send(made, "OPTIONS", "/graphql", **asked)).status_code == 400

    @pytest.mark.parametrize("path", ["/docs", "/", "/assets/nothing.js", "/nothing"])
    async def test_pages_are_not_shared(self, made: Installation, path: str) -> None:
        headers = (await send(made, "GET", path, origin=LISTED)).headers
        assert not [name for name in headers if name.startswith(CORS)]

    @pytest.mark.parametrize(("method", "path"), SHARED)
    async def test_by_default_there_is_no_sharing(self, sample: Installation, method: str, path: str) -> None:
        headers = (await send(sample, method, path, origin=LISTED)).headers
        assert not [name for name in headers if name.startswith(CORS)]
        assert "origin" not in varying(headers)


class TestCompression:
    @pytest.mark.parametrize(
        ("accepted", "packed"),
        [
            ("gzip", True),
            ("gzip, deflate, br, zstd", True),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
            ("GZIP", True),
            ("deflate,gzip", True),
            ("x-gzip", True),
            ("gzip;q=0", False),
            ("gzip; q=0.000, br", False),
            ("gzip;q=0, deflate, *", False),
            ("identity", False),
            ("br", False),
            ("notgzip", False),
            ("gzipped", False),
            ("", False),
        ],
    )
    async def test_gzip_for_who_takes_it(self, made: Installation, accepted: str, packed: bool) -> None:
        assert takes_gzip(accepted) == packed
        for method, path in SHARED[:1] + SHARED[2:3]:
            response = await send(made, method, path, **{"accept-encoding": accepted})
            assert response.headers.get("content-encoding") == ("gzip" if packed else None)
            assert "accept-encoding" in varying(response.headers)

    async def test_what_is_unpacked_is_what_others_get(self, made: Installation) -> None:
        for method, path in (("POST", "/graphql"), ("GET", "/schema.graphql"), ("GET", "/api/openapi.json")):
            plain = await send(made, method, path, **{"accept-encoding": "identity"})
            packed = await send(made, method, path, **{"accept-encoding": "gzip"})
            assert packed.content == plain.content
            assert (
                int(packed.headers["content-length"])
                < int(plain.headers["content-length"])
                == len(plain.content)
            )
            assert packed.headers["content-type"] == plain.headers["content-type"]
            assert packed.headers.get("etag") == plain.headers.get("etag")
            assert packed.headers.get("etag", "W/").startswith("W/")

    async def test_a_short_answer_is_sent_as_it_is(self, made: Installation) -> None:
        for path in ("/api/version", "/graphql?query={__typename}"):
            response = await send(made, "GET", path, **{"accept-encoding": "gzip"})
            assert "content-encoding" not in response.headers

    @pytest.mark.parametrize("size", [0, SMALLEST - 1, SMALLEST, LARGE - 1, LARGE, 3 * LARGE])
    async def test_every_size_arrives_whole(self, size: int) -> None:
        text = ("0123456789" * (size // 10 + 1))[:size]
        response = await fetch(Compression(PlainTextResponse(text)))
        assert response.text == text
        assert ("content-encoding" in response.headers) == (size >= SMALLEST)

    async def test_what_is_packed_or_comes_in_pieces_stays_as_it_is(self) -> None:
        packed = gzip.compress(b"x" * 5000)
        already = PlainTextResponse(packed, headers={"content-encoding": "gzip"})
        assert (await fetch(Compression(already))).text == "x" * 5000

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"y" * 2000

        response = await fetch(Compression(StreamingResponse(pieces())))
        assert response.text == "y" * 6000
        assert "content-encoding" not in response.headers

    async def test_cors_and_compression_together(self, made: Installation) -> None:
        response = await send(made, "POST", "/graphql", origin=LISTED, **{"accept-encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["access-control-allow-origin"] == LISTED
        assert len(orjson.loads(response.content)["data"]["properties"]["nodes"]) == 50
        assert {"origin", "accept", "accept-encoding", "authorization"} == varying(response.headers)


async def test_who_does_not_take_gzip_pays_nothing() -> None:
    """The endpoint is given the server's own `send`, not one that is wrapped."""
    given: list[Any] = []

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        given.append(send)

    async def send(message: Any) -> None: ...

    async def receive() -> Any: ...

    for accepted in (b"br", b"gzip"):
        scope = {"type": "http", "headers": [(b"accept-encoding", accepted)]}
        await Compression(endpoint)(scope, receive, send)
    assert [each is send for each in given] == [True, False]


async def fetch(app: Compression) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dwelzo.test") as http:
        return await http.get("/", headers={"accept-encoding": "gzip"})


def varying(headers: httpx.Headers) -> set[str]:
    return {name.strip().lower() for name in headers.get("vary", "").split(",") if name.strip()}
