"""`./dwelzo doctor`, `reset` and `migrate` on services that are well, away, or refuse."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from server.cli.doctor import examine
from server.config import load_settings, variables
from server.embedded import Embedded
from tests.running import command, free_port

WELL = ["Python", "disk", "PostgreSQL", "migrations", "Valkey or Redis", "S3", "mail"]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Services that somebody else runs, with a database of the current state."""
    home = tmp_path_factory.mktemp("doctor")
    with Embedded(home / "theirs", durable=False) as environment:
        assert command("migrate", home=home / "none", **environment).returncode == 0
        yield environment


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


async def wrong(environment: Mapping[str, str], **changed: str) -> dict[str, str]:
    """What doctor finds wrong, by the name of the check."""
    findings = await examine(load_settings({**environment, **changed}))
    assert [finding.what for finding in findings] == WELL
    return {finding.what: finding.sentence for finding in findings if not finding.well}


async def fetch(url: str, query: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [str(row[0]) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_all_well(theirs: dict[str, str]) -> None:
    assert await wrong(theirs) == {}


async def test_it_cleans_up_after_itself(theirs: dict[str, str], tmp_path: Path) -> None:
    await wrong(theirs)
    tables = await fetch(theirs["DATABASE_URL"], "select relname from pg_class where relname like 'doctor%'")
    client = redis.asyncio.from_url(theirs["REDIS_URL"])
    keys = await client.keys("*")
    await client.aclose()
    assert (tables, keys) == ([], [])


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (
            {"DATABASE_URL": "postgresql://dwelzo:wrong@{postgresql}/dwelzo"},
            {"PostgreSQL": "DATABASE_URL: PostgreSQL at {postgresql} refuses the user dwelzo; correct"},
        ),
        (
            {"DATABASE_DIRECT_URL": "postgresql://dwelzo:{password}@{postgresql}/nowhere"},
            {
                "PostgreSQL": "DATABASE_DIRECT_URL: PostgreSQL at {postgresql} has no database nowhere;",
                "migrations": "DATABASE_DIRECT_URL: PostgreSQL at {postgresql} has no database nowhere;",
            },
        ),
        (
            {"DATABASE_URL": "postgresql://u:p@127.0.0.1:{closed}/d"},
            {"PostgreSQL": "DATABASE_URL: nothing usable answers at 127.0.0.1:{closed} ("},
        ),
        (
            {"REDIS_URL": "redis://:wrong@{valkey}/0"},
            {"Valkey or Redis": "REDIS_URL: {valkey} refuses the password ("},
        ),
        (
            {"REDIS_URL": "redis://127.0.0.1:{closed}/0"},
            {"Valkey or Redis": "REDIS_URL: nothing usable answers at 127.0.0.1:{closed} ("},
        ),
        ({"S3_BUCKET_NAME": "no-such"}, {"S3": "S3: {s3} has no bucket no-such; ./dwelzo up makes it, or"}),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {"S3": "S3: {s3} refuses or does not answer ("}),
        (
            {"S3_ENDPOINT_URL": "http://127.0.0.1:{closed}"},
            {"S3": "S3: http://127.0.0.1:{closed} refuses or does not answer ("},
        ),
        (
            {"SMTP_URL": "smtp://127.0.0.1:{closed}?tls=none"},
            {"mail": "SMTP_URL: 127.0.0.1:{closed} does not answer as it should ("},
        ),
        (
            {"SMTP_URL": "smtp://us:p@{smtp}"},
            {"mail": "SMTP_URL: {smtp} does not answer as it should (SMTP STARTTLS extension not supported"},
        ),
        (
            {"SMTP_URL": "smtps://us:p@{smtp}?ca=/nowhere"},
            {"mail": "SMTP_URL: /nowhere is no file of authorities ("},
        ),
    ],
)
async def test_what_is_wrong_is_named_with_its_cure_and_nothing_else_is(
    theirs: dict[str, str], change: dict[str, str], sentences: dict[str, str]
) -> None:
    words = {
        "postgresql": theirs["DATABASE_URL"].split("@")[1].split("/")[0],
        "password": theirs["DATABASE_URL"].split(":")[2].split("@")[0],
        "valkey": theirs["REDIS_URL"].split("@")[1].split("/")[0],
        "s3": theirs["S3_ENDPOINT_URL"],
        "smtp": theirs["SMTP_URL"].removeprefix("smtp://").removesuffix("?tls=none"),
        "closed": str(free_port()),
    }
    found = await wrong(theirs, **{name: value.format(**words) for name, value in change.items()})
    assert list(found) == list(sentences)
    for what, sentence in sentences.items():
        assert found[what].startswith(sentence.format(**words))


def test_on_the_command_line_it_fails_where_something_is_wrong(
    theirs: dict[str, str], tmp_path: Path
) -> None:
    outcome = command("doctor", home=tmp_path / "none", **theirs)
    assert (outcome.returncode, outcome.stdout.count("well")) == (0, len(WELL))
    outcome = command("doctor", home=tmp_path / "none", **{**theirs, "S3_BUCKET_NAME": "no-such"})
    assert (outcome.returncode, outcome.stdout.count("wrong")) == (1, 1)
    outcome = command("doctor", home=tmp_path / "none", **{**theirs, "SECRET_KEY": "short"})
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("SECRET_KEY has 5 characters")


def test_reset_never_touches_a_given_database_unless_its_name_is_typed(
    theirs: dict[str, str], tmp_path: Path
) -> None:
    url = theirs["DATABASE_URL"].rpartition("/")[0] + "/precious"
    asyncio.run(execute(theirs["DATABASE_URL"], "create database precious template dwelzo"))
    tables = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    tables += " order by relname"
    before = asyncio.run(fetch(url, tables))
    assert "property" in before

    for typed in ([], ["--database", "dwelzo"]):
        outcome = command("reset", *typed, home=tmp_path / "none", DATABASE_URL=url)
        assert outcome.returncode == 1
        assert outcome.stderr.startswith("The database precious was given by DATABASE_URL")
        assert asyncio.run(fetch(url, tables)) == before

    outcome = command("reset", "--database", "precious", home=tmp_path / "none", DATABASE_URL=url)
    assert outcome.returncode == 0
    assert asyncio.run(fetch(url, tables)) == []
    assert command("migrate", home=tmp_path / "none", DATABASE_URL=url).returncode == 0
    assert asyncio.run(fetch(url, tables)) == before


def test_reset_removes_the_embedded_data_but_not_under_a_running_server(tmp_path: Path) -> None:
    home = tmp_path / "state"
    with Embedded(home, durable=False):
        outcome = command("reset", home=home)
        assert outcome.returncode == 1
        assert outcome.stderr.startswith(f"The state folder {home} is in use by process ")
    secrets = (home / "secrets.json").read_text()
    outcome = command("reset", home=home)
    assert outcome.stdout == "Removed postgresql, valkey, s3, mail. ./dwelzo up begins anew.\n"
    assert not (home / "postgresql").exists()
    assert (home / "secrets.json").read_text() == secrets
    assert command("reset", home=home).stdout == "Nothing to remove.\n"
    assert command("reset", "--database", "x", home=home).returncode == 1
