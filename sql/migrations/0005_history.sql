-- What happened to a listing: price and status, written by the database itself whoever writes the listing.
-- Rows of one statement are read from its transition tables, so that 100,000 rows cost one more statement and
-- not 100,000. A draft (Incomplete) has no history: it begins when the listing leaves that state.

create table history_transactional (
  id uuid primary key default uuid7(),
  property_id uuid not null references property on delete cascade,
  -- RESO's name of the field that changed: ListPrice or StandardStatus.
  field_name text not null
    constraint history_transactional_field_name_format check (field_name in ('ListPrice', 'StandardStatus')),
  previous_value text,
  new_value text,
  -- None for a step that RESO has no word for: back to draft.
  change_type change_type,
  changed_by_id uuid references user_account on delete set null,
  modification_timestamp timestamptz not null
    constraint history_transactional_modification_timestamp_range
    check (is_on_calendar(modification_timestamp)),
  -- The order of writing, where two events carry the same time.
  entity_event_sequence bigint not null generated always as identity
);

create index history_transactional_property_id_idx
  on history_transactional (property_id, modification_timestamp, id);
create index history_transactional_changed_by_id_idx
  on history_transactional (changed_by_id) where changed_by_id is not null;

-- Whoever acts says so for the length of the transaction: set_config('dwelzo.actor', <user id>, true).
create function acting_user() returns uuid language sql stable
return nullif(current_setting('dwelzo.actor', true), '')::uuid;

-- RESO's word for a step from one status to another.
create function change_of_status(before standard_status, after standard_status) returns change_type
language sql stable
return case
  when after = 'Incomplete' then null
  when before = 'Incomplete' then 'NewListing'
  when after = 'Delete' then 'Deleted'
  when after = 'Active' and before <> 'ComingSoon' then 'BackOnMarket'
  else after::text::change_type
end;

-- The columns of the row itself that its history gives. A feed that knows when something happened says so by
-- writing the time; else it happened now.
create function property_before_insert() returns trigger language plpgsql as $$
begin
  new.original_list_price := coalesce(new.original_list_price, new.list_price);
  new.status_change_timestamp := coalesce(new.status_change_timestamp, new.original_entry_timestamp);
  if new.list_price <> new.original_list_price then
    new.previous_list_price := coalesce(new.previous_list_price, new.original_list_price);
    new.price_change_timestamp := coalesce(new.price_change_timestamp, new.modification_timestamp);
  end if;
  if new.standard_status <> 'Incomplete' and new.major_change_type is null then
    new.major_change_type := case when new.list_price <> new.original_list_price then 'PriceChange'
      else 'NewListing' end;
    new.major_change_timestamp := coalesce(new.price_change_timestamp, new.original_entry_timestamp);
  end if;
  return new;
end
$$;

create function property_before_update() returns trigger language plpgsql as $$
declare
  change change_type;
begin
  new.original_entry_timestamp := old.original_entry_timestamp;
  new.modification_timestamp := now();
  -- What is known of the past is not forgotten because a feed leaves it out.
  new.original_list_price := coalesce(new.original_list_price, old.original_list_price, new.list_price);
  new.previous_list_price := coalesce(new.previous_list_price, old.previous_list_price);
  new.price_change_timestamp := coalesce(new.price_change_timestamp, old.price_change_timestamp);
  new.status_change_timestamp := coalesce(new.status_change_timestamp, old.status_change_timestamp);

  if new.list_price is distinct from old.list_price then
    if old.standard_status = 'Incomplete' then
      if new.original_list_price is not distinct from old.original_list_price then
        new.original_list_price := new.list_price;
      end if;
    else
      new.previous_list_price := old.list_price;
      if new.price_change_timestamp is not distinct from old.price_change_timestamp then
        new.price_change_timestamp := now();
      end if;
      new.major_change_type := 'PriceChange';
      new.major_change_timestamp := new.price_change_timestamp;
    end if;
  end if;

  if new.standard_status <> old.standard_status then
    if new.status_change_timestamp = old.status_change_timestamp then
      new.status_change_timestamp := now();
    end if;
    change := change_of_status(old.standard_status, new.standard_status);
    if change is not null then
      new.major_change_type := change;
      new.major_change_timestamp := new.status_change_timestamp;
    end if;
  end if;
  return new;
end
$$;

-- A listing that arrives begins with its first price; one that arrives with another price than its first has
-- changed it before.
create function history_after_insert() returns trigger language plpgsql as $$
begin
  insert into history_transactional
    (property_id, field_name, previous_value, new_value, change_type, changed_by_id, modification_timestamp)
  select p.id, 'ListPrice', c.previous_value, c.new_value, c.change_type, acting_user(), c.happened_at
  from inserted as p
  cross join lateral (values
    (true, null, p.original_list_price::text, 'NewListing'::change_type, p.original_entry_timestamp),
    (p.list_price <> p.original_list_price, p.previous_list_price::text, p.list_price::text, 'PriceChange',
      p.price_change_timestamp)
  ) as c (happened, previous_value, new_value, change_type, happened_at)
  where p.standard_status <> 'Incomplete' and c.happened;
  return null;
end
$$;

create function history_after_update() returns trigger language plpgsql as $$
begin
  insert into history_transactional
    (property_id, field_name, previous_value, new_value, change_type, changed_by_id, modification_timestamp)
  select n.id, c.field_name, c.previous_value, c.new_value, c.change_type, acting_user(), c.happened_at
  from updated as n
  join replaced as o on o.id = n.id
  cross join lateral (values
    (o.standard_status = 'Incomplete' and n.standard_status <> 'Incomplete',
      'ListPrice', null, n.list_price::text, 'NewListing'::change_type, n.status_change_timestamp),
    (o.standard_status <> 'Incomplete' and n.list_price is distinct from o.list_price,
      'ListPrice', o.list_price::text, n.list_price::text, 'PriceChange', n.price_change_timestamp),
    (n.standard_status <> o.standard_status,
      'StandardStatus', o.standard_status::text, n.standard_status::text,
      change_of_status(o.standard_status, n.standard_status), n.status_change_timestamp)
  ) as c (happened, field_name, previous_value, new_value, change_type, happened_at)
  where c.happened;
  return null;
end
$$;

create trigger property_before_insert before insert on property
  for each row execute function property_before_insert();
create trigger property_before_update before update on property
  for each row execute function property_before_update();
create trigger property_history_after_insert after insert on property
  referencing new table as inserted
  for each statement execute function history_after_insert();
create trigger property_history_after_update after update on property
  referencing old table as replaced new table as updated
  for each statement execute function history_after_update();
