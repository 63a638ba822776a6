"""History: written by the database whenever a price or a status changes, whoever changes it."""

from typing import Any
from uuid import UUID

import pytest

from tests.asking import Installation
from tests.market import Market

Event = tuple[str, str | None, str | None, str | None]


async def history(made: Installation, key: str) -> list[Event]:
    """What happened to a listing, oldest first, as the API tells it."""
    answer = await made.ask("PropertyHistory", listingKey=key, last=100)
    return [
        (node["fieldName"], node["previousValue"], node["newValue"], node["changeType"])
        for node in answer.data["propertyByListingKey"]["history"]["nodes"]
    ]


NEW: Event = ("ListPrice", None, "500000.00", "NewListing")


async def test_a_new_listing_begins_with_its_price(own: Installation) -> None:
    await own.add_property("new")
    assert await history(own, "new") == [NEW]


async def test_a_change_of_price(own: Installation) -> None:
    await own.add_property("changing")
    await own.sql("update property set list_price = 450000 where listing_key = 'changing'")
    await own.sql("update property set list_price = 475000.5 where listing_key = 'changing'")
    assert await history(own, "changing") == [
        NEW,
        ("ListPrice", "500000.00", "450000.00", "PriceChange"),
        ("ListPrice", "450000.00", "475000.50", "PriceChange"),
    ]
    answer = await own.ask(
        """{ propertyByListingKey(listingKey: "changing") { listPrice originalListPrice previousListPrice
        majorChangeType priceChangeTimestamp modificationTimestamp history(last: 1,
        orderBy: MODIFICATION_TIMESTAMP_ASC) { nodes { modificationTimestamp property { listingKey }
        } } } }"""
    )
    listing = answer.data["propertyByListingKey"]
    (event,) = listing["history"]["nodes"]
    assert event["property"] == {"listingKey": "changing"}
    assert (
        event["modificationTimestamp"] == listing["priceChangeTimestamp"] == listing["modificationTimestamp"]
    )
    assert listing["listPrice"] == "475000.50"
    assert listing["originalListPrice"] == "500000.00"
    assert listing["previousListPrice"] == "450000.00"
    assert listing["majorChangeType"] == "PriceChange"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("Active", "Pending", "Pending"),
        ("Active", "ActiveUnderContract", "ActiveUnderContract"),
        ("Pending", "Active", "BackOnMarket"),
        ("Hold", "Active", "BackOnMarket"),
        ("ComingSoon", "Active", "Active"),
        ("Incomplete", "Active", "NewListing"),
        ("Closed", "Pending", "Pending"),
    ],
)
async def test_a_change_of_status(own: Installation, before: str, after: str, change: str) -> None:
    await own.add_property("changing", standard_status=before)
    await own.sql("update property set standard_status = $1 where listing_key = 'changing'", after)
    events = [] if before == "Incomplete" else [NEW]
    if before == "Incomplete":
        events.append(NEW)
    assert await history(own, "changing") == [*events, ("StandardStatus", before, after, change)]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ("Closed", "Closed"),
        ("Delete", "Deleted"),
        ("Withdrawn", "Withdrawn"),
        ("Hold", "Hold"),
        ("Expired", "Expired"),
        ("Canceled", "Canceled"),
        ("Incomplete", None),
    ],
)
async def test_what_happened_off_the_market_is_written_and_not_told(
    own: Installation, after: str, change: str | None
) -> None:
    key = await own.add_property("leaving")
    await own.sql("update property set standard_status = $1 where id = $2", after, key)
    (event,) = await own.sql(
        """select id, change_type from history_transactional
        where property_id = $1 and field_name = 'StandardStatus'""",
        key,
    )
    assert event["change_type"] == change
    answer = await own.ask(f'{{ node(id: "history_{event["id"].hex}") {{ id }} }}')
    assert answer == {"data": {"node": None}}


async def test_price_and_status_at_once_and_nothing_else(own: Installation) -> None:
    await own.add_property("changing")
    await own.sql(
        """update property set list_price = 1, standard_status = 'Pending', city = 'X'
        where listing_key = 'changing'"""
    )
    await own.sql("update property set city = 'Y', list_price = 1.00 where listing_key = 'changing'")
    assert sorted(await history(own, "changing"), key=str) == sorted(
        [
            NEW,
            ("ListPrice", "500000.00", "1.00", "PriceChange"),
            ("StandardStatus", "Active", "Pending", "Pending"),
        ],
        key=str,
    )


async def test_a_draft_has_no_history(own: Installation) -> None:
    key = await own.add_property("draft", standard_status="Incomplete", list_price=None)
    await own.sql("update property set list_price = 3 where id = $1", key)
    await own.sql("update property set list_price = 4 where id = $1", key)
    assert await own.value("select count(*) from history_transactional where property_id = $1", key) == 0
    await own.sql("update property set standard_status = 'ComingSoon' where id = $1", key)
    assert sorted(await history(own, "draft"), key=str) == [
        ("ListPrice", None, "4.00", "NewListing"),
        ("StandardStatus", "Incomplete", "ComingSoon", "NewListing"),
    ]


async def test_a_bulk_update_writes_one_row_for_each_listing(own: Installation) -> None:
    before = await own.value("select count(*) from history_transactional")
    changed = await own.value(
        """with changed as (
          update property set list_price = list_price * 2 where city = 'Elk Grove' returning 1)
        select count(*) from changed"""
    )
    assert changed == 114
    assert await own.value("select count(*) from history_transactional") == before + 114
    assert await own.value(
        """select bool_and(h.new_value = p.list_price::text
          and h.previous_value = (p.list_price / 2)::numeric(14, 2)::text)
        from property as p join lateral (select * from history_transactional where property_id = p.id
        order by entity_event_sequence desc limit 1) as h on true where city = 'Elk Grove'"""
    )


async def test_a_copy_and_an_upsert_write_history_too(own: Installation) -> None:
    await own.add_property("upserted")
    await own.database.copy_records_to_table(
        "property",
        records=[("copied", "Residential", "Active", 500000, "USD")],
        columns=["listing_key", "property_type", "standard_status", "list_price", "currency_code"],
    )
    await own.sql(
        """insert into property (listing_key, property_type, standard_status, list_price, currency_code)
        values ('upserted', 'Residential', 'Active', 9, 'USD')
        on conflict (listing_key) do update set list_price = excluded.list_price"""
    )
    assert await history(own, "copied") == [NEW]
    assert await history(own, "upserted") == [NEW, ("ListPrice", "500000.00", "9.00", "PriceChange")]


async def test_another_role_writes_history_as_well(own: Installation) -> None:
    key = await own.add_property("changing")
    role = f"agent_of_{key.hex}"
    await own.database.execute(
        f"create role {role}; grant select, update on property to {role};"
        f"grant insert on history_transactional to {role}"
    )
    try:
        async with own.connection() as connection:
            await connection.execute(f"set role {role}")
            await connection.execute("update property set list_price = 2 where listing_key = 'changing'")
    finally:
        await own.database.execute(f"drop owned by {role}; drop role {role}")
    assert await history(own, "changing") == [NEW, ("ListPrice", "500000.00", "2.00", "PriceChange")]


async def actor_of_last(made: Installation, key: UUID) -> UUID | None:
    statement = "select changed_by_id from history_transactional where property_id = $1"
    return await made.value(f"{statement} order by entity_event_sequence desc limit 1", key)


async def test_who_did_it_is_known_where_it_is_said(own: Installation) -> None:
    key = await own.add_property("changing")
    user = await own.add("user_account", display_name="Agent")
    async with own.database.transaction():
        await own.sql("select set_config('dwelzo.actor', $1, true)", str(user))
        await own.sql("update property set list_price = 2 where id = $1", key)
    assert await actor_of_last(own, key) == user
    await own.sql("update property set list_price = 3 where id = $1", key)
    assert await actor_of_last(own, key) is None


async def test_what_is_rolled_back_leaves_no_history(own: Installation) -> None:
    key = await own.add_property("changing")
    transaction = own.database.transaction()
    await transaction.start()
    await own.sql("update property set list_price = 2 where id = $1", key)
    await transaction.rollback()
    assert await history(own, "changing") == [NEW]


@pytest.mark.parametrize(
    ("filter_", "kept"),
    [
        ({}, 3),
        ({"fieldName": "ListPrice"}, 2),
        ({"fieldName": "StandardStatus"}, 1),
        ({"fieldName": "listPrice"}, 0),
        ({"changeType": ["NewListing", "Pending"]}, 2),
        ({"changeType": []}, 0),
        ({"changeType": ["PriceChange"], "fieldName": "StandardStatus"}, 0),
    ],
    ids=str,
)
async def test_history_by_filter(own: Installation, filter_: dict[str, Any], kept: int) -> None:
    await own.add_property("changing")
    await own.sql(
        "update property set list_price = 1, standard_status = 'Pending' where listing_key = 'changing'"
    )
    answer = await own.ask(
        """query ($filter: HistoryTransactionalFilter) { propertyByListingKey(listingKey: "changing") {
        history(first: 9, filter: $filter) { totalCount nodes { id } } } }""",
        filter=filter_,
    )
    found = answer.data["propertyByListingKey"]["history"]
    assert (found["totalCount"], len(found["nodes"])) == (kept, kept)


async def test_nothing_tells_by_whom(market: Market) -> None:
    answer = await market.ask('{ __type(name: "HistoryTransactional") { fields { name } } }')
    assert "changedBy" not in {field["name"] for field in answer.data["__type"]["fields"]}
