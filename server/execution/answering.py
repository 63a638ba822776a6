"""From a chosen operation to the bytes of its answer, by the shortest of four ways.

introspection
            a query of nothing but the schema
straight    a query that is one statement: the JSON that PostgreSQL wrote, as it is
executed    everything else, by the breadth-first executor
reference   by Ariadne and graphql-core alone: mistakes in variables, and the oracle of the other two
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

import ariadne
import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.values import VariableValues

from server.context import Context
from server.documents import Chosen
from server.execution.breadth import Composed, executor_class
from server.execution.comparing import same
from server.execution.introspection import Introspection
from server.execution.plan import Selection
from server.execution.plans import Plans
from server.execution.written import Answer, written
from server.loaders import Loaders
from server.operation import Operation

# How operations are executed: by our engine, by graphql-core, or by both, which are compared.
Execution = Literal["composed", "reference", "shadow"]

# Ariadne would log the mistakes of clients as errors, with tracebacks; `all_to_wire` logs what is not theirs.
_SILENT = logging.getLogger("dwelzo.ariadne")
_SILENT.disabled = True

log = logging.getLogger("dwelzo.execution")


class Asked(NamedTuple):
    """One operation, asked by somebody over a session."""

    operation: Operation
    chosen: Chosen
    context: Context


class Engine:
    """How the operations of one schema are answered."""

    def __init__(
        self,
        schema: GraphQLSchema,
        plans: Plans,
        execution: Execution = "composed",
        *,
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._plans = plans
        self._execution = execution
        self._suggestions = suggestions
        self._introspection = Introspection(schema)
        self._executors = {composed: executor_class(plans, composed) for composed in get_args(Composed)}

    async def answer(self, asked: Asked) -> Answer:
        """The answer to an operation that the policy let pass."""
        if asked.chosen.is_introspection:
            return await self._introspection.answer(asked.operation, asked.chosen)
        try:
            if self._execution == "reference":
                return await self._reference(asked)
            answer = await self._answer(asked, "all")
            if self._execution == "shadow" and asked.chosen.operation.operation is OperationType.QUERY:
                return await self._compared(asked, answer)
            return answer
        finally:
            await asked.context.loaders.close()

    async def _answer(self, asked: Asked, composed: Composed) -> Answer:
        planned = asked.chosen.planned
        variables = planned.coerce(asked.operation.variables)
        if variables is None:
            return await self._reference(asked)
        if composed == "all" and planned.operation.operation is OperationType.QUERY:
            selection = planned.selection(variables.coerced)
            straight = await self._straight(selection, variables, asked.context)
            if isinstance(straight, bytes):
                return Answer(200, straight)
            composed = straight
        return await self._executed(asked, variables, composed)

    async def _straight(
        self, selection: Selection, variables: VariableValues, context: Context
    ) -> bytes | Composed:
        """The whole answer; or what the executor should compose when it answers instead."""
        composition = self._plans.composition(selection, at_root=True)
        composed = composition.fields if composition is not None else ()
        if any(selected.field is not None and selected not in composed for selected in selection.fields):
            return "all"
        values: Any = ()
        if composition is not None:
            rows = await composition.fetch(context.session, variables, context.page_size_max)
            if rows is None:
                return "below"
            (values,) = rows
        found = dict(zip(composed, values, strict=True))
        # Put together once: what PostgreSQL wrote may be large.
        pieces = [b'{"data":{']
        comma = b""
        for selected in selection.fields:
            pieces.append(b'%b"%b":' % (comma, selected.key.encode()))
            if selected.field is None:
                pieces.append(orjson.dumps(selected.parent.name))
            else:
                pieces.append(found[selected] or b"null")
            comma = b","
        return b"".join([*pieces, b"}}"])

    async def _executed(self, asked: Asked, variables: VariableValues, composed: Composed) -> Answer:
        """By the class that stands in Ariadne's seam, without the way through it: what Ariadne and
        graphql-core do on that way has been done when the document was read.
        """
        executor = self._executors[composed](
            schema=self._schema,
            fragment_definitions=asked.chosen.fragments,
            fragments={},
            root_value=None,
            context_value=asked.context,
            operation=asked.chosen.operation,
            variable_values=variables,
            field_resolver=default_field_resolver,
            type_resolver=default_type_resolver,
            subscribe_field_resolver=default_field_resolver,
        )
        result = await executor.execute_operation()
        return written(result.data, result.errors or ())

    async def _reference(self, asked: Asked) -> Answer:
        errors: list[GraphQLError] = []

        def keep(error: GraphQLError, _: bool) -> dict[str, Any]:
            if not self._suggestions:
                # Ariadne does not pass graphql-core's own switch on.
                error.message = error.message.partition(" Did you mean ")[0]
            errors.append(error)
            return {}

        _, result = await ariadne.graphql(
            self._schema,
            {
                "query": asked.operation.query,
                "variables": asked.operation.variables,
                "operationName": asked.operation.name,
            },
            context_value=asked.context,
            query_document=asked.chosen.document,
            query_validator=_validated_before,
            error_formatter=keep,
            logger=_SILENT,
        )
        return written(result.get("data"), errors, has_data="data" in result)

    async def _compared(self, asked: Asked, answered: Answer) -> Answer:
        """The answer of graphql-core; one of ours that differs is a defect, and is logged."""
        async with _afresh(asked) as again:
            ours = {"composed": answered, "breadth-first": await self._answer(again, "nothing")}
        asked.context.session.statements = 0
        async with _afresh(asked) as again:
            expected = await self._reference(again)
        for way, answer in ours.items():
            if not same(answer.body, expected.body):
                log.error("the %s answer differs from graphql-core's: %s", way, answer.body.decode())
        return expected


@asynccontextmanager
async def _afresh(asked: Asked) -> AsyncIterator[Asked]:
    """The same, with nothing loaded yet."""
    loaders = Loaders()
    try:
        yield asked._replace(context=replace(asked.context, loaders=loaders))
    finally:
        await loaders.close()


def _validated_before(*_: Any, **__: Any) -> list[GraphQLError]:
    return []
