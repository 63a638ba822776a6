"""Service tokens as admins make, list and revoke them over REST, and that a revoked one is gone at once."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import pytest

from server.access import labels
from server.app import executable_schema
from server.auth.seals import Seals
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.test_admin_rest import DOCUMENT, Admin, admin_of, wire
from tests.test_service_token import add_token, is_good
from tests.valkeys import CHANGES, Change, Valkeys


@pytest.fixture
def seals(services: dict[str, str]) -> Seals:
    return Seals([services["SECRET_KEY"]])


@pytest.fixture
async def admin(own: Installation) -> Admin:
    return await admin_of(own)


def wanted(**changes: Any) -> dict[str, Any]:
    """A token that can be made, but for what the test says otherwise."""
    return {"name": "Billing", "scopes": ["USERS_READ"], "days": 365} | changes


class TestMaking:
    async def test_one_is_made_shown_once_and_listed(
        self, own: Installation, admin: Admin, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            response = await admin("POST", "/service-tokens", wanted())
        assert (response.status_code, response.headers["cache-control"]) == (201, "no-store")
        made = response.json()
        token = made["token"]
        assert await is_good(own, token)
        listed = (await admin("GET", "/service-tokens")).json()
        (one,) = listed["items"]
        assert (
            one.pop("lastUseTimestamp") is not None and made["serviceToken"].pop("lastUseTimestamp") is None
        )
        assert one == made["serviceToken"]
        assert (one["name"], one["scopes"], one["creatorId"]) == ("Billing", ["USERS_READ"], wire(admin.user))
        assert one["revocationTimestamp"] is None
        (line,) = await own.sql("select * from audit_event where action = 'service_token.create'")
        assert (line["actor_id"], str(line["ip_address"])) == (admin.user, "127.0.0.1")
        secret = token.removeprefix("dwz_service_")
        assert secret not in f"{listed} {line} {caplog.text} {await own.sql('select * from service_token')}"

    async def test_they_come_page_by_page(self, own: Installation, admin: Admin) -> None:
        names = [f"Backend {number}" for number in range(5)]
        for name in names:
            await admin("POST", "/service-tokens", wanted(name=name))
        found, after = [], {}
        for size in (2, 2, 1):
            page = (await admin("GET", "/service-tokens", query={"first": 2} | after)).json()
            assert len(page["items"]) == size
            found += [each["name"] for each in page["items"]]
            after = {"after": page["next"]}
        assert after == {"after": None}
        assert found == names[::-1]

    async def test_one_that_is_revoked_stays_so(self, own: Installation, admin: Admin) -> None:
        made = (await admin("POST", "/service-tokens", wanted())).json()
        other = (await admin("POST", "/service-tokens", wanted())).json()
        path = f"/service-tokens/{made['serviceToken']['id']}"
        assert await is_good(own, made["token"])
        revoked = (await admin("DELETE", path)).json()
        assert revoked["revocationTimestamp"] is not None
        assert not await is_good(own, made["token"])
        assert (await admin("DELETE", path)).json() == revoked
        assert await is_good(own, other["token"])
        lines = await own.sql("select * from audit_event where action = 'service_token.change'")
        assert [(line["actor_id"], line["subject_id"].hex) for line in lines] == [(admin.user, path[-32:])]
        nobody = f"/service-tokens/service_token_{uuid4().hex}"
        assert (await admin("DELETE", nobody)).json()["code"] == "NOT_FOUND"
        assert (await admin("DELETE", f"/service-tokens/{wire(admin.user)}")).json()[
            "code"
        ] == "BAD_USER_INPUT"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"name": ""}, "`name` is ''"),
            ({"name": " "}, "`name` is ' '"),
            ({"name": "x" * 81}, "`name` is 'xxx"),
            ({"scopes": []}, "`scopes` is '[]': give a list of 1 to 20, each one of AUDIT_READ, USERS_READ."),
            ({"scopes": "USERS_READ"}, "`scopes` is '\"USERS_READ\"'"),
            ({"scopes": None}, "`scopes` is 'null'"),
            ({"scopes": ["ADMIN"]}, "`scopes` is 'ADMIN': give one of AUDIT_READ, USERS_READ."),
            ({"scopes": [["USERS_READ"]]}, "`scopes` is '[\"USERS_READ\"]'"),
            ({"scopes": ["USERS_READ"] * 21}, "`scopes` is"),
            ({"days": 0}, "`days` is '0': give a whole number from 1 to 365."),
            ({"days": 366}, "`days` is '366'"),
            ({"days": 1.5}, "`days` is '1.5'"),
            ({"days": None}, "`days` is 'null'"),
            ({"expirationTimestamp": "2100-01-01T00:00:00Z"}, "'expirationTimestamp' is not known here"),
            ({"creatorId": "user_" + "0" * 32}, "'creatorId' is not known here"),
        ],
    )
    async def test_what_cannot_be_made_is_not(
        self, own: Installation, admin: Admin, changes: dict[str, Any], said: str
    ) -> None:
        response = await admin("POST", "/service-tokens", wanted(**changes))
        assert (response.status_code, response.json()["code"]) == (400, "BAD_USER_INPUT")
        assert response.json()["detail"].startswith(said)
        assert await own.value("select count(*) from service_token") == 0

    async def test_a_token_makes_no_token(self, own: Installation, seals: Seals) -> None:
        token = await add_token(own)
        service = Admin(own, seals.seal("service", token))
        for method, path, body in (
            ("GET", "/service-tokens", None),
            ("POST", "/service-tokens", wanted()),
            ("DELETE", f"/service-tokens/service_token_{token.hex}", None),
            ("GET", "/users", None),
            ("GET", "/audit-events", None),
        ):
            response = await service(method, path, body)
            assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")
        assert await own.value("select count(*) from service_token where revocation_timestamp is null") == 1

    def test_the_document_knows_all_scopes(self) -> None:
        schemas = DOCUMENT.json["components"]["schemas"]
        assert schemas["Scopes"]["items"]["enum"] == labels(executable_schema(), "Scope")


@pytest.mark.parametrize(
    "change",
    [None, CHANGES[0], *(pytest.param(change, marks=pytest.mark.long) for change in CHANGES[1:])],
    ids=lambda change: change and change[0].__name__,
)
async def test_one_that_was_revoked_is_refused_at_the_next_request(
    run: Run,
    services: dict[str, str],
    worker_id: str,
    valkey: Valkeys,
    seals: Seals,
    change: tuple[Change, Change] | None,
) -> None:
    """Two processes, over a Valkey that is there, or goes while both believe that the token is good."""
    settings = services | valkey.settings | {"REDIS_SECONDS_MAX": "0.5"}
    name = f"{worker_id}_revoked"
    async with run(Application(settings, name)) as here, Application(settings, name).running() as there:
        admin = await admin_of(here)
        stays, goes = await add_token(here), await add_token(here)
        token, other = seals.seal("service", goes), seals.seal("service", stays)
        assert await is_good(here, token) and await is_good(there, token)
        if change is not None:
            await change[0](valkey)
        assert (await admin("DELETE", f"/service-tokens/service_token_{goes.hex}")).status_code == 200
        assert not await is_good(there, token) and not await is_good(here, token)
        assert await is_good(there, other)
        if change is not None:
            await change[1](valkey)
            assert not await is_good(there, token)
            await asyncio.sleep(0.1)
            assert not await is_good(there, token) and not await is_good(here, token)
