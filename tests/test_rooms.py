"""The rooms and who may enter them: walks every import and says which one goes the wrong way."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from server.config import ROOT

# What the server offers to resolvers; everything else of it is its own business.
PORTS = frozenset(
    "server." + port
    for port in (
        "auth",
        "composition",
        "context",
        "errors",
        "ids",
        "jobs",
        "loaders",
        "mail",
        "mutations",
        "schema",
        "search",
        "storage",
    )
)
# Where the server may name a noun's statements.
NOUNS_ALLOWED = ("server/auth/", "server/ingest/", "server/rest/", "server/worker.py")
COMPOSERS = ("server/app.py", "server/contract/")


class Import(NamedTuple):
    """A module that a file imports."""

    path: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"


def imports(*folders: str) -> Iterator[Import]:
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (Import(where, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                if module in ("server", "generated", "generated.sql", "resolvers"):
                    yield from (Import(where, node.lineno, f"{module}.{alias.name}") for alias in node.names)
                else:
                    yield Import(where, node.lineno, module)


def _room(module: str) -> str:
    return module.partition(".")[0]


def test_no_import_is_relative() -> None:
    for path in (p for folder in ("server", "resolvers", "bench") for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: write the whole name"


def test_resolvers_import_only_the_ports_of_the_server() -> None:
    wrong = [
        i
        for i in imports("resolvers")
        if _room(i.module) == "server"
        and not (i.module in PORTS or i.module.startswith(("server.auth.", "server.mail.")))
    ]
    assert not wrong, (
        f"{wrong[0]}: resolvers use its ports ({', '.join(sorted(PORTS))}) and nothing else of it"
    )


def test_resolvers_import_only_statements_and_types_of_what_is_generated() -> None:
    wrong = [
        i
        for i in imports("resolvers")
        if _room(i.module) == "generated"
        and not i.module.startswith("generated.sql.")
        and i.module != "generated.types"
    ]
    assert not wrong, f"{wrong[0]}: resolvers use generated.sql and generated.types"


def test_nothing_in_production_imports_the_client() -> None:
    wrong = [i for i in imports("server", "resolvers") if i.module.startswith("generated.client")]
    assert not wrong, f"{wrong[0]}: the client is for consumers and tests; it pulls in httpx and pydantic"


def test_only_the_composition_root_and_the_contract_import_resolvers() -> None:
    wrong = [
        i for i in imports("server") if _room(i.module) == "resolvers" and not i.path.startswith(COMPOSERS)
    ]
    assert not wrong, f"{wrong[0]}: only {' and '.join(COMPOSERS)} know the resolvers"


def test_the_request_path_names_no_noun() -> None:
    wrong = [
        i
        for i in imports("server")
        if i.module.startswith("generated.sql") and not i.path.startswith(NOUNS_ALLOWED)
    ]
    assert not wrong, f"{wrong[0]}: only {' and '.join(NOUNS_ALLOWED)} may name a noun's statements"


def test_the_check_is_no_part_of_a_request() -> None:
    """The checks need tools (pglast) that no server has."""
    wrong = [
        i
        for i in imports("server", "resolvers")
        if i.module.startswith("server.contract")
        and not i.path.startswith(("server/contract/", "server/cli/"))
    ]
    assert not wrong, f"{wrong[0]}: server.contract is a build tool"


def test_only_the_command_line_knows_the_bench() -> None:
    wrong = [
        i
        for i in imports("server", "resolvers", "generated")
        if _room(i.module) == "bench" and not i.path.startswith("server/cli/")
    ]
    assert not wrong, f"{wrong[0]}: what is measured does not know who measures it"


def test_the_bench_measures_from_outside() -> None:
    """It runs and asks the server as anybody does."""
    wrong = [i for i in imports("bench") if _room(i.module) in ("resolvers", "generated", "tests")]
    assert not wrong, f"{wrong[0]}: the bench uses the server alone"


@pytest.mark.parametrize("room", ["server", "resolvers", "bench"])
def test_the_walk_sees_imports(room: str) -> None:
    assert len({i.module for i in imports(room)}) > 5
    assert Path(ROOT / room).is_dir()
