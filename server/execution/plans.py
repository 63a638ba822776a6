"""The operations that are known, with their plans: one for each truth of the deciding variables."""

from collections.abc import Hashable, Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from graphql import GraphQLSchema, OperationDefinitionNode, VariableDefinitionNode
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.pyutils import Undefined
from graphql.type import is_nullable_type
from graphql.utilities import coerce_input_value

from server.execution.composed import Composition, compose
from server.execution.plan import Fragments, Planner, Selection, deciding_variables
from server.recent import Recent

MOST_VARIANTS = 32


class PlannedOperation:
    """One operation of one document. It holds the operation, so that no other comes to have its identity."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
    ) -> None:
        self.operation = operation
        self._schema = schema
        self._fragments = fragments
        self._variables = tuple(_Variable(schema, node) for node in operation.variable_definitions or ())
        self._deciding = deciding_variables(operation, fragments)
        self._variants: Recent[Hashable, Selection] = Recent(MOST_VARIANTS)

    def coerce(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The variables as their types have them; None for a mistake, which graphql-core then tells."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for variable in self._variables:
            value = given.get(variable.name, Undefined)
            if value is Undefined:
                if not variable.is_optional:
                    return self._coerce_with_defaults(given)
                sources[variable.name] = VariableValueSource(variable.signature)
                continue
            try:
                found = coerce_input_value(value, variable.signature.type)
            except RecursionError:
                return None
            if found is Undefined:
                return None
            sources[variable.name] = VariableValueSource(variable.signature, value)
            coerced[variable.name] = found
        return VariableValues(sources, coerced)

    def _coerce_with_defaults(self, given: Mapping[str, Any]) -> VariableValues | None:
        definitions = self.operation.variable_definitions or ()
        values = get_variable_values(self._schema, definitions, dict(given))
        return values if isinstance(values, VariableValues) else None

    def selection(self, variables: Mapping[str, Any]) -> Selection:
        """The root fields, by the coerced variables."""
        variant = tuple(variables.get(name) for name in self._deciding)
        selection = self._variants.get(variant)
        if selection is None:
            deciding = dict(zip(self._deciding, variant, strict=True))
            planned = Planner(self._schema, self._fragments, deciding).plan(self.operation)
            selection = self._variants.keep(variant, planned)
        return selection


class _Variable:
    """A variable's definition, read once."""

    def __init__(self, schema: GraphQLSchema, node: VariableDefinitionNode) -> None:
        signature = get_variable_signature(schema, node)
        assert isinstance(signature, GraphQLVariableSignature), "validation refuses variables of no type"
        self.name = signature.name
        self.signature = signature
        self.is_optional = is_nullable_type(signature.type) and node.default_value is None


class Plans:
    """The plans of one schema, bounded in number by the documents that are remembered."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        # As long as their documents are remembered.
        self._operations: WeakValueDictionary[int, PlannedOperation] = WeakValueDictionary()
        self._compositions: WeakKeyDictionary[Selection, Composition | None] = WeakKeyDictionary()

    def of(self, operation: OperationDefinitionNode, fragments: Fragments) -> PlannedOperation:
        """What is known of an operation of a validated document."""
        planned = self._operations.get(id(operation))
        if planned is None:
            planned = PlannedOperation(self._schema, operation, fragments)
            self._operations[id(operation)] = planned
        return planned

    def composition(self, selection: Selection, *, at_root: bool) -> Composition | None:
        """What of a selection is one statement; None where that is nothing."""
        try:
            return self._compositions[selection]
        except KeyError:
            composition = self._compositions[selection] = compose(selection, at_root=at_root)
            return composition
