"""What a resolver is given: who asks, their session with the database, the loaders of their request."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from graphql import GraphQLResolveInfo

from server.database import Session
from server.errors import Unauthenticated

if TYPE_CHECKING:
    from server.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as a verified token says."""

    id: UUID
    role: str


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None for an anonymous one; `page_size_max` is the setting."""

    session: Session
    loaders: "Loaders"
    viewer: Viewer | None = None
    page_size_max: int = 100

    @property
    def actor(self) -> Viewer:
        """The viewer of an operation that needs one."""
        if self.viewer is None:
            raise Unauthenticated("Sign in first: this needs an `Authorization: Bearer` token.")
        return self.viewer


Info: TypeAlias = GraphQLResolveInfo[Context]
