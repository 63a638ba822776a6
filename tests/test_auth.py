"""Tokens: what verifies, and everything that must not."""

import base64
import hmac
import time
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey, RSAKey

from server.auth.tokens import Tokens
from server.context import Viewer
from server.errors import Unauthenticated
from tests.asking import Installation
from tests.market import Market

SECRET = "0123456789abcdef0123456789abcdef"
KEY = UUID("01a149d9-7718-7ab4-ae3e-9f9c92f167ef")
REFUSED = ("UNAUTHENTICATED", "The access token does not verify or has expired. Sign in again.")
TYPENAME = {"query": "{ __typename }"}


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return (
        orjson.loads(base64.urlsafe_b64decode(header + "==")),
        orjson.loads(base64.urlsafe_b64decode(claims + "==")),
    )


def signed(tokens: Tokens, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token by the installation's own key, with other claims; None takes one away."""
    _, claims = parts(tokens.sign(Viewer(KEY, "USER")))
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    given = {"alg": "Ed25519", "typ": "at+jwt"} | (header or {})
    return jwt.encode(given, claims, tokens._key, algorithms=["Ed25519", "EdDSA"])


async def refusal(made: Installation, token: str) -> tuple[str, str]:
    """Even what needs no token is refused with a bad one: a client must learn that its session is over."""
    answer = await made.with_token(token).ask("{ __typename }")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.statements == 0
    return answer.refusal


async def test_a_token_says_who_asks(market: Market) -> None:
    answer = await market.as_user(market.id("author", "user")).ask("{ viewer { id } }")
    assert answer == {"data": {"viewer": {"id": market.id("author", "user")}}}


def test_what_is_signed_verifies_with_the_same_secret_only() -> None:
    token = Tokens(SECRET).sign(Viewer(KEY, "AGENT"))
    assert Tokens(SECRET).verify(token) == Viewer(KEY, "AGENT")
    with pytest.raises(Exception, match="does not verify"):
        Tokens(SECRET + "x").verify(token)


def test_the_claims_of_a_token() -> None:
    before = int(time.time())
    header, claims = parts(Tokens(SECRET).sign(Viewer(KEY, "USER"), seconds=60))
    assert header == {"alg": "Ed25519", "typ": "at+jwt"}
    issued = claims.pop("iat")
    assert before <= issued <= time.time()
    assert claims == {
        "iss": "dwelzo",
        "aud": "dwelzo",
        "sub": f"user_{KEY.hex}",
        "role": "USER",
        "exp": issued + 60,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 1_700_000_000},
        {"sub": None},
        {"sub": "property_" + "0" * 32},
        {"sub": "user_1"},
        {"sub": 7},
        {"role": None},
        {"nbf": 4_000_000_000},
        {"iat": "yesterday"},
    ],
    ids=str,
)
async def test_other_claims_are_refused(sample: Installation, changes: dict[str, Any]) -> None:
    assert await refusal(sample, signed(sample.tokens, **changes)) == REFUSED


@pytest.mark.parametrize("typ", ["JWT", "refresh+jwt", "", "AT+JWT"])
async def test_another_kind_of_token_is_refused(sample: Installation, typ: str) -> None:
    assert await refusal(sample, signed(sample.tokens, {"typ": typ})) == REFUSED


async def test_other_keys_and_algorithms_are_refused(sample: Installation) -> None:
    good = sample.tokens.sign(Viewer(KEY, "ADMIN"))
    header, claims, signature = good.split(".")
    _, read = parts(good)
    none = b64(orjson.dumps({"alg": "none", "typ": "at+jwt"}))
    raised = b64(orjson.dumps(read | {"role": "ADMIN", "sub": "user_" + "0" * 32}))
    public = sample.tokens._key.as_pem(private=False)
    hashed = f"{b64(orjson.dumps({'alg': 'HS256', 'typ': 'at+jwt'}))}.{claims}"
    head = {"typ": "at+jwt"}
    with pytest.warns(SecurityWarning, match="EdDSA is deprecated"):
        old_name = signed(sample.tokens, {"alg": "EdDSA"})
    tokens = {
        "no signature": f"{none}.{claims}.",
        "none in capitals": f"{b64(orjson.dumps({'alg': 'NONE', 'typ': 'at+jwt'}))}.{claims}.",
        "signature taken away": f"{header}.{claims}.",
        "two parts": f"{header}.{claims}",
        "four parts": f"{good}.{signature}",
        "other claims under the signature": f"{header}.{raised}.{signature}",
        "signature cut": good[:-4],
        "signature of another": f"{header}.{claims}.{b64(bytes(64))}",
        "another key": jwt.encode(
            {"alg": "Ed25519", **head}, read, OKPKey.generate_key("Ed25519"), algorithms=["Ed25519"]
        ),
        "the public key as a secret": f"{hashed}.{b64(hmac.digest(public, hashed.encode(), 'sha256'))}",
        "RSA": jwt.encode({"alg": "RS256", **head}, read, RSAKey.generate_key(2048), algorithms=["RS256"]),
        "key brought along": jwt.encode(
            {"alg": "Ed25519", **head, "jwk": (own := OKPKey.generate_key("Ed25519")).as_dict(private=False)},
            read,
            own,
            algorithms=["Ed25519"],
        ),
        "another name of the algorithm": old_name,
        "five megabytes": "a" * 5_000_000,
        "4097": good + "A" * (4097 - len(good)),
        "dots": "...",
        "not base64": "*.*.*",
        "JSON": "{}",
        "latin": "é.é.é".encode().decode("latin-1"),
    }
    for what, token in tokens.items():
        assert await refusal(sample, token) == REFUSED, what
    assert (await sample.with_token(good).ask("{ __typename }")).status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "bearer"])
async def test_another_scheme_is_refused(sample: Installation, header: str) -> None:
    answer = await sample.post(TYPENAME, authorization=header)
    assert answer.refusal == (
        "UNAUTHENTICATED",
        "Send the access token as `Authorization: Bearer <token>`.",
    )


async def test_the_scheme_in_any_case(sample: Installation) -> None:
    token = sample.tokens.sign(Viewer(KEY, "USER"))
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await sample.post(TYPENAME, authorization=f"{scheme} {token}")).status == 200


async def test_a_little_difference_of_clocks_is_borne(sample: Installation) -> None:
    assert (
        await sample.with_token(signed(sample.tokens, exp=int(time.time()) - 2)).post(TYPENAME)
    ).status == 200


def test_a_token_that_verified_is_refused_once_it_has_expired() -> None:
    """Three seconds ago, by clocks that may differ by five: it verifies now, and soon no more."""
    tokens = Tokens(SECRET)
    token = tokens.sign(Viewer(KEY, "USER"), seconds=-3)
    assert tokens.verify(token) == tokens.verify(token) == Viewer(KEY, "USER")
    time.sleep(3.1)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


def test_a_token_that_verified_is_another_one_with_a_letter_changed() -> None:
    tokens = Tokens(SECRET)
    token = tokens.sign(Viewer(KEY, "USER"))
    tokens.verify(token)
    with pytest.raises(Unauthenticated):
        tokens.verify(token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1])
