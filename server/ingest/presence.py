"""Whether there are listings at all: `./dwelzo up` loads the sample only into a database that has none."""

import asyncpg


async def has_listings(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("select exists (select from property)"))
    finally:
        await connection.close()
