"""How the loads of `server.ingest` are shown: a bar while they run, counts at their end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from server.cli.screen import progress, results, say
from server.ingest import importer, synthetic

QUIET_SECONDS = 5.0


@contextmanager
def following(what: str) -> Iterator[Callable[[importer.Progress], None]]:
    """A callback for a load. A terminal gets a bar, a log gets a line every few seconds."""
    if not progress.is_terminal:
        yield _lines(what)
        return
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=progress, transient=True) as bar:
        task = bar.add_task(what, total=None, unit="")

        def move(to: importer.Progress) -> None:
            bar.update(task, completed=to.done, total=to.total, unit=to.unit)

        yield move


def show_import(report: importer.ImportReport) -> None:
    table = _table("listings")
    for name in ("read", "inserted", "updated", "unchanged", "rejected"):
        table.add_row(name, f"{getattr(report, name):,}")
    for resource, counts in report.related.items():
        table.add_row(f"{resource} inserted", f"{counts.inserted:,}")
        if counts.updated:
            table.add_row(f"{resource} updated", f"{counts.updated:,}")
    results.print(table)
    if report.ignored_fields:
        results.print(f"Columns that no field takes: {', '.join(report.ignored_fields)}")
    if report.rejects_path:
        results.print(f"Rejected rows, with line and reason: {report.rejects_path}")


def show_generated(made: synthetic.Generated) -> None:
    table = _table("rows")
    table.add_row("listings inserted", f"{made.inserted:,}")
    table.add_row("listings there before", f"{made.unchanged:,}")
    for name in ("media", "reviews", "open_houses"):
        table.add_row(f"{name.replace('_', ' ')} inserted", f"{getattr(made, name):,}")
    results.print(table)


def _lines(what: str) -> Callable[[importer.Progress], None]:
    last = monotonic()

    def tell(to: importer.Progress) -> None:
        nonlocal last
        if monotonic() - last > QUIET_SECONDS:
            last = monotonic()
            say(f"{what}: {to.done:,} of {to.total:,} {to.unit}")

    return tell


def _table(what: str) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(what)
    table.add_column("count", justify="right")
    return table
