"""Cursors: the way back to a place in a list, in one form that SQL makes too; nothing else gets through."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import cursors
from server.errors import BadUserInput
from server.scalars import SQL_FORMS
from tests.asking import Installation

ID = UUID("01a149d9-7718-7ab4-ae3e-9f9c92f167ef")
FIRST = """query ($cursor: String, $order: PropertyOrder!) {
    properties(first: 2, after: $cursor, orderBy: $order) { edges { cursor } } }"""


def made_up(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


VALUES = {
    "timestamptz": st.datetimes(timezones=st.just(UTC)),
    "date": st.dates(),
    "numeric": st.decimals(
        min_value=Decimal("-999999999999.99"), max_value=Decimal("999999999999.99"), places=2
    ),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "text": st.text(st.characters(exclude_characters="\0", codec="utf-8")),
}


@pytest.mark.parametrize("type_", VALUES)
@given(data=st.data())
def test_there_and_back(type_: str, data: st.DataObject) -> None:
    value = data.draw(st.none() | VALUES[type_])
    cursor = cursors.encode("SOME_ORDER_ASC", ID, value)
    assert cursors.decode("SOME_ORDER_ASC", type_, cursor) == (value, ID)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_is_no_cursor_is_bad_input(text: str) -> None:
    for type_ in VALUES:
        with pytest.raises(BadUserInput):
            cursors.decode("SOME_ORDER_ASC", type_, text)


@given(st.sampled_from(list(VALUES)), st.text(st.characters(codec="utf-8")))
def test_a_made_up_value_is_refused_or_as_good_as_one_of_ours(type_: str, value: str) -> None:
    cursor = made_up(f"SOME_ORDER_ASC|{ID.hex}|{value}")
    try:
        bound = cursors.decode("SOME_ORDER_ASC", type_, cursor)
    except BadUserInput:
        return
    assert cursors.encode("SOME_ORDER_ASC", bound.id, bound.value) == cursor


MADE_UP = [
    ("LIST_PRICE_ASC", "NaN"),
    ("LIST_PRICE_ASC", "sNaN"),
    ("LIST_PRICE_ASC", "Infinity"),
    ("LIST_PRICE_ASC", "1E+1000000"),
    ("LIST_PRICE_ASC", "9" * 10_000),
    ("LIST_PRICE_ASC", "1; drop table property"),
    ("BEDROOMS_TOTAL_ASC", "99999999999999"),
    ("BEDROOMS_TOTAL_ASC", "32768"),
    ("BEDROOMS_TOTAL_ASC", "٣"),
    ("BEDROOMS_TOTAL_ASC", "1_0"),
    ("BEDROOMS_TOTAL_ASC", " 1"),
    ("BEDROOMS_TOTAL_ASC", "9" * 5_000),
    ("MODIFICATION_TIMESTAMP_ASC", "0001-01-01T00:00:00+23:59"),
    ("MODIFICATION_TIMESTAMP_ASC", "2026-01-01T00:00:00"),
    ("MODIFICATION_TIMESTAMP_ASC", "infinity"),
    ("MODIFICATION_TIMESTAMP_ASC", ""),
]


@pytest.mark.parametrize(("order", "value"), MADE_UP, ids=lambda value: ascii(value)[:40])
async def test_a_made_up_cursor_is_refused(sample: Installation, order: str, value: str) -> None:
    answer = await sample.ask(FIRST, order=order, cursor=made_up(f"{order}|{'0' * 32}|{value}"))
    assert answer.codes == ["BAD_USER_INPUT"]
    assert (answer.status, answer.statements) == (400, 0)


async def test_a_made_up_cursor_of_text_is_refused(sample: Installation) -> None:
    cursor = made_up(f"MEMBER_FULL_NAME_ASC|{'0' * 32}|a\0b")
    answer = await sample.ask(
        "query ($c: String) { members(first: 1, after: $c) { nodes { id } } }", c=cursor
    )
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_changed_cursor_is_refused(sample: Installation) -> None:
    page = await sample.ask(FIRST, order="LIST_PRICE_ASC")
    cursor = page.data["properties"]["edges"][0]["cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    order, id_, value = raw.split("|")
    for changed in (
        cursor + "=",
        cursor + "\n",
        cursor[:-1],
        f" {cursor}",
        cursor + "AAAA",
        made_up(raw.upper()),
        made_up(raw + " "),
        made_up(f"{order}|{id_}|0{value}"),
        made_up(f"{order}|{id_}|+{value}"),
        made_up(f"{order}|{id_[:-1]}|{value}"),
        made_up(f"{order}|{{{id_}}}|{value}"),
        made_up(f"{order}|urn:uuid:{id_}|{value}"),
        made_up(order),
        made_up(""),
        "é",
        "x" * 20_000,
        "",
        "' or 1=1 --",
    ):
        answer = await sample.ask(FIRST, order="LIST_PRICE_ASC", cursor=changed)
        assert answer.codes == ["BAD_USER_INPUT"], changed
        assert (answer.status, answer.statements) == (400, 0)
        assert len(answer["errors"][0]["message"]) < 500


async def test_a_cursor_of_another_order_is_refused(sample: Installation) -> None:
    page = await sample.ask(FIRST, order="LIST_PRICE_ASC")
    cursor = page.data["properties"]["edges"][0]["cursor"]
    for order in ("LIST_PRICE_DESC", "BEDROOMS_TOTAL_ASC"):
        code, message = (await sample.ask(FIRST, order=order, cursor=cursor)).refusal
        assert code == "BAD_USER_INPUT"
        assert f"belongs to the order 'LIST_PRICE_ASC', not to {order}" in message


# What SQL writes for a value in a cursor.
IN_SQL = {
    "timestamptz": SQL_FORMS["DateTime"],
    "date": SQL_FORMS["Date"],
    "numeric": SQL_FORMS["Decimal"],
    "int2": "cast({} as text)",
    "int4": "cast({} as text)",
    "int8": "cast({} as text)",
    "text": "{}",
}


@pytest.mark.parametrize("type_", VALUES)
async def test_sql_makes_the_same_cursors(sample: Installation, type_: str) -> None:
    values: list[Any] = []

    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(VALUES[type_])
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    values += [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)] * (
        type_ == "timestamptz"
    )
    text = IN_SQL[type_].format("value")
    rows = await sample.database.fetch(
        f"""select {cursors.sql("SOME_ORDER_ASC", "cast($2 as uuid)", text)} as cursor
        from (select cast(given as {type_}) as value, place
          from unnest(cast($1 as text[])) with ordinality as g (given, place)) as v order by place""",
        [value.isoformat() if isinstance(value, datetime | date) else str(value) for value in values],
        ID,
    )
    assert [row["cursor"] for row in rows] == [
        cursors.encode("SOME_ORDER_ASC", ID, value) for value in values
    ]
