"""Sealed texts: what opens, and everything that must not."""

from uuid import UUID

import pytest

from server.auth.seals import Sealed, Seals

KEY = UUID("01a149d9-7718-7ab4-ae3e-9f9c92f167ef")
SEALS = Seals(["s" * 32])
TEXT = SEALS.seal("refresh", KEY, 7)


def test_a_sealed_text_carries_its_row() -> None:
    assert TEXT.startswith("dwz_refresh_")
    assert SEALS.open("refresh", TEXT) == Sealed(KEY, 7)


def test_what_an_earlier_secret_sealed_still_opens() -> None:
    assert Seals(["new" * 16, "s" * 32]).open("refresh", TEXT) == Sealed(KEY, 7)
    assert Seals(["new" * 16]).open("refresh", TEXT) is None


def test_it_is_of_one_purpose() -> None:
    assert SEALS.open("verify", TEXT) is None
    assert SEALS.open("verify", TEXT.replace("refresh", "verify")) is None


@pytest.mark.parametrize("at", range(len("dwz_refresh_"), len(TEXT) - 1, 7))
def test_no_character_of_it_can_be_another(at: int) -> None:
    """The last one is left out: two of its bits say nothing."""
    other = "A" if TEXT[at] != "A" else "B"
    assert SEALS.open("refresh", TEXT[:at] + other + TEXT[at + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "dwz_refresh_", TEXT[:-4], TEXT + "AAAA", TEXT.removeprefix("dwz_refresh_"), "é" * 60, "\0"]
)
def test_anything_else_is_none(text: str) -> None:
    assert SEALS.open("refresh", text) is None
