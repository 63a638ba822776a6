"""What is said to be never null is not null in a real PostgreSQL, with as many nulls as the tables allow."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.contract.nullability import output_columns

TABLES = {
    "house": {"id": False, "name": False, "price": True, "agent": True},
    "agent": {"id": False, "name": False, "phone": True},
}
ROWS = """
create temporary table house (id integer not null, name text not null, price numeric, agent integer);
create temporary table agent (id integer not null, name text not null, phone text);
insert into house values (1, 'a', null, null), (2, 'b', null, 1), (3, 'c', 1, 1);
insert into agent values (1, 'x', null), (2, 'y', null);
"""

# A statement, and for each of its columns whether it can be null.
STATEMENTS = {
    "select id, name, price from house": [False, False, True],
    "select id, price from house where price is not null": [False, False],
    "select id, price from house where price > 0 and name = 'c'": [False, False],
    "select id, price from house where price > 0 or name = 'a'": [False, True],
    "select coalesce(price, 0) as price, coalesce(price, agent) as either from house": [False, True],
    "select price + 1 as more, id + 1 as next from house": [True, False],
    "select price is null as free, id = 1 as first, price = 1 as one from house": [False, False, True],
    "select h.id, a.name from house h join agent a on a.id = h.agent": [False, False],
    "select h.id, a.name from house h left join agent a on a.id = h.agent": [False, True],
    "select h.id, a.name from house h right join agent a on a.id = h.agent": [True, False],
    "select h.id, a.name from house h full join agent a on a.id = h.agent": [True, True],
    "select case when price > 0 then name end as n, case when true then 1 else 2 end as m from house": [
        True,
        False,
    ],
    "select count(*) as n, max(price) as most, sum(id) as total from house": [False, True, True],
    "select (select a.name from agent a where a.id = h.agent) as agent from house h": [True],
    "select exists (select from agent) as any, array(select id from agent) as ids from house": [
        False,
        False,
    ],
    "select id from house union all select agent from house": [True],
    "with paid as (select price from house where price > 0) select price from paid": [False],
    "select upper(name) as n, concat(price, '') as c, nullif(name, 'a') as o from house": [
        False,
        False,
        True,
    ],
    "select cast(price as text) as p, cast(id as text) as i from house": [True, False],
    "select name, lag(name) over (order by id) as before, row_number() over () as n from house": [
        False,
        True,
        False,
    ],
    "insert into house (id, name) values (9, 'z') returning id, price": [False, True],
    "update house set price = 2 where id = 3 returning id, agent": [False, True],
}


@pytest.fixture
async def houses(services: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(services["DATABASE_DIRECT_URL"])
    try:
        await connection.execute(ROWS)
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("sql", STATEMENTS)
async def test_columns_are_told_apart(sql: str, houses: asyncpg.Connection) -> None:
    told = output_columns(sql, TABLES)
    assert [nullable for _, nullable in told] == STATEMENTS[sql]

    rows = await houses.fetch(sql)
    assert rows
    assert list(rows[0].keys()) == [name for name, _ in told]
    for position, (name, nullable) in enumerate(told):
        assert nullable or all(row[position] is not None for row in rows), name
