-- The queue: what resolvers, an admin and the worker ask of pgqueuer's tables. Kinds are its entrypoints.

-- name: enqueue
select enqueue_job($1, $2) as id;

-- name: jobs
-- Jobs that are not done, from the oldest on, with why the last try came to nothing.
select q.id,
       q.entrypoint as kind,
       case q.status when 'picked' then 'running' else q.status::text end as state,
       q.created,
       q.execute_after as due,
       -- The library counts the tries before this one.
       q.attempts + (q.status <> 'queued')::integer as attempts,
       (select l.traceback ->> 'exception_message' from pgqueuer_log as l
        where l.job_id = q.id and l.traceback is not null
        order by l.created desc, l.id desc limit 1) as last_error
from pgqueuer as q
where q.status in ('queued', 'picked', 'failed')
  and ($1::text is null or q.status::text = $1)
  and ($2::text is null or q.entrypoint = $2)
  and ($3::bigint is null or q.id = $3)
  and q.id > $4::bigint
order by q.id
limit $5;

-- name: retry
-- Tried anew at once, as often as at first.
with queued as (
  update pgqueuer
  set status = 'queued', execute_after = now(), updated = now(), attempts = 0, queue_manager_id = null
  where id = $1 and status in ('queued', 'failed')
  returning id, entrypoint, priority
), noted as (
  insert into pgqueuer_log (job_id, status, entrypoint, priority)
  select id, 'queued', entrypoint, priority from queued
)
select id, pg_notify('ch_pgqueuer', json_build_object(
  'channel', 'ch_pgqueuer', 'operation', 'update', 'sent_at', now(), 'table', 'pgqueuer',
  'type', 'table_changed_event'
)::text)::text
from queued;

-- name: discard
with discarded as (
  delete from pgqueuer where id = $1 and status in ('queued', 'failed') returning id, entrypoint, priority
), noted as (
  insert into pgqueuer_log (job_id, status, entrypoint, priority)
  select id, 'deleted', entrypoint, priority from discarded
)
select id from discarded;

-- name: taken
-- How often workers have taken the job for the try that it is in: more than once where one ended in its middle.
select count(*) from pgqueuer_log as l
where l.job_id = $1 and l.status = 'picked' and l.id > coalesce(
  (select max(b.id) from pgqueuer_log as b where b.job_id = $1 and b.status = 'queued'), 0);

-- name: forget
-- Lines about jobs that are done.
delete from pgqueuer_log as l
where l.created < now() - $1::interval and not exists (select from pgqueuer as q where q.id = l.job_id);
