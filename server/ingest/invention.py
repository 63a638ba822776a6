"""What is made up around a listing, and listings made up whole: the same for the same seed, on every
machine.

Rows are dicts by column name. Nothing here depends on the clock: what happened lies in the half year before
`REFERENCE`; only open houses must lie ahead, and take their days from the caller. Nothing here touches the
database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from hashlib import blake2b
from random import Random
from statistics import NormalDist
from typing import Any, TypeVar

from server.ingest import vocabulary
from server.ingest.vocabulary import City

Row = dict[str, Any]
T = TypeVar("T")

# The day that generated listings are from.
REFERENCE = datetime(2026, 11, 1, tzinfo=UTC)
MEDIA_OF_EACH = 5
_HALF_YEAR = timedelta(days=180)
_NORMAL = NormalDist()
_PICTURES = "https://pictures.dwelzo.example"

_ROOMS = (
    "FrontOfStructure",
    "LivingRoom",
    "Kitchen",
    "MasterBedroom",
    "Bathroom",
    "BackOfStructure",
    "DiningRoom",
    "Garage",
)
_ROOMS_OF_LAND = ("Lot", "AerialView", "View", "Map", "Community")
_ALT_TEXTS = {
    "FrontOfStructure": "The house from the street",
    "LivingRoom": "The living room",
    "Kitchen": "The kitchen",
    "MasterBedroom": "The main bedroom",
    "Bathroom": "A bathroom",
    "BackOfStructure": "The house from the garden",
    "DiningRoom": "The dining room",
    "Garage": "The garage",
    "Lot": "The lot from the road",
    "AerialView": "The lot from above",
    "View": "The view from the lot",
    "Map": "Where the lot is",
    "Community": "The neighborhood",
}
_SIZES = ((1600, 1200), (1920, 1280), (2048, 1536), (1200, 1600))


class Dice:
    """Random choices by the seed alone. Only `Random.random` is used: Python promises its sequence."""

    def __init__(self, *seed: object) -> None:
        self._roll = Random("/".join(map(str, seed))).random  # noqa: S311 made-up listings need no secrecy

    def chance(self, of: float) -> bool:
        return self._roll() < of

    def between(self, least: int, most: int) -> int:
        return least + int(self._roll() * (most - least + 1))

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._roll() * len(choices))]

    def some(self, choices: tuple[str, ...], most: int) -> list[str]:
        """One to `most` different ones: evenly apart, from a place anywhere."""
        all_of_them = _choices(choices, most)
        return all_of_them[int(self._roll() * (1 << 40)) % len(all_of_them)]

    def normal(self, mean: float, deviation: float) -> float:
        return mean + deviation * _NORMAL.inv_cdf(min(max(self._roll(), 1e-9), 1 - 1e-9))

    def uuid(self, at: datetime) -> str:
        """The id of a thing that is known by its place in the sequence."""
        return uuid_of(at, int(self._roll() * (1 << 53)) | int(self._roll() * (1 << 21)) << 53)

    def within(self, begin: datetime, end: datetime) -> datetime:
        """An instant of whole seconds."""
        return begin + timedelta(seconds=int(self._roll() * (end - begin).total_seconds()))


@cache
def _choices(choices: tuple[str, ...], most: int) -> Sequence[list[str]]:
    """All that `Dice.some` may give, made once: listings are made by the thousand, and share these lists."""
    size = len(choices)
    return [
        [choices[(first + step * number) % size] for number in range(count)]
        for count in range(1, most + 1)
        for step in range(1, size // most + 1)
        for first in range(size)
    ]


def uuid_of(at: datetime, bits: int) -> str:
    """A version 7 UUID (RFC 9562) of an instant, of 74 bits that look random, without hyphens."""
    high = int(at.timestamp() * 1000) << 16 | 0x7000 | bits >> 62
    return f"{high:016x}{1 << 63 | bits & (1 << 62) - 1:016x}"


def stable_id(at: datetime, *of: object) -> str:
    """The id of a thing that is known by name: its bits are a hash of that."""
    digest = blake2b("/".join(map(str, of)).encode(), digest_size=10).digest()
    return uuid_of(at, int.from_bytes(digest) >> 6)


@dataclass(frozen=True)
class Population:
    """The offices, members and users around listings, by number; `prefix` begins their keys."""

    seed: int
    prefix: str
    offices: int
    members: int
    users: int
    cities: Sequence[City] = vocabulary.CITIES

    @cached_property
    def office_ids(self) -> Sequence[str]:
        return self._ids("office", self.offices)

    @cached_property
    def member_ids(self) -> Sequence[str]:
        return self._ids("member", self.members)

    @cached_property
    def user_ids(self) -> Sequence[str]:
        return self._ids("user", self.users)

    def member_key(self, number: int) -> str:
        return f"{self.prefix}-M{number:04}"

    def office_key(self, number: int) -> str:
        return f"{self.prefix}-O{number:03}"

    def office_of(self, member: int) -> int:
        return member % self.offices

    def office_rows(self) -> Iterator[Row]:
        for number in range(self.offices):
            dice = Dice(self.seed, "office", number)
            city = self.cities[number % len(self.cities)]
            name = f"{dice.pick(vocabulary.OFFICE_BEGINNINGS)} {dice.pick(vocabulary.OFFICE_ENDINGS)}"
            yield {
                "id": self.office_ids[number],
                "office_key": self.office_key(number),
                "office_mls_id": f"{self.prefix}{number:03}",
                "office_name": f"{name} {city.name}",
                "office_bio": f"Buying and selling in {city.name} since {dice.between(1972, 2020)}.",
                "office_type": "RealtorOffice",
                "office_branch_type": "StandAlone",
                "office_phone": _phone(dice),
                "office_email": f"office{number:03}@{self.prefix.lower()}.example",
                "office_address1": _street(dice),
                "office_city": city.name,
                "office_postal_code": postal_code(dice, city),
                "office_state_or_province": city.state,
                "office_country": city.country,
                "idx_office_participation_yn": True,
                **_written(REFERENCE - _HALF_YEAR),
            }

    def member_rows(self) -> Iterator[Row]:
        for number in range(self.members):
            dice = Dice(self.seed, "member", number)
            first, last = dice.pick(vocabulary.FIRST_NAMES), dice.pick(vocabulary.LAST_NAMES)
            city = self.cities[self.office_of(number) % len(self.cities)]
            others = dice.some(
                ("Spanish", "Mandarin", "Hindi", "Arabic", "French", "Portuguese", "Korean"), 2
            )
            yield {
                "id": self.member_ids[number],
                "member_key": self.member_key(number),
                "member_mls_id": f"{self.prefix}{number:04}",
                "member_first_name": first,
                "member_last_name": last,
                "member_full_name": f"{first} {last}",
                "job_title": "Broker Associate" if dice.chance(0.2) else "Sales Agent",
                "member_bio": f"{first} knows {city.name} street by street.",
                "member_type": "RealtorBrokerAssociate" if dice.chance(0.2) else "RealtorSalesperson",
                "member_email": f"{first}.{last}.{number}@{self.prefix}.example".lower(),
                "member_direct_phone": _phone(dice),
                "member_languages": ["English", *(others if dice.chance(0.4) else ())],
                "member_state_license": f"{dice.between(1_000_000, 2_199_999):08}",
                "member_state_license_state": city.state,
                "office_id": self.office_ids[self.office_of(number)],
                **_written(REFERENCE - _HALF_YEAR),
            }

    def user_rows(self) -> Iterator[Row]:
        for number in range(self.users):
            dice = Dice(self.seed, "user", number)
            yield {
                "id": self.user_ids[number],
                "display_name": f"{dice.pick(vocabulary.FIRST_NAMES)} {dice.pick(vocabulary.LAST_NAMES)[0]}.",
                **_written(REFERENCE - _HALF_YEAR),
            }

    def _ids(self, kind: str, count: int) -> Sequence[str]:
        return [
            stable_id(REFERENCE - _HALF_YEAR, self.seed, self.prefix, kind, number) for number in range(count)
        ]


def surroundings(dice: Dice, facts: Row, city: City) -> Row:
    """What a listing of these facts may well have besides: address, age, features, remarks, dates.

    `facts` has `list_price`, `property_sub_type` and, but for land, `living_area` and `bedrooms_total`.
    """
    entered = dice.within(REFERENCE - _HALF_YEAR, REFERENCE - timedelta(days=3))
    row: Row = {
        "unparsed_address": _street(dice),
        "county_or_parish": city.county,
        "listing_contract_date": entered.date(),
        "on_market_date": entered.date(),
        "internet_address_display_yn": not dice.chance(0.04),
        "special_listing_conditions": ["Standard"],
        "public_remarks": _remarks(dice, facts, city),
        **_price_history(dice, facts, entered),
    }
    if "bedrooms_total" in facts:
        row |= _building(dice, facts)
    return row


def media_rows(dice: Dice, place: str, entered: datetime, is_land: bool = False) -> Iterator[Row]:
    """The pictures of a listing; `place` is its part of their addresses, behind which there is nothing."""
    rooms = _ROOMS_OF_LAND if is_land else (*_ROOMS[:3], *dice.some(_ROOMS[3:], 2), *_ROOMS[3:])
    for order, room in enumerate(dict.fromkeys(rooms)):
        if order == MEDIA_OF_EACH:
            return
        width, height = dice.pick(_SIZES)
        yield {
            "order": order,
            "media_category": "Photo",
            "media_type": "Jpeg",
            "media_url": f"{_PICTURES}/{place}/{order}.jpg",
            "preferred_photo_yn": order == 0,
            "alt_text": _ALT_TEXTS[room],
            "image_width": width,
            "image_height": height,
            "image_of": room,
            **_written(entered),
        }


def review_rows(
    dice: Dice, people: Population, property_id: str, entered: datetime, count: int
) -> Iterator[Row]:
    """Reviews of a listing, each by another user."""
    first = dice.between(0, people.users - 1)
    for number in range(min(count, people.users)):
        rating = dice.pick((5, 5, 5, 4, 4, 4, 3, 3, 2, 1))
        at = dice.within(entered, REFERENCE)
        yield {
            "id": dice.uuid(at),
            "property_id": property_id,
            "author_id": people.user_ids[(first + number * 37) % people.users],
            "rating": rating,
            "body": dice.pick(vocabulary.REVIEWS[rating]),
            **_written(at),
        }


def open_house_rows(
    dice: Dice, listing_key: str, property_id: str, agent_id: str | None, noons: Iterable[datetime]
) -> Iterator[Row]:
    """An open house around each of these noons, which are noons on the calendar of the place."""
    for noon in noons:
        begin = noon + timedelta(hours=dice.between(-2, 3))
        yield {
            "id": stable_id(noon, property_id, "open house"),
            "property_id": property_id,
            "open_house_key": f"{listing_key}-{noon:%Y%m%d}",
            "open_house_date": noon.date(),
            "open_house_start_time": begin,
            "open_house_end_time": begin + timedelta(hours=2),
            "open_house_attended_by": "Agent",
            "open_house_remarks": "Park on the street, please; the driveway is for the neighbors.",
            "refreshments": "Coffee and water",
            "showing_agent_id": agent_id,
            **_written(REFERENCE),
        }


def _written(at: datetime) -> Mapping[str, datetime]:
    return {"original_entry_timestamp": at, "modification_timestamp": at}


def _phone(dice: Dice) -> str:
    # 555-0100 to 555-0199 are kept free for fiction.
    return f"+1 916 555 01{dice.between(0, 99):02}"


def _street(dice: Dice) -> str:
    return f"{dice.between(1, 9900)} {dice.pick(vocabulary.STREETS)} {dice.pick(vocabulary.STREET_SUFFIXES)}"


def postal_code(dice: Dice, city: City) -> str:
    if city.country == "CA":
        return (
            f"{city.postal_prefix} {dice.between(1, 9)}{dice.pick('ABCEGHJKLMNPRSTVXY')}{dice.between(1, 9)}"
        )
    return f"{city.postal_prefix}{dice.between(1, 99):02}"


def _remarks(dice: Dice, facts: Row, city: City) -> str:
    kinds = {
        "Condominium": "condominium",
        "Townhouse": "townhouse",
        "Duplex": "duplex",
        "Apartment": "apartment",
        "UnimprovedLand": "lot",
    }
    kind = kinds.get(facts["property_sub_type"], "home")
    opening = dice.pick(vocabulary.OPENINGS).format(kind=kind, city=city.name)
    middles = () if kind == "lot" else dice.some(vocabulary.MIDDLES, 3)
    return " ".join((opening, *middles, dice.pick(vocabulary.CLOSINGS)))


def _price_history(dice: Dice, facts: Row, entered: datetime) -> Row:
    """When it came, at which price, and when that became today's. The database makes its history of this."""
    row: Row = {"original_entry_timestamp": entered, "modification_timestamp": entered}
    row["original_list_price"] = price = facts["list_price"]
    if dice.chance(0.3):
        changed = dice.within(entered + timedelta(days=1), REFERENCE)
        before = max(round(price * dice.between(102, 112) / 100, -3 if price > 50_000 else -1), 1)
        row |= {
            "original_list_price": before,
            "price_change_timestamp": changed,
            "modification_timestamp": changed,
        }
    return row


def _building(dice: Dice, facts: Row) -> Row:
    """Age, storeys, equipment: dearer and larger homes have more of it."""
    area, sub_type = facts["living_area"], facts["property_sub_type"]
    is_flat = sub_type in ("Condominium", "Apartment")
    is_large = area > 1_800
    year = dice.between(1948, 2024)
    has_garage, has_pool = dice.chance(0.35 if is_flat else 0.85), dice.chance(0.3 if is_large else 0.08)
    spaces = dice.between(1, 3 if is_large else 2)
    row: Row = {
        "year_built": year,
        "new_construction_yn": year >= 2023,
        "stories": 1 if is_flat or not is_large else dice.between(1, 2),
        "rooms_total": facts["bedrooms_total"] + dice.between(2, 4),
        "appliances": dice.some(_APPLIANCES, 5),
        "interior_features": dice.some(_INTERIOR, 5),
        "exterior_features": dice.some(("Balcony", "PrivateYard", "Garden", "RainGutters", "Storage"), 3),
        "flooring": dice.some(("Carpet", "Hardwood", "Laminate", "Tile", "Vinyl"), 3),
        "heating": [dice.pick(("Central", "NaturalGas", "HeatPump", "Electric"))],
        "heating_yn": True,
        "cooling": dice.some(("CeilingFans", "CentralAir", "HeatPump", "WholeHouseFan"), 2),
        "cooling_yn": True,
        "roof": [dice.pick(("Composition", "Tile", "Shingle", "Metal"))],
        "laundry_features": [dice.pick(("InGarage", "Inside", "LaundryRoom", "LaundryCloset"))],
        "sewer": ["PublicSewer"],
        "water_source": ["Public"],
        "garage_yn": has_garage,
        "pool_private_yn": has_pool and not is_flat,
        "association_yn": is_flat or dice.chance(0.15),
    }
    if has_garage:
        row |= {"garage_spaces": spaces, "parking_features": ["Attached", "GarageDoorOpener"]}
    else:
        row |= {"parking_features": [dice.pick(("Assigned", "Carport", "OffStreet", "OnStreet"))]}
    if row["pool_private_yn"]:
        row |= {"pool_features": ["InGround", *dice.some(("Gunite", "SaltWater", "SolarHeat"), 2)]}
    if row["association_yn"]:
        row |= {"association_fee": dice.between(6, 60) * 10, "association_fee_frequency": "Monthly"}
    if dice.chance(0.2):
        row |= {
            "view_yn": True,
            "view": dice.some(("City", "GolfCourse", "Hills", "Mountains", "ParkGreenbelt"), 2),
        }
    if dice.chance(0.35):
        row |= {
            "fireplace_yn": True,
            "fireplaces_total": 1,
            "fireplace_features": [dice.pick(("GasLog", "WoodBurning"))],
        }
    if dice.chance(0.06):
        row |= {
            "accessibility_features": dice.some(
                ("AccessibleDoors", "AccessibleEntrance", "AccessibleFullBath"), 2
            )
        }
    if not is_flat:
        row |= {
            "lot_size_area": area * dice.between(18, 60) // 10,
            "lot_size_units": "SquareFeet",
            "lot_features": dice.some(
                ("CornerLot", "CulDeSac", "Landscaped", "Level", "SprinklersInFront"), 3
            ),
        }
    return row


_APPLIANCES = (
    "BuiltInGasRange", "Dishwasher", "Disposal", "Dryer", "FreeStandingRefrigerator", "GasCooktop",
    "Microwave", "RangeHood", "StainlessSteelAppliances", "TanklessWaterHeater", "Washer",
)  # fmt: skip
_INTERIOR = (
    "BreakfastBar", "CathedralCeilings", "CeilingFans", "DoubleVanity", "GraniteCounters", "HighCeilings",
    "KitchenIsland", "OpenFloorplan", "Pantry", "RecessedLighting", "SmartThermostat", "StoneCounters",
    "WalkInClosets",
)  # fmt: skip
