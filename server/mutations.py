"""The pattern of a mutation: one transaction, the actor in it, and the writer's mistakes told in the payload.

    mutation_payload   the resolver runs the statements that it needs in a transaction, and gives the payload
    written_at_once    the resolver names its one statement, a transaction of its own; its row is the payload

A mistake of the writer is a `UserError`, raised by the resolver or mapped from the named constraint that the
database refused with; either rolls everything back and becomes the payload's `userErrors`. Everything else is
an error of the request.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from functools import wraps
from typing import Any, cast

import asyncpg

from server.context import Context, Info
from server.errors import ApiError
from server.names import to_camel
from server.sql import Row

Resolver = Callable[..., Awaitable["dict[str, Any] | UserError"]]
Statement = Callable[..., Awaitable[Row | None]]


class UserError(Exception):
    """A mistake in a mutation's input: the input field it is in (in snake_case; empty when none is to blame),
    a value of `UserErrorCode`, and a sentence with the cure.
    """

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code, self.message = field, code, message

    def to_wire(self) -> dict[str, Any]:
        path = ["input", to_camel(self.field)] if self.field else []
        return {"field": path, "code": self.code, "message": self.message}


# The named constraints of the tables that a mutation writes, and what each says to the writer: of the input,
# a UserError; of the request as a whole, an ApiError; None where the value is never the writer's own.
Constraints = Mapping[str, UserError | ApiError | None]


def mutation_payload(constraints: Constraints, *, waits: bool = False) -> Callable[[Resolver], Resolver]:
    """Runs a resolver in a transaction of the viewer's; its payload is completed with `userErrors`. One that
    `waits` for something else than the database opens the transaction itself, when it has waited.

    A mistake that is raised undoes what the resolver wrote; one that is returned leaves it.
    """

    def decorate(resolver: Resolver) -> Resolver:
        async def run(parent: Any, info: Info, arguments: Any) -> dict[str, Any] | UserError:
            context: Context = info.context
            async with nullcontext() if waits else context.transaction():
                return await resolver(parent, info, **arguments)

        return _mutation(resolver, constraints, run)

    return decorate


def written_at_once(constraints: Constraints, *, nothing: UserError) -> Callable[[Statement], Resolver]:
    """Runs the one statement that a resolver names, as the viewer. The columns that it returns are the
    payload's; where it returns no row, nothing was written, and the writer is told `nothing`.

    A statement costs one round trip, where a transaction around it costs four.
    """

    def decorate(resolver: Statement) -> Resolver:
        async def run(parent: Any, info: Info, arguments: Any) -> dict[str, Any]:
            context: Context = info.context
            with context.session.writing(context.actor.id):
                row = await resolver(parent, info, **arguments)
            if row is None:
                raise nothing
            return dict(cast(Mapping[str, Any], row))

        return _mutation(resolver, constraints, run)

    return decorate


def _mutation(
    resolver: Any, constraints: Constraints, run: Callable[..., Awaitable[dict[str, Any] | UserError]]
) -> Resolver:
    """What both kinds share: mistakes become the payload."""

    @wraps(resolver)
    async def resolve(parent: Any, info: Info, **arguments: Any) -> dict[str, Any]:
        try:
            payload = await run(parent, info, arguments)
        except UserError as mistake:
            return _Refused(mistake)
        except asyncpg.IntegrityConstraintViolationError as violation:
            broken = constraints.get(violation.constraint_name or "")
            if isinstance(broken, UserError):
                return _Refused(broken)
            raise broken or violation from None
        if isinstance(payload, UserError):
            return _Refused(payload)
        return {**payload, "user_errors": []}

    resolve.constraints = constraints  # type: ignore[attr-defined]
    return resolve


class _Refused(dict[str, Any]):
    """A payload of nothing but the mistake: whatever else is asked of it is null."""

    def __init__(self, mistake: UserError) -> None:
        super().__init__(user_errors=[mistake.to_wire()])

    def __missing__(self, key: str) -> None:
        return None
