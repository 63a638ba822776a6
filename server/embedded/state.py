"""The state folder: who holds it, the secrets made for it, and the notes about the processes that run on it.

One process holds the folder at a time, by a lock that the kernel drops with the process. The notes are what
the next holder finds after a crash.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any, TextIO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
# Root's PostgreSQL runs as another user, who must be able to pass through the folder to its own data.
STATE_FOLDER = 0o711 if os.geteuid() == 0 else PRIVATE_FOLDER


_MEMORY = Path("/dev/shm")  # noqa: S108  # on Linux a file system in memory
_ROOM = 2_000_000_000


def passing_folder(prefix: str) -> "TemporaryDirectory[str]":
    """A folder for services that nobody needs after the block: in memory, where the system has room there, as
    a database is copied in a third of the time that a disk takes. Its path is short enough for a socket.
    """
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and disk_usage(_MEMORY).free > _ROOM
    return TemporaryDirectory(prefix=prefix, dir=_MEMORY if in_memory else None)


class EmbeddedError(Exception):
    """The embedded services cannot run; the message is a sentence with its cure."""


class StateFolderInUse(EmbeddedError):
    """Another process holds the state folder."""


class StateFolderUnusable(EmbeddedError):
    """The state folder cannot be made or written by this user."""


class StateFolder:
    """The files of one clone's embedded services, and the right to use them."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: TextIO | None = None

    def claim(self) -> None:
        """Take the folder for this process, or raise StateFolderInUse that names the process that has it."""
        try:
            self.path.mkdir(mode=STATE_FOLDER, parents=True, exist_ok=True)
            owner = self.path.stat().st_uid
            if owner != os.geteuid():
                raise StateFolderUnusable(
                    f"The state folder {self.path} belongs to user {owner}, and this is user {os.geteuid()}. "
                    "Run as that user, or name another folder in DWELZO_HOME."
                )
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise StateFolderUnusable(
                f"The state folder {self.path} cannot be made or written ({error.strerror}). "
                "Name another folder in DWELZO_HOME."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            holder = self.holder()
            raise StateFolderInUse(
                f"The state folder {self.path} is in use by process {holder or 'unknown'}. "
                f"Stop it (kill {holder or 'PID'}), or name another folder in DWELZO_HOME."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def holder(self) -> int | None:
        """The process that holds the folder; None when nobody ever did."""
        try:
            return int((self.path / "lock").read_text())
        except (OSError, ValueError):
            return None

    def folder(self, name: str) -> Path:
        path = self.path / name
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)

        return path

    def secret(self, name: str) -> str:
        """A secret of this folder, made when it is first asked for and kept from then on."""
        known = self.read("secrets")
        if name not in known:
            known[name] = secrets.token_urlsafe(36)
            self.write("secrets", known)
        return str(known[name])

    def read(self, name: str) -> dict[str, Any]:
        """A note: empty when it was never written or the machine stopped while it was."""
        try:
            note = json.loads((self.path / f"{name}.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def write(self, name: str, note: Mapping[str, Any]) -> None:
        """Replace a note as a whole, readable by its owner only."""
        partial = self.path / f"{name}.json.partial"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w") as file:
            json.dump(note, file)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.path / f"{name}.json")

    def forget(self, name: str) -> None:
        (self.path / f"{name}.json").unlink(missing_ok=True)
