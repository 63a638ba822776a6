"""`./dwelzo sample`: the 932 listings that ship with us, and as many made-up ones as one likes."""

import asyncio
import contextlib
import csv
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from server.config import ROOT
from server.embedded import Embedded
from server.ingest.sample import load_sample
from server.ingest.synthetic import generate
from server.migrations import migrate
from tests.asking import Installation

SUB_TYPES = {
    "Residential": "SingleFamilyResidence",
    "Condo": "Condominium",
    "Multi_Family": "MultiFamily",
}
TABLES = ("office", "member", "user_account", "property", "media", "review", "open_house")
TODAY = date(2027, 3, 3)


async def everything(made: Installation) -> dict[str, list[str]]:
    """All rows as the database writes them; its history has ids of its own and is told without them."""
    found = {
        table: [row["row"] for row in await made.sql(f"select t::text as row from {table} as t order by id")]
        for table in TABLES
    }
    found["history"] = [
        str(tuple(row.values()))
        for row in await made.sql(
            "select property_id, change_type, field_name, previous_value, new_value, modification_timestamp"
            " from history_transactional order by property_id, entity_event_sequence"
        )
    ]
    return found


async def clear(made: Installation) -> None:
    await made.sql("truncate office, member, user_account, property cascade")


# The sample


async def test_every_sale_of_the_file_is_an_active_listing_at_the_price_paid(sample: Installation) -> None:
    with (ROOT / "sample" / "sacramento.csv").open(encoding="utf-8", newline="") as stream:
        sales = list(csv.DictReader(stream))
    assert len(sales) == 932
    rows = await sample.sql(
        "select listing_key, standard_status::text, list_price, currency_code, city, postal_code,"
        " state_or_province::text, bedrooms_total, living_area, property_sub_type::text, latitude, longitude"
        " from property where originating_system_name = 'sacramento'"
    )
    assert {row["listing_key"]: tuple(row.values())[1:] for row in rows} == {
        f"SAC-{line}": (
            "Active",
            Decimal(sale["price"]),
            "USD",
            sale["city"].replace("_", " ").title(),
            sale["zip"].removeprefix("z"),
            "CA",
            int(sale["beds"]),
            Decimal(sale["sqft"]),
            SUB_TYPES[sale["type"]],
            # A hundred-millionth of a degree is a millimeter.
            round(Decimal(sale["latitude"]), 8),
            round(Decimal(sale["longitude"]), 8),
        )
        for line, sale in enumerate(sales, 2)
    }


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "SAC-2",
            {
                "city": "Sacramento",
                "postalCode": "95838",
                "listPrice": "59222.00",
                "propertyType": "Residential",
                "propertySubType": "SingleFamilyResidence",
                "bathroomsTotalInteger": 1,
            },
        ),
        (
            "SAC-162",
            {
                "city": "Elk Grove",
                "postalCode": "95624",
                "listPrice": "71000.00",
                "propertyType": "Residential",
                "propertySubType": "Condominium",
                "bathroomsTotalInteger": 1,
            },
        ),
        (
            "SAC-58",
            {
                "city": "Sacramento",
                "postalCode": "95842",
                "listPrice": "179580.00",
                "propertyType": "ResidentialIncome",
                "propertySubType": "MultiFamily",
                "bathroomsTotalInteger": 2,
            },
        ),
    ],
)
async def test_a_sale_is_told_in_the_words_of_the_contract(
    sample: Installation, key: str, expected: dict[str, Any]
) -> None:
    fields = "city postalCode listPrice propertyType propertySubType bathroomsTotalInteger"
    document = f"query ($key: String!) {{ propertyByListingKey(listingKey: $key) {{ {fields} }} }}"
    assert await sample.ask(document, key=key) == {"data": {"propertyByListingKey": expected}}


async def test_around_each_listing_are_agent_office_pictures_and_history(sample: Installation) -> None:
    [lacking] = await sample.sql(
        "select count(*) filter (where list_agent_id is null or list_office_id is null) as people,"
        " count(*) filter (where (select count(*) from media where property_id = p.id) <> 5) as media,"
        " count(*) filter (where not exists"
        " (select from history_transactional where property_id = p.id)) as history,"
        " count(*) filter (where list_office_id <>"
        " (select office_id from member where id = list_agent_id)) as other_office"
        " from property as p"
    )
    assert set(lacking.values()) == {0}
    assert await sample.value("select count(*) from review") > 1_000
    assert await sample.value("select count(*) from open_house") > 0
    # Some of each, so that a page has something to hide and to tell.
    assert await sample.value("select count(*) from property where not internet_address_display_yn") > 0
    assert await sample.value("select count(*) from property where original_list_price > list_price") > 0


async def test_to_load_the_sample_again_changes_nothing(own: Installation) -> None:
    url = own.url
    await load_sample(url, today=TODAY)
    before = {table: await own.sql(f"select xmin::text, id from {table} order by id") for table in TABLES}
    report = await load_sample(url, today=TODAY)
    assert (report.read, report.unchanged, report.inserted, report.updated) == (932, 932, 0, 0)
    assert {name: counts.inserted + counts.updated for name, counts in report.related.items()} == {
        **dict.fromkeys(("Office", "Member", "Media", "User", "Review", "OpenHouse"), 0)
    }
    after = {table: await own.sql(f"select xmin::text, id from {table} order by id") for table in TABLES}
    assert after == before


async def test_the_sample_is_the_same_in_every_database(own: Installation) -> None:
    seen = []
    for _ in range(2):
        await clear(own)
        await load_sample(own.url, today=TODAY)
        seen.append(await everything(own))
    assert seen[0] == seen[1]


# Listings made up whole


async def test_the_same_number_and_seed_make_the_same_rows(own: Installation) -> None:
    seen = []
    for _ in range(2):
        await clear(own)
        made = await generate(own.url, 600, seed=7, today=TODAY)
        assert (made.inserted, made.unchanged, made.media, made.reviews) == (600, 0, 3_000, 1_800)
        seen.append(await everything(own))
    assert seen[0] == seen[1]

    again = await generate(own.url, 600, seed=7, today=TODAY)
    assert (again.inserted, again.unchanged, again.media, again.reviews) == (0, 600, 0, 0)
    assert await everything(own) == seen[0]

    # A larger number adds to them, another seed makes others.
    assert (await generate(own.url, 610, seed=7, today=TODAY)).inserted == 10
    assert (await generate(own.url, 20, seed=8, today=TODAY)).inserted == 20
    assert await own.value("select count(distinct public_remarks) from property") > 500


async def test_made_up_listings_are_of_every_kind(own: Installation) -> None:
    await clear(own)
    await generate(own.url, 600, today=TODAY)
    [found] = await own.sql(
        "select count(*) filter (where not internet_address_display_yn) as hidden_addresses,"
        " count(*) filter (where not internet_entire_listing_display_yn) as hidden_listings,"
        " count(*) filter (where property_type = 'ResidentialLease') as leases,"
        " count(*) filter (where property_type = 'Land') as land,"
        " count(*) filter (where currency_code = 'CAD') as canadian,"
        " count(*) filter (where standard_status = 'Closed' and close_price > 0) as sold,"
        " count(*) filter (where property_type = 'ResidentialLease'"
        " and (lease_amount is null or lease_amount > 20000)) as wrong_leases,"
        " count(*) filter (where property_type <> 'ResidentialLease' and lease_amount is not null)"
        " as wrong_sales,"
        " count(*) filter (where (select count(*) from media where property_id = p.id) <> 5) as wrong_media,"
        " count(*) filter (where (select count(distinct author_id) from review"
        " where property_id = p.id) <> 3) as wrong_reviews from property as p"
    )
    assert all(count for name, count in found.items() if not name.startswith("wrong")), found
    assert not any(count for name, count in found.items() if name.startswith("wrong")), found


async def test_a_run_that_was_stopped_is_completed(own: Installation) -> None:
    await clear(own)
    await generate(own.url, 30, today=TODAY)
    before = await everything(own)
    await own.sql("delete from property where listing_key in ('SYN1-00000007', 'SYN1-00000030')")
    made = await generate(own.url, 30, today=TODAY)
    assert (made.inserted, made.unchanged, made.media, made.reviews) == (2, 28, 10, 6)
    assert await everything(own) == before


# Made in a process of its own, whose memory and processor time are its own too.
CHILD = """
import asyncio, os, resource, sys
from pathlib import Path
from server.ingest.synthetic import generate
made = asyncio.run(generate(sys.argv[1], int(sys.argv[2]), seed=int(sys.argv[3])))
# Where there is /proc: getrusage counts the parent's memory at the fork too.
status = Path("/proc/self/status")
if status.exists():
    [peak] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(made.inserted, int(peak) * 1024, sum(os.times()[:2]))
"""


def generate_apart(url: str, properties: int, seed: int) -> tuple[int, float]:
    """Generates; gives the most memory that the process had, in bytes, and its processor time in seconds."""
    command = [sys.executable, "-c", CHILD, url, str(properties), str(seed)]
    output = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": "."}, check=True, capture_output=True, text=True
    ).stdout
    inserted, memory, seconds = output.split()
    assert int(inserted) == properties
    return int(memory), float(seconds)


def processor_time(server: psutil.Process) -> float:
    """What a PostgreSQL server, its processes and those that have ended have worked so far, in seconds."""
    # On macOS the ended ones are not counted: there less is proved.
    own = server.cpu_times()
    seconds = own.user + own.system + own.children_user + own.children_system
    for process in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_hundred_thousand_take_two_processors_a_minute_and_no_more_memory(tmp_path: Path) -> None:
    """Counted is the work, not what a clock on the wall shows while the machine does something else too."""
    with Embedded(tmp_path / "apart", durable=False) as environment:
        url = environment["DATABASE_URL"]
        asyncio.run(migrate(url))
        pid = (tmp_path / "apart" / "postgresql" / "postmaster.pid").read_text().split()[0]
        server = psutil.Process(int(pid))
        small, _ = generate_apart(url, 10_000, seed=2)
        before = processor_time(server)
        large, seconds = generate_apart(url, 100_000, seed=3)
        assert seconds + processor_time(server) - before < 2 * 60
    assert large - small < 50_000_000


async def test_a_database_that_is_away_is_told_as_that(services: dict[str, str]) -> None:
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await generate(services["DATABASE_DIRECT_URL"] + "_nowhere", 10)
