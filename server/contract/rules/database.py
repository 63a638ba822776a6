"""What the migrations must make by themselves: named rules, and a bound on everything that is written."""

import re
from collections.abc import Iterator

from server.contract.describe import SENSITIVE
from server.contract.rules import Flaw, TreeRule
from server.contract.tree import Place, Tree
from server.migrations import read_migrations

# How a constraint says what it demands (sql/migrations/0001_identity.sql).
_NAMES = {
    "c": re.compile(r"(length|range|format|positive|required|elements|order)"),
    "u": re.compile(r".+_unique|one_.+"),
}
# Without a rule these take what has no wire form (NaN, infinities, days of five-digit years) or has no end.
_BOUNDED = re.compile(r"text|numeric|date|timestamp with time zone|.+\[\]")
# Columns without a rule of their own, with the reason.
UNBOUNDED = {
    ("history_transactional", "previous_value"): "the text of a value that its own column has bounded",
    ("history_transactional", "new_value"): "the text of a value that its own column has bounded",
}
# server/migrations.py makes the first for itself; the others are as the library pgqueuer wants them.
NOT_OURS = {"schema_migration", "pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}


def constraint_unnamed(tree: Tree) -> Iterator[Flaw]:
    """A constraint is named `<table>_<column>_<rule>`, so that an error names the field to blame."""
    for constraint in tree.catalog.constraints:
        form = _NAMES.get(constraint.kind)
        if form is None or constraint.table in NOT_OURS:
            continue
        rest = constraint.name.removeprefix(f"{constraint.table}_")
        word = rest.rpartition("_")[2] if constraint.kind == "c" else rest
        if rest == constraint.name or not form.fullmatch(word):
            yield Flaw(
                _place(tree, constraint.table, next(iter(constraint.columns), "")),
                f"the constraint {constraint.name} does not say what it demands of"
                f" {', '.join(constraint.columns)}.",
                f"Name it {constraint.table}_<column>_<rule>, as the first migration says.",
            )


def column_unbounded(tree: Tree) -> Iterator[Flaw]:
    """Every text, number, day, instant and list that is written has a rule that bounds it."""
    checked = {(c.table, column) for c in tree.catalog.constraints if c.kind == "c" for column in c.columns}
    for table, columns in tree.catalog.written.items():
        for column, type_ in columns.items():
            bounded = (table, column) in checked | UNBOUNDED.keys() or not _BOUNDED.fullmatch(type_)
            if not bounded and table not in NOT_OURS:
                yield Flaw(
                    _place(tree, table, column),
                    f"{table}.{column} ({type_}) takes any value.",
                    "Give it a named check.",
                )


def column_comment(tree: Tree) -> Iterator[Flaw]:
    """A comment on a column says that it is sensitive, and why: a word that differs would say nothing."""
    for (table, column), comment in tree.catalog.comments.items():
        if not comment.startswith(SENSITIVE) or not comment.removeprefix(SENSITIVE).strip():
            yield Flaw(
                _place(tree, table, column),
                f"the comment on {table}.{column} is {comment!r}.",
                f"Let it be '{SENSITIVE}<why>', or write what else there is to say in the migration.",
            )


def _place(tree: Tree, table: str, column: str) -> Place:
    """The line of a migration that makes a column of a table."""
    for file in read_migrations(tree.root / "sql" / "migrations"):
        within = False
        for number, line in enumerate(file.sql.splitlines(), 1):
            if made := re.match(r"create table (\w+)", line):
                within = made[1] == table
            elif within and re.match(rf'\s+"?{re.escape(column)}"?\s', line):
                return Place(f"sql/migrations/{file.name}", number)
    return Place("sql/migrations", 1)


RULES: tuple[TreeRule, ...] = (constraint_unnamed, column_unbounded, column_comment)
