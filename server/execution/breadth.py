"""Breadth-first execution: each field is asked once, for all objects that stand at its place of the answer.

    scope   the objects of one concrete type at one place, with the results that are filled for them
    field   one field that is asked of a scope; its values are found for all its objects at once

There are queues and no recursion: lists whose items are to be looked at, scopes whose fields are, and work
whose values are awaited. What is in an earlier one goes first, so that a field's objects have come together
when they are asked. A field's values are completed as the specification says; one that fails is nulled where
the nearest type above it allows. What is below rows and is typed statements is composed (composed.py).

It stands in the seam that Ariadne offers (`execution_context_class`), and whatever it does not do itself it
leaves to graphql-core, whose executor it extends: subscriptions, middleware, abort signals, and operations
that switch error propagation off.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import orjson
from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    located_error,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Path, is_iterable

from server.errors import Unavailable
from server.execution.composed import Composition
from server.execution.plan import Selected, Selection
from server.execution.plans import Plans
from server.loaders import Arguments, Binding
from server.schema import Column, GlobalId

# How long the event loop may be kept from others, in seconds, and how often that is looked at.
LONGEST_TURN = 0.01
OBJECTS_A_LOOK = 500

T = TypeVar("T")

# The places of list items within a field's value, from the outermost list inwards.
Positions = tuple[int, ...]

# What is composed: the root fields and what is below rows, only what is below rows, or nothing.
Composed = Literal["all", "below", "nothing"]


class Scope:
    """The objects of one concrete type that stand at one place of the answer.

    Object `i` is (an item of) the value of `field` for the object `owners[i]` of the scope above;
    `results[i]` is what the answer shows of it. At the root `field` is None.
    """

    __slots__ = ("field", "objects", "owners", "positions", "results", "selection")

    def __init__(self, selection: Selection, field: "Field | None") -> None:
        self.selection = selection
        self.field = field
        self.objects: list[Any] = []
        self.results: list[dict[str, Any]] = []
        self.owners: list[int] = []
        self.positions: list[Positions] = []

    def add(self, object_: Any, owner: int, positions: Positions) -> dict[str, Any]:
        """Takes one more object; its result, with the keys in their order."""
        result: dict[str, Any] = dict.fromkeys(self.selection.keys)
        self.objects.append(object_)
        self.results.append(result)
        self.owners.append(owner)
        self.positions.append(positions)
        return result


class Field:
    """One field that is asked of the objects of a scope. `inner` are the scopes of its values that are still
    growing, by their type.
    """

    __slots__ = ("inner", "scope", "selected")

    def __init__(self, scope: Scope, selected: Selected) -> None:
        self.scope = scope
        self.selected = selected
        self.inner: dict[str, Scope] = {}


class Place(NamedTuple):
    """Where one value belongs: object `owner` of the field's scope, and its place in lists."""

    field: Field
    owner: int
    positions: Positions


class Items(NamedTuple):
    """A list whose items are still to be completed: what they are, and where they are shown."""

    place: Place
    items: list[Any]
    made: list[Any]
    may_wait: bool


class Late(NamedTuple):
    """What is waited for, for a place, and what is done with it."""

    place: Place
    awaitable: Awaitable[Any]
    go_on: Callable[[Any], None]

    def started(self) -> "Late":
        """The same, under way."""
        return self._replace(awaitable=asyncio.ensure_future(self.awaitable))


class BreadthFirst(Executor[Any]):
    """Executes one operation. `executor_class` makes the class that Ariadne and graphql-core are given."""

    plans: ClassVar[Plans]
    composed: ClassVar[Composed]

    def execute_operation(self, serially: bool | None = None) -> Any:
        """An awaitable of the `ExecutionResult`, whose data may hold JSON that is finished
        (`orjson.Fragment`).
        """
        if (
            self.operation.operation is OperationType.SUBSCRIPTION
            or self.middleware_manager is not None
            or self.abort_signal is not None
            or not self.error_propagation
        ):
            return super().execute_operation(serially)
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        return self._answer(serially)

    async def _answer(self, serially: bool) -> ExecutionResult:
        self._lists: deque[Items] = deque()
        self._scopes: deque[Scope] = deque()
        self._waiting: list[Callable[[], Awaitable[None]]] = []
        self._late: deque[Late] = deque()
        self._since = perf_counter()
        planned = self.plans.of(self.operation, self.fragment_definitions)
        selection = planned.selection(self.variable_values.coerced)
        root = Scope(selection, None)
        self._root_failed = False
        data = root.add(self.root_value, 0, ())
        try:
            if serially:
                for selected in selection.fields:
                    await self._resolve(Field(root, selected))
                    await self._run()
                    if self._root_failed:
                        break
            else:
                await self._open(root)
                await self._run()
        finally:
            if self._late:
                # The operation was cancelled: nobody waits for these any more.
                left = [asyncio.ensure_future(late.awaitable) for late in self._late]
                for future in left:
                    future.cancel()
                await asyncio.gather(*left, return_exceptions=True)
        return ExecutionResult(None if self._root_failed else data, self.collected_errors.errors or None)

    async def _run(self) -> None:
        """Until there is nothing to look at and nothing to wait for."""
        while True:
            while self._lists or self._scopes:
                if self._lists:
                    await self._fill()
                else:
                    await self._open(self._scopes.popleft())
            if not self._waiting and not self._late:
                return
            waiting, self._waiting = self._waiting, []
            count = len(self._late)
            if waiting or count > 1:
                # What waits for something else than our one connection waits beside its statements.
                for part in _parts(range(count)):
                    for _ in part:
                        self._late.append(self._late.popleft().started())
                    await self._breathe()
            for fetch in waiting:
                await fetch()
            for part in _parts(range(count)):
                for _ in part:
                    place, awaitable, go_on = self._late.popleft()
                    try:
                        go_on(await awaitable)
                    except Exception as error:
                        self._fail(place, error)
                await self._breathe()

    async def _open(self, scope: Scope) -> None:
        """Looks at the fields of a scope: those with values at hand are completed, the others wait."""
        if scope.field is not None:
            scope.field.inner = {}
            if self.collected_errors.errors:
                scope = await self._still_shown(scope)
        if not scope.objects:
            return
        composition = None
        if self.composed == "all" or (self.composed == "below" and scope.field is not None):
            composition = self.plans.composition(scope.selection, at_root=scope.field is None)
        if composition is not None:
            self._waiting.append(lambda: self._compose(scope, composition))
        for selected in scope.selection.fields:
            if composition is None or selected not in composition.fields:
                await self._resolve(Field(scope, selected))

    async def _still_shown(self, scope: Scope) -> Scope:
        """A scope without the objects that went when something beside them failed."""
        assert scope.field is not None
        kept = Scope(scope.selection, scope.field)
        for part in _parts(range(len(scope.objects))):
            for number in part:
                owner, positions = scope.owners[number], scope.positions[number]
                path = _path(Place(scope.field, owner, positions))
                if not self.collected_errors.has_nulled_position(path):
                    kept.objects.append(scope.objects[number])
                    kept.results.append(scope.results[number])
                    kept.owners.append(owner)
                    kept.positions.append(positions)
            await self._breathe()
        return kept

    async def _compose(self, scope: Scope, composition: Composition) -> None:
        """Fills in what one statement answers; field by field where it cannot, so that errors find their
        places.
        """
        context = self.context_value
        try:
            rows = await composition.fetch(
                context.session, self.variable_values, context.page_size_max, scope.objects
            )
        except Unavailable as error:
            for selected in composition.fields:
                await self._complete(Field(scope, selected), [error] * len(scope.objects))
            return
        self._since = perf_counter()
        if rows is None:
            for selected in composition.fields:
                await self._resolve(Field(scope, selected))
            return
        for number, selected in enumerate(composition.fields):
            for result, row in zip(scope.results, rows, strict=True):
                value = row[number]
                result[selected.key] = None if value is None else orjson.Fragment(value)
            await self._breathe()

    async def _resolve(self, field: Field) -> None:
        """Finds the values of a field for all objects of its scope, or has them waited for."""
        selected, scope = field.selected, field.scope
        if selected.field is None:
            for result in scope.results:
                result[selected.key] = selected.parent.name
            return
        try:
            arguments = selected.arguments.of(self.variable_values)
        except GraphQLError as error:
            await self._complete(field, [error] * len(scope.objects))
            return
        resolver: Any = selected.field.resolve or self.field_resolver
        if isinstance(resolver, Binding):
            self._waiting.append(lambda: self._batch(field, resolver, arguments))
        elif type(resolver) is Column or isinstance(resolver, GlobalId):
            await self._complete(field, await self._each(resolver, scope.objects))
        else:
            await self._call(field, resolver, arguments)

    async def _batch(self, field: Field, binding: Binding, arguments: Arguments) -> None:
        """One call of a batch function for all objects of a scope."""
        parents, returned = field.scope.objects, field.selected.definition.type
        try:
            values = await binding.for_all(self.context_value, parents, arguments, returned)
        except Exception as error:
            values = [error] * len(parents)
        self._since = perf_counter()
        await self._complete(field, values)

    async def _call(self, field: Field, resolver: Any, arguments: Arguments) -> None:
        """Calls a resolver for each object; what it gives to wait for is waited for together."""

        def call(owner: int) -> Any:
            return resolver(field.scope.objects[owner], self._info(Place(field, owner, ())), **arguments)

        values = await self._each(call, range(len(field.scope.objects)))
        await self._complete(field, values, may_wait=True)

    async def _complete(self, field: Field, values: Sequence[Any], *, may_wait: bool = False) -> None:
        """Completes one value for each object of the field's scope. With `may_wait` there may be awaitables
        among them.
        """
        key, results = field.selected.key, field.scope.results
        type_, _ = field.selected.levels[0]
        plain = is_leaf_type(type_) and not may_wait
        for part in _parts(enumerate(values)):
            for owner, value in part:
                if plain and value is not None and not isinstance(value, Exception):
                    try:
                        results[owner][key] = self.complete_leaf_value(type_, value)  # type: ignore[arg-type]
                    except Exception as error:
                        self._fail(Place(field, owner, ()), error)
                else:
                    self._complete_value(Place(field, owner, ()), value, results[owner], key, may_wait)
            await self._breathe()

    def _complete_value(self, place: Place, value: Any, holder: Any, slot: Any, may_wait: bool) -> None:
        """Puts a value into `holder[slot]` as its type shows it; recursion is into lists only."""
        type_, nullable = place.field.selected.levels[len(place.positions)]
        if may_wait and self.is_awaitable(value):
            self._wait(place, value, holder, slot)
        elif isinstance(value, Exception):
            self._fail(place, value)
        elif value is None or value is Undefined:
            holder[slot] = None
            if not nullable:
                self._fail(place, _missing(place))
        elif is_list_type(type_):
            self._complete_list(place, value, holder, slot, may_wait)
        elif is_leaf_type(type_):
            try:
                holder[slot] = self.complete_leaf_value(type_, value)
            except Exception as error:
                self._fail(place, error)
        else:
            try:
                self._complete_object(place, type_, value, holder, slot)
            except Exception as error:
                self._fail(place, error)

    def _complete_list(self, place: Place, value: Any, holder: Any, slot: Any, may_wait: bool) -> None:
        if self.is_async_iterable(value):
            self._wait(place, _gathered(value), holder, slot)
            return
        if not is_iterable(value):
            parent, name = place.field.selected.parent.name, place.field.selected.name
            self._fail(
                place, GraphQLError(f"Expected Iterable, but did not find one for field '{parent}.{name}'.")
            )
            return
        try:
            items = list(value)
        except Exception as error:
            self._fail(place, error)
            return
        # In its place before its items are looked at: one of them may take it away.
        made = holder[slot] = [None] * len(items)
        self._lists.append(Items(place, items, made, may_wait))

    async def _fill(self) -> None:
        """Completes the items of the lists, with those of the lists among them."""
        for part in _parts(self._items()):
            for (field, owner, positions), item, made, number, may_wait in part:
                place = Place(field, owner, (*positions, number))
                self._complete_value(place, item, made, number, may_wait)
            await self._breathe()

    def _items(self) -> Iterator[tuple[Place, Any, list[Any], int, bool]]:
        while self._lists:
            place, items, made, may_wait = self._lists.popleft()
            for number, item in enumerate(items):
                yield place, item, made, number, may_wait

    def _wait(self, place: Place, awaitable: Awaitable[Any], holder: Any, slot: Any) -> None:
        def go_on(value: Any) -> None:
            self._complete_value(place, value, holder, slot, may_wait=True)

        self._late.append(Late(place, awaitable, go_on))

    def _complete_object(self, place: Place, type_: Any, value: Any, holder: Any, slot: Any) -> None:
        """Hands an object to the scope of its concrete type."""
        if is_abstract_type(type_):
            resolve_type = type_.resolve_type or self.type_resolver
            name = resolve_type(value, self._info(place), type_)
            if self.is_awaitable(name):

                def go_on(name: Any) -> None:
                    self._enter(place, self._concrete(place, type_, name, value), value, holder, slot)

                self._late.append(Late(place, name, go_on))
                return
            type_ = self._concrete(place, type_, name, value)
        self._enter(place, type_, value, holder, slot)

    def _concrete(self, place: Place, type_: GraphQLAbstractType, name: Any, value: Any) -> GraphQLObjectType:
        details = _details(place.field.selected)
        return self.ensure_valid_runtime_type(name, type_, details, self._info(place), value)

    def _enter(self, place: Place, type_: GraphQLObjectType, value: Any, holder: Any, slot: Any) -> None:
        if type_.is_type_of is not None:
            is_of = type_.is_type_of(value, self._info(place))

            def go_on(is_of: Any) -> None:
                if not is_of:
                    raise invalid_return_type_error(type_, value, _details(place.field.selected))
                self._add(place, type_, value, holder, slot)

            if self.is_awaitable(is_of):
                self._late.append(Late(place, is_of, go_on))
            else:
                go_on(is_of)
        else:
            self._add(place, type_, value, holder, slot)

    def _add(self, place: Place, type_: GraphQLObjectType, value: Any, holder: Any, slot: Any) -> None:
        field = place.field
        scope = field.inner.get(type_.name)
        if scope is None:
            scope = field.inner[type_.name] = Scope(field.selected.on(type_), field)
            self._scopes.append(scope)
        holder[slot] = scope.add(value, place.owner, place.positions)

    def _fail(self, place: Place, raw: Exception) -> None:
        """Keeps an error, and takes away the nearest value around its place that may be null."""
        error = located_error(raw, place.field.selected.nodes, _path(place).as_list())
        field, owner, positions = place
        while True:
            levels = field.selected.levels
            level = len(positions)
            while level >= 0 and not levels[level][1]:
                level -= 1
            if level >= 0:
                break
            scope = field.scope
            if scope.field is None:
                self._root_failed = True
                self.collected_errors.add(error, None)
                return
            field, owner, positions = scope.field, scope.owners[owner], scope.positions[owner]
        self.collected_errors.add(error, _path(Place(field, owner, positions[:level])))
        holder: Any = field.scope.results[owner]
        slot: str | int = field.selected.key
        for position in positions[:level]:
            holder, slot = holder[slot], position
            if holder is None:
                return
        holder[slot] = None

    def _info(self, place: Place) -> GraphQLResolveInfo[Any]:
        selected = place.field.selected
        path = _path(Place(place.field, place.owner, ()))
        return self.build_resolve_info(selected.definition, selected.nodes, selected.parent, path)

    async def _each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """The function's value for each item; what it raises stands at the item's own place."""
        values = []
        for part in _parts(items):
            for item in part:
                try:
                    values.append(function(item))
                except Exception as error:
                    values.append(error)
            await self._breathe()
        return values

    async def _breathe(self) -> None:
        """Lets others have the event loop when it was kept from them for a while."""
        if perf_counter() - self._since > LONGEST_TURN:
            await asyncio.sleep(0)
            self._since = perf_counter()


def executor_class(plans: Plans, composed: Composed) -> type[BreadthFirst]:
    """The class to give to `execution_context_class` of Ariadne, for one schema."""
    return type("BreadthFirst", (BreadthFirst,), {"plans": plans, "composed": composed})


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    """The items, as many at a time as are done before the clock is looked at."""
    rest = iter(items)
    while part := list(islice(rest, OBJECTS_A_LOOK)):
        yield part


def _path(place: Place) -> Path:
    """From the root to a value."""
    steps: list[tuple[str | int, str | None]] = []
    field, owner, positions = place
    while True:
        steps += [(position, None) for position in reversed(positions)]
        steps.append((field.selected.key, field.selected.parent.name))
        scope = field.scope
        if scope.field is None:
            break
        field, owner, positions = scope.field, scope.owners[owner], scope.positions[owner]
    path: Path | None = None
    for key, type_name in reversed(steps):
        path = Path(path, key, type_name)
    assert path is not None
    return path


def _missing(place: Place) -> TypeError:
    selected = place.field.selected
    return TypeError(f"Cannot return null for non-nullable field {selected.parent.name}.{selected.name}.")


def _details(selected: Selected) -> list[FieldDetails]:
    return [FieldDetails(node, None, None) for node in selected.nodes]


async def _gathered(items: Any) -> list[Any]:
    return [item async for item in items]
