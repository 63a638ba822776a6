"""Operations over a schema by chance, with their variables: a hypothesis strategy.

They are valid but for what is meant to be wrong: fields, aliases, fragments, `@skip` and `@include`,
arguments as literals and as variables. `Known` has values that exist, of which half of the arguments are.
"""

from typing import Any, NamedTuple

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from hypothesis import strategies as st

PAGE_ARGUMENTS = {"first", "last", "after", "before", "orderBy"}
DEEPEST = 5
MOST_FIELDS = 6


class Known(NamedTuple):
    """What exists: ids by type, values by the name of their argument, orders with a cursor by connection."""

    ids: dict[str, list[str]]
    values: dict[str, list[Any]]
    cursors: dict[str, list[tuple[str, str]]]


class Operation(NamedTuple):
    document: str
    variables: dict[str, Any]


class Name(str):
    """A value of an enum, which a document writes without quotes."""


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Int": st.sampled_from([0, 1, 2, 3, 1980, 100, -1, 2**31 - 1, -(2**31)]),
    "Float": st.sampled_from([0, -1.5, 38.5, -121.5, 1e300]),
    "Boolean": st.booleans(),
    "String": st.text(max_size=8)
    | st.sampled_from(["garden", '"new home" -pool', "'\\%_$1", "\U0001f3e1", ""]),
    "ID": st.sampled_from(["", "nonsense", "property_0", f"property_{'0' * 32}", f"what_{'f' * 32}"]),
    "Decimal": st.sampled_from(["0", "400000", "1e5", "-0.01", "999999999999.99", "0.001", 5, "a lot"]),
    "Date": st.sampled_from(["2026-05-01", "0001-01-01", "9999-12-31", "2025-02-30", ""]),
    "DateTime": st.sampled_from(
        ["2026-05-01T10:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00+14:00"]
    ),
    "Latitude": st.sampled_from([38.4, 38.5, 38.6, -90, 90, 91]),
    "Longitude": st.sampled_from([-121.5, -121.4, -121.3, -180, 180]),
}


@st.composite
def operations(draw: st.DrawFn, schema: GraphQLSchema, known: Known) -> Operation:
    """A query and its variables."""
    return _Writer(draw, schema, known).write()


class _Writer:
    """Writes one operation; what it writes next is drawn."""

    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema, known: Known) -> None:
        self._draw, self._schema, self._known = draw, schema, known
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: list[str] = []
        self._reusable: dict[str, list[str]] = {}
        self._names = 0

    def write(self) -> Operation:
        root = self._schema.query_type
        assert root is not None
        selection = self._selection(root, DEEPEST)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        text = " ".join([f"query Q{declared} {selection}", *self._fragments])
        return Operation(text, self._variables)

    def _chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def _one_of(self, values: Any) -> Any:
        return self._draw(st.sampled_from(list(values)))

    def _new(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        fields: dict[str, GraphQLField] = getattr(type_, "fields", {})
        inner = [name for name, field in fields.items() if is_composite_type(get_named_type(field.type))]
        leaves = [name for name in fields if name not in inner]
        parts = []
        for _ in range(self._draw(st.integers(1, MOST_FIELDS if leaves else 2))):
            if inner and depth and (not leaves or self._chance(35)):
                parts.append(self._field(type_, self._one_of(inner), depth))
            elif leaves and self._chance(95):
                parts.append(self._field(type_, self._one_of(leaves), depth))
            else:
                parts.append("__typename")
        if self._chance(15):
            parts.append(self._fragment(type_, depth))
        if isinstance(type_, GraphQLInterfaceType):
            kinds = self._schema.get_possible_types(type_)
            parts += [
                f"... on {kind.name} {self._selection(kind, depth - 1)}"
                for kind in self._draw(st.lists(st.sampled_from(list(kinds)), max_size=2, unique=True))
            ]
        return f"{{ {' '.join(parts)} }}"

    def _fragment(self, type_: GraphQLNamedType, depth: int) -> str:
        if self._chance(40):
            condition = self._one_of(["", f" on {type_.name}"])
            return f"...{condition}{self._directives()} {self._selection(type_, depth - 1 if depth else 0)}"
        known = self._reusable.setdefault(type_.name, [])
        if known and self._chance(50):
            return f"...{self._one_of(known)}{self._directives()}"
        name = self._new("F")
        selection = self._selection(type_, max(depth - 2, 0))
        # Only now: a fragment does not spread itself.
        known.append(name)
        self._fragments.append(f"fragment {name} on {type_.name} {selection}")
        return f"...{name}{self._directives()}"

    def _directives(self) -> str:
        if self._chance(85):
            return ""
        decided = self._variable("Boolean!", self._draw(st.booleans())) if self._chance(60) else "true"
        return f" @{self._one_of(['skip', 'include'])}(if: {decided})"

    def _field(self, type_: GraphQLNamedType, name: str, depth: int) -> str:
        field: GraphQLField = type_.fields[name]  # type: ignore[attr-defined]
        inner = get_named_type(field.type)
        # What has arguments has a key of its own; all else may be merged with what asks for the same.
        alias = f"{self._new('k')}: " if field.args or self._chance(10) else ""
        selection = f" {self._selection(inner, depth - 1)}" if is_composite_type(inner) else ""
        return f"{alias}{name}{self._arguments(field)}{self._directives()}{selection}"

    def _arguments(self, field: GraphQLField) -> str:
        given: dict[str, str] = {}
        if "first" in field.args:
            given = self._page(field)
        for name, argument in field.args.items():
            if name in PAGE_ARGUMENTS and "first" in field.args:
                continue
            if isinstance(argument.type, GraphQLNonNull) or self._chance(40):
                given[name] = self._argument(name, argument, get_named_type(field.type).name)
        return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""

    def _page(self, field: GraphQLField) -> dict[str, str]:
        sizes = st.integers(1, 3) if self._chance(95) else st.sampled_from([0, -1, 1_000, None])
        way = "last" if "last" in field.args and self._chance(30) else "first"
        given = {way: self._written("Int", self._draw(sizes))}
        if self._chance(2):
            given = {}
        if "orderBy" not in field.args:
            return given
        orders = field.args["orderBy"].type
        cursors = self._known.cursors.get(get_named_type(field.type).name, [])
        if cursors and self._chance(30):
            order, cursor = self._one_of(cursors)
            given[self._one_of(["after", "before"])] = self._written(
                "String", cursor if self._chance(90) else self._draw(SCALARS["String"])
            )
            given["orderBy"] = self._written(str(orders), Name(order))
        elif self._chance(60):
            given["orderBy"] = self._written(str(orders), self._value("orderBy", orders, ""))
        return given

    def _argument(self, name: str, argument: GraphQLArgument, returned: str) -> str:
        return self._written(str(argument.type), self._value(name, argument.type, returned))

    def _written(self, type_: str, value: Any) -> str:
        """The value as it stands in the document: as it is, or as a variable."""
        return self._variable(type_, value) if self._chance(40) else _literal(value)

    def _variable(self, type_: str, value: Any) -> str:
        name = self._new("v")
        default = ""
        if self._chance(15):
            default = f" = {_literal(value)}" if value is not None or not type_.endswith("!") else ""
            if self._chance(50):
                value = None
        self._declared.append(f"${name}: {type_}{default}")
        if self._chance(3):
            value = self._draw(st.sampled_from([None, "wrong", -1, [], {"a": 1}, 1.5, True, [None]]))
        if not self._chance(3):
            self._variables[name] = value
        return f"${name}"

    def _value(self, name: str, type_: Any, returned: str) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type, returned)
        if self._chance(3):
            return None
        if isinstance(type_, GraphQLList):
            number = self._draw(st.integers(0, 3))
            return [self._item(name, type_.of_type, returned) for _ in range(number)]
        if isinstance(type_, GraphQLEnumType):
            return Name(self._one_of(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(name, type_)
        ids = self._known.ids.get(returned) or [each for some in self._known.ids.values() for each in some]
        known = ids if type_.name == "ID" else self._known.values.get(name, [])
        if known and self._chance(60):
            return self._one_of(known)
        return self._draw(SCALARS.get(type_.name, SCALARS["String"]))

    def _item(self, name: str, type_: Any, returned: str) -> Any:
        value = self._value(name, type_, returned)
        while value is None and isinstance(type_, GraphQLNonNull):
            value = self._value(name, type_, returned)
        return value

    def _object(self, name: str, type_: GraphQLInputObjectType) -> dict[str, Any]:
        given = {}
        fields: dict[str, GraphQLInputField] = type_.fields
        chosen = self._draw(st.lists(st.sampled_from(list(fields)), max_size=2, unique=True))
        for inner, field in fields.items():
            if inner in chosen or isinstance(field.type, GraphQLNonNull):
                # The bounds of a range are values of what the range is of.
                about = inner if inner in self._known.values else name
                given[inner] = self._item(about, field.type, "")
        return given


def _literal(value: Any) -> str:
    match value:
        case Name():
            return value
        case dict():
            return f"{{{', '.join(f'{name}: {_literal(inner)}' for name, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case _:
            return orjson.dumps(value).decode()


async def known_values(ask: Any, schema: GraphQLSchema) -> Known:
    """Some of what there is, by asking for it."""
    known = Known({}, {}, {})
    root = schema.query_type
    assert root is not None
    for name, field in root.fields.items():
        if "orderBy" not in field.args:
            continue
        orders: Any = get_named_type(field.args["orderBy"].type)
        connection: Any = get_named_type(field.type)
        node: Any = get_named_type(get_named_type(connection.fields["nodes"].type))
        leaves = [
            leaf
            for leaf, inner in node.fields.items()
            if not inner.args and not is_composite_type(get_named_type(inner.type))
        ]
        for order in orders.values:
            nodes = f"edges {{ cursor node {{ {' '.join(leaves)} }} }}"
            answer = await ask(f"{{ {name}(first: 3, orderBy: {order}) {{ {nodes} }} }}")
            if "errors" in answer:
                continue
            for edge in answer["data"][name]["edges"]:
                known.cursors.setdefault(connection.name, []).append((order, edge["cursor"]))
                known.ids.setdefault(node.name, []).append(edge["node"]["id"])
                for leaf, value in edge["node"].items():
                    if isinstance(value, str | int) and leaf != "id":
                        known.values.setdefault(leaf, []).append(value)
    return known
