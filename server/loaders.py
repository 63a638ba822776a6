"""The DataLoader layer: a field's value for all parents of a level is fetched at once.

A binding is what a field resolves with, as data: which key of the parent it starts from and how many keys
become as many values. Under graphql-core's executor each parent asks a per-request loader, which calls
`batch` once a tick; an executor that has all parents at hand calls `batch` directly. The bindings that read
sets are in `server/search.py`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, cast

from ariadne import ObjectType
from graphql import GraphQLOutputType

from server.context import Context, Info

Arguments = Mapping[str, Any]
# After how many parents of a batch others get their turn of the event loop.
PARENTS_A_TURN = 10_000

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]


class Loader:
    """Gathers the keys that are asked for while the event loop is busy, then fetches them in one call.

    An answer is remembered for the request. A value that is an exception is raised at its own place only.
    """

    def __init__(self, fetch: Callable[[list[Any]], Awaitable[Sequence[Any]]]) -> None:
        self._fetch = fetch
        self._answers: dict[Hashable, asyncio.Future[Any]] = {}
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._ended = False

    def end(self) -> list[asyncio.Task[None]]:
        """Fetches nothing any more; what is still running."""
        self._ended = True
        return list(self._running)

    def load(self, identity: Hashable, key: Any) -> asyncio.Future[Any]:
        """The value of a key; `identity` tells two keys apart where the key itself cannot be hashed."""
        answer = self._answers.get(identity)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = self._answers[identity] = loop.create_future()
            if not self._waiting:
                # Resolvers of one level run in one turn of the loop, those behind a shared future in the
                # next: the second turn is when everybody has asked.
                loop.call_soon(loop.call_soon, self._dispatch)
            self._waiting.append((key, answer))
        return answer

    def _dispatch(self) -> None:
        batch, self._waiting = self._waiting, []
        if self._ended:
            for _, answer in batch:
                answer.cancel()
            return
        task = asyncio.get_running_loop().create_task(self._answer(batch))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            values = _as_many(await self._fetch([key for key, _ in batch]), len(batch))
        except asyncio.CancelledError:
            for _, answer in batch:
                answer.cancel()
            raise
        except Exception as error:
            values = [error] * len(batch)
        for (_, answer), value in zip(batch, values, strict=True):
            if answer.cancelled():
                continue
            if isinstance(value, Exception):
                answer.set_exception(value)
            else:
                answer.set_result(value)


class Loaders:
    """The loaders of one request, one for each binding and arguments."""

    def __init__(self) -> None:
        self._loaders: dict[Hashable, Loader] = {}
        self._ended = False

    def get(self, what: Hashable, fetch: Callable[[list[Any]], Awaitable[Sequence[Any]]]) -> Loader:
        loader = self._loaders.get(what)
        if loader is None:
            loader = self._loaders[what] = Loader(fetch)
            if self._ended:
                loader.end()
        return loader

    async def close(self) -> None:
        """Ends what a request left behind, running or about to: its connection must be free when it is given
        back, and nobody would give back another one. A cancelled request leaves something, and graphql-core
        does where the root is nulled before all of it is there.
        """
        self._ended = True
        if not self._loaders:
            return
        running = [task for loader in self._loaders.values() for task in loader.end()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class Binding(ABC):
    """How a field gets its values for many parents at once. `key` is the parent's column it starts from."""

    key: str

    @abstractmethod
    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        """As many values as keys, in their order; None or an exception object stands at its own place."""

    def key_of(self, parent: Any, arguments: Arguments, returned: GraphQLOutputType) -> Any:
        """What is asked for a parent; None asks for nothing, and null is the answer."""
        return parent[self.key]

    def identity(self, key: Any) -> Hashable:
        """By what two keys are known to be the same."""
        return cast(Hashable, key)

    def shared(self, arguments: Arguments) -> Arguments:
        """The arguments that `batch` is given: with others it is another batch."""
        return arguments

    def __call__(self, parent: Any, info: Info, **arguments: Any) -> Any:
        key = self.key_of(parent, arguments, info.return_type)
        if key is None:
            return None
        context, shared = info.context, self.shared(arguments)
        loader = context.loaders.get(
            (self, repr(shared)) if shared else self, lambda keys: self.batch(context, keys, shared)
        )
        return loader.load(self.identity(key), key)

    async def for_all(
        self, context: Context, parents: Sequence[Any], arguments: Arguments, returned: GraphQLOutputType
    ) -> list[Any]:
        """A value for each parent, in one call of `batch`; what fails for one parent stands at its place."""
        keys: list[Any] = []
        distinct: dict[Hashable, Any] = {}
        for number, parent in enumerate(parents, 1):
            if number % PARENTS_A_TURN == 0:
                await asyncio.sleep(0)
            try:
                key = self.key_of(parent, arguments, returned)
            except Exception as error:
                key = error
            else:
                if key is not None:
                    distinct.setdefault(self.identity(key), key)
            keys.append(key)
        if not distinct:
            return keys
        values = await self.batch(context, list(distinct.values()), self.shared(arguments))
        found = dict(zip(distinct, _as_many(values, len(distinct)), strict=True))
        return [
            key if key is None or isinstance(key, Exception) else found[self.identity(key)] for key in keys
        ]


class Summary(Binding):
    """A batch statement's row for each parent: `Summary(key="id", query=review_summary_of_properties)`."""

    def __init__(self, key: str, query: BatchFunction) -> None:
        self.key, self.query = key, query

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        return await self.query(context.session, keys, **arguments)


class Computed(Binding):
    """A batch function over whole parents: `async def f(context, parents, **arguments) -> values`."""

    key = ""

    def __init__(self, function: BatchFunction) -> None:
        self.function = function

    async def batch(self, context: Context, keys: Sequence[Any], arguments: Arguments) -> Sequence[Any]:
        return await self.function(context, keys, **arguments)

    def key_of(self, parent: Any, arguments: Arguments, returned: GraphQLOutputType) -> Any:
        return parent

    def identity(self, key: Any) -> Hashable:
        return id(key)


def _as_many(values: Sequence[Any], keys: int) -> Sequence[Any]:
    if len(values) != keys:
        raise RuntimeError(f"A batch of {keys} keys got {len(values)} values: they must be as many.")
    return values


def summary(type_: ObjectType, field: str, *, key: str, query: BatchFunction) -> None:
    """Binds a field to a `:batch_one` or `:batch_many` statement, keyed by a column of the parent."""
    type_.set_field(field, Summary(key, query))


def computed(type_: ObjectType, field: str) -> Callable[[BatchFunction], BatchFunction]:
    """Binds a field to a batch function: `@computed(property_, "pricePerSquareMetre")`."""

    def bind(function: BatchFunction) -> BatchFunction:
        type_.set_field(field, Computed(function))
        return function

    return bind
