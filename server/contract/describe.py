"""Asks a real PostgreSQL, with all migrations applied, what the statements and tables really are."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from server.contract.findings import Finding
from server.contract.nullability import output_columns
from server.contract.statements import SourceStatement
from server.sql import Column


@dataclass(frozen=True)
class Description:
    """A statement as PostgreSQL prepared it: the types of its parameters, its columns in order."""

    source: SourceStatement
    parameters: dict[str, str]
    columns: dict[str, Column]


@dataclass(frozen=True)
class Constraint:
    """A named rule of a table. `kind` is PostgreSQL's: c(heck), u(nique), p(rimary), f(oreign), x."""

    table: str
    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str


@dataclass
class Catalog:
    """What the database holds: columns and whether they can be null, the types of those that somebody writes
    (generated ones are nobody's), what comments say of columns, those that are sensitive, enum labels,
    constraints, and those of our own functions whose result may change from one call to the next.
    """

    nullable: dict[str, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    written: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    sensitive: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    enums: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    constraints: list[Constraint] = field(default_factory=list)
    changing_functions: frozenset[str] = frozenset()


# Words of names that tell of persons, or let somebody in.
_SENSITIVE_WORDS = re.compile(
    r"(?:.+_)?(?:birth|birthday|credentials?|e_?mails?|fax|fingerprint|hash|hashes|iban|ip|notes?|nonce|otp"
    r"|passphrase|passwords?|phones?|private|recovery|salt|secrets?|ssn|telephones?|tokens?|totp)(?:_.+)?"
)
_SENSITIVE_TYPES = frozenset({"bytea", "cidr", "inet", "macaddr"})
# How the comment on a column says it, where the name does not.
SENSITIVE = "sensitive: "


def sounds_sensitive(name: str) -> bool:
    """Whether a name in snake_case is that of something that not everybody should see."""
    return _SENSITIVE_WORDS.fullmatch(name) is not None


def is_sensitive(column: str, type_: str, comment: str) -> bool:
    """Whether a column is sensitive: as its comment says, or by its type, or by its name. A yes or no tells
    of nobody's number.
    """
    by_name = sounds_sensitive(column) and type_ != "boolean"
    return comment.startswith(SENSITIVE) or type_ in _SENSITIVE_TYPES or by_name


async def read_catalog(connection: asyncpg.Connection) -> Catalog:
    """The public schema's tables, enums and constraints."""
    catalog = Catalog()
    for row in await connection.fetch(
        """select c.relname, a.attname, not a.attnotnull as nullable, format_type(a.atttypid, null) as type,
                  c.relkind in ('r', 'p') and a.attgenerated = '' and a.attidentity = '' as written,
                  col_description(a.attrelid, a.attnum) as comment
           from pg_attribute a join pg_class c on c.oid = a.attrelid
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
             and a.attnum > 0 and not a.attisdropped
           order by c.relname, a.attnum"""
    ):
        catalog.nullable[row["relname"]][row["attname"]] = row["nullable"]
        if row["written"]:
            catalog.written[row["relname"]][row["attname"]] = row["type"]
        if row["comment"] is not None:
            catalog.comments[row["relname"], row["attname"]] = row["comment"]
        if is_sensitive(row["attname"], row["type"], row["comment"] or ""):
            catalog.sensitive[row["relname"]].add(row["attname"])
    for row in await connection.fetch(
        """select t.typname, e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid
           where t.typnamespace = 'public'::regnamespace order by t.typname, e.enumsortorder"""
    ):
        catalog.enums[row["typname"]].append(row["enumlabel"])
    for row in await connection.fetch(
        """select r.relname, c.conname, c.contype::text as kind, pg_get_constraintdef(c.oid) as definition,
                  array(select a.attname from unnest(c.conkey) with ordinality k(attnum, position)
                        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
                        order by k.position)::text[] as columns
           from pg_constraint c join pg_class r on r.oid = c.conrelid
           where r.relnamespace = 'public'::regnamespace and c.contype in ('c', 'u', 'p', 'f', 'x', 't')
           union all
           select r.relname, i.relname, 'u', pg_get_indexdef(i.oid),
                  array(select a.attname from pg_attribute a
                        where a.attrelid = i.oid order by a.attnum)::text[]
           from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class r on r.oid = x.indrelid
           where r.relnamespace = 'public'::regnamespace and x.indisunique
             and not exists (select from pg_constraint c where c.conindid = i.oid)
           order by 1, 2"""
    ):
        catalog.constraints.append(
            Constraint(row["relname"], row["conname"], row["kind"], tuple(row["columns"]), row["definition"])
        )
    changing = await connection.fetch(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and provolatile <> 'i'"
    )
    catalog.changing_functions = frozenset(row["proname"] for row in changing)
    return catalog


async def describe(
    connection: asyncpg.Connection, statements: Sequence[SourceStatement], catalog: Catalog
) -> tuple[list[Description], list[Finding]]:
    """Prepares every statement; what PostgreSQL refuses becomes a finding with the line it points at."""
    descriptions, findings = [], []
    for statement in statements:
        try:
            prepared = await connection.prepare(statement.body)
            nullability = output_columns(statement.body, catalog.nullable)
        except asyncpg.PostgresError as error:
            findings.append(_refusal(statement, error))
            continue
        columns = {}
        for attribute, (name, nullable) in zip(prepared.get_attributes(), nullability, strict=True):
            if attribute.name in columns:
                findings.append(
                    statement.finding(
                        "column-twice", f"the column {name} is selected twice.", "Drop or rename one."
                    )
                )
            columns[attribute.name] = Column(
                attribute.type.name, nullable and attribute.name not in statement.not_null
            )
            if attribute.name in statement.not_null and not nullable:
                findings.append(
                    statement.finding(
                        "needless-mark",
                        f"{attribute.name} can never be null anyway.",
                        "Drop it from `-- not null:`.",
                    )
                )
        findings += [
            statement.finding("unknown-mark", f"marks {name}, which it does not select.", "Drop the mark.")
            for name in (*statement.not_null, *statement.clock)
            if name not in columns and not (name == "rows" and name in statement.clock)
        ]
        findings += [
            statement.finding("unknown-mark", f"marks {name}, which it does not take.", "Drop the mark.")
            for name in (*statement.may_be_null, *statement.ours)
            if name not in statement.parameters
        ]
        parameters = zip(
            statement.parameters, (type_.name for type_ in prepared.get_parameters()), strict=True
        )
        descriptions.append(Description(statement, dict(parameters), columns))
    return descriptions, findings


def _refusal(statement: SourceStatement, error: asyncpg.PostgresError) -> Finding:
    position = int(getattr(error, "position", None) or 1)
    line = statement.body_line + statement.body[: position - 1].count("\n")
    return Finding(
        statement.path,
        line,
        "statement-prepares",
        f"{statement.name}: PostgreSQL says: {error.args[0]}.",
        "Mend the statement, or add the migration that it needs.",
    )
