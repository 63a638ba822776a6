"""Tokens: what verifies, and everything that must not."""

import base64
import hmac
import time
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet, OKPKey, RSAKey

from server.auth.keys import PERIOD, Keys
from server.auth.tokens import Claim, Tokens
from server.errors import Unauthenticated
from tests.asking import Installation
from tests.market import Market

SECRET = "0123456789abcdef0123456789abcdef"
KEY = UUID("01a149d9-7718-7ab4-ae3e-9f9c92f167ef")
SESSION = UUID("01a149d9-7718-7ab4-ae3e-000000000001")
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
    own, claims = parts(tokens.sign(KEY, SESSION))
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    given = {name: value for name, value in (own | (header or {})).items() if value is not None}
    registry = jws.JWSRegistry(algorithms=["Ed25519", "EdDSA"], strict_check_header=False)
    return jwt.encode(given, claims, tokens._keys.signing(), registry=registry)


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


def tokens_of(*secrets: str, after: float = 0.0) -> Tokens:
    """Those of an installation, so many seconds from now."""
    return Tokens(Keys(secrets, lambda: time.time() + after))


def test_what_is_signed_verifies_with_the_same_secret_only() -> None:
    token = tokens_of(SECRET).sign(KEY, SESSION)
    claim = tokens_of(SECRET).verify(token)
    assert claim == Claim(KEY, SESSION, claim.expires)
    with pytest.raises(Unauthenticated):
        tokens_of(SECRET + "x").verify(token)


def test_a_new_secret_signs_nobody_out_as_long_as_the_old_one_is_known() -> None:
    token = tokens_of(SECRET).sign(KEY, SESSION)
    assert tokens_of("new" * 16, SECRET).verify(token).user == KEY
    assert parts(tokens_of("new" * 16, SECRET).sign(KEY, SESSION)) != parts(token)
    with pytest.raises(Unauthenticated):
        tokens_of("new" * 16).verify(token)


def test_keys_change_by_themselves_and_sign_nobody_out() -> None:
    token = tokens_of(SECRET).sign(KEY, SESSION, seconds=3 * PERIOD)
    kid = parts(token)[0]["kid"]
    later = tokens_of(SECRET, after=PERIOD)
    assert parts(later.sign(KEY, SESSION))[0]["kid"] != kid
    assert later.verify(token).user == KEY
    # Whose clock is ahead by a whole period is believed, and two periods are over.
    assert tokens_of(SECRET).verify(later.sign(KEY, SESSION)).user == KEY
    with pytest.raises(Unauthenticated):
        tokens_of(SECRET, after=2 * PERIOD).verify(token)


async def test_the_public_keys_are_for_everybody_to_verify_with(sample: Installation) -> None:
    response = await sample.http.get("/.well-known/jwks.json")
    assert response.status_code == 200
    published = response.json()
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in published["keys"])
    token = jwt.decode(sample.tokens.sign(KEY, SESSION), KeySet.import_key_set(published), ["Ed25519"])
    assert token.claims["sub"] == f"user_{KEY.hex}"


def test_the_claims_of_a_token() -> None:
    before = int(time.time())
    header, claims = parts(tokens_of(SECRET).sign(KEY, SESSION, seconds=60))
    assert header == {"alg": "Ed25519", "typ": "at+jwt", "kid": header["kid"]}
    issued = claims.pop("iat")
    assert before <= issued <= time.time()
    assert claims == {
        "iss": "dwelzo",
        "aud": "dwelzo",
        "sub": f"user_{KEY.hex}",
        "sid": f"session_{SESSION.hex}",
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
        {"sid": None},
        {"sid": f"user_{KEY.hex}"},
        {"sid": "session_1"},
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
    good = await sample.sign_in(KEY)
    header, claims, signature = good.split(".")
    _, read = parts(good)
    none = b64(orjson.dumps({"alg": "none", "typ": "at+jwt"}))
    raised = b64(orjson.dumps(read | {"role": "ADMIN", "sub": "user_" + "0" * 32}))
    public = sample.tokens._keys.signing().as_pem(private=False)
    hashed = f"{b64(orjson.dumps({'alg': 'HS256', 'typ': 'at+jwt'}))}.{claims}"
    head = {"typ": "at+jwt", "kid": parts(good)[0]["kid"]}
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
        "no kid": signed(sample.tokens, {"kid": None}),
        "unknown kid": signed(sample.tokens, {"kid": "other"}),
        "kid as a path": signed(sample.tokens, {"kid": "../../dev/null"}),
        "kid as SQL": signed(sample.tokens, {"kid": "' or 1=1 --"}),
        "an extension that must be understood": signed(sample.tokens, {"crit": ["b64"], "b64": True}),
        "a key elsewhere": signed(sample.tokens, {"jku": "https://example.com/jwks.json"}),
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
    token = await sample.sign_in(KEY)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await sample.post(TYPENAME, authorization=f"{scheme} {token}")).status == 200


async def test_a_little_difference_of_clocks_is_borne(sample: Installation) -> None:
    token = await sample.sign_in(KEY)
    late = signed(sample.tokens, **parts(token)[1] | {"exp": int(time.time()) - 2})
    assert (await sample.with_token(late).post(TYPENAME)).status == 200


def test_a_token_that_verified_is_refused_once_it_has_expired() -> None:
    """Three seconds ago, by clocks that may differ by five: it verifies now, and soon no more."""
    tokens = tokens_of(SECRET)
    token = tokens.sign(KEY, SESSION, seconds=-3)
    assert tokens.verify(token) == tokens.verify(token)
    time.sleep(3.1)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


def test_a_token_that_verified_is_another_one_with_a_letter_changed() -> None:
    tokens = tokens_of(SECRET)
    token = tokens.sign(KEY, SESSION)
    tokens.verify(token)
    with pytest.raises(Unauthenticated):
        tokens.verify(token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1])
