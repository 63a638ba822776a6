"""`./dwelzo sample --properties N`: listings made up whole, with five pictures and three reviews each.

A listing depends on its number and the seed alone, so that the same call makes the same rows. Rows are made
here and go in by COPY, through all constraints and triggers of the database; docs/decisions/sample.md says
why not inside PostgreSQL. A chunk of listings with all that hangs on them is one transaction; a second run,
or one after a run that was stopped, adds what is missing.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import exp

from server.embedded.processes import end_with
from server.ingest.catalogue import Table, read_table
from server.ingest.copying import Copied, copy, copy_missing, weekend_noons
from server.ingest.importer import OnProgress, Progress, connect
from server.ingest.invention import (
    REFERENCE,
    Dice,
    Population,
    Row,
    media_rows,
    open_house_rows,
    postal_code,
    review_rows,
    surroundings,
)
from server.ingest.vocabulary import CITIES, City

SYSTEM = "synthetic"
_REVIEWS_OF_EACH = 3
_CHUNK = 500
# The database works on two chunks at once: one processor each on the smallest machine this is for.
_WORKERS = 2
# To start processes takes half a second.
_MANY = 5_000
_TABLES = ("office", "member", "user_account", "property", "media", "review", "open_house")

_STATUSES = (
    *("Active",) * 80,
    *("ActiveUnderContract",) * 5,
    *("Pending",) * 6,
    *("ComingSoon",) * 2,
    *("Closed",) * 4,
    *("Hold", "Withdrawn", "Expired"),
)
_SUB_TYPES = (
    *("SingleFamilyResidence",) * 64,
    *("Condominium",) * 18,
    *("Townhouse",) * 12,
    *("Duplex", "ManufacturedHome", "Triplex") * 2,
)


Chunk = Mapping[str, Copied]
Make = Callable[[Sequence[int]], Awaitable[Chunk]]


@dataclass(slots=True)
class Generated:
    """Rows that were made; `unchanged` listings were there already."""

    inserted: int = 0
    unchanged: int = 0
    media: int = 0
    reviews: int = 0
    open_houses: int = 0


async def generate(
    url: str,
    properties: int,
    *,
    seed: int = 1,
    today: date | None = None,
    on_progress: OnProgress | None = None,
) -> Generated:
    """Sees to it that the listings 1 to `properties` of this seed are there.

    Open houses are on the weekends after `today`, by default the day that it is.
    """
    people = Population(
        seed=seed,
        prefix=f"SYN{seed}",
        offices=min(max(properties // 500, 3), 200),
        members=min(max(properties // 50, 10), 2_000),
        users=min(max(properties // 5, 50), 20_000),
    )
    connection = await connect(url)
    try:
        zones = {city.time_zone for city in CITIES}
        noons = await weekend_noons(connection, zones, today or datetime.now(UTC).date())
        tables = {name: await read_table(connection, name) for name in _TABLES}
        maker = _Maker(people, noons, tables)
        await copy_missing(connection, tables["office"], people.office_rows())
        await copy_missing(connection, tables["member"], people.member_rows())
        await copy_missing(connection, tables["user_account"], people.user_rows())
        made = Generated()
        chunks = (
            range(first, min(first + _CHUNK, properties + 1)) for first in range(1, properties + 1, _CHUNK)
        )

        def count(one: Generated) -> None:
            for name in Generated.__slots__:
                setattr(made, name, getattr(made, name) + getattr(one, name))
            if on_progress:
                on_progress(Progress(made.inserted + made.unchanged, properties, "listings"))

        tables_made = ", ".join(_TABLES)
        async with connection.transaction():
            # Autovacuum stays away from tables so locked. It would count the growing tables again and again,
            # for a tenth of all the work; they are counted once below.
            await connection.execute("set local idle_in_transaction_session_timeout = 0")
            await connection.execute(f"lock table {tables_made} in share update exclusive mode")
            try:
                with _making(maker, properties) as make:
                    async with asyncio.TaskGroup() as workers:
                        for _ in range(_WORKERS):
                            workers.create_task(_work(url, maker.key, make, chunks, count))
            except ExceptionGroup as group:
                # The first is the cause; the other workers were only stopped for it.
                raise group.exceptions[0] from None
            # What the planner knows of the tables must not be from before. Half the usual sample is enough
            # for rows that are all of one make, and takes half the time.
            await connection.execute("set local default_statistics_target = 50")
            await connection.execute(f"analyze {tables_made}")
        return made
    finally:
        await connection.close()


@contextmanager
def _making(maker: "_Maker", properties: int) -> Iterator[Make]:
    """How rows are made: for many in processes of their own, as Python runs only one thread at a time."""
    if properties < _MANY:
        yield lambda numbers: asyncio.to_thread(maker.make, numbers)
        return
    loop = asyncio.get_running_loop()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, spawned, _begin, (maker, os.getpid())) as pool:
        yield lambda numbers: loop.run_in_executor(pool, _make_here, numbers)


_here: "_Maker"


def _begin(maker: "_Maker", parent: int) -> None:
    global _here
    _here = maker
    # Whoever asked stops us, at the end or with Ctrl-C; should it be killed, we end as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)
    # Rows are no cycles: to look for any among thousands of them finds nothing.
    gc.disable()


def _make_here(numbers: Sequence[int]) -> "Chunk":
    return _here.make(numbers)


async def _work(
    url: str,
    key: Callable[[int], str],
    make: Make,
    chunks: Iterator[range],
    count: Callable[[Generated], None],
) -> None:
    """Makes chunk after chunk, as long as there are any."""
    connection = await connect(url)
    try:
        for numbers in chunks:
            keys = [key(number) for number in numbers]
            there = await connection.fetch(
                "select listing_key from property where listing_key = any($1)", keys
            )
            known = {row["listing_key"] for row in there}
            missing = [number for number, key in zip(numbers, keys, strict=True) if key not in known]
            chunk = await make(missing)
            if missing:
                async with connection.transaction():
                    for table, copied in chunk.items():
                        await copy(connection, table, copied)
            made = {table: copied.rows for table, copied in chunk.items()}
            count(Generated(len(missing), len(known), made["media"], made["review"], made["open_house"]))
    finally:
        await connection.close()


class _Maker:
    """Makes listings by number."""

    def __init__(
        self, people: Population, noons: Mapping[str, Sequence[datetime]], tables: Mapping[str, Table]
    ) -> None:
        self._people = people
        self._noons = noons
        self._tables = tables

    def key(self, number: int) -> str:
        return f"{self._people.prefix}-{number:08}"

    def make(self, numbers: Sequence[int]) -> Chunk:
        """The rows of these listings, by table."""
        chunk: dict[str, list[Row]] = {"property": [], "media": [], "review": [], "open_house": []}
        for number in numbers:
            self._make(number, chunk)
        return {name: Copied.of(self._tables[name], rows) for name, rows in chunk.items()}

    def _make(self, number: int, chunk: Mapping[str, list[Row]]) -> None:
        people, key = self._people, self.key(number)
        dice = Dice(people.seed, "listing", number)
        city = dice.pick(CITIES)
        facts = _facts(dice, city)
        row = {
            "listing_key": key,
            "originating_system_name": SYSTEM,
            "originating_system_key": key,
            **surroundings(dice, facts, city),
            **facts,
            **_place(dice, city),
        }
        entered = row["original_entry_timestamp"]
        row["id"] = property_id = dice.uuid(entered)
        agent = dice.between(0, people.members - 1)
        row["list_agent_id"] = people.member_ids[agent]
        row["list_office_id"] = people.office_ids[people.office_of(agent)]
        row |= _status(dice, row)
        if city.country == "CA" and "living_area" in row:
            row |= {
                "living_area": round(row["living_area"] * 0.09290304, 1),
                "living_area_units": "SquareMeters",
            }
        chunk["property"].append(row)
        is_land = row["property_type"] == "Land"
        for media in media_rows(dice, f"{SYSTEM}/{key}", entered, is_land):
            media["id"], media["property_id"] = dice.uuid(entered), property_id
            chunk["media"].append(media)
        chunk["review"] += review_rows(dice, people, property_id, entered, _REVIEWS_OF_EACH)
        if row["standard_status"] == "Active" and dice.chance(0.02):
            noons = self._noons[city.time_zone]
            chunk["open_house"] += open_house_rows(dice, key, property_id, row["list_agent_id"], noons)


def _facts(dice: Dice, city: City) -> Row:
    """What it is, how large, and at which price."""
    kind = dice.between(1, 100)
    if kind <= 5:
        acres = round(exp(dice.normal(0, 1)) + 0.05, 2)
        price = max(round(city.square_foot * 300 * acres**0.6 * exp(dice.normal(0, 0.4)), -2), 5_000)
        return {
            "property_type": "Land",
            "property_sub_type": "UnimprovedLand",
            "list_price": price,
            "lot_size_area": acres,
            "lot_size_units": "Acres",
        }
    sub_type = dice.pick(_SUB_TYPES)
    area = int(min(max(exp(dice.normal(7.1 if sub_type == "Condominium" else 7.45, 0.35)), 380), 7_500))
    bedrooms = min(max(round(area / 560 + dice.normal(0, 0.6)), 1), 7)
    full, half = max(1, bedrooms - dice.between(1, 2)), int(dice.chance(0.3))
    # Prices are log-normal around what the city asks.
    price = max(round(city.square_foot * area * exp(dice.normal(0, 0.25)), -3), 25_000)
    facts: Row = {
        "property_type": "ResidentialIncome" if sub_type in ("Duplex", "Triplex") else "Residential",
        "property_sub_type": sub_type,
        "list_price": price,
        "living_area": area,
        "living_area_units": "SquareFeet",
        "bedrooms_total": bedrooms,
        "bathrooms_full": full,
        "bathrooms_half": half,
        "bathrooms_total_integer": full + half,
    }
    if kind > 90:
        rent = max(round(price * 0.0045, -1), 600)
        facts |= {
            "property_type": "ResidentialLease",
            "property_sub_type": "Apartment" if sub_type == "Condominium" else sub_type,
            "list_price": rent,
            "lease_amount": rent,
            "lease_amount_frequency": "Monthly",
            "lease_term": dice.pick(("TwelveMonths", "TwelveMonths", "SixMonths", "MonthToMonth")),
            "security_deposit": rent * dice.between(1, 2),
            "furnished": dice.pick(("Unfurnished", "Unfurnished", "Furnished", "Partially")),
            "pets_allowed": [dice.pick(("Yes", "No", "CatsOk", "SizeLimit"))],
        }
    return facts


def _place(dice: Dice, city: City) -> Row:
    return {
        "city": city.name,
        "postal_code": postal_code(dice, city),
        "state_or_province": city.state,
        "country": city.country,
        "currency_code": "CAD" if city.country == "CA" else "USD",
        "property_time_zone_name": city.time_zone,
        "latitude": round(dice.normal(city.latitude, 0.03), 6),
        "longitude": round(dice.normal(city.longitude, 0.03), 6),
        "internet_entire_listing_display_yn": not dice.chance(0.02),
    }


def _status(dice: Dice, row: Row) -> Row:
    """Where its sale stands, and since when."""
    status = dice.pick(_STATUSES)
    if status == "Active":
        return {"standard_status": status}
    changed = dice.within(row["modification_timestamp"], REFERENCE)
    since: Row = {
        "standard_status": status,
        "status_change_timestamp": changed,
        "modification_timestamp": changed,
    }
    match status:
        case "Pending":
            since["pending_timestamp"] = changed
        case "Closed":
            close_price = round(row["list_price"] * dice.between(94, 103) / 100)
            since |= {"close_date": changed.date(), "close_price": close_price}
    return since
