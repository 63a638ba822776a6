"""Tells from a statement's parse tree and the tables' NOT NULL columns which output columns can be null.

The parse tree is PostgreSQL's own (pglast). Where it cannot tell, the answer is "can be null": the author
then either writes a `coalesce` or marks the column with `-- not null:`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pglast import ast as nodes
from pglast import enums, parse_sql

# The library types every attribute of every node as one that may be None; PostgreSQL's grammar knows better.
ast: Any = nodes

# table -> column -> can it be null
Tables = Mapping[str, Mapping[str, bool]]

# Functions and operators that give null only for a null argument.
_TOTAL_FUNCTIONS = frozenset(
    re.split(
        r"\s+",
        "abs array_length cardinality ceil char_length concat concat_ws count date_part date_trunc encode"
        " extract floor format greatest least length lower make_date md5 now point rank replace round"
        " row_number statement_timestamp substr substring timezone to_char translate trim trunc upper uuid7",
    )
)
_NEVER_NULL_FUNCTIONS = frozenset(
    ("concat", "concat_ws", "count", "now", "rank", "row_number", "statement_timestamp", "uuid7")
)
_TOTAL_OPERATORS = frozenset(re.split(r"\s+", "+ - * / % || = <> < > <= >= ~ ~* !~ !~* @> <@ && @@ ~~ !~~"))


def output_columns(sql: str, tables: Tables) -> list[tuple[str, bool]]:
    """(name, can be null) of each column that a statement returns, in order."""
    (raw,) = parse_sql(sql)
    return _columns(raw.stmt, tables, {})


class _Scope:
    """What a select can name: `alias.column` and bare `column`."""

    def __init__(self) -> None:
        self.relations: dict[str, dict[str, bool]] = {}

    def lookup(self, fields: tuple[Any, ...]) -> bool:
        names = [part.sval for part in fields if isinstance(part, ast.String)]
        if len(names) == 2:
            return self.relations.get(names[0], {}).get(names[1], True)
        found = [columns[names[0]] for columns in self.relations.values() if names and names[0] in columns]
        return found[0] if len(found) == 1 else True

    def weaken(self, aliases: Iterable[str]) -> None:
        """The side of an outer join that may be missing."""
        for alias in aliases:
            self.relations[alias] = dict.fromkeys(self.relations[alias], True)

    def strengthen(self, condition: Any) -> None:
        """A row that passed `condition` has no null where the condition would have been null."""
        if isinstance(condition, ast.BoolExpr) and condition.boolop == enums.BoolExprType.AND_EXPR:
            for part in condition.args:
                self.strengthen(part)
        elif isinstance(condition, ast.NullTest) and condition.nulltesttype == enums.NullTestType.IS_NOT_NULL:
            self._known(condition.arg)
        elif isinstance(condition, ast.A_Expr) and _is_total_operator(condition):
            self._known(condition.lexpr)
            self._known(condition.rexpr)

    def _known(self, expression: Any) -> None:
        if isinstance(expression, ast.ColumnRef):
            names = [part.sval for part in expression.fields if isinstance(part, ast.String)]
            for alias, columns in self.relations.items():
                if names[-1] in columns and (len(names) == 1 or names[0] == alias):
                    columns[names[-1]] = False


def _columns(statement: Any, tables: Tables, outer: Tables) -> list[tuple[str, bool]]:
    visible = {**tables, **outer}
    if statement.withClause:
        for cte in statement.withClause.ctes:
            visible[cte.ctename] = dict(_columns(cte.ctequery, tables, visible))
    if isinstance(statement, ast.SelectStmt):
        return _select_columns(statement, tables, visible)
    scope = _Scope()
    target = statement.relation
    _add_source(target, scope, tables, visible)
    for source in getattr(statement, "fromClause", None) or getattr(statement, "usingClause", None) or ():
        _add_source(source, scope, tables, visible)
    returning = statement.returningClause
    return _targets(returning.exprs if returning else (), scope, tables, visible)


def _select_columns(select: Any, tables: Tables, visible: Tables) -> list[tuple[str, bool]]:
    if select.op != enums.SetOperation.SETOP_NONE:
        left, right = _columns(select.larg, tables, visible), _columns(select.rarg, tables, visible)
        return [(name, null or other) for (name, null), (_, other) in zip(left, right, strict=True)]
    scope = _Scope()
    for source in select.fromClause or ():
        _add_source(source, scope, tables, visible)
    scope.strengthen(select.whereClause)
    return _targets(select.targetList, scope, tables, visible)


def _targets(
    targets: Iterable[Any], scope: _Scope, tables: Tables, visible: Tables
) -> list[tuple[str, bool]]:
    return [
        (target.name or implied_name(target.val), _nullable(target.val, scope, tables, visible))
        for target in targets
    ]


def implied_name(value: Any) -> str:
    """The name that PostgreSQL gives an output column without an alias."""
    match value:
        case ast.ColumnRef():
            return str(value.fields[-1].sval) if isinstance(value.fields[-1], ast.String) else "*"
        case ast.FuncCall():
            return str(value.funcname[-1].sval)
        case ast.TypeCast():
            inner = implied_name(value.arg)
            return inner if inner != "?column?" else str(value.typeName.names[-1].sval)
        case ast.CaseExpr():
            return "case"
        case ast.CoalesceExpr():
            return "coalesce"
        case _:
            return "?column?"


def _add_source(source: Any, scope: _Scope, tables: Tables, visible: Tables) -> list[str]:
    """Adds a FROM item; returns the aliases it brings, so that an outer join can weaken them."""
    match source:
        case ast.RangeVar():
            alias = source.alias.aliasname if source.alias else source.relname
            scope.relations[alias] = dict(visible.get(source.relname, {}))
        case ast.RangeSubselect():
            alias = source.alias.aliasname
            scope.relations[alias] = dict(_columns(source.subquery, tables, visible))
        case ast.RangeFunction():
            alias = source.alias.aliasname if source.alias else ""
            names = [name.sval for name in source.alias.colnames or ()] if source.alias else []
            scope.relations[alias] = dict.fromkeys(names or [alias], True)
            if source.ordinality and names:
                scope.relations[alias][names[-1]] = False
        case ast.JoinExpr():
            left = _add_source(source.larg, scope, tables, visible)
            right = _add_source(source.rarg, scope, tables, visible)
            if source.jointype in (enums.JoinType.JOIN_LEFT, enums.JoinType.JOIN_FULL):
                scope.weaken(right)
            if source.jointype in (enums.JoinType.JOIN_RIGHT, enums.JoinType.JOIN_FULL):
                scope.weaken(left)
            return [*left, *right]
        case _:
            return []
    return [alias]


def _nullable(value: Any, scope: _Scope, tables: Tables, visible: Tables) -> bool:
    def null(inner: Any) -> bool:
        return _nullable(inner, scope, tables, visible)

    match value:
        case ast.ColumnRef():
            return scope.lookup(value.fields)
        case ast.A_Const():
            return bool(value.isnull)
        case ast.TypeCast() | ast.CollateClause():
            return null(value.arg)
        case ast.CoalesceExpr() | ast.MinMaxExpr():
            return all(null(arg) for arg in value.args)
        case ast.FuncCall():
            name = value.funcname[-1].sval
            if name in _NEVER_NULL_FUNCTIONS:
                return False
            return name not in _TOTAL_FUNCTIONS or any(null(arg) for arg in value.args or ())
        case ast.A_Expr():
            return not _is_total_operator(value) or null(value.lexpr) or null(value.rexpr)
        case ast.BoolExpr():
            return any(null(arg) for arg in value.args)
        case ast.CaseExpr():
            return (
                value.defresult is None
                or null(value.defresult)
                or any(null(when.result) for when in value.args)
            )
        case ast.SubLink():
            return value.subLinkType not in (
                enums.SubLinkType.EXISTS_SUBLINK,
                enums.SubLinkType.ARRAY_SUBLINK,
            )
        case ast.NullTest() | ast.BooleanTest() | ast.SQLValueFunction() | ast.A_ArrayExpr():
            return False
        case _:
            return True


def _is_total_operator(expression: Any) -> bool:
    plain = expression.kind in (enums.A_Expr_Kind.AEXPR_OP, enums.A_Expr_Kind.AEXPR_OP_ANY)
    return plain and expression.lexpr is not None and expression.name[-1].sval in _TOTAL_OPERATORS
