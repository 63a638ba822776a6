"""A Valkey of a test's own: what must not happen to the one that all tests share."""

import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import redis.asyncio

from server.embedded.processes import free_port, start
from server.embedded.services import Valkey
from server.embedded.state import StateFolder


class Valkeys:
    """A Valkey that a test may stop, and start again at the same port."""

    def __init__(self, folder: Path) -> None:
        self._state = StateFolder(folder)
        self._state.claim()
        self._port = free_port()
        self._service = Valkey()
        self._service.prepare(self._state, durable=False)
        self._command = self._service.command(self._state, self._port, durable=False)
        self.settings = self._service.environment(self._port, self._state.secret)

    def start(self) -> None:
        self._process = start(self._command, self._state)
        while not self._service.is_ready(self._process, self._state, self._port):
            assert self._process.poll() is None
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.stop()
        self._state.release()

    async def do(self, *command: str) -> Any:
        async with redis.asyncio.from_url(self.settings["REDIS_URL"], decode_responses=True) as connection:
            return await connection.execute_command(*command)


async def killed(valkey: Valkeys) -> None:
    valkey.stop()


async def frozen(valkey: Valkeys) -> None:
    valkey.send(signal.SIGSTOP)


async def full(valkey: Valkeys) -> None:
    await valkey.do("CONFIG", "SET", "maxmemory", "1")


async def started(valkey: Valkeys) -> None:
    valkey.start()


async def thawed(valkey: Valkeys) -> None:
    valkey.send(signal.SIGCONT)


async def emptied(valkey: Valkeys) -> None:
    await valkey.do("CONFIG", "SET", "maxmemory", "0")


Change = Callable[[Valkeys], Awaitable[None]]
# What takes a Valkey away, and what brings it back.
CHANGES: list[tuple[Change, Change]] = [(killed, started), (frozen, thawed), (full, emptied)]
