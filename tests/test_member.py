"""Members: one, many, and those who no longer work."""

from typing import Any

import pytest

from tests.asking import Installation
from tests.market import Market

PLAIN = """
    id memberKey memberMlsId memberFirstName memberLastName memberFullName memberNickname jobTitle
    memberBio memberType memberEmail memberDirectPhone memberMobilePhone memberPreferredPhone
    memberLanguages memberStateLicense memberStateLicenseState originalEntryTimestamp
    modificationTimestamp
"""


async def test_a_member_with_their_office_and_listings(market: Market) -> None:
    answer = await market.ask("MemberWithOffice", id=market.id("agent", "member"), first=2)
    assert answer == {
        "data": {
            "member": {
                "id": market.id("agent", "member"),
                "memberFullName": "Ada Agent",
                "memberLanguages": ["English", "Turkish"],
                "office": {"id": market.id("branch", "office"), "officeName": "Branch", "officeCity": None},
                "properties": {
                    "totalCount": 5,
                    "nodes": [
                        {"id": market.id("hidden"), "listPrice": "500000.00"},
                        {"id": market.id("Pending"), "listPrice": "500000.00"},
                    ],
                },
            }
        }
    }
    assert answer.statements == 4


async def test_every_plain_field_of_a_member(own: Installation) -> None:
    columns = {
        "member_key": "k",
        "member_mls_id": "12",
        "member_first_name": "Zoë",
        "member_last_name": "O'Neill",
        "member_full_name": "Zoë O'Neill",
        "member_nickname": "Zo",
        "job_title": "Broker",
        "member_bio": "Sells homes 🏠.",
        "member_type": "Assistant",
        "member_email": "zoe@example.com",
        "member_direct_phone": "1",
        "member_mobile_phone": "2",
        "member_preferred_phone": "3",
        "member_languages": ["French"],
        "member_state_license": "L-1",
        "member_state_license_state": "CA",
        "original_entry_timestamp": "2026-01-02T03:04:05.000006Z",
        "modification_timestamp": "2026-01-02T03:04:05Z",
    }
    wire = f"member_{(await own.add('member', member_status='Active', **columns)).hex}"
    answer = await own.ask(f"query ($id: ID!) {{ member(id: $id) {{ {PLAIN} }} }}", id=wire)
    expected = {"id": wire, **dict(zip(PLAIN.split()[1:], columns.values(), strict=True))}
    assert answer.data["member"] == expected | {"modificationTimestamp": "2026-01-02T03:04:05.000000Z"}


async def test_a_member_who_left_is_nowhere(market: Market) -> None:
    id_ = market.id("retired agent", "member")
    answer = await market.ask(
        """query ($id: ID!, $listing: ID!) { member(id: $id) { id } node(id: $id) { id }
        property(id: $listing) { listAgent { id } }
        members(first: 1, filter: {memberFullName: "Rita Retired"}) { totalCount } }""",
        id=id_,
        listing=market.id("lonely"),
    )
    assert answer == {
        "data": {"member": None, "node": None, "property": {"listAgent": None}, "members": {"totalCount": 0}}
    }


async def test_a_member_of_a_closed_office_has_none(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!) { member(id: $id) { memberFullName office { id }
        properties(first: 1) { nodes { id } } } }""",
        id=market.id("homeless agent", "member"),
    )
    assert answer == {
        "data": {"member": {"memberFullName": "Hom Less", "office": None, "properties": {"nodes": []}}}
    }


@pytest.mark.parametrize(
    ("filter_", "predicate"),
    [
        ({}, "true"),
        ({"memberFullName": "Ada Agent"}, "member_full_name = 'Ada Agent'"),
        ({"memberFullName": "ada agent"}, "false"),
        ({"memberFullName": "%"}, "false"),
        ({"memberType": ["Photographer"]}, "member_type = 'Photographer'"),
        (
            {"memberType": ["Photographer", "RealtorSalesperson"]},
            "member_type in ('Photographer', 'RealtorSalesperson')",
        ),
        ({"memberType": []}, "false"),
        ({"memberLanguages": ["Spanish"]}, "'Spanish' = any(member_languages)"),
        (
            {"memberLanguages": ["Spanish", "Mandarin"]},
            "'Spanish' = any(member_languages) and 'Mandarin' = any(member_languages)",
        ),
        ({"memberLanguages": ["English"], "memberType": ["Photographer"]}, "member_full_name = 'Ada Agent'"),
    ],
    ids=str,
)
async def test_members_by_filter(market: Market, filter_: dict[str, Any], predicate: str) -> None:
    document = """query ($filter: MemberFilter) { members(filter: $filter, first: 100) { totalCount
        nodes { memberFullName } } }"""
    rows = await market.sql(
        f"""select member_full_name from member where member_status = 'Active' and {predicate}
        order by member_full_name, id"""
    )
    assert (await market.ask(document, filter=filter_)).data["members"] == {
        "totalCount": len(rows),
        "nodes": [{"memberFullName": row["member_full_name"]} for row in rows],
    }


async def test_a_page_of_members_with_office_and_listings_takes_five_statements(sample: Installation) -> None:
    answer = await sample.ask(
        """{ members(first: 50) { totalCount nodes { memberFullName office { officeName mainOffice { id } }
        properties(first: 3) { totalCount nodes { id } } } } }"""
    )
    # Members and their count, offices, listings and their counts; no office of the sample is a branch.
    assert answer.statements == 5
    assert len(answer.data["members"]["nodes"]) == 50
