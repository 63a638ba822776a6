-- Offices.

-- name: offices_open :set Office
-- The offices that are open.
select
  id, office_key, office_mls_id, office_name, office_bio, office_type, office_branch_type,
  franchise_affiliation, office_phone, office_email, office_address1, office_address2, office_city,
  office_postal_code, office_state_or_province, office_country, idx_office_participation_yn,
  original_entry_timestamp, modification_timestamp,
  main_office_id
from office
where office_status = 'Active';
