"""Who runs the service: made on the machine it runs on, by whoever reaches its database. The first admin has
nobody to ask.
"""

from collections.abc import Callable
from typing import Literal

import asyncpg

from generated.sql.account import (
    AccountByEmailRow,
    AdminsRow,
    account_by_email,
    account_locked,
    admins,
    change_role,
    insert_account,
    set_password,
)
from server.auth.passwords import LONGEST, SHORTEST, Passwords
from server.database import Database
from server.errors import quoted
from server.mail.letters import folded

REASON = "./dwelzo admin create"
Outcome = Literal["made", "promoted", "was"]


class NotMade(Exception):
    """Why there is no new admin, and the cure, in a sentence."""


async def make_admin(url: str, email: str, name: str | None, ask_password: Callable[[], str]) -> Outcome:
    """Makes an account with the role ADMIN, or gives the role to the one that has this address. The password
    is asked for only where it is needed. Both are in the audit log.
    """
    database, passwords = Database(url, size=1), Passwords()
    await database.connect()
    try:
        async with database.session() as session:
            account = await account_by_email(session, email=folded(email))
        hash_ = None
        if account is None or account.password_hash is None:
            hash_ = await passwords.hash(_long_enough(ask_password()))
        return await _make(database, account, folded(email), name, hash_)
    except asyncpg.IntegrityConstraintViolationError as violation:
        match violation.constraint_name:
            case "user_account_email_format":
                raise NotMade(f"{quoted(email)} is no e-mail address.") from None
            case "user_account_email_unique":
                raise NotMade(
                    f"{email} has an account since this very moment: run the command again."
                ) from None
            case "user_account_display_name_length":
                raise NotMade("The name must have 1 to 80 characters: give another as --name.") from None
        raise
    finally:
        passwords.close()
        await database.disconnect()


async def list_admins(url: str) -> list[AdminsRow]:
    """All who have the role, in whatever state."""
    database = Database(url, size=1)
    await database.connect()
    try:
        async with database.session() as session:
            return await admins(session)
    finally:
        await database.disconnect()


async def _make(
    database: Database, account: AccountByEmailRow | None, email: str, name: str | None, hash_: str | None
) -> Outcome:
    async with database.session() as session, session.transaction(None):
        if account is None:
            assert hash_ is not None
            display_name = name if name is not None else email.partition("@")[0][:80] or "Admin"
            made = await insert_account(session, email=email, display_name=display_name, password_hash=hash_)
            assert made is not None
            await change_role(session, id=made.id, role="ADMIN", reason=REASON)
            return "made"
        locked = await account_locked(session, id=account.id)
        if locked is None or locked.status != "ACTIVE":
            state = "gone" if locked is None else locked.status
            raise NotMade(f"The account of {email} is {state}: an admin restores it at /admin.")
        if hash_ is not None:
            await set_password(session, user_id=account.id, password_hash=hash_)
        if locked.role == "ADMIN":
            return "was"
        await change_role(session, id=account.id, role="ADMIN", reason=REASON)
        return "promoted"


def _long_enough(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST or "\0" in password:
        raise NotMade(f"The password must have {SHORTEST} to {LONGEST} characters.")
    return password
