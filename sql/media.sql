-- Media: the files of a listing.

-- name: media_public :set Media
-- The files that everybody may see, of listings that everybody may see.
select
  m.id, m."order", m.media_category, m.media_type, m.media_url, m.preferred_photo_yn, m.short_description,
  m.long_description, m.alt_text, m.image_width, m.image_height, m.image_of, m.media_alteration,
  m.original_entry_timestamp, m.modification_timestamp,
  m.property_id
from media as m
join property as p on p.id = m.property_id
where p.public_yn and 'Public' = any(m.permission);

-- name: media_of_listings :set Media
-- The files that everybody may see, of listings that were found.
-- below: Property
select
  id, "order", media_category, media_type, media_url, preferred_photo_yn, short_description,
  long_description, alt_text, image_width, image_height, image_of, media_alteration,
  original_entry_timestamp, modification_timestamp,
  property_id
from media
where 'Public' = any(permission);

-- name: media_summary_of_properties :batch_one(property_id) MediaSummary
-- How many files of each listing everybody may see, by what they are for.
select
  p.id as property_id,
  cast(count(*) filter (where m.media_category = 'Photo') as integer) as photos_count,
  cast(count(*) filter (where m.media_category = 'Video') as integer) as videos_count,
  cast(count(*) filter (where m.media_category = 'Document') as integer) as documents_count
from property as p
left join media as m on m.property_id = p.id and 'Public' = any(m.permission)
where p.id = any(:property_id) and p.public_yn
group by p.id;
