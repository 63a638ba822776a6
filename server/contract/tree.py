"""One checkout as the checks see it: its SDL, its statements and the database that its migrations make.

The database is PostgreSQL's own: `./dwelzo check` and `./dwelzo generate` start the embedded one for
themselves and apply the checkout's migrations to a new database in it.
What resolvers bind is in resolving.py.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    Source,
    build_ast_schema,
    parse,
    validate_schema,
)
from graphql.validation.validate import validate_sdl

from server.contract.describe import Catalog, Description, describe, read_catalog
from server.contract.findings import Finding, Refused
from server.contract.statements import SourceStatement, read_statements
from server.migrations import migrate, read_migrations


class Place(NamedTuple):
    """A line of the checkout."""

    path: str
    line: int


@dataclass
class Tree:
    """What was read of a checkout. `schema` has no resolvers: it is the contract alone."""

    root: Path
    schema: GraphQLSchema
    definitions: tuple[DefinitionNode, ...]
    statements: list[SourceStatement]
    catalog: Catalog
    descriptions: list[Description]
    findings: list[Finding] = field(default_factory=list)

    @cached_property
    def by_name(self) -> dict[str, Description]:
        return {description.source.name: description for description in self.descriptions}

    def returning(self, type_: str) -> list[Description]:
        """The statements whose rows become objects of a type."""
        return [description for description in self.descriptions if description.source.returns == type_]

    @cached_property
    def roots(self) -> list[GraphQLObjectType]:
        """Query and Mutation, where there are any."""
        found = (self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type)
        return [root for root in found if root is not None]


def place(element: Any) -> Place:
    """Where an element of the SDL, or the node of one, stands: the line of its name."""
    node = getattr(element, "ast_node", element)
    named = getattr(node, "name", None) or node
    if named is None or named.loc is None:
        return Place("schema", 1)
    return Place(named.loc.source.name, named.loc.start_token.line)


@contextmanager
def private_postgres() -> Iterator[str]:
    """A PostgreSQL of one's own for the time of the block; the URL of its maintenance database."""
    from server.embedded import Embedded
    from server.embedded.services import PostgreSQL
    from server.embedded.state import passing_folder

    with (
        passing_folder("dwelzo-check-") as home,
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


async def read_tree(
    root: Path, connection: asyncpg.Connection, catalog: Catalog | None = None, *, validated: bool = True
) -> Tree:
    """Reads and describes a checkout; Refused when a file cannot be read at all."""
    definitions = read_definitions(root)
    schema = build_contract(definitions, validated=validated)
    statements = read_statements(root)
    catalog = catalog or await read_catalog(connection)
    descriptions, findings = await describe(connection, statements, catalog)
    return Tree(root, schema, definitions, statements, catalog, descriptions, findings)


def read_contract(root: Path) -> GraphQLSchema:
    """The SDL as a schema; Refused with file and line where it is not one."""
    return build_contract(read_definitions(root))


def read_definitions(root: Path) -> tuple[DefinitionNode, ...]:
    """Every definition of `schema/*.graphql`, each knowing its file and line."""
    paths = sorted((root / "schema").glob("*.graphql"))
    return tuple(
        definition
        for path in paths
        for definition in _parse(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    )


def build_contract(definitions: tuple[DefinitionNode, ...], *, validated: bool = True) -> GraphQLSchema:
    """The definitions as one schema; Refused with the first that does not fit.

    Validation takes most of the time; without it, only what cannot be put together at all is refused.
    """
    document = DocumentNode(definitions=definitions)
    errors = validate_sdl(document) if validated else []
    if not errors:
        try:
            schema = build_ast_schema(document, assume_valid_sdl=True)
        except TypeError:
            errors = validate_sdl(document)
        else:
            errors = validate_schema(schema) if validated else []
    if errors:
        raise Refused(_invalid(errors[0]))
    return schema


@lru_cache(maxsize=64)
def _parse(path: str, text: str) -> tuple[DefinitionNode, ...]:
    try:
        return parse(Source(text, path)).definitions
    except GraphQLSyntaxError as error:
        raise Refused(_invalid(error)) from None


def _invalid(error: GraphQLError) -> Finding:
    where = Place(error.source.name if error.source else "schema", 1)
    if error.nodes:
        where = place(error.nodes[0])
    elif error.locations:
        where = where._replace(line=error.locations[0].line)
    message = error.message if error.message.endswith(".") else f"{error.message}."
    return Finding(*where, "sdl-valid", message, "Mend the SDL.")


__all__ = [
    "Place",
    "Tree",
    "build_contract",
    "migrated_database",
    "place",
    "private_postgres",
    "read_contract",
    "read_definitions",
    "read_migrations",
    "read_tree",
]
