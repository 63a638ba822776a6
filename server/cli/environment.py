"""Makes a virtual environment agree with a lock file: creates, installs, repairs, or finds nothing to do.

It runs before any package is there (`dwelzo` starts it as a script, with whatever Python it found) and
again from the commands that need a second environment (`generate`, the build of the web assets). So it
imports the standard library only. Which Python and which lock to take is decided by the caller, not here.
"""

import fcntl
import filecmp
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The developers' lock is compiled on top of the server's, so whoever installed the first has the second too.
CONTAINS = {"requirements-dev.lock": "requirements.lock"}
NOTEWORTHY_SECONDS = 5.0


class InstallationFailed(Exception):
    """The environment cannot be made; the message says why and what to do."""


def ensure(root: Path, venv: Path, lock: str) -> Path:
    """Make the environment `venv` hold what `root/lock` says, in this Python's version; returns its Python.

    Safe to call from several processes at once, and after a call that was killed half-way.
    """
    with _exclusive(venv):
        if not _is_ours_to_fill(venv):
            raise InstallationFailed(
                f"{venv} exists and is no virtual environment; name another folder in DWELZO_VENV."
            )
        if not _is_complete(venv):
            _create(venv)
        if not is_ready(root, venv, lock):
            _install(root, venv, lock)
    return venv / "bin" / "python"


def is_ready(root: Path, venv: Path, lock: str) -> bool:
    """Whether the environment was installed from exactly this lock. `dwelzo` asks the same with `cmp`."""
    installed = venv / "installed" / lock
    return installed.is_file() and filecmp.cmp(root / lock, installed, shallow=False)


@contextmanager
def _exclusive(venv: Path) -> Iterator[None]:
    """One installer at a time. The kernel drops the lock with its process, so a killed one blocks nobody."""
    venv.parent.mkdir(parents=True, exist_ok=True)
    with venv.with_name(venv.name + ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            _say(f"waiting for process {handle.read().strip() or 'unknown'}, which installs into {venv.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _is_ours_to_fill(venv: Path) -> bool:
    return not venv.exists() or (venv / "pyvenv.cfg").is_file() or not any(venv.iterdir())


def _is_complete(venv: Path) -> bool:
    """Whether the environment stands whole: of this version, and not left half-way by a killed run."""
    python = venv / "bin" / "python"
    stamps = venv / "installed"
    if not os.access(python, os.X_OK) or not stamps.is_dir() or not any(stamps.iterdir()):
        return False
    return (venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}").is_dir()


def _create(venv: Path) -> None:
    _say(f"making {venv.name} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    shutil.rmtree(venv, ignore_errors=True)
    outcome = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(venv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if outcome.returncode != 0:
        raise InstallationFailed(
            f"Python could not make {venv}:\n{outcome.stdout.strip()}\n"
            "Install the venv module of this Python, or name another Python in DWELZO_PYTHON."
        )


def _install(root: Path, venv: Path, lock: str) -> None:
    """Install the lock. The stamps go first and come back last: without them all is made anew."""
    stamps = venv / "installed"
    shutil.rmtree(stamps, ignore_errors=True)
    count = sum(1 for line in (root / lock).read_text().splitlines() if re.match(r"[a-z0-9]", line))
    _say(f"installing the packages of {lock} (up to {count}) into {venv.name}")
    began = time.monotonic()
    command = [str(venv / "bin" / "python"), "-I", "-m", "pip", "install", "--no-deps", "--require-hashes"]
    command += [
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
        "--requirement",
        str(root / lock),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        output = _show_progress(pip.stdout, count)
    if pip.returncode != 0:
        raise InstallationFailed(
            "pip could not install the locked packages:\n"
            + "\n".join(f"  {line}" for line in output[-12:])
            + "\nCheck the network and the package index (pip config list), then run the command again."
        )
    stamps.mkdir()
    for name in (CONTAINS.get(lock), lock):
        if name is not None:
            shutil.copyfile(root / name, stamps / f"{name}.partial")
            (stamps / f"{name}.partial").rename(stamps / name)
    _say(f"installed in {time.monotonic() - began:.0f} s")


def _show_progress(lines: Iterator[str], count: int) -> list[str]:
    """Show how far pip is: a moving line in a terminal, else one every few seconds. Returns all lines."""

    seen, output, last = 0, [], time.monotonic()
    for line in lines:
        output.append(line.rstrip())
        if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line):
            seen += 1
            step = f"{seen}/{count} {found[1]}"
        elif line.startswith("Installing collected"):
            step = "unpacking"
        else:
            continue
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K  {step}")
            sys.stderr.flush()
        elif step == "unpacking" or time.monotonic() - last > NOTEWORTHY_SECONDS:
            last = time.monotonic()
            _say(f"  {step}")
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    return output


def _say(sentence: str) -> None:
    sys.stderr.write(f"dwelzo: {sentence}\n")
    sys.stderr.flush()


def main(root: str, venv: str, lock: str) -> int:
    try:
        ensure(Path(root), Path(venv).absolute(), lock)
    except InstallationFailed as failure:
        _say(str(failure))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the next run starts the installation again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
