"""Starting, finding again and ending one service's process; which services there are stands in `services`.

A process is noted with its start time, so that a number that the system gave to another process since is
never mistaken for ours. On Linux the kernel ends the services even when this process is killed; elsewhere,
and when that fails, the next start finds them by their notes.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from server.embedded.state import StateFolder

PR_SET_PDEATHSIG = 1
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


def start(command: Command, state: StateFolder) -> subprocess.Popen[bytes]:
    """Run a service in a session of its own (so that Ctrl-C reaches us alone), and note it."""
    with log_file(state, command.name).open("ab") as log:
        process = subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=command.folder,
            env=command.environment,
            start_new_session=True,
            user=command.user,
            group=command.user,
            extra_groups=None if command.user is None else [],
            preexec_fn=_end_with_parent(command.stop_signal),
        )
    state.write(command.name, {"pid": process.pid, "started": psutil.Process(process.pid).create_time()})
    return process


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


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child calls so that the kernel ends it with us, or rather with the thread that starts it."""

    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:  # It died before the call.
            os._exit(1)

    return arrange
