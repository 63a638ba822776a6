"""The mutation runner: what is a mutant, who kills it, that one can live, and what may."""

import re

import pytest

from server.config import ROOT
from server.contract.mutate import (
    MIGRATIONS,
    ROOMS,
    Mutant,
    Report,
    disagreements,
    excused,
    laboratory,
    mutants,
    mutate,
    run,
)


def _found(path: str, text: str, room: str) -> Mutant:
    (mutant,) = (m for m in mutants(ROOT, [room]) if m.path == path and m.text == text)
    return mutant


def test_comments_and_descriptions_are_no_mutants() -> None:
    every = mutants(ROOT)
    assert {mutant.room for mutant in every} == set(ROOMS)
    assert not [m for m in every if m.text.startswith("#") or not m.text]
    assert not [m for m in every if m.room == "schema" and m.text.startswith('"')]
    comments = [m.text for m in every if m.text.startswith("--")]
    assert all(re.match(r"-- (name|not null|clock):", text) for text in comments)


def test_an_element_goes_with_its_description_and_as_a_whole() -> None:
    rating = next(m for m in mutants(ROOT, ["schema"]) if m.text == "rating: Int!")
    assert rating.first == rating.last - 1 == rating.line - 1
    whole = _found("schema/review.graphql", "createReview( …", "schema")
    assert whole.last - whole.first == 4


# A column that no statement reads yet.
UNREAD = (
    "private_remarks text constraint property_private_remarks_length"
    " check (has_length(private_remarks, 4000)),"
)
KILLED = {
    ("schema", "schema/review.graphql", "originalEntryTimestamp: DateTime!"): "column-unused",
    ("schema", "schema/review.graphql", "createReview( …"): "reading",
    ("schema", "schema/property.graphql", "reviews( …"): "binding-unknown",
    ("schema", "schema/review.graphql", "RATING_ASC"): "order-without-twin",
    ("schema", "schema/member.graphql", "filter: MemberFilter"): "type-unused",
    ("schema", "schema/lookups.graphql", "Mediterranean"): "enum-labels",
    ("sql", "sql/review.sql", "r.property_id, r.author_id"): "statement-prepares",
    ("sql", "sql/property.sql", "-- clock: days_on_market"): "clock-unmarked",
    ("sql", "sql/property.sql", "-- not null: list_price"): "column-nullability",
    ("resolvers", "resolvers/review.py", '@mutation.field("createReview")'): "root-unbound",
    (MIGRATIONS, f"{MIGRATIONS}/0004_property.sql", UNREAD): None,
}


async def test_the_rules_kill_and_a_line_that_nobody_misses_lives(services: dict[str, str]) -> None:
    """The short form: some lines of each room. What lives is a column that no statement reads."""
    chosen = {_found(path, text, room): killer for (room, path, text), killer in KILLED.items()}
    async with laboratory(ROOT, services) as laboratory_:
        killers = {mutant: killer async for mutant, killer in laboratory_.by_check(list(chosen))}
        report = await run(laboratory_, list(chosen), tests=False, tell=lambda _: None)
    assert {m.text: k for m, k in killers.items()} == {m.text: k for m, k in chosen.items()}
    assert [mutant.text for mutant in report.survivors] == [UNREAD]
    (complaint,) = disagreements(report, {})
    assert f"nobody notices when this line is gone: {UNREAD}" in complaint


def test_a_list_that_excuses_too_much_is_refused() -> None:
    (complaint,) = disagreements(Report(), {("sql/a.sql", "where true"): "It is always so."})
    assert (
        complaint
        == "tests/surviving_lines.toml: sql/a.sql is said to live without this line, but does not: where true"
    )


def test_no_field_argument_value_column_predicate_or_policy_is_excused() -> None:
    every = {mutant.key for mutant in mutants(ROOT)}
    for (path, text), reason in excused(ROOT).items():
        assert (path, text) in every, f"{path} has no line {text!r}"
        assert reason.endswith(".")
        if path.startswith("schema/"):
            assert re.fullmatch(r"@reso\(.*\)", text), f"{path}: {text} must be missed"
        else:
            assert path.startswith(MIGRATIONS), f"{path}: {text} must be missed"
        assert not re.match(r"(where|and|or|check|constraint|references)\b", text), text


@pytest.mark.long
@pytest.mark.timeout(3 * 60 * 60)
async def test_every_line_is_missed_or_excused() -> None:
    report = await mutate(ROOT)
    assert disagreements(report, excused(ROOT)) == []
