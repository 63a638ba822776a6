"""Where the server's time goes while it answers one operation: by part (a room, a library) and by function.

What is not written in Python (uvloop, asyncpg's protocol, orjson) is counted for the function that
called it; what the event loop does itself, for the event loop, or for the function that it calls next.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.installation import Installation, ServerFailed, serving
from bench.market import Market
from bench.measuring import Bench
from bench.operations import Operation
from server.config import ROOT

_WRITE_SECONDS = 20.0
_LOOP = "event loop (uvloop)"
_PARTS = {
    "uvicorn": "uvicorn",
    "starlette": "Starlette",
    "asyncpg": "database (asyncpg, databases)",
    "databases": "database (asyncpg, databases)",
    "server/database.py": "database (asyncpg, databases)",
    "graphql": "graphql-core",
    "ariadne": "Ariadne",
    "joserfc": "tokens (joserfc, cryptography)",
    "cryptography": "tokens (joserfc, cryptography)",
    "server/auth/": "tokens (joserfc, cryptography)",
    "sqlalchemy": "SQLAlchemy",
    "server/cli/answering.py": _LOOP,
    "bench/profiled_server.py": _LOOP,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A function on the stack; `line` is the one that ran, of the innermost."""

    file: str
    name: str
    line: int

    @property
    def place(self) -> str:
        """A file of ours from the root, a library by its package; nothing for Python's own modules."""
        path = Path(self.file)
        if "site-packages" in path.parts:
            return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
        return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""

    @property
    def part(self) -> str:
        for folder in ("server/auth/", "server/execution/", "server/protocol/"):
            if self.place.startswith(folder):
                return _PARTS.get(folder, folder)
        return _PARTS.get(self.place, self.place)

    def __str__(self) -> str:
        path = Path(self.file)
        if "site-packages" in path.parts:
            shown = "/".join(path.parts[path.parts.index("site-packages") + 1 :])
        elif path.is_relative_to(ROOT):
            shown = path.relative_to(ROOT).as_posix()
        else:
            shown = "/".join(path.parts[-2:])
        return f"{self.name.replace('<locals>.', '')} {shown}"


@dataclass(frozen=True, slots=True)
class Profile:
    """How many samples met a part or a function: itself, or with all that it called."""

    operation: Operation
    cpu: float
    samples: int = 0
    parts: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    lines: Counter[tuple[str, int]] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)

    def dearest_line(self, function: str) -> int:
        """The line of a function that was met most often."""
        return max((count, line) for (name, line), count in self.lines.items() if name == function)[1]


def profile(
    made: Installation, market: Market, operation: Operation, seconds: float, connections: int
) -> Profile:
    """Measure the server, then load it with a sampler in it."""
    file = made.state.folder("profiles") / f"{operation.name}.json"
    file.unlink(missing_ok=True)
    with serving(made, ("-m", "bench.profiled_server", str(file))) as server:
        bench = Bench(made, server, market, seconds=seconds, connections=connections)
        cpu = bench.measure([operation], 1)[0].typical("server_cpu")
        os.kill(server.pid, signal.SIGUSR1)
        bench.ask(operation)
        os.kill(server.pid, signal.SIGUSR2)
        _await(file)
    return _counted(operation, cpu, list(_stacks(file)))


def _await(file: Path) -> None:
    until = time.monotonic() + _WRITE_SECONDS
    while not file.exists():
        if time.monotonic() > until:
            raise ServerFailed(f"The profiled server did not write {file}.")
        time.sleep(0.02)


def _stacks(file: Path) -> Iterator[tuple[list[Frame], int]]:
    for stack, count in orjson.loads(file.read_bytes()):
        yield [Frame(*frame) for frame in stack], count


def _counted(operation: Operation, cpu: float, stacks: Sequence[tuple[list[Frame], int]]) -> Profile:
    made = Profile(operation, cpu, sum(count for _, count in stacks))
    for stack, count in stacks:
        innermost = str(stack[0])
        # Python's own modules are part of whatever calls them.
        made.parts[next((frame.part for frame in stack if frame.place), "Python")] += count
        made.functions[innermost] += count
        made.lines[innermost, stack[0].line] += count
        for name in {str(frame) for frame in stack}:
            made.inclusive[name] += count
    return made
