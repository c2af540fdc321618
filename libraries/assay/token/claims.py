"""Forgeries of the claims: the signature is by a trusted key and holds; one claim is wrong."""

from __future__ import annotations

import math
from typing import Any

from assay.token.compact import dumps
from assay.token.material import Forgery, Group, Material, bound

_MISSING = object()

#: One forgery for each claim, by group and name: to compare what is answered to each.
EACH = (
    ("expiry", "exp a day ago"),
    ("beginning", "nbf in a day"),
    ("issuer", "iss of a stranger"),
    ("audience", "aud of another service"),
    ("subject", "sub of nobody"),
    ("session", "sid of no session"),
    ("type", "typ JWT"),
)


def _one(name: str, told: str, value: Any, accepted: bool = False) -> Forgery:
    if value is _MISSING:
        return Forgery(f"{name} {told}", lambda m: m.claiming(name), accepted=accepted)
    return Forgery(f"{name} {told}", lambda m: m.claiming(**{name: value}), accepted=accepted)


def _written(name: str, told: str, text: str) -> Forgery:
    """A claim whose JSON is written by hand, for numbers that Python would not write so."""

    def make(material: Material) -> str:
        rest = {key: value for key, value in material.claims.items() if key != name}
        return material.resigned(payload=dumps(rest)[:-1] + f',"{name}":{text}'.encode() + b"}")

    return Forgery(f"{name} {told}", make)


def _not_dates(name: str, at: float) -> list[Forgery]:
    later = str(int(at) + 3600)
    return [
        _one(name, "as text", later),
        _one(name, "as an ISO date", "2099-01-01T00:00:00Z"),
        _one(name, "as an empty text", ""),
        _one(name, "in a list", [int(later)]),
        _one(name, "in an object", {"value": int(later)}),
        _one(name, "true", True),
        _one(name, "null", None),
        _written(name, "1e400", "1e400"),
        _written(name, "NaN", "NaN"),
        _written(name, "Infinity", "Infinity"),
        _written(name, "-1e400", "-1e400"),
        _written(name, "in hexadecimal", "0x7fffffff"),
    ]


def expiry(material: Material) -> list[Forgery]:
    now = int(material.at)
    return [
        _one("exp", "missing", _MISSING),
        _one("exp", "a day ago", now - 86400),
        _one("exp", "a second ago", now - 1),
        _one("exp", "now", now),
        _one("exp", "0", 0),
        _one("exp", "negative", -1),
        _one("exp", "a fraction, past", now - 0.5),
        _one("exp", "very negative", -(2**63)),
        _one("exp", "in a minute", now + 60, accepted=True),
        *_not_dates("exp", material.at),
    ]


def beginning(material: Material) -> list[Forgery]:
    now = int(material.at)
    return [
        _one("nbf", "a second ago", now - 1, accepted=True),
        _one("nbf", "in ten seconds", now + 10),
        _one("nbf", "in a day", now + 86400),
        _one("nbf", "a fraction, future", now + 10.5),
        _one("iat", "in ten seconds", now + 10),
        _one("iat", "in a day", now + 86400),
        *(one for one in (*_not_dates("nbf", material.at), *_not_dates("iat", material.at))),
    ]


def issuer(material: Material) -> list[Forgery]:
    own = str(material.claims.get("iss", ""))
    return [
        _one("iss", told, value)
        for told, value in (
            ("missing", _MISSING),
            ("empty", ""),
            ("null", None),
            ("a number", 1),
            ("in a list", [own]),
            ("in a list with another", [own, "x"]),
            ("in an object", {"iss": own}),
            ("of a stranger", "https://stranger.example"),
            ("with a slash after it", own + "/"),
            ("with a space after it", own + " "),
            ("in capitals", own.upper()),
            ("without its last letter", own[:-1]),
            ("with more after it", own + ".stranger.example"),
            ("with a path after it", own + "/tenant"),
            ("with NUL after it", own + "\0"),
            ("as a user name", f"{own}@stranger.example"),
            ("a wildcard", "*"),
        )
        if value != own
    ]


def audience(material: Material) -> list[Forgery]:
    own = material.claims.get("aud", "")
    first = own[0] if isinstance(own, list) and own else str(own)
    return [
        *(
            _one("aud", told, value)
            for told, value in (
                ("missing", _MISSING),
                ("empty", ""),
                ("an empty list", []),
                ("null", None),
                ("a number", 1),
                ("true", True),
                ("in an object", {first: True}),
                ("of another service", "elsewhere"),
                ("a list of others", ["elsewhere", "nowhere"]),
                ("in a list of lists", [[first]]),
                ("with more after it", first + "-2"),
                ("with a space after it", first + " "),
                ("without its last letter", first[:-1]),
                ("in capitals", first.upper()),
                ("the issuer", material.claims.get("iss")),
                ("a wildcard", "*"),
                ("with a comma", f"elsewhere,{first}"),
                ("of another environment", first + ".staging"),
            )
        ),
        _one("aud", "a list of the one", [first], accepted=True),
    ]


def subject(material: Material) -> list[Forgery]:
    own = str(material.claims.get("sub", ""))
    return [
        _one("sub", told, value)
        for told, value in (
            ("missing", _MISSING),
            ("empty", ""),
            ("null", None),
            ("a number", 1),
            ("true", True),
            ("in a list", [own]),
            ("in an object", {"sub": own}),
            ("with a space after it", own + " "),
            ("of nobody", "00000000-0000-4000-8000-000000000000"),
            ("without its last letter", own[:-1]),
            ("with NUL after it", own + "\0"),
        )
    ]


#: Subjects that mean something to a database, a file system or a header (RFC 8725, 3.10).
HOSTILE: tuple[tuple[str, Any], ...] = (
    ("SQL, always true", "' OR 1=1-- "),
    ("SQL, a union", "x' UNION SELECT id FROM auth_users-- "),
    ("SQL, a pause", "'; SELECT pg_sleep(3)-- "),
    ("SQL, LIKE", "%"),
    ("NoSQL, not equal", {"$ne": None}),
    ("NoSQL, a pattern", {"$regex": ".*"}),
    ("a path", "../../../../etc/passwd"),
    ("CR LF", "x\r\nX-Injected: 1"),
    ("NUL", "\0"),
    ("a template", "{{7*7}}"),
    ("JNDI", "${jndi:ldap://127.0.0.1/x}"),
    ("LDAP", "*)(uid=*))(|(uid=*"),
    ("a shell", "$(sleep 3)"),
    ("a cache key", "*\r\nFLUSHALL\r\n"),
    ("a pattern of keys", "session:*"),
    ("10 kB", "u" * 10_000),
    ("a lone surrogate", "\ud800"),
    ("a number beyond 64 bits", 2**70),
    ("a list of users", ["a", "b"]),
    ("a float", 1e308),
    ("minus one", -1),
)


def hostile(material: Material) -> list[Forgery]:
    own = str(material.claims.get("sub", ""))
    made = [_one("sub", told, value) for told, value in HOSTILE]
    made += [
        _one("sub", "one's own and SQL", own + "' OR '1'='1"),
        _one("sub", "one's own and CR LF", own + "\r\nx"),
    ]
    return made + [_one("sid", told, value) for told, value in HOSTILE[:12] if "sid" in material.claims]


def kinds(material: Material) -> list[Forgery]:
    """Tokens that the same issuer signs for another purpose, presented as access tokens (RFC 8725, 2.8 and 3.11)."""
    now = int(material.at)

    def made(name: str, typ: Any, **claims: Any) -> Forgery:
        return Forgery(name, lambda m: m.resigned(payload={**m.claims, **claims}, typ=typ))

    return [
        made("an ID token", "JWT", aud="client", nonce="n", auth_time=now, at_hash="x"),
        made("an ID token for this audience", "JWT", nonce="n", auth_time=now),
        made("an ID token by type", "id+jwt"),
        made("a refresh token by type", "refresh+jwt"),
        made("a refresh token by type, rt", "rt+jwt"),
        made("a refresh token by claim and type", "JWT", token_type="refresh"),
        made("a refresh token by claim, short", "JWT", type="refresh"),
        made(
            "a logout token", "logout+jwt", events={"http://schemas.openid.net/event/backchannel-logout": {}}
        ),
        made("a security event", "secevent+jwt", events={}),
        made("an authorization request", "oauth-authz-req+jwt"),
        made("a client assertion", "client-authentication+jwt"),
        made("a proof of possession", "dpop+jwt", htm="GET", htu="x"),
        made("a token introspection answer", "token-introspection+jwt"),
        made("a key binding", "kb+jwt"),
        made("a password reset token", "reset+jwt", purpose="password-reset"),
        made("a mail verification token", "verification+jwt"),
        made("a service token", "service+jwt", token_type="service"),
    ]


def types(material: Material) -> list[Forgery]:
    own = str(material.header.get("typ", ""))
    return [
        *(
            Forgery(f"typ {told}", bound(Material.resigned, typ=value))
            for told, value in (
                ("missing", None),
                ("JWT", "JWT"),
                ("empty", ""),
                ("JOSE", "JOSE"),
                ("with a space after it", own + " "),
                ("with a parameter", own + ";v=1"),
                ("with more before it", "x-" + own),
                ("text/", "text/" + own),
                ("in a list", [own]),
                ("true", True),
                ("a number", 1),
                ("an object", {"typ": own}),
                ("the start of it", own[:-1]),
            )
        ),
        Forgery(
            "typ null",
            lambda m: m.resigned({**m.header, "alg": m.own.algorithm, "kid": m.own.kid, "typ": None}),
        ),
        Forgery(
            "typ in the claims instead", lambda m: m.resigned(payload={**m.claims, "typ": own}, typ=None)
        ),
    ]


def sessions(material: Material) -> list[Forgery]:
    """The session that a token belongs to, where a platform names it (OpenID Connect Back-Channel Logout, 2.1).

    A token need not name one, and one that does not belongs to whomever it is about.
    """
    if "sid" not in material.claims:
        return []
    other = Material(material.sibling).claims if material.sibling else {}
    made = [
        _one("sid", told, value)
        for told, value in (
            ("missing", _MISSING),
            ("empty", ""),
            ("null", None),
            ("of no session", "00000000-0000-4000-8000-000000000000"),
            ("in a list", [material.claims.get("sid")]),
        )
    ]
    if other:
        made += [
            _one("sid", "of another user", other.get("sid")),
            _one("sub", "of another user", other.get("sub")),
        ]
    return made


def edge(material: Material, leeway: int) -> list[Forgery]:
    """Times one second to either side of the leeway; made and sent within a second."""
    before, after = math.floor(material.at), math.ceil(material.at)
    return [
        # The first, since it is good for a second only.
        _one("exp", "not yet beyond the leeway", after - leeway + 1, accepted=True),
        _one("exp", f"{leeway} s ago", before - leeway),
        _one("exp", f"{leeway + 1} s ago", before - leeway - 1),
        _one("nbf", f"in {leeway} s", before + leeway, accepted=True),
        _one("nbf", f"in {leeway + 3} s", after + leeway + 2),
        _one("iat", f"in {leeway} s", before + leeway, accepted=True),
        _one("iat", f"in {leeway + 3} s", after + leeway + 2),
    ]


GROUPS = (
    Group(
        "expiry",
        "JWT-27",
        "RFC 7519, 4.1.4; ASVS 5.0, 9.2.1",
        "It has ended, or does not say when it ends",
        expiry,
        resigned=True,
    ),
    Group(
        "beginning",
        "JWT-27",
        "RFC 7519, 4.1.5 and 4.1.6",
        "It is not valid yet, or says so in no number",
        beginning,
        resigned=True,
    ),
    Group(
        "issuer", "JWT-28", "RFC 9068, 4; RFC 8725, 3.8", "Somebody else has issued it", issuer, resigned=True
    ),
    Group(
        "audience",
        "JWT-28",
        "RFC 9068, 4; RFC 8725, 3.9; ASVS 5.0, 9.2.3",
        "It is meant for somebody else",
        audience,
        resigned=True,
    ),
    Group("subject", "JWT-28", "RFC 9068, 2.2; RFC 8725, 3.8", "It is about nobody", subject, resigned=True),
    Group(
        "session",
        "JWT-28",
        "OpenID Connect Back-Channel Logout 1.0, 2.1; CWE-613",
        "It belongs to no session of this user",
        sessions,
        resigned=True,
    ),
    Group(
        "token kind",
        "JWT-29",
        "RFC 8725, 2.8, 3.11 and 3.12; ASVS 5.0, 9.2.2",
        "It was made for another purpose",
        kinds,
        resigned=True,
    ),
    Group(
        "type",
        "JWT-31",
        "RFC 9068, 4; RFC 8725, 3.11",
        "Its type is not that of an access token",
        types,
        resigned=True,
    ),
    Group(
        "hostile claim",
        "JWT-33",
        "RFC 8725, 3.10; CWE-89, CWE-943, CWE-22, CWE-93",
        "A claim is an attack on whoever uses it",
        hostile,
        resigned=True,
    ),
)
