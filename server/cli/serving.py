"""`./dwelzo up`: what lies between the command and the first answer, and between Ctrl-C and the last process.

In order: settings, the port, the services (meanwhile the server's code is imported), migrations, the
sample, the worker, the server. Whatever was started is ended on the way out, whichever way that is.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from time import monotonic
from types import FrameType

import psutil

from server.cli.database import migrate_database
from server.cli.failures import Refusal
from server.cli.screen import say, step
from server.cli.working import worker_beside
from server.config import ROOT, Settings, given, load_settings, state_folder
from server.embedded import Embedded, not_given, outline

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Slow to import, together slower than the services are to start.
IMPORTS = ("uvloop", "server.cli.answering")


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end. Of any other kind, an event loop would log it and go on."""


def serve(port: int | None, worker: bool | None = None) -> None:
    """Run until a signal comes; with a worker where that is asked for, or a developer's machine."""
    began = monotonic()
    services = not_given(given())
    settings = _on_port(port, load_settings(outline(services)))
    with until_stopped(), ExitStack() as running:
        listener = running.enter_context(listening(settings.host, settings.port))
        imports = threading.Thread(target=_import_server, daemon=True)
        imports.start()
        embedded = None
        if services:
            embedded = Embedded(state_folder(), services, say=say)
            with step(f"starting {', '.join(service.name for service in services)}"):
                environment = running.enter_context(embedded)
            settings = _on_port(port, load_settings(environment))
        with step("importing the server"):
            imports.join()
        with asyncio.Runner(loop_factory=import_module("uvloop").new_event_loop) as runner:
            runner.run(_bring_up_to_date(settings, embedded))
            if settings.for_developers:
                running.enter_context(_web_build(settings))
            if worker or (worker is None and embedded is not None):
                running.enter_context(worker_beside(settings))
            answering = import_module("server.cli.answering")
            runner.run(answering.answer(settings, embedded, listener, began))


def _on_port(port: int | None, settings: Settings) -> Settings:
    return settings if port is None else settings.model_copy(update={"port": port})


def _import_server() -> None:
    """What fails here fails again, and is told, where it is used."""
    with contextlib.suppress(Exception):
        for module in IMPORTS:
            import_module(module)


@contextmanager
def until_stopped() -> Iterator[None]:
    """The first of the signals that ask for the end becomes an exception here; later ones change nothing."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in STOPPING:
        signal.signal(each, stop)
    with contextlib.suppress(Stopped):
        yield
    say("stopped")


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The server's socket, taken before anything is started for it."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise _not_listening(host, port, error) from error
    with listener:
        yield listener


def _not_listening(host: str, port: int, error: OSError) -> Refusal:
    if error.errno == errno.EADDRINUSE:
        return Refusal(
            f"Port {port} of {host} is taken{_by_whom(port)}. "
            f"Stop that, or serve on another: ./dwelzo up --port {_free_after(host, port)}."
        )
    if error.errno == errno.EACCES:
        return Refusal(f"This user may not use port {port}. Take one above 1023: ./dwelzo up --port 8000.")
    return Refusal(f"HOST is {host!r}, where this machine cannot listen ({error.strerror}); try 127.0.0.1.")


def _by_whom(port: int) -> str:
    """The process on the port, as far as this user may know it."""
    with contextlib.suppress(psutil.Error, PermissionError):
        for connection in psutil.net_connections(kind="tcp"):
            place = connection.laddr
            if connection.status == psutil.CONN_LISTEN and place and place.port == port and connection.pid:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""


def _free_after(host: str, port: int) -> int:
    for other in range(port + 1, 65536):
        with contextlib.suppress(OSError), socket.create_server((host, other)):
            return other
    return 0


async def _bring_up_to_date(settings: Settings, embedded: Embedded | None) -> None:
    """Migrations, then the sample, where this is a developer's machine and there are no listings yet."""
    url = settings.database_direct_url.get_secret_value()
    await migrate_database(url)
    from server.ingest.presence import has_listings

    if embedded is None:
        if not await has_listings(url):
            say("the database has no listings yet: load some with ./dwelzo import or ./dwelzo sample")
        return
    # The note outlives a killed start, so that nobody works on half of the sample without knowing.
    if embedded.state.read("sample") or not await has_listings(url):
        from server.cli.reports import following
        from server.ingest.sample import load_sample

        embedded.state.write("sample", {"loading": True})
        with following("loading the sample") as on_progress:
            report = await load_sample(url, on_progress=on_progress)
        embedded.state.forget("sample")
        say(f"loaded the sample: {report.inserted:,} listings")


@contextmanager
def _web_build(settings: Settings) -> Iterator[None]:
    """The build of the pages runs beside the server, where there is none of this version yet."""
    from server.web_build import Build

    if Build(ROOT, settings.dwelzo_home).ready:
        yield
        return
    build = subprocess.Popen(
        [sys.executable, "-m", "server.web_build"],
        cwd=ROOT,
        env={**os.environ, "DWELZO_HOME": str(settings.dwelzo_home)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        yield
    finally:
        build.terminate()
        build.wait()
