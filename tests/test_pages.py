"""Connections: every order of every one, walked both ways; counts, sizes, pages while rows come and go."""

import itertools
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, build_schema

from server.config import ROOT
from tests.asking import Installation
from tests.market import Market

CONTRACT = build_schema((ROOT / "generated" / "schema.graphql").read_text())


def orders(name: str) -> list[str]:
    type_ = CONTRACT.type_map[name]
    assert isinstance(type_, GraphQLEnumType)
    return list(type_.values)


# The connections of the root: table, what of it is public, prefix of the ids, and its orders.
ROOTS = {
    "properties": ("property", "public_yn", "property", orders("PropertyOrder")),
    "members": ("member", "member_status = 'Active'", "member", orders("MemberOrder")),
    "offices": ("office", "office_status = 'Active'", "office", orders("OfficeOrder")),
    "openHouses": (
        "open_house",
        "exists (select from property as p where p.id = property_id and public_yn)",
        "openhouse",
        orders("OpenHouseOrder"),
    ),
}
ALL_ORDERS = [(field, order) for field, root in ROOTS.items() for order in root[3]]


async def whole_list(made: Installation, field: str, order: str) -> list[str]:
    """What the database itself says the list is."""
    table, condition, prefix, _ = ROOTS[field]
    column, _, direction = order.lower().rpartition("_")
    rows = await made.sql(
        f"select id from {table} where {condition} order by {column} {direction} nulls last, id {direction}"
    )
    return [f"{prefix}_{row['id'].hex}" for row in rows]


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize(("field", "order"), ALL_ORDERS)
async def test_all_pages_together_are_the_whole_list(
    market: Market, field: str, order: str, backwards: bool
) -> None:
    # The 945 listings by 7 would be 135 pages a walk: those of one city and kind are enough, with all nulls.
    narrow = field == "properties"
    arguments = 'filter: {city: ["Elk Grove", "Somewhere"]}' if narrow else ""
    expected = await whole_list(market, field, order)
    if narrow:
        keys = await market.sql("select id from property where city in ('Elk Grove', 'Somewhere')")
        some = {f"property_{row['id'].hex}" for row in keys}
        expected = [id_ for id_ in expected if id_ in some]
    assert len(expected) > 20
    assert await market.walk(field, order, size=7, backwards=backwards, arguments=arguments) == expected


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("order", orders("PropertyOrder"))
async def test_all_listings_by_large_pages(market: Market, order: str, backwards: bool) -> None:
    expected = await whole_list(market, "properties", order)
    assert await market.walk("properties", order, size=100, backwards=backwards) == expected


# The connections below an object: its type, its field, and the SQL condition of belonging to it.
NESTED = {
    ("Property", "openHouses"): ("open_house", "property_id", "openhouse", "property"),
    ("Property", "reviews"): ("review", "property_id", "review", "property"),
    ("Property", "history"): ("history_transactional", "property_id", "history", "property"),
    ("Member", "properties"): ("property", "list_agent_id", "property", "member"),
    ("Office", "members"): ("member", "office_id", "member", "office"),
    ("Office", "properties"): ("property", "list_office_id", "property", "office"),
    ("User", "reviews"): ("review", "author_id", "review", "user"),
}


def connections_of(type_name: str) -> dict[str, list[str]]:
    """The connection fields of a type and their orders."""
    type_ = CONTRACT.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    found = {}
    for name, field in type_.fields.items():
        if str(field.type).endswith("Connection!"):
            found[name] = orders(str(field.args["orderBy"].type).rstrip("!"))
    return found


def test_no_connection_is_forgotten() -> None:
    types = [t.name for t in CONTRACT.type_map.values() if isinstance(t, GraphQLObjectType)]
    found = {(name, field): orders_ for name in types for field, orders_ in connections_of(name).items()}
    roots = {field: orders_ for (name, field), orders_ in found.items() if name == "Query"}
    assert roots == {field: root[3] for field, root in ROOTS.items()}
    assert {key for key in found if key[0] != "Query"} == NESTED.keys()


@pytest.mark.parametrize(
    ("type_", "field", "order"),
    [(type_, field, order) for type_, field in NESTED for order in connections_of(type_)[field]],
)
async def test_the_connections_of_many_parents_take_one_statement(
    sample: Installation, type_: str, field: str, order: str
) -> None:
    """Those of all parents, two by two in both directions, with all their cursors."""
    table, column, prefix, parent = NESTED[type_, field]
    name, _, direction = order.lower().rpartition("_")
    rows = await sample.sql(
        f"""select {column} as parent,
        array_agg(id order by {name} {direction} nulls last, id {direction}) as ids
        from {table} where {column} is not null group by 1 order by count(*) desc, 1 limit 10"""
    )
    wanted = {f"{parent}_{row['parent'].hex}": [f"{prefix}_{id_.hex}" for id_ in row["ids"]] for row in rows}
    document = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {type_} {{
        page: {field}(first: 2, orderBy: {order}) {{ nodes {{ id }} edges {{ cursor node {{ id }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}
        end: {field}(last: 2, orderBy: {order}) {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }}
        }} }} }}"""
    answer = await sample.ask(document, ids=list(wanted))
    assert answer.statements == 3
    assert [node["id"] for node in answer.data["nodes"]] == list(wanted)
    for node in answer.data["nodes"]:
        ids = wanted[node["id"]]
        assert [item["id"] for item in node["page"]["nodes"]] == ids[:2]
        assert [edge["node"]["id"] for edge in node["page"]["edges"]] == ids[:2]
        cursors = [edge["cursor"] for edge in node["page"]["edges"]]
        assert node["page"]["pageInfo"] == {
            "hasNextPage": len(ids) > 2,
            "hasPreviousPage": False,
            "startCursor": cursors[0],
            "endCursor": cursors[-1],
        }
        assert [item["id"] for item in node["end"]["nodes"]] == ids[-2:]
        assert node["end"]["pageInfo"] == {"hasPreviousPage": len(ids) > 2}

    # One parent's list to its end, from cursor to cursor.
    id_, ids = next(iter(wanted.items()))
    document = f"""query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on {type_} {{
        page: {field}(first: 2, orderBy: {order}, after: $after) {{ nodes {{ id }}
            pageInfo {{ hasNextPage endCursor }} }} }} }} }}"""
    found: list[str] = []
    after, more = None, True
    while more:
        page = (await sample.ask(document, id=id_, after=after)).data["node"]["page"]
        found += [item["id"] for item in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == ids


async def test_pages_between_two_cursors(sample: Installation) -> None:
    ids = await sample.walk("offices", "OFFICE_NAME_ASC", size=100)
    document = """query ($first: Int, $last: Int, $after: String, $before: String) { offices(first: $first,
        last: $last, after: $after, before: $before) { edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage } } }"""
    edges = (await sample.ask(document, first=100)).data["offices"]["edges"]
    cursors = [edge["cursor"] for edge in edges]

    async def page(**arguments: Any) -> tuple[list[str], bool, bool]:
        found = (await sample.ask(document, **arguments)).data["offices"]
        info = found["pageInfo"]
        return [e["node"]["id"] for e in found["edges"]], info["hasPreviousPage"], info["hasNextPage"]

    assert await page(first=3, after=cursors[2], before=cursors[9]) == (ids[3:6], True, True)
    assert await page(first=9, after=cursors[2], before=cursors[9]) == (ids[3:9], True, False)
    assert await page(last=3, after=cursors[2], before=cursors[9]) == (ids[6:9], True, True)
    assert await page(last=9, after=cursors[2], before=cursors[9]) == (ids[3:9], False, True)
    assert await page(first=9, after=cursors[9], before=cursors[2]) == ([], True, False)
    assert await page(first=3, after=cursors[-1]) == ([], True, False)
    assert await page(last=3, before=cursors[0]) == ([], False, True)
    assert await page(first=len(ids)) == (ids, False, False)
    assert await page(first=len(ids) - 1) == (ids[:-1], False, True)


async def test_an_empty_page_has_no_cursors(sample: Installation) -> None:
    assert await sample.ask(
        """{ properties(first: 5, filter: {city: "Atlantis"}) { totalCount edges { cursor } nodes { id }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    ) == {
        "data": {
            "properties": {
                "totalCount": 0,
                "edges": [],
                "nodes": [],
                "pageInfo": {
                    "hasNextPage": False,
                    "hasPreviousPage": False,
                    "startCursor": None,
                    "endCursor": None,
                },
            }
        }
    }


# Counting


@pytest.mark.parametrize("field", ROOTS)
async def test_what_is_not_asked_for_is_not_counted(sample: Installation, field: str) -> None:
    page = await sample.ask(f"{{ {field}(first: 2) {{ nodes {{ id }} }} }}")
    counted = await sample.ask(f"{{ {field}(first: 2) {{ totalCount nodes {{ id }} }} }}")
    assert (page.statements, counted.statements) == (1, 2)
    table, condition, _, _ = ROOTS[field]
    total = await sample.value(f"select count(*) from {table} where {condition}")
    assert counted.data[field]["totalCount"] == total
    assert page.data[field]["nodes"] == counted.data[field]["nodes"]


async def test_the_counts_of_many_parents_take_one_statement(market: Market) -> None:
    answer = await market.ask(
        """{ offices(first: 100) { nodes { id members(first: 1) { totalCount } properties(first: 1) {
        totalCount } } } }"""
    )
    assert answer.statements == 5
    rows = await market.sql(
        """select id, (select count(*) from member as m where office_id = o.id and member_status = 'Active')
        as members, (select count(*) from property as p where list_office_id = o.id and public_yn)
        as properties from office as o where office_status = 'Active' order by office_name, id"""
    )
    assert answer.data["offices"]["nodes"] == [
        {
            "id": f"office_{row['id'].hex}",
            "members": {"totalCount": row["members"]},
            "properties": {"totalCount": row["properties"]},
        }
        for row in rows
    ]


async def test_the_count_is_of_the_whole_list_whatever_the_page(sample: Installation) -> None:
    document = """query ($after: String) { properties(first: 3, after: $after, filter: {city: "Elk Grove"}) {
        totalCount pageInfo { endCursor } } }"""
    one = (await sample.ask(document)).data["properties"]
    two = (await sample.ask(document, after=one["pageInfo"]["endCursor"])).data["properties"]
    assert one["totalCount"] == two["totalCount"] == 114


async def test_two_fields_of_the_same_arguments_share_their_statements(sample: Installation) -> None:
    answer = await sample.ask(
        """{ a: offices(first: 3) { totalCount nodes { id } } b: offices(first: 3) { totalCount
        nodes { id } } c: offices(first: 4) { totalCount } }"""
    )
    assert answer.statements == 4
    assert answer.data["a"] == answer.data["b"]


# Sizes

CONNECTIONS = [
    *(f"{field}({{}}) {{ nodes {{ id }} }}" for field in ROOTS),
    *(
        f'nodes(ids: ["{parent}_{"0" * 32}"]) {{ ... on {type_} {{ {field}({{}}) {{ nodes {{ id }} }} }} }}'
        for (type_, field), (_, _, _, parent) in NESTED.items()
    ),
]


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda text: text[:70])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("orderBy: null", "null"),
        ("after: null", "needs exactly one of `first` and `last`, from 1 to 100"),
        ("first: null", "needs exactly one of `first` and `last`, from 1 to 100"),
        ("first: 1, last: 1", "needs exactly one of `first` and `last`, from 1 to 100"),
        ("first: 0", "`first` of `{field}` is 0: ask for 1 to 100 at a time"),
        ("first: -1", "`first` of `{field}` is -1"),
        ("last: 101", "`last` of `{field}` is 101"),
        ("first: 2147483648", "2147483648"),
        ("last: -2147483649", "-2147483649"),
        ("first: 1.0", "Int cannot represent"),
        ('first: "1"', "Int cannot represent"),
    ],
)
async def test_a_size_out_of_bounds_is_refused(
    sample: Installation, connection: str, arguments: str, sentence: str
) -> None:
    answer = await sample.ask("{ " + connection.replace("({})", f"({arguments})") + " }")
    code, message = answer.refusal
    field = connection.partition("({})")[0].rpartition(" ")[2]
    assert code in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")
    assert (answer.status, answer.statements) == (400, 0)
    assert sentence == "null" or sentence.format(field=field) in message


@pytest.mark.parametrize(
    "size",
    ["0", "-1", "101", "2147483648", "-2147483649", "1" * 30, "1.5", "100.5", "1e3", '"7"', "true", "[1]"],
)
async def test_a_size_in_a_variable_is_refused_alike(sample: Installation, size: str) -> None:
    document = "query ($n: Int) { properties(first: $n) { nodes { reviews(first: $n) { nodes { id } } } } }"
    answer = await sample.post(f'{{"query": "{document}", "variables": {{"n": {size}}}}}')
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert (answer.status, answer.statements) == (400, 0)


async def test_the_largest_and_the_smallest_page(sample: Installation) -> None:
    for size in (1, 100):
        answer = await sample.ask(f"{{ properties(first: {size}) {{ nodes {{ id }} }} }}")
        assert len(answer.data["properties"]["nodes"]) == size
    answer = await sample.ask("query ($n: Int) { properties(last: $n) { nodes { id } } }", n=100.0)
    assert len(answer.data["properties"]["nodes"]) == 100


@pytest.mark.parametrize("size", [0, -1, 101])
async def test_a_short_list_has_bounds_too(sample: Installation, size: int) -> None:
    answer = await sample.ask(f"{{ properties(first: 1) {{ nodes {{ media(first: {size}) {{ id }} }} }} }}")
    assert answer.refusal[0] == "BAD_USER_INPUT"
    assert answer.statements == 0


# While rows come and go


@pytest.mark.parametrize("order", ["LIST_PRICE_ASC", "BEDROOMS_TOTAL_DESC", "MODIFICATION_TIMESTAMP_DESC"])
async def test_a_walk_skips_and_repeats_nothing_while_rows_come_and_go(own: Installation, order: str) -> None:
    await own.sql("delete from property where city is distinct from 'Galt'")
    for number in range(3):
        await own.add_property(f"null-{number}")
    before = await own.walk("properties", order)
    document = f"""query ($cursor: String) {{ properties(orderBy: {order}, first: 3, after: $cursor) {{
        edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage }} }} }}"""
    found: list[str] = []
    gone: set[str] = set()
    cursor = None
    for number in itertools.count():
        page = (await own.ask(document, cursor=cursor)).data["properties"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        found += ids
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["edges"][-1]["cursor"]
        # Some come before the cursor and after it; the row of the cursor itself and one to come go.
        await own.add_property(f"cheap-{number}", list_price=1 + number, bedrooms_total=99)
        await own.add_property(f"dear-{number}", list_price=90_000_000 + number, bedrooms_total=1)
        left = [id_ for id_ in before if id_ not in found and id_ not in gone]
        for id_ in (ids[-1], *left[3:4]):
            gone.add(id_)
            await own.sql("delete from property where id = $1::text::uuid", id_.removeprefix("property_"))
        assert number < 100
    assert len(found) == len(set(found))
    of_before = [id_ for id_ in found if id_ in before]
    assert of_before == [id_ for id_ in before if id_ in of_before]
    assert {id_ for id_ in before if id_ not in gone} <= set(found)
