-- The listing. Columns are RESO's Property fields in snake_case; where RESO has no term the contract says so.
-- What follows from a row alone is generated at its end; what follows from its history, 0005 keeps. Text that
-- is looked up but never sorted for reading is compared byte by byte (collate "C"): that is faster, and its
-- indexes outlive a change of the system's locale.

create table property (
  id uuid primary key default uuid7(),

  -- Identity
  listing_key text collate "C" not null
    constraint property_listing_key_length check (has_length(listing_key, 255)),
  listing_id text constraint property_listing_id_length check (has_length(listing_id, 255)),
  originating_system_name text collate "C"
    constraint property_originating_system_name_length check (has_length(originating_system_name, 255)),
  originating_system_key text collate "C"
    constraint property_originating_system_key_length check (has_length(originating_system_key, 255)),
  source_system_key text
    constraint property_source_system_key_length check (has_length(source_system_key, 255)),

  -- Kind
  property_type property_type not null,
  property_sub_type property_sub_type,
  structure_type structure_type[] not null default '{}'
    constraint property_structure_type_elements check (is_short_list(structure_type)),
  common_interest common_interest,
  property_attached_yn boolean,
  architectural_style architectural_style[] not null default '{}'
    constraint property_architectural_style_elements check (is_short_list(architectural_style)),
  new_construction_yn boolean,
  property_condition property_condition[] not null default '{}'
    constraint property_property_condition_elements check (is_short_list(property_condition)),
  builder_name text constraint property_builder_name_length check (has_length(builder_name, 50)),
  builder_model text constraint property_builder_model_length check (has_length(builder_model, 50)),
  building_name text constraint property_building_name_length check (has_length(building_name, 50)),
  year_built smallint constraint property_year_built_range check (year_built between 1000 and 2200),
  year_built_source year_built_source,
  year_built_effective smallint
    constraint property_year_built_effective_range check (year_built_effective between 1000 and 2200),

  -- Status and dates
  standard_status standard_status not null default 'Incomplete',
  mls_status text constraint property_mls_status_length check (has_length(mls_status, 50)),
  listing_contract_date date
    constraint property_listing_contract_date_range check (is_on_calendar(listing_contract_date)),
  activation_date date constraint property_activation_date_range check (is_on_calendar(activation_date)),
  on_market_date date constraint property_on_market_date_range check (is_on_calendar(on_market_date)),
  back_on_market_date date
    constraint property_back_on_market_date_range check (is_on_calendar(back_on_market_date)),
  pending_timestamp timestamptz
    constraint property_pending_timestamp_range check (is_on_calendar(pending_timestamp)),
  purchase_contract_date date
    constraint property_purchase_contract_date_range check (is_on_calendar(purchase_contract_date)),
  contingent_date date constraint property_contingent_date_range check (is_on_calendar(contingent_date)),
  availability_date date
    constraint property_availability_date_range check (is_on_calendar(availability_date)),
  off_market_date date constraint property_off_market_date_range check (is_on_calendar(off_market_date)),
  expiration_date date constraint property_expiration_date_range check (is_on_calendar(expiration_date)),
  withdrawn_date date constraint property_withdrawn_date_range check (is_on_calendar(withdrawn_date)),
  cancellation_date date
    constraint property_cancellation_date_range check (is_on_calendar(cancellation_date)),
  close_date date constraint property_close_date_range check (is_on_calendar(close_date)),
  major_change_type change_type,
  major_change_timestamp timestamptz
    constraint property_major_change_timestamp_range check (is_on_calendar(major_change_timestamp)),
  status_change_timestamp timestamptz not null
    constraint property_status_change_timestamp_range check (is_on_calendar(status_change_timestamp)),
  price_change_timestamp timestamptz
    constraint property_price_change_timestamp_range check (is_on_calendar(price_change_timestamp)),
  original_entry_timestamp timestamptz not null default now()
    constraint property_original_entry_timestamp_range check (is_on_calendar(original_entry_timestamp)),
  modification_timestamp timestamptz not null default now()
    constraint property_modification_timestamp_range check (is_on_calendar(modification_timestamp)),

  -- Price
  currency_code text not null constraint property_currency_code_format check (currency_code ~ '^[A-Z]{3}$'),
  list_price numeric(14,2)
    constraint property_list_price_positive check (list_price between 0.01 and 999999999999.99),
  list_price_low numeric(14,2)
    constraint property_list_price_low_positive check (list_price_low between 0.01 and 999999999999.99),
  original_list_price numeric(14,2)
    constraint property_original_list_price_positive
    check (original_list_price between 0.01 and 999999999999.99),
  previous_list_price numeric(14,2)
    constraint property_previous_list_price_positive
    check (previous_list_price between 0.01 and 999999999999.99),
  close_price numeric(14,2)
    constraint property_close_price_positive check (close_price between 0.01 and 999999999999.99),
  concessions concessions,
  concessions_amount numeric(14,2)
    constraint property_concessions_amount_range check (concessions_amount between 0 and 999999999999.99),
  association_yn boolean,
  association_name text constraint property_association_name_length check (has_length(association_name, 50)),
  association_fee numeric(14,2)
    constraint property_association_fee_range check (association_fee between 0 and 999999999999.99),
  association_fee_frequency fee_frequency,
  association_fee_includes association_fee_includes[] not null default '{}'
    constraint property_association_fee_includes_elements check (is_short_list(association_fee_includes)),
  tax_annual_amount numeric(14,2)
    constraint property_tax_annual_amount_range check (tax_annual_amount between 0 and 999999999999.99),
  tax_year smallint constraint property_tax_year_range check (tax_year between 1000 and 2200),
  tax_assessed_value numeric(14,2)
    constraint property_tax_assessed_value_range check (tax_assessed_value between 0 and 999999999999.99),

  -- Lease and income
  lease_amount numeric(14,2)
    constraint property_lease_amount_range check (lease_amount between 0 and 999999999999.99),
  lease_amount_frequency fee_frequency,
  lease_term lease_term,
  lease_expiration date constraint property_lease_expiration_range check (is_on_calendar(lease_expiration)),
  lease_considered_yn boolean,
  security_deposit numeric(14,2)
    constraint property_security_deposit_range check (security_deposit between 0 and 999999999999.99),
  land_lease_yn boolean,
  land_lease_amount numeric(14,2)
    constraint property_land_lease_amount_range check (land_lease_amount between 0 and 999999999999.99),
  land_lease_amount_frequency fee_frequency,
  furnished furnished,
  pets_allowed pets_allowed[] not null default '{}'
    constraint property_pets_allowed_elements check (is_short_list(pets_allowed)),
  rent_includes rent_includes[] not null default '{}'
    constraint property_rent_includes_elements check (is_short_list(rent_includes)),
  tenant_pays tenant_pays[] not null default '{}'
    constraint property_tenant_pays_elements check (is_short_list(tenant_pays)),
  occupant_type occupant_type,
  gross_income numeric(14,2)
    constraint property_gross_income_range check (gross_income between 0 and 999999999999.99),
  operating_expense numeric(14,2)
    constraint property_operating_expense_range check (operating_expense between 0 and 999999999999.99),
  net_operating_income numeric(14,2)
    constraint property_net_operating_income_range
    check (net_operating_income between -999999999999.99 and 999999999999.99),
  cap_rate numeric(5,2) constraint property_cap_rate_range check (cap_rate between -999.99 and 999.99),

  -- Size
  living_area numeric(14,2)
    constraint property_living_area_range check (living_area between 1 and 999999999.99),
  living_area_units area_units,
  living_area_source area_source,
  living_area_square_metres numeric(14,2) generated always as (
    round(living_area * case living_area_units when 'SquareFeet' then 0.09290304 else 1 end, 2)
  ) stored,
  above_grade_finished_area numeric(14,2)
    constraint property_above_grade_finished_area_range
    check (above_grade_finished_area between 0 and 999999999999.99),
  above_grade_finished_area_units area_units,
  below_grade_finished_area numeric(14,2)
    constraint property_below_grade_finished_area_range
    check (below_grade_finished_area between 0 and 999999999999.99),
  below_grade_finished_area_units area_units,
  building_area_total numeric(14,2)
    constraint property_building_area_total_range check (building_area_total between 0 and 999999999999.99),
  building_area_units area_units,
  lot_size_area numeric(16,4)
    constraint property_lot_size_area_range check (lot_size_area between 0 and 999999999.9999),
  lot_size_units lot_size_units,
  lot_size_source lot_size_source,
  lot_size_square_feet numeric(16,2) generated always as (
    round(case lot_size_units when 'Acres' then lot_size_area * 43560
      when 'SquareMeters' then lot_size_area / 0.09290304 else lot_size_area end, 2)
  ) stored,
  lot_size_dimensions text
    constraint property_lot_size_dimensions_length check (has_length(lot_size_dimensions, 150)),
  bedrooms_total smallint constraint property_bedrooms_total_range check (bedrooms_total between 0 and 999),
  bedrooms_possible smallint
    constraint property_bedrooms_possible_range check (bedrooms_possible between 0 and 999),
  main_level_bedrooms smallint
    constraint property_main_level_bedrooms_range check (main_level_bedrooms between 0 and 999),
  bathrooms_total_integer smallint
    constraint property_bathrooms_total_integer_range check (bathrooms_total_integer between 0 and 999),
  bathrooms_full smallint constraint property_bathrooms_full_range check (bathrooms_full between 0 and 999),
  bathrooms_three_quarter smallint
    constraint property_bathrooms_three_quarter_range check (bathrooms_three_quarter between 0 and 999),
  bathrooms_half smallint constraint property_bathrooms_half_range check (bathrooms_half between 0 and 999),
  bathrooms_one_quarter smallint
    constraint property_bathrooms_one_quarter_range check (bathrooms_one_quarter between 0 and 999),
  rooms_total smallint constraint property_rooms_total_range check (rooms_total between 0 and 999),
  stories smallint constraint property_stories_range check (stories between 0 and 99),
  stories_total smallint constraint property_stories_total_range check (stories_total between 0 and 999),
  entry_level smallint constraint property_entry_level_range check (entry_level between -99 and 999),
  levels levels[] not null default '{}' constraint property_levels_elements check (is_short_list(levels)),
  number_of_units_total smallint
    constraint property_number_of_units_total_range check (number_of_units_total between 0 and 9999),

  -- Place
  unparsed_address text constraint property_unparsed_address_length check (has_length(unparsed_address, 255)),
  street_number text constraint property_street_number_length check (has_length(street_number, 25)),
  street_dir_prefix street_direction,
  street_name text constraint property_street_name_length check (has_length(street_name, 50)),
  street_suffix text constraint property_street_suffix_length check (has_length(street_suffix, 25)),
  street_dir_suffix street_direction,
  unit_number text constraint property_unit_number_length check (has_length(unit_number, 25)),
  parcel_number text constraint property_parcel_number_length check (has_length(parcel_number, 50)),
  cross_street text constraint property_cross_street_length check (has_length(cross_street, 50)),
  directions text constraint property_directions_length check (has_length(directions, 1024)),
  latitude numeric(10,8) constraint property_latitude_range check (latitude between -90 and 90),
  longitude numeric(11,8) constraint property_longitude_range check (longitude between -180 and 180),
  city text collate "C" constraint property_city_length check (has_length(city, 50)),
  postal_city text constraint property_postal_city_length check (has_length(postal_city, 50)),
  postal_code text collate "C" constraint property_postal_code_length check (has_length(postal_code, 10)),
  state_or_province text
    constraint property_state_or_province_format check (state_or_province ~ '^[A-Z]{2}$'),
  administrative_area text
    constraint property_administrative_area_length check (has_length(administrative_area, 100)),
  county_or_parish text constraint property_county_or_parish_length check (has_length(county_or_parish, 50)),
  country text constraint property_country_format check (country ~ '^[A-Z]{2}$'),
  subdivision_name text constraint property_subdivision_name_length check (has_length(subdivision_name, 50)),
  mls_area_major text constraint property_mls_area_major_length check (has_length(mls_area_major, 50)),
  city_region text constraint property_city_region_length check (has_length(city_region, 150)),
  state_region text constraint property_state_region_length check (has_length(state_region, 150)),
  direction_faces direction_faces,
  elevation integer constraint property_elevation_range check (elevation between -99999 and 99999),
  elevation_units linear_units,
  property_time_zone_name text
    constraint property_property_time_zone_name_length check (has_length(property_time_zone_name, 150)),
  elementary_school text
    constraint property_elementary_school_length check (has_length(elementary_school, 50)),
  middle_or_junior_school text
    constraint property_middle_or_junior_school_length check (has_length(middle_or_junior_school, 50)),
  high_school text constraint property_high_school_length check (has_length(high_school, 50)),
  high_school_district text
    constraint property_high_school_district_length check (has_length(high_school_district, 50)),
  walk_score smallint constraint property_walk_score_range check (walk_score between 0 and 100),

  -- Features
  accessibility_features accessibility_features[] not null default '{}'
    constraint property_accessibility_features_elements check (is_short_list(accessibility_features)),
  appliances appliances[] not null default '{}'
    constraint property_appliances_elements check (is_short_list(appliances)),
  association_amenities association_amenities[] not null default '{}'
    constraint property_association_amenities_elements check (is_short_list(association_amenities)),
  basement basement[] not null default '{}'
    constraint property_basement_elements check (is_short_list(basement)),
  basement_yn boolean,
  community_features community_features[] not null default '{}'
    constraint property_community_features_elements check (is_short_list(community_features)),
  construction_materials construction_materials[] not null default '{}'
    constraint property_construction_materials_elements check (is_short_list(construction_materials)),
  cooling cooling[] not null default '{}' constraint property_cooling_elements check (is_short_list(cooling)),
  cooling_yn boolean,
  electric electric[] not null default '{}'
    constraint property_electric_elements check (is_short_list(electric)),
  exterior_features exterior_features[] not null default '{}'
    constraint property_exterior_features_elements check (is_short_list(exterior_features)),
  fencing fencing[] not null default '{}' constraint property_fencing_elements check (is_short_list(fencing)),
  fireplace_features fireplace_features[] not null default '{}'
    constraint property_fireplace_features_elements check (is_short_list(fireplace_features)),
  fireplace_yn boolean,
  fireplaces_total smallint
    constraint property_fireplaces_total_range check (fireplaces_total between 0 and 999),
  flooring flooring[] not null default '{}'
    constraint property_flooring_elements check (is_short_list(flooring)),
  foundation_details foundation_details[] not null default '{}'
    constraint property_foundation_details_elements check (is_short_list(foundation_details)),
  green_energy_efficient green_energy_efficient[] not null default '{}'
    constraint property_green_energy_efficient_elements check (is_short_list(green_energy_efficient)),
  green_energy_generation green_energy_generation[] not null default '{}'
    constraint property_green_energy_generation_elements check (is_short_list(green_energy_generation)),
  heating heating[] not null default '{}' constraint property_heating_elements check (is_short_list(heating)),
  heating_yn boolean,
  interior_features interior_or_room_features[] not null default '{}'
    constraint property_interior_features_elements check (is_short_list(interior_features)),
  laundry_features laundry_features[] not null default '{}'
    constraint property_laundry_features_elements check (is_short_list(laundry_features)),
  lot_features lot_features[] not null default '{}'
    constraint property_lot_features_elements check (is_short_list(lot_features)),
  other_structures other_structures[] not null default '{}'
    constraint property_other_structures_elements check (is_short_list(other_structures)),
  garage_yn boolean,
  attached_garage_yn boolean,
  garage_spaces numeric(6,2)
    constraint property_garage_spaces_range check (garage_spaces between 0 and 9999.99),
  carport_yn boolean,
  carport_spaces numeric(6,2)
    constraint property_carport_spaces_range check (carport_spaces between 0 and 9999.99),
  parking_total numeric(6,2)
    constraint property_parking_total_range check (parking_total between 0 and 9999.99),
  parking_features parking_features[] not null default '{}'
    constraint property_parking_features_elements check (is_short_list(parking_features)),
  patio_and_porch_features patio_and_porch_features[] not null default '{}'
    constraint property_patio_and_porch_features_elements check (is_short_list(patio_and_porch_features)),
  pool_features pool_features[] not null default '{}'
    constraint property_pool_features_elements check (is_short_list(pool_features)),
  pool_private_yn boolean,
  spa_features spa_features[] not null default '{}'
    constraint property_spa_features_elements check (is_short_list(spa_features)),
  spa_yn boolean,
  roof roof[] not null default '{}' constraint property_roof_elements check (is_short_list(roof)),
  security_features security_features[] not null default '{}'
    constraint property_security_features_elements check (is_short_list(security_features)),
  senior_community_yn boolean,
  sewer sewer[] not null default '{}' constraint property_sewer_elements check (is_short_list(sewer)),
  utilities utilities[] not null default '{}'
    constraint property_utilities_elements check (is_short_list(utilities)),
  view view[] not null default '{}' constraint property_view_elements check (is_short_list(view)),
  view_yn boolean,
  waterfront_features waterfront_features[] not null default '{}'
    constraint property_waterfront_features_elements check (is_short_list(waterfront_features)),
  waterfront_yn boolean,
  water_source water_source[] not null default '{}'
    constraint property_water_source_elements check (is_short_list(water_source)),
  window_features window_features[] not null default '{}'
    constraint property_window_features_elements check (is_short_list(window_features)),
  horse_yn boolean,
  inclusions text constraint property_inclusions_length check (has_length(inclusions, 1024)),
  exclusions text constraint property_exclusions_length check (has_length(exclusions, 1024)),

  -- Remarks and terms
  public_remarks text constraint property_public_remarks_length check (has_length(public_remarks, 4000)),
  private_remarks text constraint property_private_remarks_length check (has_length(private_remarks, 4000)),
  showing_instructions text
    constraint property_showing_instructions_length check (has_length(showing_instructions, 4000)),
  disclaimer text constraint property_disclaimer_length check (has_length(disclaimer, 500)),
  copyright_notice text constraint property_copyright_notice_length check (has_length(copyright_notice, 500)),
  listing_terms listing_terms[] not null default '{}'
    constraint property_listing_terms_elements check (is_short_list(listing_terms)),
  special_listing_conditions special_listing_conditions[] not null default '{}'
    constraint property_special_listing_conditions_elements check (is_short_list(special_listing_conditions)),
  possession possession[] not null default '{}'
    constraint property_possession_elements check (is_short_list(possession)),
  contingency text constraint property_contingency_length check (has_length(contingency, 1024)),
  ownership text constraint property_ownership_length check (has_length(ownership, 1024)),
  listing_agreement listing_agreement,

  -- Display rules and links
  internet_entire_listing_display_yn boolean not null default true,
  internet_address_display_yn boolean not null default true,
  internet_automated_valuation_display_yn boolean not null default true,
  internet_consumer_comment_yn boolean not null default true,
  listing_url text constraint property_listing_url_format check (is_url(listing_url)),
  virtual_tour_url_branded text
    constraint property_virtual_tour_url_branded_format check (is_url(virtual_tour_url_branded)),
  virtual_tour_url_unbranded text
    constraint property_virtual_tour_url_unbranded_format check (is_url(virtual_tour_url_unbranded)),

  -- Who lists it
  list_agent_id uuid references member,
  co_list_agent_id uuid references member,
  list_office_id uuid references office,
  co_list_office_id uuid references office,

  -- What follows from the above, kept by the database
  -- Everybody may see the listing: it can still be had, and the seller lets it be shown. Every public
  -- statement about a listing, or about what hangs on it, asks this column.
  public_yn boolean not null generated always as (
    internet_entire_listing_display_yn
    and standard_status in ('Active', 'ActiveUnderContract', 'ComingSoon', 'Pending')
  ) stored,
  -- For full-text search. Only what everybody may read: of the address nothing where it is hidden.
  search_text tsvector not null generated always as (
    to_tsvector('english',
      coalesce(city, '') || ' ' || coalesce(subdivision_name, '') || ' ' || coalesce(public_remarks, '')
      || case when internet_address_display_yn
        then ' ' || coalesce(unparsed_address, '') || ' ' || coalesce(building_name, '') else '' end)
  ) stored,
  -- For search by place: longitude, latitude. None where the address is hidden.
  geo_point point generated always as (
    case when internet_address_display_yn then point(longitude::float8, latitude::float8) end
  ) stored,

  constraint property_listing_key_unique unique (listing_key),
  constraint property_originating_system_key_unique unique (originating_system_name, originating_system_key),
  constraint property_originating_system_name_required
    check (originating_system_key is null or originating_system_name is not null),
  constraint property_list_price_required
    check (standard_status in ('Incomplete', 'Delete') or list_price is not null),
  constraint property_list_price_low_order check (list_price_low <= list_price),
  constraint property_living_area_units_required check (living_area is null or living_area_units is not null),
  constraint property_lot_size_units_required check (lot_size_area is null or lot_size_units is not null),
  constraint property_latitude_required check (longitude is null or latitude is not null),
  constraint property_longitude_required check (latitude is null or longitude is not null)
);
