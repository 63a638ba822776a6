"""/api/admin: what admins do to others, who may, what it leaves in the log, and what nobody can do by it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from server import ids
from server.auth.seals import Seals
from tests.asking import Application, Installation
from tests.conftest import Run
from tests.rest_contract import Document
from tests.test_service_token import add_token

DOCUMENT = Document()
BELOW = ("USER", "AGENT", "OFFICE_MANAGER", "MODERATOR")
# A body that would be taken of each operation that takes one.
BODIES: dict[str, dict[str, Any]] = {
    "suspendUser": {"reason": "Spam."},
    "restoreUser": {"reason": "A mistake."},
    "changeRole": {"role": "ADMIN"},
    "retryJob": {},
    "createServiceToken": {
        "name": "Billing",
        "scopes": ["USERS_READ"],
        "days": 30,
    },
}
OPERATIONS = [
    (method.upper(), path, item[method]["operationId"])
    for path, item in DOCUMENT.json["paths"].items()
    if path.startswith("/api/admin/")
    for method in item
]


class Admin:
    """Somebody who asks REST, and has every answer compared with the document."""

    def __init__(self, made: Installation, token: str | None, user: UUID | None = None) -> None:
        self.made, self.token, self.user = made, token, user

    async def __call__(
        self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        given = {"authorization": f"Bearer {self.token}"} if self.token else {}
        content = body if isinstance(body, bytes | None) else orjson.dumps(body)
        if content is not None:
            given["content-type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"/api/admin{path}"
        return DOCUMENT.check(
            await self.made.http.request(method, address, content=content, params=query, headers=given)
        )


async def admin_of(made: Installation, role: str = "ADMIN", name: str = "Ada") -> Admin:
    """Somebody in a role, signed in."""
    email = f"{uuid4().hex}@example.com"
    user = await made.add("user_account", display_name=name, email=email, role=role)
    return Admin(made, await made.sign_in(user, role), user)


@pytest.fixture
async def admin(own: Installation) -> Admin:
    return await admin_of(own)


@pytest.fixture
async def ruth(own: Installation) -> UUID:
    """A user whom admins look after."""
    return await own.add("user_account", display_name="Ruth", email="ruth@example.com")


def wire(user: UUID | None) -> str:
    assert user is not None
    return ids.encode("user", user)


async def log(made: Installation) -> list[dict[str, Any]]:
    """The lines of the log that somebody wrote who was signed in."""
    rows = await made.sql(
        """select action, actor_id, subject_id, host(ip_address) as address, reason, before::text, after::text
        from audit_event where actor_id is not null order by id"""
    )
    for row in rows:
        row["before"], row["after"] = (orjson.loads(row[name] or "null") for name in ("before", "after"))
    return rows


async def all_rows(made: Installation) -> list[Any]:
    """All that admins can change, as it stands."""
    return [
        await made.sql(f"select * from {table} order by 1")
        for table in ("user_account", "user_session", "audit_event", "pgqueuer")
    ]


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    problem = response.json()
    return response.status_code, problem["code"], problem["detail"]


class TestWhoMay:
    async def test_nobody_below_admin_reads_or_changes_anything(
        self, own: Installation, ruth: UUID, services: dict[str, str]
    ) -> None:
        """Every operation of the document, as nobody, in every role, and as a service with every scope."""
        session = await own.value(
            "insert into user_session (user_id, expiration_timestamp) "
            "values ($1, now() + interval '1 day') returning id",
            ruth,
        )
        job = await own.value("select enqueue_job('mail', '{}')")
        asking = [Admin(own, None), Admin(own, "nonsense")]
        asking += [await admin_of(own, role) for role in BELOW]
        service = await add_token(own)
        asking.append(Admin(own, Seals([services["SECRET_KEY"]]).seal("service", service), service))
        before = await all_rows(own)
        for who in asking:
            for method, template, operation in OPERATIONS:
                path = template.removeprefix("/api/admin").replace("{sessionId}", f"session_{session.hex}")
                path = path.replace("tokens/{id}", f"tokens/service_token_{ruth.hex}")
                path = path.replace("{id}", str(job) if "/jobs/" in path else wire(ruth))
                response = await who(method, path, BODIES.get(operation))
                expected = (403, "FORBIDDEN") if who.user else (401, "UNAUTHENTICATED")
                assert refusal(response)[:2] == expected, (method, path)
        assert await all_rows(own) == before
        assert len(OPERATIONS) == 16

    async def test_who_was_an_admin_is_refused_at_the_next_request(self, own: Installation) -> None:
        first, second = await admin_of(own), await admin_of(own)
        assert (await second("GET", "/users")).status_code == 200
        assert (await first("PUT", f"/users/{wire(second.user)}/role", {"role": "USER"})).status_code == 200
        assert refusal(await second("GET", "/users"))[:2] == (403, "FORBIDDEN")

    async def test_forms_of_other_sites_change_nothing(self, admin: Admin, ruth: UUID) -> None:
        before = await all_rows(admin.made)
        for content_type in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""):
            response = await admin(
                "POST",
                f"/users/{wire(ruth)}/suspend",
                b'{"reason": "x"}',
                content_type=content_type,
            )
            assert refusal(response)[:2] == (415, "UNSUPPORTED_MEDIA")
        assert await all_rows(admin.made) == before


class TestUsers:
    async def test_they_are_found_page_by_page(self, admin: Admin, ruth: UUID) -> None:
        everybody = []
        after = None
        while True:
            query = {"first": 7, **({"after": after} if after else {})}
            page = (await admin("GET", "/users", query=query)).json()
            everybody += [user["id"] for user in page["items"]]
            if (after := page["next"]) is None:
                break
        known = await admin.made.sql("select id from user_account order by id desc")
        assert everybody == [wire(row["id"]) for row in known]
        assert len(everybody) > 14

    @pytest.mark.parametrize(
        ("query", "is_found"),
        [
            ({"email": "RUTH@example"}, True),
            ({"email": "uth@example"}, False),
            ({"email": "ruth%"}, False),
            ({"email": "ruth_example"}, False),
            ({"name": "UT", "role": "USER", "status": "ACTIVE"}, True),
            ({"name": "ruth", "role": "ADMIN"}, False),
            ({"name": "ruth", "status": "SUSPENDED"}, False),
            ({"name": "' or true --"}, False),
            ({"name": "\U0001f600"}, False),
        ],
    )
    async def test_conditions_hold_together(
        self, admin: Admin, ruth: UUID, query: dict[str, str], is_found: bool
    ) -> None:
        found = (await admin("GET", "/users", query=query)).json()["items"]
        assert (wire(ruth) in [user["id"] for user in found]) == is_found

    async def test_a_user_is_shown_as_they_are(self, admin: Admin, ruth: UUID) -> None:
        user = (await admin("GET", f"/users/{wire(ruth)}")).json()
        del user["originalEntryTimestamp"], user["modificationTimestamp"]
        assert user == {
            "id": wire(ruth),
            "email": "ruth@example.com",
            "displayName": "Ruth",
            "role": "USER",
            "status": "ACTIVE",
        }

    async def test_who_is_suspended_is_gone_until_they_are_restored(
        self, own: Installation, admin: Admin, ruth: UUID
    ) -> None:
        token = await own.sign_in(ruth)
        (session,) = [
            each["id"] for each in await own.sql("select id from user_session where user_id = $1", ruth)
        ]
        hers = own.with_token(token)
        assert (await hers.ask("{ account { email } }")).status == 200
        suspended = await admin("POST", f"/users/{wire(ruth)}/suspend", {"reason": "Spam."})
        assert suspended.json()["status"] == "SUSPENDED"
        assert (await hers.ask("{ account { email } }")).status == 401
        restored = await admin("POST", f"/users/{wire(ruth)}/restore", {"reason": "A mistake."})
        assert restored.json()["status"] == "ACTIVE"
        # Whoever had her token has nothing of it.
        assert (await hers.ask("{ account { email } }")).status == 401
        line = {"actor_id": admin.user, "address": "127.0.0.1"}
        hers_ = line | {"subject_id": ruth}
        ended = {"user_id": str(ruth), "end_reason": "ACCOUNT_SUSPENDED"}
        assert sorted(await log(own), key=lambda each: (each["reason"] != "Spam.", each["action"])) == [
            hers_
            | {
                "action": "account.update",
                "reason": "Spam.",
                "before": {"status": "ACTIVE"},
                "after": {"status": "SUSPENDED"},
            },
            line
            | {
                "action": "session.end",
                "subject_id": session,
                "reason": "Spam.",
                "before": None,
                "after": ended,
            },
            hers_
            | {
                "action": "account.update",
                "reason": "A mistake.",
                "before": {"status": "SUSPENDED"},
                "after": {"status": "ACTIVE"},
            },
        ]

    async def test_a_role_holds_at_the_next_request(
        self, own: Installation, admin: Admin, ruth: UUID
    ) -> None:
        hers = own.with_token(await own.sign_in(ruth))
        assert (await hers.ask("{ account { role } }")).data["account"]["role"] == "USER"
        body = {"role": "MODERATOR", "reason": "She knows."}
        assert (await admin("PUT", f"/users/{wire(ruth)}/role", body)).json()["role"] == "MODERATOR"
        assert (await hers.ask("{ account { role } }")).data["account"]["role"] == "MODERATOR"
        # The same again is no change, and no line.
        assert (await admin("PUT", f"/users/{wire(ruth)}/role", body)).status_code == 200
        assert await log(own) == [
            {
                "action": "account.update",
                "actor_id": admin.user,
                "subject_id": ruth,
                "address": "127.0.0.1",
                "reason": "She knows.",
                "before": {"role": "USER"},
                "after": {"role": "MODERATOR"},
            }
        ]

    async def test_what_cannot_be_is_a_conflict_and_changes_nothing(
        self, own: Installation, admin: Admin, ruth: UUID
    ) -> None:
        nobody = await own.add("user_account", display_name="Brought")
        gone = await own.add("user_account", display_name="Gone", status="DELETED")
        before = await all_rows(own)
        why = {"reason": "x"}
        for method, path, body, said in (
            ("POST", f"/users/{wire(admin.user)}/suspend", why, "your own account"),
            ("PUT", f"/users/{wire(admin.user)}/role", {"role": "USER"}, "your own account"),
            ("PUT", f"/users/{wire(nobody)}/role", {"role": "ADMIN"}, "cannot sign in"),
            ("PUT", f"/users/{wire(gone)}/role", {"role": "AGENT"}, "is DELETED"),
            ("POST", f"/users/{wire(gone)}/suspend", why, "is DELETED"),
            ("POST", f"/users/{wire(gone)}/restore", why, "is DELETED"),
            ("POST", f"/users/{wire(ruth)}/restore", why, "is ACTIVE"),
        ):
            status, code, detail = refusal(await admin(method, path, body))
            assert (status, code) == (409, "CONFLICT"), path
            assert said in detail
        assert await all_rows(own) == before

    @pytest.mark.parametrize("action", ["suspend", "role"])
    async def test_of_two_admins_who_remove_each_other_one_stays(
        self, own: Installation, action: str
    ) -> None:
        first, second = await admin_of(own), await admin_of(own)
        await own.sql(
            "update user_account set role = 'USER' where role = 'ADMIN' and id <> all($1)",
            [first.user, second.user],
        )
        async with own.connection() as holding:
            # Both are let in, and both have written, before either may go on.
            await holding.execute("begin; select pg_advisory_xact_lock(hashtext('dwelzo.last_admin'))")
            asked = [
                asyncio.create_task(
                    who("POST", f"/users/{wire(other.user)}/suspend", {"reason": "x"})
                    if action == "suspend"
                    else who("PUT", f"/users/{wire(other.user)}/role", {"role": "USER"})
                )
                for who, other in ((first, second), (second, first))
            ]
            waiting = """select count(*) from pg_locks join pg_database as d on d.oid = database
                where d.datname = current_database() and locktype = 'advisory' and not granted"""
            while await own.value(waiting) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await holding.execute("rollback")
        answers = await asyncio.gather(*asked)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (refused,) = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "CONFLICT"
        assert "make somebody else one first" in refused.json()["detail"]
        assert (
            await own.value("select count(*) from user_account where role = 'ADMIN' and status = 'ACTIVE'")
            == 1
        )


class TestSessions:
    async def test_one_and_all_end_at_once(self, own: Installation, admin: Admin, ruth: UUID) -> None:
        tokens = [await own.sign_in(ruth) for _ in range(3)]
        hers = [own.with_token(token) for token in tokens]
        assert [(await each.ask("{ account { role } }")).status for each in hers] == [200] * 3
        found = (await admin("GET", f"/users/{wire(ruth)}/sessions")).json()["items"]
        assert len(found) == 3
        path = f"/users/{wire(ruth)}/sessions/{found[0]['id']}"
        assert (await admin("DELETE", path)).json() == {"sessionsEnded": 1}
        assert sorted([(await each.ask("{ account { role } }")).status for each in hers]) == [200, 200, 401]
        assert refusal(await admin("DELETE", path))[:2] == (404, "NOT_FOUND")
        assert (await admin("DELETE", f"/users/{wire(ruth)}/sessions")).json() == {"sessionsEnded": 2}
        assert [(await each.ask("{ account { role } }")).status for each in hers] == [401] * 3
        assert (await admin("GET", f"/users/{wire(ruth)}/sessions")).json() == {"items": []}
        lines = await log(own)
        assert {(each["action"], each["actor_id"], each["address"]) for each in lines} == {
            ("session.end", admin.user, "127.0.0.1")
        }
        assert [each["after"]["end_reason"] for each in lines] == ["REVOKED"] * 3

    async def test_a_session_is_found_below_its_own_user_alone(
        self, own: Installation, admin: Admin, ruth: UUID
    ) -> None:
        await own.sign_in(ruth)
        (session,) = (await admin("GET", f"/users/{wire(ruth)}/sessions")).json()["items"]
        path = f"/users/{wire(admin.user)}/sessions/{session['id']}"
        assert refusal(await admin("DELETE", path))[:2] == (404, "NOT_FOUND")
        assert len((await admin("GET", f"/users/{wire(ruth)}/sessions")).json()["items"]) == 1


class TestAuditLog:
    @pytest.fixture
    async def written(self, admin: Admin, ruth: UUID) -> AsyncIterator[Admin]:
        for path, body in (("suspend", {"reason": "<b>1</b>"}), ("restore", {"reason": "2"})):
            assert (await admin("POST", f"/users/{wire(ruth)}/{path}", body)).status_code == 200
        yield admin

    async def find(self, admin: Admin, **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await admin("GET", "/audit-events", query=query)).json()["items"]
        return items

    async def test_it_says_who_did_what_from_where_and_why(self, written: Admin, ruth: UUID) -> None:
        second, first = await self.find(written, actor=wire(written.user))
        assert second["reason"] == "2"
        del first["id"], first["originalEntryTimestamp"]
        assert first == {
            "action": "account.update",
            "actor": wire(written.user),
            "actorName": "Ada",
            "serviceToken": None,
            "subject": wire(ruth),
            "subjectKind": "user",
            "ipAddress": "127.0.0.1",
            "reason": "<b>1</b>",
            "before": {"status": "ACTIVE"},
            "after": {"status": "SUSPENDED"},
        }

    async def test_it_is_narrowed(self, written: Admin, ruth: UUID) -> None:
        everything = await self.find(written, first=100)
        hers = [each for each in everything if each["subject"] == wire(ruth)]
        assert await self.find(written, subject=wire(ruth)) == hers
        assert len(hers) == 3
        of_accounts = await self.find(written, action="account", first=100)
        assert of_accounts == [each for each in everything if each["action"].startswith("account.")]
        assert await self.find(written, action="account.insert", subject=wire(ruth)) == [hers[-1]]
        assert await self.find(written, action="acc") == []
        instant = hers[0]["originalEntryTimestamp"]
        assert await self.find(written, since=instant, subject=wire(ruth)) == hers[:1]
        assert await self.find(written, until=instant, subject=wire(ruth)) == hers[1:]
        page = (await written("GET", "/audit-events", query={"first": 2})).json()
        assert page["items"] == everything[:2]
        assert (await self.find(written, first=1, after=page["next"])) == everything[2:3]

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_no_route_writes_it(self, written: Admin, method: str) -> None:
        before = await all_rows(written.made)
        response = await written(method, "/audit-events")
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert await all_rows(written.made) == before


class TestJobs:
    @pytest.fixture
    async def job(self, own: Installation) -> int:
        """One that has failed for good."""
        id: int = await own.value("select enqueue_job('mail', '{\"to\": \"secret@example.com\"}')")
        await own.sql("update pgqueuer set status = 'failed', attempts = 9 where id = $1", id)
        return id

    async def test_they_are_seen_without_what_they_are_about(self, admin: Admin, job: int) -> None:
        response = await admin("GET", "/jobs", query={"state": "failed", "kind": "mail"})
        (found,) = response.json()["items"]
        assert (found["id"], found["state"], found["attempts"]) == (job, "failed", 10)
        assert "secret" not in response.text
        assert (await admin("GET", f"/jobs/{job}")).json() == found
        assert (await admin("GET", "/jobs", query={"state": "running"})).json() == {"items": [], "next": None}
        assert (await admin("GET", "/jobs", query={"after": job})).json()["items"] == []

    @pytest.mark.parametrize(
        ("method", "path", "action"), [("POST", "/retry", "job.retry"), ("DELETE", "", "job.discard")]
    )
    async def test_they_are_tried_again_or_thrown_away(
        self, own: Installation, admin: Admin, job: int, method: str, path: str, action: str
    ) -> None:
        body = {} if method == "POST" else None
        await own.sql("update pgqueuer set status = 'picked'")
        assert refusal(await admin(method, f"/jobs/{job}{path}", body))[:2] == (409, "CONFLICT")
        assert await log(own) == []
        await own.sql("update pgqueuer set status = 'failed'")
        assert (await admin(method, f"/jobs/{job}{path}", body)).status_code == 204
        left = await own.sql("select status::text from pgqueuer where id = $1", job)
        assert left == ([{"status": "queued"}] if method == "POST" else [])
        assert await log(own) == [
            {
                "action": action,
                "actor_id": admin.user,
                "subject_id": None,
                "address": "127.0.0.1",
                "reason": None,
                "before": {"id": job, "kind": "mail", "state": "failed", "attempts": 10},
                "after": None,
            }
        ]
        assert refusal(await admin(method, f"/jobs/{job + 1}{path}", body))[:2] == (404, "NOT_FOUND")


@pytest.fixture(scope="module")
async def hostile(run: Run, services: dict[str, str], worker_id: str) -> AsyncIterator[Admin]:
    """An admin at an installation to which nothing happens: what is refused leaves nothing behind."""
    async with run(Application(services, f"{worker_id}_hostile")) as made:
        yield await admin_of(made)


class TestHostileValues:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"", "The body is not JSON"),
            (b"[]", "The body must be one JSON object."),
            (b'"reason"', "The body must be one JSON object."),
            (b"{}", "`reason` is missing: give a text of 1 to 500 characters."),
            (b'{"reason": ""}', "`reason` is '': give a text of 1 to 500 characters."),
            (b'{"reason": "   "}', "`reason` is '   '"),
            (b'{"reason": null}', "`reason` is 'null'"),
            (b'{"reason": 1}', "`reason` is '1'"),
            (b'{"reason": NaN}', "The body is not JSON"),
            (b'{"reason": "a\\u0000b"}', "`reason` is 'a\\x00b'"),
            (b'{"reason": "\\ud800"}', "The body is not JSON"),
            (b'{"reason": "\xff"}', "The body is not JSON"),
            (b'{"reason": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "The body is not JSON"),
            (b'{"reason": "' + b"x" * 501 + b'"}', "`reason` is 'xxx"),
            # Nobody sets what they were not asked for.
            (b'{"reason": "x", "role": "ADMIN"}', "'role' is not known here: send `reason`."),
            (b'{"reason": "x", "__proto__": {}}', "'__proto__' is not known here"),
        ],
    )
    async def test_of_a_body(self, hostile: Admin, body: bytes, said: str) -> None:
        status, code, detail = refusal(await hostile("POST", f"/users/{wire(hostile.user)}/suspend", body))
        assert (status, code) == (400, "BAD_USER_INPUT")
        assert detail.startswith(said)
        assert await log(hostile.made) == []

    async def test_a_large_body(self, hostile: Admin) -> None:
        body = {"reason": "x" * 100_001}
        response = await hostile("POST", f"/users/{wire(hostile.user)}/suspend", body)
        assert refusal(response)[:2] == (413, "BODY_LIMIT")

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("/users?first=0", "`first` is '0': give a whole number from 1 to 100."),
            ("/users?first=101", "`first` is '101'"),
            ("/users?first=1e1", "`first` is '1e1'"),
            ("/users?first=99999999999999999999", "`first` is '99999999999999999999'"),
            ("/users?first=5&first=6", "The parameter 'first' is there more than once"),
            ("/users?role=KING", "`role` is 'KING': give one of USER, AGENT"),
            ("/users?name=%00", "`name` is '\\x00'"),
            ("/users?name=%ff", "The query string is not well formed"),
            ("/users?name=", "`name` is ''"),
            ("/users?owner=me", "'owner' is not known here: send `email`"),
            ("/users?after=x", "'x' is not an id"),
            (f"/users?after=session_{'0' * 32}", "'session_0"),
            ("/users/7", "'7' is not an id"),
            (f"/users/property_{'0' * 32}", "'property_0"),
            ("/audit-events?since=yesterday", "'yesterday' is not a DateTime"),
            ("/audit-events?action=%27", '`action` is "\'"'),
            ("/jobs/0", "`id` is '0'"),
            ("/jobs/9007199254740992", "`id` is '9007199254740992'"),
            ("/jobs?kind=%25", "`kind` is '%'"),
        ],
    )
    async def test_of_a_path_or_a_query(self, hostile: Admin, path: str, said: str) -> None:
        status, code, detail = refusal(await hostile("GET", path))
        assert (status, code) == (400, "BAD_USER_INPUT")
        assert detail.startswith(said)

    async def test_who_is_not_there_is_not_found(self, hostile: Admin) -> None:
        nobody = wire(uuid4())
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/suspend", {"reason": "x"}),
            ("PUT", "/role", {"role": "AGENT"}),
            ("GET", "/sessions", None),
            ("DELETE", "/sessions", None),
        ):
            status, code, detail = refusal(await hostile(method, f"/users/{nobody}{path}", body))
            assert (status, code) == (404, "NOT_FOUND")
            assert detail == f"There is no user '{nobody}' that you may see."
