"""The mapping file: which column of an input becomes which RESO field, and how its values are rewritten.

    ignore = ["internal_note"]          # columns that are known and not wanted

    [csv]
    delimiter = ";"

    [fields.PostalCode]                 # a RESO field; "ListAgent.MemberKey" for one of a listing's agent
    column = "zip"                      # or constant = "…", or template = "{state}-{line}"
    strip_prefix = "z"                  # then, in this order: strip_prefix, strip_suffix, replace, values,
    replace = { "_" = " " }             # case, split (at a separator, into a list), default (for nothing)
    values = { "Condo" = "Condominium" }
    case = "title"                      # or "upper", "lower"
    split = "|"
    default = "…"

A column that no field names and whose own name is a RESO field's is taken as it is. Which fields exist is
the catalogue's business.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.errors import quoted
from server.ingest.rejects import UnusableInput

Values = dict[str, Any]
_Step = Callable[[str], Any]

_SOURCES = ("column", "constant", "template")
_PLACE = re.compile(r"\{([^{}]*)\}")
_LINE = "line"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field is made: where its value comes from and what is done to it."""

    source: Callable[[Values, int], Any]
    columns: tuple[str, ...] = ()
    steps: tuple[_Step, ...] = ()
    default: Any = None

    def value(self, values: Values, line: int) -> Any:
        value = self.source(values, line)
        if self.steps and value not in (None, ""):
            value = value.strip() if isinstance(value, str) else str(value)
            for step in self.steps:
                value = step(value)
        return self.default if value in (None, "") else value

    def is_given(self, values: Values) -> bool:
        return (
            not self.columns or self.default is not None or any(column in values for column in self.columns)
        )


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What the columns of an input mean. Without rules every column means the RESO field of its name."""

    rules: Mapping[str, FieldRule] = field(default_factory=dict)
    # Columns that are not taken by their own name.
    ignore: frozenset[str] = frozenset()
    delimiter: str = ","

    def check_columns(self, header: Sequence[str]) -> None:
        """UnusableInput where a rule names a column that the header does not have."""
        for name, rule in self.rules.items():
            for column in rule.columns:
                if column not in header:
                    raise UnusableInput(
                        f"The mapping makes {name} of a column {quoted(column)} that the file does not have."
                        f"{did_you_mean(column, header)}"
                    )

    def check_fields(self, known: Collection[str]) -> None:
        """UnusableInput where a rule makes a field that there is not."""
        for name in self.rules:
            if name not in known:
                raise UnusableInput(
                    f"The mapping makes {quoted(name)}, which is no field.{did_you_mean(name, known)}"
                )

    def fields(self, values: Values, line: int) -> Values:
        """A row by RESO fields. `ListAgent.MemberKey` becomes `{"ListAgent": {"MemberKey": …}}`."""
        given: Values = {}
        for name, value in values.items():
            if name not in self.ignore:
                _put(given, name, value)
        for name, rule in self.rules.items():
            if rule.is_given(values):
                _put(given, name, rule.value(values, line))
        return given


def read_mapping(path: Path) -> FieldMapping:
    """The mapping in a TOML file. UnusableInput names the key that makes no sense."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableInput(f"The mapping {path} cannot be read: {error}.") from None
    _only(document, ("ignore", "csv", "fields"), "the mapping")
    dialect = _table(document, "csv")
    _only(dialect, ("delimiter",), "[csv]")
    delimiter = dialect.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnusableInput(f'[csv] delimiter must be one character, such as ";"; it is {delimiter!r}.')
    ignore = document.get("ignore", [])
    if not isinstance(ignore, list) or not all(isinstance(name, str) for name in ignore):
        raise UnusableInput('ignore must be a list of column names, such as ["internal_note"].')
    fields = _table(document, "fields")
    rules = {name: _rule(name, _table(fields, name)) for name in fields}
    # A column that a rule uses is not taken by its own name too.
    used = (rule.columns for rule in rules.values())
    return FieldMapping(rules, frozenset(ignore).union(*used), delimiter)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names what is nearest to a name; empty where nothing is near."""
    near = difflib.get_close_matches(name[:100], list(known), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _rule(name: str, table: Values) -> FieldRule:
    where = f"[fields.{name}]"
    _only(table, (*_SOURCES, *_STEPS, "default"), where)
    sources = [key for key in _SOURCES if key in table]
    if len(sources) != 1:
        raise UnusableInput(f"{where} must have exactly one of column, constant and template.")
    steps = tuple(
        make(_typed(table[key], type_, f"{where} {key}"))
        for key, (type_, make) in _STEPS.items()
        if key in table
    )
    default = table.get("default")
    match sources[0]:
        case "constant":
            constant = table["constant"]
            return FieldRule(lambda values, line: constant, (), steps, default)
        case "column":
            column = _typed(table["column"], str, f"{where} column")
            return FieldRule(lambda values, line: values.get(column), (column,), steps, default)
        case _:
            template = _typed(table["template"], str, f"{where} template")
            columns = tuple(place for place in _PLACE.findall(template) if place != _LINE)
            return FieldRule(lambda values, line: _filled(template, values, line), columns, steps, default)


def _replacing(pairs: Values) -> _Step:
    def step(text: str) -> str:
        for old, new in pairs.items():
            text = text.replace(old, str(new))
        return text

    return step


def _in_case(case: str) -> _Step:
    match case:
        case "title":
            return lambda text: " ".join(word.capitalize() for word in text.split(" "))
        case "upper":
            return str.upper
        case "lower":
            return str.lower
    raise UnusableInput(f"case must be title, upper or lower; it is {quoted(case)}.")


def _splitting(separator: str) -> _Step:
    if not separator:
        raise UnusableInput('split must be the separator of the values, such as "|"; it is empty.')
    return lambda text: [part for part in map(str.strip, text.split(separator)) if part]


# The steps in the order in which they are taken, each with the type of its setting.
_STEPS: Mapping[str, tuple[type, Callable[[Any], _Step]]] = {
    "strip_prefix": (str, lambda prefix: lambda text: text.removeprefix(prefix)),
    "strip_suffix": (str, lambda suffix: lambda text: text.removesuffix(suffix)),
    "replace": (dict, _replacing),
    "values": (dict, lambda known: lambda text: known.get(text, text)),
    "case": (str, _in_case),
    "split": (str, _splitting),
}


def _filled(template: str, values: Values, line: int) -> str:
    def place(match: re.Match[str]) -> str:
        value = line if match[1] == _LINE else values.get(match[1])
        return "" if value is None else str(value).strip()

    return _PLACE.sub(place, template)


def _put(given: Values, name: str, value: Any) -> None:
    parent, _, child = name.partition(".")
    if not child:
        given[parent] = value
    elif isinstance(given.setdefault(parent, {}), dict):
        given[parent][child] = value


def _table(document: Values, key: str) -> Values:
    table: Values = _typed(document.get(key, {}), dict, f"[{key}]")
    return table


def _typed(value: Any, type_: type, where: str) -> Any:
    if not isinstance(value, type_):
        names: Mapping[type, str] = {str: "text", dict: "a table"}
        raise UnusableInput(f"{where} must be {names[type_]}; it is {value!r}.")
    return value


def _only(table: Values, known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise UnusableInput(f"{where} has an unknown key {quoted(key)}.{did_you_mean(key, known)}")
