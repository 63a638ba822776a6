"""Users: who signs in and writes reviews."""

from typing import Any

from ariadne import ObjectType, QueryType

from generated.sql.review import reviews_public
from generated.sql.user import ViewerRow, users_public, viewer
from server.context import Info
from server.schema import Node
from server.search import connection

query = QueryType()
user = ObjectType("User")

connection(user, "reviews", key="id", query=reviews_public, on="author_id")


@query.field("viewer")
async def resolve_viewer(_: Any, info: Info) -> ViewerRow | None:
    return await viewer(info.context.session, viewer_id=info.context.actor.id)


bindables = [query, user, Node("User", users_public)]
