"""Global ids: `node` and `nodes` of every type, and what is no id."""

from typing import Any

import pytest
from graphql import GraphQLInterfaceType, build_schema

from server.config import ROOT
from tests.asking import Installation
from tests.market import Market

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())
# A row of each type, by its name in tests.market.
ROWS = {
    "Property": ("hidden", "property"),
    "Member": ("agent", "member"),
    "Office": ("branch", "office"),
    "Media": ("hidden media", "media"),
    "OpenHouse": ("hidden open house", "openhouse"),
    "Review": ("hidden review", "review"),
    "HistoryTransactional": ("hidden history", "history"),
    "User": ("author", "user"),
}
LOOKUPS = {"property": "property", "member": "member", "office": "office"}
NOT_IDS = [
    "",
    " ",
    "property",
    "property_",
    "property_123",
    "property_" + "0" * 31,
    "property_" + "0" * 33,
    "property_" + "G" * 32,
    "property_01A149D977187AB4AE3E9F9C92F167EF",
    "Property_01a149d977187ab4ae3e9f9c92f167ef",
    "property_01a149d9-7718-7ab4-ae3e-9f9c92f167ef",
    " property_01a149d977187ab4ae3e9f9c92f167ef",
    "property_01a149d977187ab4ae3e9f9c92f167ef\n",
    "_01a149d977187ab4ae3e9f9c92f167ef",
    "01a149d977187ab4ae3e9f9c92f167ef",
    "property_" + "\u0660" * 32,
    "property_' or 1=1 --",
    "$1; drop table property",
    "../../etc/passwd",
    "🏠" * 100,
    "x" * 50_000,
]


def test_no_type_is_forgotten() -> None:
    node = CONTRACT.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {type_.name for type_ in CONTRACT.get_possible_types(node)} == ROWS.keys()


@pytest.mark.parametrize("type_", ROWS)
async def test_a_node_of_each_type(market: Market, type_: str) -> None:
    id_ = market.id(*ROWS[type_])
    answer = await market.ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=id_)
    assert answer == {"data": {"node": {"__typename": type_, "id": id_}}}
    assert answer.statements == 1


async def test_nodes_of_all_types_in_the_order_of_their_ids(market: Market) -> None:
    ids = [market.id(*row) for row in reversed(ROWS.values())]
    unknown = [f"{prefix}_{'0' * 32}" for _, prefix in ROWS.values()]
    answer = await market.ask("ObjectsById", ids=[*ids, *unknown, *ids])
    assert [node and node["id"] for node in answer.data["nodes"]] == [*ids, *[None] * 8, *ids]
    assert [node["__typename"] for node in answer.data["nodes"][:8]] == list(reversed(ROWS))
    assert answer.statements == 8


async def test_a_hundred_nodes_take_one_statement_and_one_more_is_refused(sample: Installation) -> None:
    ids = await sample.walk("properties", "LIST_PRICE_ASC", size=100)
    answer = await sample.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids[:100])
    assert answer == {"data": {"nodes": [{"id": id_} for id_ in ids[:100]]}}
    assert answer.statements == 1
    answer = await sample.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids[:101])
    assert answer.refusal == ("BAD_USER_INPUT", "101 ids are too many: ask for 100 at a time.")
    assert answer.statements == 0


async def test_no_nodes(sample: Installation) -> None:
    answer = await sample.ask("{ nodes(ids: []) { id } }")
    assert answer == {"data": {"nodes": []}}
    assert answer.statements == 0


@pytest.mark.parametrize("wire", NOT_IDS, ids=lambda wire: ascii(wire)[:40])
@pytest.mark.parametrize(
    "document", ["node(id: $id)", "nodes(ids: [$id])", *(f"{f}(id: $id)" for f in LOOKUPS)]
)
async def test_what_is_no_id_is_refused(sample: Installation, document: str, wire: str) -> None:
    answer = await sample.ask(f"query ($id: ID!) {{ {document} {{ id }} }}", id=wire)
    code, message = answer.refusal
    assert (code, answer.statements) == ("BAD_USER_INPUT", 0)
    assert "is not an id. Pass an `id` that this API gave you, unchanged." in message
    assert len(message) < 700


@pytest.mark.parametrize("wire", ["\0", "property_\0", "property_01a149d977187ab4ae3e9f9c92f167e\0"])
async def test_an_id_with_nul_is_refused(sample: Installation, wire: str) -> None:
    answer = await sample.ask("query ($id: ID!) { node(id: $id) { id } }", id=wire)
    assert answer == {
        "errors": [
            {
                "message": "A string holds the character NUL, which no text may.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }


async def test_an_id_of_no_type(sample: Installation) -> None:
    answer = await sample.ask(f'{{ node(id: "castle_{"0" * 32}") {{ id }} }}')
    assert answer.refusal == ("BAD_USER_INPUT", "There is no type whose ids begin with `castle_`.")


@pytest.mark.parametrize(("field", "prefix"), LOOKUPS.items())
async def test_an_id_of_another_type(market: Market, field: str, prefix: str) -> None:
    for name, other in ROWS.values():
        answer = await market.ask(
            f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=market.id(name, other)
        )
        if other == prefix:
            assert answer.data[field] == {"id": market.id(name, other)}
        else:
            code, message = answer.refusal
            assert code == "BAD_USER_INPUT"
            assert message.endswith(f"Pass an id that begins with `{prefix}_`.")


@pytest.mark.parametrize("field", LOOKUPS)
async def test_an_id_of_nothing_is_null(sample: Installation, field: str) -> None:
    answer = await sample.ask(f'{{ {field}(id: "{field}_{"f" * 32}") {{ id }} }}')
    assert answer == {"data": {field: None}}


@pytest.mark.parametrize("value", [1, 1.5, True, None, [], {}])
async def test_an_id_is_a_string(sample: Installation, value: Any) -> None:
    answer = await sample.ask("query ($id: ID!) { node(id: $id) { id } }", id=value)
    assert answer.refusal[0] == "BAD_USER_INPUT"


async def test_ids_are_in_the_order_of_time_and_do_not_enumerate(own: Installation) -> None:
    keys = [await own.add_property(f"time-{number}") for number in range(20)]
    assert keys == sorted(keys)
    assert {key.version for key in keys} == {7}
    assert len({key.hex[-12:] for key in keys}) == 20
