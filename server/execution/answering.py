"""The straight path: a query that is one statement is answered with the JSON that PostgreSQL wrote.

What is not (a mutation, `node`, `viewer`, introspection, a mistake in an argument, a null where none may be)
is the executor's to answer, with its own errors.
"""

from typing import Any

import orjson
from graphql import GraphQLSchema, OperationType

from server.database import Session
from server.execution.breadth import BreadthFirst, Composed, executor_class
from server.execution.plans import PlannedOperation, Plans


class Engine:
    """How the operations of one schema are answered."""

    def __init__(self, schema: GraphQLSchema, page_size_max: int) -> None:
        self._page_size_max = page_size_max
        self.plans = Plans(schema)
        self._executors = {composed: executor_class(self.plans, composed) for composed in _COMPOSED}

    def executor(self, composed: Composed) -> type[BreadthFirst]:
        """The class for Ariadne's `execution_context_class`."""
        return self._executors[composed]

    async def straight(
        self, planned: PlannedOperation, variables: dict[str, Any], session: Session
    ) -> bytes | Composed:
        """The whole answer as JSON; or what an executor should compose when it answers instead."""
        if planned.operation.operation is not OperationType.QUERY:
            return "all"
        coerced = planned.coerce(variables)
        if coerced is None:
            return "all"
        selection = planned.selection(coerced.coerced)
        composition = self.plans.composition(selection, at_root=True)
        composed = composition.fields if composition is not None else ()
        if any(selected.field is not None and selected not in composed for selected in selection.fields):
            return "all"
        values: Any = ()
        if composition is not None:
            rows = await composition.fetch(session, coerced, self._page_size_max)
            if rows is None:
                return "below"
            (values,) = rows
        found = dict(zip(composed, values, strict=True))
        parts = [
            b'"%b":%b'
            % (
                selected.key.encode(),
                orjson.dumps(selected.parent.name) if selected.field is None else found[selected] or b"null",
            )
            for selected in selection.fields
        ]
        return b'{"data":{%b}}' % b",".join(parts)


_COMPOSED: tuple[Composed, ...] = ("all", "below", "nothing")
