"""What the rooms owe each other: every stem stands in each of them, and what one makes another one uses."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType

from server.contract.findings import Finding, Refused
from server.contract.rules import Flaw, TreeRule, of
from server.contract.rules.sdl import own_types
from server.contract.tree import Place, Tree
from server.names import to_pascal

# Files of schema/ that are no nouns, with the reason.
NO_NOUNS = {
    "directives": "what the contract says about its own elements",
    "lookups": "RESO's enumerations: labels, which the database has as types",
    "root": "what every noun shares",
    "scalars": "implemented by server/scalars.py",
}
ROOMS = {
    "schema": "schema/{stem}.graphql",
    "sql": "sql/{stem}.sql",
    "resolvers": "resolvers/{stem}.py",
    "tests": "tests/test_{stem}.py",
}
# Who may call a noun's statements (design: the request path knows no nouns).
CALLERS = (
    "resolvers/*.py",
    "server/auth/*.py",
    "server/ingest/**/*.py",
    "server/rest/**/*.py",
    "server/worker.py",
)


def stem_missing(tree: Tree) -> Iterator[Flaw]:
    """A noun has a file in every room."""
    stems = {path.stem for path in (tree.root / "schema").glob("*.graphql")} - NO_NOUNS.keys()
    stems |= {path.stem for path in (tree.root / "sql").glob("*.sql")}
    stems |= {path.stem for path in (tree.root / "resolvers").glob("*.py")} - {"__init__"}
    for stem in sorted(stems):
        for path in (pattern.format(stem=stem) for pattern in ROOMS.values()):
            if not (tree.root / path).exists():
                yield Flaw(
                    Place(path, 1),
                    f"{stem} has no such file.",
                    "Write it, or take the noun out of every room.",
                )


def import_unknown(tree: Tree) -> Iterator[Flaw]:
    """What is imported from `generated/` follows from SDL or SQL."""
    made: dict[str, set[str]] = {"generated.types": set()}
    for type_ in own_types(tree.schema):
        if isinstance(type_, GraphQLEnumType | GraphQLInputObjectType):
            made["generated.types"].add(type_.name)
    for statement in tree.statements:
        names = made.setdefault(f"generated.sql.{statement.stem}", set())
        names |= {statement.name, statement.name.upper(), f"{to_pascal(statement.name)}Row"}
    for path, line, module, name in generated_imports(tree.root):
        if name not in made.get(module, ()):
            source = "schema/" if module == "generated.types" else f"sql/{module.rpartition('.')[2]}.sql"
            yield Flaw(
                Place(path, line),
                f"imports {name}, which does not follow from {source}.",
                f"Add it to {source}, or do not import it.",
            )


def statement_unused(tree: Tree) -> Iterator[Flaw]:
    """Every statement is called by somebody who may."""
    called = {name for _, _, _, name in generated_imports(tree.root)}
    for statement in tree.statements:
        if not called & {statement.name, statement.name.upper()}:
            yield of(statement, "nobody uses the statement.", "Use it in resolvers/, or delete it.")


def generated_imports(root: Path) -> Iterator[tuple[str, int, str, str]]:
    """(path, line, module, name) of each name that a caller imports from `generated/` and mentions again."""
    for path in sorted(path for pattern in CALLERS for path in root.glob(pattern)):
        where = path.relative_to(root).as_posix()
        for line, module, name in _imports(where, path.read_text(encoding="utf-8")):
            yield where, line, module, name


def other_callers(root: Path) -> Iterator[ast.Module]:
    """The modules outside of `resolvers/` that may call statements."""
    for pattern in CALLERS[1:]:
        for path in sorted(root.glob(pattern)):
            yield _parsed(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@lru_cache(maxsize=64)
def _imports(where: str, text: str) -> tuple[tuple[int, str, str], ...]:
    """The same of one text. Several rules ask it, and mutate.py for the same texts thousands of times."""
    try:
        syntax = ast.parse(text, where)
    except SyntaxError as error:
        raise Refused(
            Finding(where, error.lineno or 1, "resolver-imports", f"{error.msg}.", "Mend the module.")
        ) from None
    mentioned = {node.id for node in ast.walk(syntax) if isinstance(node, ast.Name)}
    return tuple(
        (node.lineno, node.module, alias.name)
        for node in ast.walk(syntax)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("generated.")
        for alias in node.names
        if (alias.asname or alias.name) in mentioned
    )


RULES: tuple[TreeRule, ...] = (stem_missing, import_unknown, statement_unused)
