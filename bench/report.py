"""How results are shown, and how they are kept."""

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from rich.table import Table

from bench.measuring import Result
from bench.profiling import Profile
from bench.shortcuts import Saved

_VERSIONS = ("ariadne", "graphql-core", "starlette", "uvicorn", "uvloop", "asyncpg", "orjson")
_PLAIN: Any = {"box": None, "padding": (0, 2, 0, 0)}
_COLUMNS = (
    "",
    "server\nCPU ms",
    "\nspread",
    "PostgreSQL\nCPU ms",
    "requests\na second",
    "\np50 ms",
    "\np99 ms",
    "alone\np50 ms",
    "alone\np99 ms",
    "memory\nMB",
)


def table(results: list[Result]) -> Table:
    """An operation a line: medians over the rounds, and how far apart the rounds' CPU was."""
    made = _table(*_COLUMNS)
    for result in results:
        cpu = [each.server_cpu for each in result.loaded]
        made.add_row(
            result.operation.name,
            f"{result.typical('server_cpu'):.3f}",
            f"{(max(cpu) - min(cpu)) / result.typical('server_cpu'):.0%}",
            f"{result.typical('postgresql_cpu'):.3f}",
            f"{result.typical('a_second'):,.0f}",
            f"{result.typical('p50'):.2f}",
            f"{result.typical('p99'):.2f}",
            f"{result.typical('p50', alone=True):.2f}",
            f"{result.typical('p99', alone=True):.2f}",
            "-" if result.memory is None else f"{result.memory:.0f}",
        )
    return made


def record(results: list[Result], properties: int) -> dict[str, Any]:
    """All rounds with the circumstances, for a file."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "processors": os.cpu_count()},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _VERSIONS},
        "properties": properties,
        "rounds": {
            result.operation.name: [asdict(each) for each in (*result.loaded, *result.alone)]
            for result in results
        },
    }


def profile_tables(found: Profile, most: int = 15) -> tuple[Table, Table]:
    """Where one operation's time goes: all of it by part, and the functions that take most themselves."""
    parts = _table("part", "%", "µs a request")
    for name, count in found.parts.most_common():
        share = count / found.samples
        parts.add_row(name, f"{share:.1%}", f"{share * found.cpu * 1000:.0f}")
    functions = Table("itself", "with what it calls", "function and its dearest line", **_PLAIN)
    for name, count in found.functions.most_common(most):
        own, inclusive = count / found.samples, found.inclusive[name] / found.samples
        functions.add_row(f"{own:6.1%}", f"{inclusive:6.1%}", f"{name}:{found.dearest_line(name)}")
    return parts, functions


def shortcuts_table(saved: list[Saved]) -> Table:
    """A short cut a line, in microseconds."""
    made = _table("what is left out", "before", "after")
    for each in saved:
        made.add_row(each.what, f"{each.before:.1f}", f"{each.after:.1f}")
    return made


def _table(*columns: str) -> Table:
    """The first column is words, the others are numbers."""
    made = Table(**_PLAIN)
    made.add_column(columns[0], min_width=2)
    for column in columns[1:]:
        made.add_column(column, justify="right", no_wrap=True)
    return made
