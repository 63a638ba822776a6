"""Service tokens, as the backend that has one sees it. Admins see them over REST (server/rest/)."""

from typing import Any

from ariadne import QueryType

from generated.sql.service_token import ServiceTokenOfViewerRow, service_token_of_viewer
from server.context import Info

query = QueryType()


@query.field("serviceToken")
async def resolve_service_token(_: Any, info: Info) -> ServiceTokenOfViewerRow | None:
    asking = info.context.viewer
    if asking is None or asking.role is not None:
        return None
    return await service_token_of_viewer(info.context.session, viewer_id=asking.id)


bindables = [query]
