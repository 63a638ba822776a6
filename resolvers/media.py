"""Media: pictures, plans, tours, videos and documents of a listing."""

from ariadne import ObjectType

from generated.sql.media import media_public
from generated.sql.property import properties_on_market
from server.schema import Node
from server.search import relation

media = ObjectType("Media")

relation(media, "property", key="property_id", query=properties_on_market)

bindables = [media, Node("Media", media_public)]
