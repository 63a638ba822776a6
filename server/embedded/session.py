"""Starts the embedded services together and ends them together, or joins those that another command runs.

The order of things stands here: claim the folder, end what a crash left, start, wait, publish; and back.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psutil

from server.embedded.processes import Command, end, free_port, log_file, start, uninterrupted
from server.embedded.services import SERVICES, Service, ServiceFailed
from server.embedded.state import StateFolder, StateFolderInUse

READY_SECONDS = 60.0
ATTEMPTS = 3
LOG_KEPT_BYTES = 5_000_000


def _silent(sentence: str) -> None:
    del sentence


class Embedded:
    """The services of one state folder, running between `start` and `stop`.

    `durable=False` gives up the data's safety in a power cut for speed: right for tests, and for nothing
    else.
    """

    def __init__(
        self,
        home: Path,
        services: Sequence[Service] = SERVICES,
        *,
        durable: bool = True,
        say: Callable[[str], None] = _silent,
    ) -> None:
        self.state = StateFolder(home)
        self._services = services
        self._durable = durable
        self._say = say
        self._running: list[tuple[subprocess.Popen[bytes], Command]] = []

    def start(self) -> dict[str, str]:
        """Start the services; returns the settings under which they are reached, SECRET_KEY among them."""
        self.state.claim()
        try:
            environment = {"SECRET_KEY": self.state.secret("SECRET_KEY")}
            # Also those that are not asked for now: their crashed run may have asked for them.
            for service in SERVICES:
                service.recover(self.state)
            ports = self.state.read("ports")
            started = [(service, *self._launch(service, ports)) for service in reversed(self._services)]
            for service, process, port in started:
                port = self._await(service, process, port)
                ports[service.name] = port
                environment |= service.environment(port, self.state.secret)
            self.state.write("ports", ports)
            self.state.write("services", {"pid": os.getpid(), "environment": environment})
        except BaseException:
            self.stop()
            raise
        return environment

    def stop(self) -> None:
        """End the services and let go of the folder. Does nothing where nothing runs."""
        for process, command in self._running:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(command.stop_signal)
        while self._running:
            end(*self._running[-1], self.state)
            self._running.pop()
        self.state.forget("services")
        self.state.release()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(service.name for service in self._services)

    def log(self, name: str) -> Path:
        return log_file(self.state, name)

    def ended(self) -> list[str]:
        """The services that ended although nobody stopped them."""
        return [command.name for process, command in self._running if process.poll() is not None]

    def __enter__(self) -> dict[str, str]:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, service: Service, ports: dict[str, int]) -> tuple[subprocess.Popen[bytes], int]:
        """Start one service, on the port it had before where that is free: a noted address stays good."""
        began = time.monotonic()
        service.prepare(self.state, durable=self._durable)
        if time.monotonic() - began > 0.2:
            self._say(f"made the data folder of {service.name} in {time.monotonic() - began:.1f} s")
        port = free_port(ports.get(service.name))
        return self._run(service, port), port

    def _run(self, service: Service, port: int) -> subprocess.Popen[bytes]:
        log = log_file(self.state, service.name)
        if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
            log.rename(log.with_suffix(".log.1"))
        command = service.command(self.state, port, durable=self._durable)
        with uninterrupted():
            process = start(command, self.state)
            self._running.append((process, command))
        return process

    def _await(self, service: Service, process: subprocess.Popen[bytes], port: int) -> int:
        """Wait until the service answers; one that ends at once tries another port. Returns its port."""
        for attempt in range(1, ATTEMPTS + 1):
            if self._is_up(service, process, port):
                return port
            if process.poll() is None or attempt == ATTEMPTS:
                break
            self._running = [entry for entry in self._running if entry[0] is not process]
            time.sleep(0.2 * attempt)
            port = free_port()
            process = self._run(service, port)
        lines = log_file(self.state, service.name).read_text(errors="replace").splitlines()
        raise ServiceFailed(
            f"{service.name} did not start. Its last words, from {log_file(self.state, service.name)}:\n"
            + "\n".join(f"  {line}" for line in lines[-5:])
        )

    def _is_up(self, service: Service, process: subprocess.Popen[bytes], port: int) -> bool:
        """Wait for one process: false when it ended, or does not answer in a minute."""
        began = time.monotonic()
        while process.poll() is None and (waited := time.monotonic() - began) < READY_SECONDS:
            if service.is_ready(process, self.state, port):
                if waited > 1:
                    self._say(f"{service.name} was ready after {waited:.1f} s")
                return True
            time.sleep(0.01)
        return False


@contextmanager
def attach(
    home: Path, services: Sequence[Service], say: Callable[[str], None] = _silent
) -> Iterator[dict[str, str]]:
    """The settings of the services: of those that another process runs, else of ours, ended afterwards."""
    if not services:
        yield {}
        return
    embedded = Embedded(home, services, say=say)
    while True:
        try:
            environment = embedded.start()
        except StateFolderInUse:
            if (found := _published(embedded.state, services)) is not None:
                yield found
                return
        else:
            try:
                yield environment
            finally:
                embedded.stop()
            return


def _published(state: StateFolder, services: Sequence[Service]) -> dict[str, str] | None:
    """What the folder's holder runs, once it says so; None when the holder went away before."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        holder = state.holder()
        if holder is None or not psutil.pid_exists(holder):
            return None
        note = state.read("services")
        if note.get("pid") == holder:
            environment: dict[str, str] = note["environment"]
            missing = [service.name for service in services if service.replaced_by[0] not in environment]
            if missing:
                raise StateFolderInUse(
                    f"Process {holder} runs on {state.path} without {' and '.join(missing)}. "
                    "Give this command the same environment as that one, or stop that process."
                )
            return environment
        time.sleep(0.1)
    raise StateFolderInUse(f"Process {state.holder()} holds {state.path} and does not finish its start.")
