"""Access tokens: JWTs (RFC 9068) that say by which session somebody asks, for a quarter of an hour.

What they may do is not in them: a role that is taken away is gone at the next request (sessions.py).
"""

import time
from typing import Any, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from server import ids
from server.auth.keys import Keys
from server.errors import ApiError, Unauthenticated
from server.recent import Recent

ALGORITHM = "Ed25519"
ISSUER = AUDIENCE = "dwelzo"
SECONDS = 900
MOST_VERIFIED = 1_000
_HEADER = {"alg", "typ", "kid"}
_LONGEST = 4096
_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
    sub={"essential": True},
    sid={"essential": True},
)


def bearer(authorization: bytes | None) -> str | None:
    """The token of an `Authorization` header; None without one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send the access token as `Authorization: Bearer <token>`.")
    return token.strip()


class Claim(NamedTuple):
    """What a token that verified says: whose it is, of which session, until when in seconds since 1970."""

    user: UUID
    session: UUID
    expires: float

    @property
    def holder(self) -> str:
        """Whose requests are counted together."""
        return f"user:{self.user.hex}"


class Tokens:
    """Signs and verifies the access tokens of one installation.

    A token that was verified is remembered until it expires, for verifying a signature costs more than
    answering a short query. What is remembered is that it verified, not that its session goes on.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._verified: Recent[str, Claim] = Recent(MOST_VERIFIED)

    def sign(self, user: UUID, session: UUID, seconds: int = SECONDS) -> str:
        """A token of a session, good for so many seconds."""
        now, key = int(time.time()), self._keys.signing()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": ids.encode("user", user),
            "sid": ids.encode("session", session),
            "iat": now,
            "exp": now + seconds,
        }
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.thumbprint()}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    def verify(self, token: str) -> Claim:
        """What a token says; UNAUTHENTICATED when it does not verify, whatever the reason."""
        known = self._verified.get(token)
        if known is not None and time.time() < known.expires:
            return known
        try:
            if len(token) > _LONGEST:
                raise ValueError("too long")
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            claims = decoded.claims
            _CLAIMS.validate(claims)
            claim = Claim(
                ids.decode("user", str(claims["sub"])),
                ids.decode("session", str(claims["sid"])),
                claims["exp"],
            )
            return self._verified.keep(token, claim)
        except (JoseError, ApiError, ValueError, KeyError, TypeError):
            raise Unauthenticated("The access token does not verify or has expired. Sign in again.") from None

    def _key(self, signature: GuestProtocol) -> OKPKey:
        """The key that a token names. What is in its header beside that is not ours: keys, addresses of keys,
        extensions that must be understood.
        """
        header = signature.headers()
        key = self._keys.verifying(header.get("kid"))
        if key is None or header.keys() != _HEADER or header["typ"] != "at+jwt":
            raise ValueError("another kind of token, or key")
        return key
