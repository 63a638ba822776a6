"""Open houses: who is invited, and when."""

from typing import Any

import pytest

from tests.asking import Installation
from tests.market import Market


async def test_open_houses_to_come(sample: Installation) -> None:
    after = await sample.value("select min(open_house_end_time) from open_house")
    answer = await sample.ask("UpcomingOpenHouses", after=after.isoformat(), first=5)
    rows = await sample.sql(
        """select o.id, open_house_date, open_house_start_time, open_house_end_time, p.id as property,
        listing_key, city, member_full_name from open_house as o join property as p on p.id = property_id
        left join member as m on m.id = showing_agent_id
        where open_house_end_time > $1 order by open_house_start_time, o.id limit 5""",
        after,
    )
    assert answer == {
        "data": {
            "openHouses": {
                "nodes": [
                    {
                        "id": f"openhouse_{row['id'].hex}",
                        "openHouseDate": row["open_house_date"].isoformat(),
                        "openHouseStartTime": f"{row['open_house_start_time']:%Y-%m-%dT%H:%M:%S.%fZ}",
                        "openHouseEndTime": f"{row['open_house_end_time']:%Y-%m-%dT%H:%M:%S.%fZ}",
                        "property": {
                            "id": f"property_{row['property'].hex}",
                            "listingKey": row["listing_key"],
                            "city": row["city"],
                        },
                        "showingAgent": row["member_full_name"]
                        and {"memberFullName": row["member_full_name"]},
                    }
                    for row in rows
                ]
            }
        }
    }
    assert len(rows) == 5
    assert answer.statements == 3


async def test_only_what_everybody_is_invited_to(own: Installation) -> None:
    key = await own.add_property("visit")
    retired = await own.add("member", member_key="r", member_full_name="R", member_status="Inactive")
    for type_ in ("Public", "Broker", "LivestreamPublic", "LivestreamBroker", "Office"):
        await own.add(
            "open_house",
            property_id=key,
            open_house_key=type_,
            open_house_type=type_,
            open_house_date="2031-01-05",
            open_house_start_time="2031-01-05T10:00:00Z",
            open_house_end_time="2031-01-05T12:00:00Z",
            showing_agent_id=retired,
        )
    answer = await own.ask(
        f"""{{ property(id: "property_{key.hex}") {{ openHouses(first: 9) {{ totalCount nodes {{ openHouseKey
        openHouseType openHouseStatus openHouseAttendedBy appointmentRequiredYN livestreamOpenHouseURL
        openHouseRemarks refreshments showingAgent {{ id }} property {{ listingKey }} }} }} }} }}"""
    )
    assert answer.data["property"]["openHouses"] == {
        "totalCount": 2,
        "nodes": [
            {
                "openHouseKey": type_,
                "openHouseType": type_,
                "openHouseStatus": "Active",
                "openHouseAttendedBy": None,
                "appointmentRequiredYN": None,
                "livestreamOpenHouseURL": None,
                "openHouseRemarks": None,
                "refreshments": None,
                "showingAgent": None,
                "property": {"listingKey": "visit"},
            }
            for type_ in ("Public", "LivestreamPublic")
        ],
    }


@pytest.mark.parametrize(
    ("filter_", "predicate"),
    [
        ({"openHouseStatus": ["Active"]}, "open_house_status = 'Active'"),
        ({"openHouseStatus": ["Canceled", "Ended"]}, "false"),
        ({"openHouseDate": {"eq": "2030-01-05"}}, "open_house_date = '2030-01-05'"),
        ({"openHouseDate": {"lt": "2030-01-05"}}, "open_house_date < '2030-01-05'"),
        ({"openHouseStartTime": {"gte": "2030-01-05T11:00:00+01:00"}}, "open_house_key = 'hidden'"),
        ({"openHouseStartTime": {"gt": "2030-01-05T10:00:00Z"}}, "false"),
        ({"openHouseEndTime": {"lte": "2030-01-05T11:59:59.999999Z"}}, "open_house_key <> 'hidden'"),
    ],
    ids=str,
)
async def test_open_houses_by_filter(market: Market, filter_: dict[str, Any], predicate: str) -> None:
    document = """query ($filter: OpenHouseFilter) { openHouses(filter: $filter, first: 100) { totalCount
        nodes { openHouseKey } } }"""
    rows = await market.sql(
        f"""select open_house_key from open_house as o join property as p on p.id = property_id
        where public_yn and {predicate} order by open_house_start_time, o.id"""
    )
    assert (await market.ask(document, filter=filter_)).data["openHouses"] == {
        "totalCount": len(rows),
        "nodes": [{"openHouseKey": row["open_house_key"]} for row in rows],
    }
