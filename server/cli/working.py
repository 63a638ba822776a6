"""`./dwelzo worker`: a process that does jobs, alone or beside `./dwelzo up`, and how it is ended.

It finishes what it has begun when a signal comes, as long as `Pace.grace` lets it; what a job is and what a
failure means is decided in `server.jobs`.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from server.cli.database import migrate_database, open_services
from server.cli.failures import Refusal
from server.cli.screen import say
from server.config import ROOT, Settings
from server.embedded.processes import end_with

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# More than a worker gives its jobs. Later it is ended as kill -9 would: another takes over what it had.
END_SECONDS = 15.0


def work(parent: int | None = None) -> None:
    """Do jobs until a signal comes, or until this parent is gone."""
    if parent is not None:
        end_with(parent)
    # Before there is a loop to tell it to, the signal is Ctrl-C, which ends what was started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_services("postgresql", "mail") as settings:
        asyncio.run(_work(settings))
    if parent is None:
        say("stopped")


async def _work(settings: Settings) -> None:
    from server.worker import create_worker

    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    if settings.smtp is None:
        raise Refusal(
            "SMTP_URL is not set, and letters are all that a worker does; give the address as "
            "smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465."
        )
    await migrate_database(settings.database_direct_url.get_secret_value())
    worker = create_worker(settings)
    insisting = threading.Timer(END_SECONDS, os._exit, [1])
    insisting.daemon = True

    def stop() -> None:
        worker.stop()
        if not insisting.is_alive():
            insisting.start()

    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop)
    say(f"a worker does jobs ({', '.join(worker.kinds)})")
    await worker.run()
    insisting.cancel()


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """A worker in a process of its own, so that the server answers as it does without one."""
    worker = subprocess.Popen(
        [sys.executable, str(ROOT / "server" / "cli"), "worker", "--beside", str(os.getpid())],
        env={**os.environ, "DWELZO_HOME": str(settings.dwelzo_home), "PORT": str(settings.port)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(END_SECONDS + 5)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
