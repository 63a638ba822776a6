-- What hangs on a listing: pictures, open houses, reviews.

-- Where a file is and what it shows. Element zero is the first to be shown.
create table media (
  id uuid primary key default uuid7(),
  property_id uuid not null references property on delete cascade,
  "order" smallint not null constraint media_order_range check ("order" between 0 and 9999),
  media_category media_category not null default 'Photo',
  media_type media_type,
  media_url text not null constraint media_media_url_format check (is_url(media_url)),
  preferred_photo_yn boolean not null default false,
  short_description text constraint media_short_description_length check (has_length(short_description, 50)),
  long_description text constraint media_long_description_length check (has_length(long_description, 1024)),
  alt_text text constraint media_alt_text_length check (has_length(alt_text, 255)),
  image_width integer constraint media_image_width_range check (image_width between 1 and 99999999),
  image_height integer constraint media_image_height_range check (image_height between 1 and 99999999),
  image_of image_of,
  media_alteration media_alteration[] not null default '{}'
    constraint media_media_alteration_elements check (is_short_list(media_alteration)),
  permission permission[] not null default '{Public}'
    constraint media_permission_elements check (is_short_list(permission)),
  original_entry_timestamp timestamptz not null default now()
    constraint media_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint media_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  constraint media_order_unique unique (property_id, "order")
);

create unique index media_one_preferred_photo_per_property on media (property_id) where preferred_photo_yn;
create trigger media_timestamps before update on media
  for each row execute function keep_timestamps();

-- A visit without an appointment. Start and end are instants; the day is the one on the calendar of the
-- place.
create table open_house (
  id uuid primary key default uuid7(),
  property_id uuid not null references property on delete cascade,
  open_house_key text collate "C" not null
    constraint open_house_open_house_key_length check (has_length(open_house_key, 255)),
  open_house_date date not null
    constraint open_house_open_house_date_range check (is_on_calendar(open_house_date)),
  open_house_start_time timestamptz not null
    constraint open_house_open_house_start_time_range check (is_on_calendar(open_house_start_time)),
  open_house_end_time timestamptz not null
    constraint open_house_open_house_end_time_range check (is_on_calendar(open_house_end_time)),
  open_house_status open_house_status not null default 'Active',
  open_house_type open_house_type not null default 'Public',
  open_house_attended_by attended,
  appointment_required_yn boolean,
  livestream_open_house_url text
    constraint open_house_livestream_open_house_url_format check (is_url(livestream_open_house_url)),
  open_house_remarks text
    constraint open_house_open_house_remarks_length check (has_length(open_house_remarks, 500)),
  refreshments text constraint open_house_refreshments_length check (has_length(refreshments, 255)),
  showing_agent_id uuid references member,
  original_entry_timestamp timestamptz not null default now()
    constraint open_house_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint open_house_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  constraint open_house_open_house_key_unique unique (open_house_key),
  constraint open_house_open_house_end_time_order check (open_house_end_time > open_house_start_time)
);

create index open_house_property_id_idx on open_house (property_id, open_house_start_time, id);
create index open_house_open_house_start_time_idx on open_house (open_house_start_time, id);
create index open_house_showing_agent_id_idx on open_house (showing_agent_id)
  where showing_agent_id is not null;
create trigger open_house_timestamps before update on open_house
  for each row execute function keep_timestamps();

-- What a user thinks of a property. No RESO term.
create table review (
  id uuid primary key default uuid7(),
  property_id uuid not null references property on delete cascade,
  author_id uuid not null references user_account,
  rating integer not null constraint review_rating_range check (rating between 1 and 5),
  body text not null constraint review_body_length check (has_length(body, 4000)),
  original_entry_timestamp timestamptz not null default now()
    constraint review_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint review_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  constraint review_one_per_author_and_property unique (author_id, property_id)
);

create index review_property_id_idx on review (property_id, original_entry_timestamp, id);
create trigger review_timestamps before update on review
  for each row execute function keep_timestamps();
