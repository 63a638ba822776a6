"""Interfaces of a contract that grows: of an object whose type is newer than this client it knows what the
interface says.
"""

from pydantic import Discriminator


def by_typename(interface: str, *known: str) -> Discriminator:
    """Chooses the class that is tagged with an object's type, or the interface's where that is not known."""

    def tag(value: object) -> str:
        if isinstance(value, dict):
            name = value.get("__typename", value.get("typename__"))
        else:
            name = getattr(value, "typename__", None)
        return str(name) if name in known else interface

    return Discriminator(tag)
