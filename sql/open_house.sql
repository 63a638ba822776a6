-- Open houses.

-- name: open_houses_public :set OpenHouse
-- The open houses that everybody is invited to, of listings that everybody may see.
select
  o.id, o.open_house_key, o.open_house_date, o.open_house_start_time, o.open_house_end_time,
  o.open_house_status, o.open_house_type, o.open_house_attended_by, o.appointment_required_yn,
  o.livestream_open_house_url, o.open_house_remarks, o.refreshments, o.original_entry_timestamp,
  o.modification_timestamp,
  o.property_id, o.showing_agent_id
from open_house as o
join property as p on p.id = o.property_id
where p.public_yn and o.open_house_type in ('Public', 'LivestreamPublic');
