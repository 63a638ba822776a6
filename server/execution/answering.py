"""Answers the queries that one composed statement can answer; says so when it cannot.

A plan is made once for each document, operation and truth of its deciding variables. Whatever is not answered
here (a mistake in an argument, a null where none may be, a field that is Python's) is graphql-core's to
answer, with its own errors.
"""

from collections import OrderedDict
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
from server.sql import Row

MOST_PLANS = 2_000


class Composer:
    """The composed plans of one schema."""

    def __init__(self, schema: GraphQLSchema, page_size_max: int) -> None:
        self._schema = schema
        self._page_size_max = page_size_max
        self._plans: OrderedDict[Hashable, tuple[DocumentNode, ComposedPlan | None]] = OrderedDict()

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
        if plan is None:
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
    ) -> ComposedPlan | None:
        deciding = tuple(variables.coerced.get(name) for name in deciding_variables(document))
        # The entry keeps the document, so that no other can come to have its identity.
        key = (id(document), id(operation), deciding)
        known = self._plans.get(key)
        if known is None:
            try:
                plan = compose(Planner(self._schema, document, variables.coerced).plan(operation))
            except NotPlanned:
                plan = None
            known = self._plans[key] = document, plan
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return known[1]
