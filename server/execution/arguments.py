"""The arguments of a field, coerced once for all requests but for what stands in variables.

graphql-core coerces a field's arguments anew in each request, looking at every field that an input object
has: seventy for a filter in which three are given. Here it does so once, with slots in the place of
variables; a request only fills the slots. Where a variable is null or missing, graphql-core decides what that
means.
"""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values


class _Slot:
    """Where the value of a variable goes."""

    def __init__(self, variable: str) -> None:
        self.variable = variable


class Arguments:
    """The arguments of one field of an operation."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._variables = tuple(
            dict.fromkeys(name for argument in node.arguments or () for name in _variables(argument.value))
        )
        self._known: Any = None

    @property
    def are_constant(self) -> bool:
        """Whether they are the same in every request."""
        return not self._variables

    def of(self, variables: VariableValues) -> dict[str, Any]:
        """The coerced arguments by the names that a resolver knows; GraphQLError for a mistake."""
        if any(variables.coerced.get(name) is None for name in self._variables):
            return get_argument_values(self._definition, self._node, variables)
        if self._known is None:
            slots = {name: _Slot(name) for name in self._variables}
            try:
                self._known = get_argument_values(self._definition, self._node, VariableValues({}, slots))
            except GraphQLError:
                # A mistake, or a scalar that looks into what it is given.
                return get_argument_values(self._definition, self._node, variables)
        return _filled(self._known, variables.coerced)  # type: ignore[no-any-return]  # a dict as it was


def _variables(value: ValueNode) -> list[str]:
    if isinstance(value, VariableNode):
        return [value.name.value]
    if isinstance(value, ListValueNode):
        return [name for item in value.values for name in _variables(item)]
    if isinstance(value, ObjectValueNode):
        return [name for field in value.fields for name in _variables(field.value)]
    return []


def _filled(known: Any, values: dict[str, Any]) -> Any:
    """A copy, so that nobody who is given it can change what is known."""
    if isinstance(known, _Slot):
        return values[known.variable]
    if isinstance(known, dict):
        return {name: _filled(value, values) for name, value in known.items()}
    if isinstance(known, list):
        return [_filled(value, values) for value in known]
    return known
