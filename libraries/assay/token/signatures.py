"""Forgeries of the signature: left out, all zero, bent so that the arithmetic still holds, one bit off."""

from __future__ import annotations

import base64
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from assay.token import keys
from assay.token.compact import Compact, encode, write
from assay.token.material import Forgery, Group, Material, bound

#: Orders of the curves (SEC 2, version 2.0) and of the base point of Ed25519 (RFC 8032, section 5.1).
ORDERS = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    "ES512": int("1FF" + "F" * 63 + "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
}
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def stripped(material: Material) -> list[Forgery]:
    def form(name: str, template: str) -> Forgery:
        return Forgery(
            name,
            lambda m: (
                template.replace("h", "{h}")
                .replace("p", "{p}")
                .replace("s", "{s}")
                .format(h=m.compact.header, p=m.compact.payload, s=m.compact.signature)
            ),
        )

    return [
        form(name, template)
        for name, template in (
            ("signature empty", "h.p."),
            ("third segment missing", "h.p"),
            ("header alone", "h"),
            ("payload missing", "h.s"),
            ("payload empty", "h..s"),
            ("header empty", ".p.s"),
            ("header and payload empty", "..s"),
            ("three empty segments", ".."),
            ("fourth segment empty", "h.p.s."),
            ("four segments", "h.p.s.s"),
            ("five segments", "h.p.s.s.s"),
            ("six segments", "h.p.s.s.s.s"),
            ("signature in the fourth segment", "h.p..s"),
            ("first segment empty", ".h.p.s"),
            ("segments in another order", "p.h.s"),
            ("payload alone", "p"),
            ("payload twice", "h.p.p.s"),
            ("signature is the payload", "h.p.p"),
            ("commas between segments", "h,p,s"),
            ("no dots", "hps"),
        )
    ]


def psychic(material: Material) -> list[Forgery]:
    own = material.algorithm if material.algorithm in keys.CURVES else "ES256"
    made = []
    for algorithm in (own, *(name for name in keys.CURVES if name != own)):
        order, size = ORDERS[algorithm], keys.CURVES[algorithm][2]
        numbers = {"0": 0, "1": 1, "n - 1": order - 1, "n": order, "n + 1": order + 1}
        pairs = [(r, s) for r in numbers for s in numbers] if algorithm == own else [("0", "0"), ("n", "n")]
        for r, s in pairs:
            if algorithm == "ES512" and max(numbers[r], numbers[s]).bit_length() > 8 * size:
                continue
            octets = numbers[r].to_bytes(size, "big") + numbers[s].to_bytes(size, "big")
            made.append(_by(algorithm, f"r = {r}, s = {s}", octets))
        made.append(_by(algorithm, "r = s = 0 in DER", encode_dss_signature(0, 0)))
        made.append(_by(algorithm, "one zero octet", b"\0"))
        made.append(_by(algorithm, "zeros of half the length", bytes(size)))
    return made


def _by(algorithm: str, name: str, signature: bytes) -> Forgery:
    return Forgery(
        f"{algorithm}, {name}", lambda m: write({**m.header, "alg": algorithm}, m.payload, signature)
    )


def malleable(material: Material) -> list[Forgery]:
    """An Ed25519 signature is R and S.

    S plus a multiple of the order is the same number to careless arithmetic.
    """

    def plus(times: int) -> Forgery:
        def make(m: Material) -> str | None:
            scalar = int.from_bytes(m.signature[32:], "little") + times * ED25519_ORDER
            return _with(m, m.signature[:32] + scalar.to_bytes(32, "little")) if scalar < 2**256 else None

        return Forgery(f"S plus {times} times the order", make)

    identity = (1).to_bytes(32, "little")
    return [
        *(plus(times) for times in range(1, 16)),
        Forgery(
            "S with its highest bit set",
            lambda m: _with(m, m.signature[:63] + bytes([m.signature[63] | 0x80])),
        ),
        Forgery("S = 0", lambda m: _with(m, m.signature[:32] + bytes(32))),
        Forgery("S = the order", lambda m: _with(m, m.signature[:32] + ED25519_ORDER.to_bytes(32, "little"))),
        Forgery("R the neutral element, S = 0", lambda m: _with(m, identity + bytes(32))),
        Forgery("R of low order, S = 0", lambda m: _with(m, bytes(64))),
        Forgery(
            "R with its sign bit turned",
            lambda m: _with(m, m.signature[:31] + bytes([m.signature[31] ^ 0x80]) + m.signature[32:]),
        ),
        Forgery("all ones", lambda m: _with(m, b"\xff" * 64)),
        Forgery("an octet too many", lambda m: _with(m, m.signature + b"\0")),
        Forgery("an octet too few", lambda m: _with(m, m.signature[:-1])),
    ]


def reencoded(material: Material) -> list[Forgery]:
    """The true numbers of an ECDSA signature, written as other protocols do.

    JWS takes one form alone: r and s as octets of the curve's length, one after the other (RFC 7518, section 3.4).
    """
    size = keys.CURVES[material.algorithm][2]

    def numbers(m: Material) -> tuple[int, int]:
        return int.from_bytes(m.signature[:size], "big"), int.from_bytes(m.signature[size:], "big")

    def octets(m: Material, order: Literal["big", "little"] = "big", length: int = size) -> bytes:
        return b"".join(number.to_bytes(length, order) for number in numbers(m))

    def der(m: Material) -> bytes:
        return encode_dss_signature(*numbers(m))

    return [
        Forgery(name, bound(lambda m, form: _with(m, form(m)), form))
        for name, form in (
            ("DER (RFC 3279)", der),
            ("DER with an octet after it", lambda m: der(m) + b"\0"),
            ("DER in Base64", lambda m: base64.b64encode(der(m))),
            ("DER in hexadecimal", lambda m: der(m).hex().encode()),
            ("r and s in hexadecimal", lambda m: m.signature.hex().encode()),
            ("r and s in Base64", lambda m: base64.b64encode(m.signature)),
            ("the least octet first", lambda m: octets(m, "little")),
            ("an octet of zeros before each number", lambda m: octets(m, length=size + 1)),
            ("two octets of zeros before each number", lambda m: octets(m, length=size + 2)),
            ("as long as for a larger curve", lambda m: octets(m, length=max(size + 3, 66))),
            ("s before r", lambda m: m.signature[size:] + m.signature[:size]),
        )
    ]


def _with(material: Material, signature: bytes) -> str:
    return f"{material.compact.header}.{material.compact.payload}.{encode(signature)}"


def _flipped(octets: bytes, bit: int) -> bytes:
    position, inside = divmod(bit, 8)
    return octets[:position] + bytes([octets[position] ^ (1 << inside)]) + octets[position + 1 :]


def _sweep(segment: str, material: Material) -> list[Forgery]:
    """One bit of each octet turned, another one at each position; of the first and last octet every bit."""
    octets = {
        "header": _raw(material.compact.header),
        "payload": material.payload,
        "signature": material.signature,
    }[segment]
    last = len(octets) - 1
    bits = [8 * position + (3 * position) % 8 for position in range(1, last)]
    bits += [8 * position + inside for position in {0, last} for inside in range(8)]
    return [
        Forgery(
            f"{segment}, octet {bit // 8}, bit {bit % 8}",
            bound(_replaced, segment, encode(_flipped(octets, bit))),
        )
        for bit in sorted(bits)
    ]


def _raw(segment: str) -> bytes:
    from assay.token.compact import decode

    return decode(segment)


def _replaced(material: Material, segment: str, text: str) -> str:
    parts = {
        "header": material.compact.header,
        "payload": material.compact.payload,
        "signature": material.compact.signature,
    }
    return str(Compact(**{**parts, segment: text}))


def header_bits(material: Material) -> list[Forgery]:
    return _sweep("header", material)


def payload_bits(material: Material) -> list[Forgery]:
    return _sweep("payload", material)


def signature_bits(material: Material) -> list[Forgery]:
    return _sweep("signature", material)


def borrowed(material: Material) -> list[Forgery]:
    """Signatures that are true, but of something else."""
    stranger = material.stranger()
    return [
        Forgery(
            "another user's signature",
            lambda m: _with(m, Material(m.sibling).signature) if m.sibling else None,
        ),
        Forgery("a stranger's signature", lambda m: m.strange(stranger)),
        Forgery(
            "a stranger's signature under a stranger's kid", lambda m: m.strange(stranger, kid=stranger.kid)
        ),
        Forgery(
            "signature of the payload alone", lambda m: _with(m, stranger.sign(m.compact.payload.encode()))
        ),
        Forgery("signature cut by one octet", lambda m: _with(m, m.signature[:-1])),
        Forgery("signature cut to its first half", lambda m: _with(m, m.signature[: len(m.signature) // 2])),
        Forgery("signature with a leading zero octet", lambda m: _with(m, b"\0" + m.signature)),
        Forgery("signature with a trailing zero octet", lambda m: _with(m, m.signature + b"\0")),
        Forgery("signature all zeros", lambda m: _with(m, bytes(len(m.signature)))),
        Forgery("signature all ones", lambda m: _with(m, b"\xff" * len(m.signature))),
        Forgery("signature backwards", lambda m: _with(m, m.signature[::-1])),
        Forgery("signature of one octet", lambda m: _with(m, b"\1")),
    ]


GROUPS = (
    Group(
        "stripped",
        "JWT-02",
        "jwt_tool -X n; RFC 7515, 5.2",
        "A part is missing or there are too many",
        stripped,
    ),
    Group(
        "psychic",
        "JWT-04",
        "CVE-2022-21449; jwt_tool -X p",
        "Numbers that make the equation of ECDSA hold for any message when their range is not checked",
        psychic,
    ),
    Group(
        "header bits",
        "JWT-08",
        "RFC 7515, 5.2; ASVS 5.0, 9.1.1",
        "One bit of the header is turned",
        header_bits,
    ),
    Group(
        "payload bits",
        "JWT-08",
        "RFC 7515, 5.2; ASVS 5.0, 9.1.1",
        "One bit of the payload is turned",
        payload_bits,
    ),
    Group(
        "signature bits",
        "JWT-08",
        "RFC 7515, 5.2; ASVS 5.0, 9.1.1",
        "One bit of the signature is turned",
        signature_bits,
    ),
    Group(
        "borrowed signature", "JWT-08", "RFC 7515, 5.2", "The signature belongs to something else", borrowed
    ),
    Group(
        "malleable",
        "JWT-17",
        "RFC 8032, 5.1.7 and 8.4; Wycheproof, Ed25519",
        "A second signature is made from the first without the key",
        malleable,
    ),
    Group(
        "reencoded signature",
        "JWT-16",
        "RFC 7518, 3.4; Wycheproof, ECDSA in P1363",
        "The numbers of the signature are written in another form",
        reencoded,
    ),
)
