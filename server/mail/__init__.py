"""Letters to users: who asks for one says which and to whom (`letters`), in the transaction that it belongs
to; the worker writes it (`writing`) and hands it over (`posting`).
"""

from server.mail.letters import (
    account_deleted,
    already_registered,
    change_email,
    email_changed,
    no_account,
    password_changed,
    reset_password,
    sessions_ended,
    verify_email,
)

__all__ = [
    "account_deleted",
    "already_registered",
    "change_email",
    "email_changed",
    "no_account",
    "password_changed",
    "reset_password",
    "sessions_ended",
    "verify_email",
]
