"""The parser of sql/*.sql: headers, marks, documentation, parameters; what it refuses, and where."""

import pytest

from server.contract.findings import Refused
from server.contract.statements import parse_file, positional

TEXT = """-- Pictures.

-- name: media_of_properties :batch_many(property_id) Media
-- The pictures of each property,
-- in order.
-- not null: caption, alt_text
-- clock: age
select property_id, caption, alt_text, age
from media
where property_id = any(:property_id);

-- name: forget_media :exec
delete from media where id = :id and property_id = :property_id;
"""


def test_a_statement_is_read_with_all_that_stands_above_it() -> None:
    pictures, forget = parse_file(TEXT, "sql/media.sql")
    assert (pictures.name, pictures.kind, pictures.key, pictures.returns) == (
        "media_of_properties",
        "batch_many",
        "property_id",
        "Media",
    )
    assert pictures.documentation == "The pictures of each property,\nin order."
    assert (pictures.not_null, pictures.clock) == (("caption", "alt_text"), ("age",))
    assert pictures.body.endswith("where property_id = any($1)")
    assert (pictures.line, pictures.body_line, pictures.stem) == (3, 8, "media")
    assert (forget.returns, forget.parameters, forget.documentation) == (None, ("id", "property_id"), "")


@pytest.mark.parametrize(
    ("body", "text", "names"),
    [
        ("where id = :id or parent = :id", "where id = $1 or parent = $1", ("id",)),
        ("select :b::text, :a", "select $1::text, $2", ("b", "a")),
        ("select ':no', \":no\", e'\\':no', $$:no$$, $x$:no$x$", None, ()),
        ("select 1 -- :no\n, 2 /* :no */", None, ()),
        ("select array[1, 2][1:2]", None, ()),
    ],
)
def test_parameters_become_numbers(body: str, text: str | None, names: tuple[str, ...]) -> None:
    assert positional(body) == (text or body, names)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("select 1;\n-- name: a :one\nselect 1", 1, "SQL before the first header"),
        ("\n-- name: a one\nselect 1", 2, "is not a header"),
        ("-- name: ByName :one\nselect 1", 1, "is not a statement name"),
        ("-- name: a :some\nselect 1", 1, "there is no kind :some"),
        ("-- name: a :batch_one\nselect 1", 1, "a batch, and only a batch, has a key"),
        ("-- name: a :one(id)\nselect 1", 1, "a batch, and only a batch, has a key"),
        ("-- name: a :one\n-- Nothing.\n", 1, "the statement is empty"),
    ],
)
def test_what_is_no_statement_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_file(text, "sql/a.sql")
    finding = refused.value.finding
    assert (finding.path, finding.line, finding.rule) == ("sql/a.sql", line, "statement-form")
    assert message in finding.message
    assert finding.cure
