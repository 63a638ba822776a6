-- Members: agents and others who work in an office.

-- name: members_at_work :set Member
-- The members who are at work.
select
  id, member_key, member_mls_id, member_first_name, member_last_name, member_full_name, member_nickname,
  job_title, member_bio, member_type, member_email, member_direct_phone, member_mobile_phone,
  member_preferred_phone, member_languages, member_state_license, member_state_license_state,
  original_entry_timestamp, modification_timestamp,
  office_id
from member
where member_status = 'Active';
