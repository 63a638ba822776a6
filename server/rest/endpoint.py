"""A request's way through REST: path, method, viewer, roles, media type, handler. Each may refuse it, and
every refusal leaves as a problem.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.auth.tokens import Tokens
from server.context import Viewer
from server.errors import Forbidden, MethodNotAllowed, NotAcceptable, NotFound, Unauthenticated, quoted
from server.rest.contract import Contract, Operation
from server.rest.problems import problem

Handler = Callable[[Request, Viewer | None], Awaitable[Response]]


class Json(Response):
    """A handler's answer that is not to be kept, unless its headers say so."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class Rest:
    """The operations of a contract, each answered by the handler of its `operationId`."""

    def __init__(self, contract: Contract, handlers: Mapping[str, Handler], tokens: Tokens) -> None:
        if wrong := {operation.id for operation in contract.operations} ^ handlers.keys():
            raise ValueError(
                f"Either only the OpenAPI document or only the server knows {', '.join(sorted(wrong))}."
            )
        self._contract = contract
        self._handlers = handlers
        self._tokens = tokens

    @property
    def methods(self) -> frozenset[str]:
        """All that any of the operations takes."""
        return frozenset(operation.method for operation in self._contract.operations)

    def routes(self, around: Callable[[ASGIApp], ASGIApp]) -> list[BaseRoute]:
        """A route for each path, and for what is no path; each in what stands `around` an endpoint."""
        paths = dict.fromkeys(operation.path for operation in self._contract.operations)
        return [
            *(Route(path, around(self._resource(path))) for path in paths),
            *(Route(path, around(_Resource(_nothing))) for path in ("/api", "/api/{path:path}")),
        ]

    def _resource(self, path: str) -> ASGIApp:
        operations = {each.method: each for each in self._contract.operations if each.path == path}
        if "GET" in operations:
            operations["HEAD"] = operations["GET"]
        allow = ", ".join([*operations, "OPTIONS"])

        async def respond(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": allow})
            if (operation := operations.get(request.method)) is None:
                refusal = MethodNotAllowed(f"{path} takes {allow}, not {quoted(request.method)}.")
                return problem(refusal, Allow=allow)
            viewer = self._viewer(operation, dict(request.scope["headers"]).get(b"authorization"))
            _require_acceptable(", ".join(request.headers.getlist("accept")), operation.media_types)
            return await self._handlers[operation.id](request, viewer)

        return _Resource(respond)

    def _viewer(self, operation: Operation, authorization: bytes | None) -> Viewer | None:
        if operation.roles is None:
            return None
        viewer = self._tokens.viewer(authorization)
        if viewer is None:
            raise Unauthenticated("Sign in first: this needs an `Authorization: Bearer` token.")
        if operation.roles and viewer.role not in operation.roles:
            needed = " or ".join(sorted(operation.roles))
            raise Forbidden(f"This needs the role {needed}, and you are {viewer.role}.")
        return viewer


class _Resource:
    """One path, with every error of it as a problem."""

    def __init__(self, respond: Callable[[Request], Awaitable[Response]]) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(Request(scope, receive))
        except Exception as error:
            response = problem(error)
        response.headers.setdefault("Vary", "Accept, Accept-Encoding, Authorization")
        await response(scope, receive, send)


async def _nothing(request: Request) -> Response:
    raise NotFound("resource", request.url.path)


def _require_acceptable(accept: str, media_types: Iterable[str]) -> None:
    if not any(_accepts(accept, media_type) for media_type in media_types):
        ours = " or ".join(sorted(media_types))
        raise NotAcceptable(f"The answer is {ours}, and you accept {quoted(accept)}.")


@lru_cache(maxsize=256)
def _accepts(accept: str, media_type: str) -> bool:
    """Whether an `Accept` takes the media type: what it says most exactly of it counts."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    found: dict[str, bool] = {}
    for each in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        refused = any(part.startswith("q=") and not part[2:].strip("0.") for part in parameters)
        found[kind] = found.get(kind, False) or not refused
    return next((found[each] for each in ranges if each in found), not accept.strip())
