"""`./dwelzo import`: files as people have them, good and bad, into a real database."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.ingest.csv_rows import CsvRows, SourceRow
from server.ingest.importer import Format, ImportReport, import_file
from server.ingest.rejects import UnusableInput
from server.ingest.reso_json import JsonRecords
from server.migrations import migrate
from server.names import to_snake
from tests.asking import on_database

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
async def database(services: dict[str, str], worker_id: str) -> AsyncIterator[str]:
    """A database with all tables, for the imports of this worker."""
    url, name = services["DATABASE_DIRECT_URL"], f"{worker_id}_import"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"create database {name}")
        await migrate(on_database(url, name))
        yield on_database(url, name)
        await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()


@pytest.fixture
async def ingest(database: str, tmp_path: Path) -> "Ingest":
    """Loads into a database without rows. To empty it takes less time than to copy one."""
    made = Ingest(database, tmp_path)
    await made.rows("truncate office, member, user_account, property cascade")
    return made


@dataclass
class Ingest:
    """Loads files into the test's database and looks at what came of it."""

    url: str
    folder: Path

    async def load(
        self, content: str | bytes, format: Format = "csv", mapping: str | None = None
    ) -> ImportReport:
        file, map_file = self.folder / "input", self.folder / "map.toml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if mapping is not None:
            map_file.write_text(mapping)
        return await import_file(
            self.url,
            file,
            format,
            map_file if mapping is not None else None,
            rejects_path=self.folder / "rejects",
        )

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        connection = await asyncpg.connect(self.url)
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    def rejects(self) -> list[dict[str, str]]:
        file = self.folder / "rejects"
        return list(csv.DictReader(file.read_text().splitlines())) if file.exists() else []

    async def everything(self) -> list[list[dict[str, Any]]]:
        """All rows of all tables, with the transactions that wrote them."""
        tables = ("office", "member", "property", "media", "history_transactional")
        return [
            await self.rows(f"select t.xmin::text, t::text from {table} as t order by id") for table in tables
        ]


HEADER = "OriginatingSystemName,ListingKey,PropertyType,StandardStatus,ListPrice,CurrencyCode,City"


def listing(key: str = "1", **fields: Any) -> dict[str, Any]:
    """A good record, but for what a test changes."""
    return {
        "OriginatingSystemName": "mls",
        "ListingKey": key,
        "PropertyType": "Residential",
        "StandardStatus": "Active",
        "ListPrice": 400000,
        "CurrencyCode": "USD",
        **fields,
    }


def csv_of(*records: dict[str, Any]) -> str:
    header = list(dict.fromkeys(name for record in records for name in record))
    lines = [",".join(header)]
    lines += [",".join(str(record.get(name, "")) for name in header) for record in records]
    return "\n".join(lines) + "\n"


def lines_of(*records: dict[str, Any]) -> str:
    return "\n".join(json.dumps(record) for record in records)


# Loading


async def test_a_csv_file_is_loaded_and_a_second_run_changes_nothing(ingest: Ingest) -> None:
    content = f"{HEADER}\nmls,1,Residential,Active,400000,USD,Elk Grove\nmls,2,Land,Pending,99999.50,USD,\n"
    report = await ingest.load(content)
    assert (report.read, report.inserted, report.rejected, report.exit_status) == (2, 2, 0, 0)
    assert report.rejects_path is None
    assert ingest.rejects() == []
    found = await ingest.rows(
        "select originating_system_key, listing_key, standard_status::text, list_price::text, city"
        " from property order by listing_key"
    )
    assert [tuple(row.values()) for row in found] == [
        ("1", "1", "Active", "400000.00", "Elk Grove"),
        ("2", "2", "Pending", "99999.50", None),
    ]

    before = await ingest.everything()
    report = await ingest.load(content)
    assert (report.inserted, report.updated, report.unchanged) == (0, 0, 2)
    assert await ingest.everything() == before


async def test_a_changed_price_is_one_update_and_one_line_of_history(ingest: Ingest) -> None:
    await ingest.load(csv_of(listing("1"), listing("2")))
    report = await ingest.load(csv_of(listing("1", ListPrice=390000), listing("2")))
    assert (report.inserted, report.updated, report.unchanged) == (0, 1, 1)
    history = await ingest.rows(
        "select change_type::text, previous_value, new_value from history_transactional"
        " order by entity_event_sequence"
    )
    assert [tuple(row.values()) for row in history] == [
        ("NewListing", None, "400000.00"),
        ("NewListing", None, "400000.00"),
        ("PriceChange", "400000.00", "390000.00"),
    ]


async def test_what_a_file_does_not_give_stays_as_it_is(ingest: Ingest) -> None:
    await ingest.load(csv_of(listing(City="Galt", BedroomsTotal=3, InternetAddressDisplayYN="false")))
    report = await ingest.load(csv_of({**listing(), "BedroomsTotal": ""}))
    assert report.updated == 1
    [row] = await ingest.rows("select city, bedrooms_total, internet_address_display_yn from property")
    # An empty cell is a value: none.
    assert row == {"city": "Galt", "bedrooms_total": None, "internet_address_display_yn": False}


async def test_each_json_record_gives_its_own_fields(ingest: Ingest) -> None:
    await ingest.load(lines_of(listing("1", City="Galt"), listing("2", BedroomsTotal=3)), "reso-json")
    report = await ingest.load(
        lines_of(listing("1", BedroomsTotal=2), listing("2", City="Cool")), "reso-json"
    )
    assert report.updated == 2
    rows = await ingest.rows("select listing_key, city, bedrooms_total from property order by listing_key")
    assert [tuple(row.values()) for row in rows] == [("1", "Galt", 2), ("2", "Cool", 3)]


async def test_every_kind_of_value_is_read(ingest: Ingest) -> None:
    record = listing(
        Latitude=38.63191300000001,
        Longitude=-121.434879,
        LivingArea=1500.5,
        LivingAreaUnits="SquareFeet",
        Appliances=["Dishwasher", "Microwave", "Dishwasher"],
        WaterfrontYN=True,
        CloseDate="2026-05-01",
        OriginalEntryTimestamp="2026-05-01T10:00:00-07:00",
        PublicRemarks='  "Quotes", tabs\t, back\\slashes and\nlines\\N ',
        StreetNumber=12,
        BathroomsTotalInteger=3.0,
    )
    assert (await ingest.load(lines_of(record), "reso-json")).inserted == 1
    [row] = await ingest.rows(
        "select latitude::text, living_area::text, appliances::text, waterfront_yn, close_date::text,"
        " original_entry_timestamp::text, public_remarks, street_number, bathrooms_total_integer"
        " from property"
    )
    assert tuple(row.values()) == (
        "38.63191300",
        "1500.50",
        "{Dishwasher,Microwave}",
        True,
        "2026-05-01",
        "2026-05-01 17:00:00+00",
        '"Quotes", tabs\t, back\\slashes and\nlines\\N',
        "12",
        3,
    )


@pytest.mark.parametrize("format", ["csv", "reso-json"])
async def test_the_ends_of_the_calendar_are_loaded_as_they_are(ingest: Ingest, format: Format) -> None:
    edges = [
        listing("first", CloseDate="0001-01-01", PendingTimestamp="0001-01-01T00:00:00Z"),
        listing("last", CloseDate="9999-12-31", PendingTimestamp="9999-12-31T23:59:59.999999Z"),
    ]
    content = csv_of(*edges) if format == "csv" else lines_of(*edges)
    assert (await ingest.load(content, format)).exit_status == 0
    assert await ingest.rows(
        "select close_date = '0001-01-01' and pending_timestamp = '0001-01-01 00:00:00Z' as is_first,"
        " close_date = '9999-12-31' and pending_timestamp = '9999-12-31 23:59:59.999999Z' as is_last"
        " from property order by listing_key"
    ) == [{"is_first": True, "is_last": False}, {"is_first": False, "is_last": True}]
    before = await ingest.everything()
    assert (await ingest.load(content, format)).exit_status == 0
    assert await ingest.everything() == before


# What no statement reads, as a file gives it and as it stands in the table then.
UNREAD = {
    "OffMarketDate": "2026-05-01",
    "ExpirationDate": "2026-05-02",
    "WithdrawnDate": "2026-05-03",
    "CancellationDate": "2026-05-04",
    "CloseDate": "2026-05-05",
    "ClosePrice": "399000.00",
    "PrivateRemarks": "Ring twice.",
    "ShowingInstructions": "Mind the dog.",
}


async def test_what_nobody_may_read_is_kept(ingest: Ingest) -> None:
    report = await ingest.load(csv_of(listing(**UNREAD)))
    assert (report.inserted, report.ignored_fields) == (1, ())
    columns = ", ".join(f"{to_snake(name)}::text" for name in UNREAD)
    [row] = await ingest.rows(f"select {columns} from property")
    assert tuple(row.values()) == tuple(UNREAD.values())


# Enumerations that no field of the contract shows, with all their labels.
UNSHOWN = {
    "OccupantType": ("Owner", "Tenant", "Vacant"),
    "ListingAgreement": (
        *("ExclusiveAgency", "ExclusiveRightToLease", "ExclusiveRightToSell", "ExclusiveRightWithException"),
        *("Net", "Open", "Probate"),
    ),
}


@pytest.mark.parametrize("field", UNSHOWN)
async def test_every_label_that_nobody_may_read_is_kept(ingest: Ingest, field: str) -> None:
    labels = UNSHOWN[field]
    report = await ingest.load(csv_of(*(listing(label, **{field: label}) for label in labels)))
    assert report.inserted == len(labels), ingest.rejects()
    rows = await ingest.rows(f"select listing_key, {to_snake(field)}::text as label from property")
    assert {row["listing_key"]: row["label"] for row in rows} == {label: label for label in labels}


async def test_a_mapping_says_what_columns_mean(ingest: Ingest) -> None:
    mapping = """
        ignore = ["note"]
        [csv]
        delimiter = ";"
        [fields.OriginatingSystemName]
        constant = "county"
        [fields.ListingKey]
        template = "{area}-{line}"
        [fields.PropertyType]
        constant = "Residential"
        [fields.PropertySubType]
        column = "kind"
        values = { Condo = "Condominium" }
        [fields.City]
        column = "town"
        replace = { "_" = " " }
        case = "title"
        [fields.PostalCode]
        column = "zip"
        strip_prefix = "z"
        [fields.CurrencyCode]
        column = "money"
        case = "upper"
        default = "USD"
        [fields.Appliances]
        column = "has"
        split = "|"
        [fields."ListAgent.MemberKey"]
        column = "agent"
        [fields."ListAgent.MemberFullName"]
        column = "agent"
    """
    content = "area;kind;town;zip;money;has;agent;note\nN;Condo;ELK_GROVE;z95758;;Oven|Washer;Ann;x\n"
    report = await ingest.load(content, mapping=mapping)
    assert report.rejected == 0, ingest.rejects()
    assert report.ignored_fields == ()
    [row] = await ingest.rows(
        "select listing_key, property_sub_type::text, city, postal_code, currency_code, appliances::text,"
        " (select member_full_name from member where id = list_agent_id) from property"
    )
    assert tuple(row.values()) == (
        *("N-2", "Condominium", "Elk Grove", "95758", "USD", "{Oven,Washer}", "Ann"),
    )


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(
            lambda records: json.dumps({"@odata.context": "x", "value": records}), id="payload on one line"
        ),
        pytest.param(
            lambda records: json.dumps({"value": records, "@odata.nextLink": "x"}, indent=2), id="payload"
        ),
        pytest.param(lambda records: json.dumps(records, indent=1), id="array"),
        pytest.param(
            lambda records: "".join(json.dumps({"value": [record]}) for record in records), id="payloads"
        ),
        pytest.param(lambda records: "\n\n".join(json.dumps(record) for record in records), id="lines"),
        pytest.param(lambda records: "\ufeff" + json.dumps(records), id="byte order mark"),
    ],
)
async def test_every_form_of_json_is_read(
    ingest: Ingest, form: Callable[[list[dict[str, Any]]], str]
) -> None:
    records = [listing("1", PublicRemarks='A } in "quotes" \\'), listing("2", PublicRemarks="[{\u00e9")]
    report = await ingest.load(form(records), "reso-json")
    assert (report.read, report.inserted) == (2, 2)
    rows = await ingest.rows("select public_remarks from property order by listing_key")
    assert [row["public_remarks"] for row in rows] == ['A } in "quotes" \\', "[{\u00e9"]


# What a listing brings with it


def with_people(key: str = "1", **fields: Any) -> dict[str, Any]:
    office = {"OfficeKey": "o1", "OfficeName": "Oak Realty"}
    agent = {"MemberKey": "m1", "MemberFullName": "Ann Lee", "Office": office}
    photos = [
        {"MediaURL": "https://example.com/0.jpg", "PreferredPhotoYN": True},
        "https://example.com/1.jpg",
    ]
    return listing(key, ListAgent=agent, ListOffice=office, Media=photos, **fields)


async def test_agent_office_and_media_given_inline_are_loaded(ingest: Ingest) -> None:
    report = await ingest.load(lines_of(with_people("1"), with_people("2")), "reso-json")
    assert {name: counts.inserted for name, counts in report.related.items()} == {
        "Office": 1,
        "Member": 1,
        "Media": 4,
    }
    rows = await ingest.rows(
        "select m.member_full_name, o.office_name, m.office_id = o.id as same from property as p"
        " join member as m on m.id = p.list_agent_id join office as o on o.id = p.list_office_id"
    )
    assert [tuple(row.values()) for row in rows] == [("Ann Lee", "Oak Realty", True)] * 2

    before = await ingest.everything()
    report = await ingest.load(lines_of(with_people("1"), with_people("2")), "reso-json")
    assert report.unchanged == 2
    assert await ingest.everything() == before


async def test_media_are_given_as_a_whole(ingest: Ingest) -> None:
    await ingest.load(lines_of(with_people("1"), with_people("2")), "reso-json")
    [first, *_] = await ingest.rows("select id from media order by media_url, id")
    # The second photo becomes the preferred one, a third comes, the second listing loses all of them.
    media = [
        {"MediaURL": "https://example.com/0.jpg", "Order": 0},
        {"MediaURL": "https://example.com/1.jpg", "Order": 1, "PreferredPhotoYN": True},
        {"MediaURL": "https://example.com/2.jpg", "Order": 7},
    ]
    report = await ingest.load(
        lines_of(with_people("1") | {"Media": media}, with_people("2") | {"Media": []}), "reso-json"
    )
    assert report.rejected == 0, ingest.rejects()
    rows = await ingest.rows('select "order", preferred_photo_yn from media order by "order"')
    assert [tuple(row.values()) for row in rows] == [(0, False), (1, True), (7, False)]
    # Those that stay keep their ids; a record without media says nothing of them.
    assert first in await ingest.rows("select id from media")
    await ingest.load(lines_of(listing("1")), "reso-json")
    assert len(await ingest.rows("select id from media")) == 3


async def test_a_relation_to_a_row_that_is_there_needs_its_key_only(ingest: Ingest) -> None:
    await ingest.load(lines_of(with_people("1")), "reso-json")
    report = await ingest.load(csv_of(listing("2", ListAgentKey="m1"), listing("3", ListAgentKey="m2")))
    assert (report.inserted, report.rejected) == (1, 1)
    [reject] = ingest.rejects()
    assert (reject["line"], reject["key"], reject["field"], reject["code"]) == (
        "3",
        "3",
        "ListAgentKey",
        "UNKNOWN_RELATION",
    )
    assert "'m2' is no Member that is known" in reject["reason"]


# Rows that do not fit


BAD_VALUES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"ListPrice": "a lot"}, "ListPrice", "WRONG_TYPE", "'a lot' is not a number"),
    ({"ListPrice": "1,5"}, "ListPrice", "WRONG_TYPE", "'1,5' is not a number"),
    ({"ListPrice": "NaN"}, "ListPrice", "WRONG_TYPE", "'NaN' is not a number"),
    ({"ListPrice": "Infinity"}, "ListPrice", "WRONG_TYPE", "'Infinity' is not a number"),
    ({"ListPrice": "\u0664\u0660"}, "ListPrice", "WRONG_TYPE", "is not a number"),
    ({"ListPrice": "9" * 10_000}, "ListPrice", "OUT_OF_RANGE", "at most 12 digits"),
    ({"ListPrice": 1e300}, "ListPrice", "OUT_OF_RANGE", "at most 12 digits"),
    ({"ListPrice": "1.005"}, "ListPrice", "TOO_PRECISE", "more than 2 digits after the point"),
    ({"ListPrice": "-5"}, "ListPrice", "OUT_OF_RANGE", "property_list_price_positive"),
    ({"ListPrice": True}, "ListPrice", "WRONG_TYPE", "'True' is not a number"),
    ({"ListPrice": [1]}, "ListPrice", "WRONG_TYPE", "is not a number"),
    ({"ListPrice": None}, "ListPrice", "MISSING", "ListPrice is missing"),
    ({"BedroomsTotal": "2.5"}, "BedroomsTotal", "WRONG_TYPE", "'2.5' is not a whole number"),
    ({"BedroomsTotal": "99999"}, "BedroomsTotal", "OUT_OF_RANGE", "from -32,768 to 32,767"),
    ({"BedroomsTotal": "9" * 5_000}, "BedroomsTotal", "OUT_OF_RANGE", "from -32,768"),
    ({"PropertyType": "Residental"}, "PropertyType", "UNKNOWN_VALUE", "Did you mean Residential"),
    ({"PropertyType": "Castle" * 100}, "PropertyType", "UNKNOWN_VALUE", "is not a known value"),
    ({"PropertyType": 7}, "PropertyType", "UNKNOWN_VALUE", "Known are BusinessOpportunity"),
    ({"PropertyType": ""}, "PropertyType", "MISSING", "PropertyType is missing"),
    ({"Appliances": ["Oven", "Mikrowave"]}, "Appliances", "UNKNOWN_VALUE", "Did you mean Microwave"),
    ({"Appliances": {"Oven": True}}, "Appliances", "WRONG_TYPE", "is not a list"),
    ({"Appliances": ["Oven"] * 2_000}, "Appliances", "TOO_LONG", "at most 1,000"),
    ({"Appliances": [None]}, "Appliances", "UNKNOWN_VALUE", "'None'"),
    ({"City": "x" * 51}, "City", "TOO_LONG", "has 51 characters; at most 50 fit"),
    ({"City": "x" * 100_000}, "City", "TOO_LONG", "has 100,000 characters"),
    ({"City": "a\0b"}, "City", "BAD_ENCODING", "NUL"),
    ({"City": ["Galt"]}, "City", "WRONG_TYPE", "is not text"),
    ({"CurrencyCode": "usd"}, "CurrencyCode", "WRONG_TYPE", "property_currency_code_format"),
    ({"WaterfrontYN": "maybe"}, "WaterfrontYN", "WRONG_TYPE", "write true or false"),
    ({"CloseDate": "05/01/2026"}, "CloseDate", "WRONG_TYPE", "write YYYY-MM-DD"),
    ({"CloseDate": "2026-02-30"}, "CloseDate", "WRONG_TYPE", "write YYYY-MM-DD"),
    ({"PendingTimestamp": "2026-05-01"}, "PendingTimestamp", "WRONG_TYPE", "write date, time and zone"),
    (
        {"PendingTimestamp": "0001-01-01T00:00:00+14:00"},
        "PendingTimestamp",
        "WRONG_TYPE",
        "is not an instant",
    ),
    ({"Latitude": 38.5}, "Longitude", "MISSING", "Longitude is missing"),
    ({"Latitude": 91, "Longitude": 0}, "Latitude", "OUT_OF_RANGE", "property_latitude_range"),
    ({"LivingArea": 900}, "LivingAreaUnits", "MISSING", "LivingAreaUnits is missing"),
    ({"ListingURL": "javascript:alert(1)"}, "ListingURL", "WRONG_TYPE", "property_listing_url_format"),
    ({"ListingKey": ""}, "OriginatingSystemKey", "MISSING", "is missing"),
    ({"OriginatingSystemName": None}, "OriginatingSystemName", "MISSING", "is missing"),
    ({"ListAgent": "Ann"}, "ListAgent", "WRONG_TYPE", "not an object"),
    ({"ListAgent": {"MemberFullName": "Ann"}}, "ListAgent.MemberKey", "MISSING", "MemberKey is missing"),
    (
        {"ListAgent": {"MemberKey": "m"}},
        "ListAgent.MemberFullName",
        "MISSING",
        "MemberFullName is missing",
    ),
    (
        {"ListAgent": {"MemberKey": "m", "MemberFullName": "Ann"}, "ListAgentKey": "n"},
        *("ListAgentKey", "BROKEN_RULE", "two different rows"),
    ),
    ({"Media": "https://example.com"}, "Media", "WRONG_TYPE", "not a list"),
    ({"Media": [{"MediaURL": "ftp://x"}]}, "Media[0].MediaURL", "WRONG_TYPE", "media_media_url_format"),
    ({"Media": [{}]}, "Media[0].MediaURL", "MISSING", "MediaURL is missing"),
    ({"Media": [7]}, "Media[0]", "WRONG_TYPE", "neither an object nor an address"),
    ({"Media": ["https://x.example"] * 1_001}, "Media", "WRONG_TYPE", "at most 1,000"),
    (
        {"Media": [{"MediaURL": "https://x.example", "Order": 3}] * 2},
        *("Media[1].Order", "DUPLICATE_KEY", "Order 3 is given twice"),
    ),
]


@pytest.fixture(scope="session")
async def refused(database: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The rejects by record, after all bad values were loaded at once, each between two good rows."""
    ingest = Ingest(database, tmp_path_factory.mktemp("refused"))
    await ingest.rows("truncate office, member, user_account, property cascade")
    records = [listing("good 0")]
    for number, (fields, *_) in enumerate(BAD_VALUES, 1):
        records += [{**listing(f"bad {number}"), **fields}, listing(f"good {number}")]
    report = await ingest.load(lines_of(*records), "reso-json")
    good, bad = len(BAD_VALUES) + 1, len(BAD_VALUES)
    assert (report.inserted, report.rejected, report.exit_status) == (good, bad, 1)
    loaded = await ingest.rows("select listing_key from property")
    assert {row["listing_key"] for row in loaded} == {f"good {number}" for number in range(good)}
    found: dict[str, list[dict[str, str]]] = {}
    for reject in ingest.rejects():
        found.setdefault(reject["record"], []).append(reject)
    return found


@pytest.mark.parametrize("number", range(len(BAD_VALUES)))
def test_a_bad_value_is_named_with_its_cure(refused: dict[str, list[dict[str, str]]], number: int) -> None:
    _, field, code, says = BAD_VALUES[number]
    record = str(2 * number + 2)
    [reject] = refused[record]
    assert (reject["line"], reject["field"], reject["code"]) == (record, field, code)
    assert says in reject["reason"]
    assert len(reject["reason"]) < 1_000


async def test_all_that_is_wrong_with_a_row_is_told_at_once(ingest: Ingest) -> None:
    record = listing(
        "bad", ListPrice="x", City="y" * 60, Media=[{"MediaURL": "https://x.example", "Order": "z"}]
    )
    report = await ingest.load(lines_of(record), "reso-json")
    assert report.rejected == 1
    assert [row["field"] for row in ingest.rejects()] == ["ListPrice", "City", "Media[0].Order"]


async def test_the_first_of_two_rows_with_one_key_is_loaded(ingest: Ingest) -> None:
    content = csv_of(listing("1"), listing("2"), listing("1", ListPrice=1))
    for inserted in (2, 0):
        report = await ingest.load(content)
        assert (report.inserted, report.updated, report.rejected) == (inserted, 0, 1)
        [reject] = ingest.rejects()
        assert (reject["line"], reject["code"]) == ("4", "DUPLICATE_KEY")
        assert "in line 2" in reject["reason"]


async def test_a_row_that_is_refused_does_not_stand_in_the_way_of_a_good_one(ingest: Ingest) -> None:
    report = await ingest.load(csv_of(listing("1", ListPrice=-1), listing("1", ListPrice="x"), listing("1")))
    assert (report.inserted, report.rejected) == (1, 2)
    assert [reject["code"] for reject in ingest.rejects()] == ["OUT_OF_RANGE", "WRONG_TYPE"]


async def test_two_systems_may_use_one_key_but_not_one_listing_key(ingest: Ingest) -> None:
    one = listing("a", OriginatingSystemKey="1")
    await ingest.load(csv_of(one, {**one, "OriginatingSystemName": "other", "ListingKey": "b"}))
    assert len(await ingest.rows("select id from property")) == 2
    report = await ingest.load(csv_of({**one, "OriginatingSystemName": "third"}))
    assert report.rejected == 1
    [reject] = ingest.rejects()
    assert (reject["field"], reject["code"]) == ("ListingKey", "DUPLICATE_KEY")


async def test_what_only_the_database_can_refuse_costs_that_row_alone(ingest: Ingest) -> None:
    photos = [{"MediaURL": "https://x.example", "PreferredPhotoYN": True}] * 2
    records = [listing(str(number)) for number in range(20)]
    records[13]["Media"] = photos
    report = await ingest.load(lines_of(*records), "reso-json")
    assert (report.inserted, report.rejected) == (19, 1)
    [reject] = ingest.rejects()
    assert (reject["key"], reject["code"]) == ("13", "BROKEN_RULE")
    assert "media_one_preferred_photo_per_property" in reject["reason"]


async def test_a_field_that_is_none_is_told(ingest: Ingest) -> None:
    report = await ingest.load(
        csv_of(listing(Citty="Galt", ModificationTimestamp="2026-01-01T00:00:00Z", city="x"))
    )
    assert report.ignored_fields == ("Citty", "ModificationTimestamp", "city")


# Files that do not fit


GOOD = "mls,{},Residential,Active,400000,USD,Galt\n"


@pytest.mark.parametrize(
    ("broken", "code", "says"),
    [
        (b"mls,bad,Residential\n", "WRONG_FIELD_COUNT", "The row has 3 fields; the header names 7"),
        (b'mls,"bad,Residential,Active,1,USD,Galt\n', "BAD_STRUCTURE", "quote"),
        (b'mls,"ba"d,Residential,Active,1,USD,Galt\n', "BAD_STRUCTURE", "not CSV"),
        (b"mls,b\xffd,Residential,Active,1,USD,Galt\n", "BAD_ENCODING", "Byte 6 of the line is not UTF-8"),
        (b"mls,b\0d,Residential,Active,1,USD,Galt\n", "BAD_ENCODING", "Byte 6 of the line is NUL"),
        (
            b"mls," + b"x" * 200_000 + b",Residential,Active,1,USD,Galt\n",
            "BAD_STRUCTURE",
            "longer than 131,072",
        ),
        (
            b"mls," + b"x" * 2_000_000 + b",Residential,Active,1,USD,Galt\n",
            "LINE_TOO_LONG",
            "1,048,576 bytes",
        ),
    ],
)
async def test_a_broken_line_costs_that_line(ingest: Ingest, broken: bytes, code: str, says: str) -> None:
    content = (
        f"{HEADER}\n{GOOD.format(1)}".encode()
        + broken
        + GOOD.format(2).encode()
        + b"\n"
        + GOOD.format(3).encode()
    )
    report = await ingest.load(content)
    assert (report.read, report.inserted, report.rejected) == (4, 3, 1)
    [reject] = ingest.rejects()
    assert (reject["line"], reject["code"]) == ("3", code)
    assert says in reject["reason"]


async def test_a_field_may_hold_lines_quotes_and_commas(ingest: Ingest) -> None:
    content = f'\ufeff{HEADER}\r\nmls,1,Residential,Active,1,USD,"a ""b"",\r\nc"\r\n'
    assert (await ingest.load(content)).inserted == 1
    [row] = await ingest.rows("select city from property")
    assert row["city"] == 'a "b",\r\nc'


@pytest.mark.parametrize(
    ("content", "format", "says"),
    [
        (b"", "csv", "is empty. The first line must name the columns"),
        (b"\n1,2\n", "csv", "is blank"),
        (b"a,a\n1,2\n", "csv", "two columns named 'a'"),
        (b"a;b\n1;2\n", "csv", "[csv] delimiter = ';'"),
        (b"\xff\xfea\0", "csv", "is UTF-16. Save it as UTF-8"),
        (b"a\xff,b\n", "csv", "not UTF-8"),
        (b'"a,b\n1,2\n', "csv", "cannot be read as CSV"),
        (b"x" * 2_000_000, "csv", "longer than 1,048,576 bytes"),
        (b"  ", "reso-json", "is empty"),
        (b"<xml/>", "reso-json", "is not JSON: it begins with '<xml/>'"),
    ],
)
async def test_a_file_that_is_none_is_refused_whole(
    ingest: Ingest, content: bytes, format: Format, says: str
) -> None:
    with pytest.raises(UnusableInput) as refusal:
        await ingest.load(content, format)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("fields = 1", "[fields] must be a table"),
        ("[fields.City", "cannot be read"),
        ("[field.City]", "unknown key 'field'. Did you mean fields"),
        ("[fields.Citty]\ncolumn = 'City'", "makes 'Citty', which is no field. Did you mean City"),
        ("[fields.City]\ncolumn = 'town'", "a column 'town' that the file does not have"),
        ("[fields.City]\ncolumn = 'City'\nconstant = 'x'", "exactly one of column, constant and template"),
        ("[fields.City]\ncolumn = 'City'\ncase = 'snake'", "case must be title, upper or lower"),
        ("[fields.City]\ncolumn = 'City'\nsplit = ''", "split must be the separator"),
        ("[fields.City]\ncolumn = 'City'\nreplce = {}", "unknown key 'replce'. Did you mean replace"),
        ("[csv]\ndelimiter = ';;'", "delimiter must be one character"),
        ("ignore = 'x'", "ignore must be a list"),
    ],
)
async def test_a_mapping_that_makes_no_sense_is_refused(ingest: Ingest, mapping: str, says: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        await ingest.load(csv_of(listing(City="Galt")), mapping=mapping)
    assert says in str(refusal.value)
    assert await ingest.rows("select id from property") == []


async def test_a_file_that_is_not_there_is_refused(ingest: Ingest) -> None:
    with pytest.raises(UnusableInput, match="There is no file"):
        await import_file(ingest.url, ingest.folder / "nothing.csv", "csv")
    with pytest.raises(UnusableInput, match="not a regular file"):
        await import_file(ingest.url, ingest.folder, "csv")


@pytest.mark.parametrize(
    ("content", "read", "inserted", "says"),
    [
        ('{"value": [%s, {"ListPrice": NaN}, %s]}', 3, 2, "unexpected character"),
        ('{"value": [%s, {"a": 01}, %s]}', 3, 2, "not JSON"),
        ('{"value": [%s, 7, %s]}', 2, 1, "'7' stands where a record should begin"),
        ('{"value": [%s, %s, {"a": "b', 3, 2, "A bracket or quote of the record is not closed"),
        ('{"value": [%s, %s', 3, 2, "The list of records is not closed"),
        ('{"value": [%s, %s]} {"values": []}', 3, 2, "neither their list's end nor another list"),
        ('%s\n{"a": \n%s', 3, 2, "not JSON"),
        ('%s\n["a"]\n%s', 3, 2, "not an object"),
        ('%s\n{"a": "\ud800"}\n%s', 3, 2, "not JSON"),
        ("%s\n" + "[" * 5_000 + "\n%s", 3, 2, "not JSON"),
        ('%s\n{"ListPrice": ' + "9" * 10_000 + "}\n%s", 3, 2, "not JSON"),
    ],
)
async def test_broken_json_costs_as_little_as_can_be(
    ingest: Ingest, content: str, read: int, inserted: int, says: str
) -> None:
    text = content % (json.dumps(listing("1")), json.dumps(listing("2")))
    report = await ingest.load(text.encode("utf-8", "surrogatepass"), "reso-json")
    assert (report.read, report.inserted, report.rejected) == (read, inserted, 1)
    assert says in ingest.rejects()[0]["reason"]


async def test_a_record_that_is_too_long_is_passed_over(ingest: Ingest) -> None:
    long = {"ListingKey": "long", "PublicRemarks": 'x"}]' * 1_000 + "x" * 17_000_000}
    for content in (
        lines_of(listing("1"), long, listing("2")),
        json.dumps([listing("1"), long, listing("2")]),
    ):
        report = await ingest.load(content, "reso-json")
        assert (report.read, report.rejected, report.inserted + report.unchanged) == (3, 1, 2)
        assert ingest.rejects()[0]["code"] == "LINE_TOO_LONG"


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_a_reader_fail(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes"
    for prefix, reader in (
        (b"a,b\n", CsvRows),
        (b"", CsvRows),
        (b"", JsonRecords),
        (b'{"value":[', JsonRecords),
    ):
        file.write_bytes(prefix + content)
        try:
            rows = reader(file)
        except UnusableInput as refusal:
            assert str(refusal)
            continue
        for row in rows:
            assert row.line >= 1
            assert isinstance(row, SourceRow) or row.reasons
        rows.close()


# Large files, and runs that are stopped

CHILD = """
import asyncio, os, resource, sys
from pathlib import Path
from server.ingest.importer import import_file
url, file, format = sys.argv[1:]
async def main():
    def tell(progress):
        print("batch", flush=True)
    report = await import_file(url, Path(file), format, on_progress=tell)
    # Where there is /proc: getrusage counts the parent's memory at the fork too.
    status = Path("/proc/self/status")
    if status.exists():
        [peak] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(report.read, report.inserted, report.rejected, peak, flush=True)
asyncio.run(main())
"""


def child(url: str, file: Path, format: Format = "csv") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, url, str(file), format]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, int, int, int]:
    output, _ = process.communicate(timeout=110)
    assert process.returncode == 0
    read, inserted, rejected, memory = map(int, output.splitlines()[-1].split())
    return read, inserted, rejected, memory * 1024


def large_csv(file: Path, rows: int) -> Path:
    with file.open("w") as stream:
        stream.write(HEADER + ",PublicRemarks\n")
        for number in range(rows):
            stream.write(f"mls,{number},Residential,Active,400000,USD,Galt,{'A fine home. ' * 40}\n")
    return file


@pytest.mark.long
async def test_a_killed_run_leaves_whole_batches_and_the_next_one_the_rest(ingest: Ingest) -> None:
    file = large_csv(ingest.folder / "large.csv", 9_000)
    process = child(ingest.url, file)
    assert process.stdout and process.stdout.readline() == "batch\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    # The server notices that its client is gone when it next talks to it.
    [found] = await ingest.rows("select count(*) from property")
    assert found["count"] in (2_000, 4_000, 6_000, 8_000)
    read, inserted, _, _ = finish(child(ingest.url, file))
    assert read == 9_000
    assert inserted == 9_000 - found["count"]


@pytest.mark.long
async def test_memory_does_not_grow_with_the_file(ingest: Ingest) -> None:
    *_, small = finish(child(ingest.url, large_csv(ingest.folder / "small.csv", 4_000)))
    *_, large = finish(child(ingest.url, large_csv(ingest.folder / "large.csv", 24_000)))
    assert large - small < 20_000_000


@pytest.mark.long
@pytest.mark.parametrize("format", ["csv", "reso-json"])
async def test_a_gigabyte_on_one_line_is_a_reject(ingest: Ingest, format: Format) -> None:
    file = ingest.folder / "gigabyte"
    start, end = (f"{HEADER}\n".encode(), b"\n" + GOOD.format(1).encode())
    if format == "reso-json":
        start, end = b'{"value": [{"PublicRemarks": "', b'"}, ' + json.dumps(listing("1")).encode() + b"]}"
    # A hole in the file: a gigabyte of NUL that takes no room on the disk.
    with file.open("wb") as stream:
        stream.write(start)
        stream.seek(1_000_000_000, os.SEEK_CUR)
        stream.write(end)
    read, inserted, rejected, memory = finish(child(ingest.url, file, format))
    assert (read, inserted, rejected) == (2, 1, 1)
    assert memory < 250_000_000
    file.unlink()
