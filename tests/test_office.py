"""Offices: main offices and branches, who works there and what they list."""

from typing import Any

import pytest

from tests.asking import Installation
from tests.market import Market

PLAIN = """
    id officeKey officeMlsId officeName officeBio officeType officeBranchType franchiseAffiliation
    officePhone officeEmail officeAddress1 officeAddress2 officeCity officePostalCode
    officeStateOrProvince officeCountry idxOfficeParticipationYN originalEntryTimestamp
    modificationTimestamp
"""


async def test_an_office_by_id(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!) { office(id: $id) { id officeName mainOffice { officeName mainOffice { id } }
        members(first: 5) { totalCount nodes { memberFullName office { id } } }
        properties(first: 5) { totalCount nodes { listingKey listOffice { id } } } } }""",
        id=market.id("branch", "office"),
    )
    assert answer == {
        "data": {
            "office": {
                "id": market.id("branch", "office"),
                "officeName": "Branch",
                "mainOffice": {"officeName": "Main & Partners", "mainOffice": None},
                "members": {
                    "totalCount": 1,
                    "nodes": [
                        {"memberFullName": "Ada Agent", "office": {"id": market.id("branch", "office")}}
                    ],
                },
                "properties": {
                    "totalCount": 1,
                    "nodes": [{"listingKey": "hidden", "listOffice": {"id": market.id("branch", "office")}}],
                },
            }
        }
    }


async def test_every_plain_field_of_an_office(own: Installation) -> None:
    columns = {
        "office_key": "k",
        "office_mls_id": "12",
        "office_name": "Müller & Söhne",
        "office_bio": "Since 1900.",
        "office_type": "RealtorFirm",
        "office_branch_type": "Main",
        "franchise_affiliation": "None",
        "office_phone": "1",
        "office_email": "hello@example.com",
        "office_address1": "1 Main Street",
        "office_address2": "Floor 2",
        "office_city": "Davis",
        "office_postal_code": "95616",
        "office_state_or_province": "CA",
        "office_country": "US",
        "idx_office_participation_yn": False,
        "original_entry_timestamp": "0999-01-02T03:04:05.123456Z",
        "modification_timestamp": "9999-12-31T23:59:59.999999Z",
    }
    wire = f"office_{(await own.add('office', **columns)).hex}"
    answer = await own.ask(f"query ($id: ID!) {{ office(id: $id) {{ {PLAIN} }} }}", id=wire)
    assert answer.data["office"] == {
        "id": wire,
        **dict(zip(PLAIN.split()[1:], columns.values(), strict=True)),
    }


async def test_a_closed_office_is_nowhere(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!, $branch: ID!) { office(id: $id) { id } node(id: $id) { id }
        branch: office(id: $branch) { officeName mainOffice { id } }
        offices(first: 1, filter: {officeName: "Closed"}) { totalCount } }""",
        id=market.id("closed office", "office"),
        branch=market.id("orphan branch", "office"),
    )
    assert answer == {
        "data": {
            "office": None,
            "node": None,
            "branch": {"officeName": "Orphan", "mainOffice": None},
            "offices": {"totalCount": 0},
        }
    }


@pytest.mark.parametrize(
    ("filter_", "predicate"),
    [
        ({}, "true"),
        ({"officeName": "Main & Partners"}, "office_name = 'Main & Partners'"),
        ({"officeCity": ["Elk Grove", "Folsom"]}, "office_city in ('Elk Grove', 'Folsom')"),
        ({"officePostalCode": ["none"]}, "false"),
        ({"officeStateOrProvince": ["CA"]}, "office_state_or_province = 'CA'"),
    ],
    ids=str,
)
async def test_offices_by_filter(market: Market, filter_: dict[str, Any], predicate: str) -> None:
    document = """query ($filter: OfficeFilter) {
        offices(filter: $filter, first: 100, orderBy: OFFICE_NAME_DESC) {
        totalCount nodes { officeName } } }"""
    rows = await market.sql(
        f"""select office_name from office where office_status = 'Active' and {predicate}
        order by office_name desc, id desc"""
    )
    assert (await market.ask(document, filter=filter_)).data["offices"] == {
        "totalCount": len(rows),
        "nodes": [{"officeName": row["office_name"]} for row in rows],
    }


async def test_a_page_of_offices_takes_one_statement_a_level(sample: Installation) -> None:
    answer = await sample.ask(
        """{ offices(first: 24) { nodes { officeName members(first: 5) { nodes { memberFullName
        properties(first: 2) { nodes { listingKey media(first: 1) { mediaURL } } } } } } } }"""
    )
    assert answer.statements == 4
