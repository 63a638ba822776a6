"""Which RESO resources an import loads, by what key, and how they hang together.

Only what no catalogue can tell stands here; columns and rules come from the database itself.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key as RESO writes it: `ListAgentKey` names the row, `ListAgent` may give it inline."""

    key_field: str
    inline_field: str
    column: str
    resource: "Resource"


@dataclass(frozen=True, slots=True)
class Resource:
    """A table that rows are loaded into."""

    name: str
    table: str
    # The columns by which a row is found again.
    key: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    # Written when a row is first loaded; from then on the database keeps them.
    first_only: frozenset[str] = frozenset()
    # When a change of another column happened: written with it, and no change by themselves.
    carried: frozenset[str] = frozenset()
    # The column of the key that names the listing a row hangs on. Such rows are given as a whole: what a row
    # does not give it does not have, and a row that is not given any more is removed.
    owner: str | None = None


# What the database keeps for itself, whatever an input says.
KEPT = frozenset({"id", "modification_timestamp"})
_FIRST_ONLY = KEPT | {"original_entry_timestamp"}

OFFICE = Resource("Office", "office", ("office_key",), first_only=_FIRST_ONLY)
MEMBER = Resource(
    "Member",
    "member",
    ("member_key",),
    (Relation("OfficeKey", "Office", "office_id", OFFICE),),
    first_only=_FIRST_ONLY,
)
PROPERTY = Resource(
    "Property",
    "property",
    ("originating_system_name", "originating_system_key"),
    (
        Relation("ListAgentKey", "ListAgent", "list_agent_id", MEMBER),
        Relation("CoListAgentKey", "CoListAgent", "co_list_agent_id", MEMBER),
        Relation("ListOfficeKey", "ListOffice", "list_office_id", OFFICE),
        Relation("CoListOfficeKey", "CoListOffice", "co_list_office_id", OFFICE),
    ),
    first_only=_FIRST_ONLY
    | {"original_list_price", "previous_list_price", "major_change_type", "major_change_timestamp"},
    carried=frozenset({"price_change_timestamp", "status_change_timestamp"}),
)
MEDIA = Resource("Media", "media", ("property_id", "order"), first_only=_FIRST_ONLY, owner="property_id")
# In the order in which they are loaded: a row after those it names.
RESOURCES = (OFFICE, MEMBER, PROPERTY, MEDIA)
