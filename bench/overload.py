"""Asks a server at a rate, whether it answers or not: what becomes of more than it can do.

A request is due at its moment, and its latency counts from there, also where it had to wait for a connection.
It runs in a process of its own (`run` starts it).
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from time import perf_counter

from bench.load import HOST, Exchange, drive_given, run_apart

_TICK_SECONDS = 0.002
_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """`rate` requests a second for so many seconds, over so many connections that are open before."""

    port: int
    rate: float
    seconds: float
    request: str
    connections: int = 300


@dataclass(slots=True)
class Outcome:
    """How many answers of each status there were (0: none), and their latencies in ms, 99th percentile."""

    statuses: dict[str, int]
    served_p99: float
    refused_p99: float
    refused_without_retry_after: int

    @property
    def served(self) -> int:
        return self.statuses.get("200", 0)

    @property
    def refused(self) -> int:
        return self.statuses.get("503", 0)


def run(task: Task) -> Outcome:
    """Do the task in another process; its outcome."""
    return Outcome(**run_apart("bench.overload", task))


class _Load:
    """What all connections share: the requests that are due, the connections that are free."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._request = task.request.encode()
        self._due: deque[float] = deque()
        self._free: list[_Connection] = []
        self.latencies: dict[bool, list[float]] = {True: [], False: []}
        self.statuses: Counter[str] = Counter()
        self.without_retry_after = 0

    async def drive(self) -> Outcome:
        loop = asyncio.get_running_loop()
        for _ in range(self._task.connections):
            await loop.create_connection(partial(_Connection, self), HOST, self._task.port)
        began, sent = perf_counter(), 0
        while (now := perf_counter() - began) < self._task.seconds:
            while sent < now * self._task.rate:
                self._due.append(began + sent / self._task.rate)
                sent += 1
            self._send_what_is_due()
            await asyncio.sleep(_TICK_SECONDS)
        end = perf_counter() + _GRACE_SECONDS
        while sum(self.statuses.values()) < sent and perf_counter() < end:
            self._send_what_is_due()
            await asyncio.sleep(_TICK_SECONDS)
        self.statuses["0"] = sent - sum(self.statuses.values())
        served, refused = (_p99(self.latencies[kind]) for kind in (True, False))
        return Outcome(dict(self.statuses), served, refused, self.without_retry_after)

    def _send_what_is_due(self) -> None:
        while self._due and self._free:
            self._free.pop().ask(self._request, self._due.popleft())

    def is_free(self, connection: "_Connection") -> None:
        if self._due:
            connection.ask(self._request, self._due.popleft())
        else:
            self._free.append(connection)

    def look_at(self, answer: bytes, due: float) -> None:
        status = answer[9:12].decode()
        self.statuses[status] += 1
        self.latencies[status == "200"].append(perf_counter() - due)
        if status == "503" and b"\r\nretry-after: " not in answer:
            self.without_retry_after += 1


class _Connection(Exchange):
    """One of the connections."""

    def __init__(self, load: _Load) -> None:
        super().__init__()
        self._load = load
        self._due_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._load.is_free(self)

    def ask(self, request: bytes, due: float) -> None:
        self._due_at = due
        self.send(request)

    def answered(self, answer: bytes) -> None:
        self._load.look_at(answer, self._due_at)
        self._load.is_free(self)


def _p99(latencies: list[float]) -> float:
    return quantiles(latencies, n=100)[98] * 1000 if len(latencies) > 1 else 0.0


if __name__ == "__main__":
    drive_given(lambda given: _Load(Task(**given)).drive())
