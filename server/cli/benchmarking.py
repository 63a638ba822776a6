"""`./dwelzo bench`: measures the server, shows where its time goes, or serves it to a comparison."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import uvloop

from bench.installation import Installation, installation, serving
from bench.market import Market
from bench.measuring import Bench
from bench.operations import NAMES, Operation, named
from bench.profiling import profile
from bench.report import profile_tables, record, shortcuts_table, table
from bench.shortcuts import shortcuts
from bench.spec import arguments, keep_fit, write_specs
from server.cli.failures import Refusal
from server.cli.reports import following
from server.cli.screen import progress, results, say, step
from server.cli.serving import until_stopped
from server.config import state_folder
from server.embedded import Embedded
from server.embedded.services import PostgreSQL, Valkey


def chosen(names: str) -> list[Operation]:
    """Operations by their names, separated by commas."""
    wanted = [name.strip().upper() for name in names.split(",")]
    if unknown := [name for name in wanted if name not in NAMES]:
        raise Refusal(f"There is no {unknown[0]}; choose of {', '.join(NAMES)}.")
    return [named(name) for name in wanted]


def measure(
    operations: list[Operation],
    properties: int,
    seconds: float,
    rounds: int,
    connections: int,
    file: Path | None,
    *,
    rates: bool,
    signed: bool,
) -> None:
    """Measure, and show the table; the file gets every round."""
    with (
        _prepared(properties) as (made, market),
        serving(made, rates=rates) as server,
        progress.status("measuring"),
    ):
        bench = Bench(made, server, market, seconds=seconds, connections=connections, signed=signed)
        measured = bench.measure(operations, rounds, say)
    results.print(table(measured))
    for operation in operations:
        results.print(f"{operation.name}: {operation.what}", style="dim")
    if file is not None:
        file.write_bytes(orjson.dumps(record(measured, properties), option=orjson.OPT_INDENT_2))
        say(f"wrote {file}")


def show_profiles(operations: list[Operation], properties: int, seconds: float, connections: int) -> None:
    """Show where the time of each operation goes."""
    with _prepared(properties) as (made, market):
        for operation in operations:
            with step(f"profiling {operation.name}"):
                found = profile(made, market, operation, seconds, connections)
            results.print(
                f"{operation.name}, {operation.what}: {found.cpu:.3f} ms of CPU, {found.samples} samples\n"
            )
            for each in profile_tables(found):
                results.print(each)
                results.print()


def show_shortcuts() -> None:
    """Show what each short cut of a request saves."""
    with (
        tempfile.TemporaryDirectory(prefix="dwelzo-bench-") as home,
        Embedded(Path(home), (PostgreSQL(), Valkey()), durable=False) as services,
        step("measuring short cuts"),
    ):
        saved = uvloop.run(shortcuts(services["DATABASE_URL"], services["REDIS_URL"]))
    results.print(shortcuts_table(saved))


def serve_to_comparison(properties: int, file: Path) -> None:
    """Write what a comparison asks, and serve until a signal comes."""
    with until_stopped(), _prepared(properties) as (made, market):
        with step("writing what is asked"):
            files = write_specs(file, made, market)
        with serving(made) as server:
            results.print(
                f"{server.url} is process {server.pid}, its PostgreSQL is process {made.postmaster}."
            )
            results.print("A comparison takes it in with:")
            for argument in arguments(server, *files):
                results.print(f"  {argument}")
            results.print("Ctrl-C ends it.")
            asyncio.run(keep_fit(made, server))


@contextmanager
def _prepared(properties: int) -> Iterator[tuple[Installation, Market]]:
    with installation(state_folder() / "bench", properties) as made:
        with following("inventing listings") as on_progress:
            asyncio.run(made.prepare(on_progress))
        with step("choosing what to ask"):
            market = asyncio.run(Market.read(made.url))
        yield made, market
