"""Which web sites' pages may ask from a browser: those of CORS_ORIGINS, by name, and no others.

Starlette's middleware answers them. Whoever else asks goes past it: an answer to an unknown origin has no
word of CORS in it, so that there is nothing to reflect.
"""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Besides those that every page may send: a token, a known version, and what GraphQL clients and tracing add.
SENT = (
    "Authorization",
    "If-None-Match",
    "Apollo-Require-Preflight",
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "Traceparent",
    "Tracestate",
)
# Besides those that every page may read.
READ = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing")
# How long a browser may remember what a preflight said.
SECONDS = 3600


class Cors:
    """One endpoint, shared with the listed origins, cookies and tokens included."""

    def __init__(self, app: ASGIApp, origins: Collection[str], methods: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._listed = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_credentials=True,
            allow_methods=methods,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = [value for name, value in scope["headers"] if name == b"origin"]
        if len(given) == 1 and given[0] in self._origins:
            await self._listed(scope, receive, send)
            return

        async def varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                # What a cache keeps of this answer is not for a listed origin.
                MutableHeaders(scope=message).add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, varying)
