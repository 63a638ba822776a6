"""`./dwelzo explain`: the way of each field, why it is not composed, and what PostgreSQL makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLList, GraphQLSchema

from server.app import executable_schema
from server.cli.explaining import explain, read_document, read_variables
from server.cli.failures import Refusal
from server.config import ROOT
from server.execution.explaining import Explainer, Explanation, NotExplained, Step, plan_of
from server.limits.document import DocumentLimits
from server.loaders import Computed
from tests.asking import OPERATIONS, Installation
from tests.running import command

SCHEMA = executable_schema()
# Larger documents than a server takes, to come to the bounds of what is explained.
LIMITS = DocumentLimits(aliases=100, tokens=2_000)
EXPLAINER = Explainer(SCHEMA, page_size_max=100, cost_limit=10_000, limits=LIMITS)
LISTING = "property_00000000000000000000000000000000"


def explained(document: str, **variables: object) -> Explanation:
    return EXPLAINER.explain(OPERATIONS.get(document, document), variables)


def refusal(document: str, name: str | None = None, **variables: object) -> str:
    with pytest.raises(NotExplained) as refused:
        EXPLAINER.explain(OPERATIONS.get(document, document), variables, name)
    return str(refused.value)


def walk(steps: tuple[Step, ...], above: str = "") -> Iterator[tuple[str, Step]]:
    for step in steps:
        path = f"{above}/{step.name}"
        yield path, step
        yield from walk(step.inner, path)


def ways(explanation: Explanation) -> dict[str, str]:
    return {path: step.way for path, step in walk(explanation.steps)}


def shapes(explanation: Explanation) -> dict[str, tuple[str, str]]:
    """What reads each field and how, by its path; where the statements stand is cut off."""
    return {
        path: (step.by.partition(":")[0], step.shape)
        for path, step in walk(explanation.steps)
        if step.by and step.shape
    }


# The plan


def test_a_query_that_is_one_statement() -> None:
    found = explained(
        "SearchProperties",
        filter={"city": ["Elk Grove", "Galt"], "listPrice": {"lte": "400000"}},
        orderBy="LIST_PRICE_ASC",
        first=50,
    )
    assert (found.operation, found.is_whole, found.refusals) == ("query SearchProperties", True, ())
    assert ways(found) == {
        "/properties": "composed",
        "/properties/edges": "within",
        "/properties/edges/node": "within",
        "/properties/edges/node/listAgent": "within",
        "/properties/edges/node/media": "within",
        "/properties/edges/node/reviews": "within",
        "/properties/edges/node/reviews/nodes": "within",
        "/properties/edges/node/reviews/nodes/author": "within",
        "/properties/pageInfo": "within",
    }
    node = "/properties/edges/node"
    assert shapes(found) == {
        "/properties": (
            "properties_on_market (sql/property.sql",
            "city any, list_price lte, by list_price ascending, the first",
        ),
        f"{node}/listAgent": ("members_at_work (sql/member.sql", "id = list_agent_id above"),
        f"{node}/media": (
            "media_of_listings (sql/media.sql",
            "property_id = id above, by order ascending, the first",
        ),
        f"{node}/reviews": (
            "reviews_public (sql/review.sql",
            "property_id = id above, by original_entry_timestamp descending, the first",
        ),
        f"{node}/reviews/nodes/author": ("users_found (sql/user.sql", "id = author_id above"),
    }
    [statement] = found.statements
    assert (statement.fields, statement.cost, statement.parents) == (("properties",), found.cost, "")
    composed = statement.ask(())
    assert composed.text.startswith("SELECT (SELECT json_build_object('totalCount'")
    assert {"Elk Grove", "Galt"} in [set(each) for each in composed.arguments if isinstance(each, list)]
    # One row beyond the page is read, as it is asked whether there is more.
    assert {50, 51, 5, 3} == {each for each in composed.arguments if isinstance(each, int)}


def test_the_source_of_a_statement_is_where_it_begins() -> None:
    [step] = explained("{ properties(first: 1) { totalCount } }").steps
    name, place = step.by.removesuffix(")").split(" (")
    path, line = place.split(":")
    assert f"-- name: {name} " in (ROOT / path).read_text().splitlines()[int(line) - 1]


async def test_below_a_resolver_in_python_it_is_composed_again(sample: Installation) -> None:
    found = explained("Viewer")
    [viewer] = found.steps
    assert (viewer.way, viewer.values) == ("breadth-first", ("id", "displayName"))
    assert viewer.by.startswith("resolve_viewer (resolvers/user.py:")
    assert viewer.why == "Query.viewer is a resolver in Python"
    assert ways(found) == {
        "/viewer": "breadth-first",
        "/viewer/reviews": "composed",
        "/viewer/reviews/nodes": "within",
    }
    [statement] = found.statements
    assert (statement.fields, statement.cost) == (("viewer.reviews",), found.cost - 1)
    composed = await statement.ready(sample.database)
    # Of one viewer: the key stands alone, in no array.
    assert sorted(type(argument).__name__ for argument in composed.arguments) == ["UUID", "int"]
    plan = await plan_of(sample.database, composed, analyze=True)
    assert "Execution Time" in plan[-1]


def test_of_an_abstract_type_the_types_that_the_document_names() -> None:
    found = explained(
        """query ($ids: [ID!]!, $office: Boolean!) {
          nodes(ids: $ids) {
            id ...P
            ... on Member { office { officeName } }
            ... on Office @include(if: $office) { officeName }
          }
        } fragment P on Node { ... on Property { city listAgent { id } reviews(last: 1) { totalCount } } }""",
        ids=[LISTING],
        office=False,
    )
    [nodes] = found.steps
    assert nodes.by.endswith("the types are known when the rows are read")
    property_, member = sorted(nodes.inner, key=lambda step: step.name, reverse=True)
    assert (property_.name, property_.way, property_.values) == ("... on Property", "type", ("id", "city"))
    assert [(step.name, step.way) for step in property_.inner] == [
        ("listAgent", "composed"),
        ("reviews", "composed"),
    ]
    assert (member.name, [step.way for step in member.inner]) == ("... on Member", ["composed"])
    assert sorted(statement.fields for statement in found.statements) == [
        ("nodes.listAgent", "nodes.reviews"),
        ("nodes.office",),
    ]
    assert all(statement.parents.endswith("limit 10") for statement in found.statements)
    assert explained("TypeById", id=LISTING).steps[0].inner == ()


async def test_a_mutation_writes_nothing_when_it_is_explained(sample: Installation) -> None:
    before = await sample.value("select count(*) from review")
    found = explained("CreateReview", input={"propertyId": LISTING, "rating": 5, "body": "Light rooms."})
    [create] = found.steps
    assert (create.way, create.why) == (
        "breadth-first",
        "Mutation.createReview is a resolver in Python",
    )
    assert create.by.startswith("resolve_create_review (resolvers/review.py:")
    assert [(step.name, step.way) for step in create.inner] == [
        ("review", "composed"),
        ("userErrors", "at hand"),
    ]
    for statement in found.statements:
        await plan_of(sample.database, await statement.ready(sample.database), analyze=True)
    assert await sample.value("select count(*) from review") == before


def test_introspection_is_left_to_graphql_core() -> None:
    found = explained("{ __typename __schema { types { name } } properties(first: 1) { totalCount } }")
    assert (found.values, found.is_whole) == (("__typename",), False)
    assert ways(found) == {"/__schema": "graphql-core", "/properties": "composed"}


def test_the_cost_of_a_statement_is_its_part_of_the_whole() -> None:
    found = explained(
        """{ properties(first: 10) { nodes { ...P } } viewer { reviews(first: 5) { nodes { id } } } }
        fragment P on Property { id listAgent { id } }"""
    )
    assert sum(statement.cost for statement in found.statements) == found.cost - 1


def test_what_the_policy_refuses_is_explained_all_the_same() -> None:
    dear = Explainer(SCHEMA, page_size_max=100, cost_limit=10).explain(
        "{ properties(first: 50) { nodes { id } } }"
    )
    [refused] = dear.refusals
    assert refused.startswith(f"The operation costs {dear.cost:,.0f}, more than 10:")
    assert dear.is_whole


# Why a field is not composed


@pytest.fixture(scope="module")
def changed() -> GraphQLSchema:
    """The contract with a batch function, and with a list of days."""
    schema = executable_schema()
    fields = schema.type_map["Property"].fields

    async def score(context: object, parents: list[object]) -> list[object]:
        return parents

    fields["city"].resolve = Computed(score)
    fields["appliances"].type = GraphQLList(schema.type_map["Date"])
    return schema


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (
            f"{{ properties(first: 1) {{ nodes {{ {'x' * 64}: id }} }} }}",
            f"{'x' * 64} is longer than 63 bytes, where PostgreSQL cuts names off",
        ),
        (
            f"{{ properties(first: 1) {{ {' '.join(f'c{n}: totalCount' for n in range(41))} }} }}",
            "more than 40 keys are asked of Query.properties",
        ),
        ("{ properties(first: 1) { nodes { city } } }", "Property.city is a batch function in Python"),
        (
            "{ properties(first: 1) { nodes { appliances } } }",
            "Property.appliances is a list of Date, whose wire form SQL writes singly",
        ),
    ],
)
def test_why_a_field_is_not_composed(changed: GraphQLSchema, document: str, why: str) -> None:
    found = Explainer(changed, page_size_max=100, cost_limit=10_000, limits=LIMITS).explain(document)
    [step] = found.steps
    assert (step.way, step.why, found.statements) == ("breadth-first", why, ())
    assert step.by.startswith("properties_on_market (sql/property.sql:")
    assert step.by.endswith("one call for all objects")


def test_a_batch_function_is_named_with_its_place(changed: GraphQLSchema) -> None:
    explainer = Explainer(changed, page_size_max=100, cost_limit=10_000)
    found = explainer.explain("{ properties(first: 1) { nodes { city media(first: 1) { mediaURL } } } }")
    steps = dict(walk(found.steps))
    assert steps["/properties/nodes"].way == "at hand"
    assert "score (tests/test_explain.py:" in steps["/properties/nodes/city"].by
    # What is beside it is composed again, of all its rows.
    assert steps["/properties/nodes/media"].number == 1


def test_no_more_than_64_statements_are_one() -> None:
    found = explained(
        f"query ($id: ID!) {{ {' '.join(f'p{n}: property(id: $id) {{ id }}' for n in range(65))} }}",
        id=LISTING,
    )
    assert [step.way for step in found.steps] == ["composed"] * 64 + ["breadth-first"]
    assert found.steps[-1].why == "with it the statement would hold more than 64 hand-written ones"


# What cannot be explained


def test_refusals_name_the_value_and_the_cure() -> None:
    assert refusal("{ nope }").startswith("line 1, column 3: Cannot query field 'nope' on type 'Query'.")
    assert refusal("{").startswith("line 1, column 2: Syntax Error:")
    two = "query A { __typename } query B { __typename }"
    assert refusal(two) == "The document holds the operations A and B: say which with --operation NAME."
    assert refusal(two, "C") == "The document holds no operation 'C': it has A and B."
    assert refusal("{ __typename }", "C").endswith("its operation has no name, so leave it out.")
    assert refusal("Viewer", frist=1) == "query Viewer has no variable $frist: it has none."
    assert "it has $listingKey and $last." in refusal("PropertyHistory", listingkey="1")
    assert "'$last' has invalid value" in refusal("PropertyHistory", listingKey="1", last="x")
    assert refusal('{ property(id: "x") { id } }').startswith("'x' is not an id.")
    assert refusal("{ properties { totalCount } }").startswith("Neither `first` nor `last` is given")


# The command


def test_on_the_command_line(sample: Installation, tmp_path: Path) -> None:
    document = str(ROOT / "tests" / "operations" / "property_history.graphql")
    variables = '{"listingKey": "SAC-162", "last": 2}'
    given = {"DATABASE_URL": sample.url, "home": tmp_path / "none"}
    outcome = command("explain", document, "--variables", variables, "--analyze", **given)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("query PropertyHistory, cost ")
    assert lines[1].startswith(
        "    propertyByListingKey  composed in statement 1  properties_on_market (sql/"
    )
    assert any(line.startswith("Statement 1: propertyByListingKey, cost ") for line in lines)
    assert any(line.startswith("$") and line.endswith(" = SAC-162") for line in lines)
    assert any("Index Scan using property_" in line and "actual time=" in line for line in lines)
    assert "WHERE " in outcome.stdout


def test_what_is_no_document_and_what_are_no_variables() -> None:
    with pytest.raises(
        Refusal, match=r"^'no.graphql' cannot be read \(No such file or directory\): give a file"
    ):
        read_document("no.graphql")
    with pytest.raises(Refusal, match=r"^--variables '\[1\]' is no JSON object: name each variable"):
        read_variables("[1]")
    with pytest.raises(Refusal, match=r"^--variables '\{a' is not JSON \("):
        read_variables("{a")
    for document in ("{ a }", " query{a}", "mutation M { a }", "fragment F on A { b }", "# why\nquery { a }"):
        assert read_document(document) == document


def test_where_there_is_no_statement_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DWELZO_HOME", str(tmp_path / "none"))
    explain("{ __typename }", None, None, analyze=False)
    assert capsys.readouterr().out.splitlines() == ["query, cost 0 of 10,000", "    __typename"]
    assert not (tmp_path / "none").exists()
