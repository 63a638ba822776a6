"""Rows that the sample lacks: listings of every status and secrecy, and who and what hangs on them."""

from uuid import UUID

from tests.asking import Installation

OFF_MARKET = ("Canceled", "Closed", "Delete", "Expired", "Hold", "Incomplete", "Withdrawn")
ON_MARKET = ("Active", "ActiveUnderContract", "ComingSoon", "Pending")
# Every listing that nobody may see, by the name under which `furnish` gives its key.
UNSEEN = (*OFF_MARKET, "NotDisplayed")

# Every field that could tell where a listing with a hidden address is.
SECRET_PLACE = {
    "unparsed_address": "777 Xyzzyx Lane",
    "street_number": "777",
    "street_dir_prefix": "N",
    "street_name": "Xyzzyx",
    "street_suffix": "Lane",
    "street_dir_suffix": "W",
    "unit_number": "7B",
    "parcel_number": "777-77",
    "building_name": "Zanzibarium",
    "cross_street": "Quuxquux",
    "directions": "Behind the Frobnitz.",
    "latitude": 12.3456789,
    "longitude": 98.7654321,
}
SECRET_WORDS = ("Xyzzyx", "777", "Zanzibarium", "Quuxquux", "Frobnitz", "12.3456789", "98.7654321")


class Market(Installation):
    """An installation with these rows in it, each known by a name."""

    def __init__(self, made: Installation, keys: dict[str, UUID]) -> None:
        super().__init__(made.http, made.url, made.database, made.tokens)
        self.keys = keys

    def id(self, name: str, prefix: str = "property") -> str:
        """The global id of a row."""
        return f"{prefix}_{self.keys[name].hex}"


async def furnish(made: Installation) -> dict[str, UUID]:
    """Adds the rows; their keys by name."""
    keys: dict[str, UUID] = {}
    keys["main office"] = await made.add("office", office_key="main", office_name="Main & Partners")
    keys["branch"] = await made.add(
        "office", office_key="branch", office_name="Branch", main_office_id=keys["main office"]
    )
    keys["closed office"] = await made.add(
        "office", office_key="closed", office_name="Closed", office_status="Inactive"
    )
    keys["orphan branch"] = await made.add(
        "office", office_key="orphan", office_name="Orphan", main_office_id=keys["closed office"]
    )
    keys["agent"] = await made.add(
        "member",
        member_key="agent",
        member_full_name="Ada Agent",
        member_languages=["English", "Turkish"],
        member_type="Photographer",
        office_id=keys["branch"],
    )
    keys["homeless agent"] = await made.add(
        "member", member_key="homeless", member_full_name="Hom Less", office_id=keys["closed office"]
    )
    keys["retired agent"] = await made.add(
        "member", member_key="retired", member_full_name="Rita Retired", member_status="Inactive"
    )
    keys["author"] = await made.add("user_account", display_name="Arthur Author")
    keys["quiet user"] = await made.add("user_account", display_name="Quentin Quiet")
    keys["secret author"] = await made.add("user_account", display_name="Sue Secret")

    for status in ON_MARKET:
        keys[status] = await made.add_property(
            f"on-{status}", standard_status=status, city="Somewhere", list_agent_id=keys["agent"]
        )
    unseen = {status: {"standard_status": status} for status in OFF_MARKET}
    unseen["NotDisplayed"] = {"standard_status": "Active", "internet_entire_listing_display_yn": False}
    for name, columns in unseen.items():
        keys[name] = await made.add_property(
            f"unseen-{name}",
            city="Nowhere",
            public_remarks="Plughplugh",
            unparsed_address="1 Nowhere Street",
            latitude=1.5,
            longitude=2.5,
            list_agent_id=keys["agent"],
            list_office_id=keys["branch"],
            **columns,
        )
        await hang_on(made, keys, name, author="secret author")

    keys["hidden"] = await made.add_property(
        "hidden",
        city="Somewhere",
        postal_code="00001",
        internet_address_display_yn=False,
        public_remarks="A house by the harbour.",
        list_agent_id=keys["agent"],
        list_office_id=keys["branch"],
        **SECRET_PLACE,
    )
    await hang_on(made, keys, "hidden", author="author")
    keys["silent"] = await made.add_property("silent", city="Somewhere", internet_consumer_comment_yn=False)
    await made.add(
        "review",
        property_id=keys["silent"],
        author_id=keys["secret author"],
        rating=1,
        body="Not to be shown.",
    )
    keys["bare"] = await made.add_property("bare")
    keys["lonely"] = await made.add_property(
        "lonely",
        list_agent_id=keys["retired agent"],
        co_list_agent_id=keys["homeless agent"],
        list_office_id=keys["closed office"],
        co_list_office_id=keys["main office"],
    )
    keys["east"] = await made.add_property("east", latitude=-17, longitude=179.5)
    keys["west"] = await made.add_property("west", latitude=-17, longitude=-179.5)
    keys["edge"] = await made.add_property("edge", latitude=-17, longitude=180)
    return keys


async def hang_on(made: Installation, keys: dict[str, UUID], name: str, author: str) -> None:
    """A picture, an open house and a review of a listing."""
    keys[f"{name} media"] = await made.add(
        "media", property_id=keys[name], order=0, media_url=f"https://example.com/{name}.jpg"
    )
    keys[f"{name} open house"] = await made.add(
        "open_house",
        property_id=keys[name],
        open_house_key=name,
        open_house_date="2030-01-05",
        open_house_start_time="2030-01-05T10:00:00Z",
        open_house_end_time="2030-01-05T12:00:00Z",
    )
    keys[f"{name} review"] = await made.add(
        "review", property_id=keys[name], author_id=keys[author], rating=4, body=f"About {name}."
    )
    keys[f"{name} history"] = await made.value(
        """insert into history_transactional (property_id, field_name, new_value, modification_timestamp)
        values ($1, 'ListPrice', '1.00', '2026-01-01 00:00:00Z') returning id""",
        keys[name],
    )
