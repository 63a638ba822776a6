"""Names go from the contract to SQL and back without loss."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.names import to_camel, to_pascal, to_snake

ACRONYMS = ("url", "yn")
# Two acronyms in a row cannot be told apart (`name-ambiguous` refuses them).
WORDS = st.lists(
    st.one_of(st.from_regex(r"[a-z]{2,8}[0-9]{0,2}", fullmatch=True), st.sampled_from(ACRONYMS)),
    min_size=1,
    max_size=5,
).filter(lambda words: not any(a in ACRONYMS and b in ACRONYMS for a, b in pairwise(words)))


@given(WORDS)
def test_a_column_comes_back_from_its_field(words: list[str]) -> None:
    column = "_".join(words)
    assert to_snake(to_camel(column)) == column
    assert to_camel(to_snake(to_camel(column))) == to_camel(column)


@given(WORDS)
def test_an_enum_comes_back_from_its_type(words: list[str]) -> None:
    enum = "_".join(words)
    if words[0] not in ACRONYMS:
        assert to_snake(to_pascal(enum)) == enum


def test_the_names_of_reso() -> None:
    names = {
        "officeAddress1": "office_address1",
        "mediaURL": "media_url",
        "internetAddressDisplayYN": "internet_address_display_yn",
        "virtualTourURLBranded": "virtual_tour_url_branded",
        "memberMlsId": "member_mls_id",
    }
    assert {name: to_snake(name) for name in names} == names
    assert {to_camel(column): column for column in names.values()} == names
