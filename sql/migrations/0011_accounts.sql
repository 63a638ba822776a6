-- Accounts: how users sign in, their sessions, and the log of who did what to whom.

create type account_status as enum ('ACTIVE', 'SUSPENDED', 'DELETED');

-- Addresses that differ in case only are one: they are kept in small letters.
create function is_email(value text) returns boolean language sql immutable parallel safe
return value ~ '^[^@[:space:][:cntrl:]]{1,64}@[^@[:space:][:cntrl:]]{1,189}$' and value = lower(value);

-- Argon2id, in PHC's string format.
create function is_password_hash(value text) returns boolean language sql immutable parallel safe
return starts_with(value, '$argon2id$') and char_length(value) <= 300;

-- A user whom somebody else brought (a feed, the sample) has no address and cannot sign in. An address is in
-- here when its owner has proved that it is theirs, and not before.
alter table user_account
  add column email text
    constraint user_account_email_format check (is_email(email))
    constraint user_account_email_unique unique,
  add column status account_status not null default 'ACTIVE';

-- In a table of its own, so that no statement about users reads it by mistake.
create table user_credential (
  user_id uuid primary key references user_account on delete cascade,
  password_hash text not null
    constraint user_credential_password_hash_format check (is_password_hash(password_hash)),
  modification_timestamp timestamptz not null default now()
    constraint user_credential_modification_timestamp_range check (is_on_calendar(modification_timestamp))
);

-- Somebody who wants an account, until they have followed the link that was sent to the address. Others may
-- ask for the same address at the same time: whoever can read its mail decides.
create table registration (
  id uuid primary key default uuid7(),
  email text not null constraint registration_email_format check (is_email(email)),
  display_name text not null constraint registration_display_name_length check (has_length(display_name, 80)),
  password_hash text not null
    constraint registration_password_hash_format check (is_password_hash(password_hash)),
  expiration_timestamp timestamptz not null
    constraint registration_expiration_timestamp_range check (is_on_calendar(expiration_timestamp))
);

create index registration_email_idx on registration (email);
create index registration_expiration_timestamp_idx on registration (expiration_timestamp);

-- What a link in a letter is good for, once: the row goes when it is used.
create table ticket (
  id uuid primary key default uuid7(),
  user_id uuid not null references user_account on delete cascade,
  purpose text not null constraint ticket_purpose_format check (purpose in ('RESET_PASSWORD', 'CHANGE_EMAIL')),
  -- The address that the user wants to change to.
  email text constraint ticket_email_format check (is_email(email)),
  expiration_timestamp timestamptz not null
    constraint ticket_expiration_timestamp_range check (is_on_calendar(expiration_timestamp)),
  constraint ticket_email_required check ((purpose = 'CHANGE_EMAIL') = (email is not null))
);

create index ticket_user_id_idx on ticket (user_id, purpose);
create index ticket_expiration_timestamp_idx on ticket (expiration_timestamp);

-- A sign-in and all refresh tokens that followed from it: they carry this id and `refresh_number`, and are not
-- stored. One with an earlier number has been used before.
create table user_session (
  id uuid primary key default uuid7(),
  user_id uuid not null references user_account on delete cascade,
  refresh_number integer not null default 0
    constraint user_session_refresh_number_range check (refresh_number between 0 and 2147483646),
  user_agent text constraint user_session_user_agent_length check (has_length(user_agent, 300)),
  ip_address inet,
  original_entry_timestamp timestamptz not null default now()
    constraint user_session_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  -- When it was last refreshed.
  modification_timestamp timestamptz not null default now()
    constraint user_session_modification_timestamp_range check (is_on_calendar(modification_timestamp)),
  expiration_timestamp timestamptz not null
    constraint user_session_expiration_timestamp_range check (is_on_calendar(expiration_timestamp)),
  end_timestamp timestamptz constraint user_session_end_timestamp_range check (is_on_calendar(end_timestamp)),
  end_reason text constraint user_session_end_reason_format check (
    end_reason in (
      'SIGNED_OUT', 'REVOKED', 'REFRESH_TOKEN_REUSED', 'PASSWORD_CHANGED', 'ACCOUNT_SUSPENDED', 'ACCOUNT_DELETED',
      'TOO_MANY'
    )
  ),
  constraint user_session_end_reason_required check ((end_timestamp is null) = (end_reason is null))
);

create index user_session_user_id_idx on user_session (user_id, modification_timestamp desc, id)
  where end_timestamp is null;
-- For those who clear away what ended long ago.
create index user_session_expiration_timestamp_idx on user_session (expiration_timestamp);

-- A user who may not be here any more has no session, whoever says so.
create function user_account_ends_sessions() returns trigger language plpgsql as $$
begin
  update user_session
  set end_timestamp = now(),
    end_reason = case when new.status = 'SUSPENDED' then 'ACCOUNT_SUSPENDED' else 'ACCOUNT_DELETED' end
  where user_id = new.id and end_timestamp is null;
  return null;
end
$$;

create trigger user_account_ends_sessions after update of status on user_account
  for each row when (new.status <> 'ACTIVE' and old.status is distinct from new.status)
  execute function user_account_ends_sessions();

-- The last who can run the service cannot be taken away. The lock makes two who take each other's role away
-- at the same moment come one after the other.
create function user_account_keeps_an_admin() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('dwelzo.last_admin'));
  if not exists (select from user_account where role = 'ADMIN' and status = 'ACTIVE') then
    raise exception using
      errcode = 'check_violation', constraint = 'user_account_last_admin', table = 'user_account',
      message = 'the last admin cannot be removed';
  end if;
  return null;
end
$$;

create constraint trigger user_account_last_admin after update or delete on user_account
  for each row when (old.role = 'ADMIN' and old.status = 'ACTIVE')
  execute function user_account_keeps_an_admin();

-- Who did what to whom, from where. It is written and read, and nothing else: no role can change it.
create table audit_event (
  id uuid primary key default uuid7(),
  -- Such as account.update or session.refresh_reused.
  action text not null constraint audit_event_action_format check (action ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$'),
  -- Who acted: none for somebody who was not signed in, and for the command line. No reference: it outlives them.
  actor_id uuid,
  -- The row it happened to.
  subject_table text not null
    constraint audit_event_subject_table_format check (subject_table ~ '^[a-z_]{1,63}$'),
  subject_id uuid,
  ip_address inet,
  -- The columns that differ, as they were and as they are. Never a secret.
  before jsonb,
  after jsonb,
  original_entry_timestamp timestamptz not null default clock_timestamp()
    constraint audit_event_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp))
);

create index audit_event_subject_idx on audit_event (subject_id, id);
create index audit_event_actor_id_idx on audit_event (actor_id, id);

create function audit_event_stays() returns trigger language plpgsql as $$
begin
  raise exception using
    errcode = 'check_violation', constraint = 'audit_event_append_only', table = 'audit_event',
    message = 'the audit log is only ever added to';
end
$$;

create trigger audit_event_stays before update or delete or truncate on audit_event
  for each statement execute function audit_event_stays();

-- From where somebody acts, for the length of the transaction: set_config('dwelzo.address', <address>, true).
create function acting_address() returns inet language sql stable
return nullif(current_setting('dwelzo.address', true), '')::inet;

-- One line of the log; `before` and `after` are whole rows, of which the columns that differ are kept.
create function audit(action text, subject_table text, subject_id uuid, before jsonb, after jsonb)
returns void language sql as $$
  insert into audit_event (action, actor_id, subject_table, subject_id, ip_address, before, after)
  select audit.action, acting_user(), audit.subject_table, audit.subject_id, acting_address(),
    (select jsonb_object_agg(b.key, b.value) from jsonb_each(audit.before) as b
      where audit.after is null or audit.after -> b.key is distinct from b.value),
    (select jsonb_object_agg(a.key, a.value) from jsonb_each(audit.after) as a
      where audit.before is null or audit.before -> a.key is distinct from a.value)
$$;

-- An account from the moment it can sign in. Users whom a feed brings are no accounts, and many.
create function user_account_audited() returns trigger language plpgsql as $$
begin
  perform audit('account.' || lower(tg_op), 'user_account', coalesce(new.id, old.id),
    to_jsonb(old) - '{id,original_entry_timestamp,modification_timestamp}'::text[],
    to_jsonb(new) - '{id,original_entry_timestamp,modification_timestamp}'::text[]);
  return null;
end
$$;

create trigger user_account_audited_insert after insert on user_account
  for each row when (new.email is not null) execute function user_account_audited();
create trigger user_account_audited_update after update on user_account
  for each row when (
    (old.email, old.role, old.status, old.display_name)
      is distinct from (new.email, new.role, new.status, new.display_name)
  )
  execute function user_account_audited();
create trigger user_account_audited_delete after delete on user_account
  for each row when (old.email is not null) execute function user_account_audited();

create function user_credential_audited() returns trigger language plpgsql as $$
begin
  perform audit('account.password_' || case when tg_op = 'INSERT' then 'set' else 'changed' end,
    'user_account', new.user_id, null, null);
  return null;
end
$$;

create trigger user_credential_audited after insert or update of modification_timestamp on user_credential
  for each row execute function user_credential_audited();

create function user_session_audited() returns trigger language plpgsql as $$
begin
  perform audit('session.' || case when tg_op = 'INSERT' then 'begin' else 'end' end,
    'user_session', new.id,
    null, jsonb_build_object('user_id', new.user_id, 'end_reason', new.end_reason));
  return null;
end
$$;

create trigger user_session_audited_begin after insert on user_session
  for each row execute function user_session_audited();
create trigger user_session_audited_end after update of end_timestamp on user_session
  for each row when (old.end_timestamp is null and new.end_timestamp is not null)
  execute function user_session_audited();
