"""Documents that hypothesis-graphql writes from the contract: whatever is asked, it is coded or it fits."""

from collections import Counter
from dataclasses import replace

import pytest
from graphql import (
    ArgumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    StringValueNode,
    ValueNode,
    Visitor,
    build_schema,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from server.config import ROOT
from tests.asking import Installation
from tests.fitting import misfits

SDL = (ROOT / "generated" / "schema.graphql").read_text()
CONTRACT = build_schema(SDL)
CODES = {
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
    "BAD_USER_INPUT",
    "COST_LIMIT",
    "DOCUMENT_LIMIT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
}


PAGING = {"first", "last", "after", "before", "filter"}


def _texts(*texts: str) -> st.SearchStrategy[StringValueNode]:
    return (st.sampled_from(texts) | st.text(max_size=10)).map(lambda text: StringValueNode(value=text))


SCALARS = {
    "Date": _texts("2026-05-01", "0001-01-01", "9999-12-31", "2026-02-30"),
    "DateTime": _texts("2026-05-01T10:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-05-01T10:00:00"),
    "Decimal": _texts("0", "-1.5", "400000", "1e400", "NaN"),
    "Latitude": _texts("38.5"),
    "Longitude": _texts("-121.4"),
    "URL": _texts("https://example.com/", "javascript:alert(1)"),
}


class _Realistic(Visitor):
    """Asks for things that exist and a page as it may be, where chance has written any ids and cursors."""

    def __init__(self, ids: dict[str, str]) -> None:
        super().__init__()
        self._ids = ids

    def leave_field(self, node: FieldNode, *_: object) -> FieldNode:
        given = {argument.name.value: argument for argument in node.arguments or ()}
        if given.keys() & {"first", "last"}:
            for name in PAGING:
                given.pop(name, None)
            given["first"] = _argument("first", IntValueNode(value="3"))
        if "id" in given:
            id = self._ids.get(node.name.value, self._ids["property"])
            given["id"] = _argument("id", StringValueNode(value=id))
        if "ids" in given:
            ids = (StringValueNode(value=id) for id in self._ids.values())
            given["ids"] = _argument("ids", ListValueNode(values=tuple(ids)))
        return replace(node, arguments=tuple(given.values()))


def _argument(name: str, value: ValueNode) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)


DOCUMENTS = from_schema(SDL, custom_scalars=SCALARS, allow_x00=True)
OUTCOMES: Counter[str] = Counter()
QUIET = list(HealthCheck)


@pytest.fixture(scope="module")
async def ids(sample: Installation) -> dict[str, str]:
    """A listing, a member and an office that exist."""
    document = """{ property: properties(first: 1) { nodes { id } }
        member: members(first: 1) { nodes { id } } office: offices(first: 1) { nodes { id } } }"""
    return {name: page["nodes"][0]["id"] for name, page in (await sample.ask(document)).data.items()}


async def _ask(sample: Installation, ids: dict[str, str], data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS)
    if data.draw(st.booleans()):
        document = print_ast(visit(parse(document), _Realistic(ids)))
    asked = sample.as_user("user_" + "0" * 32, "ADMIN") if data.draw(st.booleans()) else sample
    answer = await asked.post({"query": document})
    assert answer.status < 500
    assert set(answer.codes) <= CODES, document
    if answer.get("data") is not None and not answer.codes:
        assert misfits(CONTRACT, parse(document), answer["data"]) == []
    OUTCOMES.update(answer.codes or ["data"])


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
@given(st.data())
async def test_any_document(sample: Installation, ids: dict[str, str], data: st.DataObject) -> None:
    await _ask(sample, ids, data)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@settings(max_examples=5_000, deadline=None, database=None, print_blob=True, suppress_health_check=QUIET)
@given(st.data())
async def test_thousands_of_documents(sample: Installation, ids: dict[str, str], data: st.DataObject) -> None:
    await _ask(sample, ids, data)


def test_some_of_them_are_answered() -> None:
    """Lest all of them are refused."""
    assert OUTCOMES["data"] > 10, OUTCOMES


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"offices": {"nodes": [{"id": "a"}], "totalCount": 1}}, None),
        ({"offices": {"nodes": [{"id": None}], "totalCount": 1}}, "data.offices.nodes[0].id is null"),
        (
            {"offices": {"nodes": [{"id": 7}], "totalCount": 1}},
            "data.offices.nodes[0].id is 7, which is no ID",
        ),
        ({"offices": {"nodes": {"id": "a"}, "totalCount": 1}}, "data.offices.nodes is no list"),
        ({"offices": {"nodes": []}}, "data.offices has no {'totalCount'}"),
        ({"offices": {"nodes": [], "totalCount": "1"}}, "data.offices.totalCount is '1', which is no Int"),
        (
            {"offices": {"nodes": [], "totalCount": 1, "x": 1}},
            "data.offices has {'x'}, which nobody asked for",
        ),
    ],
)
def test_what_does_not_fit_is_noticed(data: object, complaint: str | None) -> None:
    found = misfits(
        CONTRACT,
        parse("{ offices(first: 1) { ...f totalCount } } fragment f on OfficeConnection { nodes { id } }"),
        data,
    )
    assert found == ([complaint] if complaint else [])
