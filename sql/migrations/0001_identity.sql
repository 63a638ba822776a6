-- Who a row is and who a user is: ids, the checks that all tables share, accounts.
-- Works on PostgreSQL 15 to 18, as every migration here; no extension is needed.

-- Ids are version 7 UUIDs (RFC 9562): in the order of time, so that an index grows at its end, and not to be
-- guessed. PostgreSQL 18 makes them itself. Before, they are put together here in the same way: 48 bits of
-- milliseconds, 12 bits of their fraction, 62 random bits.
do $$
begin
  if current_setting('server_version_num')::int >= 180000 then
    execute 'create function uuid7() returns uuid language sql volatile parallel safe return uuidv7()';
  else
    create function uuid7() returns uuid language sql volatile parallel safe
    return (
      select encode(
        int8send((t.us / 1000) << 16 | x'7000'::bigint | (t.us % 1000) * 4096 / 1000)
        || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid
      from (select floor(extract(epoch from clock_timestamp()) * 1000000)::bigint) as t (us)
    );
  end if;
end
$$;

-- A constraint is named <table>_<column>_<rule>, so that a violation names the field to blame. The rules are
-- length, range, format, positive, required, elements, order and unique. What no column alone is to blame for
-- has a name of its own, such as review_one_per_author_and_property. Every upper bound of a number refuses
-- NaN too, which PostgreSQL holds to be greater than all numbers.

-- A text is absent (null) or says something.
create function has_length(value text, most int) returns boolean language sql immutable parallel safe
return char_length(value) between 1 and most;

create function is_url(value text) returns boolean language sql immutable parallel safe
return value ~ '^https?://[^[:space:]]+$' and char_length(value) <= 8000;

-- Days and instants stay within the years that their wire form can write; this refuses infinities.
create function is_on_calendar(value date) returns boolean language sql immutable parallel safe
return value between date '0001-01-01' and date '9999-12-31';

create function is_on_calendar(value timestamptz) returns boolean language sql immutable parallel safe
return value between timestamptz '0001-01-01 00:00:00Z' and timestamptz '9999-12-31 23:59:59.999999Z';

-- A list has no gaps (null elements) and an end.
create function is_short_list(value anyarray) returns boolean language sql immutable parallel safe
as $$ select array_position(value, null) is null and cardinality(value) <= 100 $$;

-- Each write sets the time of the last one; the time of the first stays what it was.
create function keep_timestamps() returns trigger language plpgsql as $$
begin
  new.original_entry_timestamp := old.original_entry_timestamp;
  new.modification_timestamp := now();
  return new;
end
$$;

-- Each role may do what the ones before it may.
create type role as enum ('USER', 'AGENT', 'OFFICE_MANAGER', 'MODERATOR', 'ADMIN');

-- Somebody who signs in, or did: what others may know of them. How they sign in is not stored here.
create table user_account (
  id uuid primary key default uuid7(),
  display_name text not null constraint user_account_display_name_length check (has_length(display_name, 80)),
  role role not null default 'USER',
  original_entry_timestamp timestamptz not null default now()
    constraint user_account_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint user_account_modification_timestamp_range check (is_on_calendar(modification_timestamp))
);

create trigger user_account_timestamps before update on user_account
  for each row execute function keep_timestamps();
