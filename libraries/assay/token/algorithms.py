"""Forgeries of the algorithm.

None, HMAC with nothing, a public key taken for a secret, another algorithm of the same key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from assay.token import keys
from assay.token.compact import decode, dumps, encode, write
from assay.token.keys import Public
from assay.token.material import Forgery, Group, Material, bound

_HMACS = ("HS256", "HS384", "HS512")
_NOTHINGS: tuple[tuple[str, Any], ...] = (
    ("none", "none"),
    ("None", "None"),
    ("NONE", "NONE"),
    ("nOnE", "nOnE"),
    ("NoNe", "NoNe"),
    ("nonE", "nonE"),
    ("nULL", "nULL"),
    ("null as text", "null"),
    ("empty text", ""),
    ("a space", " "),
    ("none and a space", "none "),
    ("none and NUL", "none\0"),
    ("none with a line feed", "none\n"),
    ("none in a list", ["none"]),
    ("null", None),
    ("the number 0", 0),
    ("false", False),
    ("an empty list", []),
    ("an empty object", {}),
)


def none(material: Material) -> list[Forgery]:
    def unsigned(algorithm: Any) -> Forgery:
        return Forgery(
            f"alg {algorithm[0]}, no signature", lambda m: write({**m.header, "alg": algorithm[1]}, m.payload)
        )

    without = {name: value for name, value in material.header.items() if name != "alg"}
    return [
        *map(unsigned, _NOTHINGS),
        Forgery("no alg, no signature", lambda m: write(without, m.payload)),
        Forgery("no alg, the signature kept", lambda m: write(without, m.payload, m.signature)),
        Forgery(
            "alg none, the signature kept",
            lambda m: write({**m.header, "alg": "none"}, m.payload, m.signature),
        ),
        Forgery(
            "alg none, a made up signature",
            lambda m: write({**m.header, "alg": "none"}, m.payload, b"signed"),
        ),
        Forgery("alg none, two segments", lambda m: write({**m.header, "alg": "none"}, m.payload)[:-1]),
        Forgery("alg none and nothing else in the header", lambda m: write({"alg": "none"}, m.payload)),
    ]


#: NULs are no other keys: HMAC fills short keys up with them (RFC 2104, section 2).
_BLANKS = (
    ("an empty key", b""),
    ("a space", b" "),
    ("a line feed", b"\n"),
    ("the word null", b"null"),
    ("the word None", b"None"),
    ("the word undefined", b"undefined"),
    ("the word nil", b"nil"),
    ("the word false", b"false"),
    ("the digit 0", b"0"),
    ("an empty text, quoted", b'""'),
)


def blank(material: Material) -> list[Forgery]:
    return [
        Forgery(f"{algorithm} with {name}", bound(Material.hmaced, secret, algorithm))
        for algorithm in _HMACS
        for name, secret in (_BLANKS if algorithm == "HS256" else _BLANKS[:3])
    ]


def encodings(jwk: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Every spelling of a public key that a careless verifier may hold in its hands, as octets."""
    public = keys.read(jwk)
    yield from _pem_forms(
        "SPKI",
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
    yield (
        "SPKI, DER",
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
    if isinstance(public, rsa.RSAPublicKey):
        yield from _pem_forms(
            "PKCS #1", public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
        )
        yield (
            "PKCS #1, DER",
            public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1),
        )
    yield from _jwk_forms(jwk)
    yield from _number_forms(public, jwk)


def _pem_forms(name: str, pem: bytes) -> Iterator[tuple[str, bytes]]:
    lines = pem.decode().strip().splitlines()
    yield f"{name}, PEM", pem
    yield f"{name}, PEM without the last line feed", pem.rstrip(b"\n")
    yield f"{name}, PEM with CR LF", pem.replace(b"\n", b"\r\n")
    yield f"{name}, PEM in one line", "".join(lines).encode()
    yield f"{name}, PEM with \\n written out", "\\n".join(lines).encode()
    yield f"{name}, the base64 inside the PEM", "".join(lines[1:-1]).encode()


def _jwk_forms(jwk: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    needed = {name: jwk[name] for name in sorted(jwk) if name in ("crv", "e", "kty", "n", "x", "y")}
    yield "JWK as published", dumps(jwk)
    yield "JWK with spaces", json.dumps(jwk).encode()
    yield "JWK, what its thumbprint is made of", dumps(needed)
    yield "JWK set of the one key", dumps({"keys": [jwk]})
    if kid := jwk.get("kid"):
        yield "the key's kid", str(kid).encode()


def _number_forms(public: Public, jwk: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    if isinstance(public, rsa.RSAPublicKey):
        modulus = public.public_numbers().n
        octets = modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
        yield "modulus in decimal digits", str(modulus).encode()
        yield "modulus with a sign octet", b"\0" + octets
        yield from _octet_forms("modulus", octets)
        return
    name = "x" if isinstance(public, ec.EllipticCurvePublicKey) else "public key"
    yield from _octet_forms(name, decode(jwk["x"]))
    if isinstance(public, ec.EllipticCurvePublicKey):
        formats = serialization.PublicFormat
        point = public.public_bytes(serialization.Encoding.X962, formats.UncompressedPoint)
        yield "point, compressed", public.public_bytes(serialization.Encoding.X962, formats.CompressedPoint)
        yield "point without its first octet", point[1:]
        yield from _octet_forms("point", point)


def _octet_forms(name: str, octets: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{name}, octets", octets
    yield f"{name}, octets backwards", octets[::-1]
    yield f"{name} in base64url", encode(octets).encode()
    yield f"{name} in base64", base64.b64encode(octets)
    yield f"{name} in hexadecimal", octets.hex().encode()
    yield f"{name} in capital hexadecimal", octets.hex().upper().encode()


def confusion(material: Material) -> list[Forgery]:
    forms = list(encodings(material.jwk))
    first = [(name, secret) for name, secret in forms if name.startswith(("SPKI, ", "JWK as"))]
    return [
        Forgery(f"{algorithm} with {name}", bound(Material.hmaced, secret, algorithm))
        for algorithm in _HMACS
        for name, secret in (forms if algorithm == "HS256" else first)
    ]


def siblings(material: Material) -> list[Forgery]:
    """The trusted key used, properly, with the other algorithms that its type can do."""
    private = material.own.private
    if isinstance(private, rsa.RSAPrivateKey):
        others = [name for name in keys.ALGORITHMS if name[:2] in ("RS", "PS")]
    elif isinstance(private, ed25519.Ed25519PrivateKey):
        others = []
    else:
        others = list(keys.CURVES)
    own = material.own.algorithm
    return [
        *(
            Forgery(f"{other} with the {own} key", bound(Material.resigned, alg=other, algorithm=other))
            for other in others
            if other != own
        ),
        *(
            Forgery(f"header {other}, signed by {own}", bound(Material.resigned, alg=other))
            for other in (*keys.ALGORITHMS, "ES256K", "Ed448", "HS256")
            if other != own
        ),
        Forgery("alg in small letters", lambda m: m.resigned(alg=own.lower())),
        Forgery("alg with a space after it", lambda m: m.resigned(alg=own + " ")),
        Forgery("alg in a list", lambda m: m.resigned(alg=[own])),
    ]


GROUPS = (
    Group(
        "none",
        "JWT-01",
        "jwt_tool -X a; RFC 8725, 3.2; WSTG-SESS-10",
        "The header says that nothing was signed",
        none,
    ),
    Group(
        "blank secret",
        "JWT-03",
        "jwt_tool -X b (CVE-2020-28042 beside it)",
        "An HMAC whose secret everyone knows: there is none",
        blank,
    ),
    Group(
        "public key as secret",
        "JWT-05",
        "CVE-2016-10555; jwt_tool -X k; RFC 8725, 2.1",
        "The header asks for HMAC, so that the public key becomes the secret",
        confusion,
    ),
    Group(
        "sibling algorithm",
        "JWT-06",
        "RFC 8725, 3.1",
        "One key serves one algorithm; all else about the token is right",
        siblings,
        resigned=True,
    ),
)
