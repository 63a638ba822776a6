"""The composition root: settings in, ASGI application out. The only production module that imports
`resolvers`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

import resolvers
from server.admin import admin_routes
from server.auth.authority import Authority
from server.config import ROOT, Settings
from server.database import Database
from server.documents import Documents
from server.edge.compression import Compression
from server.edge.cors import Cors
from server.edge.security import Security
from server.execution.answering import Engine
from server.execution.plans import Plans
from server.graphql import GraphQL, RequestLimits
from server.limits.admission import Admission
from server.limits.document import DocumentLimits
from server.limits.rates import Rates
from server.limits.windows import Counters
from server.operation import METHODS
from server.persisted import PersistedDocuments, read_manifests
from server.policy import Policy
from server.published import Published
from server.redis import Redis
from server.rest import create_rest
from server.rest.endpoint import Json
from server.rest.health import Readiness
from server.schema import build_schema, resolver_modules
from server.web import Web


class Application(Starlette):
    """Starlette, but for /graphql: its endpoint is asked before routing and middleware, which cost as much as
    a short query.
    """

    graphql: ASGIApp

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # Outside of all that Starlette does, so that its own answer to an exception has the headers too.
        self._secured = Security(super().__call__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        else:
            await self._secured(scope, receive, send)


def executable_schema() -> GraphQLSchema:
    """The contract with its resolvers."""
    return build_schema(ROOT / "schema", resolver_modules(resolvers))


def _mailbox(settings: Settings) -> Sequence[BaseRoute]:
    """The pages of the mailbox, where there is one; what writes them is imported for them alone."""
    if settings.mailbox_folder is None:
        return []
    from server.mail.mailbox import Mailbox

    return Mailbox(settings.mailbox_folder).routes


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
    redis = Redis(settings.redis_url.get_secret_value(), settings.redis_seconds_max)
    known = read_manifests(settings.trusted_documents)
    counters = Counters(redis)
    rates = Rates.of(settings, counters) if settings.rate_limits else None
    admission = Admission(settings.requests_at_once_max, settings.request_seconds_max)
    authority = Authority.of(settings, database, redis, counters)
    readiness = Readiness(settings)
    contract = Published((ROOT / "generated" / "schema.graphql").read_bytes(), "text/plain")
    rest = create_rest(settings, database, authority, contract, readiness, admission, rates)
    web = Web(ROOT, settings.dwelzo_home) if settings.for_developers else None
    mailbox = _mailbox(settings) if settings.for_developers else []

    def shared(endpoint: ASGIApp) -> ASGIApp:
        """What programs and the pages of other sites ask, in what stands around that."""
        packed = Compression(endpoint)
        if not settings.cors_origins:
            return packed
        return Cors(packed, settings.cors_origins, sorted({*METHODS, *rest.methods}))

    async def keys(_: Request) -> Response:
        """The public keys (RFC 7517): they change once a month, and the next one is among them."""
        return Json(authority.keys.published(), headers={"Cache-Control": "public, max-age=3600"})

    async def graphiql(request: Request) -> ASGIApp:
        """The page, which does not come by Starlette's way."""
        assert web is not None
        return Security(await web.graphiql(request))

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
        authority,
        policy,
        RequestLimits(body_bytes=settings.body_bytes_max, batch=settings.batch_max),
        admission,
        rates=rates,
        page=graphiql if web else None,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await database.connect()
        try:
            async with redis:
                yield
        finally:
            await readiness.close()
            authority.passwords.close()
            await database.disconnect()

    graphql = shared(endpoint)
    schema_file = Route("/schema.graphql", contract.answer, methods=["GET"])
    routes = [
        Route("/", lambda _: RedirectResponse("/graphql"), methods=["GET"]),
        # For what only leads here: a slash too many, and wherever the application is mounted under a path.
        Route("/graphql", graphql),
        Route("/.well-known/jwks.json", keys, methods=["GET"]),
        *([Route("/schema.graphql", shared(Router([schema_file])))] if settings.public_schema else []),
        *rest.routes(shared),
        *admin_routes(),
        *(web.routes if web else []),
        *mailbox,
    ]
    application = Application(routes=routes, lifespan=lifespan)
    application.graphql = graphql
    return application
