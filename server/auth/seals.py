"""Texts that carry the id of a row and prove that this installation wrote them: refresh tokens, the links in
mails. Nothing of such a text is stored, so nothing that is stored can be made into one.

    dwz_<purpose>_<base64url of: the id, 16 bytes; a number, 4 bytes; a MAC of both and the purpose, 24 bytes>
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ID, _NUMBER, _MAC = 16, 4, 24


class Sealed(NamedTuple):
    """What a text carries."""

    id: UUID
    number: int


class Seals:
    """Seals with the first of the secrets, and opens what any of them has sealed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [
            HKDF(SHA256(), length=32, salt=None, info=b"dwelzo seal v1").derive(secret.encode())
            for secret in secrets
        ]

    def seal(self, purpose: str, id: UUID, number: int = 0) -> str:
        """The text for a row; `number` tells one text for the same row from the next."""
        content = id.bytes + number.to_bytes(_NUMBER)
        sealed = content + _mac(self._keys[0], purpose, content)
        return f"dwz_{purpose}_{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def open(self, purpose: str, text: str) -> Sealed | None:
        """What a text carries; None where it is not one that was sealed here for this purpose."""
        encoded = text.removeprefix(f"dwz_{purpose}_")
        try:
            sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, mac = sealed[: _ID + _NUMBER], sealed[_ID + _NUMBER :]
        # All keys are tried, so that the time does not tell which one it was.
        known = [hmac.compare_digest(_mac(key, purpose, content), mac) for key in self._keys]
        if encoded == text or len(content) != _ID + _NUMBER or not any(known):
            return None
        return Sealed(UUID(bytes=content[:_ID]), int.from_bytes(content[_ID:]))


def _mac(key: bytes, purpose: str, content: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + content, "sha256")[:_MAC]
