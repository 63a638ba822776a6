"""Questions about the schema alone: answered by graphql-core beside the event loop, and remembered.

To write all of the schema takes a sixth of a second, and gives the same bytes each time. Nobody else is to
wait for it: it is done in a thread, one at a time.
"""

import asyncio

import orjson
from graphql import GraphQLSchema, execute_sync

from server.documents import Chosen
from server.execution.written import Answer, written
from server.operation import Operation
from server.recent import Recent

MOST_REMEMBERED = 16


class Introspection:
    """What one schema says of itself."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._turn = asyncio.Lock()
        self._known: Recent[tuple[str, str | None, bytes], Answer] = Recent(MOST_REMEMBERED)

    async def answer(self, operation: Operation, chosen: Chosen) -> Answer:
        """The answer to an operation that asks only for the schema."""
        question = (operation.query, operation.name, orjson.dumps(operation.variables))
        async with self._turn:
            known = self._known.get(question)
            if known is None:
                found = await asyncio.to_thread(self._write, operation, chosen)
                known = self._known.keep(question, found)
            return known

    def _write(self, operation: Operation, chosen: Chosen) -> Answer:
        result = execute_sync(
            self._schema,
            chosen.document,
            variable_values=operation.variables,
            operation_name=operation.name,
        )
        return written(result.data, result.errors or ())
