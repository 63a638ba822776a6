"""`./dwelzo lock`: writes the lock files from pyproject.toml, with hashes and without any index's address."""

import shutil
import subprocess

from server.cli.failures import Refusal
from server.cli.screen import step
from server.config import ROOT

UV = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"]
UV += ["--no-emit-index-url", "--no-header", "--no-annotate", "--upgrade"]

# The developers' lock is resolved with the server's as a constraint, so that it contains exactly that.
LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev", "--constraint", "requirements.lock"],
    "requirements-codegen.lock": ["--group", "codegen"],
    "requirements-web.lock": ["--group", "web"],
}


def lock_all() -> None:
    if shutil.which("uv") is None:
        raise Refusal("The locks are written by uv, which is not on PATH; install it: pip install uv.")
    for lock, sources in LOCKS.items():
        with step(f"resolving {lock}"):
            outcome = subprocess.run(
                [*UV, *sources, "--output-file", lock], cwd=ROOT, capture_output=True, text=True
            )
        if outcome.returncode != 0:
            raise Refusal(f"uv could not resolve {lock}:\n{outcome.stderr.strip()}")
