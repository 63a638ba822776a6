"""Open houses: visits without an appointment."""

from ariadne import ObjectType, QueryType

from generated.sql.member import members_at_work
from generated.sql.open_house import open_houses_public
from generated.sql.property import properties_on_market
from server.schema import Node
from server.search import connection, relation

query = QueryType()
open_house = ObjectType("OpenHouse")

connection(query, "openHouses", query=open_houses_public)

relation(open_house, "property", key="property_id", query=properties_on_market)
relation(open_house, "showingAgent", key="showing_agent_id", query=members_at_work)

bindables = [query, open_house, Node("OpenHouse", open_houses_public)]
