"""Asks a server as fast as it answers, over connections that stay open.

It runs in a process of its own (`run` starts it). Its time is not counted but taken from the same machine, so
it is lean: requests are finished bytes, and of an answer only its length and a few marks are read.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, cast

import orjson
import uvloop

from bench.operations import WRONG

HOST = "127.0.0.1"
_OK = b"HTTP/1.1 200 "
_LENGTH = b"\r\ncontent-length: "
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be asked. `once`: no request may be sent twice, so the load ends when there is none left."""

    port: int
    connections: int
    seconds: float
    requests: list[str]
    begin: int = 0
    once: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it. At the end nothing more is sent, and the last answers are waited for."""

    requests: int
    seconds: float
    received: int
    wrong: int
    first_wrong: str
    p50: float
    p99: float


def request(body: bytes, token: str | None) -> str:
    """The text of a request to the endpoint."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST /graphql HTTP/1.1\r\nHost: {HOST}\r\n{authorization}Accept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body.decode()}"
    )


def run(task: Task) -> Outcome:
    """Do the task in another process; its outcome."""
    return Outcome(**run_apart("bench.load", task))


def run_apart(module: str, task: object) -> dict[str, Any]:
    """Give a task to a module that is run in a process of its own, and ends with `drive_given`."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=Path(__file__).parents[1],
        input=orjson.dumps(task),
        stdout=subprocess.PIPE,
        check=True,
    )
    outcome: dict[str, Any] = orjson.loads(done.stdout)
    return outcome


def drive_given(drive: Callable[[dict[str, Any]], Coroutine[Any, Any, object]]) -> None:
    """Do what standard input says, and write its outcome to standard output."""
    given = orjson.loads(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(orjson.dumps(runner.run(drive(given))))


@dataclass(slots=True)
class _Load:
    """What all connections share."""

    requests: list[bytes]
    next: int
    left: int
    until: float
    latencies: list[float] = field(default_factory=list)
    received: int = 0
    wrong: int = 0
    first_wrong: str = ""

    def take(self) -> bytes | None:
        """The next request; none when the load is over."""
        if self.left == 0 or perf_counter() >= self.until:
            return None
        self.left -= 1
        self.next = (self.next + 1) % len(self.requests)
        return self.requests[self.next - 1]

    def look_at(self, answer: bytes, latency: float) -> None:
        self.latencies.append(latency)
        self.received += len(answer)
        if not answer.startswith(_OK) or any(mark in answer for mark in WRONG):
            self.wrong += 1
            self.first_wrong = self.first_wrong or answer[:2_000].decode(errors="replace")


class Exchange(asyncio.Protocol):
    """A connection that sends one request at a time; `answered` gets each answer whole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by its class.
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        self._transport.write(request)

    def answered(self, answer: bytes) -> None:
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._parts.append(data)
            self._missing -= len(data)
        else:
            head = b"".join((*self._parts, data))
            self._parts = [head]
            end = head.find(b"\r\n\r\n")
            if end < 0:
                return
            at = head.index(_LENGTH) + len(_LENGTH)
            self._missing = end + 4 + int(head[at : head.index(b"\r", at)]) - len(head)
        if not self._missing:
            answer = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts = []
            self.answered(answer)


class _Connection(Exchange):
    """Sends a request, waits for its answer, sends the next."""

    def __init__(self, load: _Load, over: asyncio.Future[None]) -> None:
        super().__init__()
        self._load = load
        self._over = over
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._send()

    def answered(self, answer: bytes) -> None:
        self._load.look_at(answer, perf_counter() - self._sent)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._over.done():
            self._over.set_exception(error or ConnectionError("The server closed a connection."))

    def _send(self) -> None:
        request = self._load.take()
        if request is None:
            self._over.set_result(None)
            self._transport.close()
            return
        self._sent = perf_counter()
        self.send(request)


async def _drive(task: Task) -> Outcome:
    loop = asyncio.get_running_loop()
    requests = [text.encode() for text in task.requests]
    began = perf_counter()
    load = _Load(
        requests,
        task.begin % len(requests),
        len(requests) if task.once else -1,
        began + task.seconds,
    )
    overs = [loop.create_future() for _ in range(task.connections)]
    for over in overs:
        await loop.create_connection(partial(_Connection, load, over), HOST, task.port)
    await asyncio.wait_for(asyncio.gather(*overs), task.seconds + _GRACE_SECONDS)
    took = perf_counter() - began
    percentiles = quantiles(load.latencies, n=100) if len(load.latencies) > 1 else [0.0] * 99
    return Outcome(
        requests=len(load.latencies),
        seconds=took,
        received=load.received,
        wrong=load.wrong,
        first_wrong=load.first_wrong,
        p50=percentiles[49] * 1000,
        p99=percentiles[98] * 1000,
    )


if __name__ == "__main__":
    drive_given(lambda given: _drive(Task(**given)))
