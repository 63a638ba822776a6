"""Reads a checkout, applies every rule, and compares `generated/` with what should be there.

Rules that need what cannot be read are left out until it can; all others speak at once.
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from server.config import ROOT
from server.contract.findings import Finding, Refused
from server.contract.generate import client_files, expected_files, server_modules, stale
from server.contract.resolving import read_resolvers
from server.contract.rules import (
    Checkout,
    access,
    database,
    findings,
    resolvers,
    rooms,
    sdl,
    sdl_and_sql,
    sql,
)
from server.contract.tree import Tree, migrated_database, private_postgres, read_tree
from server.migrations import MigrationError
from server.schema import build_schema

TREE_RULES = (
    *sdl_and_sql.TREE_RULES,
    *sdl.RULES,
    *access.TREE_RULES,
    *sql.RULES,
    *database.RULES,
    *rooms.RULES,
)
CHECKOUT_RULES = (*sdl_and_sql.RULES, *resolvers.RULES, *access.RULES)

# What is found while reading, before any rule of rules/ can speak.
READING_RULES = {
    "sdl-valid": "The SDL is valid GraphQL.",
    "statement-form": "A statement has a header that names its kind, and a body.",
    "statement-name": "A statement's name is its own.",
    "statement-prepares": "PostgreSQL, with all migrations applied, prepares the statement.",
    "column-twice": "A statement gives each column a name of its own.",
    "unknown-mark": "A mark names a column that the statement selects.",
    "needless-mark": "What is marked `-- not null:` could be null without the mark.",
    "migration-applies": "The migrations apply to an empty database, in order and without a gap.",
    "resolver-imports": "A module of `resolvers/` can be imported, and lists its bindables.",
    "start-refused": "The server can join contract and resolvers to an executable schema.",
    "generated-stale": "`generated/` is what follows from SDL, SQL and operations.",
}
# With one of these, what follows from SDL and SQL cannot be written, and no resolver be imported.
UNGENERATED = ("auth-unknown", "column-unwritable", "statement-prepares")
_MIGRATION = re.compile(r"(\d{4}_[a-z0-9_]+\.sql)(?::(\d+))?")


def check(root: Path = ROOT) -> list[Finding]:
    """Every finding of a checkout, by file and line; starts a PostgreSQL of its own."""
    with private_postgres() as url:
        return asyncio.run(check_on(url, root))


async def check_on(url: str, root: Path) -> list[Finding]:
    """The same on a PostgreSQL that is there: a database is made in it and dropped again."""
    try:
        async with migrated_database(url, root) as connection:
            found, tree = await check_rules(root, connection)
    except MigrationError as error:
        return [migration_finding(error)]
    if tree is None or any(finding.rule in UNGENERATED for finding in found):
        return found
    return sorted(found + check_generated(tree, client=not found))


async def check_rules(root: Path, connection: asyncpg.Connection) -> tuple[list[Finding], Tree | None]:
    """What the rules find, and the tree where it could be read; `generated/` is not looked at."""
    try:
        tree = await read_tree(root, connection)
    except Refused as refused:
        return [refused.finding], None
    return sorted(set(rule_findings(tree))), tree


def rule_findings(tree: Tree) -> Iterator[Finding]:
    """What the rules find in a tree, one after the other as they are asked for."""
    seen: set[str] = set()

    def noted(found: list[Finding]) -> list[Finding]:
        seen.update(finding.rule for finding in found)
        return found

    yield from noted(tree.findings)
    try:
        for rule in TREE_RULES:
            yield from noted(findings(rule, tree))
        if seen.intersection(UNGENERATED):
            return
        checkout = Checkout(tree, read_resolvers(tree.root, server_modules(tree)))
        for checkout_rule in CHECKOUT_RULES:
            yield from noted(findings(checkout_rule, checkout))
        if not seen:
            yield from _check_start(checkout)
    except Refused as refused:
        # A module that imports what is not there was found by name already.
        if "import-unknown" not in seen:
            yield refused.finding


def check_generated(tree: Tree, *, client: bool) -> list[Finding]:
    """The files of `generated/` that are not what follows from the texts; the client takes seconds."""
    files = expected_files(tree)
    paths = stale(tree.root, files)
    if client and (tree.root / "codegen.toml").exists():
        paths += stale(tree.root, client_files(tree.root, files["generated/schema.graphql"]))
    return sorted(
        Finding(path, 1, "generated-stale", "is not what follows from the texts.", "Run ./dwelzo generate.")
        for path in paths
    )


def _check_start(checkout: Checkout) -> list[Finding]:
    try:
        build_schema(checkout.tree.root / "schema", checkout.resolvers.modules)
    except Exception as error:
        return [Finding("schema", 1, "start-refused", f"The server would not start: {error}.", "Mend it.")]
    return []


def migration_finding(error: MigrationError) -> Finding:
    """A migration that does not apply, at its line where PostgreSQL named one."""
    named = _MIGRATION.search(str(error))
    path = f"sql/migrations/{named[1]}" if named else "sql/migrations"
    line = int(named[2] or 1) if named else 1
    return Finding(path, line, "migration-applies", str(error), "Mend the file.")


def main() -> int:
    """Prints what is found; 1 where there is anything."""
    found = check(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
    sys.stdout.writelines(f"{finding}\n" for finding in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
