"""Sessions: who gets in, who stays in, and that nobody who is out gets in again."""

import asyncio
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio
from argon2 import PasswordHasher

from server.auth.seals import Seals
from tests.asking import Answer, Application, Installation
from tests.conftest import Run
from tests.valkeys import CHANGES, Change, Valkeys

PASSWORD = "correct horse battery"
# Of little cost: what is tested here is not Argon2.
HASH = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)
WRONG = {"field": [], "code": "INVALID_CREDENTIALS", "message": "The address or the password is wrong."}
USELESS = {
    "field": ["input", "refreshToken"],
    "code": "INVALID_TOKEN",
    "message": "The session has ended. Sign in again.",
}


async def add_account(made: Installation, email: str = "ruth@example.com", **columns: Any) -> UUID:
    """Somebody who can sign in."""
    user = await made.add("user_account", display_name="Ruth", email=email, **columns)
    await made.sql("insert into user_credential (user_id, password_hash) values ($1, $2)", user, HASH)
    return user


async def sign_in(
    made: Installation, email: str = "ruth@example.com", password: str = PASSWORD, **more: Any
) -> dict[str, Any]:
    answer = await made.ask("SignIn", input={"email": email, "password": password, **more})
    return answer.data["signIn"]


async def refresh(made: Installation, token: str | None) -> dict[str, Any]:
    return (await made.ask("RefreshSession", input={"refreshToken": token})).data["refreshSession"]


async def is_in(made: Installation, payload: dict[str, Any]) -> bool:
    """Whether an access token is taken; where it is not, with the one answer that there is for it."""
    answer = await made.with_token(payload["accessToken"]).ask("{ account { email } }")
    if answer.status != 200:
        assert (answer.status, answer.refusal) == (
            401,
            ("UNAUTHENTICATED", "The session has ended. Sign in again."),
        )
    return answer.status == 200


async def actions(made: Installation) -> list[str]:
    return [row["action"] for row in await made.sql("select action from audit_event order by id")]


@pytest.fixture
async def ruth(own: Installation) -> UUID:
    return await add_account(own)


async def test_who_signs_in_is_who_they_are(own: Installation, ruth: UUID) -> None:
    payload = await sign_in(own, "Ruth@Example.COM")
    assert payload["userErrors"] == []
    assert payload["expiresIn"] == 900
    answer = await own.with_token(payload["accessToken"]).ask("Account")
    account = answer.data["account"]
    (session,) = account.pop("sessions")
    assert account == {
        "email": "ruth@example.com",
        "displayName": "Ruth",
        "role": "USER",
        "status": "ACTIVE",
        "originalEntryTimestamp": account["originalEntryTimestamp"],
        "user": {"id": f"user_{ruth.hex}", "displayName": "Ruth"},
    }
    assert session["isCurrent"] is True
    assert session["ipAddress"] == "127.0.0.1"
    assert session["userAgent"].startswith("python-httpx")
    assert await actions(own) == ["account.insert", "account.password_set", "session.begin"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ruth@example.com", "wrong"),
        ("ruth@example.com", ""),
        ("ruth@example.com", PASSWORD + "\0"),
        ("nobody@example.com", PASSWORD),
        ("brought@example.com", PASSWORD),
        ("", ""),
        ("x" * 5_000, "x" * 5_000),
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(
    own: Installation, ruth: UUID, email: str, password: str
) -> None:
    await own.add("user_account", display_name="Without a password", email="brought@example.com")
    answer = await own.ask("SignIn", input={"email": email, "password": password})
    if "\0" in password:
        assert answer.refusal[0] == "BAD_USER_INPUT"
        return
    payload = answer.data["signIn"]
    assert payload == {"accessToken": None, "expiresIn": None, "refreshToken": None, "userErrors": [WRONG]}
    assert "set-cookie" not in answer.headers
    assert (await actions(own))[-1] == "session.refused"
    assert await own.value("select count(*) from user_session") == 0


async def test_a_password_is_the_same_however_it_is_composed(own: Installation) -> None:
    await add_account(own)
    await own.sql("update user_credential set password_hash = $1", PasswordHasher().hash("caf\u00e9 au lait"))
    assert (await sign_in(own, password="cafe\u0301 au lait"))["userErrors"] == []
    # Hashed as we do today from now on, and still the same.
    assert "m=19456" in await own.value("select password_hash from user_credential")
    assert (await sign_in(own, password="caf\u00e9 au lait"))["userErrors"] == []


async def test_who_is_suspended_is_told_when_the_password_is_right(own: Installation, ruth: UUID) -> None:
    await own.sql("update user_account set status = 'SUSPENDED'")
    assert (await sign_in(own))["userErrors"][0]["code"] == "ACCOUNT_SUSPENDED"
    assert (await sign_in(own, password="wrong password"))["userErrors"] == [WRONG]


@pytest.mark.parametrize(("by", "most"), [("ACCOUNT", 3), ("ADDRESS", 5)])
async def test_attempts_are_counted(
    run: Run, services: dict[str, str], worker_id: str, valkey: Valkeys, by: str, most: int
) -> None:
    """By the account, also where there is none, and by the address; of both processes together."""
    settings = services | valkey.settings
    given = {f"ATTEMPTS_BY_{by}": f"{most}/15minutes"}
    name = f"{worker_id}_attempts"
    async with (
        run(Application(settings, name, **given)) as here,
        Application(settings, name, **given).running() as there,
    ):
        for number in range(most + 2):
            email = "nobody@example.com" if by == "ACCOUNT" else f"{number}@example.com"
            for made in (here, there):
                asked = {"email": email, "password": "wrong password"}
                answer = await made.ask("SignIn", input=asked)
                if number * 2 + (made is there) < most:
                    assert answer.data["signIn"]["userErrors"] == [WRONG]
                    continue
                (error,) = answer["errors"]
                assert error["extensions"]["code"] == "RATE_LIMITED"
                assert 0 < error["extensions"]["retryAfter"] <= 900


async def test_a_refresh_token_is_good_once_and_its_session_goes_on(own: Installation, ruth: UUID) -> None:
    first = await sign_in(own)
    tokens, payload = [first["refreshToken"]], first
    for _ in range(3):
        payload = await refresh(own, tokens[-1])
        assert payload["userErrors"] == []
        tokens.append(payload["refreshToken"])
    assert len({*tokens}) == 4
    assert await is_in(own, first) and await is_in(own, payload)
    assert await own.value("select count(*) from user_session") == 1


async def test_an_earlier_refresh_token_ends_the_session(own: Installation, ruth: UUID) -> None:
    first = await sign_in(own)
    other = await sign_in(own)
    second = await refresh(own, first["refreshToken"])
    assert await is_in(own, second)
    assert (await refresh(own, first["refreshToken"]))["userErrors"] == [USELESS]
    assert not await is_in(own, first) and not await is_in(own, second)
    assert (await refresh(own, second["refreshToken"]))["userErrors"] == [USELESS]
    # It was that sign-in alone.
    assert await is_in(own, other)
    reasons = await own.sql("select end_reason from user_session order by end_reason nulls last")
    assert [row["end_reason"] for row in reasons] == ["REFRESH_TOKEN_REUSED", None]
    assert (await actions(own))[-1] == "session.end"


async def test_of_ten_who_refresh_at_once_one_is_given_and_nobody_stays(
    own: Installation, ruth: UUID
) -> None:
    first = await sign_in(own)
    payloads = await asyncio.gather(*(refresh(own, first["refreshToken"]) for _ in range(10)))
    given = [payload for payload in payloads if not payload["userErrors"]]
    assert len(given) == 1
    assert all(payload["userErrors"] == [USELESS] for payload in payloads if payload not in given)
    assert not await is_in(own, given[0])
    assert (await refresh(own, given[0]["refreshToken"]))["userErrors"] == [USELESS]


@pytest.mark.parametrize("what", ["missing", "garbage", "verify", "nobody's", "later", "expired"])
async def test_what_is_no_refresh_token_changes_nothing(
    own: Installation, ruth: UUID, services: dict[str, str], what: str
) -> None:
    payload = await sign_in(own)
    session = await own.value("select id from user_session")
    seals = Seals([services["SECRET_KEY"]])
    given = {
        "missing": None,
        "garbage": "dwz_refresh_" + "A" * 59,
        "verify": seals.seal("verify", session),
        "nobody's": seals.seal("refresh", uuid4()),
        "later": seals.seal("refresh", session, 5),
        "expired": payload["refreshToken"],
    }[what]
    if what == "expired":
        await own.sql("update user_session set expiration_timestamp = now()")
    assert (await refresh(own, given))["userErrors"] == [USELESS]
    if what != "expired":
        assert await is_in(own, payload)
        assert (await refresh(own, payload["refreshToken"]))["userErrors"] == []


async def test_a_browser_has_its_refresh_token_in_a_cookie(own: Installation, ruth: UUID) -> None:
    def cookie(answer: Answer) -> Any:
        return SimpleCookie(answer.headers["set-cookie"])["dwelzo_refresh"]

    own.http.cookies.clear()
    asked = {"email": "ruth@example.com", "password": PASSWORD, "cookie": True}
    answer = await own.ask("SignIn", input=asked)
    assert answer.data["signIn"]["refreshToken"] is None
    given = cookie(answer)
    assert (given["httponly"], given["samesite"], given["path"]) == (True, "Strict", "/graphql")
    assert given["max-age"] == str(90 * 86_400)
    assert not given["secure"]
    own.http.cookies.clear()
    body = {
        "query": "mutation { refreshSession(input: {}) { accessToken refreshToken userErrors { code } } }"
    }
    refreshed = await own.post(body, cookie=f"theme=dark; dwelzo_refresh={given.value}")
    payload = refreshed.data["refreshSession"]
    assert (payload["refreshToken"], payload["userErrors"]) == (None, [])
    assert cookie(refreshed).value != given.value
    own.http.cookies.clear()
    gone = await own.with_token(payload["accessToken"]).ask("SignOut", input={})
    assert (cookie(gone).value, cookie(gone)["max-age"]) == ("", "0")
    own.http.cookies.clear()


async def test_a_cookie_goes_over_https_alone_where_there_is_https(own: Installation, ruth: UUID) -> None:
    asked = {"email": "ruth@example.com", "password": PASSWORD, "cookie": True}
    body = {"query": "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }"}
    response = await own.http.post(
        "https://dwelzo.test/graphql", json={**body, "variables": {"input": asked}}
    )
    assert "; Secure" in response.headers["set-cookie"]
    own.http.cookies.clear()


class TestLeaving:
    async def test_out_of_one_session(self, own: Installation, ruth: UUID) -> None:
        here, there = await sign_in(own), await sign_in(own)
        assert await is_in(own, here)
        answer = await own.with_token(here["accessToken"]).ask("SignOut", input={})
        assert answer.data["signOut"] == {"sessionsEnded": 1, "userErrors": []}
        assert not await is_in(own, here)
        assert await is_in(own, there)
        assert (await refresh(own, here["refreshToken"]))["userErrors"] == [USELESS]

    async def test_out_of_all(self, own: Installation, ruth: UUID) -> None:
        other = await add_account(own, "other@example.com")
        payloads = [await sign_in(own) for _ in range(3)]
        stays = await sign_in(own, "other@example.com")
        answer = await own.with_token(payloads[0]["accessToken"]).ask("SignOut", input={"everywhere": True})
        assert answer.data["signOut"]["sessionsEnded"] == 3
        assert [await is_in(own, payload) for payload in payloads] == [False] * 3
        assert await is_in(own, stays)
        assert await own.value("select count(*) from user_session where user_id = $1", other) == 1

    async def test_one_ends_ones_own_sessions_and_no_others(self, own: Installation, ruth: UUID) -> None:
        await add_account(own, "other@example.com")
        mine, elsewhere = await sign_in(own), await sign_in(own)
        theirs = await sign_in(own, "other@example.com")

        async def listed(payload: dict[str, Any]) -> list[dict[str, Any]]:
            answer = await own.with_token(payload["accessToken"]).ask("Account")
            return answer.data["account"]["sessions"]

        (other,) = [each["sessionId"] for each in await listed(mine) if not each["isCurrent"]]
        (foreign,) = [each["sessionId"] for each in await listed(theirs)]
        as_me = own.with_token(mine["accessToken"])
        refused = await as_me.ask("RevokeSession", input={"sessionId": foreign})
        assert refused.data["revokeSession"]["userErrors"][0]["code"] == "NOT_FOUND"
        assert await is_in(own, theirs)
        done = await as_me.ask("RevokeSession", input={"sessionId": other})
        assert done.data["revokeSession"] == {"sessionId": other, "userErrors": []}
        assert not await is_in(own, elsewhere)
        assert len(await listed(mine)) == 1
        again = await as_me.ask("RevokeSession", input={"sessionId": other})
        assert again.data["revokeSession"]["userErrors"][0]["code"] == "NOT_FOUND"
        for wrong in ("session_1", f"user_{ruth.hex}", ""):
            bad = await as_me.ask("RevokeSession", input={"sessionId": wrong})
            assert bad.codes == ["BAD_USER_INPUT"]

    async def test_of_many_sessions_the_oldest_go(self, own: Installation, ruth: UUID) -> None:
        await own.sql(
            """insert into user_session (user_id, expiration_timestamp, modification_timestamp)
            select $1, now() + interval '1 day', now() - n * interval '1 minute'
            from generate_series(1, 60) n""",
            ruth,
        )
        await sign_in(own)
        assert await own.value("select count(*) from user_session where end_timestamp is null") == 50
        assert await own.value("select count(*) from user_session where end_reason = 'TOO_MANY'") == 11


@pytest.mark.parametrize("change", [None, *CHANGES], ids=lambda change: change and change[0].__name__)
async def test_nobody_who_is_gone_passes_at_the_next_request(
    run: Run,
    services: dict[str, str],
    worker_id: str,
    valkey: Valkeys,
    change: tuple[Change, Change] | None,
) -> None:
    """Two processes, over a Valkey that is there, or goes while both believe that the session goes on."""
    settings = services | valkey.settings | {"REDIS_SECONDS_MAX": "0.5"}
    name = f"{worker_id}_gone"
    async with run(Application(settings, name)) as here, Application(settings, name).running() as there:
        await add_account(here)
        stays, payload = await sign_in(here), await sign_in(here)
        assert await is_in(here, payload) and await is_in(there, payload)
        if change is not None:
            await change[0](valkey)
        out = await here.with_token(payload["accessToken"]).ask("SignOut", input={})
        assert out.data["signOut"]["sessionsEnded"] == 1
        assert not await is_in(there, payload) and not await is_in(here, payload)
        # Who is not gone passes all the while, and can refresh and sign in.
        assert await is_in(there, stays)
        assert await is_in(there, await refresh(there, stays["refreshToken"]))
        assert await is_in(here, await sign_in(there))
        if change is not None:
            await change[1](valkey)
            assert not await is_in(there, payload)
            # What was on its way while Valkey slept does not bring anybody back.
            await asyncio.sleep(0.1)
            assert not await is_in(there, payload) and not await is_in(here, payload)


@pytest.mark.parametrize("lost", ["FLUSHALL", "an older snapshot"])
async def test_a_valkey_that_forgets_brings_nobody_back(
    run: Run, services: dict[str, str], worker_id: str, valkey: Valkeys, lost: str
) -> None:
    settings = services | valkey.settings | {"REDIS_SECONDS_MAX": "0.5"}
    async with run(Application(settings, f"{worker_id}_forgets")) as made:
        await add_account(made)
        payload = await sign_in(made)
        assert await is_in(made, payload)
        async with redis.asyncio.from_url(valkey.settings["REDIS_URL"]) as client:
            (key,) = await client.keys("dwelzo:session:*")
            entry, until = await client.dump(key), await client.pexpiretime(key)
            await made.with_token(payload["accessToken"]).ask("SignOut", input={})
            await client.flushall()
            if lost == "an older snapshot":
                # An entry is as old as it was: what is left of its second is all that it has.
                await asyncio.sleep(1.0)
                await client.restore(key, until, entry, absttl=True)
        assert not await is_in(made, payload)


async def test_a_role_that_is_taken_away_is_gone_within_a_second_whoever_takes_it(
    own: Installation, ruth: UUID
) -> None:
    await own.sql("update user_account set role = 'AGENT' where id = $1", ruth)
    payload = await sign_in(own)

    async def role() -> str:
        answer = await own.with_token(payload["accessToken"]).ask("{ account { role } }")
        return answer.data["account"]["role"]

    assert await role() == "AGENT"
    await own.sql("update user_account set role = 'USER' where id = $1", ruth)
    assert await role() == "USER"


async def test_who_is_suspended_by_sql_is_out_within_a_second(own: Installation, ruth: UUID) -> None:
    payload = await sign_in(own)
    assert await is_in(own, payload)
    await own.sql("update user_account set status = 'SUSPENDED' where id = $1", ruth)
    await asyncio.sleep(1.1)
    assert not await is_in(own, payload)
    assert (await refresh(own, payload["refreshToken"]))["userErrors"] == [USELESS]
    assert await own.value("select end_reason from user_session") == "ACCOUNT_SUSPENDED"


async def test_a_password_that_is_being_changed_lets_nobody_in(own: Installation, ruth: UUID) -> None:
    """Between the look at the password and the session somebody changes it."""
    async with own.connection() as other:
        async with other.transaction():
            await other.execute(
                "update user_credential set password_hash = $1", PasswordHasher().hash("other")
            )
            asked = asyncio.create_task(sign_in(own))
            while not await own.value("select count(*) from pg_locks where not granted"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (await asked)["userErrors"] == [WRONG]
    assert await own.value("select count(*) from user_session") == 0
