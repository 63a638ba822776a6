"""`./dwelzo generate`: the generators of `server.contract`, and the environment that one of them needs."""

import subprocess
import sys
from pathlib import Path

from server.cli.environment import ensure
from server.config import ROOT


def generate_all() -> int:
    """Write generated/ anew; returns the exit status."""
    codegen_python()
    return subprocess.run([sys.executable, "-m", "server.contract.generate"], cwd=ROOT).returncode


def codegen_python() -> Path:
    """The Python that has ariadne-codegen, which does not go together with the server's graphql-core."""
    return ensure(ROOT, ROOT / ".venv-codegen", "requirements-codegen.lock")
