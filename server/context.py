"""What a resolver is given: who asks, from where, their session with the database, the loaders of their
request.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from graphql import GraphQLResolveInfo

from server.database import Session
from server.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from server.auth.authority import Authority
    from server.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a person with the role that they have now, by the session that their token names; or, where
    `role` is None, another backend with the scopes of its service token.
    """

    id: UUID
    role: str | None
    session: UUID | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def reach(self) -> str | frozenset[str]:
        """All that a rule asks of a viewer: two who reach equally far are refused and let through alike."""
        return self.scopes if self.role is None else self.role


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None for an anonymous one; `page_size_max` is the setting; `scope` is ASGI's.

    A resolver that wants a cookie to be set adds the value of the header to `cookies`.
    """

    session: Session
    loaders: "Loaders"
    viewer: Viewer | None = None
    page_size_max: int = 100
    _authority: "Authority | None" = None
    scope: Mapping[str, Any] = field(default_factory=dict)
    cookies: list[bytes] = field(default_factory=list)

    @property
    def actor(self) -> Viewer:
        """The person who asks, of an operation that needs one."""
        if self.viewer is None:
            raise Unauthenticated("Sign in first: this needs an `Authorization: Bearer` token.")
        if self.viewer.role is None:
            raise Forbidden("This is done as somebody who has an account, and a service token has none.")
        return self.viewer

    @property
    def authority(self) -> "Authority":
        """What signs people in and out."""
        assert self._authority is not None, "the application has one"
        return self._authority

    def transaction(self, actor: UUID | None = None) -> AbstractAsyncContextManager[None]:
        """A transaction of the viewer's, or of whom the request proves to come from."""
        if actor is None and self.viewer is not None:
            if self.viewer.role is None:
                return self.session.transaction(None, self.address, service_token=self.viewer.id)
            actor = self.viewer.id
        return self.session.transaction(actor, self.address)

    @property
    def address(self) -> str | None:
        """The address that the request comes from."""
        client = self.scope.get("client")
        return client[0] if client else None

    def header(self, name: bytes) -> str | None:
        """A field of the request's head; the last of those of that name."""
        found = dict(self.scope.get("headers", ())).get(name)
        return None if found is None else found.decode("latin-1")


Info: TypeAlias = GraphQLResolveInfo[Context]
