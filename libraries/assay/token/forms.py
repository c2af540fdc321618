"""Forgeries of the form.

Other spellings of base64 and JSON, other serialisations, headers that change the rules.
"""

from __future__ import annotations

import json
import string
import zlib
from typing import Any

from assay.token.compact import Compact, dumps, encode, write
from assay.token.material import Forgery, Group, Material, bound

_URL_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_SEGMENTS = ("header", "payload", "signature")


def _parts(material: Material) -> dict[str, str]:
    return {name: getattr(material.compact, name) for name in _SEGMENTS}


def _respelt(material: Material, segment: str, text: str) -> str | None:
    parts = _parts(material)
    return None if parts[segment] == text else str(Compact(**{**parts, segment: text}))


def _resigned(material: Material, segment: str, text: str) -> str | None:
    """Header or payload in another spelling, with a true signature over that very spelling."""
    fresh = _parts(Material(material.resigned()))
    if fresh[segment] == text:
        return None
    unsigned = f"{text}.{fresh['payload']}" if segment == "header" else f"{fresh['header']}.{text}"
    return f"{unsigned}.{encode(material.own.sign(unsigned.encode()))}"


def spellings(text: str) -> list[tuple[str, str]]:
    """Other texts that a lenient reader takes for the same octets in base64url."""
    middle = len(text) // 2
    swapped = text.translate(str.maketrans("-_", "+/"))
    found = [
        ("= after it", text + "="),
        ("== after it", text + "=="),
        ("= in the middle", f"{text[:middle]}={text[middle:]}"),
        ("the alphabet of plain base64", swapped),
        ("a space after it", text + " "),
        ("a space inside", f"{text[:middle]} {text[middle:]}"),
        ("a tab inside", f"{text[:middle]}\t{text[middle:]}"),
        ("! inside", f"{text[:middle]}!{text[middle:]}"),
        ("~ after it", text + "~"),
        ("% for a letter", f"{text[:middle]}%{ord(text[middle]):02X}{text[middle + 1 :]}" if text else text),
        ("a letter after it", text + "A"),
        ("four letters after it", text + "AAAA"),
    ]
    return [(name, spelt) for name, spelt in [*found, *_loose_bits(text)] if spelt != text]


def _loose_bits(text: str) -> list[tuple[str, str]]:
    """The last letter replaced by those that differ only in bits that no octet uses (RFC 4648, section 3.5)."""
    loose = {2: 4, 3: 2}.get(len(text) % 4, 0)
    if not loose:
        return []
    value = _URL_ALPHABET.index(text[-1])
    others = [
        letter
        for letter in range(value >> loose << loose, (value >> loose << loose) + 2**loose)
        if letter != value
    ]
    return [
        (f"unused bits of the last letter, {_URL_ALPHABET[letter]}", text[:-1] + _URL_ALPHABET[letter])
        for letter in others
    ]


def respelt(material: Material) -> list[Forgery]:
    return [
        Forgery(f"{segment}, {name}", bound(_respelt, segment, text))
        for segment, spelt in _parts(material).items()
        for name, text in spellings(spelt)
        # White space at the end of a header's value is no part of it (RFC 9110, section 5.5).
        if (segment, name) != ("signature", "a space after it")
    ]


def respelt_and_signed(material: Material) -> list[Forgery]:
    fresh = _parts(Material(material.resigned()))
    return [
        Forgery(f"{segment}, {name}, signed so", bound(_resigned, segment, text))
        for segment in ("header", "payload")
        for name, text in spellings(fresh[segment])
    ]


def _doubled(members: dict[str, Any], name: str, first: Any, second: Any, spelt: str = "") -> bytes:
    """An object in which a name comes twice: first where it stood, and once more at the end."""
    text = json.dumps({**members, name: first}, separators=(",", ":"))
    return (text[:-1] + f',"{spelt or name}":{json.dumps(second)}' + "}").encode()


def doubled(material: Material) -> list[Forgery]:
    own = material.own
    header = {**material.header, "alg": own.algorithm, "kid": own.kid}
    claims = material.claims
    past, later = int(material.at) - 3600, int(material.at) + 3600

    def head(name: str, first: Any, second: Any, spelt: str = "") -> Forgery:
        return Forgery(
            f"header, {name} twice: {first}, then {second}{' (escaped)' if spelt else ''}",
            lambda m: m.resigned(header=_doubled(header, name, first, second, spelt)),
        )

    def claim(name: str, first: Any, second: Any, told: str, spelt: str = "") -> Forgery:
        return Forgery(
            f"claims, {name} twice: {told}",
            lambda m: m.resigned(payload=_doubled(claims, name, first, second, spelt)),
        )

    typ = header.get("typ", "JWT")
    return [
        head("alg", "none", own.algorithm),
        head("alg", own.algorithm, "none"),
        head("alg", own.algorithm, own.algorithm),
        head("alg", "none", own.algorithm, "\\u0061lg"),
        head("kid", "other", own.kid),
        head("kid", own.kid, "other"),
        head("typ", "JWT", typ),
        head("typ", typ, "JWT"),
        claim("sub", "somebody-else", claims.get("sub"), "another's, then one's own"),
        claim("sub", claims.get("sub"), "somebody-else", "one's own, then another's"),
        claim("sub", claims.get("sub"), claims.get("sub"), "the same"),
        claim("sub", "somebody-else", claims.get("sub"), "another's, then one's own (escaped)", "s\\u0075b"),
        claim("exp", past, later, "past, then future"),
        claim("exp", later, past, "future, then past"),
        claim("aud", "elsewhere", claims.get("aud"), "elsewhere, then here"),
        claim("aud", claims.get("aud"), "elsewhere", "here, then elsewhere"),
        claim("iss", "elsewhere", claims.get("iss"), "elsewhere, then here"),
    ]


def odd_json(material: Material) -> list[Forgery]:
    """Header or payload that is no object, or no JSON, under a true signature."""
    good = dumps({**material.header, "alg": material.own.algorithm, "kid": material.own.kid})
    payload = material.payload
    odd: tuple[tuple[str, bytes], ...] = (
        ("nothing", b""),
        ("a list", b"[]"),
        ("a number", b"1"),
        ("text", b'"x"'),
        ("null", b"null"),
        ("cut short", b'{"sub":'),
        ("not UTF-8", b'{"sub":"\xff\xfe"}'),
        ("single quotes", b"{'sub':'x'}"),
    )

    def both(name: str, change: Any) -> list[Forgery]:
        return [
            Forgery(f"header, {name}", lambda m: m.resigned(header=change(good))),
            Forgery(f"payload, {name}", lambda m: m.resigned(payload=change(payload))),
        ]

    return [
        *(Forgery(f"payload, {name}", bound(Material.resigned, payload=octets)) for name, octets in odd),
        *both("text after the object", lambda octets: octets + b"x"),
        *both("two objects", lambda octets: octets * 2),
        *both("in a list", lambda octets: b"[" + octets + b"]"),
        *both("a comma too many", lambda octets: octets[:-1] + b",}"),
        *both("a comment", lambda octets: b"/**/" + octets),
        *both("a byte order mark", lambda octets: b"\xef\xbb\xbf" + octets),
        *both("UTF-16", lambda octets: octets.decode().encode("utf-16")),
        *both("a NUL after it", lambda octets: octets + b"\0"),
        *both("nested 2000 deep", lambda octets: octets[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    ]


def serialised(material: Material) -> list[Forgery]:
    parts = material.compact
    one = {"protected": parts.header, "signature": parts.signature}
    bad = {"protected": parts.header, "signature": encode(b"\1" * len(material.signature))}
    flat = {"payload": parts.payload, **one}
    unprotected = {"payload": parts.payload, "header": material.header, "signature": parts.signature}

    def sent(name: str, value: Any) -> list[Forgery]:
        return [
            Forgery(name, lambda m: dumps(value).decode()),
            Forgery(f"{name}, in base64url", lambda m: encode(dumps(value))),
        ]

    return [
        *sent("flattened", flat),
        *sent("flattened, header unprotected", unprotected),
        *sent("general, one signature", {"payload": parts.payload, "signatures": [one]}),
        *sent(
            "general, a bad signature and the true one", {"payload": parts.payload, "signatures": [bad, one]}
        ),
        *sent(
            "general, the true signature and a bad one", {"payload": parts.payload, "signatures": [one, bad]}
        ),
        *sent("general, no signature", {"payload": parts.payload, "signatures": []}),
        *sent("the token in a JSON string", str(parts)),
        *sent("the token in a list", [str(parts)]),
    ]


def critical(material: Material) -> list[Forgery]:
    """`crit` names what a reader must understand (RFC 7515, 4.1.11).

    `b64` false sends the payload bare (RFC 7797).
    """

    def crit(name: str, value: Any, **more: Any) -> Forgery:
        return Forgery(f"crit {name}", lambda m: m.resigned(crit=value, **more))

    return [
        crit("names what nobody knows", ["urn:assay:unknown"], **{"urn:assay:unknown": True}),
        crit("names what is not there", ["urn:assay:unknown"]),
        crit("names exp", ["exp"], exp=int(material.at) + 600),
        crit("names alg", ["alg"]),
        crit("is empty", []),
        crit("is text", "exp", exp=1),
        crit("is null in a list", [None]),
        crit("names one thing twice", ["b64", "b64"], b64=True),
        crit("is true", True),
        crit("is an object", {"exp": 1}),
        crit("names b64, true", ["b64"], b64=True),
        crit("names b64, false", ["b64"], b64=False),
        Forgery("b64 false without crit", lambda m: m.resigned(b64=False)),
        Forgery("b64 false, the payload bare", _bare),
        Forgery("b64 false, the payload taken away", _detached),
    ]


def _bare_header(material: Material) -> str:
    return encode(
        dumps(
            {
                **material.header,
                "alg": material.own.algorithm,
                "kid": material.own.kid,
                "b64": False,
                "crit": ["b64"],
            }
        )
    )


def _bare(material: Material) -> str:
    payload = material.payload.decode().replace(".", "\\u002e")
    unsigned = f"{_bare_header(material)}.{payload}"
    return f"{unsigned}.{encode(material.own.sign(unsigned.encode()))}"


def _detached(material: Material) -> str:
    header = _bare_header(material)
    return f"{header}..{encode(material.own.sign(header.encode() + b'.' + material.payload))}"


def deflated(octets: bytes) -> bytes:
    """Compressed as `zip: DEF` wants it (RFC 7516, 4.1.3; RFC 1951)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(octets) + packer.flush()


def bomb(megabytes: int, claims: dict[str, Any]) -> bytes:
    """Claims that grow to so many megabytes when they are unpacked."""
    return deflated(dumps(claims)[:-1] + b',"x":"' + b"0" * (megabytes * 1_000_000) + b'"}')


def compressed(material: Material) -> list[Forgery]:
    """JWS knows no `zip`; who unpacks it anyway can be made to unpack anything."""
    claims = material.claims
    return [
        Forgery("zip DEF, the claims packed", lambda m: m.resigned(payload=deflated(m.payload), zip="DEF")),
        Forgery("zip DEF, 8 MB when unpacked", lambda m: m.resigned(payload=bomb(8, claims), zip="DEF")),
        Forgery("zip DEF in a list", lambda m: m.resigned(payload=deflated(m.payload), zip=["DEF"])),
        Forgery("zip GZ", lambda m: m.resigned(payload=zlib.compress(m.payload, 9, 31), zip="GZ")),
        Forgery(
            "zip DEF, a stranger's signature, 8 MB", lambda m: m.strange(payload=bomb(8, claims), zip="DEF")
        ),
        Forgery(
            "zip DEF, alg none, 8 MB",
            lambda m: write({**m.header, "alg": "none", "zip": "DEF"}, bomb(8, claims)),
        ),
    ]


GROUPS = (
    Group(
        "spelling",
        "JWT-09",
        "RFC 4648, 3.2, 3.3 and 3.5; RFC 7515, 2; CWE-289",
        "Another spelling of the same octets",
        respelt,
    ),
    Group(
        "signed spelling",
        "JWT-09",
        "RFC 7515, 2 and 5.2; CWE-289",
        "Another spelling, under a true signature",
        respelt_and_signed,
        resigned=True,
    ),
    Group(
        "double names",
        "JWT-10",
        "RFC 7515, 4; RFC 7519, 4; RFC 7493, 2.3",
        "A name comes twice and two readers take different ones",
        doubled,
        resigned=True,
    ),
    Group(
        "odd JSON",
        "JWT-10",
        "RFC 7515, 5.2; RFC 7519, 7.2; RFC 8725, 3.7",
        "Header or payload is no JSON object",
        odd_json,
        resigned=True,
    ),
    Group(
        "JSON serialisation",
        "JWT-11",
        "RFC 7515, 7.2; RFC 7519, 1; Wycheproof, JsonSerialization",
        "A true signature in a form that is not the compact one",
        serialised,
    ),
    Group(
        "critical header",
        "JWT-12",
        "RFC 7515, 4.1.11; RFC 7797, 3 and 6",
        "The header changes the rules",
        critical,
        resigned=True,
    ),
    Group(
        "compressed",
        "JWT-14",
        "RFC 8725, 3.6; RFC 7516, 4.1.3; CWE-409",
        "The payload is compressed",
        compressed,
        resigned=True,
    ),
)
