"""The one place where SDL names and SQL names meet.

An SDL name is a RESO name with its leading capital lowered (`mediaURL`), a column is the same words in
snake_case (`media_url`). The mapping loses nothing: `to_camel(to_snake(name)) == name` for every name of the
contract, which `check` proves.
"""

import re
from functools import cache

# Words that RESO writes in capitals inside a name: `virtualTourURLBranded`, `waterfrontYN`.
_ACRONYMS = frozenset({"url", "yn"})

# A word is an acronym (up to the capital that begins the next word) or a capital with what follows it;
# digits stay with the word before them.
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\b)[0-9]*|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*")


@cache
def to_snake(name: str) -> str:
    """`officeAddress1` -> `office_address1`, `mediaURL` -> `media_url`, `HotTub` -> `hot_tub`."""
    return "_".join(word.lower() for word in _WORD.findall(name))


@cache
def to_camel(name: str) -> str:
    """`office_address1` -> `officeAddress1`, `media_url` -> `mediaURL`."""
    first, *rest = name.split("_")
    return first + "".join(word.upper() if word in _ACRONYMS else word.capitalize() for word in rest)


@cache
def to_pascal(name: str) -> str:
    """`standard_status` -> `StandardStatus`: the SDL type of a table, the SDL enum of a PostgreSQL enum."""
    camel = to_camel(name)
    return camel[0].upper() + camel[1:]
