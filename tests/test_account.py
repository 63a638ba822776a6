"""Accounts: from a letter's link to the last good-bye, and what nobody is told on the way."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest

from server.auth.seals import Seals
from server.config import load_settings
from server.worker import create_worker
from tests.asking import Installation
from tests.test_session import PASSWORD, USELESS, add_account, is_in, refresh, sign_in

NEW = "another good password"


@pytest.fixture
def seals(services: dict[str, str]) -> Seals:
    return Seals([services["SECRET_KEY"]])


async def letters(made: Installation) -> list[dict[str, Any]]:
    """What is on its way, in order."""
    rows = await made.sql("select payload from pgqueuer where entrypoint = 'mail' order by id")
    return [orjson.loads(row["payload"]) for row in rows]


async def the_letter(made: Installation) -> dict[str, Any]:
    return (await letters(made))[-1]


def token(seals: Seals, letter: dict[str, Any]) -> str:
    """The token of a letter's link, as the worker seals it."""
    return seals.seal(letter["purpose"], UUID(letter["id"]))


async def do(made: Installation, mutation: str, **input: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    (payload,) = (await made.ask(mutation, input=input)).data.values()
    return payload


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(".".join(error["field"]), error["code"]) for error in payload["userErrors"]]


async def signed_in(made: Installation, email: str = "ruth@example.com") -> Installation:
    return made.with_token((await sign_in(made, email))["accessToken"])


class TestRegistering:
    async def test_an_account_begins_with_a_link(self, own: Installation, seals: Seals) -> None:
        asked = {"email": "Ruth@Example.com", "password": PASSWORD, "displayName": "Ruth"}
        payload = await do(own, "CreateAccount", **asked)
        assert payload == {"email": "Ruth@Example.com", "userErrors": []}
        letter = await the_letter(own)
        assert (letter["letter"], letter["purpose"]) == ("verify_email", "verify")
        assert await own.value("select count(*) from user_account where email is not null") == 0
        # Nothing of what would let anybody in is kept.
        assert letter["to"] == "ruth@example.com"
        assert token(seals, letter) not in str(await own.sql("select * from registration"))
        assert (await sign_in(own))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
        assert (await do(own, "VerifyEmail", token=token(seals, letter)))["email"] == "ruth@example.com"
        assert (await sign_in(own))["userErrors"] == []
        again = await do(own, "VerifyEmail", token=token(seals, letter))
        assert codes(again) == [("input.token", "INVALID_TOKEN")]

    async def test_who_has_an_account_is_told_by_mail_alone(self, own: Installation, seals: Seals) -> None:
        await add_account(own)
        payload = await do(own, "CreateAccount", email="ruth@example.com", password=NEW, displayName="Eve")
        assert payload == {"email": "ruth@example.com", "userErrors": []}
        letter = await the_letter(own)
        assert (letter["letter"], letter["display_name"]) == ("already_registered", "Ruth")
        # Even who guessed the row could make nothing of it.
        registration = await own.value("select id from registration")
        taken = await do(own, "VerifyEmail", token=seals.seal("verify", registration))
        assert codes(taken) == [("input.token", "ALREADY_EXISTS")]
        assert (await sign_in(own))["userErrors"] == []

    async def test_of_two_who_want_an_address_it_is_the_one_whose_link_is_followed(
        self, own: Installation, seals: Seals
    ) -> None:
        for name, password in (("Eve", "the password of eve"), ("Ruth", PASSWORD)):
            await do(own, "CreateAccount", email="ruth@example.com", password=password, displayName=name)
        first, second = await letters(own)
        assert (await do(own, "VerifyEmail", token=token(seals, second)))["userErrors"] == []
        assert codes(await do(own, "VerifyEmail", token=token(seals, first))) == [
            ("input.token", "INVALID_TOKEN")
        ]
        assert await own.value("select display_name from user_account where email is not null") == "Ruth"

    async def test_a_link_does_not_last(self, own: Installation, seals: Seals) -> None:
        await do(own, "CreateAccount", email="ruth@example.com", password=PASSWORD, displayName="Ruth")
        await own.sql("update registration set expiration_timestamp = now()")
        late = await do(own, "VerifyEmail", token=token(seals, await the_letter(own)))
        assert codes(late) == [("input.token", "INVALID_TOKEN")]

    @pytest.mark.parametrize(
        ("changes", "blamed"),
        [
            ({"email": "nobody"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "a@b@c"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "a b@example.com"}, ("input.email", "INVALID_FORMAT")),
            ({"email": ""}, ("input.email", "INVALID_FORMAT")),
            ({"email": "a\r\nBcc: b@example.com"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "<a@example.com>"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "a,b@example.com"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "a@exam\u202eple.com"}, ("input.email", "INVALID_FORMAT")),
            ({"email": "x" * 300 + "@example.com"}, ("input.email", "INVALID_FORMAT")),
            ({"password": "too short"}, ("input.password", "INVALID_LENGTH")),
            ({"password": "x" * 201}, ("input.password", "INVALID_LENGTH")),
            ({"displayName": ""}, ("input.displayName", "INVALID_LENGTH")),
            ({"displayName": "x" * 81}, ("input.displayName", "INVALID_LENGTH")),
        ],
        ids=str,
    )
    async def test_mistakes(
        self, own: Installation, changes: dict[str, str], blamed: tuple[str, str]
    ) -> None:
        asked = {"email": "ruth@example.com", "password": PASSWORD, "displayName": "Ruth"}
        payload = await do(own, "CreateAccount", **asked | changes)
        assert (payload["email"], codes(payload)) == (None, [blamed])
        assert await letters(own) == []
        assert await own.value("select count(*) from registration") == 0

    @pytest.mark.parametrize("more", ["role", "id", "status", "emailVerified"])
    async def test_nobody_says_what_they_are(self, own: Installation, more: str) -> None:
        asked = {"email": "ruth@example.com", "password": PASSWORD, "displayName": "Ruth", more: "ADMIN"}
        answer = await own.ask("CreateAccount", input=asked)
        assert answer.codes == ["BAD_USER_INPUT"]


class TestPasswords:
    async def test_a_forgotten_one_is_set_anew_and_all_sessions_end(
        self, own: Installation, seals: Seals
    ) -> None:
        await add_account(own)
        before = await sign_in(own)
        assert await is_in(own, before)
        assert (await do(own, "RequestPasswordReset", email="ruth@example.com"))["userErrors"] == []
        letter = await the_letter(own)
        assert letter["letter"] == "reset_password"
        short = await do(own, "ResetPassword", token=token(seals, letter), password="short")
        assert codes(short) == [("input.password", "INVALID_LENGTH")]
        done = await do(own, "ResetPassword", token=token(seals, letter), password=NEW)
        assert done == {"email": "ruth@example.com", "userErrors": []}
        assert not await is_in(own, before)
        assert (await refresh(own, before["refreshToken"]))["userErrors"] == [USELESS]
        assert (await sign_in(own))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
        assert (await sign_in(own, password=NEW))["userErrors"] == []
        again = await do(own, "ResetPassword", token=token(seals, letter), password=PASSWORD)
        assert codes(again) == [("input.token", "INVALID_TOKEN")]
        assert (await the_letter(own))["letter"] == "password_changed"

    async def test_nobody_learns_whether_there_is_an_account(self, own: Installation) -> None:
        await add_account(own)
        await own.add("user_account", display_name="Gone", email="gone@example.com", status="SUSPENDED")
        for email in ("ruth@example.com", "nobody@example.com", "gone@example.com"):
            answer = await own.ask("RequestPasswordReset", input={"email": email})
            assert answer.data["requestPasswordReset"] == {"email": email, "userErrors": []}
        assert [each["letter"] for each in await letters(own)] == [
            "reset_password",
            "no_account",
            "no_account",
        ]

    async def test_of_two_links_the_later_one_is_good(self, own: Installation, seals: Seals) -> None:
        await add_account(own)
        for _ in range(2):
            await do(own, "RequestPasswordReset", email="ruth@example.com")
        first, second = await letters(own)
        early = await do(own, "ResetPassword", token=token(seals, first), password=NEW)
        assert codes(early) == [("input.token", "INVALID_TOKEN")]
        assert (await do(own, "ResetPassword", token=token(seals, second), password=NEW))["userErrors"] == []

    async def test_a_link_is_for_what_it_says(self, own: Installation, seals: Seals) -> None:
        user = await add_account(own)
        as_ruth = await signed_in(own)
        await do(as_ruth, "RequestEmailChange", email="new@example.com", password=PASSWORD)
        ticket = await own.value("select id from ticket")
        for purpose in ("reset", "email", "verify", "refresh"):
            wrong = await do(own, "ResetPassword", token=seals.seal(purpose, ticket), password=NEW)
            assert codes(wrong) == [("input.token", "INVALID_TOKEN")]
        await do(own, "RequestPasswordReset", email="ruth@example.com")
        reset = await own.value("select id from ticket where purpose = 'RESET_PASSWORD'")
        for purpose in ("reset", "email", "verify"):
            wrong = await do(own, "VerifyEmail", token=seals.seal(purpose, reset))
            assert codes(wrong) == [("input.token", "INVALID_TOKEN")]
        assert await own.value("select email from user_account where id = $1", user) == "ruth@example.com"

    async def test_to_change_it_one_must_know_it_and_the_others_are_out(self, own: Installation) -> None:
        await add_account(own)
        other = await sign_in(own)
        mine = await sign_in(own)
        as_ruth = own.with_token(mine["accessToken"])
        wrong = await do(as_ruth, "ChangePassword", currentPassword="wrong password", newPassword=NEW)
        assert codes(wrong) == [("input.currentPassword", "INVALID_CREDENTIALS")]
        short = await do(as_ruth, "ChangePassword", currentPassword=PASSWORD, newPassword="short")
        assert codes(short) == [("input.newPassword", "INVALID_LENGTH")]
        done = await do(as_ruth, "ChangePassword", currentPassword=PASSWORD, newPassword=NEW)
        assert done == {"email": "ruth@example.com", "userErrors": []}
        assert await is_in(own, mine) and not await is_in(own, other)
        assert (await sign_in(own, password=NEW))["userErrors"] == []

    @pytest.mark.parametrize("how", ["changed", "reset"])
    async def test_a_new_one_ends_the_links_of_whoever_had_the_old_one(
        self, own: Installation, seals: Seals, how: str
    ) -> None:
        await add_account(own)
        as_ruth = await signed_in(own)
        await do(as_ruth, "RequestEmailChange", email="evil@example.com", password=PASSWORD)
        link = token(seals, await the_letter(own))
        if how == "changed":
            await do(as_ruth, "ChangePassword", currentPassword=PASSWORD, newPassword=NEW)
        else:
            await do(own, "RequestPasswordReset", email="ruth@example.com")
            await do(own, "ResetPassword", token=token(seals, await the_letter(own)), password=NEW)
        late = await do(own, "VerifyEmail", token=link)
        assert codes(late) == [("input.token", "INVALID_TOKEN")]
        assert (await sign_in(own, password=NEW))["userErrors"] == []

    @pytest.mark.parametrize("email", ["ruth@gma\u0130l.com", "\u212aate@example.com", "\u00c9@example.com"])
    async def test_a_capital_that_is_small_in_two_ways_is_no_address(
        self, own: Installation, email: str
    ) -> None:
        """Whoever is found by it is not whoever the letter would go to."""
        await add_account(own, "ruth@gmail.com")
        await add_account(own, "kate@example.com")
        for mutation, more in (
            ("RequestPasswordReset", {}),
            ("CreateAccount", {"password": NEW, "displayName": "Eve"}),
        ):
            assert codes(await do(own, mutation, email=email, **more)) == [("input.email", "INVALID_FORMAT")]
        assert (await sign_in(own, email))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
        assert await letters(own) == []


class TestChangingAddress:
    async def test_it_changes_when_the_new_one_is_proved(self, own: Installation, seals: Seals) -> None:
        await add_account(own)
        as_ruth = await signed_in(own)
        wrong = await do(as_ruth, "RequestEmailChange", email="new@example.com", password="wrong password")
        assert codes(wrong) == [("input.password", "INVALID_CREDENTIALS")]
        await do(as_ruth, "RequestEmailChange", email="New@example.com", password=PASSWORD)
        letter = await the_letter(own)
        assert (letter["letter"], letter["to"].lower()) == ("change_email", "new@example.com")
        assert (await sign_in(own))["userErrors"] == []
        proved = await do(own, "VerifyEmail", token=token(seals, letter))
        assert proved["email"] == "new@example.com"
        told = await the_letter(own)
        assert (told["letter"], told["to"]) == ("email_changed", "ruth@example.com")
        assert (await sign_in(own, "new@example.com"))["userErrors"] == []
        assert (await sign_in(own))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"

    async def test_to_an_address_that_is_taken_it_does_not(self, own: Installation, seals: Seals) -> None:
        await add_account(own)
        await add_account(own, "other@example.com")
        as_ruth = await signed_in(own)
        payload = await do(as_ruth, "RequestEmailChange", email="other@example.com", password=PASSWORD)
        assert payload == {"email": "other@example.com", "userErrors": []}
        assert (await the_letter(own))["letter"] == "already_registered"
        ticket = await own.value("select id from ticket")
        taken = await do(own, "VerifyEmail", token=seals.seal("email", ticket))
        assert codes(taken) == [("input.token", "ALREADY_EXISTS")]


class TestLeaving:
    async def test_what_is_left_of_an_account(self, own: Installation) -> None:
        user = await add_account(own)
        listing = await own.add_property("reviewed")
        await own.add("review", property_id=listing, author_id=user, rating=4, body="Nice.")
        payload = await sign_in(own)
        as_ruth = own.with_token(payload["accessToken"])
        wrong = await do(as_ruth, "DeleteAccount", password="wrong password")
        assert codes(wrong) == [("input.password", "INVALID_CREDENTIALS")]
        assert (await do(as_ruth, "DeleteAccount", password=PASSWORD))["email"] == "ruth@example.com"
        assert not await is_in(own, payload)
        assert (await sign_in(own))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
        (row,) = await own.sql(
            "select display_name, email, status, role from user_account where id = $1", user
        )
        assert row == {"display_name": "Deleted user", "email": None, "status": "DELETED", "role": "USER"}
        assert await own.value("select count(*) from user_credential") == 0
        assert await own.value("select body from review where author_id = $1", user) == "Nice."
        # The address is free again.
        await do(own, "CreateAccount", email="ruth@example.com", password=PASSWORD, displayName="Ruth")
        assert (await the_letter(own))["letter"] == "verify_email"

    async def test_the_last_admin_stays(self, own: Installation) -> None:
        await own.sql("update user_account set role = 'USER' where role = 'ADMIN'")
        user = await add_account(own, role="ADMIN")
        as_admin = await signed_in(own)
        payload = await do(as_admin, "DeleteAccount", password=PASSWORD)
        assert codes(payload) == [("", "LAST_ADMIN")]
        assert await own.value("select status from user_account where id = $1", user) == "ACTIVE"
        assert (await as_admin.ask("{ account { role } }")).data["account"]["role"] == "ADMIN"
        await add_account(own, "second@example.com", role="ADMIN")
        assert (await do(as_admin, "DeleteAccount", password=PASSWORD))["userErrors"] == []


async def test_the_log_cannot_be_changed_and_holds_no_secret(own: Installation, seals: Seals) -> None:
    await do(own, "CreateAccount", email="ruth@example.com", password=PASSWORD, displayName="Ruth")
    await do(own, "VerifyEmail", token=token(seals, await the_letter(own)))
    as_ruth = await signed_in(own)
    await do(as_ruth, "ChangePassword", currentPassword=PASSWORD, newPassword=NEW)
    log = await own.sql("select * from audit_event order by id")
    assert [row["action"] for row in log] == [
        "account.insert",
        "account.password_set",
        "session.begin",
        "account.password_changed",
    ]
    ruth = await own.value("select id from user_account where email is not null")
    assert [row["actor_id"] for row in log] == [None, None, ruth, ruth]
    assert {str(row["ip_address"]) for row in log} == {"127.0.0.1"}
    assert "argon2" not in str(log) and PASSWORD not in str(log)
    for statement in (
        "update audit_event set action = 'a.b'",
        "delete from audit_event",
        "truncate audit_event",
    ):
        with pytest.raises(Exception, match="only ever added to"):
            await own.sql(statement)


async def test_what_is_over_is_forgotten(own: Installation, services: dict[str, str]) -> None:
    """By the worker, before anything else."""
    user = await add_account(own)
    for age in ("1 hour", "-1 hour"):
        await own.sql(
            f"""insert into registration (email, display_name, password_hash, expiration_timestamp)
            values ('new@example.com', 'New', (select password_hash from user_credential),
                now() - interval '{age}')"""
        )
    for age in ("60 days", "20 days"):
        await own.sql(
            f"""insert into user_session (user_id, expiration_timestamp, end_timestamp, end_reason)
            values ($1, now() + interval '30 days', now() - interval '{age}', 'SIGNED_OUT'),
                ($1, now() - interval '{age}', null, null)""",
            user,
        )
    worker = create_worker(
        load_settings(services | {"DATABASE_URL": own.url, "DATABASE_DIRECT_URL": own.url})
    )
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while await own.value("select count(*) from user_session") > 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    worker.stop()
    await running
    assert await own.value("select count(*) from registration") == 1
    assert await own.value("select count(*) from user_session") == 2
