"""What of the data is asked for: choices by a seed, so that every run asks the same."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from bench.operations import Operation
from server import ids

SETS = 1_000
AUTHORS = 1_000
_SEED = 7
# Of a city's listings in the order of their prices, a range begins within the first 28 in a hundred and takes
# in 61: enough to fill every page.
_BEGINS_WITHIN, _TAKES_IN = 0.28, 0.61
_TEXT = "Well looked after, and the agent answered every question. "


@dataclass(frozen=True, slots=True)
class Request:
    """The variables of one request, who asks, and how many listings match."""

    variables: dict[str, Any] | None
    author: UUID | None = None
    listings: int = 0


@dataclass(frozen=True)
class Market:
    """What there is to ask for."""

    listings: list[UUID]
    prices: dict[str, list[Any]]
    authors: list[UUID]
    written: set[tuple[UUID, UUID]]

    @classmethod
    async def read(cls, url: str) -> "Market":
        connection = await asyncpg.connect(url)
        try:
            listings = await connection.fetch("select id from property where public_yn order by id")
            prices = await connection.fetch(
                """select city, array_agg(list_price order by list_price) as prices
                from property where public_yn group by city order by city"""
            )
            authors = await connection.fetch("select id from user_account order by id limit $1", AUTHORS)
            chosen = [row["id"] for row in authors]
            written = await connection.fetch(
                "select author_id, property_id from review where author_id = any($1)", chosen
            )
        finally:
            await connection.close()
        return cls(
            [row["id"] for row in listings],
            {row["city"]: row["prices"] for row in prices},
            chosen,
            {(row["author_id"], row["property_id"]) for row in written},
        )

    def requests(self, operation: Operation, sets: int, authors: int = AUTHORS) -> list[Request]:
        """So many requests of an operation. Reviews, of which each takes a new pair, may be fewer."""
        dice = Random(f"{_SEED}-{operation.name}")  # noqa: S311 a choice, no secret
        match operation.subject:
            case "nothing":
                return [Request(None)]
            case "listing":
                chosen = (dice.choice(self.listings) for _ in range(sets))
                return [Request({"id": ids.encode("property", listing)}) for listing in chosen]
            case "range":
                return [self._range(dice) for _ in range(sets)]
            case "review":
                return self._reviews(dice, sets, self.authors[:authors])

    def _range(self, dice: Random) -> Request:
        city = dice.choice(list(self.prices))
        prices = self.prices[city]
        begin = int(dice.random() * _BEGINS_WITHIN * len(prices))
        least, most = prices[begin], prices[min(begin + int(_TAKES_IN * len(prices)), len(prices) - 1)]
        matching = bisect_right(prices, most) - bisect_left(prices, least)
        return Request({"city": city, "least": str(least), "most": str(most)}, listings=matching)

    def _reviews(self, dice: Random, most: int, authors: list[UUID]) -> list[Request]:
        """Each of another listing; authors take turns."""
        listings = dice.sample(self.listings, len(self.listings))
        pairs = [(authors[number % len(authors)], listing) for number, listing in enumerate(listings)]
        return [
            Request(
                {
                    "input": {
                        "propertyId": ids.encode("property", listing),
                        "rating": dice.randint(1, 5),
                        "body": _TEXT + "x" * dice.randint(1, 40),
                    }
                },
                author,
            )
            for author, listing in pairs
            if (author, listing) not in self.written
        ][:most]
