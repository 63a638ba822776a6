"""Listings: one by id or key, search by every filter, what belongs to each, what nobody may see of them."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

from server.config import ROOT
from server.names import to_snake
from tests.asking import Installation
from tests.market import OFF_MARKET, ON_MARKET, SECRET_WORDS, UNSEEN, Market

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())

# The page that the whole design is measured by.
ELK_GROVE = """{ properties(filter: {city: "Elk Grove", listPrice: {lte: "400000"}}, orderBy: LIST_PRICE_ASC,
    first: 50) { totalCount edges { cursor node {
      id listingKey listPrice currencyCode bedroomsTotal livingArea city postalCode latitude longitude
      listAgent { id memberFullName }
      media(first: 5) { mediaURL imageWidth imageHeight }
      reviews(first: 3) { nodes { rating body author { displayName } } } } }
    pageInfo { hasNextPage endCursor } } }"""


async def test_a_property_by_id(sample: Installation) -> None:
    assert await sample.ask("PropertyById", id="property_01a149d977187ab4ae3e9f9c92f167ef") == {
        "data": {
            "property": {
                "id": "property_01a149d977187ab4ae3e9f9c92f167ef",
                "listingKey": "SAC-10",
                "standardStatus": "Active",
                "propertyType": "Residential",
                "propertySubType": "Condominium",
                "listPrice": "94905.00",
                "currencyCode": "USD",
                "bedroomsTotal": 2,
                "bathroomsTotalInteger": 2,
                "livingArea": "941.00",
                "livingAreaUnits": "SquareFeet",
                "unparsedAddress": "438 Poppy Lane",
                "city": "Rancho Cordova",
                "stateOrProvince": "CA",
                "postalCode": "95670",
                "latitude": 38.621188,
                "longitude": -121.270555,
                "onMarketDate": "2026-10-17",
                "originalEntryTimestamp": "2026-10-17T12:32:31.000000Z",
                "appliances": ["StainlessSteelAppliances"],
                "listAgent": {
                    "id": "member_019df56f380079e1a93f896dd9de6ac6",
                    "memberFullName": "Farah Brooks",
                },
                "listOffice": {
                    "id": "office_019df56f38007010814cf8e6cbc2616b",
                    "officeName": "Parkside Brokers Folsom",
                },
                "reviewSummary": {"reviewCount": 2, "averageRating": "2.00"},
            }
        }
    }


async def test_a_property_by_listing_key(sample: Installation) -> None:
    answer = await sample.ask('{ propertyByListingKey(listingKey: "SAC-10") { id listingKey } }')
    assert answer == {
        "data": {
            "propertyByListingKey": {
                "id": "property_01a149d977187ab4ae3e9f9c92f167ef",
                "listingKey": "SAC-10",
            }
        }
    }
    assert answer.statements == 1


@pytest.mark.parametrize("key", ["", "sac-10", "SAC-10 ", "' or true --", "x" * 10_000, "🏠"])
async def test_no_property_has_the_key(sample: Installation, key: str) -> None:
    document = "query ($key: String!) { propertyByListingKey(listingKey: $key) { id } }"
    assert await sample.ask(document, key=key) == {"data": {"propertyByListingKey": None}}


async def test_the_page_of_the_design_takes_six_statements(sample: Installation) -> None:
    answer = await sample.ask(ELK_GROVE)
    assert answer.statements == 6
    rows = await sample.sql(
        """select listing_key, list_price, m.member_full_name, p.id from property as p
        left join member as m on m.id = list_agent_id
        where city = 'Elk Grove' and list_price <= 400000 order by list_price, p.id"""
    )
    page = answer.data["properties"]
    assert page["totalCount"] == len(rows) > 50
    assert page["pageInfo"] == {"hasNextPage": True, "endCursor": page["edges"][-1]["cursor"]}
    nodes = [edge["node"] for edge in page["edges"]]
    assert [(n["listingKey"], n["listPrice"], n["listAgent"]["memberFullName"]) for n in nodes] == [
        (row["listing_key"], str(row["list_price"]), row["member_full_name"]) for row in rows[:50]
    ]
    for node, row in zip(nodes, rows, strict=False):
        media = await sample.sql(
            'select media_url from media where property_id = $1 order by "order" limit 5', row["id"]
        )
        assert [item["mediaURL"] for item in node["media"]] == [item["media_url"] for item in media]
        reviews = await sample.sql(
            """select rating, body, display_name from review as r join user_account as u on u.id = author_id
            where property_id = $1 order by r.original_entry_timestamp desc, r.id desc limit 3""",
            row["id"],
        )
        assert node["reviews"]["nodes"] == [
            {"rating": r["rating"], "body": r["body"], "author": {"displayName": r["display_name"]}}
            for r in reviews
        ]


async def test_a_page_as_a_named_operation(sample: Installation) -> None:
    answer = await sample.ask(
        "SearchProperties",
        filter={"city": "Elk Grove", "listPrice": {"lte": "400000"}},
        orderBy="LIST_PRICE_ASC",
        first=50,
    )
    assert answer == await sample.ask(ELK_GROVE)


# Filters

# A filter, and what it means in SQL about a listing that is on the market.
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "true"),
    ({"standardStatus": ["Pending", "ComingSoon"]}, "standard_status in ('Pending', 'ComingSoon')"),
    ({"standardStatus": []}, "false"),
    ({"standardStatus": ["Closed"]}, "false"),
    ({"propertyType": ["Residential"]}, "property_type = 'Residential'"),
    (
        {"propertySubType": ["Condominium", "MultiFamily"]},
        "property_sub_type in ('Condominium', 'MultiFamily')",
    ),
    ({"newConstructionYN": True}, "new_construction_yn"),
    ({"newConstructionYN": False}, "new_construction_yn = false"),
    ({"yearBuilt": {"gte": 1950, "lt": 1960}}, "year_built between 1950 and 1959"),
    ({"yearBuilt": {"eq": 1952}}, "year_built = 1952"),
    ({"yearBuilt": {"gt": 2000, "lte": 2005}}, "year_built between 2001 and 2005"),
    ({"yearBuilt": {}}, "true"),
    ({"yearBuilt": None}, "true"),
    ({"city": ["Elk Grove", "Galt"]}, "city in ('Elk Grove', 'Galt')"),
    ({"city": "Elk Grove"}, "city = 'Elk Grove'"),
    ({"city": ["elk grove"]}, "false"),
    ({"city": ["Nowhere"]}, "false"),
    ({"city": ["' or ''='"]}, "false"),
    ({"subdivisionName": ["Laguna"]}, "subdivision_name = 'Laguna'"),
    ({"postalCode": ["95838"]}, "postal_code = '95838'"),
    ({"countyOrParish": ["Placer", "Yolo"]}, "county_or_parish in ('Placer', 'Yolo')"),
    ({"stateOrProvince": ["CA"]}, "state_or_province = 'CA'"),
    ({"country": ["US"]}, "country = 'US'"),
    ({"country": ["DE"]}, "false"),
    ({"listPrice": {"gte": "100000", "lt": "120000.01"}}, "list_price between 100000 and 120000"),
    ({"listPrice": {"eq": "94905"}}, "list_price = 94905"),
    ({"listPrice": {"eq": "94905.000000"}}, "list_price = 94905"),
    ({"listPrice": {"gt": "500000", "lte": 600000}}, "list_price > 500000 and list_price <= 600000"),
    ({"listPrice": {"gte": "99999999999999999999.999999999999"}}, "false"),
    ({"currencyCode": ["USD"]}, "currency_code = 'USD'"),
    ({"livingArea": {"gt": "3000"}}, "living_area > 3000"),
    ({"livingAreaUnits": "SquareFeet"}, "living_area_units = 'SquareFeet'"),
    ({"livingAreaUnits": "SquareMeters"}, "false"),
    ({"livingAreaSquareMetres": {"lt": "80"}}, "living_area * 0.09290304 < 79.995"),
    ({"lotSizeSquareFeet": {"gte": "1"}}, "lot_size_square_feet >= 1"),
    ({"bedroomsTotal": {"gte": 5}}, "bedrooms_total >= 5"),
    ({"bedroomsTotal": {"eq": 100_000}}, "false"),
    ({"bedroomsTotal": {"gte": -(2**31), "lte": 2**31 - 1}}, "bedrooms_total is not null"),
    ({"bathroomsTotalInteger": {"eq": 3}}, "bathrooms_total_integer = 3"),
    ({"stories": {"gt": 1}}, "stories > 1"),
    ({"garageYN": True}, "garage_yn"),
    ({"garageYN": False}, "not garage_yn"),
    ({"garageSpaces": {"gte": "2.5"}}, "garage_spaces >= 2.5"),
    ({"poolPrivateYN": True}, "pool_private_yn"),
    ({"spaYN": True}, "spa_yn"),
    ({"fireplaceYN": True}, "fireplace_yn"),
    ({"basementYN": True}, "basement_yn"),
    ({"coolingYN": True}, "cooling_yn"),
    ({"waterfrontYN": True}, "waterfront_yn"),
    ({"viewYN": True}, "view_yn"),
    ({"associationYN": True}, "association_yn"),
    ({"seniorCommunityYN": True}, "senior_community_yn"),
    ({"furnished": ["Furnished"]}, "furnished = 'Furnished'"),
    ({"petsAllowed": ["CatsOk"]}, "'CatsOk' = any(pets_allowed)"),
    ({"accessibilityFeatures": ["AccessibleDoors"]}, "'AccessibleDoors' = any(accessibility_features)"),
    (
        {"appliances": ["Dishwasher", "Disposal"]},
        "'Dishwasher' = any(appliances) and 'Disposal' = any(appliances)",
    ),
    ({"appliances": []}, "true"),
    ({"architecturalStyle": ["Ranch"]}, "'Ranch' = any(architectural_style)"),
    ({"cooling": ["HeatPump", "CeilingFans"]}, "'HeatPump' = any(cooling) and 'CeilingFans' = any(cooling)"),
    ({"exteriorFeatures": ["Balcony"]}, "'Balcony' = any(exterior_features)"),
    ({"flooring": ["Tile", "Laminate"]}, "'Tile' = any(flooring) and 'Laminate' = any(flooring)"),
    ({"heating": ["HeatPump"]}, "'HeatPump' = any(heating)"),
    ({"interiorFeatures": ["WalkInClosets"]}, "'WalkInClosets' = any(interior_features)"),
    ({"lotFeatures": ["Corner" + "Lot"]}, "'CornerLot' = any(lot_features)"),
    ({"parkingFeatures": ["Attached"]}, "'Attached' = any(parking_features)"),
    ({"poolFeatures": ["InGround"]}, "'InGround' = any(pool_features)"),
    ({"securityFeatures": ["SmokeDetectors"]}, "'SmokeDetectors' = any(security_features)"),
    ({"view": ["Mountains"]}, "'Mountains' = any(view)"),
    ({"waterfrontFeatures": ["RiverFront"]}, "'RiverFront' = any(waterfront_features)"),
    (
        {"onMarketDate": {"gte": "2026-10-01", "lte": "2026-10-31"}},
        "to_char(on_market_date, 'YYYY-MM') = '2026-10'",
    ),
    ({"onMarketDate": {"gt": "9999-12-31"}}, "false"),
    ({"availabilityDate": {"gte": "0001-01-01"}}, "availability_date is not null"),
    (
        {"originalEntryTimestamp": {"gte": "2026-10-17T14:32:31+02:00", "lt": "2026-10-17T12:32:31.000001Z"}},
        "original_entry_timestamp = '2026-10-17 12:32:31Z'",
    ),
    (
        {"modificationTimestamp": {"lt": "2026-06-01T00:00:00Z"}},
        "modification_timestamp < '2026-06-01 00:00:00Z'",
    ),
    (
        {"city": ["Elk Grove"], "bedroomsTotal": {"gte": 4}, "garageYN": True, "listPrice": {"lt": "300000"}},
        "city = 'Elk Grove' and bedrooms_total >= 4 and garage_yn and list_price < 300000",
    ),
    (
        {"boundingBox": {"west": -121.5, "east": -121.4, "south": 38.4, "north": 38.5}},
        "longitude between -121.5 and -121.4 and latitude between 38.4 and 38.5",
    ),
    ({"boundingBox": {"west": 179, "east": -179, "south": -18, "north": -16}}, "abs(longitude) > 179"),
    ({"boundingBox": {"west": -180, "east": 180, "south": -90, "north": 90}}, "latitude is not null"),
    ({"boundingBox": {"west": 180, "east": 180, "south": -17, "north": -17}}, "longitude = 180"),
    ({"boundingBox": {"west": 0, "east": 1, "south": 0, "north": 1}}, "false"),
]
FOUND_BY_TEXT = [
    "pool",
    '"remodeled with tile"',
    '"tile with remodeled"',
    "pool -garage",
    "-pool",
    "pool or fireplace",
    "Elk Grove cul-de-sac",
    "Poppy Lane",
    "GARDENS",
    "",
    "   ",
    "the",
]
HOSTILE_TEXT = [
    "'; drop table property; --",
    "' & | ! ( ) : * <-> \\ \"",
    "\\",
    '"',
    "a:*",
    "!!!",
    "(((((",
    "😀🏠",
    "\u202e\u0301\ufeff",
    "%_%",
    "$1 $2 :name",
    "-" * 25,
    "-(" * 25,
    '-"" ' * 25,
    "a -b or " * 25,
    "pool " * 200,
    "x" * 1000,
    "é" * 1000,
    "\t\n\r\x01\x1f",
]


async def matching(made: Installation, filter_: dict[str, Any]) -> tuple[int, list[str]]:
    document = """query ($filter: PropertyFilter) { properties(filter: $filter, orderBy: LIST_PRICE_DESC,
        first: 100) { totalCount nodes { listingKey } } }"""
    page = (await made.ask(document, filter=filter_)).data["properties"]
    return page["totalCount"], [node["listingKey"] for node in page["nodes"]]


async def expected(made: Installation, predicate: str, *arguments: Any) -> tuple[int, list[str]]:
    rows = await made.sql(
        f"""select listing_key from property where internet_entire_listing_display_yn
        and standard_status in ('Active', 'ActiveUnderContract', 'ComingSoon', 'Pending')
        and internet_address_display_yn >= $1 and ({predicate}) order by list_price desc, id desc""",
        "address" in arguments,
    )
    return len(rows), [row["listing_key"] for row in rows[:100]]


@pytest.mark.parametrize(("filter_", "predicate"), FILTERS, ids=lambda value: str(value)[:60])
async def test_a_filter_finds_what_it_says(market: Market, filter_: dict[str, Any], predicate: str) -> None:
    by_place = ["address"] if "boundingBox" in filter_ else []
    assert await matching(market, filter_) == await expected(market, predicate, *by_place)


def test_no_filter_is_forgotten() -> None:
    type_ = CONTRACT.type_map["PropertyFilter"]
    assert isinstance(type_, GraphQLInputObjectType)
    assert {name for filter_, _ in FILTERS for name in filter_} == type_.fields.keys() - {"text"}


OPERATORS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
# The first and the last that there is, and what lies next to them.
EDGES = {
    "onMarketDate": ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"),
    "modificationTimestamp": (
        "0001-01-01T00:00:00.000000Z",
        "0001-01-01T00:00:00.000001Z",
        "9999-12-31T23:59:59.999998Z",
        "9999-12-31T23:59:59.999999Z",
    ),
}


async def test_the_ends_of_the_calendar_are_days_as_all_others(own: Installation) -> None:
    await own.sql("truncate property cascade")
    for place, (day, instant) in enumerate(zip(*EDGES.values(), strict=True)):
        await own.add_property(str(place), on_market_date=day, modification_timestamp=instant)
    for field, edges in EDGES.items():
        column = to_snake(field)
        for operator, sign in OPERATORS.items():
            for edge in edges:
                predicate = f"{column} {sign} '{edge}'"
                found = await matching(own, {field: {operator: edge}})
                assert found == await expected(own, predicate), predicate
    for order in ("MODIFICATION_TIMESTAMP_ASC", "MODIFICATION_TIMESTAMP_DESC"):
        direction = order.rpartition("_")[2]
        rows = await own.sql(f"select id from property order by modification_timestamp {direction}")
        in_order = [f"property_{row['id'].hex}" for row in rows]
        for backwards in (False, True):
            assert await own.walk("properties", order, size=1, backwards=backwards) == in_order


@pytest.mark.parametrize("text", FOUND_BY_TEXT + HOSTILE_TEXT, ids=lambda text: ascii(text)[:40])
async def test_text_is_searched_as_on_the_web(market: Market, text: str) -> None:
    rows = await market.sql(
        """select listing_key from property where public_yn and to_tsvector('english', concat_ws(' ', city,
        subdivision_name, public_remarks, case when internet_address_display_yn then unparsed_address end,
        case when internet_address_display_yn then building_name end)) @@ websearch_to_tsquery('english', $1)
        order by list_price desc, id desc""",
        text,
    )
    assert await matching(market, {"text": text}) == (len(rows), [row["listing_key"] for row in rows[:100]])
    if text == "Poppy Lane":
        assert 0 < len(rows) < 932


@pytest.mark.parametrize(
    ("filter_", "sentence"),
    [
        ({"boundingBox": {"west": 0, "east": 1, "south": 2, "north": 1}}, "`south` 2.0 above `north` 1.0"),
        ({"boundingBox": {"west": 0, "east": 181, "south": 0, "north": 1}}, "'181' is not a Longitude"),
        ({"boundingBox": {"west": 0, "east": 1, "south": -90.1, "north": 1}}, "'-90.1' is not a Latitude"),
        ({"boundingBox": {"west": "0", "east": 1, "south": 0, "north": 1}}, "'0' is not a Longitude"),
        ({"boundingBox": {"west": True, "east": 1, "south": 0, "north": 1}}, "'True' is not a Longitude"),
        ({"boundingBox": {"west": 0, "east": 1, "south": 0}}, "north"),
        ({"standardStatus": ["Sold"]}, "Value 'Sold' does not exist"),
        ({"standardStatus": [None]}, "None"),
        ({"bedroomsTotal": {"gte": 2**31}}, "Int cannot represent"),
        ({"bedroomsTotal": {"gte": "3"}}, "Int cannot represent"),
        ({"bedroomsTotal": {"between": [1, 2]}}, "between"),
        ({"listPrice": {"gte": "9" * 10_000}}, "is not a Decimal"),
        ({"listPrice": {"gte": "1e5"}}, "'1e5' is not a Decimal"),
        ({"listPrice": {"gte": "NaN"}}, "'NaN' is not a Decimal"),
        ({"listPrice": {"gte": "Infinity"}}, "is not a Decimal"),
        ({"listPrice": {"gte": 1.5}}, "'1.5' is not a Decimal"),
        ({"listPrice": {"gte": True}}, "'True' is not a Decimal"),
        ({"listPrice": {"gte": "1 OR 1=1"}}, "is not a Decimal"),
        ({"listPrice": {"gte": "١٢"}}, "is not a Decimal"),
        ({"onMarketDate": {"eq": "2026-02-30"}}, "'2026-02-30' is not a Date"),
        ({"onMarketDate": {"eq": "20260201"}}, "'20260201' is not a Date"),
        ({"modificationTimestamp": {"gte": "2026-01-01T00:00:00"}}, "is not a DateTime"),
        ({"modificationTimestamp": {"gte": "0001-01-01T00:00:00+01:00"}}, "is not a DateTime"),
        ({"modificationTimestamp": {"gte": "2026-01-01T24:00:00Z"}}, "is not a DateTime"),
        ({"currencyCode": ["usd"]}, "'usd' is not a CurrencyCode"),
        ({"country": ["USA"]}, "'USA' is not a CountryCode"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "pool " * 201}, "`text` has 1,005 characters"),
        ({"text": "-" * 26}, "26 hyphens"),
        ({"text": 5}, "String cannot represent"),
        ({"streetName": "Poppy"}, "streetName"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_filter_that_cannot_be_used_is_refused(
    sample: Installation, filter_: dict[str, Any], sentence: str
) -> None:
    document = "query ($filter: PropertyFilter) { properties(filter: $filter, first: 1) { totalCount } }"
    answer = await sample.ask(document, filter=filter_)
    code, message = answer.refusal
    assert (code, answer.status, answer.statements) == ("BAD_USER_INPUT", 400, 0)
    assert sentence in message


# Relations

RELATIONS = """query ($id: ID!) { property(id: $id) {
    listAgent { memberFullName } coListAgent { memberFullName }
    listOffice { officeName } coListOffice { officeName } media(first: 3) { mediaURL } mediaSummary {
    photosCount videosCount documentsCount } openHouses(first: 3) { totalCount nodes { openHouseKey } }
    reviews(first: 3) { totalCount nodes { body author { displayName } } } reviewSummary { reviewCount
    averageRating } history(first: 1) { nodes { fieldName newValue changeType } } } }"""


async def test_a_listing_without_anything_has_nulls_and_empty_lists(market: Market) -> None:
    answer = await market.ask(RELATIONS, id=market.id("bare"))
    assert answer == {
        "data": {
            "property": {
                "listAgent": None,
                "coListAgent": None,
                "listOffice": None,
                "coListOffice": None,
                "media": [],
                "mediaSummary": {"photosCount": 0, "videosCount": 0, "documentsCount": 0},
                "openHouses": {"totalCount": 0, "nodes": []},
                "reviews": {"totalCount": 0, "nodes": []},
                "reviewSummary": {"reviewCount": 0, "averageRating": None},
                "history": {
                    "nodes": [{"fieldName": "ListPrice", "newValue": "500000.00", "changeType": "NewListing"}]
                },
            }
        }
    }


async def test_an_agent_who_left_and_an_office_that_closed_are_null(market: Market) -> None:
    listing = (await market.ask(RELATIONS, id=market.id("lonely"))).data["property"]
    assert listing["listAgent"] is None
    assert listing["coListAgent"] == {"memberFullName": "Hom Less"}
    assert listing["listOffice"] is None
    assert listing["coListOffice"] == {"officeName": "Main & Partners"}


async def test_a_listing_that_takes_no_comments_shows_none(market: Market) -> None:
    answer = await market.ask(RELATIONS, id=market.id("silent"))
    assert answer.data["property"]["reviews"] == {"totalCount": 0, "nodes": []}
    assert answer.data["property"]["reviewSummary"] == {"reviewCount": 0, "averageRating": None}


async def test_what_belongs_to_a_listing_can_be_narrowed(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!) { property(id: $id) {
        photos: media(mediaCategory: Photo) { order } videos: media(mediaCategory: Video) { order }
        then: openHouses(first: 1, filter: {openHouseDate: {eq: "2030-01-05"}}) { totalCount }
        later: openHouses(first: 1, filter: {openHouseDate: {gt: "2030-01-05"}}) { totalCount } } }""",
        id=market.id("hidden"),
    )
    assert answer.data["property"] == {
        "photos": [{"order": 0}],
        "videos": [],
        "then": {"totalCount": 1},
        "later": {"totalCount": 0},
    }


async def test_every_plain_field_of_a_listing_can_be_read(market: Market) -> None:
    """Of all listings at once, so that every value there is finds its wire form."""
    type_ = CONTRACT.type_map["Property"]
    assert isinstance(type_, GraphQLObjectType)
    plain = [name for name, field in type_.fields.items() if not field.args and not has_fields(field.type)]
    document = f"""query ($after: String) {{ properties(first: 100, after: $after, orderBy: LIST_PRICE_ASC) {{
        nodes {{ {" ".join(plain)} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    after, seen = None, 0
    while True:
        answer = await market.ask(document, after=after)
        assert answer.statements == 1
        page = answer.data["properties"]
        seen += len(page["nodes"])
        assert all(list(node) == plain for node in page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == await market.value("select count(*) from property where public_yn")


def has_fields(type_: Any) -> bool:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return isinstance(type_, GraphQLObjectType)


async def test_what_is_computed(market: Market) -> None:
    answer = await market.ask(
        """{ propertyByListingKey(listingKey: "SAC-10") {
        daysOnMarket livingAreaSquareMetres pricePerSquareMetre } }"""
    )
    days = await market.value("select (now() at time zone 'UTC')::date - date '2026-10-17'")
    # 94905 / (941 * 0.09290304 rounded to 87.42)
    assert answer.data["propertyByListingKey"] == {
        "daysOnMarket": days,
        "livingAreaSquareMetres": "87.42",
        "pricePerSquareMetre": "1085.62",
    }


# What nobody may see


@pytest.mark.parametrize("name", UNSEEN)
async def test_what_is_not_on_the_market_exists_nowhere(market: Market, name: str) -> None:
    answer = await market.ask(
        """query ($id: ID!, $key: String!, $agent: ID!, $office: ID!, $ids: [ID!]!) {
        property(id: $id) { id } propertyByListingKey(listingKey: $key) { id } node(id: $id) { id }
        nodes(ids: $ids) { id }
        properties(first: 100, filter: {city: "Nowhere"}) { totalCount nodes { id } }
        text: properties(first: 100, filter: {text: "Plughplugh"}) { totalCount nodes { id } }
        box: properties(first: 9, filter: {boundingBox: {west: 2, east: 3, south: 1, north: 2}}) {
            totalCount }
        member(id: $agent) { properties(first: 100) { totalCount nodes { listingKey } } }
        office(id: $office) { properties(first: 100) { totalCount nodes { listingKey } } } }""",
        id=market.id(name),
        key=f"unseen-{name}",
        agent=market.id("agent", "member"),
        office=market.id("branch", "office"),
        ids=[
            market.id(name),
            market.id(f"{name} media", "media"),
            market.id(f"{name} open house", "openhouse"),
            market.id(f"{name} review", "review"),
            market.id(f"{name} history", "history"),
            market.id("secret author", "user"),
        ],
    )
    data = answer.data
    assert [data["property"], data["propertyByListingKey"], data["node"]] == [None, None, None]
    assert data["nodes"] == [None] * 6
    assert data["properties"] == data["text"] == {"totalCount": 0, "nodes": []}
    assert data["box"] == {"totalCount": 0}
    agents = {node["listingKey"] for node in data["member"]["properties"]["nodes"]}
    assert agents == {"hidden", *(f"on-{status}" for status in ON_MARKET)}
    assert data["member"]["properties"]["totalCount"] == 5
    assert data["office"]["properties"] == {"totalCount": 1, "nodes": [{"listingKey": "hidden"}]}


@pytest.mark.parametrize("status", ON_MARKET)
async def test_what_is_on_the_market_is_there(market: Market, status: str) -> None:
    answer = await market.ask("PropertyById", id=market.id(status))
    assert answer.data["property"]["standardStatus"] == status
    assert len(OFF_MARKET) + len(ON_MARKET) == 11


HIDDEN_FIELDS = """
    unparsedAddress streetNumber streetDirPrefix streetName streetSuffix streetDirSuffix unitNumber
    parcelNumber buildingName crossStreet directions latitude longitude"""


async def test_a_hidden_address_is_null_on_every_path(market: Market) -> None:
    answer = await market.ask(
        f"""query ($id: ID!, $media: ID!, $review: ID!, $openHouse: ID!, $history: ID!, $agent: ID!,
            $office: ID!) {{
        property(id: $id) {{ ...place }}
        propertyByListingKey(listingKey: "hidden") {{ ...place }}
        node(id: $id) {{ ...place }}
        nodes(ids: [$id, $media, $review, $openHouse, $history]) {{ ...place
            ... on Media {{ property {{ ...place }} }} ... on Review {{ property {{ ...place }} }}
            ... on OpenHouse {{ property {{ ...place }} }}
            ... on HistoryTransactional {{ property {{ ...place }} }} }}
        member(id: $agent) {{ properties(first: 10, orderBy: BEDROOMS_TOTAL_ASC) {{ edges {{ cursor node {{
            ...place }} }} }} }}
        office(id: $office) {{ properties(last: 10) {{ nodes {{ ...place }} }} }}
        properties(first: 10, filter: {{text: "harbour"}}) {{ edges {{ cursor node {{ ...place }} }}
            pageInfo {{ startCursor endCursor }} }} }}
        fragment place on Property {{ id city {HIDDEN_FIELDS} }}""",
        id=market.id("hidden"),
        media=market.id("hidden media", "media"),
        review=market.id("hidden review", "review"),
        openHouse=market.id("hidden open house", "openhouse"),
        history=market.id("hidden history", "history"),
        agent=market.id("agent", "member"),
        office=market.id("branch", "office"),
    )
    hidden = {
        "id": market.id("hidden"),
        "city": "Somewhere",
        **dict.fromkeys(HIDDEN_FIELDS.split()),
    }
    data = answer.data
    places = [
        data["property"],
        data["propertyByListingKey"],
        data["node"],
        data["nodes"][0],
        *(node["property"] for node in data["nodes"][1:]),
        *(e["node"] for e in data["member"]["properties"]["edges"] if e["node"]["id"] == market.id("hidden")),
        data["office"]["properties"]["nodes"][0],
        data["properties"]["edges"][0]["node"],
    ]
    assert places == [hidden] * 11


@pytest.mark.parametrize("word", SECRET_WORDS)
async def test_a_hidden_address_is_not_found_by_its_words(market: Market, word: str) -> None:
    _, found = await matching(market, {"text": word})
    assert "hidden" not in found


@pytest.mark.parametrize(
    "box",
    [
        {"west": 98, "east": 99, "south": 12, "north": 13},
        {"west": -180, "east": 180, "south": -90, "north": 90},
        {"west": 1, "east": 0, "south": -90, "north": 90},
    ],
)
async def test_a_hidden_address_is_in_no_box(market: Market, box: dict[str, float]) -> None:
    _, found = await matching(market, {"boundingBox": box, "city": "Somewhere"})
    assert found == []


async def test_a_shown_address_comes_back_when_the_seller_allows_it(own: Installation) -> None:
    key = await own.add_property("shy", unparsed_address="9 Shy Street", internet_address_display_yn=False)
    document = "query ($id: ID!) { property(id: $id) { unparsedAddress } }"
    wire = f"property_{key.hex}"
    assert (await own.ask(document, id=wire)).data == {"property": {"unparsedAddress": None}}
    await own.sql("update property set internet_address_display_yn = true where id = $1", key)
    assert (await own.ask(document, id=wire)).data == {"property": {"unparsedAddress": "9 Shy Street"}}
