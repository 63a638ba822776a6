-- Sessions: sign-ins, and the refresh tokens that follow from them.

-- name: sessions_of_account :batch_many(user_id) Session
-- The sessions of users that have not ended, latest first.
-- clock: rows
select
  s.id, s.user_id, s.user_agent, cast(host(s.ip_address) as text) as ip_address,
  s.original_entry_timestamp, s.modification_timestamp, s.expiration_timestamp
from user_session as s
where s.user_id = any(:user_id) and s.end_timestamp is null and s.expiration_timestamp > now()
order by s.modification_timestamp desc, s.id;

-- name: session_state :one
-- Who is signed in by a session, as long as that is so.
-- clock: rows
select u.id, u.role
from user_session as s
join user_account as u on u.id = s.user_id
where s.id = :id and s.end_timestamp is null and s.expiration_timestamp > now() and u.status = 'ACTIVE';

-- name: insert_session :one
-- A sign-in; no row when the user may not be here, or the password that was given is not theirs any more.
-- may be null: user_agent, ip_address, password_hash
-- ours: user_agent, days
insert into user_session (user_id, user_agent, ip_address, expiration_timestamp)
select u.id, cast(:user_agent as text), cast(cast(:ip_address as text) as inet), now() + :days * interval '1 day'
from user_account as u
where u.id = :user_id and u.status = 'ACTIVE'
  -- Whoever changes the password waits until the session is there, and ends it; or is waited for.
  and (
    cast(:password_hash as text) is null
    or exists (
      select from user_credential as c where c.user_id = u.id and c.password_hash = :password_hash for share
    )
  )
returning id;

-- name: refresh_session :one
-- Takes a refresh token for the next; no row when it is not the session's last one.
-- may be null: user_agent, ip_address
-- ours: user_agent
update user_session as s
set refresh_number = s.refresh_number + 1, modification_timestamp = now(),
  user_agent = :user_agent, ip_address = cast(cast(:ip_address as text) as inet)
from user_account as u
where s.id = :id and s.refresh_number = :refresh_number and s.end_timestamp is null
  and s.expiration_timestamp > now() and u.id = s.user_id and u.status = 'ACTIVE'
returning s.id, s.user_id, s.refresh_number;

-- name: end_reused_session :one
-- Ends a session of which an earlier refresh token was used again: one of the two who have it has stolen it.
update user_session as s
set end_timestamp = now(), end_reason = 'REFRESH_TOKEN_REUSED'
from user_account as u
where s.id = :id and s.refresh_number > :refresh_number and s.end_timestamp is null and u.id = s.user_id
returning s.id, s.user_id, u.email, u.display_name;

-- name: end_session :one
-- Ends one of the user's sessions; no row when it is not theirs, or has ended.
-- ours: reason
update user_session
set end_timestamp = now(), end_reason = :reason
where id = :id and user_id = :user_id and end_timestamp is null
returning id;

-- name: end_sessions :many
-- Ends all sessions of a user, but for the one that is named.
-- may be null: but
-- ours: reason
update user_session
set end_timestamp = now(), end_reason = :reason
where user_id = :user_id and id is distinct from cast(:but as uuid) and end_timestamp is null
returning id;

-- name: end_sessions_beyond :many
-- Ends a user's sessions that were used longest ago, where there are more than so many.
update user_session
set end_timestamp = now(), end_reason = 'TOO_MANY'
where id in (
  select s.id
  from user_session as s
  where s.user_id = :user_id and s.end_timestamp is null
  order by s.modification_timestamp desc, s.id desc
  offset :most
)
returning id;

-- name: forget_sessions :exec
-- Takes away sessions that are over for a month, with the addresses that they came from.
-- clock: rows
delete from user_session
where expiration_timestamp < now() - interval '30 days' or end_timestamp < now() - interval '30 days';
