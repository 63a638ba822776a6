# Made by `./dwelzo generate` from sql/account.sql. Do not edit: change sql/account.sql and generate again.
"""The statements of `sql/account.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import AccountStatus, Role
from server.database import Session
from server.sql import Column, Row, Statement


class AccountOfViewerRow(Row):
    """A row of `account_of_viewer`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Account"
    id: UUID
    email: str
    display_name: str
    role: Role
    status: AccountStatus
    original_entry_timestamp: datetime


ACCOUNT_OF_VIEWER: Final = Statement[AccountOfViewerRow](
    name="account_of_viewer",
    kind="one",
    source="sql/account.sql:3",
    text="""select id, email, display_name, role, status, original_entry_timestamp
from user_account
where id = $1 and email is not null
""",
    row=AccountOfViewerRow,
    parameters=("viewer_id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", False),
            "display_name": Column("text", False),
            "role": Column("role", False),
            "status": Column("account_status", False),
            "original_entry_timestamp": Column("timestamptz", False),
        }
    ),
    returns="Account",
)


async def account_of_viewer(session: Session, *, viewer_id: UUID) -> AccountOfViewerRow | None:
    """The viewer's own.

    sql/account.sql:3"""
    return await session.one(ACCOUNT_OF_VIEWER, viewer_id)


class AccountByEmailRow(Row):
    """A row of `account_by_email`."""

    __slots__ = ()
    id: UUID
    email: str
    display_name: str
    status: AccountStatus
    password_hash: str | None


ACCOUNT_BY_EMAIL: Final = Statement[AccountByEmailRow](
    name="account_by_email",
    kind="one",
    source="sql/account.sql:9",
    text="""select u.id, u.email, u.display_name, u.status, c.password_hash
from user_account as u
left join user_credential as c on c.user_id = u.id
where u.email = $1
""",
    row=AccountByEmailRow,
    parameters=("email",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", False),
            "display_name": Column("text", False),
            "status": Column("account_status", False),
            "password_hash": Column("text", True),
        }
    ),
)


async def account_by_email(session: Session, *, email: str) -> AccountByEmailRow | None:
    """Whoever signs in with an address, in its folded form (server/mail/letters.py).

    sql/account.sql:9"""
    return await session.one(ACCOUNT_BY_EMAIL, email)


class AccountByIdRow(Row):
    """A row of `account_by_id`."""

    __slots__ = ()
    id: UUID
    email: str | None
    display_name: str
    status: AccountStatus
    password_hash: str | None


ACCOUNT_BY_ID: Final = Statement[AccountByIdRow](
    name="account_by_id",
    kind="one",
    source="sql/account.sql:16",
    text="""select u.id, u.email, u.display_name, u.status, c.password_hash
from user_account as u
left join user_credential as c on c.user_id = u.id
where u.id = $1
""",
    row=AccountByIdRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", True),
            "display_name": Column("text", False),
            "status": Column("account_status", False),
            "password_hash": Column("text", True),
        }
    ),
)


async def account_by_id(session: Session, *, id: UUID) -> AccountByIdRow | None:
    """The same, of a user who is known.

    sql/account.sql:16"""
    return await session.one(ACCOUNT_BY_ID, id)


class InsertRegistrationRow(Row):
    """A row of `insert_registration`."""

    __slots__ = ()
    id: UUID


INSERT_REGISTRATION: Final = Statement[InsertRegistrationRow](
    name="insert_registration",
    kind="one",
    source="sql/account.sql:23",
    text="""insert into registration (email, display_name, password_hash, expiration_timestamp)
values ($1, $2, $3, now() + $4 * interval '1 hour')
returning id
""",
    row=InsertRegistrationRow,
    parameters=("email", "display_name", "password_hash", "hours"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def insert_registration(
    session: Session, *, email: str, display_name: str, password_hash: str, hours: float
) -> InsertRegistrationRow | None:
    """Keeps what is needed to make an account once the address is proved.

    sql/account.sql:23"""
    return await session.one(INSERT_REGISTRATION, email, display_name, password_hash, hours)


class TakeRegistrationRow(Row):
    """A row of `take_registration`."""

    __slots__ = ()
    email: str
    display_name: str
    password_hash: str


TAKE_REGISTRATION: Final = Statement[TakeRegistrationRow](
    name="take_registration",
    kind="one",
    source="sql/account.sql:30",
    text="""with taken as (
  delete from registration
  where email = (select email from registration where id = $1)
  returning id, email, display_name, password_hash, expiration_timestamp
)
select email, display_name, password_hash
from taken
where id = $1 and expiration_timestamp > now()
""",
    row=TakeRegistrationRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "email": Column("text", False),
            "display_name": Column("text", False),
            "password_hash": Column("text", False),
        }
    ),
    clock=("rows",),
)


async def take_registration(session: Session, *, id: UUID) -> TakeRegistrationRow | None:
    """What was kept, once: whoever asked for the same address meanwhile has asked in vain.

    sql/account.sql:30"""
    return await session.one(TAKE_REGISTRATION, id)


class InsertAccountRow(Row):
    """A row of `insert_account`."""

    __slots__ = ()
    id: UUID


INSERT_ACCOUNT: Final = Statement[InsertAccountRow](
    name="insert_account",
    kind="one",
    source="sql/account.sql:42",
    text="""with made as (
  insert into user_account (email, display_name)
  values ($1, $2)
  returning id
), kept as (
  insert into user_credential (user_id, password_hash)
  select id, cast($3 as text) from made
)
select id from made
""",
    row=InsertAccountRow,
    parameters=("email", "display_name", "password_hash"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def insert_account(
    session: Session, *, email: str, display_name: str, password_hash: str
) -> InsertAccountRow | None:
    """An account whose address is proved.

    sql/account.sql:42"""
    return await session.one(INSERT_ACCOUNT, email, display_name, password_hash)


class ChangePasswordRow(Row):
    """A row of `change_password`."""

    __slots__ = ()
    user_id: UUID


CHANGE_PASSWORD: Final = Statement[ChangePasswordRow](
    name="change_password",
    kind="one",
    source="sql/account.sql:55",
    text="""with links as (
  delete from ticket where user_id = $1
)
update user_credential
set password_hash = $2, modification_timestamp = now()
where user_id = $1 and password_hash = $3
returning user_id
""",
    row=ChangePasswordRow,
    parameters=("user_id", "password_hash", "previous"),
    columns=MappingProxyType(
        {
            "user_id": Column("uuid", False),
        }
    ),
)


async def change_password(
    session: Session, *, user_id: UUID, password_hash: str, previous: str
) -> ChangePasswordRow | None:
    """A new password in place of the one that was given, and the end of all links that were sent; no row when that is not the password any more.

    sql/account.sql:55"""
    return await session.one(CHANGE_PASSWORD, user_id, password_hash, previous)


SET_PASSWORD: Final = Statement[Row](
    name="set_password",
    kind="exec",
    source="sql/account.sql:66",
    text="""with links as (
  delete from ticket where user_id = $1
)
insert into user_credential (user_id, password_hash)
values ($1, $2)
on conflict on constraint user_credential_pkey
do update set password_hash = excluded.password_hash, modification_timestamp = now()
""",
    row=Row,
    parameters=("user_id", "password_hash"),
)


async def set_password(session: Session, *, user_id: UUID, password_hash: str) -> None:
    """A new password, whether there was one or not, and the end of all links that were sent.

    sql/account.sql:66"""
    await session.execute(SET_PASSWORD, user_id, password_hash)


RENEW_PASSWORD_HASH: Final = Statement[Row](
    name="renew_password_hash",
    kind="exec",
    source="sql/account.sql:77",
    text="""update user_credential
set password_hash = $1
where user_id = $2 and password_hash = $3
""",
    row=Row,
    parameters=("password_hash", "user_id", "previous"),
)


async def renew_password_hash(session: Session, *, password_hash: str, user_id: UUID, previous: str) -> None:
    """The same password, hashed as is done today; unless it has been changed meanwhile.

    sql/account.sql:77"""
    await session.execute(RENEW_PASSWORD_HASH, password_hash, user_id, previous)


class InsertTicketRow(Row):
    """A row of `insert_ticket`."""

    __slots__ = ()
    id: UUID


INSERT_TICKET: Final = Statement[InsertTicketRow](
    name="insert_ticket",
    kind="one",
    source="sql/account.sql:84",
    text="""with gone as (
  delete from ticket where user_id = $1 and purpose = $2
)
insert into ticket (user_id, purpose, email, expiration_timestamp)
select u.id, $2, cast($3 as text), now() + $4 * interval '1 hour'
from user_account as u
where u.id = $1 and u.status = 'ACTIVE'
returning id
""",
    row=InsertTicketRow,
    parameters=("user_id", "purpose", "email", "hours"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def insert_ticket(
    session: Session, *, user_id: UUID | None, purpose: str, email: str | None, hours: float
) -> InsertTicketRow | None:
    """What a link in a letter will be good for; those before it are good for nothing any more. No row for nobody,
    which takes as long.

    sql/account.sql:84"""
    return await session.one(INSERT_TICKET, user_id, purpose, email, hours)


class TakeTicketRow(Row):
    """A row of `take_ticket`."""

    __slots__ = ()
    user_id: UUID
    email: str | None
    previous_email: str | None
    display_name: str


TAKE_TICKET: Final = Statement[TakeTicketRow](
    name="take_ticket",
    kind="one",
    source="sql/account.sql:98",
    text="""delete from ticket as t
using user_account as u
where t.id = $1 and t.purpose = $2 and t.expiration_timestamp > now() and u.id = t.user_id
  and u.status = 'ACTIVE'
returning t.user_id, t.email, u.email as previous_email, u.display_name
""",
    row=TakeTicketRow,
    parameters=("id", "purpose"),
    columns=MappingProxyType(
        {
            "user_id": Column("uuid", False),
            "email": Column("text", True),
            "previous_email": Column("text", True),
            "display_name": Column("text", False),
        }
    ),
)


async def take_ticket(session: Session, *, id: UUID, purpose: str) -> TakeTicketRow | None:
    """What a link was good for, once.

    sql/account.sql:98"""
    return await session.one(TAKE_TICKET, id, purpose)


CHANGE_EMAIL: Final = Statement[Row](
    name="change_email",
    kind="exec",
    source="sql/account.sql:106",
    text="""with links as (
  delete from ticket where user_id = $1
)
update user_account set email = $2 where id = $1
""",
    row=Row,
    parameters=("user_id", "email"),
)


async def change_email(session: Session, *, user_id: UUID, email: str) -> None:
    """An address that its owner has proved, and the end of all links that were sent to the other.

    sql/account.sql:106"""
    await session.execute(CHANGE_EMAIL, user_id, email)


class DeleteAccountRow(Row):
    """A row of `delete_account`."""

    __slots__ = ()
    id: UUID


DELETE_ACCOUNT: Final = Statement[DeleteAccountRow](
    name="delete_account",
    kind="one",
    source="sql/account.sql:113",
    text="""with gone as (
  delete from user_credential where user_id = $1
), forgotten as (
  delete from ticket where user_id = $1
)
update user_account
set status = 'DELETED', email = null, display_name = 'Deleted user', role = 'USER'
where id = $1 and status <> 'DELETED'
returning id
""",
    row=DeleteAccountRow,
    parameters=("user_id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
        }
    ),
)


async def delete_account(session: Session, *, user_id: UUID) -> DeleteAccountRow | None:
    """What is left is a name that says nothing under what others have read; sessions end with it.

    sql/account.sql:113"""
    return await session.one(DELETE_ACCOUNT, user_id)


AUDIT_REFUSAL: Final = Statement[Row](
    name="audit_refusal",
    kind="exec",
    source="sql/account.sql:125",
    text="""insert into audit_event (action, actor_id, subject_table, subject_id, ip_address)
values ($1, acting_user(), 'user_account', $2, acting_address())
""",
    row=Row,
    parameters=("action", "user_id"),
)


async def audit_refusal(session: Session, *, action: str, user_id: UUID | None) -> None:
    """What somebody tried in vain, with an account or with none.

    sql/account.sql:125"""
    await session.execute(AUDIT_REFUSAL, action, user_id)


class AccountsFoundRow(Row):
    """A row of `accounts_found`."""

    __slots__ = ()
    id: UUID
    email: str | None
    display_name: str
    role: Role
    status: AccountStatus
    original_entry_timestamp: datetime
    modification_timestamp: datetime


ACCOUNTS_FOUND: Final = Statement[AccountsFoundRow](
    name="accounts_found",
    kind="many",
    source="sql/account.sql:132",
    text="""select u.id, u.email, u.display_name, u.role, u.status, u.original_entry_timestamp, u.modification_timestamp
from user_account as u
where (cast($1 as text) is null or starts_with(u.email, lower(cast($1 as text))))
  and (cast($2 as text) is null or strpos(lower(u.display_name), lower(cast($2 as text))) > 0)
  and (cast($3 as role) is null or u.role = cast($3 as role))
  and (cast($4 as account_status) is null or u.status = cast($4 as account_status))
  and (cast($5 as uuid) is null or u.id < cast($5 as uuid))
order by u.id desc
limit $6
""",
    row=AccountsFoundRow,
    parameters=("email", "name", "role", "status", "after", "first"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", True),
            "display_name": Column("text", False),
            "role": Column("role", False),
            "status": Column("account_status", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
        }
    ),
)


async def accounts_found(
    session: Session,
    *,
    email: str | None,
    name: str | None,
    role: Role | None,
    status: AccountStatus | None,
    after: UUID | None,
    first: int,
) -> list[AccountsFoundRow]:
    """Users as admins look for them, the newest first: those who can sign in, and those whom a feed brought.

    sql/account.sql:132"""
    return await session.many(ACCOUNTS_FOUND, email, name, role, status, after, first)


class AccountFoundRow(Row):
    """A row of `account_found`."""

    __slots__ = ()
    id: UUID
    email: str | None
    display_name: str
    role: Role
    status: AccountStatus
    original_entry_timestamp: datetime
    modification_timestamp: datetime


ACCOUNT_FOUND: Final = Statement[AccountFoundRow](
    name="account_found",
    kind="one",
    source="sql/account.sql:145",
    text="""select u.id, u.email, u.display_name, u.role, u.status, u.original_entry_timestamp, u.modification_timestamp
from user_account as u
where u.id = $1
""",
    row=AccountFoundRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", True),
            "display_name": Column("text", False),
            "role": Column("role", False),
            "status": Column("account_status", False),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
        }
    ),
)


async def account_found(session: Session, *, id: UUID) -> AccountFoundRow | None:
    """A user as admins see them.

    sql/account.sql:145"""
    return await session.one(ACCOUNT_FOUND, id)


class AccountLockedRow(Row):
    """A row of `account_locked`."""

    __slots__ = ()
    id: UUID
    email: str | None
    role: Role
    status: AccountStatus


ACCOUNT_LOCKED: Final = Statement[AccountLockedRow](
    name="account_locked",
    kind="one",
    source="sql/account.sql:151",
    text="""select u.id, u.email, u.role, u.status
from user_account as u
where u.id = $1
for update
""",
    row=AccountLockedRow,
    parameters=("id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", True),
            "role": Column("role", False),
            "status": Column("account_status", False),
        }
    ),
)


async def account_locked(session: Session, *, id: UUID) -> AccountLockedRow | None:
    """A user whom nobody else changes until the transaction ends, and as whom nobody signs in meanwhile: whoever
    was about to has come to an end.

    sql/account.sql:151"""
    return await session.one(ACCOUNT_LOCKED, id)


CHANGE_ROLE: Final = Statement[Row](
    name="change_role",
    kind="exec",
    source="sql/account.sql:159",
    text="""with because as materialized (
  select set_config('dwelzo.reason', coalesce(cast($1 as text), ''), true) as given
)
update user_account as u
set role = $2
from because
where u.id = $3 and because.given is not null
""",
    row=Row,
    parameters=("reason", "role", "id"),
)


async def change_role(session: Session, *, reason: str | None, role: Role, id: UUID) -> None:
    """What somebody may do from now on, and why: that goes into the log.

    sql/account.sql:159"""
    await session.execute(CHANGE_ROLE, reason, role, id)


CHANGE_STATUS: Final = Statement[Row](
    name="change_status",
    kind="exec",
    source="sql/account.sql:170",
    text="""with because as materialized (select set_config('dwelzo.reason', cast($1 as text), true) as given)
update user_account as u
set status = $2
from because
where u.id = $3 and because.given is not null
""",
    row=Row,
    parameters=("reason", "status", "id"),
)


async def change_status(session: Session, *, reason: str, status: AccountStatus, id: UUID) -> None:
    """Whether somebody may be here from now on, and why. Sessions of who may not end with it.

    sql/account.sql:170"""
    await session.execute(CHANGE_STATUS, reason, status, id)


class AdminsRow(Row):
    """A row of `admins`."""

    __slots__ = ()
    id: UUID
    email: str | None
    display_name: str
    status: AccountStatus


ADMINS: Final = Statement[AdminsRow](
    name="admins",
    kind="many",
    source="sql/account.sql:179",
    text="""select u.id, u.email, u.display_name, u.status
from user_account as u
where u.role = 'ADMIN'
order by u.id
""",
    row=AdminsRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "email": Column("text", True),
            "display_name": Column("text", False),
            "status": Column("account_status", False),
        }
    ),
)


async def admins(session: Session) -> list[AdminsRow]:
    """Who can run the service.

    sql/account.sql:179"""
    return await session.many(ADMINS)


class AuditEventsRow(Row):
    """A row of `audit_events`."""

    __slots__ = ()
    id: UUID
    action: str
    actor_id: UUID | None
    actor_name: str | None
    service_token_id: UUID | None
    subject_table: str
    subject_id: UUID | None
    ip_address: str | None
    reason: str | None
    before: str | None
    after: str | None
    original_entry_timestamp: datetime


AUDIT_EVENTS: Final = Statement[AuditEventsRow](
    name="audit_events",
    kind="many",
    source="sql/account.sql:186",
    text="""select
  e.id, e.action, e.actor_id, a.display_name as actor_name, e.service_token_id, e.subject_table, e.subject_id,
  cast(host(e.ip_address) as text) as ip_address, e.reason, cast(e.before as text) as before,
  cast(e.after as text) as after, e.original_entry_timestamp
from audit_event as e
left join user_account as a on a.id = e.actor_id
where (cast($1 as uuid) is null or e.actor_id = cast($1 as uuid))
  and (cast($2 as uuid) is null or e.subject_id = cast($2 as uuid))
  and (
    cast($3 as text) is null or e.action = cast($3 as text)
    or starts_with(e.action, cast($3 as text) || '.')
  )
  and (cast($4 as timestamptz) is null or e.original_entry_timestamp >= cast($4 as timestamptz))
  and (cast($5 as timestamptz) is null or e.original_entry_timestamp < cast($5 as timestamptz))
  and (cast($6 as uuid) is null or e.id < cast($6 as uuid))
order by e.id desc
limit $7
""",
    row=AuditEventsRow,
    parameters=("actor_id", "subject_id", "action", "since", "until", "after", "first"),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "action": Column("text", False),
            "actor_id": Column("uuid", True),
            "actor_name": Column("text", True),
            "service_token_id": Column("uuid", True),
            "subject_table": Column("text", False),
            "subject_id": Column("uuid", True),
            "ip_address": Column("text", True),
            "reason": Column("text", True),
            "before": Column("text", True),
            "after": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
        }
    ),
)


async def audit_events(
    session: Session,
    *,
    actor_id: UUID | None,
    subject_id: UUID | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    after: UUID | None,
    first: int,
) -> list[AuditEventsRow]:
    """The log, the newest first. An action stands for all that begin with it too: `session`, `session.end`.

    sql/account.sql:186"""
    return await session.many(AUDIT_EVENTS, actor_id, subject_id, action, since, until, after, first)


AUDIT_JOB: Final = Statement[Row](
    name="audit_job",
    kind="exec",
    source="sql/account.sql:207",
    text="""insert into audit_event (action, actor_id, subject_table, ip_address, before)
values (
  $1, acting_user(), 'pgqueuer', acting_address(),
  jsonb_build_object(
    'id', cast($2 as bigint), 'kind', cast($3 as text), 'state', cast($4 as text),
    'attempts', cast($5 as integer)
  )
)
""",
    row=Row,
    parameters=("action", "id", "kind", "state", "attempts"),
)


async def audit_job(session: Session, *, action: str, id: int, kind: str, state: str, attempts: int) -> None:
    """What an admin did to a job, which has no row to say it by: it may be gone.

    sql/account.sql:207"""
    await session.execute(AUDIT_JOB, action, id, kind, state, attempts)


FORGET_LINKS: Final = Statement[Row](
    name="forget_links",
    kind="exec",
    source="sql/account.sql:218",
    text="""with tickets as (
  delete from ticket where expiration_timestamp < now()
)
delete from registration where expiration_timestamp < now()
""",
    row=Row,
    clock=("rows",),
)


async def forget_links(session: Session) -> None:
    """Takes away what links were good for that are too old by now, with the addresses and passwords of those who
    never followed them.

    sql/account.sql:218"""
    await session.execute(FORGET_LINKS)
