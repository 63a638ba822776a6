"""`./dwelzo worker` as its user sees it, alone and beside `./dwelzo up`: a letter goes its whole way, and
nothing is left however it ends.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from server.config import ROOT
from server.database import Database
from server.embedded import Embedded
from server.mail import verify_email
from tests.running import SECONDS, clean_environment, command, up


async def ask_for_a_letter(url: str) -> None:
    database = Database(url)
    await database.connect()
    async with database.session() as session, session.transaction(UUID(int=1)):
        await verify_email(session, "joe@example.com", "Joe", UUID(int=7), expires_in="24 hours")
    await database.disconnect()


def eventually(condition: Callable[[], object], seconds: float = SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def letters(home: Path) -> list[str]:
    return [file.read_text() for file in sorted((home / "mail").glob("*.eml"))]


def workers(parent: int) -> list[psutil.Process]:
    children = psutil.Process(parent).children(recursive=True)
    return [each for each in children if "worker" in each.cmdline()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker") / "state"


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGKILL])
def test_up_sends_letters_by_a_worker_that_ends_with_it(home: Path, number: signal.Signals) -> None:
    with up(home, worker=True, GRAPHIQL="true") as running:
        before = len(letters(home))
        asyncio.run(ask_for_a_letter(running.environment()["DATABASE_URL"]))
        assert eventually(lambda: len(letters(home)) == before + 1)
        (worker,) = workers(running.process.pid)
        assert f"http://localhost:{running.port}/verify-email#token=3Ddwz_verify_" in (
            letters(home)[-1].replace("=\n", "")
        )
        assert "/mailbox" in running.said()
        status = running.end(number)
        assert status == (0 if number == signal.SIGINT else -signal.SIGKILL)
        assert eventually(lambda: not worker.is_running())
        # Where nobody ended the services in their order, the worker may see the database go.
        assert number == signal.SIGKILL or "Traceback" not in running.said()


def test_alone_it_brings_the_database_up_to_date_and_ends_at_a_signal(tmp_path: Path) -> None:
    """On services that somebody else runs, with everything given."""
    with Embedded(tmp_path / "theirs", durable=False) as given:
        start = [sys.executable, str(ROOT / "server" / "cli"), "worker"]
        environment = clean_environment(tmp_path / "none", **given)
        with subprocess.Popen(
            start, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            said = ""
            while "a worker does jobs (mail)" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            assert "applied 0001_" in said
            asyncio.run(ask_for_a_letter(given["DATABASE_URL"]))
            assert eventually(lambda: len(letters(tmp_path / "theirs")) == 1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
            assert "stopped" in process.stderr.read()
        without = {name: value for name, value in given.items() if name != "SMTP_URL"}
        outcome = command("worker", home=tmp_path / "none", **without)
        assert outcome.returncode == 1
        assert outcome.stderr.startswith("SMTP_URL is not set, and letters are all that a worker does; give")
    assert not (tmp_path / "none").exists()
