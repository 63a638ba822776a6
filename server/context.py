"""What a resolver is given: who asks, their session with the database, the loaders of their request."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from graphql import GraphQLResolveInfo

from server.database import Session
from server.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from server.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as a verified token says: a person with their role, or, where `role` is None, another backend
    with the scopes of its service token.
    """

    id: UUID
    role: str | None
    scopes: frozenset[str] = frozenset()

    @property
    def reach(self) -> str | frozenset[str]:
        """All that a rule asks of a viewer: two who reach equally far are refused and let through alike."""
        return self.scopes if self.role is None else self.role


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None for an anonymous one; `page_size_max` is the setting."""

    session: Session
    loaders: "Loaders"
    viewer: Viewer | None = None
    page_size_max: int = 100

    @property
    def actor(self) -> Viewer:
        """The person who asks, of an operation that needs one."""
        if self.viewer is None:
            raise Unauthenticated("Sign in first: this needs an `Authorization: Bearer` token.")
        if self.viewer.role is None:
            raise Forbidden("This is done as somebody who has an account, and a service token has none.")
        return self.viewer


Info: TypeAlias = GraphQLResolveInfo[Context]
