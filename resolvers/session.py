"""Sessions: signing in, staying signed in, signing out."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from ariadne import MutationType, ObjectType

from generated.sql.account import account_by_email, audit_refusal, renew_password_hash
from generated.sql.session import (
    end_reused_session,
    end_session,
    end_sessions,
    end_sessions_beyond,
    insert_session,
    refresh_session,
)
from generated.types import RefreshSessionInput, RevokeSessionInput, SignInInput, SignOutInput
from server import ids, mail
from server.auth.cookies import read_refresh_cookie, refresh_cookie
from server.auth.tokens import SECONDS
from server.context import Context, Info
from server.loaders import computed
from server.mail.letters import folded
from server.mutations import Constraints, UserError, mutation_payload

# How long somebody stays signed in, however often they come; and on how many devices.
DAYS = 90
MOST_SESSIONS = 50
LONGEST_USER_AGENT = 300

mutation = MutationType()
session = ObjectType("Session")

WRONG = UserError("", "INVALID_CREDENTIALS", "The address or the password is wrong.")
SUSPENDED = UserError("", "ACCOUNT_SUSPENDED", "The account is suspended.")
USELESS = UserError("refresh_token", "INVALID_TOKEN", "The session has ended. Sign in again.")
NOT_THEIRS = UserError("session_id", "NOT_FOUND", "None of your sessions has this id.")

CONSTRAINTS: Constraints = {
    "user_session_user_id_fkey": WRONG,
    # Two thousand million refreshes of one session.
    "user_session_refresh_number_range": USELESS,
}


@computed(session, "sessionId")
async def session_ids(_: Context, sessions: Sequence[Any]) -> list[str]:
    return [ids.encode("session", each["id"]) for each in sessions]


@computed(session, "isCurrent")
async def is_current(context: Context, sessions: Sequence[Any]) -> list[bool]:
    return [each["id"] == context.actor.session for each in sessions]


@mutation.field("signIn")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_sign_in(_: Any, info: Info, input: SignInInput) -> dict[str, Any] | UserError:
    context, authority = info.context, info.context.authority
    email = folded(input["email"])
    await authority.attempts.spend(context.address, email)
    account = await account_by_email(context.session, email=email)
    # The password takes its time, and a connection is not held for it.
    await context.session.rest()
    hash_ = account.password_hash if account is not None else None
    is_right = await authority.passwords.verify(input["password"], hash_)
    if account is None or hash_ is None or not is_right:
        async with context.transaction():
            user = account.id if account is not None else None
            await audit_refusal(context.session, action="session.refused", user_id=user)
        return WRONG
    if account.status != "ACTIVE":
        return SUSPENDED
    if authority.passwords.is_outdated(hash_):
        renewed = await authority.passwords.hash(input["password"])
        await renew_password_hash(context.session, user_id=account.id, password_hash=renewed, previous=hash_)
        hash_ = renewed
    async with context.transaction(account.id):
        made = await insert_session(
            context.session,
            user_id=account.id,
            password_hash=hash_,
            days=DAYS,
            user_agent=user_agent(context),
            ip_address=context.address,
        )
        if made is None:
            # The password was changed, or the account suspended, at this very moment.
            raise WRONG
        ended = await end_sessions_beyond(context.session, user_id=account.id, most=MOST_SESSIONS)
        context.session.after_commit(partial(authority.sessions.changed, [each.id for each in ended]))
    return tokens(context, account.id, made.id, 0, in_cookie=input["cookie"])


@mutation.field("refreshSession")
@mutation_payload(CONSTRAINTS)
async def resolve_refresh_session(
    _: Any, info: Info, input: RefreshSessionInput
) -> dict[str, Any] | UserError:
    context, authority = info.context, info.context.authority
    given = input.get("refresh_token")
    token = given if given is not None else read_refresh_cookie(context)
    sealed = authority.seals.open("refresh", token or "")
    if sealed is None:
        return USELESS
    refreshed = await refresh_session(
        context.session,
        id=sealed.id,
        refresh_number=sealed.number,
        user_agent=user_agent(context),
        ip_address=context.address,
    )
    if refreshed is None:
        reused = await end_reused_session(context.session, id=sealed.id, refresh_number=sealed.number)
        if reused is not None:
            if reused.email is not None:
                await mail.sessions_ended(context.session, to=reused.email, display_name=reused.display_name)
            context.session.after_commit(partial(authority.sessions.changed, [reused.id]))
        # Returned, not raised: that the session ended stays.
        return USELESS
    return tokens(context, refreshed.user_id, refreshed.id, refreshed.refresh_number, in_cookie=given is None)


@mutation.field("signOut")
@mutation_payload(CONSTRAINTS)
async def resolve_sign_out(_: Any, info: Info, input: SignOutInput) -> dict[str, Any]:
    context, authority, viewer = info.context, info.context.authority, info.context.actor
    if input["everywhere"]:
        found = await end_sessions(context.session, user_id=viewer.id, but=None, reason="SIGNED_OUT")
        ended = [each.id for each in found]
    else:
        assert viewer.session is not None
        one = await end_session(context.session, id=viewer.session, user_id=viewer.id, reason="SIGNED_OUT")
        ended = [one.id] if one is not None else []
    context.session.after_commit(partial(authority.sessions.changed, ended))
    context.cookies.append(refresh_cookie(context, "", 0))
    return {"sessions_ended": len(ended)}


@mutation.field("revokeSession")
@mutation_payload(CONSTRAINTS)
async def resolve_revoke_session(_: Any, info: Info, input: RevokeSessionInput) -> dict[str, Any]:
    context, viewer = info.context, info.context.actor
    ended = await end_session(
        context.session, id=ids.decode("session", input["session_id"]), user_id=viewer.id, reason="REVOKED"
    )
    if ended is None:
        raise NOT_THEIRS
    context.session.after_commit(partial(context.authority.sessions.changed, [ended.id]))
    return {"session_id": input["session_id"]}


def tokens(context: Context, user: UUID, session_: UUID, number: int, *, in_cookie: bool) -> dict[str, Any]:
    """The payload of a session that goes on, with the tokens of its refresh so numbered."""
    authority = context.authority
    refresh_token = authority.seals.seal("refresh", session_, number)
    if in_cookie:
        context.cookies.append(refresh_cookie(context, refresh_token, DAYS * 86_400))
    return {
        "access_token": authority.tokens.sign(user, session_),
        "expires_in": SECONDS,
        "refresh_token": None if in_cookie else refresh_token,
    }


def user_agent(context: Context) -> str | None:
    """How the client calls itself, as far as it is text and not too long."""
    given = context.header(b"user-agent") or ""
    return "".join(each for each in given if each.isprintable())[:LONGEST_USER_AGENT] or None


bindables = [mutation, session]
