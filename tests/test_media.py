"""Media of a listing: in order, by category, and only what everybody may see."""

from tests.asking import Installation
from tests.market import Market

ALBUM = """query ($id: ID!, $first: Int!, $category: MediaCategory) { property(id: $id) {
    media(first: $first, mediaCategory: $category) { order mediaURL mediaCategory }
    mediaSummary { photosCount videosCount documentsCount } } }"""


async def album(made: Installation) -> str:
    """A listing with files of all kinds; its id."""
    key = await made.add_property("album")
    files = [
        ("Photo", ["Public"]),
        ("Video", ["Public"]),
        ("Photo", ["Private"]),
        ("Document", ["Public", "Idx"]),
        ("Photo", ["AgentOnly", "Public"]),
        ("Document", []),
        ("FloorPlan", ["Public"]),
    ]
    for order, (category, permission) in reversed(list(enumerate(files))):
        await made.add(
            "media",
            property_id=key,
            order=order,
            media_url=f"https://example.com/{order}",
            media_category=category,
            permission=permission,
        )
    return f"property_{key.hex}"


async def test_what_everybody_may_see_in_its_order(own: Installation) -> None:
    id_ = await album(own)
    answer = await own.ask(ALBUM, id=id_, first=10)
    assert answer.data["property"] == {
        "media": [
            {"order": 0, "mediaURL": "https://example.com/0", "mediaCategory": "Photo"},
            {"order": 1, "mediaURL": "https://example.com/1", "mediaCategory": "Video"},
            {"order": 3, "mediaURL": "https://example.com/3", "mediaCategory": "Document"},
            {"order": 4, "mediaURL": "https://example.com/4", "mediaCategory": "Photo"},
            {"order": 6, "mediaURL": "https://example.com/6", "mediaCategory": "FloorPlan"},
        ],
        "mediaSummary": {"photosCount": 2, "videosCount": 1, "documentsCount": 1},
    }
    assert answer.statements == 3
    answer = await own.ask(ALBUM, id=id_, first=1, category="Photo")
    assert [item["order"] for item in answer.data["property"]["media"]] == [0]
    answer = await own.ask(ALBUM, id=id_, first=9, category="Photo")
    assert [item["order"] for item in answer.data["property"]["media"]] == [0, 4]
    answer = await own.ask(ALBUM, id=id_, first=9, category="OfficeLogo")
    assert answer.data["property"]["media"] == []
    private = await own.value("select id from media where permission = '{Private}'")
    answer = await own.ask(f'{{ node(id: "media_{private.hex}") {{ id }} }}')
    assert answer == {"data": {"node": None}}


async def test_ten_are_given_where_no_number_is_asked_for(own: Installation) -> None:
    key = await own.add_property("many")
    for order in range(12):
        await own.add("media", property_id=key, order=order, media_url="https://example.com/")
    answer = await own.ask(f'{{ property(id: "property_{key.hex}") {{ media {{ order }} }} }}')
    assert answer.data["property"]["media"] == [{"order": order} for order in range(10)]


async def test_every_field_of_a_file(market: Market) -> None:
    answer = await market.ask(
        """query ($id: ID!) { node(id: $id) { ... on Media { id order mediaCategory mediaType mediaURL
        preferredPhotoYN shortDescription longDescription altText imageWidth imageHeight imageOf
        mediaAlteration property { id } } } }""",
        id=market.id("hidden media", "media"),
    )
    assert answer == {
        "data": {
            "node": {
                "id": market.id("hidden media", "media"),
                "order": 0,
                "mediaCategory": "Photo",
                "mediaType": None,
                "mediaURL": "https://example.com/hidden.jpg",
                "preferredPhotoYN": False,
                "shortDescription": None,
                "longDescription": None,
                "altText": None,
                "imageWidth": None,
                "imageHeight": None,
                "imageOf": None,
                "mediaAlteration": [],
                "property": {"id": market.id("hidden")},
            }
        }
    }


async def test_the_same_field_twice_with_other_arguments(sample: Installation) -> None:
    answer = await sample.ask(
        """{ properties(first: 10) { nodes { one: media(first: 1) { order } two: media(first: 2) { order }
        again: media(first: 2) { order } videos: media(first: 2, mediaCategory: Video) { order } } } }"""
    )
    assert answer.statements == 4
    for node in answer.data["properties"]["nodes"]:
        assert node == {
            "one": [{"order": 0}],
            "two": [{"order": 0}, {"order": 1}],
            "again": [{"order": 0}, {"order": 1}],
            "videos": [],
        }
