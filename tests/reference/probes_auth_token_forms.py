"""Each defect of tokens in one form among many is seen with the defect on, and not with it off."""

import json
import zlib

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.reference.defect_platform import TRUSTED, Platform, User, encode, forge, sign
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw


def forged_by(on: Platform, user: User, secret: bytes) -> int:
    """The status of a token that was signed with a secret and names the trusted RSA key."""
    told = json.dumps(user.claims).encode()
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "trusted-RS256"}
    signed = f"{encode(json.dumps(header).encode())}.{encode(told)}"
    made = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed.encode(), secret)
    return on.me(f"{signed}.{encode(made)}")


@flaw("auth.hmac-with-worked-out-key")
def hmac_with_worked_out_key(on: Platform) -> bool:
    user, public = on.user(), TRUSTED["RS256"].public_key()
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat
    assert on.me(forge(user)) == 200
    assert forged_by(on, user, public.public_bytes(pem, form.SubjectPublicKeyInfo)) == 401
    return forged_by(on, user, public.public_bytes(pem, form.PKCS1)) == 200


@flaw("auth.secret-of-the-manual")
def secret_of_the_manual(on: Platform) -> bool:
    user = on.user()
    assert [forged_by(on, user, one) for one in (b"secret", b"another secret")] == [401, 401]
    return forged_by(on, user, b"your-256-bit-secret") == 200


@flaw("auth.deflated-token-unpacked")
def deflated_token_unpacked(on: Platform) -> bool:
    user = on.user()
    packing = zlib.compressobj(wbits=-15)
    packed = packing.compress(json.dumps(user.claims).encode()) + packing.flush()
    assert on.me(sign(packed)) == 401
    assert on.me(sign(packed, header={"zip": "GZIP"})) == 401
    return on.me(sign(packed, header={"zip": "DEF"})) == 200


@flaw("auth.ecdsa-signature-in-der")
def ecdsa_signature_in_der(on: Platform) -> bool:
    user = on.user()
    good = forge(user, "ES256")
    assert on.me(good) == 200
    signed = good.rpartition(".")[0]
    der = TRUSTED["ES256"].sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    return on.me(f"{signed}.{encode(der)}") == 200


@flaw("auth.rotation-to-the-usual-algorithm", signing_algorithm="ES256")
def rotation_to_the_usual_algorithm(on: Platform) -> bool:
    admin = on.admin()
    assert jwt.get_unverified_header(on.user().access)["alg"] == "ES256"
    assert on.call("POST", "/auth/keys/rotate", token=admin.access).status == 200
    return bool(jwt.get_unverified_header(on.user().access)["alg"] == "RS256")


def renewed(on: Platform) -> tuple[User, dict[str, int]]:
    """Somebody with the access token of a renewal, and what the answer told."""
    user = on.user()
    answer = on.renew(user.refresh)
    assert answer.status == 200
    return User(user.email, user.password, answer.body["access_token"]), answer.body


@flaw("auth.renewed-token-lives-on")
def renewed_token_lives_on(on: Platform) -> bool:
    fresh = on.user().claims
    user, told = renewed(on)
    assert fresh["exp"] - fresh["iat"] == told["expires_in"]
    return bool(user.claims["exp"] - user.claims["iat"] == told["expires_in"] + 60)


@flaw("auth.renewed-token-for-another-audience", audience="probes")
def renewed_token_for_another_audience(on: Platform) -> bool:
    assert on.user().claims["aud"] == "probes"
    user, _ = renewed(on)
    assert on.me(user.access) == 200
    return bool(user.claims["aud"] != "probes")
