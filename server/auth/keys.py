"""The keys that sign access tokens: a new one each month, derived from SECRET_KEY and the month's number, so
that all processes have the same and nothing has to be stored or handed on.

The key of the month before still verifies, for whoever signed in its last minutes; that of the next is
already published, for those who keep our keys and for clocks that are ahead.
"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

PERIOD = 30 * 86_400


class Keys:
    """The keys of an installation. The first of the secrets signs, what any of them has signed verifies;
    `clock` gives seconds since 1970.
    """

    def __init__(self, secrets: Sequence[str], clock: Callable[[], float] = time.time) -> None:
        self._secrets = secrets
        self._clock = clock
        self._of_period = lru_cache(maxsize=2)(self._derive_all)

    def signing(self) -> OKPKey:
        return next(iter(self._now().values()))

    def verifying(self, kid: object) -> OKPKey | None:
        """The key of that name; None when there is no such key, or no longer."""
        return self._now().get(kid) if isinstance(kid, str) else None

    def published(self) -> dict[str, Any]:
        """The public keys as a JWK Set (RFC 7517)."""
        return {
            "keys": [
                {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": "Ed25519"}
                for kid, key in self._now().items()
            ]
        }

    def _now(self) -> dict[str, OKPKey]:
        return self._of_period(int(self._clock() // PERIOD))

    def _derive_all(self, period: int) -> dict[str, OKPKey]:
        """By their names, RFC 7638's thumbprints; the one that signs is the first."""
        keys = [
            _derive(secret, number) for secret in self._secrets for number in (period, period - 1, period + 1)
        ]
        return {key.thumbprint(): key for key in keys}


def _derive(secret: str, period: int) -> OKPKey:
    info = b"dwelzo access token v2 %d" % period
    seed = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return OKPKey.import_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
