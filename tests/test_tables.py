"""The tables by themselves: what they refuse, fill in and find, whoever writes and reads them.

What a statement reads the noun's own tests look at. Here is what no field of the contract shows: rules of
several columns, unique keys, times of writing, indexes, and how ids are made.
"""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from server.config import ROOT
from server.contract.tree import migrated_database

OTHER = "00000000-0000-7000-8000-00000000000f"
# A good row of each table, but for the keys of others, which `add` knows.
ROWS: dict[str, dict[str, Any]] = {
    "user_account": {"display_name": "Ann"},
    "office": {"office_key": "1", "office_name": "Oak"},
    "member": {"member_key": "1", "member_full_name": "Ann Lee"},
    "property": {
        "listing_key": "1",
        "originating_system_name": "mls",
        "originating_system_key": "1",
        "property_type": "Residential",
        "standard_status": "Active",
        "list_price": 500000,
        "currency_code": "USD",
    },
    "media": {"order": 0, "media_url": "https://example.com/1.jpg", "preferred_photo_yn": True},
    "open_house": {
        "open_house_key": "1",
        "open_house_date": "2030-01-05",
        "open_house_start_time": "2030-01-05T10:00:00Z",
        "open_house_end_time": "2030-01-05T12:00:00Z",
    },
    "review": {"rating": 4, "body": "Light."},
    "ticket": {"purpose": "RESET_PASSWORD", "expiration_timestamp": "2030-01-05T10:00:00Z"},
    "user_session": {"expiration_timestamp": "2030-01-05T10:00:00Z"},
    "service_token": {
        "name": "Billing",
        "scopes": ["USERS_READ"],
        "original_entry_timestamp": "2030-01-04T10:00:00Z",
        "expiration_timestamp": "2030-01-05T10:00:00Z",
    },
}
KEYS = {
    "media": ("property",),
    "open_house": ("property",),
    "review": ("property", "author"),
    "ticket": ("user",),
    "user_session": ("user",),
}


@pytest.fixture(scope="module")
async def migrated(services: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database that the migrations have made, without rows."""
    async with migrated_database(services["DATABASE_DIRECT_URL"], ROOT) as connection:
        yield connection


@pytest.fixture
async def tables(migrated: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The same; what the test does is taken back."""
    transaction = migrated.transaction()
    await transaction.start()
    yield migrated
    await transaction.rollback()


async def insert(tables: asyncpg.Connection, table: str, row: dict[str, Any]) -> UUID:
    names = ", ".join(f'"{name}"' for name in row)
    return await tables.fetchval(
        f"insert into {table} ({names}) select {names} from jsonb_populate_record(null::{table}, $1)"
        " returning id",
        orjson.dumps(row, default=str).decode(),
    )


async def add(tables: asyncpg.Connection, table: str, **columns: Any) -> UUID:
    """A good row of a table, but for what the test says otherwise, and the rows that it hangs on."""
    owners = {}
    for owner in KEYS.get(table, ()):
        name = "user_account" if owner in ("author", "user") else owner
        found = await tables.fetchval(f"select id from {name} limit 1")
        owners[f"{owner}_id"] = found or await add(tables, name)
    return await insert(tables, table, ROWS[table] | owners | columns)


# Unique keys and rules of several columns, each with what breaks it. Of a unique key, a second row does.
BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "office_office_key_unique": ("office", {}),
    "office_main_office_id_order": ("office", {"id": OTHER, "main_office_id": OTHER}),
    "member_member_key_unique": ("member", {}),
    "property_listing_key_unique": ("property", {"originating_system_key": "2"}),
    "property_originating_system_key_unique": ("property", {"listing_key": "2"}),
    "property_originating_system_name_required": ("property", {"originating_system_name": None}),
    "property_list_price_required": ("property", {"list_price": None}),
    "property_list_price_low_order": ("property", {"list_price_low": 500000.01}),
    "property_living_area_units_required": ("property", {"living_area": 1}),
    "property_lot_size_units_required": ("property", {"lot_size_area": 1}),
    "property_latitude_required": ("property", {"longitude": 1}),
    "property_longitude_required": ("property", {"latitude": 1}),
    "media_order_unique": ("media", {"preferred_photo_yn": False}),
    "media_one_preferred_photo_per_property": ("media", {"order": 1}),
    "open_house_open_house_key_unique": ("open_house", {}),
    "open_house_open_house_end_time_order": ("open_house", {"open_house_end_time": "2030-01-05T10:00:00Z"}),
    "review_one_per_author_and_property": ("review", {}),
    "user_account_email_unique": ("user_account", {"email": "ann@example.com"}),
    "ticket_email_required": ("ticket", {"email": "ann@example.com"}),
    "user_session_end_reason_required": ("user_session", {"end_reason": "REVOKED"}),
    "service_token_expiration_timestamp_order": (
        "service_token",
        {"expiration_timestamp": "2031-01-06T10:00:00Z"},
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
async def test_what_breaks_a_rule_is_refused_by_its_name(tables: asyncpg.Connection, rule: str) -> None:
    table, columns = BROKEN[rule]
    if "unique" in rule or "_one_" in rule:
        await add(tables, table, **columns if rule == "user_account_email_unique" else {})
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await add(tables, table, **columns)
    assert caught.value.constraint_name == rule


async def test_every_such_rule_is_broken_here(tables: asyncpg.Connection) -> None:
    rules = await tables.fetch(
        """select conname from pg_constraint join pg_class as c on c.oid = conrelid
        where c.relnamespace = 'public'::regnamespace and c.relname <> 'schema_migration'
          and c.relname not like 'pgqueuer%'
          and (contype = 'u' or contype = 'c' and cardinality(conkey) > 1)
        union
        select c.relname from pg_index join pg_class as c on c.oid = indexrelid
        where c.relnamespace = 'public'::regnamespace and indisunique and not indisprimary
          and c.relname not like 'pgqueuer%'
          and not exists (select from pg_constraint where conindid = c.oid)"""
    )
    assert {row["conname"] for row in rules} == BROKEN.keys()


@pytest.mark.parametrize(
    "table", [name for name in ROWS if name not in ("ticket", "user_session", "service_token")]
)
async def test_a_write_sets_the_time_of_the_last_one_and_keeps_that_of_the_first(
    tables: asyncpg.Connection, table: str
) -> None:
    first = "2020-01-01T00:00:00Z"
    key = await add(tables, table, original_entry_timestamp=first, modification_timestamp=first)
    await tables.execute(
        f"update {table} set original_entry_timestamp = '2021-01-01Z', modification_timestamp = '2021-01-01Z'"
    )
    assert await tables.fetchval(
        f"select original_entry_timestamp = $2::text::timestamptz and modification_timestamp = now()"
        f" from {table} where id = $1",
        key,
        first,
    )


async def test_an_account_begins_with_the_role_that_may_do_least(tables: asyncpg.Connection) -> None:
    await add(tables, "user_account")
    assert await tables.fetchval("select role = (enum_range(null::role))[1] from user_account")
    assert await tables.fetchval("select role::text from user_account") == "USER"


# What a listing's own columns tell of its past: how it begins, what is written then, and what it tells after
# that, as original, previous price, and times of the last change of price, of status, and of either, with its
# kind. `now` is the time of the last write.
KNOWN = {
    "original_list_price": 600000,
    "previous_list_price": 550000,
    "price_change_timestamp": "2021-01-01Z",
    "status_change_timestamp": "2022-01-01Z",
}
FORGOTTEN = dict.fromkeys(KNOWN)
DRAFT = {"standard_status": "Incomplete"}
PAST: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str | None, ...]]] = {
    "a new one": ({}, {}, ("500000.00", None, None, "2020", "NewListing", "2020")),
    "one that arrives cheaper than it was": (
        {"original_list_price": 600000},
        {},
        ("600000.00", "600000.00", "now", "2020", "PriceChange", "now"),
    ),
    "one whose past is known": (
        KNOWN,
        {},
        ("600000.00", "550000.00", "2021", "2022", "PriceChange", "2021"),
    ),
    "one whose last change is known": (
        {"major_change_type": "Pending", "major_change_timestamp": "2019-01-01Z"},
        {},
        ("500000.00", None, None, "2020", "Pending", "2019"),
    ),
    "a draft": (DRAFT, {}, ("500000.00", None, None, "2020", None, None)),
    "nothing is forgotten": (
        KNOWN,
        FORGOTTEN | {"city": "Galt"},
        ("600000.00", "550000.00", "2021", "2022", "PriceChange", "2021"),
    ),
    "another price": (
        KNOWN,
        {"list_price": 400000},
        ("600000.00", "500000.00", "now", "2022", "PriceChange", "now"),
    ),
    "another price, and since when": (
        KNOWN,
        {"list_price": 400000, "price_change_timestamp": "2023-01-01Z"},
        ("600000.00", "500000.00", "2023", "2022", "PriceChange", "2023"),
    ),
    "another status": (
        KNOWN,
        {"standard_status": "Pending"},
        ("600000.00", "550000.00", "2021", "now", "Pending", "now"),
    ),
    "another status, and since when": (
        KNOWN,
        {"standard_status": "Pending", "status_change_timestamp": "2023-01-01Z"},
        ("600000.00", "550000.00", "2021", "2023", "Pending", "2023"),
    ),
    "a draft again": (KNOWN, DRAFT, ("600000.00", "550000.00", "2021", "now", "PriceChange", "2021")),
    "a draft of another price": (
        DRAFT,
        {"list_price": 3},
        ("3.00", None, None, "2020", None, None),
    ),
    "a draft of another price than its first": (
        DRAFT,
        {"list_price": 3, "original_list_price": 5},
        ("5.00", None, None, "2020", None, None),
    ),
    "a draft that goes on the market": (
        DRAFT | {"list_price": None},
        {"list_price": 3, "standard_status": "Active"},
        ("3.00", None, None, "now", "NewListing", "now"),
    ),
}


@pytest.mark.parametrize("name", PAST)
async def test_a_listing_knows_its_past(tables: asyncpg.Connection, name: str) -> None:
    begins, changes, past = PAST[name]
    key = await add(tables, "property", original_entry_timestamp="2020-01-01Z", **begins)
    if changes:
        names = ", ".join(changes)
        given = f"select {names} from jsonb_populate_record(null::property, $1)"
        await tables.execute(f"update property set ({names}) = ({given})", orjson.dumps(changes).decode())
    row = await tables.fetchrow("select * from property where id = $1", key)

    def when(column: str) -> str | None:
        at = row[column]
        return at and ("now" if at == row["modification_timestamp"] else str(at.year))

    assert past == (
        *(row[column] and str(row[column]) for column in ("original_list_price", "previous_list_price")),
        *(when("price_change_timestamp"), when("status_change_timestamp")),
        *(row["major_change_type"], when("major_change_timestamp")),
    )


# What each index is for: a statement that PostgreSQL answers by it when it may neither sort nor read all.
INDEXES = {
    "office_main_office_id_idx": f"office where main_office_id = '{OTHER}'",
    "office_office_name_idx": "office where office_status = 'Active' order by office_name, id",
    "member_office_id_idx": f"member where office_id = '{OTHER}' order by member_full_name, id",
    "member_member_full_name_idx": "member where member_status = 'Active' order by member_full_name, id",
    "history_transactional_property_id_idx": (
        f"history_transactional where property_id = '{OTHER}' order by modification_timestamp, id"
    ),
    "history_transactional_changed_by_id_idx": f"history_transactional where changed_by_id = '{OTHER}'",
    "open_house_property_id_idx": (
        f"open_house where property_id = '{OTHER}' order by open_house_start_time, id"
    ),
    "open_house_open_house_start_time_idx": "open_house order by open_house_start_time, id",
    "open_house_showing_agent_id_idx": f"open_house where showing_agent_id = '{OTHER}'",
    "review_property_id_idx": f"review where property_id = '{OTHER}' order by original_entry_timestamp, id",
    "review_author_id_idx": f"review where author_id = '{OTHER}' order by original_entry_timestamp, id",
    "property_list_price_idx": "property where public_yn order by list_price, id",
    "property_original_entry_timestamp_idx": "property where public_yn order by original_entry_timestamp, id",
    "property_modification_timestamp_idx": "property where public_yn order by modification_timestamp, id",
    "property_living_area_square_metres_idx": (
        "property where public_yn order by living_area_square_metres, id"
    ),
    "property_living_area_square_metres_desc_idx": (
        "property where public_yn order by living_area_square_metres desc nulls last, id desc"
    ),
    "property_bedrooms_total_idx": "property where public_yn order by bedrooms_total, id",
    "property_bedrooms_total_desc_idx": (
        "property where public_yn order by bedrooms_total desc nulls last, id desc"
    ),
    "property_city_idx": "property where public_yn and city = 'Galt' order by list_price, id",
    "property_postal_code_idx": "property where public_yn and postal_code = '1' order by list_price, id",
    "property_geo_point_idx": "property where public_yn and geo_point <@ box '(1,1),(0,0)'",
    "property_search_text_idx": "property where public_yn and search_text @@ 'pool'::tsquery",
    "property_features_idx": "property where public_yn and pool_features @> '{Community}'",
    "property_list_agent_id_idx": (
        f"property where list_agent_id = '{OTHER}' order by original_entry_timestamp, id"
    ),
    "property_list_office_id_idx": (
        f"property where list_office_id = '{OTHER}' order by original_entry_timestamp, id"
    ),
    "property_co_list_agent_id_idx": f"property where co_list_agent_id = '{OTHER}'",
    "property_co_list_office_id_idx": f"property where co_list_office_id = '{OTHER}'",
    "registration_email_idx": "registration where email = 'ann@example.com'",
    "registration_expiration_timestamp_idx": "registration where expiration_timestamp < '2030-01-01'",
    "ticket_user_id_idx": f"ticket where user_id = '{OTHER}' and purpose = 'CHANGE_EMAIL'",
    "ticket_expiration_timestamp_idx": "ticket where expiration_timestamp < '2030-01-01'",
    "user_session_user_id_idx": (
        f"user_session where user_id = '{OTHER}' and end_timestamp is null"
        " order by modification_timestamp desc, id"
    ),
    "user_session_expiration_timestamp_idx": "user_session where expiration_timestamp < '2030-01-01'",
    "audit_event_subject_idx": f"audit_event where subject_id = '{OTHER}' order by id",
    "audit_event_actor_id_idx": f"audit_event where actor_id = '{OTHER}' order by id",
    "audit_event_action_idx": "audit_event where action = 'account.update' order by id",
    "audit_event_service_token_id_idx": f"audit_event where service_token_id = '{OTHER}' order by id",
    "service_token_creator_id_idx": f"service_token where creator_id = '{OTHER}'",
}


@pytest.mark.parametrize("index", INDEXES)
async def test_an_index_is_used_for_what_it_was_made(tables: asyncpg.Connection, index: str) -> None:
    await tables.execute("set local enable_seqscan = off; set local enable_sort = off")
    plan = await tables.fetch(f"explain select id from {INDEXES[index]} limit 51")
    used = {name for row in plan for name in re.findall(r"\b\w+_(?:idx|pkey|unique)\b", row[0])}
    assert used == {index}, "\n".join(row[0] for row in plan)


async def test_every_index_is_used_here(tables: asyncpg.Connection) -> None:
    rows = await tables.fetch(
        """select c.relname from pg_index join pg_class as c on c.oid = indexrelid
        where c.relnamespace = 'public'::regnamespace and not indisunique
          and c.relname not like 'pgqueuer%'"""
    )
    assert {row["relname"] for row in rows} == INDEXES.keys()


async def test_an_index_of_a_key_that_may_be_missing_holds_no_row_without_it(
    tables: asyncpg.Connection,
) -> None:
    rows = await tables.fetch(
        """select pg_get_indexdef(indexrelid) from pg_index
        join pg_attribute on attrelid = indrelid and attnum = any(indkey)
        where attrelid::regclass::text = any($1) and indnatts = 1 and not attnotnull
          and pg_get_expr(indpred, indrelid) is distinct from format('(%I IS NOT NULL)', attname)
          and indexrelid::regclass::text like '%_id_idx'""",
        [*ROWS, "history_transactional"],
    )
    assert rows == []


# Version 7 of RFC 9562, and its variant.
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize("native", [True, False], ids=["as it is", "as before PostgreSQL 18"])
async def test_ids_are_of_version_7_in_the_order_of_time(tables: asyncpg.Connection, native: bool) -> None:
    if not native:
        # The way that a server before 18 takes, taken by this one.
        first = (ROOT / "sql" / "migrations" / "0001_identity.sql").read_text()
        (block,) = re.findall(r"^do \$\$$.*?^\$\$;$", first, re.DOTALL | re.MULTILINE)
        await tables.execute("create schema before; set local search_path = before, public")
        await tables.execute(block.replace(">= 180000", ">= 990000"))
    rows = await tables.fetch(
        "select uuid7() as id, clock_timestamp() as at, pg_sleep(0.001) from generate_series(1, 100)"
    )
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    assert all(UUID7.fullmatch(str(key)) for key in ids)
    assert all(abs((row["id"].int >> 80) - row["at"].timestamp() * 1000) < 1000 for row in rows)
    # Neither what stands for a part of a millisecond, nor what stands for nothing, is the same for long.
    assert len({key.int >> 64 & 0xFFF for key in ids}) > 20
    assert len({key.int & (1 << 62) - 1 for key in ids}) == 100


async def test_null_is_refused_where_a_field_promises_a_value(tables: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await tables.execute("select refuse_null()")
    assert caught.value.sqlstate == "DW001"
