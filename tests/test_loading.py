"""`./dwelzo import` and `sample` as commands: what they say, how they end. What they load: test_import."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded import Embedded
from tests.running import command

HEADER = "ListingKey,OriginatingSystemName,StandardStatus,PropertyType,ListPrice,CurrencyCode,City\n"
GOOD = "L1,us,Active,Residential,100000,USD,Elk Grove\n"
BAD = "L2,us,Active,Residential,cheap,USD,Elk Grove\n"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A database without anything in it, given by its address alone."""
    with Embedded(tmp_path_factory.mktemp("loading") / "theirs", durable=False) as environment:
        yield {"DATABASE_URL": environment["DATABASE_URL"]}


def rows(output: str) -> dict[str, str]:
    """A report's lines: what, and how many."""
    lines = (line.strip().rpartition(" ") for line in output.splitlines())
    return {name.strip(): count for name, _, count in lines}


def test_a_file_is_loaded_into_a_database_that_was_not_laid_out_yet(
    database: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "listings.csv").write_text(HEADER + GOOD)
    outcome = command("import", "listings.csv", "--format", "csv", home=tmp_path / "none", **database)
    assert outcome.returncode == 0, outcome.stderr
    assert rows(outcome.stdout)["inserted"] == "1"
    assert not (tmp_path / "none").exists()


def test_rejected_rows_fail_the_command_and_are_pointed_to(database: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "listings.csv").write_text(HEADER + BAD)
    outcome = command("import", "listings.csv", "--format", "csv", home=tmp_path / "none", **database)
    assert outcome.returncode == 1, outcome.stderr
    assert "Rejected rows, with line and reason: listings.csv.rejects.csv" in outcome.stdout
    assert "cheap" in (tmp_path / "listings.csv.rejects.csv").read_text()


def test_a_file_that_cannot_be_read_is_named(database: dict[str, str], tmp_path: Path) -> None:
    outcome = command("import", "nowhere.csv", "--format", "csv", home=tmp_path / "none", **database)
    assert outcome.returncode == 2
    assert "nowhere.csv" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_listings_are_invented_once(database: dict[str, str], tmp_path: Path) -> None:
    first, second = (
        command("sample", "--properties", "20", home=tmp_path / "none", **database) for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert rows(first.stdout)["listings inserted"] == "20"
    assert rows(second.stdout)["listings there before"] == "20"


def test_a_database_that_is_away_is_named_with_the_cure(tmp_path: Path) -> None:
    outcome = command("sample", home=tmp_path / "none", DATABASE_URL="postgresql://u:p@127.0.0.1:1/d")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("DATABASE_DIRECT_URL: nothing usable answers at 127.0.0.1:1 (")
