"""Tells which output columns of a statement may hold something of given columns of the tables that it reads.

It goes by names, and rather says too much: a name that holds something of such a column anywhere in the
statement holds it everywhere in it.
"""

from collections.abc import Iterator, Mapping, Set
from functools import cache
from typing import Any

from pglast import ast as nodes
from pglast import parse_sql

from server.contract.nullability import implied_name

ast: Any = nodes


def columns_from(body: str, outputs: Set[str], sources: Mapping[str, Set[str]]) -> set[str]:
    """Those of a statement's output columns that may hold something of `sources`: table -> columns."""
    every = _every_node(body)
    relations = [node for node in every if isinstance(node, ast.RangeVar)]
    found = {column for relation in relations for column in sources.get(relation.relname, ())}
    if not found:
        return set()
    # A relation named alone is the whole row.
    found |= {relation.relname for relation in relations if relation.relname in sources}
    found |= {alias.aliasname for alias in every if isinstance(alias, ast.Alias)}
    for alias in every:
        for column in getattr(alias, "colnames", None) or getattr(alias, "aliascolnames", None) or ():
            found.add(column.sval)
    targets = [node for node in every if isinstance(node, ast.ResTarget) and node.val is not None]
    arms = [list(_arms(node)) for node in every if isinstance(node, ast.SelectStmt) and node.larg]
    before = 0
    while len(found) > before:
        before = len(found)
        for target in targets:
            if _mentions(target.val, found):
                found.add(_name(target))
        for first, *others in arms:
            for place, target in enumerate(first):
                if any(place < len(other) and _name(other[place]) in found for other in others):
                    found.add(_name(target))
    return found & outputs


@cache
def _every_node(body: str) -> tuple[Any, ...]:
    return tuple(_walk(parse_sql(body)[0].stmt))


def _walk(part: Any) -> Iterator[Any]:
    if isinstance(part, ast.Node):
        yield part
        for name in part:
            yield from _walk(getattr(part, name))
    elif isinstance(part, tuple | list):
        for each in part:
            yield from _walk(each)


def _mentions(expression: Any, names: Set[str]) -> bool:
    """Whether an expression reads one of the columns, or the whole of a relation that is named so."""
    for node in _walk(expression):
        if isinstance(node, ast.ColumnRef):
            last = node.fields[-1]
            if isinstance(last, ast.String) and last.sval in names:
                return True
    return False


def _name(target: Any) -> str:
    return target.name or implied_name(target.val)


def _arms(select: Any) -> Iterator[list[Any]]:
    """The targets of each select that a union joins, in their order."""
    if select.larg:
        yield from _arms(select.larg)
        yield from _arms(select.rarg)
    else:
        yield list(select.targetList or ())
