"""Properties: the listings, how they are searched, and what belongs to each."""

from ariadne import ObjectType, QueryType
from asyncpg import Box

from generated.sql.history_transactional import history_public
from generated.sql.media import media_of_listings, media_summary_of_properties
from generated.sql.member import members_at_work
from generated.sql.office import offices_open
from generated.sql.open_house import open_houses_public
from generated.sql.property import properties_on_market
from generated.sql.review import review_summary_of_properties, reviews_public
from generated.types import BoundingBoxInput
from server.composition import Condition
from server.errors import BadUserInput
from server.loaders import summary
from server.schema import Node
from server.search import Search, connection, lookup, relation, rows

LONGEST_TEXT = 1_000
# PostgreSQL stacks what `-` negates, and its stack has 32 places.
MOST_HYPHENS = 25

query = QueryType()
property_ = ObjectType("Property")


def words(value: str) -> list[Condition]:
    """`text`: the words of a Web search in what is public of a listing."""
    if len(value) > LONGEST_TEXT or value.count("-") > MOST_HYPHENS:
        raise BadUserInput(
            f"`text` has {len(value):,} characters and {value.count('-'):,} hyphens:"
            f" search for at most {LONGEST_TEXT:,} and {MOST_HYPHENS}."
        )
    return [Condition("search_text", "matches", value)]


def inside(box: BoundingBoxInput) -> list[Condition]:
    """`boundingBox`: between two meridians and two parallels; across the 180th meridian it is two boxes."""
    west, east = float(box["west"]), float(box["east"])
    south, north = float(box["south"]), float(box["north"])
    if south > north:
        raise BadUserInput(f"`boundingBox` has `south` {south} above `north` {north}: exchange them.")
    if west <= east:
        return [Condition("geo_point", "within", Box((east, north), (west, south)))]
    halves = [Box((180, north), (west, south)), Box((east, north), (-180, south))]
    return [Condition("geo_point", "within_either", halves)]


lookup(query, "property", argument="id", query=properties_on_market, on="id")
lookup(query, "propertyByListingKey", argument="listing_key", query=properties_on_market, on="listing_key")
connection(query, "properties", query=Search(properties_on_market, {"text": words, "bounding_box": inside}))

relation(property_, "listAgent", key="list_agent_id", query=members_at_work)
relation(property_, "coListAgent", key="co_list_agent_id", query=members_at_work)
relation(property_, "listOffice", key="list_office_id", query=offices_open)
relation(property_, "coListOffice", key="co_list_office_id", query=offices_open)
rows(property_, "media", key="id", query=media_of_listings, on="property_id", order="ORDER_ASC", ties=False)
summary(property_, "mediaSummary", key="id", query=media_summary_of_properties)
connection(property_, "openHouses", key="id", query=open_houses_public, on="property_id")
connection(property_, "reviews", key="id", query=reviews_public, on="property_id")
summary(property_, "reviewSummary", key="id", query=review_summary_of_properties)
connection(property_, "history", key="id", query=history_public, on="property_id")

bindables = [query, property_, Node("Property", properties_on_market)]
