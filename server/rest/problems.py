"""An error as RFC 9457 writes it: `application/problem+json`, with the code that GraphQL's answers have too.

`type` is about:blank: what is special about a problem is its `code` (docs/errors.md), not an address.
"""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from server.errors import ApiError, to_wire

MEDIA_TYPE = "application/problem+json"
# What goes with a problem of this status.
_BY_STATUS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}


def problem(error: Exception) -> Response:
    """The answer to anything that was raised; what is not an `ApiError` is masked and in the log."""
    status = error.status if isinstance(error, ApiError) else 500
    said = to_wire(error)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": said["message"],
        **said["extensions"],
    }
    headers = {"Cache-Control": "no-store", **_BY_STATUS.get(status, {})}
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)
