"""`./dwelzo sample`: the 932 listings of `sample/`, and what is made up around them.

The listings are imported as any file is (`importer`); offices, agents, users, reviews and open houses are
generated. sample/README.md says what of it is real. A second run changes nothing, but that open houses of a
later week are added.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg

from server.ingest.catalogue import read_table
from server.ingest.copying import copy_missing, weekend_noons
from server.ingest.csv_rows import CsvRows, SourceRow
from server.ingest.importer import Counts, ImportReport, Loader, OnProgress, connect
from server.ingest.invention import (
    Dice,
    Population,
    Row,
    media_rows,
    open_house_rows,
    review_rows,
    stable_id,
    surroundings,
)
from server.ingest.mapping import FieldMapping, Values, read_mapping
from server.ingest.rejects import Reject
from server.ingest.vocabulary import CITIES, City
from server.names import to_pascal

SAMPLE = Path(__file__).parents[2] / "sample"
SYSTEM = "sacramento"
_SEED = 1
_SACRAMENTO = CITIES[0]
# Where it is not the county of Sacramento.
_COUNTIES = {
    **dict.fromkeys(
        (
            "Auburn",
            "Foresthill",
            "Granite Bay",
            "Lincoln",
            "Loomis",
            "Meadow Vista",
            "Penryn",
            "Rocklin",
            "Roseville",
        ),
        "Placer",
    ),
    **dict.fromkeys(
        (
            "Cameron Park",
            "Cool",
            "Diamond Springs",
            "El Dorado",
            "El Dorado Hills",
            "Garden Valley",
            "Greenwood",
            "Placerville",
            "Pollock Pines",
        ),
        "El Dorado",
    ),
    "West Sacramento": "Yolo",
}
_PEOPLE = Population(
    seed=_SEED,
    prefix="SAC",
    offices=24,
    members=96,
    users=300,
    cities=tuple(
        _SACRAMENTO._replace(name=name) for name in ("Sacramento", "Elk Grove", "Carmichael", "Folsom")
    ),
)


async def load_sample(
    url: str, *, today: date | None = None, on_progress: OnProgress | None = None
) -> ImportReport:
    """Loads the sample. Open houses are on the weekends after `today`, by default the day that it is."""
    connection = await connect(url)
    rows = _SampleRows()
    try:
        await _add(connection, "office", _PEOPLE.office_rows())
        await _add(connection, "member", _PEOPLE.member_rows())
        users = await _add(connection, "user_account", _PEOPLE.user_rows())
        loader = await Loader.create(connection, FieldMapping(), _fail, kept=frozenset())
        report = await loader.load(rows, rows.size, on_progress)
        reviews, open_houses = await _hang_on(connection, today or datetime.now(UTC).date())
    finally:
        rows.close()
        await connection.close()
    report.related |= {"User": Counts(users), "Review": Counts(reviews), "OpenHouse": Counts(open_houses)}
    return report


class _SampleRows:
    """The rows of the sample's file, mapped to RESO's fields, each with what is made up around it."""

    def __init__(self) -> None:
        path = SAMPLE / "sacramento.csv"
        self._mapping = read_mapping(SAMPLE / "sacramento.toml")
        self._csv = CsvRows(path)
        self.size = path.stat().st_size

    @property
    def position(self) -> int:
        return self._csv.position

    def close(self) -> None:
        self._csv.close()

    def __iter__(self) -> Iterator[SourceRow | Reject]:
        for row in self._csv:
            if isinstance(row, SourceRow):
                fields = self._mapping.fields(row.values, row.line)
                row = SourceRow(row.line, fields | _around(fields))
            yield row


def _around(fields: Values) -> Values:
    key = fields["ListingKey"]
    dice = Dice(_SEED, key)
    facts: Row = {
        "list_price": int(fields["ListPrice"]),
        "living_area": int(fields["LivingArea"]),
        "bedrooms_total": int(fields["BedroomsTotal"]),
        "property_sub_type": fields["PropertySubType"],
    }
    made_up = surroundings(dice, facts, _city(fields["City"]))
    entered = made_up["original_entry_timestamp"]
    agent = dice.between(0, _PEOPLE.members - 1)
    return {
        "Id": stable_id(entered, SYSTEM, key),
        "ListAgentKey": _PEOPLE.member_key(agent),
        "ListOfficeKey": _PEOPLE.office_key(_PEOPLE.office_of(agent)),
        "Media": [
            _named(row | {"id": stable_id(entered, SYSTEM, key, "media", row["order"])})
            for row in media_rows(dice, f"{SYSTEM}/{key}", entered)
        ],
        **_named(made_up),
    }


async def _hang_on(connection: asyncpg.Connection, today: date) -> tuple[int, int]:
    """Adds reviews and open houses; how many there are that were not."""
    listings = await connection.fetch(
        "select id, listing_key, list_agent_id, original_entry_timestamp from property"
        " where originating_system_name = $1 and originating_system_key like 'SAC-%'",
        SYSTEM,
    )
    noons = (await weekend_noons(connection, [_SACRAMENTO.time_zone], today))[_SACRAMENTO.time_zone]
    reviews: list[Row] = []
    open_houses: list[Row] = []
    for id_, key, agent, entered in listings:
        agent_id = str(agent) if agent else None
        dice = Dice(_SEED, key, "visitors")
        reviews += review_rows(dice, _PEOPLE, str(id_), entered, dice.pick((0, 0, 1, 1, 2, 3, 4)))
        if dice.chance(0.05):
            open_houses += open_house_rows(dice, key, str(id_), agent_id, noons)
    return await _add(connection, "review", reviews), await _add(connection, "open_house", open_houses)


async def _add(connection: asyncpg.Connection, table: str, rows: Iterable[Row]) -> int:
    return await copy_missing(connection, await read_table(connection, table), rows)


def _fail(rejects: Sequence[Reject]) -> None:
    raise ValueError(f"The sample does not fit the database: {rejects[0]}")


def _city(name: str) -> City:
    return _SACRAMENTO._replace(name=name, county=_COUNTIES.get(name, "Sacramento"))


def _named(row: Row) -> Values:
    """A row by RESO's fields, as an input would have it."""
    return {to_pascal(name): _given(value) for name, value in row.items()}


def _given(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
