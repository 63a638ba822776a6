"""Members: agents and others who work in an office."""

from ariadne import ObjectType, QueryType

from generated.sql.member import members_at_work
from generated.sql.office import offices_open
from generated.sql.property import properties_on_market
from server.schema import Node
from server.search import connection, lookup, relation

query = QueryType()
member = ObjectType("Member")

lookup(query, "member", argument="id", query=members_at_work, on="id")
connection(query, "members", query=members_at_work)

relation(member, "office", key="office_id", query=offices_open)
connection(member, "properties", key="id", query=properties_on_market, on="list_agent_id")

bindables = [query, member, Node("Member", members_at_work)]
