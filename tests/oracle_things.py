"""A small schema of every shape that a type can have, for asking two executors the same.

`things()` builds it with resolvers over plain data; `chaos()` with one resolver for all fields, whose value
depends on nothing but a seed and the place in the answer, so that whoever asks in whatever order gets the
same: good values, nulls, mistakes, and all that may be waited for.
"""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
from ariadne import (
    InterfaceType,
    MutationType,
    ObjectType,
    ScalarType,
    SchemaBindable,
    UnionType,
    make_executable_schema,
)
from graphql import (
    ExecutionResult,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    execute,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)

from server.execution.breadth import executor_class
from server.execution.plans import Plans
from server.loaders import Loaders, computed

SDL = """
directive @experimental_disableErrorPropagation on QUERY | MUTATION | SUBSCRIPTION
scalar Money
enum Colour { RED GREEN BLUE }

interface Named { name: String! kin(first: Int = 2): [Named] }
interface Sized implements Named { name: String! kin(first: Int = 2): [Named] size: Float }
union Any = Box | Ball | Void

type Box implements Named & Sized {
  name: String!
  kin(first: Int = 2): [Named]
  size: Float
  inside: [Any!]
  must: Ball!
  may: Ball
  grid: [[Int!]!]
  strict: [[Int!]!]!
  loose: [[Int]]
  cubes: [[[Any]!]]!
  colours: [Colour!]!
  price(times: Int = 1, in: Colour): Money
  echo(text: String, words: [String!], on: Boolean! = true): String
  total: Int
  balls(first: Int!): [Ball!]!
  maker: Named
}

type Ball implements Named {
  name: String!
  kin(first: Int = 2): [Named]
  colour: Colour!
  weight: Float
  id: ID
  box: Box
  home: Box!
  rolls: Boolean!
  others: [Ball!]
  worth: Money!
}

type Void { nothing: Int }

type Query {
  box: Box
  must: Box!
  boxes: [Box!]!
  some: [Box]
  any: Any
  all: [Any!]
  named: Named
  sized: [Sized!]
  number(n: Int = 3, on: Boolean): Int
  void: Void!
}

type Mutation { add(n: Int!): Int! fail(n: Int!): Int! later(n: Int!): Box }
type Subscription { count(to: Int!): Int! }
"""


def context() -> Any:
    """The context of one operation; `calls` says which batch functions were called, with how many parents."""
    return SimpleNamespace(loaders=Loaders(), calls=[], log=[])


async def answer(
    schema: GraphQLSchema,
    document: str,
    variables: dict[str, Any] | None = None,
    *,
    root: Any = None,
    given: Any = None,
    ours: bool = True,
) -> bytes:
    """The answer as JSON, by the executor that is tested or by graphql-core's own, messages as they are."""
    parsed = parse(document)
    mistakes = validate(schema, parsed)
    assert not mistakes, mistakes
    given = given or context()
    executor = executor_class(Plans(schema), "nothing") if ours else None
    result = execute(
        schema, parsed, root, variable_values=variables, context_value=given, executor_class=executor
    )
    if not isinstance(result, ExecutionResult):
        result = await result
    await given.loaders.close()
    return wire(result)


def wire(result: ExecutionResult) -> bytes:
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [
            {"message": error.message, "path": error.path or [], "extensions": {"code": ""}}
            for error in result.errors
        ]
    return orjson.dumps(answer)


class Thing:
    """An object of the schema; its attributes are its fields."""

    def __init__(self, kind: str, /, **fields: Any) -> None:
        self.kind = kind
        self.__dict__.update(fields)

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def _serialize(value: Any) -> str:
    if not isinstance(value, Decimal):
        raise ValueError(f"{value!r} is no money")
    return f"{value:.2f}"


class Later:
    """A value after some turns of the event loop; one that is an exception is raised. Unlike a coroutine it
    may be forgotten: graphql-core forgets some where a parent is nulled.
    """

    def __init__(self, value: Any, turns: int = 1) -> None:
        self.value, self.turns = value, turns

    def __await__(self) -> Generator[Any, None, Any]:
        for _ in range(self.turns):
            yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


async def one_by_one(values: Sequence[Any]) -> AsyncIterator[Any]:
    """The values as they come. A RuntimeError at the start ends them: later, it and an item before it could
    both be what nulls the list.
    """
    for value in values:
        await asyncio.sleep(0)
        if value is values[0] and isinstance(value, RuntimeError):
            raise value
        yield value


def generated(values: Sequence[Any]) -> Iterator[Any]:
    """The same, without a wait."""
    for value in values:
        if value is values[0] and isinstance(value, RuntimeError):
            raise value
        yield value


def things() -> GraphQLSchema:
    """The schema over plain data: attributes, keys and callables, beside batch functions."""
    box, ball, mutation = ObjectType("Box"), ObjectType("Ball"), MutationType()

    @computed(box, "total")
    async def total(context: Any, boxes: Sequence[Any], **_: Any) -> list[Any]:
        context.calls.append(("total", len(boxes)))
        await asyncio.sleep(0)
        return [_get(box, "total") for box in boxes]

    @computed(box, "balls")
    async def balls(context: Any, boxes: Sequence[Any], first: int) -> list[Any]:
        context.calls.append((f"balls {first}", len(boxes)))
        await asyncio.sleep(0)
        if first < 0:
            raise ValueError("no balls at all")
        if first > 100:
            return []
        return [_first(_get(box, "balls"), first) for box in boxes]

    @computed(ball, "worth")
    async def worth(context: Any, balls: Sequence[Any]) -> list[Any]:
        context.calls.append(("worth", len(balls)))
        return [_get(ball, "worth") for ball in balls]

    @box.field("price")
    def price(parent: Any, _: Any, times: int, **more: Any) -> Any:
        value = _get(parent, "price")
        if isinstance(value, KeyError):
            raise value
        return value * times if isinstance(value, Decimal) else value

    @box.field("echo")
    async def echo(_: Any, info: Any, **arguments: Any) -> str:
        await asyncio.sleep(0)
        return repr((info.path.as_list(), str(info.parent_type), str(info.return_type), arguments))

    @mutation.field("add")
    async def add(_: Any, info: Any, n: int) -> int:
        info.context.log.append(f"add {n}")
        await asyncio.sleep(0)
        info.context.log.append(f"added {n}")
        return n

    @mutation.field("fail")
    async def fail(_: Any, info: Any, n: int) -> int:
        info.context.log.append(f"fail {n}")
        await asyncio.sleep(0)
        raise ValueError(f"{n} failed")

    @mutation.field("later")
    def box_later(_: Any, info: Any, n: int) -> Any:
        info.context.log.append(f"later {n}")

        async def price(*_: Any) -> str:
            await asyncio.sleep(0)
            info.context.log.append(f"name of {n}")
            return f"box {n}"

        return Thing("Box", name=price, total=n)

    subscription = ObjectType("Subscription")
    schema = _schema(box, ball, mutation, subscription)

    async def count(_: Any, info: Any, to: int) -> AsyncIterator[Any]:
        for number in range(to):
            yield {"count": number}

    assert schema.subscription_type is not None
    schema.subscription_type.fields["count"].subscribe = count
    return schema


def _get(parent: Any, name: str) -> Any:
    return parent.get(name) if isinstance(parent, dict) else getattr(parent, name, None)


def _first(values: Any, first: int) -> Any:
    return values[:first] if isinstance(values, list) else values


def _schema(*bindables: SchemaBindable) -> GraphQLSchema:
    def kind(value: Any, *_: Any) -> Any:
        return value["kind"] if isinstance(value, dict) else value.kind

    schema = make_executable_schema(
        SDL,
        *bindables,
        ScalarType("Money", serializer=_serialize),
        InterfaceType("Named", kind),
        # An awaitable of the name.
        InterfaceType("Sized", lambda value, *_: Later(kind(value))),
        UnionType("Any", kind),
    )
    return schema


class Chaos:
    """Values by a seed and the place of the answer; `trouble` is how many of them are not as they should."""

    def __init__(self, seed: int, trouble: float) -> None:
        self.seed, self.trouble = seed, trouble

    def resolve(self, _: Any, info: Any, **arguments: Any) -> Any:
        random = Random(repr((self.seed, info.path.as_list(), sorted(arguments.items()))))
        value = self._value(random, info.return_type, info.schema)
        if isinstance(value, KeyError):
            raise value
        return value

    def _value(self, random: Random, type_: Any, schema: GraphQLSchema) -> Any:
        value = self._plain(random, type_, schema)
        if random.random() < 0.2:
            return Later(value, random.randrange(3)) if value is not Undefined else value
        return value

    def _plain(self, random: Random, type_: Any, schema: GraphQLSchema) -> Any:
        if random.random() < self.trouble:
            return random.choice(
                [None, Undefined, KeyError("no"), RuntimeError("broken"), ..., "x", 5, Thing("Query")]
            )
        if is_non_null_type(type_):
            type_ = type_.of_type
        elif random.random() < self.trouble:
            return None
        if is_list_type(type_):
            items = [self._value(random, type_.of_type, schema) for _ in range(random.randrange(4))]
            return random.choice([list, tuple, generated, one_by_one])(items)
        if is_composite_type(type_):
            kinds = schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
            return Thing(random.choice(list(kinds)).name, odd=random.random() < self.trouble)
        return random.choice(LEAVES[type_.name])


LEAVES: dict[str, list[Any]] = {
    "Int": [0, 1, -(2**31), 2**31 - 1, "7", 3.0, True],
    "Float": [0.0, -0.0, 1e308, 5e-324, 1, "2.5"],
    "String": ["", "\u0000\u2028\U0001f3e1", 'a"b\\c\n', 1, True],
    "ID": ["id", 7, ""],
    "Boolean": [True, False, 1],
    "Colour": ["RED", "GREEN", "BLUE"],
    "Money": [Decimal("1.005"), Decimal("-0"), Decimal("1e12")],
}


def chaos(seed: int, trouble: float) -> GraphQLSchema:
    """The schema with a value for everything, by the seed."""
    schema = _schema()
    one = Chaos(seed, trouble)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                field.resolve = one.resolve
    ball, box = schema.type_map["Ball"], schema.type_map["Box"]
    assert isinstance(ball, GraphQLObjectType)
    assert isinstance(box, GraphQLObjectType)
    ball.is_type_of = lambda value, _: not getattr(value, "odd", False)
    box.is_type_of = lambda value, _: Later(not getattr(value, "odd", False))
    return schema


def everything(schema: GraphQLSchema, random: Random, depth: int) -> str:
    """A query for most of what there is, down to a depth, in random order."""
    root = schema.query_type
    assert root is not None
    return _fields(schema, root, random, depth)


def _fields(schema: GraphQLSchema, type_: Any, random: Random, depth: int) -> str:
    parts = ["__typename"]
    if is_abstract_type(type_):
        for kind in schema.get_possible_types(type_):
            if random.random() < 0.8:
                parts.append(f"... on {kind.name} {_fields(schema, kind, random, depth)}")
    for name, field in getattr(type_, "fields", {}).items():
        inner = get_named_type(field.type)
        if random.random() < (0.3 if is_composite_type(inner) else 0.1):
            continue
        arguments = f"(first: {random.randrange(3)})" if "first" in field.args else ""
        if not is_composite_type(inner):
            parts.append(name)
        elif depth:
            # Fields of one name may differ in their types between the types of a fragment.
            alias = f"{name}_{inner.name}{isinstance(field.type, GraphQLNonNull):d}_{type_.name}"
            parts.append(f"{alias}: {name}{arguments} {_fields(schema, inner, random, depth - 1)}")
    random.shuffle(parts)
    return f"{{ {' '.join(parts)} }}"
