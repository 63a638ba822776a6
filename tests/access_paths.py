"""Walks who may what: documents to everything that a schema has, by every way that leads there, and the
matrix of `generated/access.md`, which says who passes.

A way is a path of fields and fragments from a root. Of the endless number of them there are all short ones,
and for each field or fragment that leads to a type one that ends with it. What the matrix does not name is
open.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
    parse,
    print_ast,
    validate,
    visit,
)

from server import directives
from server.policy import Policy

# In steps from a root, a fragment counting as one.
SHORT = 2

# What stands for a value of each scalar; of others a text does.
LITERALS = {
    "Boolean": "true",
    "Date": '"2026-01-01"',
    "DateTime": '"2026-01-01T00:00:00.000000Z"',
    "Float": "1.0",
    "Int": "1",
}


class Matrix:
    """Who may what, as it is written."""

    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line.startswith("|")]
        head, _, *rows = ([cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines)
        self.kinds = head[1:]
        self._may = {
            element: frozenset(kind for kind, mark in zip(self.kinds, marks, strict=True) if mark == "yes")
            for element, *marks in rows
        }

    @property
    def guarded(self) -> Mapping[str, frozenset[str]]:
        return self._may

    def passing(self, elements: Sequence[str]) -> set[str]:
        """The kinds of viewers that may ask for all of these."""
        everybody = frozenset(self.kinds)
        return set(everybody.intersection(*(self._may.get(element, everybody) for element in elements)))


class Step(NamedTuple):
    """A field that is selected on a type, or, without one, a fragment that names the type."""

    type: str
    field: str = ""
    given: str = ""

    @property
    def element(self) -> str:
        return f"{self.type}.{self.field}" if self.field else f"... on {self.type}"


Path = tuple[Step, ...]


@dataclass(frozen=True)
class Question:
    """A document, and all elements that it asks for."""

    document: str
    elements: tuple[str, ...]


def questions(schema: GraphQLSchema, guarded: Mapping[str, Any]) -> Iterator[Question]:
    """Each type by each way, with all of its open leaves at once; each guarded field by each way to its type;
    each guarded argument and input field of what is at the end of a way, as a literal and in a variable.
    """
    for operation, path, type_ in ways(schema):
        if path:
            named = f"... on {type_.name}"
            yield _question(schema, operation, path, ["__typename", f"{named} {{ __typename }}"], [named])
        open_leaves = []
        for name, field in getattr(type_, "fields", {}).items():
            element = f"{type_.name}.{name}"
            selected = _selected(schema, type_.name, name)
            if element in guarded or (not path and operation == "mutation"):
                yield _question(schema, operation, path, [selected], [element])
            elif not is_composite_type(get_named_type(field.type)):
                open_leaves.append((selected, element))
            yield from _giving(schema, guarded, operation, path, type_.name, name, field)
        if open_leaves and path:
            texts, elements = zip(*open_leaves, strict=True)
            yield _question(schema, operation, path, list(texts), list(elements))


def ways(schema: GraphQLSchema) -> Iterator[tuple[str, Path, Any]]:
    """(kind of operation, path, the type at its end): every short path without a circle, and the shortest
    that ends with each step there is.
    """
    ended_with: set[tuple[str, Step]] = set()
    for operation, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        if root is None:
            continue
        waiting: list[tuple[Path, Any, frozenset[str]]] = [((), root, frozenset({root.name}))]
        for path, type_, passed in waiting:
            end = (path[-2].element if len(path) > 1 else operation, path[-1]) if path else None
            if end is not None and end in ended_with and len(path) > SHORT:
                continue
            if end is not None:
                ended_with.add(end)
            yield operation, path, type_
            for step, reached in _steps(schema, type_):
                if reached.name not in passed:
                    waiting.append(((*path, step), reached, passed | {reached.name}))


def _steps(schema: GraphQLSchema, type_: Any) -> Iterator[tuple[Step, Any]]:
    for name, field in getattr(type_, "fields", {}).items():
        if is_composite_type(get_named_type(field.type)):
            yield Step(type_.name, name), get_named_type(field.type)
    if is_abstract_type(type_):
        for possible in schema.get_possible_types(type_):
            yield Step(possible.name), possible
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for interface in type_.interfaces:
            yield Step(interface.name), interface


def _giving(
    schema: GraphQLSchema,
    guarded: Mapping[str, Any],
    operation: str,
    path: Path,
    type_: str,
    name: str,
    field: GraphQLField,
) -> Iterator[Question]:
    """Questions that give what is guarded of a field's arguments."""
    for argument, definition in field.args.items():
        element = f"{type_}.{name}({argument}:)"
        own = [element] if element in guarded else []
        for elements, literal in _values(guarded, definition.type, ()):
            if not (own or elements):
                continue
            asked = [f"{type_}.{name}", *own, *elements]
            yield _question(
                schema, operation, path, [_selected(schema, type_, name, **{argument: literal})], asked
            )
            yield _question(
                schema,
                operation,
                path,
                [_selected(schema, type_, name, **{argument: "$given"})],
                asked,
                # As the default of a variable, a value is given by who has written the document.
                f"($given: {get_nullable_type(definition.type)} = {literal})",
            )


def _values(
    guarded: Mapping[str, Any], type_: Any, passed: tuple[str, ...]
) -> Iterator[tuple[list[str], str]]:
    """(elements, literal): the least value of an input type, and for each guarded field in it, also in
    another of its kind inside it, one that gives it.
    """
    yield [], _least(type_)
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType) or passed.count(named.name) > 1:
        return
    for name, field in named.fields.items():
        element = f"{named.name}.{name}"
        own = [element] if element in guarded else []
        for elements, literal in _values(guarded, field.type, (*passed, named.name)):
            if own or elements:
                yield [*own, *elements], _least(type_, **{name: literal})


def _least(type_: Any, **given: str) -> str:
    """A literal of an input type with what must be given, and what is."""
    bare: Any = get_nullable_type(type_)
    if is_list_type(bare):
        return f"[{_least(bare.of_type, **given)}]"
    if isinstance(bare, GraphQLInputObjectType):
        fields = {n: _least(f.type) for n, f in bare.fields.items() if is_required_input_field(f)} | given
        return f"{{{', '.join(f'{name}: {literal}' for name, literal in fields.items())}}}"
    if isinstance(bare, GraphQLEnumType):
        return next(iter(bare.values))
    return LITERALS.get(bare.name, '"1"')


def _selected(schema: GraphQLSchema, type_: str, name: str, **given: str) -> str:
    """A field with the arguments that it must have, and of an object its type's name."""
    field: Any = schema.type_map[type_].fields[name]  # type: ignore[attr-defined]
    arguments = {n: _least(a.type) for n, a in field.args.items() if is_required_argument(a)}
    sizes = (directives.find(field, "listSize") or {}).get("slicingArguments", ())
    arguments |= dict.fromkeys(sizes[:1], "1") | given
    texts = ", ".join(f"{n}: {literal}" for n, literal in arguments.items())
    inner = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"{name}({texts}){inner}" if texts else f"{name}{inner}"


def _question(
    schema: GraphQLSchema,
    operation: str,
    path: Path,
    selected: Sequence[str],
    elements: Sequence[str],
    variables: str = "",
) -> Question:
    text = " ".join(selected)
    for step in reversed(path):
        if step.field:
            field = _selected(schema, step.type, step.field).removesuffix(" { __typename }")
            text = f"{field} {{ {text} }}"
        else:
            text = f"... on {step.type} {{ {text} }}"
    return Question(
        f"{operation} Walk{variables} {{ {text} }}", (*(step.element for step in path), *elements)
    )


@lru_cache(maxsize=10_000)
def with_named_fragments(document: str) -> str:
    """The same with a fragment of its own for each one that stands in line."""
    fragments: list[str] = []

    class Naming(Visitor):
        def leave_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> FragmentSpreadNode:
            name, condition = f"F{len(fragments)}", node.type_condition
            assert condition is not None
            fragments.append(f"fragment {name} on {condition.name.value} {print_ast(node.selection_set)}")
            return FragmentSpreadNode(name=NameNode(value=name), directives=(), arguments=())

    named = visit(parse(document), Naming())
    return "\n".join([print_ast(named), *fragments]) if fragments else document


_parsed = lru_cache(maxsize=10_000)(parse)

Judge = Callable[[str, str], set[str]]


def codes_by(policy: Policy, viewers: Mapping[str, Any]) -> Judge:
    """Asks the policy alone: the codes of its refusal of a document by a kind of viewer."""
    cases: dict[str, Any] = {}

    def judge(document: str, kind: str) -> set[str]:
        if document not in cases:
            node = _parsed(document)
            operation = get_operation_ast(node)
            assert operation is not None
            fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
            cases[document] = policy.case(operation, fragments)
        verdict = policy.judge(cases[document], {}, viewers[kind])
        return {error.original_error.code for error in verdict.errors}  # type: ignore[union-attr]

    return judge


def expected(matrix: Matrix, question: Question, kind: str) -> set[str]:
    """The codes of refusal that the matrix says."""
    if kind in matrix.passing(question.elements):
        return set()
    return {"UNAUTHENTICATED" if kind == "anonymous" else "FORBIDDEN"}


def disagreements(matrix: Matrix, asked: Iterable[Question], judge: Judge) -> Iterator[str]:
    """Where a judge and the matrix differ, for every kind of viewer."""
    for question in asked:
        for text in dict.fromkeys((question.document, with_named_fragments(question.document))):
            for kind in matrix.kinds:
                found, wanted = judge(text, kind), expected(matrix, question, kind)
                if found != wanted:
                    yield f"{kind} gets {_told(found)}, and should get {_told(wanted)}: {text}"


def _told(codes: set[str]) -> str:
    return ", ".join(sorted(codes)) or "through"


def invalid(schema: GraphQLSchema, asked: Sequence[Question]) -> list[str]:
    """The documents that no server would judge, with why."""
    texts = chain.from_iterable((q.document, with_named_fragments(q.document)) for q in asked)
    return [f"{errors[0].message}: {text}" for text in texts if (errors := validate(schema, parse(text)))]
