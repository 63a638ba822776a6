"""Scalars and ids: Python and SQL write every value alike, and what cannot be written is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import ids, scalars
from server.database import Database
from server.errors import BadUserInput
from server.sql import Row
from tests.asking import Installation

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)


COORDINATES = ("0", "0.00000001", "-0.00000001", "0.00001", "-0.00001", "0.0001", "10", "-10", "38.631913")


def coordinates(limit: int) -> st.SearchStrategy[Decimal]:
    """Of any size, and such as a float writes with an exponent."""
    tiny = st.decimals(min_value=Decimal("-0.0001"), max_value=Decimal("0.0001"), places=8)
    return st.decimals(min_value=-limit, max_value=limit, places=8) | tiny


# PostgreSQL's type, random values, extremes, and how Python writes one.
Form = tuple[str, st.SearchStrategy[Any], list[Any], Callable[[Any], Any]]
FORMS: dict[str, Form] = {
    "DateTime": (
        "timestamptz",
        st.datetimes(timezones=st.just(UTC)),
        [EARLIEST, LATEST, datetime(999, 12, 31, 23, 59, 59, 1, UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)],
        scalars.datetime_to_wire,
    ),
    "Date": ("date", st.dates(), [date.min, date.max, date(999, 1, 1), date(2024, 2, 29)], date.isoformat),
    "Decimal": (
        "numeric",
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=8),
        [
            Decimal(text)
            for text in ("0", "0.00", "0.00000001", "-0.01", "1000000", "999999999999.99", "1.10")
        ],
        scalars.decimal_to_wire,
    ),
    "Latitude": (
        "numeric(10, 8)",
        coordinates(90),
        [Decimal(text) for text in (*COORDINATES, "90", "-90")],
        scalars.coordinate_to_wire,
    ),
    "Longitude": (
        "numeric(11, 8)",
        coordinates(180),
        [Decimal(text) for text in (*COORDINATES, "100", "180", "-180")],
        scalars.coordinate_to_wire,
    ),
}


def examples(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """A few hundred values, collected to be asked of the database at once."""
    values: list[Any] = []

    @settings(max_examples=300, suppress_health_check=list(HealthCheck), database=None)
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def test_no_form_is_forgotten() -> None:
    assert FORMS.keys() == scalars.SQL_FORMS.keys()


@pytest.mark.parametrize("scalar", FORMS)
async def test_sql_writes_what_python_writes(sample: Installation, scalar: str) -> None:
    """As JSON, which is what a client sees, to the byte."""
    type_, strategy, extremes, write = FORMS[scalar]
    values = [*examples(strategy), *extremes]
    form = scalars.SQL_FORMS[scalar].format("value")
    async with sample.connection() as connection:
        # The form must not depend on settings of the session.
        await connection.execute(
            "set timezone = 'Asia/Kathmandu'; set datestyle = 'German, DMY'; set lc_time = 'C'"
        )
        rows = await connection.fetch(
            f"""select value, json_build_array({form})::text as json
            from (select cast(given as {type_}) as value, place
              from unnest(cast($1 as text[])) with ordinality as g (given, place)) as v order by place""",
            # As text: asyncpg takes the first and the last instant for infinities.
            [value.isoformat() if isinstance(value, date) else str(value) for value in values],
        )
    assert [row["value"] for row in rows] == values
    for row in rows:
        assert row["json"].encode() == orjson.dumps([write(row["value"])])


@pytest.mark.parametrize("scalar", ["Date", "DateTime"])
async def test_postgresql_gets_and_gives_each_day_and_instant_as_it_is(
    sample: Installation, scalar: str
) -> None:
    """Also the first and the last, which asyncpg alone would make infinite; singly and in lists."""
    type_, strategy, extremes, write = FORMS[scalar]
    values = [*examples(strategy), *extremes]
    database = Database(sample.url, size=1)
    await database.connect()
    try:
        async with database.session() as session:
            rows = await session.fetch(
                f"""select value, {scalars.SQL_FORMS[scalar].format("value")} as text
                from unnest(cast($1 as {type_}[])) with ordinality as g (value, place) order by place""",
                [values],
                Row,
            )
            for value in extremes:
                (one,) = await session.fetch(f"select cast($1 as {type_}) as value", [value], Row)
                assert one["value"] == value
    finally:
        await database.disconnect()
    assert [row["value"] for row in rows] == values
    assert [row["text"] for row in rows] == [write(value) for value in values]


async def test_sql_writes_ids_as_python_does(sample: Installation) -> None:
    keys = [*examples(st.uuids()), UUID(int=0), UUID(int=2**128 - 1)]
    rows = await sample.sql(
        f"""select {ids.sql("property", "key")} as wire
        from unnest(cast($1 as uuid[])) with ordinality as k (key, place) order by place""",
        keys,
    )
    assert [row["wire"] for row in rows] == [ids.encode("property", key) for key in keys]
    assert [ids.decode("property", row["wire"]) for row in rows] == keys


@given(st.text())
def test_what_is_no_id_is_bad_input(text: str) -> None:
    with pytest.raises(BadUserInput):
        ids.decode("property", f"property_{text}")


def test_an_id_of_one_type_is_none_of_another() -> None:
    key = uuid4()
    assert ids.split(ids.encode("office", key)) == ("office", key)
    with pytest.raises(BadUserInput, match="is not the id of a property"):
        ids.decode("property", ids.encode("office", key))


@given(
    st.datetimes(
        timezones=st.builds(
            timezone,
            st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
                lambda delta: timedelta(minutes=delta // timedelta(minutes=1))
            ),
        )
    )
)
def test_an_instant_by_any_offset_is_the_same_instant(value: datetime) -> None:
    try:
        value.astimezone(UTC)
    except OverflowError:
        with pytest.raises(BadUserInput):
            scalars.parse_datetime(value.isoformat())
        return
    assert scalars.parse_datetime(value.isoformat()) == value
    wire = scalars.datetime_to_wire(value)
    assert len(wire) == len("2026-11-23T10:00:00.000000Z")
    assert scalars.parse_datetime(wire) == value


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20) + 1, max_value=10**20 - 1
    )
)
def test_a_decimal_there_and_back(value: Decimal) -> None:
    wire = scalars.decimal_to_wire(value)
    assert "E" not in wire
    assert scalars.parse_decimal(wire) == value
    assert scalars.decimal_to_wire(scalars.parse_decimal(wire)) == wire


def test_a_decimal_as_an_integer() -> None:
    assert scalars.parse_decimal(400_000) == Decimal("400000")
    assert scalars.parse_decimal(-1) == Decimal(-1)


PARSERS: dict[str, tuple[Callable[[object], Any], list[object]]] = {
    "Decimal": (
        scalars.parse_decimal,
        [
            "",
            " 1",
            "1 ",
            "+1",
            ".5",
            "1.",
            "01",
            "1e5",
            "1E5",
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "inf",
            "0x10",
            "1_000",
            "1,000",
            "--1",
            "\u0661",
            "9" * 21,
            "1." + "0" * 13,
            "9" * 10_000,
            1.5,
            True,
            None,
            [],
            {},
            10**20,
            "1\n",
            "1\0",
        ],
    ),
    "Date": (
        scalars.parse_date,
        [
            "",
            "2026-02-29",
            "0000-01-01",
            "10000-01-01",
            "2026-1-1",
            "2026-01-01T00:00:00Z",
            "20260101",
            "2026-W01-1",
            1,
            None,
            "\u0662026-01-01",
        ],
    ),
    "DateTime": (
        scalars.parse_datetime,
        [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.0000000Z",
            "2026-01-01T00:00:00+24:00",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "infinity",
            "now",
            0,
            None,
        ],
    ),
    "URL": (
        scalars.parse_url,
        [
            "",
            "example.com",
            "//example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "http://",
            "https:///path",
            "http://a b",
            "http://a\n",
            "http://a\u202e",
            "http://[",
            "https://e.com/" + "x" * 8_000,
            1,
            None,
        ],
    ),
    "CurrencyCode": (
        scalars.parse_currency,
        ["", "usd", "US", "USDX", "U$D", "US\u0410", "USD\n", 840, None],
    ),
    "CountryCode": (scalars.parse_country, ["", "us", "U", "USA", "U1", "US\n", None]),
    "Latitude": (
        scalars.parse_latitude,
        [90.00000001, -91, float("nan"), float("inf"), "45", True, None, Decimal(1), 10**400],
    ),
    "Longitude": (scalars.parse_longitude, [180.1, -180.1, float("-inf"), "0", False, None, []]),
}


@pytest.mark.parametrize(
    ("scalar", "value"),
    [(scalar, value) for scalar, (_, values) in PARSERS.items() for value in values],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_value_is_bad_input(scalar: str, value: object) -> None:
    with pytest.raises(BadUserInput) as refused:
        PARSERS[scalar][0](value)
    assert scalar in refused.value.message
    assert len(refused.value.message) < 300


@given(st.floats(-90, 90))
def test_a_latitude_keeps_eight_digits(value: float) -> None:
    parsed = scalars.parse_latitude(value)
    assert abs(float(parsed) - value) <= 0.5e-8
    assert -90 <= parsed <= 90


def test_what_is_a_url() -> None:
    for url in ("http://a", "https://example.com/é?x=1#y", "https://user@example.com:8080/", "http://[::1]/"):
        assert scalars.parse_url(url) == url


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("list_price", "'NaN'"),
        ("cap_rate", "'NaN'"),
        ("living_area", "'NaN'"),
        ("latitude", "'NaN'"),
        ("on_market_date", "'infinity'"),
        ("on_market_date", "'0001-12-31 BC'"),
        ("pending_timestamp", "'-infinity'"),
        ("pending_timestamp", "'10000-01-01 00:00:00Z'"),
        ("currency_code", "'usd'"),
        ("listing_url", "'javascript:alert(1)'"),
    ],
)
async def test_the_database_keeps_nothing_that_has_no_wire_form(
    sample: Installation, column: str, value: str
) -> None:
    """Nothing is written: the statement fails, and its transaction is rolled back."""
    async with sample.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.NumericValueOutOfRangeError)):
            await connection.execute(f"update property set {column} = {value} where listing_key = 'SAC-10'")
        await transaction.rollback()
