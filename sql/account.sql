-- Accounts: how a user signs in. What others may see of them is in user.sql.

-- name: account_of_viewer :one Account
-- The viewer's own.
select id, email, display_name, role, status, original_entry_timestamp
from user_account
where id = :viewer_id and email is not null;

-- name: account_by_email :one
-- Whoever signs in with an address, in its folded form (server/mail/letters.py).
select u.id, u.email, u.display_name, u.status, c.password_hash
from user_account as u
left join user_credential as c on c.user_id = u.id
where u.email = :email;

-- name: account_by_id :one
-- The same, of a user who is known.
select u.id, u.email, u.display_name, u.status, c.password_hash
from user_account as u
left join user_credential as c on c.user_id = u.id
where u.id = :id;

-- name: insert_registration :one
-- Keeps what is needed to make an account once the address is proved.
-- ours: password_hash, hours
insert into registration (email, display_name, password_hash, expiration_timestamp)
values (:email, :display_name, :password_hash, now() + :hours * interval '1 hour')
returning id;

-- name: take_registration :one
-- What was kept, once: whoever asked for the same address meanwhile has asked in vain.
-- clock: rows
with taken as (
  delete from registration
  where email = (select email from registration where id = :id)
  returning id, email, display_name, password_hash, expiration_timestamp
)
select email, display_name, password_hash
from taken
where id = :id and expiration_timestamp > now();

-- name: insert_account :one
-- An account whose address is proved.
-- ours: password_hash
with made as (
  insert into user_account (email, display_name)
  values (:email, :display_name)
  returning id
), kept as (
  insert into user_credential (user_id, password_hash)
  select id, cast(:password_hash as text) from made
)
select id from made;

-- name: change_password :one
-- A new password in place of the one that was given, and the end of all links that were sent; no row when that is not the password any more.
-- ours: password_hash
with links as (
  delete from ticket where user_id = :user_id
)
update user_credential
set password_hash = :password_hash, modification_timestamp = now()
where user_id = :user_id and password_hash = :previous
returning user_id;

-- name: set_password :exec
-- A new password, whether there was one or not, and the end of all links that were sent.
-- ours: password_hash
with links as (
  delete from ticket where user_id = :user_id
)
insert into user_credential (user_id, password_hash)
values (:user_id, :password_hash)
on conflict on constraint user_credential_pkey
do update set password_hash = excluded.password_hash, modification_timestamp = now();

-- name: renew_password_hash :exec
-- The same password, hashed as is done today; unless it has been changed meanwhile.
-- ours: password_hash
update user_credential
set password_hash = :password_hash
where user_id = :user_id and password_hash = :previous;

-- name: insert_ticket :one
-- What a link in a letter will be good for; those before it are good for nothing any more. No row for nobody,
-- which takes as long.
-- may be null: user_id, email
-- ours: purpose, hours
with gone as (
  delete from ticket where user_id = :user_id and purpose = :purpose
)
insert into ticket (user_id, purpose, email, expiration_timestamp)
select u.id, :purpose, cast(:email as text), now() + :hours * interval '1 hour'
from user_account as u
where u.id = :user_id and u.status = 'ACTIVE'
returning id;

-- name: take_ticket :one
-- What a link was good for, once.
delete from ticket as t
using user_account as u
where t.id = :id and t.purpose = :purpose and t.expiration_timestamp > now() and u.id = t.user_id
  and u.status = 'ACTIVE'
returning t.user_id, t.email, u.email as previous_email, u.display_name;

-- name: change_email :exec
-- An address that its owner has proved, and the end of all links that were sent to the other.
with links as (
  delete from ticket where user_id = :user_id
)
update user_account set email = :email where id = :user_id;

-- name: delete_account :one
-- What is left is a name that says nothing under what others have read; sessions end with it.
with gone as (
  delete from user_credential where user_id = :user_id
), forgotten as (
  delete from ticket where user_id = :user_id
)
update user_account
set status = 'DELETED', email = null, display_name = 'Deleted user', role = 'USER'
where id = :user_id and status <> 'DELETED'
returning id;

-- name: audit_refusal :exec
-- What somebody tried in vain, with an account or with none.
-- may be null: user_id
-- ours: action
insert into audit_event (action, actor_id, subject_table, subject_id, ip_address)
values (:action, acting_user(), 'user_account', :user_id, acting_address());

-- name: accounts_found :many
-- Users as admins look for them, the newest first: those who can sign in, and those whom a feed brought.
-- may be null: email, name, role, status, after
select u.id, u.email, u.display_name, u.role, u.status, u.original_entry_timestamp, u.modification_timestamp
from user_account as u
where (cast(:email as text) is null or starts_with(u.email, lower(cast(:email as text))))
  and (cast(:name as text) is null or strpos(lower(u.display_name), lower(cast(:name as text))) > 0)
  and (cast(:role as role) is null or u.role = cast(:role as role))
  and (cast(:status as account_status) is null or u.status = cast(:status as account_status))
  and (cast(:after as uuid) is null or u.id < cast(:after as uuid))
order by u.id desc
limit :first;

-- name: account_found :one
-- A user as admins see them.
select u.id, u.email, u.display_name, u.role, u.status, u.original_entry_timestamp, u.modification_timestamp
from user_account as u
where u.id = :id;

-- name: account_locked :one
-- A user whom nobody else changes until the transaction ends, and as whom nobody signs in meanwhile: whoever
-- was about to has come to an end.
select u.id, u.email, u.role, u.status
from user_account as u
where u.id = :id
for update;

-- name: change_role :exec
-- What somebody may do from now on, and why: that goes into the log.
-- may be null: reason
with because as materialized (
  select set_config('dwelzo.reason', coalesce(cast(:reason as text), ''), true) as given
)
update user_account as u
set role = :role
from because
where u.id = :id and because.given is not null;

-- name: change_status :exec
-- Whether somebody may be here from now on, and why. Sessions of who may not end with it.
-- ours: status
with because as materialized (select set_config('dwelzo.reason', cast(:reason as text), true) as given)
update user_account as u
set status = :status
from because
where u.id = :id and because.given is not null;

-- name: admins :many
-- Who can run the service.
select u.id, u.email, u.display_name, u.status
from user_account as u
where u.role = 'ADMIN'
order by u.id;

-- name: audit_events :many
-- The log, the newest first. An action stands for all that begin with it too: `session`, `session.end`.
-- may be null: actor_id, subject_id, action, since, until, after
select
  e.id, e.action, e.actor_id, a.display_name as actor_name, e.service_token_id, e.subject_table, e.subject_id,
  cast(host(e.ip_address) as text) as ip_address, e.reason, cast(e.before as text) as before,
  cast(e.after as text) as after, e.original_entry_timestamp
from audit_event as e
left join user_account as a on a.id = e.actor_id
where (cast(:actor_id as uuid) is null or e.actor_id = cast(:actor_id as uuid))
  and (cast(:subject_id as uuid) is null or e.subject_id = cast(:subject_id as uuid))
  and (
    cast(:action as text) is null or e.action = cast(:action as text)
    or starts_with(e.action, cast(:action as text) || '.')
  )
  and (cast(:since as timestamptz) is null or e.original_entry_timestamp >= cast(:since as timestamptz))
  and (cast(:until as timestamptz) is null or e.original_entry_timestamp < cast(:until as timestamptz))
  and (cast(:after as uuid) is null or e.id < cast(:after as uuid))
order by e.id desc
limit :first;

-- name: audit_job :exec
-- What an admin did to a job, which has no row to say it by: it may be gone.
-- ours: action
insert into audit_event (action, actor_id, subject_table, ip_address, before)
values (
  :action, acting_user(), 'pgqueuer', acting_address(),
  jsonb_build_object(
    'id', cast(:id as bigint), 'kind', cast(:kind as text), 'state', cast(:state as text),
    'attempts', cast(:attempts as integer)
  )
);
-- name: forget_links :exec
-- Takes away what links were good for that are too old by now, with the addresses and passwords of those who
-- never followed them.
-- clock: rows
with tickets as (
  delete from ticket where expiration_timestamp < now()
)
delete from registration where expiration_timestamp < now();
