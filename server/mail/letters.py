"""The letters that there are: a function each, which enqueues it in the session's transaction.

A job names the row that a link is for and the purpose, never the link's token: the worker seals that when it
writes the letter. `to` is an address that was checked before; `display_name` is anything that somebody typed.
`expires_in` is in words: "24 hours".
"""

import re
import unicodedata
from typing import Any
from uuid import UUID

from server.database import Session
from server.jobs import enqueue

KIND = "mail"
LONGEST_NAME = 60
# What a mail program would make a link of is no name: our letters carry nobody's advertisement.
_LINK = re.compile(r"[/@\\<>]|\w{2,}\.\w{2,}|www\.", re.IGNORECASE)


async def verify_email(session: Session, to: str, display_name: str, id: UUID, *, expires_in: str) -> None:
    """To somebody who registered: the link proves that the address is theirs. Sealed for "verify"."""
    await _enqueue(session, "verify_email", to, display_name, **_link("verify", id, expires_in))


async def already_registered(session: Session, to: str, display_name: str) -> None:
    """To somebody who has an account, with whose address another one was asked for."""
    await _enqueue(session, "already_registered", to, display_name)


async def reset_password(session: Session, to: str, display_name: str, id: UUID, *, expires_in: str) -> None:
    """To somebody who forgot their password: the link lets them choose another. Sealed for "reset"."""
    await _enqueue(session, "reset_password", to, display_name, **_link("reset", id, expires_in))


async def no_account(session: Session, to: str, display_name: str) -> None:
    """To somebody who wants to choose another password, where the address has no account."""
    await _enqueue(session, "no_account", to, display_name)


async def password_changed(session: Session, to: str, display_name: str) -> None:
    """To somebody whose password is another now."""
    await _enqueue(session, "password_changed", to, display_name)


async def change_email(session: Session, to: str, display_name: str, id: UUID, *, expires_in: str) -> None:
    """To the new address of somebody who wants to change theirs. Sealed for "email"."""
    await _enqueue(session, "change_email", to, display_name, **_link("email", id, expires_in))


async def email_changed(session: Session, to: str, display_name: str) -> None:
    """To the old address of somebody who has changed theirs."""
    await _enqueue(session, "email_changed", to, display_name)


async def account_deleted(session: Session, to: str, display_name: str) -> None:
    """To somebody whose account is no more."""
    await _enqueue(session, "account_deleted", to, display_name)


async def sessions_ended(session: Session, to: str, display_name: str) -> None:
    """To somebody whose refresh token was used twice: what was signed in with it was signed out."""
    await _enqueue(session, "sessions_ended", to, display_name)


def _link(purpose: str, id: UUID, expires_in: str) -> dict[str, str]:
    return {"purpose": purpose, "id": str(id), "expires_in": expires_in}


async def _enqueue(session: Session, letter: str, to: str, display_name: str, **more: Any) -> None:
    payload = {"letter": letter, "to": _address(to), "display_name": _plain(display_name), **more}
    await enqueue(session, KIND, payload)


def folded(address: str) -> str:
    """The form of an address that is looked for, kept, counted and written to: without ASCII's capitals.

    Other capitals have no one small form: that of `İ` is `i` to one program and not to the next, which would
    find one account and write to another address.
    """
    return "".join(each.lower() if each.isascii() else each for each in address)


def is_address(text: str) -> bool:
    """Whether a text is one folded address, and nothing that a mail program could take for more."""
    local, _, domain = text.rpartition("@")
    return (
        bool(local and domain)
        and len(text) <= 254
        and text == text.lower()
        and not re.search(r'[\s"(),:;<>@\[\]\\]', local + domain)
        # No control characters, and nothing that cannot be seen.
        and all(unicodedata.category(character)[0] != "C" for character in text)
    )


def _address(to: str) -> str:
    """The address; a ValueError where it could be anything but one address."""
    if not is_address(folded(to)):
        raise ValueError("A letter has one address.")
    return to


def _plain(name: str) -> str:
    """The name as one line of a letter may have it; empty where it is more than a name."""
    shown = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in name
        # Lone surrogates, and what turns the direction of all that follows.
        if unicodedata.category(character) not in ("Cs", "Cn") and not _turns(character)
    )
    shown = " ".join(shown.split())
    return "" if len(shown) > LONGEST_NAME or _LINK.search(shown) else shown


def _turns(character: str) -> bool:
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
