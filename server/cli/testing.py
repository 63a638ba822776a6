"""`./dwelzo test`: pytest, side by side, with the programs that pip cannot install put there first.

Which test needs which program is said by the test: `@pytest.mark.needs("chromium")` (tests/plugin_needs.py).
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from server.cli.screen import complain, say, step
from server.config import ROOT


@dataclass(frozen=True)
class Program:
    """A program that a test may need: the names it goes by, and the Debian package it comes in."""

    names: tuple[str, ...]
    package: str

    def is_here(self) -> bool:
        return any(shutil.which(name) for name in self.names)


PROGRAMS = {"chromium": Program(("chromium",), "chromium")}


def run_tests(arguments: list[str], *, long: bool, require_all: bool) -> int:
    """Run pytest on what the arguments choose, and give its exit status."""
    _install_missing(_chosen(arguments))
    command = [sys.executable, "-m", "pytest"]
    if not any(re.fullmatch(r"-n.*|--numprocesses.*", argument) for argument in arguments):
        command += ["-n", "auto", "--dist", "worksteal"]
    if long:
        command += ["--long"]
    if require_all:
        command += ["--require-all"]
    return subprocess.run([*command, *arguments], cwd=ROOT).returncode


def _chosen(arguments: list[str]) -> list[Path]:
    """The test files that are going to run: those that are named, else all."""
    named = [ROOT / argument.partition("::")[0] for argument in arguments if not argument.startswith("-")]
    files = [file for path in named for file in ([path] if path.is_file() else path.rglob("test_*.py"))]
    return files or sorted((ROOT / "tests").rglob("test_*.py"))


def _install_missing(files: list[Path]) -> None:
    """Get what is missing from Debian's packages, where we may; else the tests tell which did not run."""

    needed = {name for file in files for name in re.findall(r'needs\("([\w-]+)"\)', file.read_text())}
    missing = [PROGRAMS[name] for name in sorted(needed) if not PROGRAMS[name].is_here()]
    if not missing:
        return
    packages = [program.package for program in missing]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        say(f"{', '.join(packages)} is missing; the tests that need it will not run")
        return
    for command in (
        ["apt-get", "update", "--quiet"],
        ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages],
    ):
        with step(" ".join(command)):
            outcome = subprocess.run(
                command,
                capture_output=True,
                text=True,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
        if outcome.returncode != 0:
            complain(f"{' '.join(command)} failed: {outcome.stderr.strip()[-300:]}")
            return
