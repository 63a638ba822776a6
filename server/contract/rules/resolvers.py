"""What resolvers must agree on with contract and queries: bindings, signatures, policies, user errors."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from pglast import ast as nodes
from pglast import parse_sql

from server import directives
from server.composition import UNREAD_TYPES
from server.contract.describe import Description
from server.contract.resolving import FUNCTION, Bound
from server.contract.rules import Checkout, CheckoutRule, Flaw, at
from server.contract.rules.rooms import other_callers
from server.contract.rules.sdl import own_types
from server.contract.rules.sdl_and_sql import field_of
from server.contract.statements import SourceStatement
from server.contract.tree import Place
from server.contract.writing import input_type
from server.loaders import Computed, Summary
from server.mutations import UserError
from server.names import to_snake
from server.search import NAMED_ARGUMENTS, Connection, Lookup, Relation, Rows

pg: Any = nodes

# The server binds these itself.
OF_THE_SERVER = {("Query", "node"), ("Query", "nodes")}


def binding_unknown(checkout: Checkout) -> Iterator[Flaw]:
    """What is bound is a field of the contract, once."""
    seen: dict[tuple[str, str], Bound] = {}
    for bound in checkout.resolvers.bound:
        name = f"{bound.type}.{bound.field}"
        if field_of(checkout.tree, bound.type, bound.field) is None:
            yield Flaw(
                bound.place,
                f"binds {name}, which the contract does not have.",
                "Correct the name, or add the field to schema/.",
            )
        earlier = seen.setdefault((bound.type, bound.field), bound)
        if earlier is not bound:
            where = f"{earlier.place.path}:{earlier.place.line}"
            yield Flaw(bound.place, f"binds {name} again, after {where}.", "Bind it once.")


def root_unbound(checkout: Checkout) -> Iterator[Flaw]:
    """Every root field is bound."""
    for root in checkout.tree.roots:
        for name, field in root.fields.items():
            bound = checkout.resolvers.binding(root.name, name)
            if bound is None and (root.name, name) not in OF_THE_SERVER:
                yield at(field, f"nothing resolves {root.name}.{name}.", "Bind it in resolvers/.")


def node_unbound(checkout: Checkout) -> Iterator[Flaw]:
    """A type with a global id says which set its objects are read from by it, and only such a type does."""
    tree, known = checkout.tree, checkout.resolvers.nodes
    for type_ in own_types(tree.schema):
        if not isinstance(type_, GraphQLObjectType) or type_.name in known:
            continue
        if directives.find(type_, "node"):
            yield at(
                type_,
                f"`node` does not find a {type_.name}.",
                f'Add `Node("{type_.name}", <set>)` to the bindables of its resolvers.',
            )
    for name, (node, place) in known.items():
        node_type = tree.schema.type_map.get(name)
        if node_type is None or not directives.find(node_type, "node"):
            yield Flaw(place, f"{name} has no global id.", "Add @node to the type, or drop the Node.")
        if node.search.set.returns != name:
            yield Flaw(
                place,
                f"reads {name} from {node.search.set.name}, which returns {node.search.set.returns}.",
                f"Give it a set that returns {name}.",
            )


@dataclass(frozen=True)
class _Use:
    """A binding with all that it stands between."""

    bound: Bound
    field: GraphQLField
    parents: list[Description]
    read: Description


def _uses(checkout: Checkout) -> Iterator[_Use]:
    """The bindings to a set or a batch statement, where field and statement exist."""
    for bound in checkout.resolvers.bound:
        field = field_of(checkout.tree, bound.type, bound.field)
        read = checkout.tree.by_name.get(statement_of(bound) or "")
        if field is not None and read is not None:
            yield _Use(bound, field, checkout.tree.returning(bound.type), read)


def statement_of(bound: Bound) -> str | None:
    """The name of the set or batch statement that a binding reads."""
    match bound.resolver:
        case Relation() | Lookup() | Rows() | Connection():
            return bound.resolver.search.set.name
        case Summary():
            return str(getattr(bound.resolver.query, "__name__", ""))
    return None


def binding_column(checkout: Checkout) -> Iterator[Flaw]:
    """The columns that a binding joins by exist and are of one type."""
    for use in _uses(checkout):
        resolver, name = use.bound.resolver, f"{use.bound.type}.{use.bound.field}"
        key = resolver.key
        on = use.read.source.key if isinstance(resolver, Summary) else resolver.on
        source = use.read.source
        if on is not None and on not in use.read.columns:
            yield Flaw(
                use.bound.place,
                f"{name} asks {source.name} by {on}, which it does not select.",
                f"Select {on} in {source.path}:{source.line}, or correct `on`.",
            )
            continue
        for parent in use.parents if key else ():
            if key not in parent.columns:
                yield Flaw(
                    use.bound.place,
                    f"{name} starts from {key}, which {parent.source.name} does not select.",
                    f"Select {key} in {parent.source.path}:{parent.source.line}, or correct `key`.",
                )
            elif on is not None and parent.columns[key].type != use.read.columns[on].type:
                yield Flaw(
                    use.bound.place,
                    f"{name} compares {key} ({parent.columns[key].type}) with {on}"
                    f" ({use.read.columns[on].type}).",
                    "Join by columns of one type.",
                )
        if isinstance(resolver, Rows):
            column = resolver.order.column
            if column not in use.read.columns:
                yield Flaw(
                    use.bound.place,
                    f"{name} is sorted by {column}, which {source.name} does not select.",
                    f"Select {column} in {source.path}:{source.line}, or correct `order`.",
                )


def binding_type(checkout: Checkout) -> Iterator[Flaw]:
    """A binding gives what the field returns: one object, a list or a page of the statement's type."""
    for use in _uses(checkout):
        resolver, field = use.bound.resolver, use.field
        returned = get_named_type(field.type).name
        if isinstance(resolver, Connection):
            returned = returned.removesuffix("Connection")
            fits = str(field.type) == f"{returned}Connection!"
        else:
            many = isinstance(resolver, Rows) or use.read.source.kind == "batch_many"
            fits = many == is_list_type(get_nullable_type(field.type))
        if not fits or use.read.source.returns != returned:
            yield Flaw(
                use.bound.place,
                f"{use.bound.type}.{use.bound.field} is {field.type}, but its"
                f" {type(resolver).__name__} gives {use.read.source.returns} of {use.read.source.name}.",
                "Bind it to a statement of its type, in the way that its type asks for.",
            )


def binding_argument(checkout: Checkout) -> Iterator[Flaw]:
    """A binding reads every argument of its field, and no other."""
    for use in _uses(checkout):
        resolver, given = use.bound.resolver, {to_snake(name) for name in use.field.args}
        match resolver:
            case Lookup():
                read = {resolver.argument}
            case Connection():
                read = given & NAMED_ARGUMENTS | {"order_by"}
            case Rows():
                read = {"first"} | given & use.read.columns.keys()
            case Summary():
                read = set(use.read.parameters) - {use.read.source.key}
            case _:
                read = set()
        for name in sorted(read ^ given):
            wrong = "is not an argument of the field" if name in read else "is read by nobody"
            yield Flaw(
                use.bound.place,
                f"{use.bound.type}.{use.bound.field}: {name} {wrong}.",
                "Make the binding and the field's arguments in schema/ agree.",
            )


def _functions(checkout: Checkout) -> Iterator[tuple[Bound, GraphQLField, FUNCTION]]:
    """The fields that are bound to a function."""
    for bound in checkout.resolvers.bound:
        field = field_of(checkout.tree, bound.type, bound.field)
        if field is None or statement_of(bound) is not None:
            continue
        definition = checkout.resolvers.function(bound)
        if definition is not None:
            yield bound, field, definition


def resolver_signature(checkout: Checkout) -> Iterator[Flaw]:
    """A resolver takes the field's arguments, in snake_case, with the types that `generate` wrote."""
    for bound, field, definition in _functions(checkout):
        place = Place(bound.place.path, definition.lineno)
        every = [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]
        given = {arg.arg: ast.unparse(arg.annotation) if arg.annotation else "" for arg in every[2:]}
        wanted = {to_snake(name): input_type(argument.type) for name, argument in field.args.items()}
        name = f"{definition.name} ({bound.type}.{bound.field})"
        for argument in sorted(wanted.keys() - given.keys()):
            yield Flaw(place, f"{name} does not take {argument}.", f"Add `{argument}: {wanted[argument]}`.")
        for argument in sorted(given.keys() - wanted.keys()):
            yield Flaw(
                place, f"{name} takes {argument}, which the field does not have.", "Drop it, or add it there."
            )
        for argument in sorted(given.keys() & wanted.keys()):
            if given[argument].replace('"', "") != wanted[argument]:
                yield Flaw(
                    place,
                    f"{name} takes {argument} as {given[argument] or 'anything'}.",
                    f"Write `{argument}: {wanted[argument]}`.",
                )


def input_unread(checkout: Checkout) -> Iterator[Flaw]:
    """A resolver reads every field of its input, and none that is not there."""
    for bound, field, definition in _functions(checkout):
        for name, argument in field.args.items():
            type_ = get_named_type(argument.type)
            if not isinstance(type_, GraphQLInputObjectType):
                continue
            read = _subscripts(definition, to_snake(name))
            fields = {to_snake(inner): inner_field for inner, inner_field in type_.fields.items()}
            for inner in sorted(fields.keys() - read.keys()):
                yield at(
                    fields[inner],
                    f"{definition.name} does not read {type_.name}.{inner}.",
                    f'Read `{to_snake(name)}["{inner}"]` in {bound.place.path}, or take the field out.',
                )
            for inner in sorted(read.keys() - fields.keys()):
                yield Flaw(
                    Place(bound.place.path, read[inner]),
                    f"reads {inner}, which {type_.name} does not have.",
                    "Correct the name, or add the field to schema/.",
                )


def _subscripts(definition: FUNCTION, name: str) -> dict[str, int]:
    """`input["rating"]` and `input.get("rating")` in a function: the key with its line."""
    read: dict[str, int] = {}
    for node in ast.walk(definition):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            owner = node.func.value
            key = node.args[0] if isinstance(owner, ast.Name) and owner.id == name else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            read[key.value] = key.lineno
    return read


def ties_possible(checkout: Checkout) -> Iterator[Flaw]:
    """Rows that are said to have no ties in their order have a unique constraint that keeps them from it."""
    unique = {frozenset(c.columns) for c in checkout.tree.catalog.constraints if c.kind in "pu"}
    for bound in checkout.resolvers.bound:
        binding = bound.resolver
        if isinstance(binding, Rows) and not binding.order.ties:
            columns = (binding.on, binding.order.column)
            if frozenset(columns) not in unique:
                yield Flaw(
                    bound.place,
                    f"{bound.type}.{bound.field}: nothing keeps two rows of one {columns[0]} from the same"
                    f" {columns[1]}.",
                    "Take `ties=False` away, or make the two unique together.",
                )


def below_elsewhere(checkout: Checkout) -> Iterator[Flaw]:
    """Rows that may be seen because of the object above them are read below such objects only."""
    places = [(bound.type, bound.place, statement_of(bound)) for bound in checkout.resolvers.bound]
    places += [("Node", place, node.search.set.name) for node, place in checkout.resolvers.nodes.values()]
    for type_, place, name in places:
        read = checkout.tree.by_name.get(name or "")
        if read is not None and read.source.below and type_ not in read.source.below:
            yield Flaw(
                place,
                f"reads {name} below {type_}, where nobody has asked whether its rows may be seen.",
                f"Use a set that asks, or read it below {' or '.join(read.source.below)}.",
            )


def own_rows_in_public(checkout: Checkout) -> Iterator[Flaw]:
    """A statement that knows the viewer stands only under a field with @auth."""
    for bound, field, statement in _statements_of_fields(checkout):
        returned = get_named_type(field.type)
        guarded = directives.find(field, "auth") or directives.find(returned, "auth")
        if "viewer_id" in statement.parameters and not guarded:
            yield Flaw(
                bound.place,
                f"{bound.type}.{bound.field} is public, but {statement.source.name} takes :viewer_id, so that"
                " no two viewers could share an answer.",
                "Bind it to a public statement, or give the field @auth.",
            )


def _statements_of_fields(checkout: Checkout) -> Iterator[tuple[Bound, GraphQLField, Description]]:
    """(binding, field, statement): what each field reads or writes, directly or by its function's calls."""
    for use in _uses(checkout):
        yield use.bound, use.field, use.read
    for bound, field, definition in _functions(checkout):
        for name in _names(definition):
            if name in checkout.tree.by_name:
                yield bound, field, checkout.tree.by_name[name]


def _names(definition: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}


def rule_unknown(checkout: Checkout) -> Iterator[Flaw]:
    """A rule of a search is a field of the filter, and is about columns of the set."""
    for use in _uses(checkout):
        if not isinstance(use.bound.resolver, Connection | Rows):
            continue
        filter_: Any = get_named_type(use.field.args["filter"].type) if "filter" in use.field.args else None
        names = {to_snake(name) for name in filter_.fields} if filter_ is not None else set()
        for name in sorted(use.bound.resolver.search.rules.keys() - names):
            yield Flaw(
                use.bound.place,
                f"{use.bound.type}.{use.bound.field} has a rule for {name}, which its filter does not have.",
                "Add the field to the filter in schema/, or drop the rule.",
            )
        for rule in use.bound.resolver.search.rules.values():
            definition = checkout.resolvers.function(
                Bound(use.bound.type, use.bound.field, rule, use.bound.place)
            )
            for column, line in condition_columns(definition) if definition else ():
                if column not in use.read.columns:
                    yield Flaw(
                        Place(use.bound.place.path, line),
                        f"compares {column}, which {use.read.source.name} does not select.",
                        f"Select {column} in {use.read.source.path}:{use.read.source.line}.",
                    )


def condition_columns(definition: ast.AST) -> Iterator[tuple[str, int]]:
    """The columns of the `Condition("column", …)`s that a function makes, with their lines."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Condition":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, node.lineno


def constraint_unmapped(checkout: Checkout) -> Iterator[Flaw]:
    """Every constraint that a mutation's input can break says so to the writer."""
    for bound, _, definition, constraints in _mutations(checkout):
        for name in sorted(_names(definition) & checkout.tree.by_name.keys()):
            statement = checkout.tree.by_name[name]
            for table, columns in writes(statement.source.body, ours(statement.source)):
                for constraint in checkout.tree.catalog.constraints:
                    breakable = constraint.table == table and constraint.kind != "p"
                    if breakable and columns & set(constraint.columns) and constraint.name not in constraints:
                        yield Flaw(
                            Place(bound.place.path, definition.lineno),
                            f"{definition.name} runs {name}, which can break {constraint.name}"
                            f" ({', '.join(constraint.columns)}), and says nothing about it.",
                            "Map it to what the writer is told, or to None where no writer gives the value.",
                        )


def constraint_unknown(checkout: Checkout) -> Iterator[Flaw]:
    """A mapped constraint is one of a table that a mutation of the module writes."""
    written: dict[str, set[str]] = {}
    for bound, _, definition, _ in _mutations(checkout):
        statements = [checkout.tree.by_name[n] for n in _names(definition) if n in checkout.tree.by_name]
        tables = {table for statement in statements for table, _ in writes(statement.source.body)}
        written.setdefault(bound.place.path, set()).update(tables)
    told = set()
    for bound, _, _, constraints in _mutations(checkout):
        tables = written[bound.place.path]
        known = {c.name for c in checkout.tree.catalog.constraints if c.table in tables}
        for name in sorted(constraints.keys() - known):
            if (bound.place.path, name) not in told:
                told.add((bound.place.path, name))
                yield Flaw(
                    Place(bound.place.path, _constant_line(checkout, bound, name)),
                    f"maps {name}, which is no constraint of what its mutations write"
                    f" ({', '.join(sorted(tables)) or 'nothing'}).",
                    "Correct the name, or drop it.",
                )


@cache
def writes(body: str, ours: frozenset[int] = frozenset()) -> tuple[tuple[str, frozenset[str]], ...]:
    """(table, columns) of what a statement inserts or updates; a delete writes no column, and
    nobody can get wrong what is always the same, or a parameter whose value is `ours`.
    """
    main: Any = parse_sql(body)[0].stmt
    found = []
    ctes = main.withClause.ctes if main.withClause else ()
    for statement in (main, *(cte.ctequery for cte in ctes)):
        if isinstance(statement, pg.InsertStmt):
            targets = list(_inserted(statement))
            conflict = statement.onConflictClause
            targets += [
                (target.name, target.val) for target in (conflict.targetList if conflict else None) or ()
            ]
            columns = {name for name, value in targets if _depends(value, ours)}
        elif isinstance(statement, pg.UpdateStmt):
            columns = {target.name for target in statement.targetList if _depends(target.val, ours)}
        elif isinstance(statement, pg.DeleteStmt):
            columns = set()
        else:
            continue
        found.append((str(statement.relation.relname), frozenset(columns)))
    return tuple(found)


def _inserted(statement: Any) -> Iterator[tuple[str, Any]]:
    """(column, value) of each value that an insert writes."""
    names = [target.name for target in statement.cols or ()]
    select = statement.selectStmt
    rows = select.valuesLists or ([target.val for target in select.targetList],)
    for row in rows:
        yield from zip(names, row, strict=False)


def ours(source: SourceStatement) -> frozenset[int]:
    """The numbers of the parameters whose values are no client's."""
    return frozenset(number for number, name in enumerate(source.parameters, 1) if name in source.ours)


def _depends(value: Any, ours: frozenset[int]) -> bool:
    """Whether a value is another for other rows, or for what a client gives."""
    if isinstance(value, pg.ParamRef):
        return value.number not in ours
    if isinstance(value, pg.ColumnRef | pg.SelectStmt):
        return True
    parts = value if isinstance(value, tuple) else [getattr(value, name, None) for name in value or ()]
    return any(_depends(part, ours) for part in parts if isinstance(part, pg.Node | tuple))


def _mutations(checkout: Checkout) -> Iterator[tuple[Bound, GraphQLField, FUNCTION, dict[str, Any]]]:
    mutation = checkout.tree.schema.mutation_type
    for bound, field, definition in _functions(checkout):
        if mutation is not None and bound.type == mutation.name:
            yield bound, field, definition, dict(getattr(bound.resolver, "constraints", {}))


def mutation_pattern(checkout: Checkout) -> Iterator[Flaw]:
    """A mutation runs in the one pattern: transaction, actor, user errors."""
    mutation = checkout.tree.schema.mutation_type
    for bound in checkout.resolvers.bound:
        if (
            mutation is not None
            and bound.type == mutation.name
            and not hasattr(bound.resolver, "constraints")
        ):
            yield Flaw(
                bound.place,
                f"{bound.field} does not run as a mutation: no transaction, no actor.",
                "Decorate it with @mutation_payload(CONSTRAINTS), or @written_at_once for one statement.",
            )


def user_error_unknown(checkout: Checkout) -> Iterator[Flaw]:
    """A user error has a code of the contract, and blames a field of the mutation's input."""
    codes = checkout.tree.schema.type_map.get("UserErrorCode")
    known = set(codes.values) if isinstance(codes, GraphQLEnumType) else set()
    for path, line, field, code in user_errors(checkout):
        if code not in known:
            yield Flaw(
                Place(path, line),
                f"gives the code {code}, which UserErrorCode does not have.",
                "Use one of its values, or add it to schema/.",
            )
        inputs = {to_snake(name) for name in _input_fields(checkout, path)}
        if field and field not in inputs:
            yield Flaw(
                Place(path, line),
                f"blames {field}, which no input of a mutation here has.",
                "Name an input field in snake_case, or none with an empty text.",
            )


def user_error_unused(checkout: Checkout) -> Iterator[Flaw]:
    """Every code of UserErrorCode can be given."""
    given = {code for _, _, _, code in user_errors(checkout)}
    codes = checkout.tree.schema.type_map.get("UserErrorCode")
    for name, value in (codes.values if isinstance(codes, GraphQLEnumType) else {}).items():
        if name not in given:
            yield at(value, f"no resolver gives the code {name}.", "Give it, or take it out.")


def user_errors(checkout: Checkout) -> Iterator[tuple[str, int, str, str]]:
    """(path, line, field, code) of each `UserError(field, code, message)` that is written out."""
    for path, syntax in checkout.resolvers.syntax.items():
        for node in ast.walk(syntax):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == UserError.__name__ and len(node.args) >= 2:
                field, code = (arg.value if isinstance(arg, ast.Constant) else "" for arg in node.args[:2])
                yield path, node.lineno, str(field), str(code)


def _input_fields(checkout: Checkout, path: str) -> Iterator[str]:
    for bound, field, _, _ in _mutations(checkout):
        if bound.place.path == path:
            for argument in field.args.values():
                yield from getattr(get_named_type(argument.type), "fields", ())


def _constant_line(checkout: Checkout, bound: Bound, text: str) -> int:
    syntax = checkout.resolvers.syntax[bound.place.path]
    constants = (node for node in ast.walk(syntax) if isinstance(node, ast.Constant) and node.value == text)
    return next((node.lineno for node in constants), bound.place.line)


def column_unused(checkout: Checkout) -> Iterator[Flaw]:
    """Every column of a statement is shown by a field, or used by a binding, a rule or a resolver.

    A filter or an order is no use of its own: who may search by a value may read it.
    """
    tree = checkout.tree
    attributes = {
        node.attr
        for syntax in (*checkout.resolvers.syntax.values(), *other_callers(tree.root))
        for node in ast.walk(syntax)
        if isinstance(node, ast.Attribute)
    }
    for description in tree.descriptions:
        used = _used_columns(checkout, description)
        if description.source.returns is None:
            used |= attributes
        for name, column in description.columns.items():
            if name not in used:
                hidden = " (nobody can read its type)" if column.type in UNREAD_TYPES else ""
                source = description.source
                yield Flaw(
                    Place(source.path, source.line),
                    f"{source.name}: no field, key or rule uses its column {name}{hidden}.",
                    "Add a field for it to schema/, or do not select it.",
                )


def _used_columns(checkout: Checkout, description: Description) -> set[str]:
    tree, source = checkout.tree, description.source
    used = {"id"} if source.kind == "set" else set()
    if source.key:
        used.add(source.key)
    type_ = tree.schema.type_map.get(source.returns or "")
    if isinstance(type_, GraphQLObjectType):
        bound = {b.field for b in checkout.resolvers.bound if b.type == type_.name}
        used |= {to_snake(name) for name in type_.fields if name not in bound}
    for binding in checkout.resolvers.bound:
        if binding.type == source.returns:
            used.add(getattr(binding.resolver, "key", ""))
            if isinstance(binding.resolver, Computed):
                used |= _columns_read(checkout.resolvers.function(binding))
        if statement_of(binding) != source.name:
            continue
        field = field_of(tree, binding.type, binding.field)
        used.add(getattr(binding.resolver, "on", None) or "")
        if isinstance(binding.resolver, Rows):
            used.add(binding.resolver.order.column)
        if field is None:
            continue
        used |= {to_snake(name) for name in field.args}
        rules = getattr(getattr(binding.resolver, "search", None), "rules", {})
        for rule in rules.values():
            definition = checkout.resolvers.function(Bound(binding.type, binding.field, rule, binding.place))
            used |= {column for column, _ in condition_columns(definition)} if definition else set()
    return used


def _columns_read(function: FUNCTION | None) -> set[str]:
    """What a batch function takes of its parents: `parent["id"]`."""
    walked = ast.walk(function) if function is not None else ()
    keys = (node.slice for node in walked if isinstance(node, ast.Subscript))
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


RULES: tuple[CheckoutRule, ...] = (
    binding_unknown,
    root_unbound,
    node_unbound,
    binding_column,
    binding_type,
    binding_argument,
    resolver_signature,
    input_unread,
    ties_possible,
    below_elsewhere,
    own_rows_in_public,
    rule_unknown,
    constraint_unmapped,
    constraint_unknown,
    mutation_pattern,
    user_error_unknown,
    user_error_unused,
    column_unused,
)
