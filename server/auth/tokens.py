"""Who asks: the bearer token of a request, verified.

Access tokens are JWTs signed with Ed25519 (RFC 8037). The key is derived from SECRET_KEY, so that every
process of one installation has the same and nothing has to be stored. Issuing tokens to people is the
business of accounts.
"""

import time
from typing import Any, NamedTuple, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from server import ids
from server.context import Viewer
from server.errors import ApiError, Unauthenticated
from server.recent import Recent

ALGORITHM = "Ed25519"
ISSUER = AUDIENCE = "dwelzo"
_LONGEST = 4096
MOST_VERIFIED = 1_000
_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
    sub={"essential": True},
)


class _Verified(NamedTuple):
    """Whom a token names, and until when (in seconds since 1970)."""

    viewer: Viewer
    expires: float


class Tokens:
    """Signs and verifies the access tokens of one installation.

    A token that was verified is remembered until it expires, for verifying a signature costs more than
    answering a short query.
    """

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=b"dwelzo access token v1").derive(secret.encode())
        private = Ed25519PrivateKey.from_private_bytes(seed)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = OKPKey.import_key(pem)
        self._verified: Recent[str, _Verified] = Recent(MOST_VERIFIED)

    def sign(self, viewer: Viewer, seconds: int = 900) -> str:
        """A token that says who its bearer is, for so many seconds."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": ids.encode("user", viewer.id),
            "role": viewer.role,
            "iat": now,
            "exp": now + seconds,
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt"}, claims, self._key, algorithms=[ALGORITHM])

    def verify(self, token: str) -> Viewer:
        """The viewer whom a token names; UNAUTHENTICATED when it does not verify, whatever the reason."""
        known = self._verified.get(token)
        if known is not None and time.time() < known.expires:
            return known.viewer
        try:
            if len(token) > _LONGEST:
                raise ValueError("too long")
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            if decoded.header.get("typ") != "at+jwt":
                raise ValueError("another kind of token")
            _CLAIMS.validate(decoded.claims)
            viewer = Viewer(_user(decoded.claims["sub"]), cast(str, decoded.claims["role"]))
            self._verified.keep(token, _Verified(viewer, decoded.claims["exp"]))
            return viewer
        except (JoseError, ApiError, ValueError, KeyError, TypeError):
            raise Unauthenticated("The access token does not verify or has expired. Sign in again.") from None

    def viewer(self, authorization: bytes | None) -> Viewer | None:
        """The viewer of an `Authorization` header; None without one."""
        if authorization is None:
            return None
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send the access token as `Authorization: Bearer <token>`.")
        return self.verify(token.strip())


def _user(subject: object) -> UUID:
    return ids.decode("user", str(subject))
