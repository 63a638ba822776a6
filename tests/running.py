"""Runs `./dwelzo` commands as a user does: a process, an environment, a state folder, and what it says.

Not for tests of what the server answers: those ask the application of conftest.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from server.config import ROOT, variables

SECONDS = 60.0


def clean_environment(home: Path, **given: str) -> dict[str, str]:
    """Ours without any setting of the server, so that nothing of the developer's machine decides a test."""
    ours = {name: value for name, value in os.environ.items() if name not in variables()}
    return {**ours, "DWELZO_HOME": str(home), "GRAPHIQL": "false", **given}


def command(
    *arguments: str, home: Path, prefix: Sequence[str] = (), **given: str
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, in a folder without a `.env`."""
    return subprocess.run(
        [*prefix, sys.executable, str(ROOT / "server" / "cli"), *arguments],
        cwd=home.parent,
        env=clean_environment(home, **given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Up:
    """A running `./dwelzo up`."""

    home: Path
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    processor_seconds: float = 0.0

    def ask(self, query: str) -> Any:
        """One operation; its whole response."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def said(self) -> str:
        return self.log.read_text()

    def environment(self) -> dict[str, str]:
        """Under which settings its services are reached, from the note it keeps for other commands."""
        note: dict[str, dict[str, str]] = json.loads((self.home / "services.json").read_text())
        return note["environment"]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


@contextmanager
def up(home: Path, *, prefix: Sequence[str] = (), worker: bool = False, **given: str) -> Iterator[Up]:
    """`./dwelzo up` on a free port, from its first answer on; ended afterwards, if it still runs. The worker
    beside it is for the tests of that; the others have one process less to wait for.
    """
    port = free_port()
    log = home.parent / f"{home.name}-{port}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, sys.executable, str(ROOT / "server" / "cli"), "up", "--port", str(port)]
            + ([] if worker else ["--no-worker"]),
            cwd=home.parent,
            env=clean_environment(home, **given),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    running = Up(home, port, process, log)
    try:
        while True:
            try:
                running.ask("{ __typename }")
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert process.poll() is None, running.said()
                assert time.monotonic() - began < SECONDS, running.said()
                time.sleep(0.02)
        running.processor_seconds = _processor_seconds(process.pid)
        yield running
    finally:
        if process.poll() is None:
            running.end()


def _processor_seconds(pid: int) -> float:
    """What a process and all its descendants have worked so far."""
    parent = psutil.Process(pid)
    spent = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return sum(each.user + each.system for each in spent)


def processes_on(home: Path) -> list[str]:
    """The command lines of all processes that name the state folder or work in it."""
    found = []
    for process in psutil.process_iter():
        try:
            line, folder = " ".join(process.cmdline()), process.cwd()
        except psutil.Error:
            continue
        if str(home) in line or folder.startswith(str(home)):
            found.append(line)
    return found
