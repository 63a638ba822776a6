"""A request's way through REST: path, method, token, media type, body, a place, viewer, role, rates, what it
says, handler. Each may refuse it, and every refusal leaves as a problem.

A body is read before there is a place for the request, as it may come slowly, and understood when it is known
that its sender may ask. Where somebody must sign in, what the document does not describe is refused.

What an operation's place and rates are is what /graphql has; it takes one point. It has neither where its
document knows no 429: whether the process is well is asked when it is not.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.auth.service_tokens import ServiceClaim
from server.auth.tokens import Claim
from server.body import read_json
from server.context import Viewer
from server.errors import Forbidden, MethodNotAllowed, NotAcceptable, NotFound, Unauthenticated, quoted
from server.fields import Fields, fields_of, weights
from server.limits.admission import Admission
from server.limits.rates import Field, Rates, Turn
from server.rest.contract import Contract, Operation
from server.rest.problems import problem


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is given: who asks, and the values that the document describes, by their names there.
    What is not sent is its default, or None.
    """

    request: Request
    viewer: Viewer | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Viewer:
        """The viewer, where the document says that there is one."""
        assert self.viewer is not None, "the operation's `security` is empty"
        return self.viewer

    @property
    def address(self) -> str | None:
        """The address that the request comes from."""
        return self.request.client.host if self.request.client else None


Handler = Callable[[Call], Awaitable[Response]]


class Guard(Protocol):
    """Who may say who somebody is: server/auth/authority.py."""

    def claim(self, authorization: bytes | None) -> Claim | ServiceClaim | None:
        """What the token of an `Authorization` header says; None without one."""

    async def viewer(self, claim: Claim | ServiceClaim) -> Viewer:
        """Who they are now."""


class Json(Response):
    """A handler's answer that is not to be kept, unless its headers say so."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class Rest:
    """The operations of a contract, each answered by the handler of its `operationId`. They share places,
    time and rates with /graphql.
    """

    def __init__(
        self,
        contract: Contract,
        handlers: Mapping[str, Handler],
        guard: Guard,
        admission: Admission,
        rates: Rates | None = None,
        body_bytes: int = 100_000,
    ) -> None:
        if wrong := {operation.id for operation in contract.operations} ^ handlers.keys():
            raise ValueError(
                f"Either only the OpenAPI document or only the server knows {', '.join(sorted(wrong))}."
            )
        self._contract = contract
        self._handlers = handlers
        self._guard = guard
        self._admission = admission
        self._body_bytes = body_bytes
        self.rates = rates

    @property
    def methods(self) -> frozenset[str]:
        """All that any of the operations takes."""
        return frozenset(operation.method for operation in self._contract.operations)

    def routes(self, around: Callable[[ASGIApp], ASGIApp]) -> list[BaseRoute]:
        """A route for each path, and for what is no path; each in what stands `around` an endpoint."""
        paths: dict[str, dict[str, Operation]] = {}
        for operation in self._contract.operations:
            paths.setdefault(operation.path, {})[operation.method] = operation
        return [
            *(Route(path, around(_Resource(self, operations))) for path, operations in paths.items()),
            *(Route(path, around(_Resource(self, {}))) for path in ("/api", "/api/{path:path}")),
        ]

    def claim(self, operation: Operation, headers: Fields) -> Claim | ServiceClaim | None:
        """What the token says of who asks; nothing where nobody has to sign in."""
        return None if operation.roles is None else self._guard.claim(headers.get(b"authorization"))

    async def answer(
        self, operation: Operation, request: Request, claim: Claim | ServiceClaim | None, turn: Turn | None
    ) -> Response:
        """What the handler answers, to those who may ask. `turn` is theirs, where requests are counted."""
        fields = fields_of(request.scope)
        _require_acceptable(fields.get(b"accept", b""), operation.media_types)
        if claim is None and operation.roles is not None:
            raise _unknown()
        body = b""
        if operation.body is not None:
            body = await read_json(request.receive, fields, self._body_bytes)
        with self._admission if operation.is_limited else nullcontext():
            if turn is not None and operation.is_limited:
                await turn.count(1)
            viewer = None if claim is None else await self._guard.viewer(claim)
            _require_role(operation, viewer)
            return await self._handlers[operation.id](_understood(operation, request, viewer, body))


class _Resource:
    """One path, with every error of it as a problem; what has no operations is not there."""

    def __init__(self, rest: Rest, operations: Mapping[str, Operation]) -> None:
        self._operations = dict(operations)
        if "GET" in operations:
            self._operations["HEAD"] = operations["GET"]
        self._allow = ", ".join([*self._operations, "OPTIONS"])
        self._rest = rest
        # What nobody described is asked by those who look for something.
        self._rates = rest.rates if all(each.is_limited for each in operations.values()) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response, fields = await self._answer(Request(scope, receive))
        response.headers.setdefault("Vary", "Accept, Accept-Encoding, Authorization")
        response.raw_headers.extend(fields)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> tuple[Response, Sequence[Field]]:
        """The answer, and the fields that tell how its client stands."""
        if self._operations and request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow}), ()
        turn: Turn | None = None
        try:
            operation = self._operation(request)
            claim = self._rest.claim(operation, fields_of(request.scope))
            if self._rates is not None:
                turn = self._rates.turn(request.scope, claim.holder if claim is not None else None)
                turn.check()
            response = await self._rest.answer(operation, request, claim, turn)
        except Exception as error:
            if self._rates is not None:
                # Whoever sends a token that does not verify is only known by their address.
                turn = turn or self._rates.turn(request.scope, None)
                error = await turn.instead(error)
            response = problem(error)
            if isinstance(error, MethodNotAllowed):
                response.headers["Allow"] = self._allow
        return response, turn.fields if turn is not None else ()

    def _operation(self, request: Request) -> Operation:
        path = request.url.path
        if not self._operations:
            raise NotFound("resource", path)
        if (operation := self._operations.get(request.method)) is None:
            raise MethodNotAllowed(f"{path} takes {self._allow}, not {quoted(request.method)}.")
        return operation


def _understood(operation: Operation, request: Request, viewer: Viewer | None, body: bytes) -> Call:
    """What the client says, as the document describes it."""
    if operation.roles is None:
        return Call(request)
    return Call(
        request,
        viewer,
        operation.path_parameters.read_texts(request.path_params),
        operation.query.read_query(request.scope["query_string"]),
        {} if operation.body is None else operation.body.read_json(body),
    )


def _unknown() -> Unauthenticated:
    return Unauthenticated("Sign in first: this needs an `Authorization: Bearer` token.")


def _require_role(operation: Operation, viewer: Viewer | None) -> None:
    if operation.roles is None:
        return
    if viewer is None:
        raise _unknown()
    if viewer.role is None:
        raise Forbidden("This is done as somebody who has an account, and a service token has none.")
    if operation.roles and viewer.role not in operation.roles:
        needed = " or ".join(sorted(operation.roles))
        raise Forbidden(f"This needs the role {needed}, and you are {viewer.role}.")


def _require_acceptable(accept: bytes, media_types: Collection[str]) -> None:
    # An answer without a body suits everybody.
    if media_types and not any(_accepts(accept, media_type) for media_type in media_types):
        ours = " or ".join(sorted(media_types))
        raise NotAcceptable(f"The answer is {ours}, and you accept {quoted(accept.decode('latin-1'))}.")


def _accepts(accept: bytes, media_type: str) -> bool:
    """Whether an `Accept` takes the media type: what it says most exactly of it counts."""
    liked = weights(accept)
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((liked[each] > 0 for each in ranges if each in liked), not accept.strip())
