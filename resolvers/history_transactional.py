"""The history of a listing's price and status."""

from ariadne import ObjectType

from generated.sql.history_transactional import history_public
from generated.sql.property import properties_on_market
from server.schema import Node
from server.search import relation

history = ObjectType("HistoryTransactional")

relation(history, "property", key="property_id", query=properties_on_market)

bindables = [history, Node("HistoryTransactional", history_public)]
