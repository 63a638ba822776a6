"""Asks what the proofs are worth: deletes each line of schema/, sql/ and resolvers/ in turn; who notices?

A mutant is the checkout without one line. A line of the contract takes its description along, without which
it would not parse, and what spans several lines (a field with arguments, a type) goes once as a whole too.
A mutant is killed when the tree cannot be read, when a rule finds something (in a resolver, also ruff and
mypy), or when the tests of its stem fail, asked in that order. `generated/` is written anew for each: that it
would be stale counts for nothing. Blank lines, comments and lines of a description alone are no mutants; the
marks of a statement (`-- name:`, `-- clock:` …) are.

What lives on must stand in tests/surviving_lines.toml, with a reason.
"""

import argparse
import ast
import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
from graphql import Visitor, parse, visit

from server.config import ROOT
from server.contract.check import rule_findings
from server.contract.describe import Catalog, read_catalog
from server.contract.findings import Refused
from server.contract.generate import server_modules
from server.contract.printing import print_contract
from server.contract.tree import build_contract, migrated_database, read_tree
from server.embedded import Embedded
from server.migrations import read_migrations

SURVIVORS = "tests/surviving_lines.toml"
MIGRATIONS = "sql/migrations"
ROOMS = ("schema", "sql", "resolvers", MIGRATIONS)
# What the tests of a mutant need of the checkout.
COPIED = ("schema", "sql", "resolvers", "generated", "server", "tests", "sample", "web")
TEST_SECONDS = 900
# As tests/conftest.py has them: the variable that names running services, and the databases made there.
SERVICES = "DWELZO_TEST_SERVICES"
TEMPLATE = "sample_template"
TEST_DATABASES = "^(master_|unfinished$)"
# The tests of the tables by themselves, and of what reads and writes them without any noun's statements.
TABLES, ON_TABLES = "tables", ("import", "plans")


@dataclass(frozen=True, order=True)
class Mutant:
    """The checkout without a line: `text`, number `line`; gone are all from `first` to `last`."""

    path: str
    line: int
    text: str
    first: int
    last: int

    @property
    def room(self) -> str:
        """`schema`, `sql`, `resolvers`, or the migrations."""
        return self.path.rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str]:
        """What a survivor is known by: numbers change with every line above."""
        return self.path, self.text


@dataclass
class Report:
    """How many mutants there were, who killed how many, and who lives."""

    killed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    survivors: list[Mutant] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def lines(self) -> Iterator[str]:
        for room in self.killed:
            by = ", ".join(f"{killer} {count}" for killer, count in self.killed[room].most_common())
            alive = sum(mutant.room == room for mutant in self.survivors)
            mutants_ = self.killed[room].total() + alive
            yield f"{room}: {mutants_} mutants in {self.seconds[room]:.0f} s, {alive} live; killed by {by}"


def mutants(root: Path, rooms: Iterable[str] = ROOMS) -> list[Mutant]:
    """Every mutant of a checkout."""
    found = []
    for room in rooms:
        suffix, read = _READERS[room]
        for path in sorted((root / room).glob(f"*.{suffix}")):
            text = path.read_text(encoding="utf-8")
            where, lines = path.relative_to(root).as_posix(), text.splitlines()
            for first, line, last in read(text):
                whole = " …" if last > line else ""
                found.append(Mutant(where, line, lines[line - 1].strip() + whole, first, last))
    return found


# (first, line, last) of each mutant of a text.
Spans = Iterator[tuple[int, int, int]]


def _of_graphql(text: str) -> Spans:
    described, first, last = set[int](), dict[int, int](), dict[int, int]()

    class Elements(Visitor):
        def enter(self, node: Any, *_: Any) -> None:
            name, description = getattr(node, "name", None), getattr(node, "description", None)
            if description is None or name is None:
                return
            line = name.loc.start_token.line
            first[line] = description.loc.start_token.line
            last[line] = node.loc.end_token.line
            described.update(range(first[line], line))

    visit(parse(text), Elements())
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#") and number not in described:
            start = first.get(number, number)
            yield start, number, number
            if last.get(number, number) > number:
                yield start, number, last[number]


def _of_sql(text: str) -> Spans:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and (not line.strip().startswith("--") or _MARK.match(line)):
            yield number, number, number


def _of_python(text: str) -> Spans:
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documented |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#") and number not in documented:
            yield number, number, number


_MARK = re.compile(r"-- (name|not null|clock):")
_READERS: dict[str, tuple[str, Callable[[str], Spans]]] = {
    "schema": ("graphql", _of_graphql),
    "sql": ("sql", _of_sql),
    MIGRATIONS: ("sql", _of_sql),
    "resolvers": ("py", _of_python),
}


class Laboratory:
    """A copy of a checkout in which one mutant at a time lives, with two databases: one that all migrations
    have made, and an empty one in which mutated migrations are tried.
    """

    def __init__(
        self,
        root: Path,
        services: Mapping[str, str],
        migrated: asyncpg.Connection,
        empty: asyncpg.Connection,
    ) -> None:
        self.root, self._migrated, self._empty = root, migrated, empty
        self._environment = {**os.environ, SERVICES: json.dumps(dict(services))}
        self._catalog: Catalog | None = None
        # What follows from the texts of those that no rule has killed.
        self._generated: dict[Mutant, dict[str, str]] = {}
        self._nouns = sorted(path.stem for path in (root / "sql").glob("*.sql"))

    async def by_check(self, mutants_: Sequence[Mutant]) -> AsyncIterator[tuple[Mutant, str | None]]:
        """Each mutant with what kills it: `reading`, `migrations`, the name of a rule, or nothing."""
        for mutant in mutants_:
            if mutant.room == MIGRATIONS:
                continue
            with self._without(mutant):
                self._catalog = self._catalog or await read_catalog(self._migrated)
                yield mutant, await self._found(mutant, self._migrated, self._catalog)
        for path in sorted({mutant.path for mutant in mutants_ if mutant.room == MIGRATIONS}):
            async for outcome in self._migrations([m for m in mutants_ if m.path == path]):
                yield outcome

    async def _migrations(self, mutants_: Sequence[Mutant]) -> AsyncIterator[tuple[Mutant, str | None]]:
        """The mutants of one migration. Those before it are applied once; everything is taken back."""
        folder = self.root / MIGRATIONS
        before = [file for file in read_migrations(folder) if file.name < Path(mutants_[0].path).name]
        async with _taken_back(self._empty):
            for file in before:
                await self._empty.execute(file.sql)
            for mutant in mutants_:
                with self._without(mutant):
                    try:
                        async with _taken_back(self._empty):
                            for file in read_migrations(folder)[len(before) :]:
                                await self._empty.execute(file.sql)
                            catalog = await read_catalog(self._empty)
                            killer = await self._found(mutant, self._empty, catalog)
                    except asyncpg.PostgresError:
                        killer = "migrations"
                    await self._empty.reload_schema_state()
                    yield mutant, killer

    async def _found(self, mutant: Mutant, connection: asyncpg.Connection, catalog: Catalog) -> str | None:
        try:
            tree = await read_tree(self.root, connection, catalog, validated=False)
            finding = next(rule_findings(tree), None)
            if finding is None:
                build_contract(tree.definitions)
        except Refused:
            return "reading"
        if finding is None:
            contract = {"generated/schema.graphql": print_contract(self.root / "schema")}
            self._generated[mutant] = server_modules(tree) | contract
        return finding.rule if finding else None

    def by_tools(self, mutant: Mutant) -> str | None:
        """A resolver is Python: what `./dwelzo check` runs over Python sees it too."""
        with self._without(mutant):
            if self._run("ruff", "check", "--quiet", mutant.path):
                return "ruff"
            return "mypy" if self._run("mypy", "--no-error-summary", mutant.path) else None

    async def by_tests(self, mutant: Mutant) -> str | None:
        """Of one that the rules let live: the tests of its stem; what is nobody's stem is everybody's."""
        with self._without(mutant):
            kept = self._write(self._generated[mutant])
            try:
                return "tests" if await self.tests_fail(mutant) else None
            finally:
                self._write(kept)

    async def tests_fail(self, mutant: Mutant) -> bool:
        """Whether the tests of a mutant's stem fail in the copy as it is."""
        # The sample stays from run to run, but not where other migrations have made its tables.
        stale = f"{TEST_DATABASES}|^{TEMPLATE}$" if mutant.room == MIGRATIONS else TEST_DATABASES
        await self._drop(stale)
        try:
            return self._run("pytest", "-q", "-x", "-p", "no:cacheprovider", *self.tests_of(mutant)) != 0
        finally:
            await self._drop(stale)

    async def _drop(self, names: str) -> None:
        for row in await self._migrated.fetch("select datname from pg_database where datname ~ $1", names):
            await self._migrated.execute(f'drop database "{row["datname"]}" with (force)')

    def tests_of(self, mutant: Mutant) -> tuple[str, ...]:
        """A noun's file has the noun's tests; a migration those of the nouns in its name, and of what stands
        on tables alone. What names no noun is everybody's. Those that take least and notice most come first.
        """
        words = set(Path(mutant.path).stem.split("_"))
        nouns = [noun for noun in self._nouns if words & set(noun.split("_"))]
        if mutant.room != MIGRATIONS:
            nouns = [noun for noun in nouns if noun == Path(mutant.path).stem]
        files = nouns or self._nouns
        if mutant.room == MIGRATIONS:
            files = [TABLES, *files, *ON_TABLES]
        return tuple(f"tests/test_{file}.py" for file in files)

    def _run(self, module: str, *arguments: str) -> int:
        """The exit status; one that takes too long has failed."""
        try:
            return subprocess.run(
                [sys.executable, "-m", module, *arguments],
                cwd=self.root,
                env=self._environment,
                capture_output=True,
                timeout=TEST_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            return 1

    @contextmanager
    def _without(self, mutant: Mutant) -> Iterator[None]:
        path = self.root / mutant.path
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        del lines[mutant.first - 1 : mutant.last]
        path.write_text("".join(lines), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")

    def _write(self, files: Mapping[str, str]) -> dict[str, str]:
        """Writes files and returns what stood there."""
        before = {path: (self.root / path).read_text(encoding="utf-8") for path in files}
        for path, text in files.items():
            (self.root / path).write_text(text, encoding="utf-8")
        return before


@asynccontextmanager
async def _taken_back(connection: asyncpg.Connection) -> AsyncIterator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def laboratory(root: Path, services: Mapping[str, str]) -> AsyncIterator[Laboratory]:
    """A copy of a checkout and its databases on services that are there; both are gone afterwards."""
    url = services["DATABASE_DIRECT_URL"]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dwelzo-mutants-")))
        _copy(root, folder)
        migrated = await stack.enter_async_context(migrated_database(url, folder))
        name = f"mutants_{secrets.token_hex(6)}"
        await migrated.execute(f'create database "{name}"')
        stack.push_async_callback(migrated.execute, f'drop database "{name}" with (force)')
        empty = await asyncpg.connect(f"{url.rpartition('/')[0]}/{name}")
        stack.push_async_callback(empty.close)
        yield Laboratory(folder, services, migrated, empty)


def _copy(root: Path, folder: Path) -> None:
    """What rules and tests need of a checkout."""
    for name in COPIED:
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(root / name, folder / name, ignore=ignored)
    for path in (*root.glob("*.toml"), *root.glob("*.lock"), *root.glob("package*.json")):
        shutil.copy(path, folder / path.name)


async def run(
    laboratory_: Laboratory, mutants_: Sequence[Mutant], *, tests: bool, tell: Callable[[str], None]
) -> Report:
    """Tries the mutants; with `tests`, those that `check` lets live are tried by their stem's tests."""
    report, living = Report(), []
    began = monotonic()

    def note(mutant: Mutant, killer: str | None) -> None:
        nonlocal began
        report.seconds[mutant.room] += monotonic() - began
        began = monotonic()
        if killer is not None:
            report.killed[mutant.room][killer] += 1

    async for mutant, killer in laboratory_.by_check(mutants_):
        if killer is None and mutant.room == "resolvers":
            killer = laboratory_.by_tools(mutant)
        note(mutant, killer)
        if killer is None:
            living.append(mutant)
            tell(f"{mutant.path}:{mutant.line}: no rule notices: {mutant.text}")
    tell(f"{len(living)} of {len(mutants_)} mutants live after check")
    baselines = {laboratory_.tests_of(mutant): mutant for mutant in living} if tests else {}
    for names, mutant in baselines.items():
        if await laboratory_.tests_fail(mutant):
            raise SystemExit(f"{' '.join(names)}: the tests fail without any mutant, so they prove nothing.")
    for mutant in living:
        killer = await laboratory_.by_tests(mutant) if tests else None
        note(mutant, killer)
        if killer is None:
            report.survivors.append(mutant)
            tell(f"{mutant.path}:{mutant.line}: lives: {mutant.text}")
    return report


def excused(root: Path) -> dict[tuple[str, str], str]:
    """The lines that may live, with the reason: (path, text) -> reason."""
    listed = tomllib.loads((root / SURVIVORS).read_text(encoding="utf-8"))
    return {
        (entry["path"], line): entry["reason"] for entry in listed["survivors"] for line in entry["lines"]
    }


def disagreements(report: Report, excuses: Mapping[tuple[str, str], str]) -> list[str]:
    """What the report and the list of survivors do not agree on."""
    living = {mutant.key for mutant in report.survivors}
    return [
        f"{mutant.path}:{mutant.line}: nobody notices when this line is gone: {mutant.text}"
        for mutant in report.survivors
        if mutant.key not in excuses
    ] + [
        f"{SURVIVORS}: {path} is said to live without this line, but does not: {text}"
        for path, text in excuses
        if (path, text) not in living
    ]


async def mutate(
    root: Path,
    rooms: Iterable[str] = ROOMS,
    *,
    only: str = "",
    tests: bool = True,
    tell: Callable[[str], None] = print,
) -> Report:
    """The whole run on services of its own; with `only`, of the mutants whose `path:line` begins with it."""
    with (
        tempfile.TemporaryDirectory(prefix="dwelzo-mutate-") as home,
        Embedded(Path(home), durable=False) as services,
    ):
        async with laboratory(root, services) as laboratory_:
            chosen = [m for m in mutants(laboratory_.root, rooms) if f"{m.path}:{m.line}:".startswith(only)]
            return await run(laboratory_, chosen, tests=tests, tell=tell)


def main() -> int:
    """Prints what lives; 1 where that is not what the list of survivors says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--room", action="append", choices=ROOMS, help="only this room (may be given again)")
    parser.add_argument("--only", default="", help="only lines whose `path:line:` begins with this")
    parser.add_argument("--no-tests", action="store_true", help="only ask the rules, not the tests")
    given = parser.parse_args()

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    report = asyncio.run(
        mutate(ROOT, given.room or ROOMS, only=given.only, tests=not given.no_tests, tell=tell)
    )
    for line in report.lines():
        tell(line)
    if given.no_tests or given.only or given.room:
        return 0
    wrong = disagreements(report, excused(ROOT))
    for line in wrong:
        tell(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
