"""Reads `sql/*.sql`: every statement is named, typed and documented above its text.

    -- name: media_of_properties :batch_many(property_id) Media
    -- The pictures of each property, in order.
    -- not null: caption
    select property_id, media_url, …

The first line gives name, kind and, where rows become an SDL type, that type. The comment lines under it are
the documentation; `-- not null:` marks columns that neither table nor expression can tell, `-- clock:` those
that change with time alone (`rows`: which rows there are), and `-- below:` the type whose objects, once they
are found, let these rows be seen without asking again. Parameters are written `:name` (`::` is a cast);
`-- may be null:` names those that may be, `-- ours:` those whose values are the server's own and no client's.
"""

import re
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from server.contract.findings import Finding, Refused

KINDS = ("one", "many", "exec", "batch_one", "batch_many", "set")

_HEADER = re.compile(
    r"-- name:\s*(?P<name>\S+)\s+:(?P<kind>[a-z_]+)(?:\((?P<key>\w+)\))?(?:\s+(?P<returns>[A-Z]\w*))?\s*"
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MARK = re.compile(r"--\s*(not null|clock|below|may be null|ours):\s*(.+)")

# What may hide a colon or a quote: comments, strings, quoted names, dollar quotes, casts; then a parameter.
_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/ | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | (?P<dollar>\$\w*\$).*?(?P=dollar) | :: | (?<![\w:]):(?P<parameter>[a-z_][a-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class SourceStatement:
    """A statement as written. `body` has `$n` for its parameters; `line` is that of its header."""

    name: str
    kind: str
    key: str | None
    returns: str | None
    documentation: str
    body: str
    parameters: tuple[str, ...]
    path: str
    line: int
    body_line: int
    not_null: tuple[str, ...] = field(default=())
    clock: tuple[str, ...] = field(default=())
    below: tuple[str, ...] = field(default=())
    may_be_null: tuple[str, ...] = field(default=())
    ours: tuple[str, ...] = field(default=())

    @property
    def stem(self) -> str:
        return Path(self.path).stem

    def finding(self, rule: str, message: str, cure: str) -> Finding:
        return Finding(self.path, self.line, rule, f"{self.name}: {message}", cure)


def read_statements(root: Path) -> list[SourceStatement]:
    """Every statement of `sql/*.sql` under a checkout, by file and line."""
    statements: dict[str, SourceStatement] = {}
    for path in sorted((root / "sql").glob("*.sql")):
        for statement in parse_file(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()):
            earlier = statements.setdefault(statement.name, statement)
            if earlier is not statement:
                raise Refused(
                    statement.finding(
                        "statement-name",
                        f"the name is taken by {earlier.path}:{earlier.line}.",
                        "Give one of them another name.",
                    )
                )
    return list(statements.values())


def parse_file(text: str, path: str) -> list[SourceStatement]:
    """The statements of one file's text."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("-- name:")]
    for number, line in enumerate(lines[: starts[0] if starts else len(lines)]):
        if line.strip() and not line.startswith("--"):
            _refuse(
                path, number + 1, "SQL before the first header.", "Put `-- name: <name> :<kind>` above it."
            )
    return [
        _parse_statement(lines[start:end], path, start + 1)
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


def _parse_statement(lines: list[str], path: str, line: int) -> SourceStatement:
    header = _HEADER.fullmatch(lines[0])
    if header is None:
        _refuse(path, line, f"{lines[0]!r} is not a header.", "Write `-- name: <name> :<kind> [SdlType]`.")
    name, kind, key = header["name"], header["kind"], header["key"]
    if not _NAME.fullmatch(name):
        _refuse(
            path, line, f"{name!r} is not a statement name.", "Use lower-case words joined by underscores."
        )
    if kind not in KINDS:
        _refuse(
            path,
            line,
            f"{name}: there is no kind :{kind}.",
            f"Use one of {', '.join(':' + k for k in KINDS)}.",
        )
    if kind.startswith("batch_") != (key is not None):
        _refuse(path, line, f"{name}: a batch, and only a batch, has a key.", "Write `:batch_one(key)`.")
    comment: list[str] = []
    marks: dict[str, tuple[str, ...]] = {
        "not null": (),
        "clock": (),
        "below": (),
        "may be null": (),
        "ours": (),
    }
    head = list(takewhile(lambda text: text.startswith("--"), lines[1:]))
    body_start = 1 + len(head)
    for text in head:
        if mark := _MARK.fullmatch(text):
            marks[mark[1]] = tuple(column.strip() for column in mark[2].split(","))
        else:
            comment.append(text.removeprefix("--").strip())
    body, parameters = positional("\n".join(lines[body_start:]).strip().rstrip(";").rstrip())
    if not body:
        _refuse(
            path,
            line,
            f"{name}: the statement is empty.",
            "Write its SQL under the header, or delete the header.",
        )
    return SourceStatement(
        name=name,
        kind=kind,
        key=key,
        returns=header["returns"],
        documentation="\n".join(comment).strip(),
        body=body,
        parameters=parameters,
        path=path,
        line=line,
        body_line=line + body_start,
        not_null=marks["not null"],
        clock=marks["clock"],
        below=marks["below"],
        may_be_null=marks["may be null"],
        ours=marks["ours"],
    )


def positional(body: str) -> tuple[str, tuple[str, ...]]:
    """`… where id = :id` -> (`… where id = $1`, `("id",)`): a name keeps its number wherever it is used."""
    numbers: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        name = match["parameter"]
        return match[0] if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _TOKEN.sub(replace, body), tuple(numbers)


def _refuse(path: str, line: int, message: str, cure: str) -> NoReturn:
    raise Refused(Finding(path, line, "statement-form", message, cure))
