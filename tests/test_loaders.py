"""The DataLoader layer: what is asked for in one turn is fetched at once, each key once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from server.loaders import Loader, Loaders


class Fetches:
    """A fetch that notes its batches; a value is the key's double, or what `answers` says."""

    def __init__(self, **answers: Any) -> None:
        self.batches: list[list[Any]] = []
        self.answers = answers

    async def __call__(self, keys: list[Any]) -> Sequence[Any]:
        self.batches.append(keys)
        await asyncio.sleep(0)
        return [self.answers.get(str(key), key * 2) for key in keys]


async def test_one_turn_is_one_batch() -> None:
    fetch = Fetches()
    loader = Loader(fetch)
    assert await asyncio.gather(*[loader.load(key, key) for key in (3, 1, 2)]) == [6, 2, 4]
    assert fetch.batches == [[3, 1, 2]]


async def test_a_key_is_fetched_once_in_a_request() -> None:
    fetch = Fetches()
    loader = Loader(fetch)
    assert await asyncio.gather(loader.load(1, 1), loader.load(2, 2), loader.load(1, 1)) == [2, 4, 2]
    assert await loader.load(1, 1) == 2
    assert await asyncio.gather(loader.load(1, 1), loader.load(3, 3)) == [2, 6]
    assert fetch.batches == [[1, 2], [3]]


async def test_what_waits_for_the_same_answer_goes_on_together() -> None:
    """The children of two objects that were loaded in one batch are one batch again."""
    parents, children = Loader(Fetches()), Fetches()
    below = Loader(children)

    async def resolve(key: int) -> int:
        return await below.load(key, await parents.load(key, key))

    assert await asyncio.gather(*[resolve(key) for key in (1, 2, 3)]) == [4, 8, 12]
    assert children.batches == [[2, 4, 6]]


async def test_an_exception_stands_at_its_own_place() -> None:
    loader = Loader(Fetches(**{"2": ValueError("two")}))
    one, two, three = await asyncio.gather(*[loader.load(k, k) for k in (1, 2, 3)], return_exceptions=True)
    assert (one, three) == (2, 6)
    assert isinstance(two, ValueError)
    with pytest.raises(ValueError, match="two"):
        await loader.load(2, 2)


async def test_a_fetch_that_fails_fails_each_of_its_keys_and_no_other() -> None:
    async def fail(keys: list[Any]) -> Sequence[Any]:
        if 1 in keys:
            raise OSError("away")
        return keys

    loader = Loader(fail)
    answers = await asyncio.gather(loader.load(1, 1), loader.load(2, 2), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["away", "away"]
    assert await loader.load(3, 3) == 3


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3]])
async def test_as_many_values_as_keys(values: list[int]) -> None:
    async def wrong(keys: list[Any]) -> Sequence[Any]:
        return values

    loader = Loader(wrong)
    answers = await asyncio.gather(loader.load(1, 1), loader.load(2, 2), return_exceptions=True)
    for answer in answers:
        assert str(answer) == f"A batch of 2 keys got {len(values)} values: they must be as many."


async def test_a_value_may_be_none() -> None:
    async def nothing(keys: list[Any]) -> Sequence[Any]:
        return [None for _ in keys]

    assert await Loader(nothing).load(1, 1) is None


async def test_one_who_waits_no_longer_does_not_disturb_the_others() -> None:
    loader = Loader(Fetches())
    left, stays = loader.load(1, 1), loader.load(2, 2)
    left.cancel()
    assert await stays == 4


async def test_a_key_that_cannot_be_hashed_is_known_by_its_identity() -> None:
    fetch = Fetches()
    loader = Loader(fetch)
    parent = [1]
    answers = await asyncio.gather(loader.load(id(parent), parent), loader.load(id(parent), parent))
    assert answers == [[1, 1], [1, 1]]
    assert fetch.batches == [[[1]]]


async def test_the_loaders_of_a_request_are_one_for_each_name() -> None:
    loaders, one, other = Loaders(), Fetches(), Fetches()
    assert loaders.get("a", one) is loaders.get("a", other)
    assert loaders.get("a", one) is not loaders.get("b", one)


async def test_closing_ends_what_still_runs() -> None:
    ended = asyncio.Event()

    async def endless(keys: list[Any]) -> Sequence[Any]:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return keys

    loaders = Loaders()
    answer = loaders.get("a", endless).load(1, 1)
    await asyncio.sleep(0.01)
    await loaders.close()
    assert ended.is_set()
    assert answer.cancelled()
