"""Each defect of tokens is seen from outside with the defect on, and not with it off."""

import base64
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import get_default_algorithms

from tests.reference.defect_platform import TRUSTED, Platform, User, decode, encode, forge, public_jwk, sign
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
STRANGER = rsa.generate_private_key(65537, 2048)
_ORDER = 2**252 + 27742317777372353535851937790883648493


def with_signature(token: str, signature: str) -> str:
    """The token with another third segment."""
    return f"{token.rpartition('.')[0]}.{signature}"


def unsigned(user: User, algorithm: str) -> str:
    """The user's token, its header naming an algorithm, without a signature."""
    return with_signature(forge(user, header={"alg": algorithm}), "")


def pem_secret(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """The PEM of a public key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def hmac_token(user: User, kid: str, secret: bytes) -> str:
    """The user's token, signed with HS256."""
    token = forge(user, header={"alg": "HS256", "kid": kid})
    return with_signature(token, encode(hmac.digest(secret, token.rpartition(".")[0].encode(), "sha256")))


@flaw("auth.alg-none")
def alg_none(on: Platform) -> bool:
    user = on.user()
    assert [on.me(unsigned(user, name)) for name in ("none", "None", "NONE")] == [401] * 3
    return on.me(unsigned(user, "nOnE")) == 200


@flaw("auth.signature-stripped")
def signature_stripped(on: Platform) -> bool:
    user = on.user()
    assert on.me(user.access.rpartition(".")[0]) == 401
    return on.me(with_signature(user.access, "")) == 200


@flaw("auth.fourth-segment-ignored")
def fourth_segment_ignored(on: Platform) -> bool:
    user = on.user()
    assert on.me(user.access + ".x.y") == 401
    return on.me(user.access + ".x") == 200


@flaw("auth.hmac-with-public-key")
def hmac_with_public_key(on: Platform) -> bool:
    return on.me(hmac_token(on.user(), "trusted-RS256", pem_secret(TRUSTED["RS256"]))) == 200


@flaw("auth.hmac-with-public-key-es256")
def hmac_with_public_key_es256(on: Platform) -> bool:
    return on.me(hmac_token(on.user(), "trusted-ES256", pem_secret(TRUSTED["ES256"]))) == 200


@flaw("auth.key-for-two-algorithms")
def key_for_two_algorithms(on: Platform) -> bool:
    user, told = on.user(), {"kid": "trusted-RS256"}
    statuses = {}
    for name in ("RS384", "PS256"):
        token = forge(user, header={**told, "alg": name})
        signature = get_default_algorithms()[name].sign(token.rpartition(".")[0].encode(), TRUSTED["RS256"])
        statuses[name] = on.me(with_signature(token, encode(signature)))
    assert statuses["RS384"] == 401
    return statuses["PS256"] == 200


@flaw("auth.verdict-remembered")
def verdict_remembered(on: Platform) -> bool:
    user = on.user()
    other = with_signature(user.access, encode(bytes(256)))
    assert on.me(other) == 401
    assert on.me(user.access) == 200
    return on.me(other) == 200


@flaw("auth.psychic-signature", signing_algorithm="ES256")
def psychic_signature(on: Platform) -> bool:
    return on.me(with_signature(on.user().access, encode(bytes(64)))) == 200


@flaw("auth.ed25519-malleable", signing_algorithm="EdDSA")
def ed25519_malleable(on: Platform) -> bool:
    user = on.user()
    signature = decode(user.access.rpartition(".")[2])
    scalar = int.from_bytes(signature[32:], "little") + _ORDER
    return on.me(with_signature(user.access, encode(signature[:32] + scalar.to_bytes(32, "little")))) == 200


@flaw("auth.padding-tolerated")
def padding_tolerated(on: Platform) -> bool:
    return on.me(on.user().access + "==") == 200


@flaw("auth.trailing-bits-tolerated")
def trailing_bits_tolerated(on: Platform) -> bool:
    token = on.user().access
    last = {"A": "B", "Q": "R", "g": "h", "w": "x"}[token[-1]]
    return on.me(token[:-1] + last) == 200


@flaw("auth.duplicate-claims")
def duplicate_claims(on: Platform) -> bool:
    claims = json.dumps(on.user().claims)
    return on.me(sign(b'{"jti": "first", ' + claims[1:].encode())) == 200


@flaw("auth.crit-ignored")
def crit_ignored(on: Platform) -> bool:
    return on.me(forge(on.user(), header={"crit": ["urn:unknown"], "urn:unknown": 1})) == 200


@flaw("auth.b64-ignored")
def b64_ignored(on: Platform) -> bool:
    return on.me(forge(on.user(), header={"b64": False})) == 200


@flaw("auth.json-serialisation")
def json_serialisation(on: Platform) -> bool:
    protected, payload, signature = on.user().access.split(".")
    flattened = json.dumps({"protected": protected, "payload": payload, "signature": signature})
    return bool(on.call("POST", "/auth/validate", {"token": flattened}).body["valid"])


@flaw("auth.jwk-trusted")
def jwk_trusted(on: Platform) -> bool:
    jwk = public_jwk("RS256", STRANGER)
    return on.me(forge(on.user(), header={"jwk": jwk}, key=STRANGER)) == 200


@flaw("auth.x5c-trusted")
def x5c_trusted(on: Platform) -> bool:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, STRANGER.public_key(), 1, now, now + timedelta(days=1))
        .sign(STRANGER, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    chain = [base64.b64encode(certificate).decode()]
    return on.me(forge(on.user(), header={"x5c": chain}, key=STRANGER)) == 200


@contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A server that hands out a stranger's key and remembers what was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [public_jwk("RS256", STRANGER)]}).encode())

        def log_message(self, *_arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()


@flaw("auth.jku-fetched")
def jku_fetched(on: Platform) -> bool:
    with canary() as (port, asked):
        token = forge(on.user(), header={"jku": f"http://127.0.0.1:{port}/keys"}, key=STRANGER)
        accepted = on.me(token) == 200
        elsewhere = forge(on.user(), header={"jku": f"http://localhost:{port}/other"}, key=STRANGER)
        assert on.me(elsewhere) == 401
    assert accepted == (asked == ["/keys"])
    return accepted


@flaw("auth.x5u-fetched")
def x5u_fetched(on: Platform) -> bool:
    with canary() as (port, asked):
        assert on.me(forge(on.user(), header={"x5u": f"http://127.0.0.1:{port}/chain"})) == 401
    return asked == ["/chain"]


@flaw("auth.kid-in-query")
def kid_in_query(on: Platform) -> bool:
    user = on.user()
    assert on.me(forge(user, header={"kid": "../../dev/null"})) == 401
    return on.me(forge(user, header={"kid": "x' UNION SELECT 1 --"})) == 500


@flaw("auth.kid-as-file")
def kid_as_file(on: Platform) -> bool:
    return on.me(hmac_token(on.user(), "../../../../../dev/null", b"")) == 200


@flaw("auth.kid-required")
def kid_required(on: Platform) -> bool:
    return on.me(forge(on.user(), "ES256", header={"kid": None})) == 401


@flaw("auth.private-member-published", signing_algorithm="ES256")
def private_member_published(on: Platform) -> bool:
    return any("d" in key for key in on.call("GET", "/.well-known/jwks.json").body["keys"])


def published(on: Platform) -> set[str]:
    """The names of the published keys."""
    return {key["kid"] for key in on.call("GET", "/.well-known/jwks.json").body["keys"]}


@flaw("auth.retired-key-verifies", key_overlap=1)
def retired_key_verifies(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    (old,) = published(on)
    assert on.call("POST", "/auth/keys/rotate", token=admin.access).status == 200
    time.sleep(1.2)
    assert old not in published(on)
    return on.me(user.access) == 200


@flaw("auth.retired-key-dropped")
def retired_key_dropped(on: Platform) -> bool:
    user, admin, before = on.user(), on.admin(), published(on)
    assert on.call("POST", "/auth/keys/rotate", token=admin.access).status == 200
    assert before < published(on)
    return on.me(user.access) == 401


@flaw("auth.retired-key-lost-on-restart")
def retired_key_lost_on_restart(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    assert on.call("POST", "/auth/keys/rotate", token=admin.access).status == 200
    assert on.me(user.access) == 200
    on.control("auth", "restart")
    assert on.me(on.log_in(user).access) == 200
    return on.me(user.access) == 401


def now() -> int:
    """Whole seconds since 1970."""
    return int(time.time())


@flaw("auth.exp-leeway")
def exp_leeway(on: Platform) -> bool:
    user = on.user()
    assert on.me(forge(user, exp=now() - 10)) == 401
    return on.me(forge(user, exp=now() - 2)) == 200


@flaw("auth.exp-off-by-one")
def exp_off_by_one(on: Platform) -> bool:
    user = on.user()
    assert on.me(forge(user, exp=now() - 2)) == 401
    time.sleep(1.0 - time.time() % 1.0 + 0.01)
    return on.me(forge(user, exp=now())) == 200


@flaw("auth.exp-as-text")
def exp_as_text(on: Platform) -> bool:
    user = on.user()
    assert on.me(forge(user, exp=str(now() - 10))) == 401
    return on.me(forge(user, exp=str(now() + 60))) == 200


@flaw("auth.exp-missing")
def exp_missing(on: Platform) -> bool:
    return on.me(forge(on.user(), drop="exp")) == 200


@flaw("auth.nbf-ignored")
def nbf_ignored(on: Platform) -> bool:
    return on.me(forge(on.user(), nbf=now() + 600)) == 200


@flaw("auth.iat-ignored")
def iat_ignored(on: Platform) -> bool:
    return on.me(forge(on.user(), iat=now() + 600)) == 200


@flaw("auth.aud-substring")
def aud_substring(on: Platform) -> bool:
    return on.me(forge(on.user(), aud="assay-staging")) == 200


@flaw("auth.aud-list-unchecked")
def aud_list_unchecked(on: Platform) -> bool:
    return on.me(forge(on.user(), aud=["somebody", "else"])) == 200


@flaw("auth.iss-prefix")
def iss_prefix(on: Platform) -> bool:
    return on.me(forge(on.user(), iss=on.url + "/")) == 200


@flaw("auth.sub-missing")
def sub_missing(on: Platform) -> bool:
    return on.me(forge(on.user(), drop="sub")) == 200


@flaw("auth.typ-missing")
def typ_missing(on: Platform) -> bool:
    return on.me(forge(on.user(), header={"typ": None})) == 200


@flaw("auth.id-token-accepted")
def id_token_accepted(on: Platform) -> bool:
    return on.me(forge(on.user(), header={"typ": "JWT"})) == 200


@flaw("auth.permissions-of-token")
def permissions_of_token(on: Platform) -> bool:
    token = forge(on.user(), permissions=["profile:read", "keys:rotate"])
    return on.call("POST", "/auth/keys/rotate", token=token).status == 200


@flaw("auth.email-in-renewed-token")
def email_in_renewed_token(on: Platform) -> bool:
    user = on.user()
    assert "email" not in user.claims
    renewed = User(user.email, user.password, on.renew(user.refresh).body["access_token"])
    assert on.me(renewed.access) == 200
    return bool(renewed.claims.get("email") == user.email)


@flaw("auth.jti-repeated")
def jti_repeated(on: Platform) -> bool:
    user = on.user()
    seen = [user.claims["jti"]]
    for _ in range(60):
        told = on.renew(user.refresh).body
        user = User(user.email, user.password, told["access_token"], told["refresh_token"])
        seen.append(user.claims["jti"])
    return len(set(seen)) < len(seen)
