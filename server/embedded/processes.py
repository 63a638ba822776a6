"""Starting, finding again and ending one service's process; which services there are stands in `services`.

A process is noted with its start time, so that a number that the system gave to another process since is
never mistaken for ours. On Linux the kernel ends the services even when this process is killed; elsewhere,
and when that fails, the next start finds them by their notes.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from server.embedded.state import StateFolder

PR_SET_PDEATHSIG = 1
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
END_SECONDS = 20.0


@dataclass(frozen=True)
class Command:
    """How a service is run: `user` is the numeric user it changes to, if it must not run as this one."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    stop_signal: signal.Signals
    user: int | None = None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put signals off, from a process's start until it stands among those that will be ended.

    By their Python handlers, not by a mask: another thread would take what is masked in this one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in INTERRUPTING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


def start(command: Command, state: StateFolder) -> subprocess.Popen[bytes]:
    """Run a service, and note it."""
    with log_file(state, command.name).open("ab") as log:
        process = subprocess.Popen(
            command.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_manner(command)
        )
    state.write(command.name, {"pid": process.pid, "started": psutil.Process(process.pid).create_time()})
    return process


def run(command: Command, standard_input: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program to its end; interrupted, nothing of it or of what it started goes on."""
    process = None
    try:
        with uninterrupted():
            process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                **_manner(command),
            )
        output, _ = process.communicate(standard_input)
    except BaseException:
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        raise
    return subprocess.CompletedProcess(command.arguments, process.returncode, output)


def end(process: subprocess.Popen[bytes], command: Command, state: StateFolder) -> None:
    """Ask the process to stop, insist when it does not, and take the note away."""
    if process.poll() is None:
        process.send_signal(command.stop_signal)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    state.forget(command.name)


def end_left_over(name: str, stop_signal: signal.Signals, state: StateFolder) -> bool:
    """End the process that a crashed holder of the folder left running; says whether there was one."""
    note = state.read(name)
    found = False
    if note:
        try:
            process = psutil.Process(int(note["pid"]))
            if process.create_time() == note["started"]:
                found = end_process(process, stop_signal)
        except (psutil.NoSuchProcess, KeyError, ValueError):
            pass
    state.forget(name)
    return found


def end_process(process: psutil.Process, stop_signal: signal.Signals) -> bool:
    """End a process that is not our child; false when it had ended by itself."""
    try:
        process.send_signal(stop_signal)
        try:
            process.wait(END_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)
    except psutil.NoSuchProcess:
        return False
    return True


def listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether this very process listens on the port, not another that came to it first."""
    try:
        connections = psutil.Process(process.pid).net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def free_port(wanted: int | None = None) -> int:
    """A port that nothing on this machine listens on: the wanted one where it is free."""
    for port in (wanted or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port of 127.0.0.1 is free")


def log_file(state: StateFolder, name: str) -> Path:
    return state.folder("log") / f"{name}.log"


def _manner(command: Command) -> dict[str, Any]:
    """How all our processes run: as their user, in a session of their own (Ctrl-C reaches us alone)."""
    return {
        "cwd": command.folder,
        "env": command.environment,
        "start_new_session": True,
        "user": command.user,
        "group": command.user,
        "extra_groups": None if command.user is None else [],
        "preexec_fn": _end_with_parent(command.stop_signal),
    }


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child asks of the kernel before it becomes the program: to be ended when we are.

    The kernel watches the thread that starts a process, so only the main thread, which lasts, may ask.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:  # It died before the call.
            os._exit(1)

    return arrange


def end_with(parent: int) -> None:
    """End this process when the one that started it is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
