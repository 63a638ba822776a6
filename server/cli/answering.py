"""The HTTP server of `./dwelzo up`: uvicorn around the application, what it announces, what it watches.

Imported in a thread while the services start (`serving`), so what is slow to import is imported here.
"""

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
from time import monotonic
from urllib.parse import urlsplit

import uvicorn
from rich.table import Table

from server.app import create_app
from server.cli.failures import Refusal
from server.cli.screen import complain, results
from server.config import Settings
from server.embedded import Embedded
from server.protocol import Limits, protocol_within

GRACE_SECONDS = 10
WATCH_SECONDS = 2.0
# Open files besides those connections: the ones to the database, and of those who are just being refused.
SPARE_FILES = 300


class Server(uvicorn.Server):
    """Says where everything is, once it answers."""

    def __init__(
        self, config: uvicorn.Config, settings: Settings, embedded: Embedded | None, began: float
    ) -> None:
        super().__init__(config)
        self._settings = settings
        self._embedded = embedded
        self._began = began

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The schema stays as long as the server: no later collection needs to look at it.
            gc.collect()
            gc.freeze()
            results.print(_places(self._settings, self._embedded))
            results.print(f"Ready after {monotonic() - self._began:.1f} s. Ctrl-C ends it.")


async def answer(
    settings: Settings, embedded: Embedded | None, listener: socket.socket, began: float
) -> None:
    """Serve until uvicorn is told to stop."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    for talkative in ("uvicorn", "databases"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    _let_open(settings.connections_max + SPARE_FILES)
    configuration = uvicorn.Config(
        create_app(settings),
        http=protocol_within(_limits(settings)),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Without a proxy that is trusted nothing is asked of a header that anybody can send.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(configuration, settings, embedded, began)
    # uvicorn listens to the other two itself.
    signal.signal(signal.SIGHUP, lambda *_: setattr(server, "should_exit", True))
    beside = []
    if embedded is not None:
        beside.append(asyncio.create_task(_watch(embedded)))
    if embedded is None or "s3" not in embedded.names:
        beside.append(asyncio.create_task(_ensure_bucket(settings)))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    if not server.started:
        raise Refusal("The server did not start; its log above says why.")


def _let_open(files: int) -> None:
    """Let this process open so many files; many systems begin with 1,024 and allow more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < files:
        complain(
            f"This user may open {most:,} files, which is not enough for CONNECTIONS_MAX: "
            f"raise that (ulimit -Hn {files}), or set CONNECTIONS_MAX to {max(most - SPARE_FILES, 1)}."
        )


def _limits(settings: Settings) -> Limits:
    return Limits(
        head_bytes=settings.head_bytes_max,
        body_bytes=settings.body_bytes_max,
        head_seconds=settings.head_seconds_max,
        body_seconds=settings.body_seconds_max,
        write_seconds=settings.write_seconds_max,
        idle_seconds=settings.idle_seconds_max,
        connections=settings.connections_max,
    )


def _places(settings: Settings, embedded: Embedded | None) -> Table:
    """What is where. Passwords stay in the state folder."""
    here = embedded.names if embedded else ()
    base = f"http://{'localhost' if settings.host in ('127.0.0.1', '0.0.0.0') else settings.host}"  # noqa: S104
    table = Table(box=None, show_header=False)
    table.add_row(
        "GraphQL",
        f"{base}:{settings.port}/graphql" + (" (a browser gets GraphiQL)" * settings.for_developers),
    )
    table.add_row("Contract", f"{base}:{settings.port}/schema.graphql")
    table.add_row("REST", f"{base}:{settings.port}/api" + (" (explained at /docs)" * settings.for_developers))
    for name, service, url in (
        ("PostgreSQL", "postgresql", settings.database_url.get_secret_value()),
        ("Valkey or Redis", "valkey", settings.redis_url.get_secret_value()),
        ("S3", "s3", settings.s3_endpoint_url or f"https://s3.{settings.aws_region}.amazonaws.com"),
    ):
        parts = urlsplit(url)
        path = f"/{settings.s3_bucket_name}" if service == "s3" else parts.path
        started = "started here" if service in here else "given"
        port = f":{parts.port}" if parts.port else ""
        table.add_row(name, f"{parts.scheme}://{parts.hostname or ''}{port}{path} ({started})")
    if settings.smtp is not None:
        shown = f", shown at {base}:{settings.port}/mailbox" * bool(
            settings.mailbox_folder and settings.for_developers
        )
        started = "started here" if "mail" in here else "given"
        table.add_row("Mail", f"smtp://{settings.smtp.host}:{settings.smtp.port} ({started}){shown}")
    if embedded is not None:
        table.add_row("Data, logs, secrets", str(embedded.state.path))
    return table


async def _watch(embedded: Embedded) -> None:
    """Say so when a service ends by itself; requests that need it fail from then on."""
    told: set[str] = set()
    while True:
        for name in set(embedded.ended()) - told:
            told.add(name)
            complain(
                f"{name} has ended by itself; {embedded.log(name)} may say why. "
                "Stop with Ctrl-C and start again."
            )
        await asyncio.sleep(WATCH_SECONDS)


async def _ensure_bucket(settings: Settings) -> None:
    """Make the given bucket where it is missing. A storage that is away holds nothing up."""
    from server.storage import StorageError, open_storage

    try:
        async with open_storage(settings) as storage:
            await storage.ensure_bucket()
    except StorageError as error:
        complain(
            f"The bucket {settings.s3_bucket_name} cannot be used ({error}); ./dwelzo doctor tells more."
        )
