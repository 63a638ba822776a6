-- What admins do to other people's accounts says why, in the line of the log that it makes.

alter table audit_event
  add column reason text constraint audit_event_reason_length check (has_length(reason, 500));

-- For those who ask what was done, whoever did it.
create index audit_event_action_idx on audit_event (action, id);

-- Why somebody acts, for the length of the transaction: set_config('dwelzo.reason', <reason>, true).
create function acting_reason() returns text language sql stable
return nullif(current_setting('dwelzo.reason', true), '');

create or replace function audit(
  action text, subject_table text, subject_id uuid, before jsonb, after jsonb
) returns void language sql as $$
  insert into audit_event (
    action, actor_id, service_token_id, subject_table, subject_id, ip_address, reason, before, after
  )
  select audit.action, acting_user(), acting_service_token(), audit.subject_table, audit.subject_id,
    acting_address(), acting_reason(),
    (select jsonb_object_agg(b.key, b.value) from jsonb_each(audit.before) as b
      where audit.after is null or audit.after -> b.key is distinct from b.value),
    (select jsonb_object_agg(a.key, a.value) from jsonb_each(audit.after) as a
      where audit.before is null or audit.before -> a.key is distinct from a.value)
$$;
