-- Service tokens: how other backends ask, without being anybody.

create type scope as enum ('AUDIT_READ', 'USERS_READ');

-- The token itself is sealed and stands nowhere: it carries this id, and proves that we wrote it.
create table service_token (
  id uuid primary key default uuid7(),
  -- Who it is for, in the words of whoever made it.
  name text not null constraint service_token_name_length check (has_length(name, 80)),
  scopes scope[] not null
    constraint service_token_scopes_length check (array_ndims(scopes) = 1 and cardinality(scopes) between 1 and 20)
    constraint service_token_scopes_elements check (array_position(scopes, null) is null),
  -- It goes on when they are gone: it belongs to the service, not to them.
  creator_id uuid references user_account on delete set null,
  original_entry_timestamp timestamptz not null default now()
    constraint service_token_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  expiration_timestamp timestamptz not null
    constraint service_token_expiration_timestamp_range check (is_on_calendar(expiration_timestamp)),
  -- To the minute.
  last_use_timestamp timestamptz
    constraint service_token_last_use_timestamp_range check (is_on_calendar(last_use_timestamp)),
  revocation_timestamp timestamptz
    constraint service_token_revocation_timestamp_range check (is_on_calendar(revocation_timestamp)),
  constraint service_token_expiration_timestamp_order check (
    expiration_timestamp > original_entry_timestamp
    and expiration_timestamp <= original_entry_timestamp + interval '366 days'
  )
);

create index service_token_creator_id_idx on service_token (creator_id) where creator_id is not null;

-- What was revoked stays so.
create function service_token_stays_revoked() returns trigger language plpgsql as $$
begin
  raise exception using
    errcode = 'check_violation', constraint = 'service_token_stays_revoked', table = 'service_token',
    message = 'a service token that was revoked stays so';
end
$$;

create trigger service_token_stays_revoked before update of revocation_timestamp on service_token
  for each row when (old.revocation_timestamp is not null and new.revocation_timestamp is null)
  execute function service_token_stays_revoked();

-- A service that acts is in the log by its token: like an actor it is no reference, and outlives the token.
alter table audit_event add column service_token_id uuid;

create index audit_event_service_token_id_idx on audit_event (service_token_id, id)
  where service_token_id is not null;

-- By which token a service acts: set_config('dwelzo.service_token', <token id>, true).
create function acting_service_token() returns uuid language sql stable
return nullif(current_setting('dwelzo.service_token', true), '')::uuid;

create or replace function audit(action text, subject_table text, subject_id uuid, before jsonb, after jsonb)
returns void language sql as $$
  insert into audit_event (
    action, actor_id, service_token_id, subject_table, subject_id, ip_address, before, after
  )
  select audit.action, acting_user(), acting_service_token(), audit.subject_table, audit.subject_id,
    acting_address(),
    (select jsonb_object_agg(b.key, b.value) from jsonb_each(audit.before) as b
      where audit.after is null or audit.after -> b.key is distinct from b.value),
    (select jsonb_object_agg(a.key, a.value) from jsonb_each(audit.after) as a
      where audit.before is null or audit.before -> a.key is distinct from a.value)
$$;

create function service_token_audited() returns trigger language plpgsql as $$
begin
  perform audit(
    'service_token.' || case tg_op when 'INSERT' then 'create' when 'UPDATE' then 'change' else 'delete' end,
    'service_token', coalesce(new.id, old.id),
    to_jsonb(old) - '{id,original_entry_timestamp,last_use_timestamp}'::text[],
    to_jsonb(new) - '{id,original_entry_timestamp,last_use_timestamp}'::text[]);
  return null;
end
$$;

create trigger service_token_audited_entry after insert or delete on service_token
  for each row execute function service_token_audited();
create trigger service_token_audited_change after update on service_token
  for each row when (
    (old.name, old.scopes, old.expiration_timestamp, old.revocation_timestamp)
      is distinct from (new.name, new.scopes, new.expiration_timestamp, new.revocation_timestamp)
  )
  execute function service_token_audited();
