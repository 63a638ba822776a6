"""Writes `generated/`: the printed schema, the types of the SDL, the functions of the SQL, the client.

The same texts always give the same files. `stale` compares them with what is there.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from server.config import ROOT
from server.contract.access import write_access
from server.contract.printing import print_contract
from server.contract.tree import Tree, migrated_database, private_postgres, read_contract, read_tree
from server.contract.writing import write_statements, write_types
from server.persisted import manifest

PACKAGES = {
    "generated/__init__.py": (
        '"""What follows from `schema/` and `sql/`. Made by `./dwelzo generate`; never edited."""\n'
    ),
    "generated/sql/__init__.py": (
        '"""The statements of `sql/` as typed functions and sets, one module a file."""\n'
    ),
}
CLIENT = "generated/client"


def expected_files(tree: Tree) -> dict[str, str]:
    """Every generated file but the client's, by its path under the checkout."""
    files = server_modules(tree)
    files["generated/schema.graphql"] = print_contract(tree.root / "schema")
    files["generated/access.md"] = write_access(tree.schema)
    files["generated/trusted_documents.json"] = trusted_documents(tree.root / "tests" / "operations")
    return _formatted(files)


def trusted_documents(folder: Path) -> str:
    """The manifest of the operations, by the SHA-256 of each (server/persisted.py)."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))]
    return json.dumps(manifest(texts), indent=2) + "\n"


def server_modules(tree: Tree) -> dict[str, str]:
    """The Python of the server's own, not yet formatted: what `resolvers/` imports."""
    files = dict(PACKAGES)
    files["generated/types.py"] = write_types(tree.schema)
    for stem in sorted({statement.stem for statement in tree.statements}):
        described = [d for d in tree.descriptions if d.source.stem == stem]
        files[f"generated/sql/{stem}.py"] = write_statements(stem, described, tree.catalog.enums)
    return files


def client_files(root: Path, schema_text: str) -> dict[str, str]:
    """The typed Python client, made by ariadne-codegen in its own environment from `tests/operations/`."""
    from server.cli.environment import ensure

    python = ensure(root, root / ".venv-codegen", "requirements-codegen.lock")
    with tempfile.TemporaryDirectory(prefix="dwelzo-client-") as folder:
        place = Path(folder)
        (place / "generated").mkdir()
        (place / "generated" / "schema.graphql").write_text(schema_text, encoding="utf-8")
        (place / "tests").mkdir()
        (place / "tests" / "operations").symlink_to(root / "tests" / "operations")
        (place / "plugin").symlink_to(root / "server" / "contract" / "client")
        config = (root / "codegen.toml").read_text(encoding="utf-8")
        (place / "codegen.toml").write_text(config, encoding="utf-8")
        done = subprocess.run(
            [str(python), "-m", "ariadne_codegen", "--config", "codegen.toml"],
            cwd=place,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"ariadne-codegen could not make the client:\n{done.stdout}{done.stderr}")
        made = sorted((place / CLIENT).glob("*.py"))
        return {f"{CLIENT}/{path.name}": path.read_text(encoding="utf-8") for path in made}


def stale(root: Path, files: dict[str, str]) -> list[str]:
    """The paths that differ from what should be there, or that should not be there at all."""
    differing = [path for path, text in files.items() if _text(root / path) != text]
    known = {root / path for path in files}
    folders = {(root / path).parent for path in files}
    extra = [path for folder in folders for path in folder.glob("*.py") if path not in known]
    return sorted(differing + [path.relative_to(root).as_posix() for path in extra])


def write(root: Path, files: dict[str, str]) -> list[str]:
    """Makes the files be what they should; the paths that changed."""
    changed = stale(root, files)
    for path in changed:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return changed


def generate(root: Path) -> list[str]:
    """Generates everything; the paths that changed."""

    async def statements() -> dict[str, str]:
        with private_postgres() as url:
            async with migrated_database(url, root) as connection:
                tree = await read_tree(root, connection)
        if tree.findings:
            raise SystemExit("\n".join(str(finding) for finding in tree.findings))
        return expected_files(tree)

    files = asyncio.run(statements())
    return write(root, files) + write(root, client_files(root, files["generated/schema.graphql"]))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _formatted(files: dict[str, str]) -> dict[str, str]:
    """The files in the project's own format, so that the same text stands in the tree and comes out here."""
    with tempfile.TemporaryDirectory(prefix="dwelzo-generated-") as folder:
        paths = {path: Path(folder) / path for path in files if path.endswith(".py")}
        for path, target in paths.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8")
        ruff = [sys.executable, "-m", "ruff"]
        options = ["--isolated", "--line-length", "110", "--target-version", "py311", "--quiet", folder]
        subprocess.run([*ruff, "check", "--select", "I", "--fix", *options], check=True)
        subprocess.run([*ruff, "format", *options], check=True)
        return files | {path: target.read_text(encoding="utf-8") for path, target in paths.items()}


__all__ = ["client_files", "expected_files", "generate", "read_contract", "server_modules", "stale", "write"]


def main() -> int:
    """Prints the paths that changed."""
    sys.stdout.writelines(f"{path}\n" for path in generate(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
