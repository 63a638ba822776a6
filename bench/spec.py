"""The same server for an outside comparison: files with what is to be asked, and the data kept as they were.

The comparison sends the same headers with all requests of a file. So there are two: one for what anybody may
ask, and one with the token of one author, who writes a review of each listing.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.installation import Installation, Server, ServerFailed
from bench.market import Market
from bench.operations import OPERATIONS, Operation

# Enough that a load of eight seconds sends none twice: a second review of the same listing would be refused.
SETS = 40_000
_LOOK_SECONDS = 0.02
# Between two loads the server pauses: reviews go at once, what they leave behind when it pauses longer.
_FORGET_SECONDS, _TIDY_SECONDS = 0.08, 2.0


def write_specs(file: Path, made: Installation, market: Market) -> tuple[Path, Path]:
    """Write both files: for anybody, and for the author beside it."""
    open_to_all = [operation for operation in OPERATIONS if operation.subject != "review"]
    # Q5 also with a token: what it costs then more is the price of verifying one.
    signed = [operation for operation in OPERATIONS if operation.subject in ("nothing", "review")]
    beside = file.with_name(f"{file.stem}-signed{file.suffix}")
    _write(file, made, market, open_to_all, {})
    _write(beside, made, market, signed, {"Authorization": f"Bearer {made.token(market.authors[0])}"})
    return file, beside


def arguments(server: Server, file: Path, signed: Path) -> list[str]:
    """With which the comparison takes the server in."""
    given = [f"--variants {SETS}"]
    for name, spec in (("dwelzo", file), ("dwelzo_signed", signed)):
        given.append(
            f"--extra {name}={server.url} --extra-pid {server.pid} --extra-queries {spec.absolute()}"
        )
    return given


async def keep_fit(made: Installation, server: Server) -> None:
    """Delete what was written, whenever the server pauses; as long as it lives.

    Loads write the same reviews again, so those of the one before must be gone. Its CPU tells that the server
    pauses; PostgreSQL is asked nothing before, as that would be counted for the server.
    """
    process = psutil.Process(server.pid)
    spent, worked, looked = _spent(process), time.monotonic(), 0.0
    untidy = False
    async with made.connection() as connection:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            before, spent, now = spent, _spent(process), time.monotonic()
            if spent != before:
                worked = now
            elif min(now - worked, now - looked) > _FORGET_SECONDS:
                untidy |= await made.forget_reviews(connection) > 0
                looked = now
                if untidy and now - worked > _TIDY_SECONDS:
                    await made.tidy_up(connection)
                    untidy = False


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        raise ServerFailed("The server has ended.") from None
    return times.user + times.system


def _write(
    file: Path, made: Installation, market: Market, operations: list[Operation], headers: dict[str, str]
) -> None:
    queries: dict[str, Any] = {}
    for operation in operations:
        asked = market.requests(operation, SETS, authors=1)
        queries[operation.name] = {"query": operation.document}
        if operation.subject != "nothing":
            queries[operation.name]["variables"] = [each.variables for each in asked]
    spec = {"headers": headers, "postmaster_pid": made.postmaster, "queries": queries}
    file.write_bytes(orjson.dumps(spec))
