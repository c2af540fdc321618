"""Tokens against the verifier itself, without a platform."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from reference.auth import publickeys, strictjws
from reference.auth.keys import KeyRing
from reference.auth.publickeys import PublicKey
from reference.auth.settings import Settings
from reference.auth.strictjws import Refused
from reference.auth.tokens import Claims, Verifier

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KEYS = {
    "rsa": PublicKey("rsa", "RS256", RSA_KEY.public_key()),
    "ec": PublicKey("ec", "ES256", EC_KEY.public_key()),
    "ed": PublicKey("ed", "EdDSA", ED_KEY.public_key()),
}
SIGNERS: dict[str, Any] = {"rsa": RSA_KEY, "ec": EC_KEY, "ed": ED_KEY}
USER = "7b8a6b3e-5d0c-4a5e-9a53-0a2b3c4d5e6f"


class Ring:
    """The keys of the tests."""

    def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        fitting = [key for key in KEYS.values() if key.algorithm == algorithm]
        return KEYS.get(kid) if kid is not None else fitting[0]


def verifier(leeway: int = 0) -> Verifier:
    return Verifier(cast(KeyRing, Ring()), Settings(leeway=leeway), "https://issuer.test")


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": "https://issuer.test",
        "aud": "assay",
        "sub": USER,
        "iat": now,
        "exp": now + 60,
        "jti": "one",
        "sid": USER,
        "client_id": "assay",
        "permissions": ["profile:read"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def token(key: str = "rsa", header: dict[str, Any] | None = None, **changes: Any) -> str:
    headers = {"typ": "at+jwt", "kid": key, **(header or {})}
    payload = json.dumps(claims(**changes)).encode()
    return jwt.PyJWS().encode(payload, SIGNERS[key], algorithm=KEYS[key].algorithm, headers=headers)


def signed(header: bytes, payload: bytes) -> str:
    """Raw octets, really signed with RS256."""
    start = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(start, RSA_KEY)
    return (start + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


HEADER = b'{"alg":"RS256","typ":"at+jwt","kid":"rsa"}'


def payload() -> bytes:
    return json.dumps(claims()).encode()


@pytest.mark.parametrize("key", KEYS)
def test_a_good_token_is_believed(key: str) -> None:
    found = verifier().check(token(key))
    assert isinstance(found, Claims) and found.user_id == USER and found.permissions == ("profile:read",)


def test_audiences_may_be_several_and_the_type_spelt_out() -> None:
    assert verifier().check(token(aud=["assay", "other"], header={"typ": "application/AT+JWT"}))
    assert verifier().check(signed(HEADER, payload()))


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"exp": ...}, {"exp": 1}, {"exp": "9999999999"}, {"exp": 9999999999.5}, {"exp": True}, {"exp": -1}, {"exp": 1 << 60},
    {"exp": None}, {"iat": ...}, {"iat": 99999999999}, {"iat": "1"}, {"nbf": 99999999999}, {"nbf": "1"}, {"nbf": None},
    {"iss": ...}, {"iss": "https://issuer.test/"}, {"iss": ["https://issuer.test"]}, {"iss": None},
    {"aud": ...}, {"aud": "other"}, {"aud": ["other"]}, {"aud": []}, {"aud": ["assay", 1]}, {"aud": {"assay": 1}},
    {"sub": ...}, {"sub": ""}, {"sub": 1}, {"sub": "' OR 1=1--"}, {"sub": USER.upper()}, {"sub": USER + "\n"}, {"sub": [USER]},
    {"sid": ...}, {"sid": "x"}, {"jti": ...}, {"jti": ""}, {"jti": 7}, {"client_id": ...}, {"client_id": 1},
    {"permissions": ...}, {"permissions": "keys:rotate"}, {"permissions": [1]},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_CLAIMS, ids=lambda wrong: json.dumps(wrong, default=str))
def test_a_claim_that_is_not_as_it_must_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        verifier().check(token(**wrong))


def test_leeway_is_exact() -> None:
    now = int(time.time())
    with pytest.raises(Refused):
        verifier(5).check(token(exp=now - 5))
    assert verifier(5).check(token(exp=now - 2))
    with pytest.raises(Refused):
        verifier().check(token(exp=now))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"}, {"typ": ""}, {"typ": "at+jwt "}, {"crit": ["x"], "x": 1}, {"b64": False}, {"zip": "DEF"}, {"kid": ""},
        {"kid": "../../dev/null"}, {"kid": "x" * 200}, {"kid": "none"}, {"jku": "https://a.test"}, {"jwk": {}}, {"x5c": []},
        {"kid": "ec"}, {"kid": "rsa\n"},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_that_asks_for_more_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        verifier().check(token(header=header))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"RS256","alg":"RS256","typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"RS256","typ":"at+jwt","kid":["rsa"]}',
        b'{"alg":"RS256","typ":"at+jwt","kid":1}',
        b'{"alg":256,"typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"none","typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"RS384","typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"PS256","typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"HS256","typ":"at+jwt","kid":"rsa"}',
        b'{"alg":"RS256","typ":1,"kid":"rsa"}',
        b'{"typ":"at+jwt","kid":"rsa"}',
        b'["RS256"]',
        b"",
        b'{"alg":"RS256","typ":"at+jwt","kid":"rsa"}\xff',
        b"[" * 5000,
    ],
)
def test_a_header_with_two_meanings_is_refused(header: bytes) -> None:
    with pytest.raises(Refused):
        verifier().check(signed(header, payload()))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"sub":1,"sub":2}', b'{"exp":NaN}', b'{"exp":1e400}', b"{" * 9999]
)
def test_a_payload_with_two_meanings_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        verifier().check(signed(HEADER, body))


def test_a_token_has_one_spelling() -> None:
    good = token("ed")
    head, body, signature = good.split(".")
    assert verifier().check(good)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    variants = [f"{head}.{body}.{signature[:-1]}{last}" for last in alphabet if last != signature[-1]]
    variants += [
        good + "=",
        good + ".",
        "." + good,
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{good}.{signature}",
        good + "\n",
    ]
    variants += [
        good.replace(".", " . "),
        f"{head}\u200b.{body}.{signature}",
        good.upper(),
        "",
        "..",
        "a" * 20000,
    ]
    for variant in variants:
        with pytest.raises(Refused):
            verifier().check(variant)


@pytest.mark.parametrize("key", KEYS)
def test_no_byte_of_a_signature_can_be_changed(key: str) -> None:
    start, _, signature = token(key).rpartition(".")
    octets = strictjws.decode_segment(signature)
    for place in range(len(octets)):
        changed = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
        with pytest.raises(Refused):
            verifier().check(f"{start}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}")


@pytest.mark.parametrize(
    "signature", [bytes(64), bytes(0), bytes.fromhex("3006020100020100"), b"\1" * 63, b"\xff" * 64]
)
def test_psychic_signatures_are_refused(signature: bytes) -> None:
    start, _, _ = token("ec").rpartition(".")
    with pytest.raises(Refused):
        verifier().check(f"{start}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_a_malleable_ed25519_signature_is_refused() -> None:
    order = (1 << 252) + 27742317777372353535851937790883648493
    start, _, signature = token("ed").rpartition(".")
    octets = strictjws.decode_segment(signature)
    bigger = (int.from_bytes(octets[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(Refused):
        verifier().check(f"{start}.{base64.urlsafe_b64encode(octets[:32] + bigger).rstrip(b'=').decode()}")


def test_published_keys_are_public_and_read_back() -> None:
    for key in KEYS.values():
        jwk = publickeys.write(key)
        assert not set(jwk) & {"d", "p", "q", "dp", "dq", "qi", "k"}
        assert publickeys.write(publickeys.read(jwk)) == jwk


def _jwk(key: str, **changes: Any) -> dict[str, Any]:
    return {
        name: value for name, value in {**publickeys.write(KEYS[key]), **changes}.items() if value is not ...
    }


@pytest.mark.parametrize(
    "jwk",
    [
        _jwk("rsa", alg=...), _jwk("rsa", alg="HS256"), _jwk("rsa", alg="ES256"), _jwk("rsa", use="enc"), _jwk("rsa", d="AQ"),
        _jwk("rsa", e="AQ"), _jwk("rsa", n="AQAB"), _jwk("ec", crv="P-384"), _jwk("ec", alg="ES384"), _jwk("ec", x="AA"),
        _jwk("ec", kty="RSA"), _jwk("ec", key_ops=["sign"]), _jwk("ed", x="AA"), _jwk("ed", kid=7), _jwk("ed", kid="x" * 200),
        {"kty": "oct", "k": "AAAA", "alg": "HS256"}, {}, [], None,
    ],
)  # fmt: skip
def test_a_key_that_is_not_fit_is_not_trusted(jwk: Any) -> None:
    with pytest.raises(publickeys.BadKey):
        publickeys.read_set({"keys": [jwk]})


def test_two_keys_of_one_name_are_not_trusted() -> None:
    with pytest.raises(publickeys.BadKey):
        publickeys.read_set({"keys": [_jwk("ec", kid="same"), _jwk("ed", kid="same")]})
