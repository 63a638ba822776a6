"""Copies of the checkout that a test may break, and what `check` finds in them."""

import shutil
from pathlib import Path

import asyncpg

from server.config import ROOT
from server.contract.check import check_rules
from server.contract.findings import Finding

ROOMS = ("schema", "sql", "resolvers", "server/auth", "server/rest")
FILES = ("server/worker.py",)


def copy_of_checkout(folder: Path) -> Path:
    """What the rules read of this checkout; of the tests only that they are there."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, folder / file)
    (folder / "tests").mkdir()
    for path in sorted((ROOT / "sql").glob("*.sql")):
        (folder / "tests" / f"test_{path.stem}.py").touch()
    return folder


def edit(root: Path, path: str, old: str, new: str) -> None:
    """Replaces the one place where a file has a text."""
    text = (root / path).read_text()
    assert text.count(old) == 1, f"{path} has {text.count(old)} places with {old!r}"
    (root / path).write_text(text.replace(old, new))


async def find(root: Path, connection: asyncpg.Connection) -> list[Finding]:
    """What the rules find in a checkout whose migrations are those of this one."""
    found, _ = await check_rules(root, connection)
    return found


def line_of(root: Path, finding: Finding) -> str:
    """The line that a finding points at."""
    return (root / finding.path).read_text().splitlines()[finding.line - 1]
