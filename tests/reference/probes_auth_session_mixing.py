"""Each defect of sessions and their tokens in one case among many is seen with the defect on, and not with it off."""

import base64
import time

import redis

from tests.reference.defect_platform import Platform, User, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw


def renewed(on: Platform, user: User) -> User:
    """The user with the tokens that a renewal gives."""
    answer = on.renew(user.refresh)
    assert answer.status == 200, answer.text
    return User(user.email, user.password, answer.body["access_token"], answer.body["refresh_token"])


def kept(on: Platform) -> str:
    """Everything in the session store, names and values."""
    client = redis.Redis.from_url(on.ready["observes"]["redis"]["url"], decode_responses=True)
    names = list(client.scan_iter("*"))
    texts = [client.get(name) for name in names if client.type(name) == "string"]
    return " ".join(str(one) for one in (*names, *texts))


@flaw("auth.log-in-joins-the-device")
def log_in_joins_the_device(on: Platform) -> bool:
    user = on.user()
    one, other, third = on.log_in(user, "phone"), on.log_in(user, "phone"), on.log_in(user, "desk")
    assert len({user.claims["sid"], one.claims["sid"], third.claims["sid"]}) == 3
    return bool(one.claims["sid"] == other.claims["sid"])


@flaw("auth.renewed-into-the-newest")
def renewed_into_the_newest(on: Platform) -> bool:
    user = on.user()
    again = renewed(on, user)
    assert again.claims["sid"] == user.claims["sid"]
    newer = on.log_in(user)
    last = renewed(on, again)
    assert last.claims["sub"] == user.claims["sub"]
    return bool(last.claims["sid"] == newer.claims["sid"])


@flaw("auth.refresh-again-until-successor")
def refresh_again_until_successor(on: Platform) -> bool:
    gone = on.user()
    assert on.renew(renewed(on, gone).refresh).status == 200
    assert on.renew(gone.refresh).status == 401
    user = on.user()
    renewed(on, user)
    return on.renew(user.refresh).status == 200


@flaw("auth.refresh-token-tells-whose")
def refresh_token_tells_whose(on: Platform) -> bool:
    user = on.user()
    beginning = user.claims["sid"][:8]
    assert not user.refresh.startswith(beginning)
    later = renewed(on, renewed(on, user))
    return later.refresh.startswith(beginning)


@flaw("auth.log-out-by-device")
def log_out_by_device(on: Platform) -> bool:
    user = on.user()
    one, same, other = (on.log_in(user, name) for name in ("phone", "phone", "desk"))
    assert on.call("POST", "/auth/logout", token=one.access).status == 204
    assert [on.me(each.access) for each in (one, other, user)] == [401, 200, 200]
    return on.me(same.access) == 401


@flaw("auth.log-out-by-expired-token", access_token_lifetime=2)
def log_out_by_expired_token(on: Platform) -> bool:
    user = on.user()
    assert on.call("POST", "/auth/logout", token=user.access + "A").status == 401
    assert wait_for(lambda: on.me(user.access) == 401, 5.0)
    status = on.call("POST", "/auth/logout", token=user.access).status
    assert (status, on.renew(user.refresh).status) in ((204, 401), (401, 200))
    return status == 204


@flaw("auth.others-last-used-at-their-beginning")
def others_last_used_at_their_beginning(on: Platform) -> bool:
    user = on.user()
    looking = on.log_in(user)
    time.sleep(0.1)
    again = renewed(on, user)

    def used(token: str) -> bool:
        listed = on.call("GET", "/auth/sessions", token=token).body["sessions"]
        this = next(one for one in listed if one["id"] == user.claims["sid"])
        return bool(this["last_activity"] > this["created_at"])

    assert used(again.access)
    return not used(looking.access)


@flaw("auth.changed-password-readable")
def changed_password_readable(on: Platform) -> bool:
    user, new = on.user(), "another word for the same"
    body = {"current_password": user.password, "new_password": new}
    assert on.call("POST", "/auth/password", body, user.access).status == 204
    assert user.password not in kept(on)
    return base64.b64encode(new.encode()).decode() in kept(on)


@flaw("auth.validated-token-kept")
def validated_token_kept(on: Platform) -> bool:
    user, other = on.user(), on.user()
    assert on.me(other.access) == 200
    assert on.call("POST", "/auth/validate", {"token": user.access}).body["valid"]
    assert other.access not in kept(on)
    return user.access in kept(on)
