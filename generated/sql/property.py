# Made by `./dwelzo generate` from sql/property.sql. Do not edit: change sql/property.sql and generate again.
"""The statements of `sql/property.sql`."""

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from generated.types import (
    AccessibilityFeatures,
    Appliances,
    ArchitecturalStyle,
    AreaSource,
    AreaUnits,
    AssociationAmenities,
    AssociationFeeIncludes,
    Basement,
    ChangeType,
    CommonInterest,
    CommunityFeatures,
    Concessions,
    ConstructionMaterials,
    Cooling,
    DirectionFaces,
    Electric,
    ExteriorFeatures,
    FeeFrequency,
    Fencing,
    FireplaceFeatures,
    Flooring,
    FoundationDetails,
    Furnished,
    GreenEnergyEfficient,
    GreenEnergyGeneration,
    Heating,
    InteriorOrRoomFeatures,
    LaundryFeatures,
    LeaseTerm,
    Levels,
    LinearUnits,
    ListingTerms,
    LotFeatures,
    LotSizeSource,
    LotSizeUnits,
    OtherStructures,
    ParkingFeatures,
    PatioAndPorchFeatures,
    PetsAllowed,
    PoolFeatures,
    Possession,
    PropertyCondition,
    PropertySubType,
    PropertyType,
    RentIncludes,
    Roof,
    SecurityFeatures,
    Sewer,
    SpaFeatures,
    SpecialListingConditions,
    StandardStatus,
    StreetDirection,
    StructureType,
    TenantPays,
    Utilities,
    View,
    WaterfrontFeatures,
    WaterSource,
    WindowFeatures,
    YearBuiltSource,
)
from server.sql import Column, Row, Set


class PropertiesOnMarketRow(Row):
    """A row of `properties_on_market`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "Property"
    id: UUID
    listing_key: str
    listing_id: str | None
    originating_system_name: str | None
    originating_system_key: str | None
    source_system_key: str | None
    building_name: str | None
    property_type: PropertyType
    property_sub_type: PropertySubType | None
    structure_type: list[StructureType]
    common_interest: CommonInterest | None
    property_attached_yn: bool | None
    architectural_style: list[ArchitecturalStyle]
    new_construction_yn: bool | None
    property_condition: list[PropertyCondition]
    builder_name: str | None
    builder_model: str | None
    year_built: int | None
    year_built_source: YearBuiltSource | None
    year_built_effective: int | None
    standard_status: StandardStatus
    mls_status: str | None
    listing_contract_date: date | None
    activation_date: date | None
    on_market_date: date | None
    back_on_market_date: date | None
    pending_timestamp: datetime | None
    purchase_contract_date: date | None
    contingent_date: date | None
    availability_date: date | None
    major_change_type: ChangeType | None
    major_change_timestamp: datetime | None
    status_change_timestamp: datetime
    price_change_timestamp: datetime | None
    original_entry_timestamp: datetime
    modification_timestamp: datetime
    currency_code: str
    list_price: Decimal
    list_price_low: Decimal | None
    original_list_price: Decimal | None
    previous_list_price: Decimal | None
    concessions: Concessions | None
    concessions_amount: Decimal | None
    association_yn: bool | None
    association_name: str | None
    association_fee: Decimal | None
    association_fee_frequency: FeeFrequency | None
    association_fee_includes: list[AssociationFeeIncludes]
    tax_annual_amount: Decimal | None
    tax_year: int | None
    tax_assessed_value: Decimal | None
    lease_amount: Decimal | None
    lease_amount_frequency: FeeFrequency | None
    lease_term: LeaseTerm | None
    lease_expiration: date | None
    lease_considered_yn: bool | None
    security_deposit: Decimal | None
    land_lease_yn: bool | None
    land_lease_amount: Decimal | None
    land_lease_amount_frequency: FeeFrequency | None
    furnished: Furnished | None
    pets_allowed: list[PetsAllowed]
    rent_includes: list[RentIncludes]
    tenant_pays: list[TenantPays]
    gross_income: Decimal | None
    operating_expense: Decimal | None
    net_operating_income: Decimal | None
    cap_rate: Decimal | None
    living_area: Decimal | None
    living_area_units: AreaUnits | None
    living_area_source: AreaSource | None
    living_area_square_metres: Decimal | None
    above_grade_finished_area: Decimal | None
    above_grade_finished_area_units: AreaUnits | None
    below_grade_finished_area: Decimal | None
    below_grade_finished_area_units: AreaUnits | None
    building_area_total: Decimal | None
    building_area_units: AreaUnits | None
    lot_size_area: Decimal | None
    lot_size_units: LotSizeUnits | None
    lot_size_source: LotSizeSource | None
    lot_size_square_feet: Decimal | None
    lot_size_dimensions: str | None
    bedrooms_total: int | None
    bedrooms_possible: int | None
    main_level_bedrooms: int | None
    bathrooms_total_integer: int | None
    bathrooms_full: int | None
    bathrooms_three_quarter: int | None
    bathrooms_half: int | None
    bathrooms_one_quarter: int | None
    rooms_total: int | None
    stories: int | None
    stories_total: int | None
    entry_level: int | None
    levels: list[Levels]
    number_of_units_total: int | None
    unparsed_address: str | None
    street_number: str | None
    street_dir_prefix: StreetDirection | None
    street_name: str | None
    street_suffix: str | None
    street_dir_suffix: StreetDirection | None
    unit_number: str | None
    parcel_number: str | None
    cross_street: str | None
    directions: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    city: str | None
    postal_city: str | None
    postal_code: str | None
    state_or_province: str | None
    administrative_area: str | None
    county_or_parish: str | None
    country: str | None
    subdivision_name: str | None
    mls_area_major: str | None
    city_region: str | None
    state_region: str | None
    direction_faces: DirectionFaces | None
    elevation: int | None
    elevation_units: LinearUnits | None
    property_time_zone_name: str | None
    elementary_school: str | None
    middle_or_junior_school: str | None
    high_school: str | None
    high_school_district: str | None
    walk_score: int | None
    accessibility_features: list[AccessibilityFeatures]
    appliances: list[Appliances]
    association_amenities: list[AssociationAmenities]
    basement: list[Basement]
    basement_yn: bool | None
    community_features: list[CommunityFeatures]
    construction_materials: list[ConstructionMaterials]
    cooling: list[Cooling]
    cooling_yn: bool | None
    electric: list[Electric]
    exterior_features: list[ExteriorFeatures]
    fencing: list[Fencing]
    fireplace_features: list[FireplaceFeatures]
    fireplace_yn: bool | None
    fireplaces_total: int | None
    flooring: list[Flooring]
    foundation_details: list[FoundationDetails]
    green_energy_efficient: list[GreenEnergyEfficient]
    green_energy_generation: list[GreenEnergyGeneration]
    heating: list[Heating]
    heating_yn: bool | None
    interior_features: list[InteriorOrRoomFeatures]
    laundry_features: list[LaundryFeatures]
    lot_features: list[LotFeatures]
    other_structures: list[OtherStructures]
    garage_yn: bool | None
    attached_garage_yn: bool | None
    garage_spaces: Decimal | None
    carport_yn: bool | None
    carport_spaces: Decimal | None
    parking_total: Decimal | None
    parking_features: list[ParkingFeatures]
    patio_and_porch_features: list[PatioAndPorchFeatures]
    pool_features: list[PoolFeatures]
    pool_private_yn: bool | None
    spa_features: list[SpaFeatures]
    spa_yn: bool | None
    roof: list[Roof]
    security_features: list[SecurityFeatures]
    senior_community_yn: bool | None
    sewer: list[Sewer]
    utilities: list[Utilities]
    view: list[View]
    view_yn: bool | None
    waterfront_features: list[WaterfrontFeatures]
    waterfront_yn: bool | None
    water_source: list[WaterSource]
    window_features: list[WindowFeatures]
    horse_yn: bool | None
    inclusions: str | None
    exclusions: str | None
    public_remarks: str | None
    disclaimer: str | None
    copyright_notice: str | None
    listing_terms: list[ListingTerms]
    special_listing_conditions: list[SpecialListingConditions]
    possession: list[Possession]
    contingency: str | None
    ownership: str | None
    internet_address_display_yn: bool
    internet_automated_valuation_display_yn: bool
    internet_consumer_comment_yn: bool
    listing_url: str | None
    virtual_tour_url_branded: str | None
    virtual_tour_url_unbranded: str | None
    list_agent_id: UUID | None
    co_list_agent_id: UUID | None
    list_office_id: UUID | None
    co_list_office_id: UUID | None
    days_on_market: int | None
    price_per_square_metre: Decimal | None
    search_text: str
    geo_point: str | None


properties_on_market: Final = Set[PropertiesOnMarketRow](
    name="properties_on_market",
    kind="set",
    source="sql/property.sql:4",
    text="""select
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
where public_yn
""",
    row=PropertiesOnMarketRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "listing_key": Column("text", False),
            "listing_id": Column("text", True),
            "originating_system_name": Column("text", True),
            "originating_system_key": Column("text", True),
            "source_system_key": Column("text", True),
            "building_name": Column("text", True),
            "property_type": Column("property_type", False),
            "property_sub_type": Column("property_sub_type", True),
            "structure_type": Column("structure_type[]", False),
            "common_interest": Column("common_interest", True),
            "property_attached_yn": Column("bool", True),
            "architectural_style": Column("architectural_style[]", False),
            "new_construction_yn": Column("bool", True),
            "property_condition": Column("property_condition[]", False),
            "builder_name": Column("text", True),
            "builder_model": Column("text", True),
            "year_built": Column("int2", True),
            "year_built_source": Column("year_built_source", True),
            "year_built_effective": Column("int2", True),
            "standard_status": Column("standard_status", False),
            "mls_status": Column("text", True),
            "listing_contract_date": Column("date", True),
            "activation_date": Column("date", True),
            "on_market_date": Column("date", True),
            "back_on_market_date": Column("date", True),
            "pending_timestamp": Column("timestamptz", True),
            "purchase_contract_date": Column("date", True),
            "contingent_date": Column("date", True),
            "availability_date": Column("date", True),
            "major_change_type": Column("change_type", True),
            "major_change_timestamp": Column("timestamptz", True),
            "status_change_timestamp": Column("timestamptz", False),
            "price_change_timestamp": Column("timestamptz", True),
            "original_entry_timestamp": Column("timestamptz", False),
            "modification_timestamp": Column("timestamptz", False),
            "currency_code": Column("text", False),
            "list_price": Column("numeric", False),
            "list_price_low": Column("numeric", True),
            "original_list_price": Column("numeric", True),
            "previous_list_price": Column("numeric", True),
            "concessions": Column("concessions", True),
            "concessions_amount": Column("numeric", True),
            "association_yn": Column("bool", True),
            "association_name": Column("text", True),
            "association_fee": Column("numeric", True),
            "association_fee_frequency": Column("fee_frequency", True),
            "association_fee_includes": Column("association_fee_includes[]", False),
            "tax_annual_amount": Column("numeric", True),
            "tax_year": Column("int2", True),
            "tax_assessed_value": Column("numeric", True),
            "lease_amount": Column("numeric", True),
            "lease_amount_frequency": Column("fee_frequency", True),
            "lease_term": Column("lease_term", True),
            "lease_expiration": Column("date", True),
            "lease_considered_yn": Column("bool", True),
            "security_deposit": Column("numeric", True),
            "land_lease_yn": Column("bool", True),
            "land_lease_amount": Column("numeric", True),
            "land_lease_amount_frequency": Column("fee_frequency", True),
            "furnished": Column("furnished", True),
            "pets_allowed": Column("pets_allowed[]", False),
            "rent_includes": Column("rent_includes[]", False),
            "tenant_pays": Column("tenant_pays[]", False),
            "gross_income": Column("numeric", True),
            "operating_expense": Column("numeric", True),
            "net_operating_income": Column("numeric", True),
            "cap_rate": Column("numeric", True),
            "living_area": Column("numeric", True),
            "living_area_units": Column("area_units", True),
            "living_area_source": Column("area_source", True),
            "living_area_square_metres": Column("numeric", True),
            "above_grade_finished_area": Column("numeric", True),
            "above_grade_finished_area_units": Column("area_units", True),
            "below_grade_finished_area": Column("numeric", True),
            "below_grade_finished_area_units": Column("area_units", True),
            "building_area_total": Column("numeric", True),
            "building_area_units": Column("area_units", True),
            "lot_size_area": Column("numeric", True),
            "lot_size_units": Column("lot_size_units", True),
            "lot_size_source": Column("lot_size_source", True),
            "lot_size_square_feet": Column("numeric", True),
            "lot_size_dimensions": Column("text", True),
            "bedrooms_total": Column("int2", True),
            "bedrooms_possible": Column("int2", True),
            "main_level_bedrooms": Column("int2", True),
            "bathrooms_total_integer": Column("int2", True),
            "bathrooms_full": Column("int2", True),
            "bathrooms_three_quarter": Column("int2", True),
            "bathrooms_half": Column("int2", True),
            "bathrooms_one_quarter": Column("int2", True),
            "rooms_total": Column("int2", True),
            "stories": Column("int2", True),
            "stories_total": Column("int2", True),
            "entry_level": Column("int2", True),
            "levels": Column("levels[]", False),
            "number_of_units_total": Column("int2", True),
            "unparsed_address": Column("text", True),
            "street_number": Column("text", True),
            "street_dir_prefix": Column("street_direction", True),
            "street_name": Column("text", True),
            "street_suffix": Column("text", True),
            "street_dir_suffix": Column("street_direction", True),
            "unit_number": Column("text", True),
            "parcel_number": Column("text", True),
            "cross_street": Column("text", True),
            "directions": Column("text", True),
            "latitude": Column("numeric", True),
            "longitude": Column("numeric", True),
            "city": Column("text", True),
            "postal_city": Column("text", True),
            "postal_code": Column("text", True),
            "state_or_province": Column("text", True),
            "administrative_area": Column("text", True),
            "county_or_parish": Column("text", True),
            "country": Column("text", True),
            "subdivision_name": Column("text", True),
            "mls_area_major": Column("text", True),
            "city_region": Column("text", True),
            "state_region": Column("text", True),
            "direction_faces": Column("direction_faces", True),
            "elevation": Column("int4", True),
            "elevation_units": Column("linear_units", True),
            "property_time_zone_name": Column("text", True),
            "elementary_school": Column("text", True),
            "middle_or_junior_school": Column("text", True),
            "high_school": Column("text", True),
            "high_school_district": Column("text", True),
            "walk_score": Column("int2", True),
            "accessibility_features": Column("accessibility_features[]", False),
            "appliances": Column("appliances[]", False),
            "association_amenities": Column("association_amenities[]", False),
            "basement": Column("basement[]", False),
            "basement_yn": Column("bool", True),
            "community_features": Column("community_features[]", False),
            "construction_materials": Column("construction_materials[]", False),
            "cooling": Column("cooling[]", False),
            "cooling_yn": Column("bool", True),
            "electric": Column("electric[]", False),
            "exterior_features": Column("exterior_features[]", False),
            "fencing": Column("fencing[]", False),
            "fireplace_features": Column("fireplace_features[]", False),
            "fireplace_yn": Column("bool", True),
            "fireplaces_total": Column("int2", True),
            "flooring": Column("flooring[]", False),
            "foundation_details": Column("foundation_details[]", False),
            "green_energy_efficient": Column("green_energy_efficient[]", False),
            "green_energy_generation": Column("green_energy_generation[]", False),
            "heating": Column("heating[]", False),
            "heating_yn": Column("bool", True),
            "interior_features": Column("interior_or_room_features[]", False),
            "laundry_features": Column("laundry_features[]", False),
            "lot_features": Column("lot_features[]", False),
            "other_structures": Column("other_structures[]", False),
            "garage_yn": Column("bool", True),
            "attached_garage_yn": Column("bool", True),
            "garage_spaces": Column("numeric", True),
            "carport_yn": Column("bool", True),
            "carport_spaces": Column("numeric", True),
            "parking_total": Column("numeric", True),
            "parking_features": Column("parking_features[]", False),
            "patio_and_porch_features": Column("patio_and_porch_features[]", False),
            "pool_features": Column("pool_features[]", False),
            "pool_private_yn": Column("bool", True),
            "spa_features": Column("spa_features[]", False),
            "spa_yn": Column("bool", True),
            "roof": Column("roof[]", False),
            "security_features": Column("security_features[]", False),
            "senior_community_yn": Column("bool", True),
            "sewer": Column("sewer[]", False),
            "utilities": Column("utilities[]", False),
            "view": Column("view[]", False),
            "view_yn": Column("bool", True),
            "waterfront_features": Column("waterfront_features[]", False),
            "waterfront_yn": Column("bool", True),
            "water_source": Column("water_source[]", False),
            "window_features": Column("window_features[]", False),
            "horse_yn": Column("bool", True),
            "inclusions": Column("text", True),
            "exclusions": Column("text", True),
            "public_remarks": Column("text", True),
            "disclaimer": Column("text", True),
            "copyright_notice": Column("text", True),
            "listing_terms": Column("listing_terms[]", False),
            "special_listing_conditions": Column("special_listing_conditions[]", False),
            "possession": Column("possession[]", False),
            "contingency": Column("text", True),
            "ownership": Column("text", True),
            "internet_address_display_yn": Column("bool", False),
            "internet_automated_valuation_display_yn": Column("bool", False),
            "internet_consumer_comment_yn": Column("bool", False),
            "listing_url": Column("text", True),
            "virtual_tour_url_branded": Column("text", True),
            "virtual_tour_url_unbranded": Column("text", True),
            "list_agent_id": Column("uuid", True),
            "co_list_agent_id": Column("uuid", True),
            "list_office_id": Column("uuid", True),
            "co_list_office_id": Column("uuid", True),
            "days_on_market": Column("int4", True),
            "price_per_square_metre": Column("numeric", True),
            "search_text": Column("tsvector", False),
            "geo_point": Column("point", True),
        }
    ),
    returns="Property",
    clock=("days_on_market",),
)
"""The listings that everybody may see. One that is no draft has a price (property_list_price_required).

sql/property.sql:4"""
