"""`./dwelzo check`: every proof that the project agrees with itself, each told by name with its time.

All of them run, also after one has failed: whoever mends wants to see everything at once.
"""

import subprocess
import sys
from time import monotonic

from server.cli.screen import complain, progress, results
from server.config import ROOT

# The contract's own check starts a database of its own; it is a process like the others, so that all look
# alike.
PROOFS = {
    "format": ["ruff", "format", "--check"],
    "lint": ["ruff", "check"],
    "types": ["mypy"],
    "contract": ["server.contract.check"],
}


def check_all() -> int:
    """Run every proof; 0 where all hold."""
    failed = []
    for name, arguments in PROOFS.items():
        began = monotonic()
        with progress.status(name):
            outcome = subprocess.run(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        verdict = "holds" if outcome.returncode == 0 else "fails"
        results.print(f"{name:<10}{verdict} ({monotonic() - began:.1f} s)")
        if outcome.returncode != 0:
            failed.append(name)
            results.print(outcome.stdout.rstrip(), markup=False)
    if failed:
        complain(f"check: {', '.join(failed)} failed.")
    return 1 if failed else 0
