# Made by `./dwelzo generate` from sql/user.sql. Do not edit: change sql/user.sql and generate again.
"""The statements of `sql/user.sql`."""

from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

from server.database import Session
from server.sql import Column, Row, Set, Statement


class UsersPublicRow(Row):
    """A row of `users_public`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "User"
    id: UUID
    display_name: str
    email: str | None
    original_entry_timestamp: datetime


users_public: Final = Set[UsersPublicRow](
    name="users_public",
    kind="set",
    source="sql/user.sql:3",
    text="""select u.id, u.display_name, u.email, u.original_entry_timestamp
from user_account as u
where exists (
  select from review as r
  join property as p on p.id = r.property_id
  where r.author_id = u.id and p.public_yn and p.internet_consumer_comment_yn
)
""",
    row=UsersPublicRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "display_name": Column("text", False),
            "email": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
        }
    ),
    returns="User",
)
"""The users whom others can see: the authors of reviews that everybody may see.

sql/user.sql:3"""


class UsersFoundRow(Row):
    """A row of `users_found`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "User"
    id: UUID
    display_name: str
    email: str | None
    original_entry_timestamp: datetime


users_found: Final = Set[UsersFoundRow](
    name="users_found",
    kind="set",
    source="sql/user.sql:13",
    text="""select u.id, u.display_name, u.email, u.original_entry_timestamp
from user_account as u
""",
    row=UsersFoundRow,
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "display_name": Column("text", False),
            "email": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
        }
    ),
    returns="User",
)
"""The same, of reviews that were found: an author can be seen because the review can, and a user because
whoever asks may see the account.

sql/user.sql:13"""


class ViewerRow(Row):
    """A row of `viewer`."""

    __slots__ = ()
    sdl_type: ClassVar[str] = "User"
    id: UUID
    display_name: str
    email: str | None
    original_entry_timestamp: datetime


VIEWER: Final = Statement[ViewerRow](
    name="viewer",
    kind="one",
    source="sql/user.sql:20",
    text="""select id, display_name, email, original_entry_timestamp
from user_account
where id = $1
""",
    row=ViewerRow,
    parameters=("viewer_id",),
    columns=MappingProxyType(
        {
            "id": Column("uuid", False),
            "display_name": Column("text", False),
            "email": Column("text", True),
            "original_entry_timestamp": Column("timestamptz", False),
        }
    ),
    returns="User",
)


async def viewer(session: Session, *, viewer_id: UUID) -> ViewerRow | None:
    """The user who is signed in, reviews written or not.

    sql/user.sql:20"""
    return await session.one(VIEWER, viewer_id)
