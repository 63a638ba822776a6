"""The composition root: settings in, ASGI application out. The only production module that imports
`resolvers`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from hashlib import sha256

from graphql import GraphQLSchema
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import resolvers
from server.auth import Tokens
from server.config import ROOT, Settings
from server.database import Database
from server.documents import Documents
from server.execution.answering import Engine
from server.execution.plans import Plans
from server.graphiql import GraphiQL
from server.graphql import GraphQL, RequestLimits
from server.limits.document import DocumentLimits
from server.limits.rates import Rates
from server.persisted import PersistedDocuments, read_manifests
from server.policy import Policy
from server.schema import build_schema, resolver_modules

# Nothing that a request needs waits longer for Redis than this.
REDIS_SECONDS = 0.1
MOST_REDIS_CONNECTIONS = 50


class Application(Starlette):
    """Starlette, but for /graphql: its endpoint is asked before routing and middleware, which cost as much as
    a short query.
    """

    graphql: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def executable_schema() -> GraphQLSchema:
    """The contract with its resolvers."""
    return build_schema(ROOT / "schema", resolver_modules(resolvers))


def create_app(settings: Settings) -> Application:
    """The application. It opens its connections when the server starts it and closes them when it stops."""
    schema = executable_schema()
    policy = Policy(schema, page_size_max=settings.page_size_max, cost_limit=settings.cost_limit)
    plans = Plans(schema)
    database = Database(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        wait=settings.queue_seconds_max,
        # After the request itself has given up, which tells the client why.
        statement_seconds=settings.request_seconds_max + 1,
    )
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        max_connections=MOST_REDIS_CONNECTIONS,
    )
    known = read_manifests(settings.trusted_documents)
    graphiql = GraphiQL(ROOT, settings.dwelzo_home) if settings.for_developers else None
    rates = Rates.of(settings) if settings.rate_limits else None
    endpoint = GraphQL(
        Documents(
            schema,
            policy,
            plans,
            DocumentLimits.of(settings),
            introspection=settings.public_schema,
            suggestions=settings.for_developers,
            trusted=known.values() if settings.documents == "trusted" else None,
        ),
        PersistedDocuments(known, None if settings.documents == "trusted" else redis),
        Engine(schema, plans, settings.execution, suggestions=settings.for_developers),
        database,
        Tokens(settings.secret_key.get_secret_value()),
        policy,
        RequestLimits(
            body_bytes=settings.body_bytes_max,
            batch=settings.batch_max,
            seconds=settings.request_seconds_max,
            at_once=settings.requests_at_once_max,
        ),
        rates=rates,
        page=graphiql.page if graphiql else None,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await database.connect()
        try:
            async with rates or nullcontext():
                yield
        finally:
            await database.disconnect()
            await redis.aclose()

    routes = [
        Route("/", lambda _: RedirectResponse("/graphql"), methods=["GET"]),
        # For what only leads here: a slash too many, and wherever the application is mounted under a path.
        Route("/graphql", endpoint),
        *([Route("/schema.graphql", _contract(), methods=["GET"])] if settings.public_schema else []),
        *(graphiql.routes if graphiql else []),
    ]
    application = Application(routes=routes, lifespan=lifespan)
    application.graphql = endpoint
    return application


def _contract() -> Callable[[Request], Awaitable[Response]]:
    text = (ROOT / "generated" / "schema.graphql").read_text(encoding="utf-8")
    etag = f'"{sha256(text.encode()).hexdigest()[:32]}"'

    async def contract(request: Request) -> Response:
        """The printed SDL, for those who generate clients from it."""
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return PlainTextResponse(text, headers=headers, media_type="text/plain")

    return contract
