"""Answers the queries that one composed statement can answer; says so when it cannot.

A plan is made once for each document, operation and truth of its deciding variables. Whatever is not answered
here (a mistake in an argument, a null where none may be, a field that is Python's) is graphql-core's to
answer, with its own errors.
"""

from collections.abc import Hashable
from typing import Any

import asyncpg
import orjson
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues, get_variable_values

from server.database import Session
from server.errors import ApiError, Unavailable
from server.execution.composed import ComposedPlan, column_of, compose
from server.execution.plan import NotPlanned, Planner, deciding_variables
from server.recent import Recent
from server.sql import Row

MOST_DOCUMENTS = 1_000
MOST_VARIANTS = 32


class _Plans:
    """The plans of one document: one for each operation and truth of the variables that decide what is asked.

    It holds the document, so that no other can come to have its identity.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.deciding = deciding_variables(document)
        self.variants: Recent[Hashable, ComposedPlan | NotPlanned] = Recent(MOST_VARIANTS)


class Composer:
    """The composed plans of one schema."""

    def __init__(self, schema: GraphQLSchema, page_size_max: int) -> None:
        self._schema = schema
        self._page_size_max = page_size_max
        self._plans: Recent[int, _Plans] = Recent(MOST_DOCUMENTS)

    async def answer(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        session: Session,
    ) -> bytes | None:
        """The whole answer as JSON; None when graphql-core has to answer."""
        if operation.operation is not OperationType.QUERY:
            return None
        coerced = get_variable_values(self._schema, operation.variable_definitions or (), variables)
        if not isinstance(coerced, VariableValues):
            return None
        plan = self._plan(document, operation, coerced)
        if isinstance(plan, NotPlanned):
            return None
        try:
            text, arguments = plan.ask(coerced, self._page_size_max)
            (row,) = await session.fetch(text, arguments, Row)
        except Unavailable:
            raise
        except (ApiError, GraphQLError, asyncpg.PostgresError):
            # A mistake of the client, or a statement that PostgreSQL refused: a null where none may be, say.
            # Field by field it comes out where, and the rest is answered.
            return None
        parts = [
            f"{orjson.dumps(root.key).decode()}:{row[column_of(position)] or 'null'}"
            for position, root in enumerate(plan.roots)
        ]
        return f'{{"data":{{{",".join(parts)}}}}}'.encode()

    def _plan(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: VariableValues
    ) -> ComposedPlan | NotPlanned:
        plans = self._plans.get(id(document)) or self._plans.keep(id(document), _Plans(document))
        variant = id(operation), *(variables.coerced.get(name) for name in plans.deciding)
        plan = plans.variants.get(variant)
        if plan is None:
            try:
                plan = compose(Planner(self._schema, document, variables.coerced).plan(operation))
            except NotPlanned as reason:
                plan = reason
            plans.variants.keep(variant, plan)
        return plan
