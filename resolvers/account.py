"""Accounts: asking for one, proving an address, passwords, leaving."""

from functools import partial
from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from generated.sql.account import (
    AccountOfViewerRow,
    account_by_email,
    account_by_id,
    account_of_viewer,
    change_email,
    change_password,
    delete_account,
    insert_account,
    insert_registration,
    insert_ticket,
    set_password,
    take_registration,
    take_ticket,
)
from generated.sql.session import end_sessions, sessions_of_account
from generated.sql.user import users_found
from generated.types import (
    ChangePasswordInput,
    CreateAccountInput,
    DeleteAccountInput,
    RequestEmailChangeInput,
    RequestPasswordResetInput,
    ResetPasswordInput,
    VerifyEmailInput,
)
from server import mail
from server.auth.passwords import LONGEST, SHORTEST
from server.context import Context, Info
from server.loaders import summary
from server.mail.letters import folded, is_address
from server.mutations import Constraints, UserError, mutation_payload
from server.search import relation

# How long a link in a letter is good.
HOURS, LINK_LASTS = 24, "24 hours"

query = QueryType()
mutation = MutationType()
account = ObjectType("Account")

WRONG_PASSWORD = UserError("password", "INVALID_CREDENTIALS", "The password is wrong.")
USELESS = UserError("token", "INVALID_TOKEN", "The link has been used, or is too old. Ask for a new one.")
NO_ADDRESS = UserError("email", "INVALID_FORMAT", "This is not an e-mail address.")
NO_NAME = UserError("display_name", "INVALID_LENGTH", "The name must have 1 to 80 characters.")
TAKEN = UserError("token", "ALREADY_EXISTS", "The address has an account by now: sign in to it.")
LAST_ADMIN = UserError("", "LAST_ADMIN", "You are the last admin. Make somebody else one first.")

CONSTRAINTS: Constraints = {
    "user_account_email_format": NO_ADDRESS,
    "user_account_email_unique": TAKEN,
    "user_account_display_name_length": NO_NAME,
    "user_account_last_admin": LAST_ADMIN,
    "registration_email_format": NO_ADDRESS,
    "registration_display_name_length": NO_NAME,
    "ticket_email_format": NO_ADDRESS,
    # What these compare is put together by our own statements.
    "ticket_email_required": None,
    "ticket_user_id_fkey": None,
    "user_credential_password_hash_format": None,
    "user_credential_user_id_fkey": None,
}


relation(account, "user", key="id", query=users_found)
summary(account, "sessions", key="id", query=sessions_of_account)


@query.field("account")
async def resolve_account(_: Any, info: Info) -> AccountOfViewerRow | None:
    return await account_of_viewer(info.context.session, viewer_id=info.context.actor.id)


@mutation.field("createAccount")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_create_account(_: Any, info: Info, input: CreateAccountInput) -> dict[str, Any]:
    context, authority = info.context, info.context.authority
    refuse_password("password", input["password"])
    email = address(input["email"])
    await authority.attempts.spend(context.address, email)
    # Hashed whether it is needed or not: an address that has an account takes as long as one that has none.
    hash_ = await authority.passwords.hash(input["password"])
    async with context.transaction():
        known = await account_by_email(context.session, email=email)
        registration = await insert_registration(
            context.session,
            email=email,
            display_name=input["display_name"],
            password_hash=hash_,
            hours=HOURS,
        )
        assert registration is not None
        if known is None:
            await mail.verify_email(
                context.session,
                to=email,
                display_name=input["display_name"],
                id=registration.id,
                expires_in=LINK_LASTS,
            )
        else:
            await mail.already_registered(context.session, to=email, display_name=known.display_name)
    return {"email": input["email"]}


@mutation.field("verifyEmail")
@mutation_payload(CONSTRAINTS)
async def resolve_verify_email(_: Any, info: Info, input: VerifyEmailInput) -> dict[str, Any]:
    context, seals = info.context, info.context.authority.seals
    if (sealed := seals.open("verify", input["token"])) is not None:
        found = await take_registration(context.session, id=sealed.id)
        if found is None:
            raise USELESS
        await insert_account(
            context.session,
            email=found.email,
            display_name=found.display_name,
            password_hash=found.password_hash,
        )
        return {"email": found.email}
    if (sealed := seals.open("email", input["token"])) is not None:
        ticket = await take_ticket(context.session, id=sealed.id, purpose="CHANGE_EMAIL")
        if ticket is None or ticket.email is None:
            raise USELESS
        await change_email(context.session, user_id=ticket.user_id, email=ticket.email)
        if ticket.previous_email is not None:
            await mail.email_changed(
                context.session, to=ticket.previous_email, display_name=ticket.display_name
            )
        return {"email": ticket.email}
    raise USELESS


@mutation.field("requestPasswordReset")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_request_password_reset(
    _: Any, info: Info, input: RequestPasswordResetInput
) -> dict[str, Any]:
    context = info.context
    email = address(input["email"])
    await context.authority.attempts.spend(context.address, email)
    async with context.transaction():
        known = await account_by_email(context.session, email=email)
        ticket = await insert_ticket(
            context.session,
            user_id=known.id if known is not None else None,
            purpose="RESET_PASSWORD",
            email=None,
            hours=HOURS,
        )
        if known is not None and ticket is not None:
            await mail.reset_password(
                context.session,
                to=email,
                display_name=known.display_name,
                id=ticket.id,
                expires_in=LINK_LASTS,
            )
        else:
            await mail.no_account(context.session, to=email, display_name="")
    return {"email": input["email"]}


@mutation.field("resetPassword")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_reset_password(_: Any, info: Info, input: ResetPasswordInput) -> dict[str, Any]:
    context, authority = info.context, info.context.authority
    refuse_password("password", input["password"])
    if (sealed := authority.seals.open("reset", input["token"])) is None:
        raise USELESS
    hash_ = await authority.passwords.hash(input["password"])
    async with context.transaction():
        ticket = await take_ticket(context.session, id=sealed.id, purpose="RESET_PASSWORD")
        if ticket is None or ticket.previous_email is None:
            raise USELESS
        await set_password(context.session, user_id=ticket.user_id, password_hash=hash_)
        ended = await end_sessions(
            context.session, user_id=ticket.user_id, but=None, reason="PASSWORD_CHANGED"
        )
        await mail.password_changed(
            context.session, to=ticket.previous_email, display_name=ticket.display_name
        )
        context.session.after_commit(partial(authority.sessions.changed, [each.id for each in ended]))
    return {"email": ticket.previous_email}


@mutation.field("changePassword")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_change_password(_: Any, info: Info, input: ChangePasswordInput) -> dict[str, Any]:
    context, authority, viewer = info.context, info.context.authority, info.context.actor
    refuse_password("new_password", input["new_password"])
    own = await prove_password(context, input["current_password"], "current_password")
    hash_ = await authority.passwords.hash(input["new_password"])
    async with context.transaction():
        changed = await change_password(
            context.session, user_id=viewer.id, password_hash=hash_, previous=own.password_hash
        )
        if changed is None:
            raise UserError("current_password", "INVALID_CREDENTIALS", "The password is wrong.")
        ended = await end_sessions(
            context.session, user_id=viewer.id, but=viewer.session, reason="PASSWORD_CHANGED"
        )
        await mail.password_changed(context.session, to=own.email, display_name=own.display_name)
        context.session.after_commit(partial(authority.sessions.changed, [each.id for each in ended]))
    return {"email": own.email}


@mutation.field("requestEmailChange")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_request_email_change(_: Any, info: Info, input: RequestEmailChangeInput) -> dict[str, Any]:
    context, viewer = info.context, info.context.actor
    email = address(input["email"])
    own = await prove_password(context, input["password"], "password")
    async with context.transaction():
        ticket = await insert_ticket(
            context.session, user_id=viewer.id, purpose="CHANGE_EMAIL", email=email, hours=HOURS
        )
        if ticket is None:
            raise WRONG_PASSWORD
        taken = await account_by_email(context.session, email=email)
        if taken is None:
            await mail.change_email(
                context.session,
                to=email,
                display_name=own.display_name,
                id=ticket.id,
                expires_in=LINK_LASTS,
            )
        else:
            await mail.already_registered(context.session, to=email, display_name=taken.display_name)
    return {"email": input["email"]}


@mutation.field("deleteAccount")
@mutation_payload(CONSTRAINTS, waits=True)
async def resolve_delete_account(_: Any, info: Info, input: DeleteAccountInput) -> dict[str, Any]:
    context, viewer = info.context, info.context.actor
    own = await prove_password(context, input["password"], "password")
    async with context.transaction():
        ended = await end_sessions(context.session, user_id=viewer.id, but=None, reason="ACCOUNT_DELETED")
        gone = await delete_account(context.session, user_id=viewer.id)
        if gone is None:
            raise WRONG_PASSWORD
        await mail.account_deleted(context.session, to=own.email, display_name=own.display_name)
        sessions = context.authority.sessions
        context.session.after_commit(partial(sessions.changed, [each.id for each in ended]))
    return {"email": own.email}


async def prove_password(context: Context, password: str, field: str) -> Any:
    """The viewer's account, when the password is theirs."""
    viewer, authority = context.actor, context.authority
    await authority.attempts.spend(context.address, str(viewer.id))
    own = await account_by_id(context.session, id=viewer.id)
    await context.session.rest()
    hash_ = own.password_hash if own is not None else None
    if not await authority.passwords.verify(password, hash_):
        raise UserError(field, "INVALID_CREDENTIALS", "The password is wrong.")
    return own


def address(given: str) -> str:
    """An address in its one form, before anybody counts how often it was tried."""
    if not is_address(email := folded(given)):
        raise NO_ADDRESS
    return email


def refuse_password(field: str, password: str) -> None:
    """A password that is too short to be one, or longer than anybody types."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            field, "INVALID_LENGTH", f"The password must have {SHORTEST} to {LONGEST} characters."
        )


bindables = [query, mutation, account]
