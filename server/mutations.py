"""The pattern of a mutation: one transaction, the actor in it, and the writer's mistakes told in the payload.

A resolver writes and returns its payload. A mistake of the writer is a `UserError`, raised by the resolver or
mapped from the named constraint that the database refused with; either rolls everything back and becomes the
payload's `userErrors`. Everything else is an error of the request.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, cast

import asyncpg
from graphql import GraphQLObjectType, get_nullable_type

from server.context import Context, Info
from server.errors import ApiError
from server.names import to_camel, to_snake

Resolver = Callable[..., Awaitable[dict[str, Any]]]


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
# a UserError; of the request as a whole, an ApiError.
Constraints = Mapping[str, UserError | ApiError]


def mutation_payload(constraints: Constraints) -> Callable[[Resolver], Resolver]:
    """Runs a resolver in a transaction of the viewer's; its payload is completed with `userErrors`."""

    def decorate(resolver: Resolver) -> Resolver:
        @wraps(resolver)
        async def resolve(parent: Any, info: Info, **arguments: Any) -> dict[str, Any]:
            context: Context = info.context
            try:
                async with context.session.transaction(context.actor.id):
                    payload = await resolver(parent, info, **arguments)
            except UserError as mistake:
                return _refused(info, mistake)
            except asyncpg.IntegrityConstraintViolationError as violation:
                broken = constraints.get(violation.constraint_name or "")
                if isinstance(broken, UserError):
                    return _refused(info, broken)
                raise broken or violation from None
            return {**payload, "user_errors": []}

        resolve.constraints = constraints  # type: ignore[attr-defined]
        return resolve

    return decorate


def _refused(info: Info, mistake: UserError) -> dict[str, Any]:
    """A payload of nothing but the mistake: every other field of the payload's type is null."""
    payload = cast(GraphQLObjectType, get_nullable_type(info.return_type))
    nothing: dict[str, Any] = {to_snake(name): None for name in payload.fields}
    return {**nothing, "user_errors": [mistake.to_wire()]}
