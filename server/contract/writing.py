"""Writes the Python that follows from SDL and SQL: typed statements, enums and inputs. Text in, text out."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from server.contract.describe import Description
from server.names import to_pascal, to_snake
from server.sql import Column

PYTHON_TYPES = {
    "int2": "int",
    "int4": "int",
    "int8": "int",
    "numeric": "Decimal",
    "float8": "float",
    "text": "str",
    "varchar": "str",
    "bpchar": "str",
    "bool": "bool",
    "uuid": "UUID",
    "timestamptz": "datetime",
    "date": "date",
    "time": "time",
    "tsvector": "str",
    "point": "str",
}
SCALARS = {
    "Boolean": "bool",
    "Date": "date",
    "DateTime": "datetime",
    "Decimal": "Decimal",
    "Float": "float",
    "ID": "str",
    "Int": "int",
    "Latitude": "Decimal",
    "Longitude": "Decimal",
    "Time": "time",
}
_IMPORTS = {
    "Decimal": "from decimal import Decimal",
    "UUID": "from uuid import UUID",
    "date": "from datetime import date",
    "datetime": "from datetime import datetime",
    "time": "from datetime import time",
}
HEADER = "# Made by `./dwelzo generate` from {source}. Do not edit: change {source} and generate again.\n"


def python_type(pg_type: str, enums: Iterable[str]) -> str:
    """`numeric` -> `Decimal`, `appliances[]` -> `list[Appliances]`; KeyError for a type nobody mapped yet."""
    if pg_type.endswith("[]"):
        return f"list[{python_type(pg_type.removesuffix('[]'), enums)}]"
    return to_pascal(pg_type) if pg_type in enums else PYTHON_TYPES[pg_type]


def write_statements(stem: str, descriptions: Sequence[Description], enums: Iterable[str]) -> str:
    """The module of one file of `sql/`."""
    enums = frozenset(enums)
    parts = [part for description in descriptions for part in _statement(description, enums)]
    body = "\n\n".join(parts)
    kinds = {d.source.kind for d in descriptions}
    runtime = [
        "Column",
        "Row",
        *(["Set"] if "set" in kinds else []),
        *(["Statement"] if kinds != {"set"} else []),
    ]
    imports = ["from types import MappingProxyType", "from typing import ClassVar, Final"]
    types = " ".join(
        [_column_type(column, enums) for d in descriptions for column in d.columns.values()]
        + [python_type(pg_type, enums) for d in descriptions for pg_type in d.parameters.values()]
    )
    imports += [line for name, line in _IMPORTS.items() if _mentions(types, name)]
    if any(kind.startswith("batch_") for kind in kinds):
        imports.append("from collections.abc import Sequence")
    local = [f"from server.sql import {', '.join(runtime)}"]
    if kinds != {"set"}:
        local.append("from server.database import Session")
    used = sorted(to_pascal(enum) for enum in enums if _mentions(types, to_pascal(enum)))
    if used:
        local.append(f"from generated.types import {', '.join(used)}")
    head = HEADER.format(source=f"sql/{stem}.sql") + f'"""The statements of `sql/{stem}.sql`."""\n'
    return "\n".join([head, *imports, "", *local, "", body]) + "\n"


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _statement(description: Description, enums: frozenset[str]) -> list[str]:
    source = description.source
    row = f"{to_pascal(source.name)}Row" if description.columns else "Row"
    parts = []
    if description.columns:
        columns = [
            f"    {name}: {_column_type(column, enums)}" for name, column in description.columns.items()
        ]
        sdl_type = [f'    sdl_type: ClassVar[str] = "{source.returns}"'] if source.returns else []
        parts.append(
            "\n".join(
                [
                    f"class {row}(Row):",
                    f'    """A row of `{source.name}`."""',
                    "",
                    "    __slots__ = ()",
                    *sdl_type,
                    *columns,
                ]
            )
        )
    is_set = source.kind == "set"
    constant = source.name if is_set else source.name.upper()
    arguments = {
        "name": repr(source.name),
        "kind": repr(source.kind),
        "source": repr(f"{source.path}:{source.line}"),
        "text": _literal(source.body),
        "row": row,
        "parameters": repr(tuple(description.parameters)),
        "columns": _columns_literal(description),
        "returns": repr(source.returns),
        "key": repr(source.key),
        "clock": repr(source.clock),
    }
    given = ",\n    ".join(
        f"{name}={value}" for name, value in arguments.items() if value not in ("None", "()", "{}")
    )
    parts.append(f"{constant}: Final = {'Set' if is_set else 'Statement'}[{row}](\n    {given},\n)")
    if is_set:
        parts[-1] += f'\n"""{_documentation(description)}"""'
    else:
        parts.append(_function(description, row, constant, enums))
    return parts


def _column_type(column: Column, enums: frozenset[str]) -> str:
    return python_type(column.type, enums) + (" | None" if column.nullable else "")


def _literal(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '\n"""'


def _columns_literal(description: Description) -> str:
    pairs = [f'"{name}": Column("{c.type}", {c.nullable})' for name, c in description.columns.items()]
    return "MappingProxyType({" + ", ".join(pairs) + ("," if pairs else "") + "})" if pairs else "{}"


def _documentation(description: Description) -> str:
    source = description.source
    return f"{source.documentation}\n\n{source.path}:{source.line}".strip()


def _function(description: Description, row: str, constant: str, enums: frozenset[str]) -> str:
    source = description.source
    returned = {
        "one": f"{row} | None",
        "many": f"list[{row}]",
        "exec": "None",
        "batch_one": f"list[{row} | None]",
        "batch_many": f"list[list[{row}]]",
    }[source.kind]
    typed = {
        name: f"Sequence[{python_type(pg_type.removesuffix('[]'), enums)}]"
        if name == source.key
        else python_type(pg_type, enums) + (" | None" if name in source.may_be_null else "")
        for name, pg_type in description.parameters.items()
    }
    values = [f"list({name})" if name == source.key else name for name in description.parameters]
    if source.key:
        rest = [f"{name}: {type_}" for name, type_ in typed.items() if name != source.key]
        signature = [f"session: Session, {source.key}: {typed[source.key]}", *(["*", *rest] if rest else [])]
        call = ", ".join([constant, source.key, *values])
    else:
        signature = ["session: Session", *(["*", *(f"{n}: {t}" for n, t in typed.items())] if typed else [])]
        call = ", ".join([constant, *values])
    verb = "execute" if source.kind == "exec" else source.kind
    returns = "" if source.kind == "exec" else "return "
    documentation = _documentation(description).replace("\n", "\n    ").replace("\n    \n", "\n\n")
    return (
        f"async def {source.name}({', '.join(signature)}) -> {returned}:\n"
        f'    """{documentation}"""\n'
        f"    {returns}await session.{verb}({call})"
    )


def write_types(schema: GraphQLSchema) -> str:
    """The enums of the contract as literals and its inputs as typed dictionaries, keys in snake_case."""
    types = [t for name, t in sorted(schema.type_map.items()) if not name.startswith("__")]
    parts = [_enum(t) for t in types if isinstance(t, GraphQLEnumType)]
    parts += [_input(t) for t in types if isinstance(t, GraphQLInputObjectType)]
    body = "\n\n".join(parts)
    imports = ["from __future__ import annotations", "from typing import Literal, NotRequired, TypedDict"]
    imports += [line for name, line in _IMPORTS.items() if _mentions(body, name)]
    head = HEADER.format(source="schema/*.graphql") + '"""The enums and inputs of the contract."""\n'
    return "\n".join([head, *imports, "", body]) + "\n"


def _enum(type_: GraphQLEnumType) -> str:
    return f"{type_.name} = Literal[{', '.join(repr(value) for value in type_.values)}]"


def _input(type_: GraphQLInputObjectType) -> str:
    fields = [f"    {to_snake(name)}: {_input_field(field.type)}" for name, field in type_.fields.items()]
    return "\n".join([f"class {type_.name}(TypedDict):", f'    """{type_.description}"""', "", *fields])


def _input_field(type_: GraphQLInputType) -> str:
    written = input_type(type_)
    return written if is_non_null_type(type_) else f"NotRequired[{written}]"


def input_type(type_: GraphQLInputType) -> str:
    """How a resolver receives a value of an input type: `list[City] | None`."""
    if is_non_null_type(type_):
        inner: Any = type_.of_type
        return f"list[{input_type(inner.of_type)}]" if is_list_type(inner) else _named(inner.name)
    if is_list_type(type_):
        return f"list[{input_type(type_.of_type)}] | None"
    return f"{_named(get_named_type(type_).name)} | None"


def _named(name: str) -> str:
    # A custom scalar that is text stays text.
    return SCALARS.get(name, "str" if name in ("String", "URL", "CurrencyCode", "CountryCode") else name)
