"""The breadth-first executor against graphql-core's own, over a schema of the tests' own: the same data to
the byte, the same errors, and each batch function called once for all objects of a place.
"""

import asyncio
import gc
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import orjson
import pytest
from graphql import AbortController, ExecutionResult, execute, parse, subscribe

from server.execution.breadth import BreadthFirst, executor_class
from server.execution.comparing import same
from server.execution.plans import Plans
from tests.oracle_things import (
    Later,
    Thing,
    answer,
    chaos,
    context,
    everything,
    generated,
    one_by_one,
    things,
    wire,
)

SCHEMA = things()


# graphql-core leaves coroutines of its own behind where a parent is nulled; they end with their test.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <coroutine object Executor:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    # Of what was there before nothing is looked at, which would take a second.
    gc.freeze()
    yield
    gc.collect()
    gc.unfreeze()


def ball(name: str, **fields: Any) -> dict[str, Any]:
    """A ball as a dictionary; a box is an object."""
    return {"kind": "Ball", "name": name, "colour": "RED", "worth": Decimal(3), "rolls": True} | fields


def box(name: Any, **fields: Any) -> Thing:
    given = {"must": ball(f"{name}'s"), "strict": [[1], []], "cubes": [], "colours": ["RED"]}
    return Thing("Box", name=name, **(given | fields))


async def soon(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def bad(*_: Any) -> Any:
    raise ValueError("a bad field")


def around() -> Thing:
    """A box that is in itself."""
    made = box("round")
    made.may = ball("turn", box=made)  # type: ignore[attr-defined]
    return made


def shelf() -> dict[str, Any]:
    """What the documents of the corpus are asked of; new each time, as some of it can be read once only."""
    odd = "".join(map(chr, [*range(1, 32), 127, 0x2028, 0x1F3E1, 0xFFFF])) + "\"\\/'`</script>é漢"
    return {
        "box": box(
            "first",
            size=5e-324,
            maker=around(),
            kin=[ball("a", box=box("deep", total=1)), None, box("b", total=2), ball("c", colour="PINK")],
            may=ball(odd, weight=-0.0, id=2**70, box=around(), home=box("home", total=3)),
            inside=[ball("x"), box("y"), Thing("Void", nothing=2**31 - 1), Thing("Void", nothing=2**31)],
            grid=[[1, 2], None, [], [3, None]],
            loose=[[1, None, "no number"], None, [], "text", 7],
            cubes=[[[ball("deep"), None], None], [], [[Thing("Void", nothing=1)]]],
            colours=["RED", "GREEN"],
            price=Decimal("1e15"),
            total=7,
            balls=[ball("one"), ball("two", worth=Decimal(-1)), ball("three")],
        ),
        "must": lambda *_: soon(box("must", total=ValueError("no total"), balls=[ball("four")])),
        "boxes": [box(str(n), total=n, balls=[ball(f"{n}.{m}") for m in range(n)]) for n in range(4)],
        "some": [
            None,
            box("good", total=1, kin=[]),
            box("no price", price=KeyError("price")),
            box("wrong price", price=1.5),
            box("no must", must=None),
            box("a bad must", must=ball("x", colour=bad)),
            box("an exception", must=ValueError("as a value")),
            box(None),
            box("null in strict", strict=[[1, None]]),
            box("mistake in strict", strict=[[1], ["x"]]),
            box("deep null", cubes=[[], None]),
            box("wrong colours", colours=["RED", "PINK", "NONE"]),
            ValueError("an item"),
            box("wrong balls", balls=[ball("x"), None], total="1.5"),
            box("no iterable", balls=5, colours=5),
            box("text", colours="RED"),
        ],
        "any": Thing("Query"),
        "all": [ball("x"), Thing("Void"), box("y", total=1)],
        "named": lambda *_: soon(ball("later", kin=lambda *_: [soon(box("z", total=5)), soon(None)])),
        "sized": one_by_one([box("s", size=1.5), box("t", size="big"), box("u", size=float("nan"))]),
        "number": lambda info, n=None, on=None: n,
        "void": {"kind": "Void", "nothing": None},
    }


ALL_OF_A_BOX = """name size price total grid strict loose colours
    cubes { ... on Void { nothing } ... on Ball { name } } may { name } must { name colour worth }"""

CORPUS: dict[str, str] = {
    "aliases and arguments": """{
        a: number(n: 1) b: number(n: 2) number c: number(n: null)
        box { x: price(times: 2) y: price y2: price(in: RED) e: echo(words: [], text: null)
            f: echo(words: ["a", "b"]) one: balls(first: 1) { name } two: balls(first: 2) { name worth } }
    }""",
    "merged selections": """{
        box { must { name } kin { name } ...F must { colour n: name } } ...Q
        box { kin { ... on Ball { colour } } }
    }
    fragment F on Named { name ... on Sized { size } kin { ... on Box { total } name } }
    fragment Q on Query { box { must { worth } } }""",
    "fragments on everything": """{
        all { __typename ... on Named { name } ... on Sized { size }
            ... on Any { ... on Ball { colour worth } } ...V ... on Box { total ...N } }
        named { ...N ... on Box { size } ... on Ball { rolls kin { __typename name ... on Box { total } } } }
        sized { name size __typename ... { size } ... @include(if: false) { kin { name } } }
    }
    fragment V on Void { nothing } fragment N on Named { n: name }""",
    "order of keys": """{
        void { nothing } c: number b: number ... { a: number } number void { t: __typename }
    }""",
    "lists in lists": """{
        box { grid strict loose cubes { __typename ... on Ball { name } ... on Void { nothing } } }
    }""",
    "null where none may be, in a list": """{
        box { inside { ... on Void { nothing } ... on Named { name } } total }
    }""",
    "errors at every depth": f"""{{
        some {{ {ALL_OF_A_BOX} }} box {{ kin {{ name ... on Ball {{ colour }} }} }}
    }}""",
    "errors in batches": """{
        some { name total balls(first: 2) { name worth } } box { balls(first: -1) { name } }
        must { balls(first: 101) { worth } }
    }""",
    "up to the root": """{
        number must { name total } boxes { name must { worth kin { name } } } void { nothing }
    }""",
    "the root is nulled": """{
        number boxes { name balls(first: -1) { name } } all { ... on Void { nothing } }
    }""",
    "a type that is none": "{ number any { __typename } void { nothing } }",
    "introspection and data": """{
        __schema { queryType { name fields { name type { name kind ofType { name } } } } }
        __typename box { __typename name } __type(name: "Colour") { enumValues { name } }
        no: __type(name: "No") { name }
    }""",
    "odd text and numbers": "{ box { may { name weight id home { size total } } size price } }",
    "empty lists": "{ boxes { name balls(first: 0) { worth name } kin { name } } }",
    "only names of types": "{ __typename box { __typename must { __typename } inside { __typename } } }",
    "one batch for all": "{ boxes { total balls(first: 2) { worth name } } a: boxes { must { worth } } }",
    "paths and types in resolvers": """{
        boxes { echo k: echo(on: false) may { box { echo } } } box { maker { ... on Box { echo } } }
    }""",
    "a long way down": "{ box { maker { ... on Box "
    + "{ may { name box " * 50
    + "{ total }"
    + " } }" * 50
    + "} } }",
}

VARIABLES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "skip and include": (
        """query ($s: Boolean!, $i: Boolean = true, $n: Int, $d: Int = 8) {
            a: number(n: $n) @skip(if: $s) b: number(n: $d) @include(if: $i)
            ... @include(if: $s) { c: number box { name @skip(if: $i) total } }
            box @skip(if: $s) { ...F @include(if: $i) must { name @include(if: $s) @skip(if: $i) colour } }
        } fragment F on Box { size must { worth @skip(if: $s) } }""",
        [
            {"s": True},
            {"s": False},
            {"s": True, "i": False, "n": 1},
            {"s": False, "i": False, "n": None, "d": None},
            {"s": False, "n": -(2**31), "d": 2**31 - 1},
            {"s": None},
            {"s": "yes"},
            {},
            {"s": True, "n": 2**31},
        ],
    ),
    "nothing is left": ("query ($s: Boolean!) { box @skip(if: $s) { name } }", [{"s": True}, {"s": False}]),
    "a variable in an argument that may not be null": (
        """query ($f: Int, $on: Boolean = false, $w: String = "w", $c: Colour) { box {
            e: echo(on: $on, words: [$w]) f: echo(text: $w) price(in: $c) kin(first: $f) { name } } }""",
        [{}, {"f": 1, "w": "x", "c": "RED"}, {"on": None}, {"w": None}, {"f": None}, {"c": "PINK"}],
    ),
}


async def both(document: str, variables: dict[str, Any] | None = None) -> tuple[bytes, bytes]:
    ours = await answer(SCHEMA, document, variables, root=shelf())
    return ours, await answer(SCHEMA, document, variables, root=shelf(), ours=False)


@pytest.mark.parametrize("name", CORPUS)
async def test_the_same_answer(name: str) -> None:
    ours, expected = await both(CORPUS[name])
    assert same(ours, expected), f"{ours.decode()}\n{expected.decode()}"


@pytest.mark.parametrize("name", VARIABLES)
async def test_the_same_answer_with_variables(name: str) -> None:
    document, all_variables = VARIABLES[name]
    for variables in all_variables:
        ours, expected = await both(document, variables)
        assert same(ours, expected), f"{variables}\n{ours.decode()}\n{expected.decode()}"


async def test_the_corpus_fails_where_it_should() -> None:
    """Lest both executors agree on having done nothing."""
    errors = {
        name: len(orjson.loads((await both(text))[0]).get("errors", ())) for name, text in CORPUS.items()
    }
    assert errors["errors at every depth"] > 12
    assert errors["errors in batches"] > 5
    assert errors["the root is nulled"] == 1
    assert errors["aliases and arguments"] == errors["a long way down"] == 0


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(12, 2_000), marks=pytest.mark.long)], ids=len
)
@pytest.mark.timeout(3_600)
async def test_any_value_anywhere(seeds: range) -> None:
    """Values by chance for a query by chance: right, null, wrong, raised, late, or one by one."""
    failed = 0
    for seed in seeds:
        random = Random(seed)
        schema = chaos(seed, trouble=random.choice([0, 0.003, 0.01, 0.03]))
        document = everything(schema, random, depth=2)
        ours, expected = await answer(schema, document), await answer(schema, document, ours=False)
        assert same(ours, expected), f"seed {seed}\n{document}\n{ours.decode()}\n{expected.decode()}"
        failed += b'"errors"' in expected
    assert 0 < failed < len(seeds)


class Careless(BreadthFirst):
    """An executor that forgets an item of each list."""

    def _complete_list(self, place: Any, value: Any, *more: Any) -> None:
        super()._complete_list(place, value[:-1] if isinstance(value, list) else value, *more)


async def test_a_difference_is_noticed() -> None:
    document = parse("{ boxes { name } }")
    careless = type("Careless", (Careless,), {"plans": Plans(SCHEMA), "composed": "nothing"})
    found = await execute(SCHEMA, document, shelf(), context(), executor_class=careless)
    assert not same(wire(found), await answer(SCHEMA, "{ boxes { name } }", root=shelf(), ours=False))


async def test_a_batch_function_is_called_once_for_all_objects() -> None:
    given = context()
    document = """{
        boxes { total again: total must { worth } balls(first: 3) { worth } few: balls(first: 1) { name } }
        many: boxes { ... on Named { ... on Box { total } } }
    }"""
    await answer(SCHEMA, document, root=shelf(), given=given)
    assert sorted(given.calls) == [
        ("balls 1", 4),
        ("balls 3", 4),
        ("total", 4),
        ("total", 4),
        ("total", 4),
        ("worth", 4),
        ("worth", 6),
    ]


@pytest.mark.parametrize("length", [3, 600])
@pytest.mark.parametrize(
    "shape", [list, tuple, generated, one_by_one, lambda items: [Later(i) for i in items]]
)
async def test_a_batch_function_is_called_once_however_the_objects_come(length: int, shape: Any) -> None:
    """Also from lists that are so long that others get their turn while they are looked at."""

    def root() -> dict[str, Any]:
        boxes = [box("x", total=n, balls=[ball("y")] * 2) for n in range(length)]
        return {"boxes": shape([*boxes[:-1]]), "some": shape(boxes)}

    given = context()
    document = "{ boxes { total } some { total balls(first: 2) { worth } } }"
    ours = await answer(SCHEMA, document, root=root(), given=given)
    assert ours == await answer(SCHEMA, document, root=root(), ours=False)
    assert sorted(given.calls) == [
        ("balls 2", length),
        ("total", length - 1),
        ("total", length),
        ("worth", length),
    ]


@pytest.mark.parametrize(
    "document",
    [
        "mutation { a: add(n: 1) b: later(n: 2) { name total } c: add(n: 3) }",
        "mutation { a: add(n: 1) b: fail(n: 2) c: add(n: 3) }",
        "mutation { later(n: 1) { must { name } name } x: later(n: 2) { name } add(n: 3) add(n: 3) }",
    ],
)
async def test_mutations_run_one_after_the_other(document: str) -> None:
    ours, theirs = context(), context()
    found = await answer(SCHEMA, document, given=ours)
    assert same(found, await answer(SCHEMA, document, given=theirs, ours=False))
    # Below a root field that is nulled, the one may have begun what the other has not.
    ours.log, theirs.log = ([each for each in log if "name" not in each] for log in (ours.log, theirs.log))
    assert ours.log == theirs.log
    assert ours.log[-1].split()[0] in ("added", "fail")


OURS = executor_class(Plans(SCHEMA), "nothing")


async def test_a_subscription_is_left_to_graphql_core() -> None:
    async with asyncio.timeout(5):
        stream = subscribe(SCHEMA, parse("subscription { count(to: 3) }"), executor_class=OURS)
        if asyncio.iscoroutine(stream):
            stream = await stream
        found = [wire(result) async for result in stream]  # type: ignore[union-attr]
    assert [orjson.loads(each)["data"]["count"] for each in found] == [0, 1, 2]


async def _executed(document: str, **options: Any) -> bytes:
    result = execute(SCHEMA, parse(document), shelf(), context(), **options)
    return wire(result if isinstance(result, ExecutionResult) else await result)


async def test_middleware_is_left_to_graphql_core() -> None:
    def louder(next_: Any, root: Any, info: Any, **arguments: Any) -> Any:
        value = next_(root, info, **arguments)
        return value.upper() if isinstance(value, str) else value

    document = "{ box { name may { name } } }"
    found = await _executed(document, middleware=[louder], executor_class=OURS)
    assert found == await _executed(document, middleware=[louder])
    assert b"FIRST" in found


async def test_an_abort_signal_is_left_to_graphql_core() -> None:
    controller = AbortController()
    controller.abort(ValueError("enough"))
    for document in ("{ named { name } box { name } }", "mutation { add(n: 1) }"):
        outcomes = []
        for options in ({"executor_class": OURS}, {}):
            try:
                outcome = repr(await _executed(document, abort_signal=controller.signal, **options))
            except Exception as error:
                outcome = repr(error)
            outcomes.append(outcome)
        assert outcomes[0] == outcomes[1]
        assert "enough" in outcomes[0]


async def test_errors_that_do_not_propagate_are_left_to_graphql_core() -> None:
    document = f"query @experimental_disableErrorPropagation {{ some {{ {ALL_OF_A_BOX} }} }}"
    found = await _executed(document, executor_class=OURS)
    assert same(found, await _executed(document))
    assert b'"must":null' in found


async def test_a_cancelled_operation_leaves_nothing_running() -> None:
    ended = []

    async def endless(*_: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    root = {"box": box(endless, size=endless), "number": endless}
    asked = asyncio.create_task(answer(SCHEMA, "{ box { name size } number }", root=root))
    for _ in range(20):
        await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert len(ended) >= 1
