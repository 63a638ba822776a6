-- Who lists: offices (agencies and their branches) and their members (agents).

create table office (
  id uuid primary key default uuid7(),
  office_key text collate "C" not null
    constraint office_office_key_length check (has_length(office_key, 255)),
  office_mls_id text constraint office_office_mls_id_length check (has_length(office_mls_id, 25)),
  office_name text not null constraint office_office_name_length check (has_length(office_name, 255)),
  office_bio text constraint office_office_bio_length check (has_length(office_bio, 1024)),
  office_type office_type,
  office_branch_type office_branch_type,
  office_status office_status not null default 'Active',
  franchise_affiliation text
    constraint office_franchise_affiliation_length check (has_length(franchise_affiliation, 50)),
  office_phone text constraint office_office_phone_length check (has_length(office_phone, 16)),
  office_email text
    constraint office_office_email_format
    check (office_email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and char_length(office_email) <= 80),
  office_address1 text constraint office_office_address1_length check (has_length(office_address1, 50)),
  office_address2 text constraint office_office_address2_length check (has_length(office_address2, 50)),
  office_city text constraint office_office_city_length check (has_length(office_city, 50)),
  office_postal_code text
    constraint office_office_postal_code_length check (has_length(office_postal_code, 10)),
  office_state_or_province text
    constraint office_office_state_or_province_format check (office_state_or_province ~ '^[A-Z]{2}$'),
  office_country text constraint office_office_country_format check (office_country ~ '^[A-Z]{2}$'),
  idx_office_participation_yn boolean,
  main_office_id uuid references office,
  original_entry_timestamp timestamptz not null default now()
    constraint office_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint office_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  constraint office_office_key_unique unique (office_key),
  constraint office_main_office_id_order check (main_office_id <> id)
);

-- A branch finds its main office, a main office its branches.
create index office_main_office_id_idx on office (main_office_id) where main_office_id is not null;
create index office_office_name_idx on office (office_name, id) where office_status = 'Active';
create trigger office_timestamps before update on office
  for each row execute function keep_timestamps();

create table member (
  id uuid primary key default uuid7(),
  member_key text collate "C" not null
    constraint member_member_key_length check (has_length(member_key, 255)),
  member_mls_id text constraint member_member_mls_id_length check (has_length(member_mls_id, 25)),
  member_first_name text constraint member_member_first_name_length check (has_length(member_first_name, 50)),
  member_last_name text constraint member_member_last_name_length check (has_length(member_last_name, 50)),
  member_full_name text not null
    constraint member_member_full_name_length check (has_length(member_full_name, 150)),
  member_nickname text constraint member_member_nickname_length check (has_length(member_nickname, 50)),
  job_title text constraint member_job_title_length check (has_length(job_title, 50)),
  member_bio text constraint member_member_bio_length check (has_length(member_bio, 1024)),
  member_type member_type,
  member_status member_status not null default 'Active',
  member_email text
    constraint member_member_email_format
    check (member_email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and char_length(member_email) <= 80),
  member_direct_phone text
    constraint member_member_direct_phone_length check (has_length(member_direct_phone, 16)),
  member_mobile_phone text
    constraint member_member_mobile_phone_length check (has_length(member_mobile_phone, 16)),
  member_preferred_phone text
    constraint member_member_preferred_phone_length check (has_length(member_preferred_phone, 16)),
  member_languages languages[] not null default '{}'
    constraint member_member_languages_elements check (is_short_list(member_languages)),
  member_state_license text
    constraint member_member_state_license_length check (has_length(member_state_license, 50)),
  member_state_license_state text
    constraint member_member_state_license_state_format check (member_state_license_state ~ '^[A-Z]{2}$'),
  office_id uuid references office,
  original_entry_timestamp timestamptz not null default now()
    constraint member_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint member_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  constraint member_member_key_unique unique (member_key)
);

create index member_office_id_idx on member (office_id, member_full_name, id);
create index member_member_full_name_idx on member (member_full_name, id) where member_status = 'Active';
create trigger member_timestamps before update on member
  for each row execute function keep_timestamps();
