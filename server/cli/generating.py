"""`./dwelzo generate`: runs the generators of `server.contract` and tells which files changed."""

from server.cli.screen import progress, results
from server.config import ROOT
from server.contract.generate import generate


def generate_all() -> None:
    with progress.status("generating"):
        changed = generate(ROOT)
    for path in changed:
        results.print(f"wrote {path}", markup=False)
    results.print(f"{len(changed)} files changed." if changed else "Everything was up to date.")
