"""Arguments that are coerced once are those that graphql-core coerces each time."""

from typing import Any

import pytest
from graphql import GraphQLError, build_schema, parse
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from server.execution.arguments import Arguments

SCHEMA = build_schema(
    """
    enum Colour { RED GREEN }
    input Inner { number: Int! = 7 colour: Colour words: [String!] more: Inner }
    type Query { f(a: Int = 3, b: [Int!], inner: Inner, many: [Inner!]! = [], colour: Colour = RED): Int }
    """
)
VARIABLES = "($i: Int, $n: Int!, $l: [Int!], $o: Inner, $c: Colour, $d: Int = 5, $w: [String!])"
ARGUMENTS = [
    "",
    "(a: 1)",
    "(a: null)",
    "(a: $i)",
    "(a: $n, b: [1, 2])",
    "(a: $d, b: $l)",
    "(b: [$n, 2, $n])",
    "(b: 4)",
    '(inner: {number: $n, colour: GREEN, words: ["a"]})',
    "(inner: {number: 1, colour: $c, words: $w, more: {more: {number: $n}}})",
    "(inner: $o, many: [{number: $n}, {colour: $c}])",
    "(many: {number: 2}, colour: $c)",
    "(inner: {number: $i})",
    "(b: [$i])",
    '(a: "one")',
]
GIVEN: list[dict[str, Any]] = [
    {"n": 1},
    {"n": 1, "i": None, "l": None, "o": None, "c": None, "w": None, "d": None},
    {"n": 2, "i": 3, "l": [4, 5], "o": {"more": {"words": ["b"]}}, "c": "GREEN", "w": ["c", "d"], "d": 6},
    {"n": 3, "l": 8, "w": "e"},
]


def outcome(coerce: Any) -> Any:
    try:
        return coerce()
    except GraphQLError as error:
        return error.message


@pytest.mark.parametrize("written", ARGUMENTS)
def test_they_are_what_graphql_core_gives(written: str) -> None:
    operation: Any = parse(f"query {VARIABLES} {{ f{written} }}").definitions[0]
    field, node = SCHEMA.query_type.fields["f"], operation.selection_set.selections[0]
    arguments = Arguments(field, node)
    for given in GIVEN * 2:
        variables = get_variable_values(SCHEMA, operation.variable_definitions, given)
        assert isinstance(variables, VariableValues)
        expected = outcome(lambda: get_argument_values(field, node, variables))  # noqa: B023  # called at once
        assert outcome(lambda: arguments.of(variables)) == expected  # noqa: B023  # called at once


@pytest.mark.parametrize("number", ["1", "$n"])
def test_nobody_can_change_what_is_known(number: str) -> None:
    document = f'query ($n: Int!) {{ f(inner: {{number: {number}, words: ["a"]}}, b: [1]) }}'
    operation: Any = parse(document).definitions[0]
    arguments = Arguments(SCHEMA.query_type.fields["f"], operation.selection_set.selections[0])
    variables = get_variable_values(SCHEMA, operation.variable_definitions, {"n": 1})
    assert isinstance(variables, VariableValues)
    first = arguments.of(variables)
    first["inner"]["words"].append("b")
    first["inner"]["number"] = 2
    first["b"].clear()
    first["many"].append(3)
    inner = {"number": 1, "words": ["a"]}
    assert arguments.of(variables) == {"a": 3, "b": [1], "inner": inner, "many": [], "colour": "RED"}
