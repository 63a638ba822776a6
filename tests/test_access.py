"""Who may ask for what: every rule, by every way that leads to what it guards, for everybody who may ask."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from ariadne import ObjectType, QueryType
from graphql import GraphQLSchema, build_schema, graphql

from generated.sql.review import reviews_public
from generated.sql.user import users_public
from server.access import labels
from server.app import executable_schema
from server.auth.seals import Seals
from server.config import ROOT
from server.context import Context, Viewer
from server.contract.access import viewers, write_access
from server.database import Database
from server.errors import Forbidden
from server.loaders import Loaders
from server.policy import Policy
from server.schema import Node
from server.schema import build_schema as build_executable_schema
from tests.access_paths import (
    Matrix,
    Question,
    codes_by,
    disagreements,
    expected,
    invalid,
    questions,
)
from tests.asking import Installation
from tests.market import Market
from tests.test_policy import case_of
from tests.test_service_token import add_token

DIRECTIVES = (ROOT / "schema" / "directives.graphql").read_text()
SDL = """
enum Role { USER AGENT ADMIN }
enum Scope { AUDIT_READ USERS_READ }

interface Node { id: ID! }
interface Named { name: String }
interface Audited @auth(requires: ADMIN, scopes: [AUDIT_READ]) { actor: String }
interface Noted { note: String @auth(requires: USER) }
interface Shelved { code: String }

type Place implements Node & Named & Noted {
  id: ID!
  name: String
  note: String
  price(currency: String, secretly: Boolean @auth(requires: AGENT)): Int
  owner: Account
}
type Account implements Node & Named @auth(requires: AGENT, scopes: [USERS_READ]) {
  id: ID!
  name: String
  email: String
  token: String @auth(requires: ADMIN)
  friends(first: Int): AccountConnection! @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
}
type AccountConnection { edges: [AccountEdge!]! nodes: [Account!]! totalCount: Int! }
type AccountEdge { cursor: String! node: Account! }
type Entry implements Node & Audited { id: ID! actor: String }
type Book implements Shelved { code: String @auth(requires: USER) }
type Report { lines: [String!]! }
union Found = Place | Account
union Shown = Place | Report

type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]! @listSize(assumedSize: 10)
  place: Place
  shown: Shown
  found: Found
  named: [Named!]! @listSize(assumedSize: 5)
  noted: Noted
  shelved: Shelved
  audited: Audited
  accounts(first: Int): AccountConnection! @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
  report: Report @auth(requires: ADMIN, scopes: [AUDIT_READ, USERS_READ])
  search(
    filter: Filter
    filters: [[Filter]]
    secret: Int = 1 @auth(requires: USER)
  ): [String!]!
}
input Filter {
  text: String
  email: String @auth(requires: AGENT, scopes: [USERS_READ])
  and: Filter
  any: [Filter!]
}

type Mutation {
  change(input: ChangeInput!): ChangePayload! @auth(requires: USER)
  register(input: ChangeInput!): RegisterPayload! @public
}
input ChangeInput { name: String role: Role @auth(requires: ADMIN) }
type ChangePayload { account: Account place: Place }
type RegisterPayload { name: String }
"""
SCHEMA = build_schema(DIRECTIVES + SDL)
VIEWERS = viewers(SCHEMA)
EVERYBODY = set(VIEWERS)
PEOPLE = {"USER", "AGENT", "ADMIN"}
# Who may see accounts, and who entries.
ACCOUNTS, AUDIT = {"AGENT", "ADMIN", "USERS_READ"}, {"ADMIN", "AUDIT_READ"}


def policy_of(schema: GraphQLSchema = SCHEMA) -> Policy:
    return Policy(schema, page_size_max=100, cost_limit=1_000_000)


def who_may(document: str, **variables: Any) -> set[str]:
    """Whom the policy lets through, each with the code that is theirs where it does not."""
    policy = policy_of()
    case = case_of(policy, document)
    passing = set()
    for kind, viewer in VIEWERS.items():
        errors = policy.judge(case, variables, viewer).errors
        code = "FORBIDDEN" if viewer else "UNAUTHENTICATED"
        assert {error.original_error.code for error in errors} <= {code}
        if not errors:
            passing.add(kind)
    return passing


@pytest.mark.parametrize(
    ("document", "passing"),
    [
        # A type's rule, by a field, a page, an edge, a fragment, an interface, a union, a payload.
        ("{ place { owner { name } } }", ACCOUNTS),
        ("{ place { owner { __typename } } }", ACCOUNTS),
        ("{ accounts(first: 1) { totalCount } }", ACCOUNTS),
        ("{ accounts(first: 1) { edges { cursor } } }", ACCOUNTS),
        ("{ accounts(first: 1) { edges { node { id } } } }", ACCOUNTS),
        ('{ node(id: "a") { ... on Account { email } } }', ACCOUNTS),
        ('{ node(id: "a") { ... on Account { __typename } } }', ACCOUNTS),
        ("{ nodes(ids: []) { ... { ... on Account { email } } } }", ACCOUNTS),
        ('{ node(id: "a") { ...F } } fragment F on Account { email }', ACCOUNTS),
        (
            '{ node(id: "a") { ...F } } fragment F on Node { ... on Named { ... on Account { id } } }',
            ACCOUNTS,
        ),
        ('{ node(id: "a") { ... on Place { owner { id } } } }', ACCOUNTS),
        ("{ found { __typename } }", ACCOUNTS),
        ("{ found { ... on Place { name } } }", ACCOUNTS),
        ("{ named { name } }", ACCOUNTS),
        ("{ place { ... on Named { ... on Account { name } } } }", ACCOUNTS),
        ("mutation { change(input: {}) { account { id } } }", ACCOUNTS & PEOPLE),
        # Stricter on the field than on the type.
        ('{ node(id: "a") { ... on Account { token } } }', {"ADMIN"}),
        # An interface's rule holds for what implements it; an interface's field's for the field of each.
        ("{ audited { actor } }", AUDIT),
        ('{ node(id: "a") { ... on Audited { actor } } }', AUDIT),
        ('{ node(id: "a") { ... on Entry { id } } }', AUDIT),
        ("{ place { note } }", PEOPLE),
        ("{ noted { note } }", PEOPLE),
        ("{ shelved { code } }", PEOPLE),
        ("{ shelved { ... on Book { code } } }", PEOPLE),
        ("{ shelved { __typename } }", EVERYBODY),
        ('{ node(id: "a") { ... on Noted { note } } }', PEOPLE),
        # By its id alone nothing is asked before: the object is read for whom it is there.
        ('{ node(id: "a") { id __typename ... on Place { name } } }', EVERYBODY),
        ("{ shown { ... on Place { name } } }", EVERYBODY),
        ("{ place { __typename name ... on Named { name } } }", EVERYBODY),
        # Rules of fields, with scopes and without.
        ("{ report { lines } }", {"ADMIN", "AUDIT_READ", "USERS_READ"}),
        ("{ shown { ... on Report { lines } } }", EVERYBODY),
        ("mutation { change(input: {}) { place { name } } }", PEOPLE),
        ("mutation { register(input: {}) { name } }", EVERYBODY),
        # What is not asked for is not asked.
        ('{ node(id: "a") { ... on Account @skip(if: true) { email } } }', EVERYBODY),
        ('{ node(id: "a") { ...F @include(if: false) } } fragment F on Account { email }', EVERYBODY),
        # Arguments and input fields, where they are given.
        ("{ place { price } }", EVERYBODY),
        ("{ place { price(secretly: null) } }", EVERYBODY),
        ("{ place { price(secretly: false) } }", {"AGENT", "ADMIN"}),
        ("{ search }", EVERYBODY),
        ("{ search(secret: 2) }", PEOPLE),
        ('{ search(filter: {text: "a"}) }', EVERYBODY),
        ("{ search(filter: {email: null, and: {email: null}}) }", EVERYBODY),
        ('{ search(filter: {email: ""}) }', ACCOUNTS),
        ('{ search(filter: {and: {and: {any: [{text: "a"}, {email: "b"}]}}}) }', ACCOUNTS),
        ('{ search(filter: {any: {email: "b"}}) }', ACCOUNTS),
        ('{ search(filters: [[null], [{text: "a"}, {any: [{email: "b"}]}]]) }', ACCOUNTS),
        ('{ search(filters: {email: "b"}) }', ACCOUNTS),
        ("mutation { register(input: {role: ADMIN}) { name } }", {"ADMIN"}),
        ("mutation { change(input: {role: USER}) { place { id } } }", {"ADMIN"}),
    ],
)
def test_who_may(document: str, passing: set[str]) -> None:
    assert who_may(document) == passing


FILTERED = "query ($f: Filter) { search(filter: $f) }"
BY_TEXT = "query ($t: String) { search(filter: {and: {email: $t}}) }"
IN_LIST = "query ($f: Filter!) { search(filters: [[$f]]) }"


@pytest.mark.parametrize(
    ("document", "variables", "passing"),
    [
        (FILTERED, {}, EVERYBODY),
        (FILTERED, {"f": None}, EVERYBODY),
        (FILTERED, {"f": {"text": "a", "any": [{"text": "b"}, {}]}}, EVERYBODY),
        (FILTERED, {"f": {"any": [{"text": "b"}, {"and": {"email": "c"}}]}}, ACCOUNTS),
        (FILTERED, {"f": {"any": {"email": "c"}}}, ACCOUNTS),
        (BY_TEXT, {}, EVERYBODY),
        (BY_TEXT, {"t": None}, EVERYBODY),
        (BY_TEXT, {"t": ""}, ACCOUNTS),
        (IN_LIST, {"f": {"email": "c"}}, ACCOUNTS),
        ('query ($f: Filter = {email: "a"}) { search(filter: $f) }', {}, ACCOUNTS),
        ('query ($f: Filter = {email: "a"}) { search(filter: $f) }', {"f": None}, EVERYBODY),
        ('query ($f: Filter = {email: "a"}) { search(filter: $f) }', {"f": {}}, EVERYBODY),
        ("query ($n: Int = 1) { search(secret: $n) }", {}, PEOPLE),
        ("query ($n: Int) { search(secret: $n) }", {}, EVERYBODY),
        ("query ($n: Int) { search(secret: $n) }", {"n": 0}, PEOPLE),
    ],
)
def test_what_is_given_in_variables_is_asked(
    document: str, variables: dict[str, Any], passing: set[str]
) -> None:
    assert who_may(document, **variables) == passing


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        (
            '{ search(filters: [[], [{text: "a"}, {any: [{email: "b"}]}]]) }',
            "USER",
            "`filters.1.1.any.0.email` of `Query.search` needs the role AGENT, and you are USER.",
        ),
        (
            '{ node(id: "a") { ... on Account { id } } }',
            "anonymous",
            "`... on Account` needs an `Authorization: Bearer` token of a AGENT or above, or a service token"
            " with the scope USERS_READ.",
        ),
        (
            "{ report { lines } }",
            "USER",
            "`Query.report` needs the role ADMIN, and you are USER.",
        ),
        (
            "{ audited { actor } }",
            "USERS_READ",
            "`Query.audited` needs the scope AUDIT_READ, and your token has USERS_READ.",
        ),
        (
            "{ place { note } }",
            "USERS_READ",
            "`Place.note` is for people: no scope of a service token reaches it.",
        ),
    ],
)
def test_a_refusal_names_the_place_and_the_cure(document: str, kind: str, message: str) -> None:
    policy = policy_of()
    errors = policy.judge(case_of(policy, document), {}, VIEWERS[kind]).errors
    assert message in [error.message for error in errors]


def test_several_scopes_reach_what_each_does_and_a_token_without_any_nothing() -> None:
    policy = policy_of()
    case = case_of(policy, "{ audited { actor } accounts(first: 1) { totalCount } }")
    both = Viewer(UUID(int=1), None, scopes=frozenset({"AUDIT_READ", "USERS_READ"}))
    for scopes in ((), ("AUDIT_READ",), ("USERS_READ",), ("ADMIN",), ("audit_read", "users_read")):
        for _ in range(2):
            # What passed for one token is not remembered for another.
            assert not policy.judge(case, {}, both).errors
            assert policy.judge(case, {}, Viewer(UUID(int=1), None, scopes=frozenset(scopes))).errors
    # A scope is no role, whatever it is called, and scopes add nothing to a person.
    for viewer in (Viewer(UUID(int=1), "AUDIT_READ"), Viewer(UUID(int=1), "USER", scopes=both.scopes)):
        assert policy.judge(case, {}, viewer).errors


@pytest.mark.parametrize(
    ("document", "passing", "refused"),
    [
        ('query ($f: Filter = {email: "a"}) { search(filter: $f) }', [{"f": None}, {"f": {}}], [{}]),
        (FILTERED, [{"f": {"any": [{"text": "a"}]}}], [{"f": {"any": [{"email": "a"}]}}]),
        (FILTERED, [{"f": {"any": [{"email": None}]}}], [{"f": {"any": [{"email": "a"}]}}]),
        (FILTERED, [{"f": {"any": [{}, {}]}}], [{"f": {"any": [{}, {"email": "a"}]}}]),
        (IN_LIST, [{"f": {}}], [{"f": {"email": "a"}}]),
        ("query ($n: Int) { search(secret: $n) }", [{"n": None}, {}], [{"n": 1}]),
    ],
)
def test_what_passed_once_lets_nothing_pass_that_gives_more(
    document: str, passing: list[dict[str, Any]], refused: list[dict[str, Any]]
) -> None:
    policy = policy_of()
    case = case_of(policy, document)
    for _ in range(2):
        for variables in passing:
            assert not policy.judge(case, variables, None).errors
        for variables in refused:
            assert policy.judge(case, variables, None).errors


def test_what_is_nested_as_deep_as_json_lets_it_is_judged() -> None:
    deep: dict[str, Any] = {"email": "a"}
    for _ in range(5_000):
        deep = {"and": deep}
    policy = policy_of()
    (error,) = policy.judge(case_of(policy, FILTERED), {"f": deep}, None).errors
    assert "email` of `Query.search`" in error.message


def test_one_refusal_tells_of_a_list_that_breaks_a_rule_a_thousand_times() -> None:
    policy = policy_of()
    case = case_of(policy, FILTERED)
    assert len(policy.judge(case, {"f": {"any": [{"email": "a"}] * 1_000}}, None).errors) == 1


@pytest.mark.parametrize("rule", ["requires: BOSS", "requires: USER, scopes: [EVERYTHING]"])
def test_a_rule_that_names_nobody_stops_the_start(rule: str) -> None:
    schema = build_schema(
        f"{DIRECTIVES} enum Role {{ USER }} enum Scope {{ READ }} type Query {{ a: Int @auth({rule}) }}"
    )
    with pytest.raises(ValueError, match=r"@auth of Query.a names (BOSS|EVERYTHING), which there is not"):
        policy_of(schema)


def test_a_service_token_acts_for_nobody() -> None:
    service: Any = Context(None, None, Viewer(UUID(int=1), None, scopes=frozenset({"USERS_READ"})))  # type: ignore[arg-type]
    with pytest.raises(Forbidden, match="a service token has none"):
        _ = service.actor


# The objects of a guarded type, by their ids.

GUARDED_NODES = """
enum Role { USER ADMIN }
enum Scope { USERS_READ }
interface Node { id: ID! }
type Query { node(id: ID!): Node nodes(ids: [ID!]!): [Node]! }
type Review implements Node @node(prefix: "review") { id: ID! }
type User implements Node @node(prefix: "user") @auth(requires: ADMIN, scopes: [USERS_READ]) { id: ID! }
scalar Date scalar DateTime scalar Decimal scalar URL scalar Latitude scalar Longitude
scalar CurrencyCode scalar CountryCode
"""
BOTH = "query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id } node(id: $id) { __typename } }"


class Nodes:
    """The bindings of the schema above, as a module of resolvers has them."""

    bindables = (QueryType(), ObjectType("User"), Node("Review", reviews_public), Node("User", users_public))


async def test_an_id_of_a_guarded_type_is_none_to_those_who_may_not_see_it(
    market: Market, tmp_path: Any
) -> None:
    """Neither that there is such an object, nor that there is none: nothing is read, and null is answered."""
    (tmp_path / "schema.graphql").write_text(DIRECTIVES + GUARDED_NODES)
    schema = build_executable_schema(tmp_path, [Nodes])  # type: ignore[list-item]
    user, review = market.id("author", "user"), market.id("hidden review", "review")
    unknown = "user_" + "0" * 32
    database = Database(market.url, size=1)
    await database.connect()
    try:
        for kind, viewer in viewers(schema).items():
            async with database.session() as session:
                answer = await graphql(
                    schema,
                    BOTH,
                    variable_values={"ids": [user, review, unknown], "id": user},
                    context_value=Context(session, Loaders(), viewer),
                )
                statements = session.statements
            may = kind in ("ADMIN", "USERS_READ")
            seen = {"__typename": "User", "id": user} if may else None
            assert answer.errors is None
            assert answer.data == {
                "nodes": [seen, {"__typename": "Review", "id": review}, None],
                "node": {"__typename": "User"} if may else None,
            }
            assert statements == (2 if may else 1)
    finally:
        await database.disconnect()


# The walk.


def walk(schema: GraphQLSchema, matrix: Matrix) -> Iterator[str]:
    """Where the policy of a schema differs from a matrix."""
    return disagreements(
        matrix, questions(schema, matrix.guarded), codes_by(policy_of(schema), viewers(schema))
    )


def test_the_walk_asks_for_everything_that_is_guarded_in_documents_that_are_valid() -> None:
    matrix = Matrix(write_access(SCHEMA))
    asked = list(questions(SCHEMA, matrix.guarded))
    assert invalid(SCHEMA, asked[::5]) == []
    assert {element for question in asked for element in question.elements} >= matrix.guarded.keys()
    documents = [question.document for question in asked]
    for way in (
        'node(id: "1") { ... on Account { email',
        'nodes(ids: ["1"]) { ... on Account { token',
        "place { owner { email",
        "found { ... on Account { email",
        "named { ... on Account { email",
        "accounts(first: 1) { nodes { email",
        "accounts(first: 1) { edges { node { email",
        "accounts(first: 1) { totalCount",
        "change(input: {}) { account { email",
        "place { ... on Named { ... on Account { email",
        "search(filter: {email:",
        "search(filter: {any: [{email:",
        "search(filters: [[{email:",
        "search(secret: 1)",
        "search(secret: $given)",
        "register(input: {role: USER})",
    ):
        assert any(_bare(way) in _bare(document) for document in documents), way


def _bare(document: str) -> str:
    return re.sub(r"\b(id|name) |\s+", " ", document)


def test_the_policy_and_the_matrix_agree_by_every_way() -> None:
    assert list(walk(SCHEMA, Matrix(write_access(SCHEMA)))) == []


def each_rule() -> Iterator[tuple[str, str]]:
    """Each line of the schema that has a rule, and the schema without that rule."""
    for found in re.finditer(r" @auth\([^)]*\)", SDL):
        line = SDL[SDL.rfind("\n", 0, found.start()) + 1 : SDL.find("\n", found.end())].strip()
        yield line, SDL[: found.start()] + SDL[found.end() :]


@pytest.mark.parametrize("without", [pytest.param(sdl, id=line[:50]) for line, sdl in each_rule()])
def test_the_walk_misses_every_rule_that_is_gone(without: str) -> None:
    assert any(walk(build_schema(DIRECTIVES + without), Matrix(write_access(SCHEMA))))


def test_the_walk_sees_a_type_whose_rule_stands_at_its_entries_only() -> None:
    """As if a rule were asked of every field that returns the type, and of nothing else."""
    rule = "@auth(requires: AGENT, scopes: [USERS_READ])"
    entries = SDL.replace(
        f"type Account implements Node & Named {rule}", "type Account implements Node & Named"
    )
    for entry in (
        "owner: Account\n",
        "account: Account ",
        "nodes: [Account!]! ",
        "node: Account! ",
        "found: Found\n",
    ):
        assert entries.count(entry) == 1
        entries = entries.replace(entry, f"{entry.rstrip()} {rule} ")
    found = walk(build_schema(DIRECTIVES + entries), Matrix(write_access(SCHEMA)))
    leaks = " ".join(
        each for each in found if each.startswith(("anonymous gets through", "USER gets through"))
    )
    for way in ("node(", "nodes(", "named", "totalCount", "cursor"):
        assert way in leaks


CONTRACT = executable_schema()
MATRIX = Matrix((ROOT / "generated" / "access.md").read_text())
ASKED = list(questions(CONTRACT, MATRIX.guarded))
GUARDED = [question for question in ASKED if MATRIX.passing(question.elements) != set(MATRIX.kinds)]


def test_the_contract_and_its_matrix_agree_by_every_way() -> None:
    assert {element for question in ASKED for element in question.elements} >= MATRIX.guarded.keys()
    assert invalid(CONTRACT, ASKED[::20]) == []
    assert list(disagreements(MATRIX, ASKED, codes_by(policy_of(CONTRACT), viewers(CONTRACT)))) == []


def spread(asked: list[Question], most: int) -> list[Question]:
    """So many of them, from all parts."""
    return asked[:: len(asked) // most + 1]


async def test_the_server_and_the_matrix_agree(own: Installation, services: dict[str, str]) -> None:
    """The same over HTTP, for each role and scope. What would change something is sent by those only who may
    not.
    """
    asking = {"anonymous": own, **{role: own.as_user(uuid4(), role) for role in labels(CONTRACT, "Role")}}
    for scope in labels(CONTRACT, "Scope"):
        token = await add_token(own, scope)
        asking[scope] = own.with_token(Seals([services["SECRET_KEY"]]).seal("service", token))
    for question in [*spread(GUARDED, 100), *spread(ASKED, 40)]:
        for kind, installation in asking.items():
            wanted = expected(MATRIX, question, kind)
            if question.document.startswith("mutation") and not wanted:
                continue
            answer = await installation.ask(question.document)
            assert set(answer.codes) & {"UNAUTHENTICATED", "FORBIDDEN"} == wanted, (kind, question.document)
            assert "GRAPHQL_VALIDATION_FAILED" not in answer.codes, question.document
            if wanted:
                assert (answer.status, answer.statements) == (401 if kind == "anonymous" else 403, 0)
