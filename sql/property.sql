-- Listings. The address is hidden here, by the statement, wherever the seller does not let it be shown: no
-- column of the set, and so no field, filter or order made of one, can give it away.

-- name: properties_on_market :set Property
-- The listings that everybody may see. One that is no draft has a price (property_list_price_required).
-- not null: list_price
-- clock: days_on_market
select
  id,
  -- Identity
  listing_key, listing_id, originating_system_name, originating_system_key, source_system_key,
  -- Kind
  case when internet_address_display_yn then building_name end as building_name,
  property_type, property_sub_type, structure_type, common_interest, property_attached_yn,
  architectural_style, new_construction_yn, property_condition, builder_name, builder_model, year_built,
  year_built_source, year_built_effective,
  -- Status and dates
  standard_status, mls_status, listing_contract_date, activation_date, on_market_date, back_on_market_date,
  pending_timestamp, purchase_contract_date, contingent_date, availability_date, major_change_type,
  major_change_timestamp, status_change_timestamp, price_change_timestamp, original_entry_timestamp,
  modification_timestamp,
  -- Price
  currency_code, list_price, list_price_low, original_list_price, previous_list_price, concessions,
  concessions_amount, association_yn, association_name, association_fee, association_fee_frequency,
  association_fee_includes, tax_annual_amount, tax_year, tax_assessed_value,
  -- Lease and income
  lease_amount, lease_amount_frequency, lease_term, lease_expiration, lease_considered_yn, security_deposit,
  land_lease_yn, land_lease_amount, land_lease_amount_frequency, furnished, pets_allowed, rent_includes,
  tenant_pays, gross_income, operating_expense, net_operating_income, cap_rate,
  -- Size
  living_area, living_area_units, living_area_source, living_area_square_metres, above_grade_finished_area,
  above_grade_finished_area_units, below_grade_finished_area, below_grade_finished_area_units,
  building_area_total, building_area_units, lot_size_area, lot_size_units, lot_size_source,
  lot_size_square_feet, lot_size_dimensions, bedrooms_total, bedrooms_possible, main_level_bedrooms,
  bathrooms_total_integer, bathrooms_full, bathrooms_three_quarter, bathrooms_half, bathrooms_one_quarter,
  rooms_total, stories, stories_total, entry_level, levels, number_of_units_total,
  -- Place
  case when internet_address_display_yn then unparsed_address end as unparsed_address,
  case when internet_address_display_yn then street_number end as street_number,
  case when internet_address_display_yn then street_dir_prefix end as street_dir_prefix,
  case when internet_address_display_yn then street_name end as street_name,
  case when internet_address_display_yn then street_suffix end as street_suffix,
  case when internet_address_display_yn then street_dir_suffix end as street_dir_suffix,
  case when internet_address_display_yn then unit_number end as unit_number,
  case when internet_address_display_yn then parcel_number end as parcel_number,
  case when internet_address_display_yn then cross_street end as cross_street,
  case when internet_address_display_yn then directions end as directions,
  case when internet_address_display_yn then latitude end as latitude,
  case when internet_address_display_yn then longitude end as longitude,
  city, postal_city, postal_code, state_or_province, administrative_area, county_or_parish, country,
  subdivision_name, mls_area_major, city_region, state_region, direction_faces, elevation, elevation_units,
  property_time_zone_name, elementary_school, middle_or_junior_school, high_school, high_school_district,
  walk_score,
  -- Features
  accessibility_features, appliances, association_amenities, basement, basement_yn, community_features,
  construction_materials, cooling, cooling_yn, electric, exterior_features, fencing, fireplace_features,
  fireplace_yn, fireplaces_total, flooring, foundation_details, green_energy_efficient,
  green_energy_generation, heating, heating_yn, interior_features, laundry_features, lot_features,
  other_structures, garage_yn, attached_garage_yn, garage_spaces, carport_yn, carport_spaces, parking_total,
  parking_features, patio_and_porch_features, pool_features, pool_private_yn, spa_features, spa_yn, roof,
  security_features, senior_community_yn, sewer, utilities, view, view_yn, waterfront_features, waterfront_yn,
  water_source, window_features, horse_yn, inclusions, exclusions,
  -- Remarks and terms
  public_remarks, disclaimer, copyright_notice, listing_terms, special_listing_conditions, possession,
  contingency, ownership,
  -- Display rules and links
  internet_address_display_yn, internet_automated_valuation_display_yn, internet_consumer_comment_yn,
  listing_url, virtual_tour_url_branded, virtual_tour_url_unbranded,
  -- Who lists it
  list_agent_id, co_list_agent_id, list_office_id, co_list_office_id,
  -- Computed
  case when on_market_date is not null then
    greatest(cast(now() at time zone 'UTC' as date) - on_market_date, 0)
  end as days_on_market,
  cast(list_price / living_area_square_metres as numeric(18, 2)) as price_per_square_metre,
  -- To search by
  search_text,
  geo_point
from property
where public_yn;
