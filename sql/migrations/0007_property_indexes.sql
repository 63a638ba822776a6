-- How listings are found. Everybody's searches see public listings only, so their indexes hold no others.

-- Every order of PropertyOrder, ties broken by id in the same direction. Where a listing does not say the
-- value it comes last in both directions, which takes two indexes.
create index property_list_price_idx on property (list_price, id) where public_yn;
create index property_original_entry_timestamp_idx on property (original_entry_timestamp, id) where public_yn;
create index property_modification_timestamp_idx on property (modification_timestamp, id) where public_yn;
create index property_living_area_square_metres_idx
  on property (living_area_square_metres, id) where public_yn;
create index property_living_area_square_metres_desc_idx
  on property (living_area_square_metres desc nulls last, id desc) where public_yn;
create index property_bedrooms_total_idx on property (bedrooms_total, id) where public_yn;
create index property_bedrooms_total_desc_idx
  on property (bedrooms_total desc nulls last, id desc) where public_yn;

-- The filters that narrow most.
create index property_city_idx on property (city, list_price, id) where public_yn;
create index property_postal_code_idx on property (postal_code, list_price, id) where public_yn;
create index property_geo_point_idx on property using gist (geo_point) where public_yn;
create index property_search_text_idx on property using gin (search_text) where public_yn;
create index property_features_idx on property using gin
  (accessibility_features, parking_features, pool_features, view, waterfront_features) where public_yn;

-- Relations, and the foreign keys under them.
create index property_list_agent_id_idx on property (list_agent_id, original_entry_timestamp, id);
create index property_list_office_id_idx on property (list_office_id, original_entry_timestamp, id);
create index property_co_list_agent_id_idx on property (co_list_agent_id)
  where co_list_agent_id is not null;
create index property_co_list_office_id_idx on property (co_list_office_id)
  where co_list_office_id is not null;
