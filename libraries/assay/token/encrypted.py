"""Encrypted tokens (RFC 7516) where signed ones are expected: whoever has the public key can make them."""

from __future__ import annotations

import os
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from assay.token import keys
from assay.token.compact import dumps, encode, write
from assay.token.forms import bomb, deflated
from assay.token.material import Forgery, Group, Material, bound

_ENC = "A256GCM"
_SECRET = b"thirty-two octets, known to all."


def sealed(header: dict[str, Any], wrapped: bytes, secret: bytes, content: bytes) -> str:
    """The five segments of an encrypted token."""
    head = encode(dumps(header))
    nonce = os.urandom(12)
    box = AESGCM(secret).encrypt(nonce, content, head.encode())
    return ".".join((head, encode(wrapped), encode(nonce), encode(box[:-16]), encode(box[-16:])))


def direct(content: bytes, secret: bytes = _SECRET, **header: Any) -> str:
    """Encrypted with a secret shared beforehand (`dir`)."""
    return sealed({"alg": "dir", "enc": _ENC, **header}, b"", secret, content)


def to_rsa(public: rsa.RSAPublicKey, content: bytes, algorithm: str = "RSA-OAEP", **header: Any) -> str:
    """Encrypted to an RSA key by RSA-OAEP, RSA-OAEP-256 or RSA1_5."""
    digest = hashes.SHA256() if algorithm.endswith("256") else hashes.SHA1()
    scheme: padding.AsymmetricPadding = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm == "RSA1_5":
        scheme = padding.PKCS1v15()
    secret = os.urandom(32)
    return sealed({"alg": algorithm, "enc": _ENC, **header}, public.encrypt(secret, scheme), secret, content)


def to_curve(public: ec.EllipticCurvePublicKey, content: bytes, **header: Any) -> str:
    """Encrypted to a key on a curve by ECDH-ES, direct agreement (RFC 7518, section 4.6)."""
    ours = ec.generate_private_key(public.curve)
    info = struct.pack(">I", len(_ENC)) + _ENC.encode() + struct.pack(">II", 0, 0) + struct.pack(">I", 256)
    secret = ConcatKDFHash(hashes.SHA256(), 32, info).derive(ours.exchange(ec.ECDH(), public))
    return sealed(
        {"alg": "ECDH-ES", "enc": _ENC, "epk": keys.public_members(ours.public_key()), **header},
        b"",
        secret,
        content,
    )


def _to_key(material: Material, content: bytes, **header: Any) -> list[tuple[str, str]]:
    """The content encrypted in each way that the platform's own public key allows."""
    public = keys.read(material.jwk)
    kid = material.header.get("kid")
    made = [
        ("dir, a secret that everyone knows", direct(content, kid=kid, **header)),
        ("dir, the start of the public key", direct(content, _start(public), kid=kid, **header)),
    ]
    if isinstance(public, rsa.RSAPublicKey):
        made += [
            (name, to_rsa(public, content, name, kid=kid, **header))
            for name in ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5")
        ]
    if isinstance(public, ec.EllipticCurvePublicKey):
        made.append(("ECDH-ES", to_curve(public, content, kid=kid, **header)))
    return made


def _start(public: keys.Public) -> bytes:
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)[
        -32:
    ]


def _as_is(material: Material, token: str) -> str:
    return token


def nested(material: Material) -> list[Forgery]:
    plain = write({"alg": "none", "typ": material.header.get("typ", "JWT")}, material.payload).encode()
    weak = material.hmaced(b"secret").encode()
    insides: tuple[tuple[str, bytes, dict[str, Any]], ...] = (
        ("a token with alg none", plain, {"cty": "JWT"}),
        ("a token with alg none, typ kept", plain, {"typ": "at+jwt", "cty": "JWT"}),
        ("claims without a signature", material.payload, {"typ": material.header.get("typ", "JWT")}),
        ("a token with a weak HMAC", weak, {"cty": "JWT"}),
        ("the true token", material.token.encode(), {"cty": "JWT"}),
    )
    return [
        *(
            Forgery(f"{way}, inside {name}", bound(_as_is, token))
            for name, inside, header in insides
            for way, token in _to_key(material, inside, **header)
        ),
        Forgery(
            "five segments with alg none",
            lambda m: f"{write({'alg': 'none', 'enc': 'none'}, b'')}..{encode(m.payload)}.",
        ),
        Forgery("the true token with two segments more", lambda m: f"{m.compact}.AA.AA"),
    ]


def bombs(material: Material) -> list[Forgery]:
    claims = material.claims
    return [
        Forgery(f"{way}, {name}", bound(_as_is, token))
        for name, inside in (
            ("8 MB when unpacked", bomb(8, claims)),
            ("the claims packed", deflated(dumps(claims))),
        )
        for way, token in _to_key(material, inside, zip="DEF")
    ]


GROUPS = (
    Group(
        "encrypted",
        "JWT-13",
        "RFC 8725, 2.3 and 3.3; RFC 7519, 5.2 and 7.2",
        "An encrypted token where a signed one is expected; inside, nothing is signed",
        nested,
    ),
    Group(
        "encrypted and compressed",
        "JWT-14",
        "RFC 8725, 3.6; RFC 7516, 4.1.3; CWE-409",
        "An encrypted token that grows when it is unpacked",
        bombs,
    ),
)
