-- The history of listings.

-- name: history_public :set HistoryTransactional
-- How price and status of the listings that everybody may see have changed; not by whom.
select
  h.id, h.field_name, h.previous_value, h.new_value, h.change_type, h.modification_timestamp,
  h.property_id
from history_transactional as h
join property as p on p.id = h.property_id
where p.public_yn;
