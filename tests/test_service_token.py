"""Service tokens: other backends get as far as their scopes say, for as long as they may, and are nobody."""

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from server.access import labels
from server.app import executable_schema
from server.auth.seals import Seals
from server.context import Context, Viewer
from server.database import Database
from server.loaders import Loaders
from server.sql import Row
from tests.asking import Answer, Application, Installation
from tests.conftest import Run

AUTHOR = "query ($id: ID!) { review: node(id: $id) { ... on Review { author { displayName email } } } }"
USELESS = "The service token has expired or was revoked. Ask an admin for another."
FORGED = "The service token does not verify. Ask an admin for another."


@pytest.fixture
def seals(services: dict[str, str]) -> Seals:
    return Seals([services["SECRET_KEY"]])


async def add_token(made: Installation, *scopes: str, lasts: str = "1 day", **columns: Any) -> UUID:
    """A token that has been there for an hour, and lasts for so long from now."""
    token = await made.add(
        "service_token",
        id=uuid4(),
        name="Billing",
        scopes=list(scopes or ("AUDIT_READ", "USERS_READ")),
        original_entry_timestamp=await made.value("select now() - interval '1 hour'"),
        expiration_timestamp=await made.value("select now() + $1::text::interval", lasts),
        **columns,
    )
    return token


async def is_good(made: Installation, token: str, why_not: str = USELESS) -> bool:
    """Whether a token is taken; where it is not, with this reason."""
    answer = await made.with_token(token).ask("{ serviceToken { name } }")
    if answer.status != 200:
        assert (answer.status, answer.refusal) == (401, ("UNAUTHENTICATED", why_not))
        assert answer.statements == 0
    return answer.status == 200


async def last_use(made: Installation) -> Any:
    return await made.value("select last_use_timestamp from service_token")


async def test_a_token_sees_itself(own: Installation, seals: Seals) -> None:
    token = await add_token(own, "USERS_READ")
    asked = "{ serviceToken { name scopes originalEntryTimestamp expirationTimestamp } }"
    answer = await own.with_token(seals.seal("service", token)).ask(asked)
    seen = answer.data["serviceToken"]
    assert (seen["name"], seen["scopes"]) == ("Billing", ["USERS_READ"])
    assert seen["originalEntryTimestamp"] < seen["expirationTimestamp"]
    # A person has none, and nobody else may ask.
    assert (await own.as_user(uuid4(), "ADMIN").ask(asked)).data == {"serviceToken": None}
    assert (await own.as_user(uuid4()).ask(asked)).codes == ["FORBIDDEN"]
    assert (await own.ask(asked)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("scope", labels(executable_schema(), "Scope"))
async def test_each_scope_is_one_of_the_database_and_sees_its_token(
    own: Installation, seals: Seals, scope: str
) -> None:
    assert await is_good(own, seals.seal("service", await add_token(own, scope)))


async def test_a_token_gets_as_far_as_its_scopes(own: Installation, seals: Seals) -> None:
    ruth = await own.add("user_account", display_name="Ruth", email="ruth@example.com")
    review = await own.add(
        "review",
        property_id=await own.add_property("reviewed"),
        author_id=ruth,
        rating=5,
        body="Lovely.",
    )

    async def asked(installation: Installation) -> Answer:
        return await installation.ask(AUTHOR, id=f"review_{review.hex}")

    def bearing(token: UUID) -> Installation:
        return own.with_token(seals.seal("service", token))

    read = {"review": {"author": {"displayName": "Ruth", "email": "ruth@example.com"}}}
    with_scope, with_both = await add_token(own, "USERS_READ"), await add_token(own)
    assert (await asked(bearing(with_scope))).data == read
    assert (await asked(bearing(with_both))).data == read
    assert (await asked(own.as_user(uuid4(), "ADMIN"))).data == read
    without = await asked(bearing(await add_token(own, "AUDIT_READ")))
    assert (without.status, without.statements) == (403, 0)
    assert without.refusal == (
        "FORBIDDEN",
        "`User.email` needs the scope USERS_READ, and your token has AUDIT_READ.",
    )
    assert (await asked(own.as_user(ruth, "MODERATOR"))).codes == ["FORBIDDEN"]
    assert (await asked(own)).codes == ["UNAUTHENTICATED"]
    # Where there is no rule, everybody passes.
    open_to_all = await bearing(with_scope).ask("PropertyById", id=f"property_{uuid4().hex}")
    assert (open_to_all.status, open_to_all.data) == (200, {"property": None})


async def test_a_token_is_nobody(own: Installation, seals: Seals) -> None:
    """What is done as somebody who has an account is refused, and nothing of it is done."""
    token = own.with_token(seals.seal("service", await add_token(own)))
    listing = await own.add_property("reviewed")
    given = {"propertyId": f"property_{listing.hex}", "rating": 5, "body": "Lovely."}
    for document, variables in (
        ("CreateReview", {"input": given}),
        ("SignOut", {"input": {}}),
        ("Account", {}),
        ("{ viewer { id } }", {}),
    ):
        answer = await token.ask(document, **variables)
        assert (answer.status, {*answer.codes}) == (403, {"FORBIDDEN"}), document
    assert await own.value("select count(*) from review where property_id = $1", listing) == 0


class TestNoGood:
    async def test_one_that_has_expired(self, own: Installation, seals: Seals) -> None:
        gone = seals.seal("service", await add_token(own, lasts="-1 second"))
        assert not await is_good(own, gone)
        soon = seals.seal("service", await add_token(own, lasts="2 seconds"))
        assert await is_good(own, soon)
        await asyncio.sleep(3.1)
        assert not await is_good(own, soon)

    async def test_one_that_was_revoked_by_sql_is_out_within_a_second(
        self, own: Installation, seals: Seals
    ) -> None:
        token = seals.seal("service", await add_token(own))
        assert await is_good(own, token)
        await own.sql("update service_token set revocation_timestamp = now()")
        await asyncio.sleep(1.1)
        assert not await is_good(own, token)
        with pytest.raises(Exception, match="stays so"):
            await own.sql("update service_token set revocation_timestamp = null")

    async def test_one_that_there_never_was(self, own: Installation, seals: Seals) -> None:
        assert not await is_good(own, seals.seal("service", uuid4()))

    async def test_one_that_nobody_sealed(self, own: Installation, seals: Seals) -> None:
        """Whatever is changed of it, the database is not asked."""
        token = await add_token(own)
        good = seals.seal("service", token)
        at = len("dwz_service_")
        forged = [
            # A letter of the id, the number, the MAC; cut short, made longer, empty.
            *(
                good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
                for place in (at, 38, 50)
            ),
            good[:-4],
            good + "AAAA",
            good[:at],
            # With another secret.
            Seals(["another secret, of enough letters"]).seal("service", token),
            # A refresh token, and what only calls itself a service token.
            "dwz_service_" + seals.seal("refresh", token).removeprefix("dwz_refresh_"),
            "dwz_service_" + seals.seal("verify", token).removeprefix("dwz_verify_"),
        ]
        for each in forged:
            assert not await is_good(own, each, FORGED), each
        assert await last_use(own) is None
        assert await is_good(own, good)

    async def test_one_of_another_purpose(self, own: Installation, seals: Seals) -> None:
        token = await add_token(own)
        for purpose in ("refresh", "verify", "email", "reset"):
            answer = await own.with_token(seals.seal(purpose, token)).ask("{ serviceToken { name } }")
            assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
        answer = await own.ask("RefreshSession", input={"refreshToken": seals.seal("service", token)})
        assert answer.data["refreshSession"]["userErrors"][0]["code"] == "INVALID_TOKEN"
        # Nor do a user's session and a token of the same id make one of the other.
        user = await own.add("user_account", display_name="Ruth")
        session = await own.add(
            "user_session", user_id=user, expiration_timestamp="2100-01-01T00:00:00Z", id=token
        )
        await own.sql("delete from service_token")
        assert await own.value("select id from user_session") == session
        assert not await is_good(own, seals.seal("service", session))


async def test_a_new_secret_ends_no_token_as_long_as_the_old_one_is_known(
    run: Run, services: dict[str, str], worker_id: str
) -> None:
    old = services["SECRET_KEY"]
    given = services | {"SECRET_KEY": "n" * 40}
    name = f"{worker_id}_secrets"
    async with (
        run(Application(given, name, SECRET_KEYS_RETIRED=old)) as both,
        Application(given, name).running() as new_alone,
    ):
        token = Seals([old]).seal("service", await add_token(both))
        assert await is_good(both, token)
        assert not await is_good(new_alone, token, FORGED)


class TestUse:
    async def test_it_is_noted_once_a_minute(self, own: Installation, seals: Seals) -> None:
        token = seals.seal("service", await add_token(own))
        assert await last_use(own) is None
        assert await is_good(own, token)
        first = await last_use(own)
        assert first is not None
        # Past the second for which an answer is believed.
        await asyncio.sleep(1.1)
        assert await is_good(own, token)
        assert await last_use(own) == first
        await own.sql("update service_token set last_use_timestamp = now() - interval '61 seconds'")
        await asyncio.sleep(1.1)
        assert await is_good(own, token)
        assert await last_use(own) > first
        # Of which the log of who did what is not told.
        assert await own.value("select count(*) from audit_event where action = 'service_token.change'") == 0

    async def test_a_refused_one_is_not_used(self, own: Installation, seals: Seals) -> None:
        assert not await is_good(own, seals.seal("service", await add_token(own, lasts="-1 second")))
        assert await last_use(own) is None

    async def test_where_it_cannot_be_noted_the_request_goes_on(
        self, own: Installation, seals: Seals, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = seals.seal("service", await add_token(own))
        await own.sql(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$"
        )
        await own.sql(
            "create trigger refuse before update on service_token for each row execute function refuse()"
        )
        assert await is_good(own, token)
        assert await last_use(own) is None
        assert "could not be noted (RaiseError)" in caplog.text

    async def test_nobody_waits_for_who_changes_the_token(self, own: Installation, seals: Seals) -> None:
        token = seals.seal("service", await add_token(own))
        async with own.connection() as other, other.transaction():
            await other.execute("select from service_token for update")
            assert await asyncio.wait_for(is_good(own, token), 5)
        assert await last_use(own) is None


async def test_requests_are_counted_by_the_token(
    run: Run, services: dict[str, str], worker_id: str, seals: Seals
) -> None:
    given = {"RATE_LIMITS": "true", "RATE_REQUESTS": "2/minute"}
    async with run(Application(services, f"{worker_id}_rates", **given)) as made:
        one, other = [seals.seal("service", await add_token(made)) for _ in range(2)]
        assert await is_good(made, one) and await is_good(made, one)
        refused = await made.with_token(one).ask("{ serviceToken { name } }")
        assert (refused.status, refused.codes) == (429, ["RATE_LIMITED"])
        assert await is_good(made, other)


async def test_a_token_stands_in_no_log_and_nowhere_else(
    own: Installation, seals: Seals, services: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    token = seals.seal("service", await add_token(own))
    with caplog.at_level(logging.DEBUG):
        assert await is_good(own, token)
        await own.sql("update service_token set revocation_timestamp = now()")
        await asyncio.sleep(1.1)
        assert not await is_good(own, token)
        assert not await is_good(own, token[:-3] + "abc", FORGED)
    said = caplog.text
    for table in ("service_token", "audit_event"):
        said += str(await own.sql(f"select * from {table}"))
    async with redis.asyncio.from_url(services["REDIS_URL"], decode_responses=True) as client:
        async for key in client.scan_iter("dwelzo:service_token:*"):
            said += f"{key} {await client.get(key)}"
    assert token.removeprefix("dwz_service_")[:30] not in said
    assert token[-20:] not in said


async def test_the_log_names_the_token_that_acts(own: Installation) -> None:
    """No scope lets a service change anything today; one that will is in the log by its token."""
    user = await own.add("user_account", display_name="Ruth", email="ruth@example.com")
    token = await add_token(own)
    database = Database(own.url, size=1)
    await database.connect()
    try:
        async with database.session() as session:
            viewer = Viewer(token, None, scopes=frozenset({"USERS_READ"}))
            async with Context(session, Loaders(), viewer, scope={"client": ("192.0.2.7", 1)}).transaction():
                await session.fetch("update user_account set display_name = 'R.' where id = $1", (user,), Row)
    finally:
        await database.disconnect()
    (line,) = await own.sql("select * from audit_event where action = 'account.update'")
    assert (line["actor_id"], line["service_token_id"], line["subject_id"]) == (None, token, user)
    assert str(line["ip_address"]) == "192.0.2.7"
    (made,) = await own.sql("select * from audit_event where action = 'service_token.create'")
    assert (made["actor_id"], made["service_token_id"], made["subject_id"]) == (None, None, token)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"name": ""}, "service_token_name_length"),
        ({"name": "x" * 81}, "service_token_name_length"),
        ({"scopes": []}, "service_token_scopes_length"),
        ({"scopes": [None]}, "service_token_scopes_elements"),
        ({"scopes": ["ALL"]}, "invalid input value for enum scope"),
        ({"expiration_timestamp": None}, "not-null"),
        ({"expiration_timestamp": "infinity"}, "expiration_timestamp_(range|order)"),
        ({"expiration_timestamp": "2020-01-01T00:00:00Z"}, "service_token_expiration_timestamp_order"),
        ({"expiration_timestamp": "2100-01-01T00:00:00Z"}, "service_token_expiration_timestamp_order"),
    ],
)
async def test_what_no_token_is(own: Installation, columns: dict[str, Any], constraint: str) -> None:
    good = {
        "name": "Billing",
        "scopes": ["USERS_READ"],
        "expiration_timestamp": await own.value("select now() + interval '1 day'"),
        "original_entry_timestamp": await own.value("select now()"),
    }
    with pytest.raises(Exception, match=constraint):
        await own.add("service_token", id=uuid4(), **good | columns)
