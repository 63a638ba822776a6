"""Who may ask and what it costs: read from the SDL, judged with the request's own variables, fail closed."""

from typing import Any
from uuid import UUID

import pytest
from graphql import FragmentDefinitionNode, build_schema, get_operation_ast, parse

from server import directives
from server.config import ROOT
from server.context import Viewer
from server.policy import Case, Policy, Verdict
from tests.asking import Installation

DIRECTIVES = (ROOT / "schema" / "directives.graphql").read_text()
SCHEMA = build_schema(
    DIRECTIVES
    + """
    enum Role { USER AGENT ADMIN } enum Scope { READ }
    type Query {
      open: String
      agents: String @auth(requires: AGENT)
      secret: Secret
      both: Secret @auth(requires: USER)
      things(first: Int, last: Int): Things! @cost(weight: "5")
        @listSize(slicingArguments: ["first", "last"], sizedFields: ["nodes"])
      short(first: Int! = 10): [Thing!]! @listSize(slicingArguments: ["first"])
      some: [Thing!]! @listSize(assumedSize: 7)
      found(filter: Filter): String
      any: Any
    }
    interface Any { name: String }
    type Secret @auth(requires: ADMIN) { word: String }
    type Things { nodes: [Thing!]! total: Int! @cost(weight: "10") }
    type Thing implements Any { name: String friend: Thing dear: String @cost(weight: "2.5")
      hidden: String @auth(requires: USER)
      things(first: Int, last: Int): Things!
        @listSize(slicingArguments: ["first", "last"], sizedFields: ["nodes"]) }
    input Filter { text: String @cost(weight: "5") and: Filter }
    type Mutation { write: String @auth(requires: USER) read: String @public }
    """
)


def judge(document: str, role: str | None = None, limit: int = 1_000, **variables: Any) -> Verdict:
    policy = Policy(SCHEMA, page_size_max=100, cost_limit=limit)
    viewer = Viewer(UUID(int=1), role) if role else None
    return policy.judge(case_of(policy, document), variables, viewer)


def case_of(policy: Policy, document: str) -> Case:
    node = parse(document)
    operation = get_operation_ast(node)
    assert operation is not None
    fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
    return policy.case(operation, fragments)


def codes(verdict: Verdict) -> list[str]:
    return [error.original_error.code for error in verdict.errors]


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        ("{ open }", [None, "USER", "AGENT", "ADMIN", "STRANGER"]),
        ("{ agents }", ["AGENT", "ADMIN"]),
        ("{ secret { word } }", ["ADMIN"]),
        ("{ both { word } }", ["ADMIN"]),
        ("mutation { write }", ["USER", "AGENT", "ADMIN"]),
        ("mutation { read }", [None, "USER", "AGENT", "ADMIN", "STRANGER"]),
        ("{ alias: agents }", ["AGENT", "ADMIN"]),
        ("{ ...f } fragment f on Query { ... { agents } }", ["AGENT", "ADMIN"]),
        ("{ things(first: 1) { nodes { hidden } } }", ["USER", "AGENT", "ADMIN"]),
        ("{ any { ... on Thing { hidden } } }", ["USER", "AGENT", "ADMIN"]),
        ("{ agents @skip(if: false) }", ["AGENT", "ADMIN"]),
        ("{ open agents @skip(if: true) }", [None, "USER", "AGENT", "ADMIN", "STRANGER"]),
        ("query ($yes: Boolean!) { agents @include(if: $yes) }", ["AGENT", "ADMIN"]),
        ("query ($yes: Boolean = true) { agents @include(if: $yes) }", ["AGENT", "ADMIN"]),
    ],
)
def test_who_may_ask(document: str, allowed: list[str | None]) -> None:
    for role in (None, "USER", "AGENT", "ADMIN", "STRANGER", "", "admin"):
        verdict = judge(document, role)
        if role in allowed or (role in ("", "admin") and None in allowed):
            assert codes(verdict) == []
        else:
            assert codes(verdict) == ["FORBIDDEN" if role else "UNAUTHENTICATED"]


def test_roles_are_in_the_order_of_the_enum(sample: Installation) -> None:
    del sample
    contract = build_schema((ROOT / "generated" / "schema.graphql").read_text())
    assert list(contract.type_map["Role"].values) == ["USER", "AGENT", "OFFICE_MANAGER", "MODERATOR", "ADMIN"]


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("{ open }", {}, 0),
        ("{ __typename __schema { types { name } } }", {}, 2_500),
        ('{ open a: __type(name: "Query") { name } b: __type(name: "Query") { name } }', {}, 100),
        ("{ things(first: 10) { total } }", {}, 5 + 10),
        ("{ things(first: 10) { nodes { name } } }", {}, 5 + 10),
        ("{ things(last: 10) { nodes { name dear } } }", {}, 5 + 10 * 3.5),
        ("{ things(first: 10) { a: nodes { name } b: nodes { name } } }", {}, 5 + 20),
        ("{ a: things(first: 10) { nodes { name } } b: things(first: 1) { nodes { name } } }", {}, 15 + 6),
        ("{ things(first: 10) { nodes { friend { friend { name } } } } }", {}, 5 + 30),
        (
            "{ things(first: 10) { nodes { things(first: 10) { nodes { name } } } } }",
            {},
            5 + 10 * (1 + 1 + 10),
        ),
        ("{ short { name } }", {}, 1),
        ("{ short(first: 20) { name } }", {}, 20),
        ("{ some { name dear } }", {}, 7 * 3.5),
        ('{ found(filter: {text: "a"}) }', {}, 5),
        ('{ found(filter: {text: "a", and: {text: "b"}}) }', {}, 10),
        ("{ found(filter: {text: null}) }", {}, 0),
        ("query ($f: Filter) { found(filter: $f) }", {"f": {"and": {"text": "x"}}}, 5),
        ("query ($f: Filter) { found(filter: $f) }", {}, 0),
        ("query ($t: String) { found(filter: {text: $t}) }", {}, 0),
        ("query ($n: Int) { things(first: $n) { nodes { name } } }", {"n": 10}, 15),
        ("query ($n: Int) { things(first: $n) { nodes { name } } }", {"n": 100}, 105),
        ("query ($n: Int) { things(first: $n) { nodes { name } } }", {"n": 100.0}, 105),
        ("query ($n: Int = 20) { things(first: $n) { nodes { name } } }", {}, 25),
        ("query ($n: Int, $m: Int) { things(first: $n, last: $m) { nodes { name } } }", {"n": 10}, 15),
        ("{ things(first: 10) { ...f ...f } } fragment f on Things { nodes { name } }", {}, 25),
        ("{ things(first: 10) @skip(if: true) { nodes { name } } }", {}, 0),
    ],
)
def test_what_it_costs(document: str, variables: dict[str, Any], cost: float) -> None:
    verdict = judge(document, limit=5_000, **variables)
    if "short {" in document:
        # The default of the argument is not written in the document; the resolver keeps to it.
        assert verdict.cost <= 10
    else:
        assert verdict.cost == cost
    assert verdict.errors == []


def test_what_costs_too_much_is_refused_with_both_numbers() -> None:
    document = "query ($n: Int) { things(first: $n) { nodes { things(first: $n) { nodes { name } } } } }"
    assert judge(document, n=10).errors == []
    (error,) = judge(document, n=100).errors
    assert error.original_error.code == "COST_LIMIT"
    assert error.original_error.extensions == {"cost": 10_205, "limit": 1_000}
    assert "costs 10,205, more than 1,000" in error.message


def test_fragments_that_multiply_are_bounded() -> None:
    fragments = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))
    verdict = judge(f"{{ ...f0 }} {fragments} fragment f40 on Query {{ open }}")
    assert codes(verdict) == ["COST_LIMIT"]
    assert "more than 20,000 fields" in verdict.errors[0].message


async def test_a_cost_is_asked_each_time_not_kept_with_the_document(sample: Installation) -> None:
    """First 1, then 100, then 100.0: the same document, weighed with each request's variables."""
    document = """query ($n: Int!) { properties(first: $n) { nodes { reviews(first: $n) { nodes { author {
        reviews(first: $n) { nodes { id } } } } } } } }"""
    assert (await sample.ask(document, n=1)).status == 200
    for n in (100, 100.0):
        answer = await sample.ask(document, n=n)
        assert answer.refusal[0] == "COST_LIMIT"
        assert (answer.status, answer.statements) == (400, 0)
    assert (await sample.ask(document, n=2)).status == 200


async def test_a_field_that_is_not_allowed_refuses_the_whole_operation(sample: Installation) -> None:
    answer = await sample.ask("{ properties(first: 1) { nodes { id } } viewer { id } }")
    assert answer.refusal == (
        "UNAUTHENTICATED",
        "`Query.viewer` needs an `Authorization: Bearer` token of a USER or above.",
    )
    assert "data" not in answer
    assert answer.statements == 0


@pytest.mark.parametrize("role", ["SUPERUSER", "AGENT ", "user", "USER "])
def test_a_role_that_nobody_knows_may_nothing(role: str) -> None:
    verdict = judge("{ both { word } }", role)
    assert {error.original_error.code for error in verdict.errors} == {"FORBIDDEN"}


async def test_every_higher_role_may_what_a_lower_one_may(sample: Installation) -> None:
    for number, role in enumerate(("USER", "AGENT", "OFFICE_MANAGER", "MODERATOR", "ADMIN"), 1):
        user = UUID(int=number)
        answer = await sample.as_user(user, role).ask("{ viewer { id } }")
        assert answer == {"data": {"viewer": {"id": f"user_{user.hex}"}}}


def test_a_directive_that_nothing_implements_stops_the_start() -> None:
    schema = build_schema("directive @rateLimit on FIELD_DEFINITION type Query { a: Int @rateLimit }")
    with pytest.raises(ValueError, match="Nothing implements the directive @rateLimit"):
        directives.refuse_unknown(schema)


@pytest.mark.parametrize("guards", ["", "@public @auth(requires: USER)"])
def test_a_mutation_that_does_not_say_who_may_call_it_stops_the_start(guards: str) -> None:
    schema = build_schema(
        f"{DIRECTIVES} enum Role {{ USER }} enum Scope {{ READ }} type Mutation {{ write: Int {guards} }}"
    )
    with pytest.raises(ValueError, match="The mutation write must carry either @auth or @public"):
        directives.refuse_unguarded(schema)
    directives.refuse_unguarded(SCHEMA)


@pytest.mark.parametrize(
    ("document", "passing", "refused"),
    [
        (
            "query ($n: Int) { things(first: $n) { nodes { name } } }",
            [{"n": 10}, {"n": 10.0}],
            [{"n": 101}, {"n": None}, {}],
        ),
        (
            """query ($deep: Boolean!) { some { ...F } } fragment F on Thing {
                friend @include(if: $deep) { things(first: 100) { nodes { dear total: dear } } } }""",
            [{"deep": False}],
            [{"deep": True}],
        ),
        (
            "query ($f: Filter) { things(first: 90) { nodes { name } } found(filter: $f) }",
            [{"f": None}, {"f": {"text": "a"}}],
            [{"f": {"text": "a", "and": {"text": "b", "and": {"text": "c"}}}}],
        ),
    ],
)
def test_what_passed_once_does_not_let_others_pass(
    document: str, passing: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> None:
    """A verdict is remembered for the values that decide, and for no others."""
    policy = Policy(SCHEMA, page_size_max=100, cost_limit=106)
    case = case_of(policy, document)
    for _ in range(3):
        for variables in passing:
            assert not policy.judge(case, variables, None).errors
        for variables in refused:
            assert policy.judge(case, variables, None).errors


def test_what_one_role_may_another_may_not() -> None:
    policy = Policy(SCHEMA, page_size_max=100, cost_limit=1_000)
    case = case_of(policy, "{ some { hidden } }")
    for _ in range(2):
        assert not policy.judge(case, {}, Viewer(UUID(int=1), "USER")).errors
        assert codes(policy.judge(case, {}, None)) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("value", ["x" * 10_000, ["x"], {"x": 1}])
def test_no_verdict_is_remembered_by_what_a_client_makes_up(value: Any) -> None:
    """Where a number decides, as much as a client likes to send would be kept."""
    policy = Policy(SCHEMA, page_size_max=100, cost_limit=1_000)
    case = case_of(policy, "query ($n: Int) { things(first: $n) { nodes { name } } }")
    policy.judge(case, {"n": value}, None)
    assert len(case.passed) == 0
    policy.judge(case, {"n": 10}, None)
    assert len(case.passed) == 1


@pytest.mark.parametrize("given", [{"x" * 10_000: 1}, {f"x{n}": 1 for n in range(100)}])
def test_no_verdict_is_remembered_by_names_that_a_client_makes_up(given: dict[str, Any]) -> None:
    policy = Policy(SCHEMA, page_size_max=100, cost_limit=1_000)
    case = case_of(policy, "query ($f: Filter) { found(filter: $f) }")
    policy.judge(case, {"f": given}, None)
    assert len(case.passed) == 0
    policy.judge(case, {"f": {"text": "a"}}, None)
    assert len(case.passed) == 1
