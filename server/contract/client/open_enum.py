"""Enums of a contract that grows: a value that is newer than this client is kept, not refused."""

from enum import StrEnum
from typing import Any


class OpenEnum(StrEnum):
    """An enum that takes any string; one it does not know becomes a member of that name, `is_known` False."""

    @classmethod
    def _missing_(cls, value: Any) -> "OpenEnum | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether this client was generated with the value."""
        return self._name_ in type(self).__members__
