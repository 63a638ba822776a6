-- Service tokens: those that other backends ask with.

-- name: service_token_of_viewer :one ServiceToken
-- The token that asks.
select name, scopes, original_entry_timestamp, expiration_timestamp
from service_token
where id = :viewer_id;

-- name: service_token_state :one
-- What a token may do, as long as it is good; and whether its use was noted within a minute.
-- clock: rows, is_noted
select
  array_to_string(scopes, ',') as scopes,
  coalesce(last_use_timestamp > now() - interval '1 minute', false) as is_noted
from service_token
where id = :id and revocation_timestamp is null and expiration_timestamp > now();

-- name: note_service_token_use :exec
-- That a token is used; once a minute, and without waiting for whoever is changing it.
update service_token
set last_use_timestamp = now()
where id = (
  select id from service_token
  where id = :id and (last_use_timestamp is null or last_use_timestamp <= now() - interval '1 minute')
  for no key update skip locked
);

-- name: service_tokens :many
-- All tokens, whether good or not, the newest first.
-- may be null: after
select
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
from service_token
where cast(:after as uuid) is null or id < :after
order by id desc
limit :first;

-- name: service_token_found :one
-- One of them.
select
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp
from service_token
where id = :id;

-- name: insert_service_token :one
-- A token for another backend.
insert into service_token (name, scopes, creator_id, expiration_timestamp)
values (:name, cast(:scopes as scope[]), :creator_id, now() + :days * interval '1 day')
returning
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp;

-- name: revoke_service_token :one
-- Ends a token; no row when there is none, or none that had not ended before.
update service_token
set revocation_timestamp = now()
where id = :id and revocation_timestamp is null
returning
  id, name, scopes, creator_id, original_entry_timestamp, expiration_timestamp, last_use_timestamp,
  revocation_timestamp;
