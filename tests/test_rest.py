"""REST under /api: each answer as its document says, each error a problem, and what the dependencies' absence
means for readiness.
"""

import asyncio
import copy
import logging
import re
import socket
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import httpx
import jsonschema_rs
import orjson
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from server.auth.keys import Keys
from server.auth.tokens import Claim, Tokens, bearer
from server.config import ROOT, Settings, load_settings
from server.context import Viewer
from server.errors import ApiError, BadUserInput, Unavailable
from server.limits.admission import Admission
from server.names import to_camel
from server.rest.about import LIMITS, RATES
from server.rest.contract import METHODS, PATH, Contract
from server.rest.endpoint import Call, Json, Rest
from server.rest.health import KEPT, Readiness, live
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.rest_contract import PROBLEM, Document
from tests.serving import serving

DOCUMENT = Document()
# What everybody may read. What admins may is in tests/test_admin_rest.py.
PATHS = [path for path in DOCUMENT.json["paths"] if not path.startswith("/api/admin/")]
# What is said of a GraphQL document alone; every other code is one of REST too.
OF_GRAPHQL = {"COST_LIMIT", "DOCUMENT_LIMIT", "PERSISTED_QUERY_NOT_FOUND", "UNTRUSTED_DOCUMENT"}
HANDLERS = {operation.id: live for operation in Contract(PATH.read_bytes()).operations}
ADMISSION = Admission(64, 10.0)
Ask = Callable[..., Awaitable[httpx.Response]]


class Bearers:
    """Whoever has a token of ours, in the role that the test gave them."""

    def __init__(self) -> None:
        self._tokens = Tokens(Keys(["k" * 32]))
        self._roles: dict[UUID, str | None] = {}

    def bearing(self, role: str | None) -> dict[str, str]:
        session = uuid4()
        self._roles[session] = role
        return {"authorization": f"Bearer {self._tokens.sign(uuid4(), session)}"}

    def claim(self, authorization: bytes | None) -> Claim | None:
        token = bearer(authorization)
        return None if token is None else self._tokens.verify(token)

    async def viewer(self, claim: Claim) -> Viewer:
        return Viewer(claim.user, self._roles[claim.session])


GUARD = Bearers()


@pytest.fixture
def ask(sample: Installation) -> Ask:
    """Asks the application over the sample, and compares all that comes with the document."""

    async def ask(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return DOCUMENT.check(await sample.http.request(method, path, headers=headers))

    return ask


def test_the_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT.json).validate()
    broken = copy.deepcopy(DOCUMENT.json)
    del broken["paths"]["/api/limits"]["get"]["responses"]["200"]["description"]
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


def test_every_schema_of_the_document_is_one() -> None:
    for schema in DOCUMENT.json["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid(schema)


def test_the_examples_of_problems_are_real_ones() -> None:
    for response in DOCUMENT.json["components"]["responses"].values():
        (content,) = response["content"].values()
        DOCUMENT.fit(content["schema"], content["example"])


def test_the_document_knows_all_codes_and_the_version() -> None:
    def codes(kind: type[ApiError]) -> set[str]:
        return {kind.code, *(code for child in kind.__subclasses__() for code in codes(child))}

    known = {code for kind in ApiError.__subclasses__() for code in codes(kind)}
    assert {*DOCUMENT.json["components"]["schemas"]["Code"]["enum"]} == (known - OF_GRAPHQL) | {"INTERNAL"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert DOCUMENT.json["info"]["version"] == project["version"]


def test_every_operation_says_who_may_ask_and_what_can_go_wrong() -> None:
    for path, item in DOCUMENT.json["paths"].items():
        assert set(item) <= {*METHODS}, path
        for operation in item.values():
            assert {"security", "summary", "description", "tags"} <= set(operation), path
            assert {"406", "500"} <= set(operation["responses"]), path
            # Whether the process is well is asked when it is not.
            is_limited = {"429", "503", "504"} <= set(operation["responses"])
            assert is_limited == (operation["tags"] != ["health"]), path


def test_an_operation_without_a_handler_does_not_start() -> None:
    contract = Contract(PATH.read_bytes())
    assert Rest(contract, HANDLERS, GUARD, ADMISSION)
    with pytest.raises(ValueError, match=r"knows live\."):
        Rest(contract, {name: live for name in HANDLERS if name != "live"}, GUARD, ADMISSION)
    with pytest.raises(ValueError, match=r"knows undocumented\."):
        Rest(contract, HANDLERS | {"undocumented": live}, GUARD, ADMISSION)


@pytest.mark.parametrize("path", PATHS)
async def test_each_path_answers_as_the_document_says(ask: Ask, path: str) -> None:
    got = await ask(path)
    assert got.status_code == 200
    head = await ask(path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers
    options = await ask(path, "OPTIONS")
    assert options.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_another_method_is_refused(ask: Ask, path: str, method: str) -> None:
    response = await ask(path, method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.json() == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": f"{path} takes GET, HEAD, OPTIONS, not '{method}'.",
        "code": "METHOD_NOT_ALLOWED",
    }


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/limits/", "/api//limits", "/api/health", "/api/LIMITS"]
)
async def test_what_is_not_there_is_a_problem(ask: Ask, path: str) -> None:
    response = await ask(path)
    assert response.status_code == 404
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"There is no resource '{path}' that you may see.",
        "code": "NOT_FOUND",
    }


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/*;q=0.1", 200),
        ("text/html, application/json;q=0.5", 200),
        ("APPLICATION/JSON; charset=utf-8", 200),
        ("text/html", 406),
        ("application/xml, text/*", 406),
        ("application/json;q=0", 406),
        ("*/*, application/json; q=0.0", 406),
        ("*/*;q=0", 406),
        ("application/*;q=0, */*", 406),
        ("nonsense", 406),
    ],
)
async def test_what_the_client_accepts_counts(ask: Ask, accept: str, status: int) -> None:
    response = await ask("/api/limits", accept=accept)
    assert response.status_code == status
    if status == 406:
        assert response.json()["code"] == "NOT_ACCEPTABLE"
        assert response.json()["detail"] == f"The answer is application/json, and you accept {accept!r}."


async def test_limits_are_those_of_the_settings(run: Run, services: dict[str, str], worker_id: str) -> None:
    settings = {"DOCUMENT_DEPTH_MAX": "7", "RATE_LIMITS": "true", "RATE_POINTS": "5/2 minutes"}
    async with run(Application(services, f"{worker_id}_limited", **settings)) as made:
        limits = DOCUMENT.check(await made.http.get("/api/limits")).json()
    assert limits["document"]["documentDepthMax"] == 7
    assert limits["request"]["bodyBytesMax"] == 100_000
    assert limits["rates"]["ratePoints"] == {"amount": 5, "seconds": 120}
    settings = {"RATE_LIMITS": "false"}
    async with run(Application(services, f"{worker_id}_unlimited", **settings)) as made:
        assert DOCUMENT.check(await made.http.get("/api/limits")).json()["rates"] is None


def test_every_limit_of_a_client_is_told() -> None:
    told = {*RATES, *(name for names in LIMITS.values() for name in names)}
    of_the_operator = {
        *("connections_max", "requests_at_once_max", "queue_seconds_max"),
        *("redis_seconds_max", "readiness_seconds_max", "smtp_seconds_max", "jobs_at_once_max"),
    }
    named = re.compile(r".*_max|cost_limit|rate_.*")
    assert {name for name in Settings.model_fields if named.fullmatch(name)} == told | of_the_operator | {
        "rate_limits"
    }
    groups = DOCUMENT.json["components"]["schemas"]["Limits"]["properties"]
    for group, names in LIMITS.items():
        assert list(groups[group]["properties"]) == [to_camel(name) for name in names]


async def test_the_version_names_both_contracts(ask: Ask, sample: Installation) -> None:
    version = (await ask("/api/version")).json()
    for name, path in (("graphql", "/schema.graphql"), ("rest", "/api/openapi.json")):
        response = await sample.http.get(path, headers={"accept-encoding": "identity"})
        assert response.headers["etag"] == f'W/"{version["contracts"][name]}"'


async def test_the_document_is_served_as_it_stands_and_once(ask: Ask) -> None:
    response = await ask("/api/openapi.json")
    assert response.content == PATH.read_bytes()
    etag = response.headers["etag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = await ask("/api/openapi.json", **{"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert (await ask("/api/openapi.json", **{"if-none-match": '"other"'})).status_code == 200


async def test_a_private_contract_is_private(run: Run, services: dict[str, str], worker_id: str) -> None:
    async with run(Application(services, f"{worker_id}_private", PUBLIC_SCHEMA="false")) as made:
        response = DOCUMENT.check(await made.http.get("/api/openapi.json"))
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
        assert DOCUMENT.check(await made.http.get("/api/version")).status_code == 200


class TestHandlers:
    """What later endpoints rely on, with a document of this test."""

    @staticmethod
    def operation(name: str, security: list[dict[str, list[str]]]) -> dict[str, Any]:
        content = {"application/json": {"schema": {}}}
        return {
            "operationId": name,
            "security": security,
            "responses": {"200": {"description": "x", "content": content}},
        }

    @pytest.fixture
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        async def everything(call: Call) -> Response:
            request, viewer = call.request, call.viewer
            match request.query_params.get("raise"):
                case "ours":
                    raise BadUserInput("`x` is too long.", limit=3)
                case "away":
                    raise Unavailable("Away.")
                case "bug":
                    raise RuntimeError("password=hunter2")
            return Json({"role": viewer and viewer.role, **request.path_params})

        paths = {
            "/api/open": {"get": self.operation("open", [])},
            "/api/member": {"get": self.operation("member", [{"bearer": []}])},
            "/api/things/{id}": {
                "get": self.operation("thing", [{"bearer": ["AGENT", "ADMIN"]}]),
                "delete": self.operation("forget", [{"bearer": ["ADMIN"]}]),
            },
        }
        handlers = dict.fromkeys(("open", "member", "thing", "forget"), everything)
        rest = Rest(Contract(orjson.dumps({"paths": paths})), handlers, GUARD, ADMISSION)
        transport = httpx.ASGITransport(Starlette(routes=rest.routes(lambda app: app)))
        async with httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http:
            yield http

    async def test_roles_are_those_of_the_document(self, http: httpx.AsyncClient) -> None:
        assert (await http.get("/api/open")).json() == {"role": None}
        for path in ("/api/member", "/api/things/7"):
            for authorization in (None, "Bearer nonsense", "Basic eDp5"):
                headers = {"authorization": authorization} if authorization else {}
                response = await http.get(path, headers=headers)
                assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")
                assert response.headers["www-authenticate"] == "Bearer"
        assert (await http.get("/api/member", headers=GUARD.bearing("USER"))).json() == {"role": "USER"}
        refused = await http.get("/api/things/7", headers=GUARD.bearing("USER"))
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
        assert refused.json()["detail"] == "This needs the role ADMIN or AGENT, and you are USER."
        agent = GUARD.bearing("AGENT")
        assert (await http.get("/api/things/7", headers=agent)).json() == {"role": "AGENT", "id": "7"}
        assert (await http.delete("/api/things/7", headers=agent)).status_code == 403
        assert (await http.delete("/api/things/7", headers=GUARD.bearing("ADMIN"))).status_code == 200

    async def test_what_people_may_a_service_token_may_not(self, http: httpx.AsyncClient) -> None:
        """Also where every role may."""
        for path in ("/api/member", "/api/things/7"):
            refused = await http.get(path, headers=GUARD.bearing(None))
            assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")

    async def test_methods_are_those_of_the_document(self, http: httpx.AsyncClient) -> None:
        assert (await http.options("/api/things/7")).headers["allow"] == "GET, DELETE, HEAD, OPTIONS"
        assert (await http.post("/api/things/7")).status_code == 405

    async def test_errors_keep_their_code_and_what_goes_with_it(self, http: httpx.AsyncClient) -> None:
        response = await http.get("/api/open", params={"raise": "ours"})
        assert response.headers["content-type"] == PROBLEM
        assert response.json() == {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "`x` is too long.",
            "code": "BAD_USER_INPUT",
            "limit": 3,
        }
        away = await http.get("/api/open", params={"raise": "away"})
        assert (away.status_code, away.headers["retry-after"]) == (503, "1")

    async def test_anything_else_is_masked_and_in_the_log(
        self, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR, "dwelzo.errors"):
            response = await http.get("/api/open", params={"raise": "bug"})
        problem = response.json()
        assert (response.status_code, problem["code"]) == (500, "INTERNAL")
        assert "hunter2" not in response.text
        assert problem["reference"] in caplog.text
        assert "hunter2" in caplog.text


class TestPlaces:
    """Those who are let in, and for how long; by a document that limits one of two operations."""

    @pytest.fixture
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        async def slow(call: Call) -> Response:
            await asyncio.sleep(float(call.request.query_params["seconds"]))
            return Json({})

        free = TestHandlers.operation("free", [])
        limited = TestHandlers.operation("limited", [])
        limited["responses"]["429"] = {"description": "x"}
        paths = {"/api/free": {"get": free}, "/api/limited": {"get": limited}}
        handlers = {"free": slow, "limited": slow}
        rest = Rest(Contract(orjson.dumps({"paths": paths})), handlers, GUARD, Admission(1, 0.5))
        transport = httpx.ASGITransport(Starlette(routes=rest.routes(lambda app: app)))
        async with httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http:
            yield http

    async def test_one_more_than_there_are_places_for_is_refused(self, http: httpx.AsyncClient) -> None:
        first = asyncio.create_task(http.get("/api/limited?seconds=0.2"))
        await asyncio.sleep(0.01)
        refused = await http.get("/api/limited?seconds=0")
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert refused.headers["retry-after"] == "1"
        assert (await http.get("/api/free?seconds=0")).status_code == 200
        assert (await first).status_code == 200
        assert (await http.get("/api/limited?seconds=0")).status_code == 200

    async def test_who_takes_too_long_is_given_up(self, http: httpx.AsyncClient) -> None:
        given_up = await http.get("/api/limited?seconds=30")
        assert (given_up.status_code, given_up.json()["code"]) == (504, "TIMEOUT")
        assert given_up.headers["content-type"] == PROBLEM
        assert (await http.get("/api/free?seconds=0.6")).status_code == 200


class TestReadiness:
    """Each dependency away, for real: stopped, silent, or never there."""

    AWAY = "127.0.0.1:9"

    @staticmethod
    @asynccontextmanager
    async def asking(services: dict[str, str], kept: float = 0.0, **given: str) -> AsyncIterator[Ask]:
        """Asks a readiness of its own, whose services are those of the tests but for what is given."""
        readiness = Readiness(load_settings(services | given), kept)
        rest = Rest(Contract(PATH.read_bytes()), HANDLERS | {"ready": readiness.ready}, GUARD, ADMISSION)
        transport = httpx.ASGITransport(Starlette(routes=rest.routes(lambda app: app)))
        async with httpx.AsyncClient(transport=transport, base_url="http://dwelzo.test") as http:

            async def ask() -> httpx.Response:
                return DOCUMENT.check(await http.get("/api/health/ready"))

            try:
                yield ask
            finally:
                await readiness.close()

    @pytest.mark.parametrize(
        ("given", "away", "status", "summary"),
        [
            ({}, set(), 200, "ready"),
            ({"REDIS_URL": f"redis://{AWAY}/0"}, {"redis"}, 200, "degraded"),
            ({"DATABASE_URL": f"postgresql://u:hunter2@{AWAY}/d"}, {"postgresql"}, 503, "unready"),
            ({"S3_ENDPOINT_URL": f"http://{AWAY}"}, {"s3"}, 503, "unready"),
            ({"S3_BUCKET_NAME": "another-bucket"}, {"s3"}, 503, "unready"),
            (
                {"REDIS_URL": f"redis://{AWAY}/0", "S3_ENDPOINT_URL": f"http://{AWAY}"},
                {"redis", "s3"},
                503,
                "unready",
            ),
        ],
        ids=["all there", "Redis", "PostgreSQL", "S3", "bucket", "Redis and S3"],
    )
    async def test_what_is_away_is_told_and_nothing_else(
        self, services: dict[str, str], given: dict[str, str], away: set[str], status: int, summary: str
    ) -> None:
        async with self.asking(services, **given) as ask:
            response = await ask()
        assert response.status_code == status
        assert response.json() == {
            "status": summary,
            "dependencies": {
                name: "away" if name in away else "up" for name in ("postgresql", "redis", "s3")
            },
        }
        assert "127.0.0.1" not in response.text
        assert response.headers.get("retry-after") == ("1" if status == 503 else None)

    async def test_what_never_answers_takes_no_longer_than_a_second(self, services: dict[str, str]) -> None:
        """A socket that takes connections and says nothing, for all three at once."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            place = "127.0.0.1:{1}".format(*silent.getsockname())
            given = {
                "DATABASE_URL": f"postgresql://u:p@{place}/d",
                "REDIS_URL": f"redis://{place}/0",
                "S3_ENDPOINT_URL": f"http://{place}",
                "READINESS_SECONDS_MAX": "0.9",
            }
            async with self.asking(services, **given) as ask:
                began = time.perf_counter()
                response = await ask()
                # Within it the S3 client is made, once.
                assert time.perf_counter() - began < 3
                assert set(response.json()["dependencies"].values()) == {"away"}
                began = time.perf_counter()
                assert (await ask()).status_code == 503
                assert 0.5 < time.perf_counter() - began < 3

    async def test_however_many_ask_the_dependencies_are_asked_once_a_second(
        self, services: dict[str, str]
    ) -> None:
        connections = 0

        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            writer.close()

        server = await asyncio.start_server(count, "127.0.0.1", 0)
        place = "127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        url = f"postgresql://u:p@{place}/d?sslmode=disable"
        async with server, self.asking(services, KEPT, DATABASE_URL=url) as ask:
            began = time.monotonic()
            await asyncio.gather(*(ask() for _ in range(100)))
            await asyncio.gather(*(ask() for _ in range(100)))
            # On a machine that is so busy that a second has gone, this says nothing.
            assert connections == 1 or time.monotonic() - began > KEPT
            await asyncio.sleep(KEPT + 0.05)
            before = connections
            await ask()
            assert connections == before + 1

    async def test_it_is_ready_again_when_its_database_is(
        self, own: Installation, services: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        async with self.asking(services, DATABASE_URL=own.url) as ask:
            assert (await ask()).status_code == 200
            name = own.url.rpartition("/")[2]
            admin = await asyncpg.connect(services["DATABASE_DIRECT_URL"])
            try:
                await admin.execute(f"alter database {name} allow_connections false")
                await admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'dwelzo health' and datname = $1",
                    name,
                )
                assert (await ask()).json()["dependencies"]["postgresql"] == "away"
                await admin.execute(f"alter database {name} allow_connections true")
                assert (await ask()).json()["status"] == "ready"
            finally:
                await admin.close()
        told = [record.getMessage() for record in caplog.records if record.name == "dwelzo.health"]
        assert told == ["postgresql does not answer", "postgresql answers again"]

    async def test_it_can_be_asked_again_after_it_was_closed(self, services: dict[str, str]) -> None:
        readiness = Readiness(load_settings(services))
        for _ in range(2):
            response = await readiness.ready(Call(Request({"type": "http"})))
            assert response.status_code == 200
            await readiness.close()

    async def test_a_client_that_leaves_takes_the_answer_from_nobody(self, services: dict[str, str]) -> None:
        async with self.asking(services) as ask:
            first, second = asyncio.create_task(ask()), asyncio.create_task(ask())
            await asyncio.sleep(0)
            first.cancel()
            assert (await second).status_code == 200

    async def test_a_busy_pool_is_not_a_broken_database(
        self, run: Run, services: dict[str, str], worker_id: str
    ) -> None:
        settings = {"DATABASE_POOL_SIZE": "1", "REQUESTS_AT_ONCE_MAX": "1"}
        async with run(Application(services, f"{worker_id}_busy", "composed", **settings)) as made:
            await made.database.execute("begin; lock table property")
            busy = asyncio.create_task(made.ask("{ properties(first: 1) { totalCount } }"))
            await asyncio.sleep(0.1)
            assert DOCUMENT.check(await made.http.get("/api/health/ready")).status_code == 200
            await made.database.execute("rollback")
            assert (await busy).status == 200


class Attack(NamedTuple):
    """What schemathesis did, and what it found."""

    requests: int
    found: list[str]


def _attack(address: str, examples: int, **headers: str) -> Attack:
    """schemathesis with its default checks on the served API and all of its document."""
    config = SchemathesisConfig()
    config.projects.default.update(base_url=address, headers=headers or None)
    config.projects.default.generation.update(max_examples=examples, database="none")
    config.projects.default.seed = 1
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json", config=config)
    requests, found = 0, []
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            found.append(str(event.value))
        elif isinstance(event, FatalError):
            raise event.exception
        elif isinstance(event, ScenarioFinished):
            requests += len(event.recorder.interactions)
            for check in (each for case in event.recorder.checks.values() for each in case):
                if check.failure_info is not None:
                    found.append(f"{event.recorder.label}: {check.name}: {check.failure_info.failure}")
    return Attack(requests, found)


@pytest.mark.parametrize("examples", [3, pytest.param(300, marks=pytest.mark.long)])
async def test_schemathesis_finds_nothing(served: tuple[Installation, str], examples: int) -> None:
    """As an admin, who is let in everywhere."""
    made, address = served
    admin = await made.add("user_account", display_name="Ada", email="ada@example.com", role="ADMIN")
    token = await made.sign_in(admin, "ADMIN")
    attack = await asyncio.to_thread(_attack, address, examples, Authorization=f"Bearer {token}")
    assert attack.found == []
    assert attack.requests > 5 * len(PATHS)


@pytest.fixture(scope="module")
async def served(
    run: Run, services: dict[str, str], worker_id: str
) -> AsyncIterator[tuple[Installation, str]]:
    application = Application(services, f"{worker_id}_served", "composed")
    async with run(application) as made, serving(application.asgi) as address:
        yield made, address


async def test_schemathesis_would_find_something() -> None:
    """An API that says 200 to every method, with another body than its document's."""

    async def wrong(request: Request) -> Response:
        is_document = request.url.path == "/api/openapi.json"
        return Json(DOCUMENT.json if is_document else {"status": "perhaps"})

    app = Starlette()
    app.add_route("/{path:path}", wrong, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
    async with serving(app) as address:
        found = (await asyncio.to_thread(_attack, address, 2)).found
    for check in ("response_schema_conformance", "unsupported_method"):
        assert any(f"GET /api/health/live: {check}: " in each for each in found), check


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"status": "dead"}),
        httpx.Response(200, json={"status": "live", "more": 1}),
        httpx.Response(201, json={"status": "live"}),
        httpx.Response(200, text='{"status": "live"}'),
        httpx.Response(406, json={"status": 406}),
        httpx.Response(406, json={}, headers={"content-type": PROBLEM}),
    ],
)
def test_the_checker_finds_what_the_document_does_not_allow(answer: httpx.Response) -> None:
    answer.request = httpx.Request("GET", "http://dwelzo.test/api/health/live")
    with pytest.raises((AssertionError, jsonschema_rs.ValidationError)):
        DOCUMENT.check(answer)


def test_the_checker_finds_parameters_that_nobody_declared() -> None:
    answer = httpx.Response(200, json={"status": "live"})
    answer.request = httpx.Request("GET", "http://dwelzo.test/api/health/live?verbose=1")
    with pytest.raises(AssertionError, match="takes no parameter verbose"):
        DOCUMENT.check(answer)
