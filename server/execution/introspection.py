"""Questions about the schema alone: answered by graphql-core beside the event loop, and remembered.

To write all of the schema takes a sixth of a second, and gives the same bytes each time. Nobody else is to
wait for it: it is done in a thread, one at a time, and few wait for that.
"""

import asyncio

import orjson
from graphql import GraphQLSchema, execute_sync

from server.documents import Chosen
from server.errors import BadUserInput, Overloaded
from server.execution.written import Answer, written
from server.operation import Operation
from server.recent import Recent

MOST_REMEMBERED = 16
# Different questions at a time.
MOST_ASKED = 4

_BUSY = "Others are reading the schema. Try again in a second, or read /schema.graphql."

_Question = tuple[str, str | None, bytes]


class Introspection:
    """What one schema says of itself."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._turn = asyncio.Lock()
        self._known: Recent[_Question, Answer] = Recent(MOST_REMEMBERED)
        self._asked: dict[_Question, asyncio.Task[Answer]] = {}

    async def answer(self, operation: Operation, chosen: Chosen) -> Answer:
        """The answer to an operation that asks only for the schema."""
        declared = (each.variable.name.value for each in chosen.operation.variable_definitions or ())
        given = {name: operation.variables[name] for name in declared if name in operation.variables}
        try:
            question = operation.query, operation.name, orjson.dumps(given)
        except TypeError:
            raise BadUserInput("A variable is nested more deeply than any type is.") from None
        known = self._known.get(question)
        if known is not None:
            return known
        asked = self._asked.get(question)
        if asked is None:
            if len(self._asked) >= MOST_ASKED:
                raise Overloaded(_BUSY)
            asked = asyncio.create_task(self._write(question, given, operation.name, chosen))
            self._asked[question] = asked
            asked.add_done_callback(lambda _: self._asked.pop(question))
        # A thread cannot be stopped: whoever leaves does not take the turn of the next with them.
        return await asyncio.shield(asked)

    async def _write(
        self, question: _Question, given: dict[str, object], name: str | None, chosen: Chosen
    ) -> Answer:
        async with self._turn:
            result = await asyncio.to_thread(
                execute_sync, self._schema, chosen.document, variable_values=given, operation_name=name
            )
            return self._known.keep(question, written(result.data, result.errors or ()))
