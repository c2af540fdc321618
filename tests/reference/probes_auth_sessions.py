"""Each defect of presenting tokens, refreshing and sessions is seen with the defect on, and not with it off."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import RSAAlgorithm

from tests.reference.defect_platform import TRUSTED, Platform, User, encode, forge, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw


def header(on: Platform, value: str) -> int:
    """The status of getMe with an Authorization header."""
    return on.call("GET", "/auth/me", headers=[("Authorization", value)]).status


def renewed(on: Platform, user: User) -> User:
    """The user with the next tokens."""
    told = on.renew(user.refresh).body
    return User(user.email, user.password, told["access_token"], told["refresh_token"])


@flaw("auth.user-from-unverified-token")
def user_from_unverified_token(on: Platform) -> bool:
    token = on.user().access.rpartition(".")[0] + ".AAAA"
    assert on.me(token) == 401
    return on.call("GET", "/auth/sessions", token=token).status == 200


@flaw("auth.bearer-removed-anywhere")
def bearer_removed_anywhere(on: Platform) -> bool:
    token = on.user().access
    assert header(on, f"Basic {token}") == 401
    twice = header(on, f"Bearer Bearer {token}")
    assert twice == header(on, f"{token[:9]}Bearer {token[9:]}")
    return twice == 200


@flaw("auth.first-of-two-headers")
def first_of_two_headers(on: Platform) -> bool:
    two = [("Authorization", f"Bearer {on.user().access}"), ("Authorization", "Bearer other")]
    return on.call("GET", "/auth/me", headers=two).status == 200


@flaw("auth.lower-case-scheme-refused")
def lower_case_scheme_refused(on: Platform) -> bool:
    return header(on, f"bearer {on.user().access}") == 401


@flaw("auth.token-in-query")
def token_in_query(on: Platform) -> bool:
    token = on.user().access
    assert on.call("GET", f"/auth/me?access_token={token}").status == 401
    return on.call("GET", f"/auth/verify?access_token={token}").status == 200


@flaw("auth.refresh-token-as-access")
def refresh_token_as_access(on: Platform) -> bool:
    token = on.user().refresh
    assert on.me(token) == 401
    return on.call("GET", "/auth/session", token=token).status == 200


@flaw("auth.access-token-as-refresh")
def access_token_as_refresh(on: Platform) -> bool:
    return on.renew(on.user().access).status == 200


@flaw("auth.challenge-missing")
def challenge_missing(on: Platform) -> bool:
    session = "/auth/sessions/11111111-1111-4111-8111-111111111111"
    assert "WWW-Authenticate" in on.call("DELETE", session).headers
    assert "WWW-Authenticate" in on.call("GET", "/auth/sessions", token="x").headers
    return "WWW-Authenticate" not in on.call("DELETE", session, token="x").headers


@flaw("auth.wrong-audience-forbidden")
def wrong_audience_forbidden(on: Platform) -> bool:
    return on.me(forge(on.user(), aud="other")) == 403


@flaw("auth.lacking-right-unauthorised")
def lacking_right_unauthorised(on: Platform) -> bool:
    return on.call("POST", "/auth/keys/rotate", token=on.user().access).status == 401


@flaw("auth.expiry-told")
def expiry_told(on: Platform) -> bool:
    token = forge(on.user(), exp=int(time.time()) - 60)
    return "expired" in on.call("GET", "/auth/me", token=token).headers["WWW-Authenticate"]


@flaw("auth.token-echoed")
def token_echoed(on: Platform) -> bool:
    token = "malformed-token-of-somebody"
    assert on.me(token) == 401
    return token in on.call("GET", "/auth/me", token=token).text


@flaw("auth.sub-in-query")
def sub_in_query(on: Platform) -> bool:
    user = on.user()
    assert on.me(forge(user, sub="x")) == 401
    accepted = on.me(forge(user, sub="' OR 1=1--")) == 200
    assert accepted == (on.me(forge(user, sub="'")) == 500)
    return accepted


def encrypted(on: Platform, content: str) -> str:
    """A JWE of whatever content, to the first published key."""
    jwk = on.call("GET", "/.well-known/jwks.json").body["keys"][0]
    key = RSAAlgorithm.from_jwk(jwk)
    assert isinstance(key, rsa.RSAPublicKey)
    header = encode(
        json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", "kid": jwk["kid"]}).encode()
    )
    secret, nonce = os.urandom(32), os.urandom(12)
    wrapped = key.encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    sealed = AESGCM(secret).encrypt(nonce, content.encode(), header.encode())
    return ".".join((header, *map(encode, (wrapped, nonce, sealed[:-16], sealed[-16:]))))


@flaw("auth.encrypted-token-believed")
def encrypted_token_believed(on: Platform) -> bool:
    unsigned = forge(on.user(), header={"alg": "none", "kid": None}).rpartition(".")[0] + "."
    assert on.me(unsigned) == 401
    return on.me(encrypted(on, unsigned)) == 200


@flaw("auth.refresh-reuse-unnoticed")
def refresh_reuse_unnoticed(on: Platform) -> bool:
    user = on.user()
    newer = renewed(on, user)
    assert on.renew(user.refresh).status == 401
    return on.renew(newer.refresh).status == 200


@flaw("auth.refresh-reuse-leaves-access")
def refresh_reuse_leaves_access(on: Platform) -> bool:
    user = on.user()
    newer = renewed(on, user)
    assert on.me(newer.access) == 200
    assert on.renew(user.refresh).status == 401
    assert on.renew(newer.refresh).status == 401
    return on.call("GET", "/auth/verify", token=newer.access).status == 200


@flaw("auth.refresh-reuse-ends-all")
def refresh_reuse_ends_all(on: Platform) -> bool:
    user = on.user()
    other = on.log_in(user)
    renewed(on, user)
    assert on.renew(user.refresh).status == 401
    return on.me(other.access) == 401


@flaw("auth.refresh-race")
def refresh_race(on: Platform) -> bool:
    with ThreadPoolExecutor(16) as pool:
        for _ in range(5):
            statuses = [answer.status for answer in pool.map(on.renew, [on.user().refresh] * 16)]
            if statuses.count(200) > 1:
                return True
    return False


@flaw("auth.refresh-slides", refresh_token_lifetime=4)
def refresh_slides(on: Platform) -> bool:
    user = on.user()
    time.sleep(2.0)
    user = renewed(on, user)
    time.sleep(2.5)
    return on.renew(user.refresh).status == 200


@flaw("auth.refresh-lost-on-restart")
def refresh_lost_on_restart(on: Platform) -> bool:
    user = on.user()
    on.control("auth", "restart")
    assert on.me(user.access) == 200
    return on.renew(user.refresh).status == 401


@flaw("auth.refresh-token-in-clear")
def refresh_token_in_clear(on: Platform) -> bool:
    token = on.user().refresh
    return any(token in row for row in on.rows("SELECT token_hash FROM auth_refresh_tokens"))


@flaw("auth.confirmation-token-in-clear")
def confirmation_token_in_clear(on: Platform) -> bool:
    email = f"clear-{time.time_ns()}@example.test"
    on.sign_up(email, "a password of some length")
    token = on.mailed_token(email)
    return any(token in row for row in on.rows("SELECT token_hash FROM auth_verification_tokens"))


@flaw("auth.logout-leaves-access")
def logout_leaves_access(on: Platform) -> bool:
    user = on.user()
    assert on.renew(user.refresh).status == 200
    assert on.call("POST", "/auth/logout", token=user.access).status == 204
    return on.me(user.access) == 200


@flaw("auth.logout-everywhere-forgets-one")
def logout_everywhere_forgets_one(on: Platform) -> bool:
    oldest = on.user()
    other, asking = on.log_in(oldest), on.log_in(oldest)
    assert on.call("POST", "/auth/logout/all", token=asking.access).status == 204
    assert (on.me(other.access), on.me(asking.access)) == (401, 401)
    return on.me(oldest.access) == 200


def other_session(on: Platform, asking: User) -> str:
    """The id of a session that is not the one that asks."""
    listed = on.call("GET", "/auth/sessions", token=asking.access).body["sessions"]
    return str(next(one["id"] for one in listed if not one["current"]))


@flaw("auth.ended-session-returns")
def ended_session_returns(on: Platform) -> bool:
    user = on.user()
    asking = on.log_in(user)
    session = other_session(on, asking)
    assert on.call("DELETE", f"/auth/sessions/{session}", token=asking.access).status == 204
    assert on.me(user.access) == 401
    on.control("session-store", "restart")
    assert wait_for(lambda: on.call("GET", "/health/ready").status == 200, 10.0)
    time.sleep(1.1)
    return on.me(user.access) == 200


@flaw("auth.validate-ignores-session")
def validate_ignores_session(on: Platform) -> bool:
    user = on.user()
    on.call("POST", "/auth/logout", token=user.access)
    assert on.me(user.access) == 401
    return bool(on.call("POST", "/auth/validate", {"token": user.access}).body["valid"])


@flaw("auth.sessions-of-others-listed")
def sessions_of_others_listed(on: Platform) -> bool:
    on.user()
    return len(on.call("GET", "/auth/sessions", token=on.user().access).body["sessions"]) > 1


@flaw("auth.stranger-ends-session")
def stranger_ends_session(on: Platform) -> bool:
    user, stranger = on.user(), on.user()
    path = f"/auth/sessions/{user.claims['sid']}"
    status = on.call("DELETE", path, token=stranger.access).status
    assert (status == 204) == (on.me(user.access) == 401)
    return status == 204


@flaw("auth.session-limit-off-by-one", session_limit=2)
def session_limit_off_by_one(on: Platform) -> bool:
    first = on.user()
    on.log_in(first)
    on.log_in(first)
    at_three = on.me(first.access)
    on.log_in(first)
    assert on.me(first.access) == 401
    return at_three == 200


@flaw("auth.session-ids-from-the-clock")
def session_ids_from_the_clock(on: Platform) -> bool:
    first, second = on.user().claims["sid"], on.user().claims["sid"]
    return bool(first[9:] == second[9:])


@flaw("auth.open-without-postgres")
def open_without_postgres(on: Platform) -> bool:
    user = on.user()
    forged = forge(user, sid="11111111-1111-4111-8111-111111111111", key=TRUSTED["RS256"])
    assert on.me(forged) == 401
    on.control("database", "stop")
    try:
        return on.call("GET", "/auth/verify", token=forged).status == 200
    finally:
        on.control("database", "start")
        assert wait_for(lambda: on.call("GET", "/health/ready").status == 200, 10.0)
