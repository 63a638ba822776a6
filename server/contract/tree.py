"""One checkout as the checks see it: its SDL, its statements and the database that its migrations make.

The database is PostgreSQL's own: `./dwelzo check` and `./dwelzo generate` start the embedded one for themselves and
apply the checkout's migrations to a new database in it.
"""

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from ariadne import load_schema_from_path
from graphql import GraphQLError, GraphQLSchema, build_schema, validate_schema

from server.contract.describe import Catalog, Description, describe, read_catalog
from server.contract.findings import Finding, Refused
from server.contract.statements import SourceStatement, read_statements
from server.migrations import migrate, read_migrations


@dataclass
class Tree:
    """What was read of a checkout. `schema` has no resolvers: it is the contract alone."""

    root: Path
    schema: GraphQLSchema
    statements: list[SourceStatement]
    catalog: Catalog
    descriptions: list[Description]
    findings: list[Finding] = field(default_factory=list)

    def described(self, name: str) -> Description | None:
        return next((d for d in self.descriptions if d.source.name == name), None)


@contextmanager
def private_postgres() -> Iterator[str]:
    """A PostgreSQL of one's own for the time of the block; the URL of its maintenance database."""
    from server.embedded import Embedded
    from server.embedded.services import PostgreSQL

    with (
        tempfile.TemporaryDirectory(prefix="dwelzo-check-") as home,
        Embedded(Path(home), [PostgreSQL()], durable=False) as environment,
    ):
        yield environment["DATABASE_URL"]


@asynccontextmanager
async def migrated_database(url: str, root: Path) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a new database with the checkout's migrations applied; dropped afterwards."""
    name = f"contract_{secrets.token_hex(6)}"
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(f'create database "{name}"')
        own_url = f"{url.rpartition('/')[0]}/{name}"
        try:
            await migrate(own_url, root / "sql" / "migrations")
            connection = await asyncpg.connect(own_url)
            try:
                yield connection
            finally:
                await connection.close()
        finally:
            await owner.execute(f'drop database "{name}" with (force)')
    finally:
        await owner.close()


async def read_tree(root: Path, connection: asyncpg.Connection) -> Tree:
    """Reads and describes a checkout; Refused when a file cannot be read at all."""
    schema = read_contract(root)
    statements = read_statements(root)
    catalog = await read_catalog(connection)
    descriptions, findings = await describe(connection, statements, catalog)
    return Tree(root, schema, statements, catalog, descriptions, findings)


def read_contract(root: Path) -> GraphQLSchema:
    """The SDL as a schema; Refused with file and line where it is not one."""
    folder = root / "schema"
    try:
        for path in sorted(folder.glob("*.graphql")):
            _parse(path, root)
        schema = build_schema(load_schema_from_path(str(folder)))
    except (TypeError, GraphQLError) as error:
        raise Refused(
            Finding("schema", 1, "sdl-valid", f"The SDL does not hold together: {error}.", "Mend it.")
        ) from None
    errors = validate_schema(schema)
    if errors:
        raise Refused(Finding("schema", 1, "sdl-valid", f"{errors[0].message}", "Mend the SDL."))
    return schema


def _parse(path: Path, root: Path) -> None:
    from graphql import GraphQLSyntaxError, parse

    try:
        parse(path.read_text(encoding="utf-8"), no_location=True)
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise Refused(
            Finding(
                path.relative_to(root).as_posix(), line, "sdl-valid", f"{error.message}.", "Mend the SDL."
            )
        ) from None


__all__ = ["Tree", "migrated_database", "private_postgres", "read_contract", "read_migrations", "read_tree"]
