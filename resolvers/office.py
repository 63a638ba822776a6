"""Offices: agencies and their branches."""

from ariadne import ObjectType, QueryType

from generated.sql.member import members_at_work
from generated.sql.office import offices_open
from generated.sql.property import properties_on_market
from server.schema import Node
from server.search import connection, lookup, relation

query = QueryType()
office = ObjectType("Office")

lookup(query, "office", argument="id", query=offices_open, on="id")
connection(query, "offices", query=offices_open)

relation(office, "mainOffice", key="main_office_id", query=offices_open)
connection(office, "members", key="id", query=members_at_work, on="office_id")
connection(office, "properties", key="id", query=properties_on_market, on="list_office_id")

bindables = [query, office, Node("Office", offices_open)]
