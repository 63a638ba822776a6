"""What the commands write on: results to standard output, everything on the way to standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.text import Text

results = Console(highlight=False, soft_wrap=True)
progress = Console(stderr=True, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """Tell what is going on."""
    progress.print(Text(f"  {sentence}", style="dim"))


def complain(sentence: str) -> None:
    """Tell why it does not go on."""
    progress.print(Text(sentence, style="red" if progress.is_terminal else ""))


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show what is being waited for; afterwards how long it took, where that was over a second."""
    began = monotonic()
    with progress.status(what):
        yield
    if monotonic() - began > 1:
        say(f"{what}: {monotonic() - began:.1f} s")
