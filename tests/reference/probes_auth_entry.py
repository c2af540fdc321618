"""Each defect of sign-up and log-in for some texts and people is seen with the defect on, and not with it off."""

import secrets
import time

from tests.reference.defect_platform import Platform, wait_for
from tests.reference.defect_probes import Probes
from tests.reference.probes_auth_traces import told

PROBES = Probes()
flaw = PROBES.flaw
PASSWORD = "a password of somebody new"


def somebody(tag: str = "") -> str:
    """An address without an account."""
    return f"{secrets.token_hex(6)}{tag}@example.test"


@flaw("auth.confirmation-token-lengthened")
def confirmation_token_lengthened(on: Platform) -> bool:
    address = somebody()
    assert on.sign_up(address, PASSWORD).status == 202
    token = on.mailed_token(address)
    other = ("A" if token[0] != "A" else "B") + token[1:]
    assert [on.verify(one).status for one in (other, token[:-1])] == [422, 422]
    return on.verify(f"{token}A").status == 200


@flaw("auth.password-of-other-planes-refused")
def password_of_other_planes_refused(on: Platform) -> bool:
    assert on.sign_up(somebody(), "пароль ñandú 密码密码").status == 202
    return on.sign_up(somebody(), "a \U0001f600 face in a password").status == 422


@flaw("auth.confirmation-to-address-without-tag")
def confirmation_to_address_without_tag(on: Platform) -> bool:
    address = somebody("+shop")
    assert on.sign_up(address, PASSWORD).status == 202
    without = address.replace("+shop", "")
    assert wait_for(lambda: bool(on.mails(address) or on.mails(without)), 10.0)
    return bool(on.mails(without))


@flaw("auth.log-in-answer-without-rights")
def log_in_answer_without_rights(on: Platform) -> bool:
    admin, user = on.ready["accounts"]["admin"], on.user()
    mine = on.try_log_in(user.email, user.password).body["user"]
    assert mine["permissions"] == user.claims["permissions"]
    answer = on.try_log_in(admin["email"], admin["password"]).body
    me = on.call("GET", "/auth/me", token=answer["access_token"]).body
    assert me["permissions"]
    return bool(answer["user"]["permissions"] != me["permissions"])


@flaw("auth.known-stranger-refused-quickly", argon2_time_cost=10, argon2_memory_kib=19456)
def known_stranger_refused_quickly(on: Platform) -> bool:
    def seconds(address: str) -> float:
        began = time.perf_counter()
        assert on.try_log_in(address, PASSWORD).status == 401
        return time.perf_counter() - began

    user, stranger = on.user(), somebody()
    seconds(stranger)
    known = min(seconds(user.email) for _ in range(2))
    return min(seconds(stranger) for _ in range(2)) < known / 2


@flaw("auth.told-of-account-in-query")
def told_of_account_in_query(on: Platform) -> bool:
    user, other = on.user(), on.user()
    assert on.call("GET", "/auth/me", token=user.access).body["email"] == user.email
    asked = on.call("GET", f"/auth/me?user_id={other.claims['sub']}", token=user.access)
    assert asked.status == 200
    return bool(asked.body["email"] == other.email)


@flaw("auth.rotation-told-in-another-time")
def rotation_told_in_another_time(on: Platform) -> bool:
    on.user()
    assert all(one["time"].endswith("Z") for one in told(on, "login.succeeded"))
    admin = on.admin()
    assert on.call("POST", "/auth/keys/rotate", token=admin.access).status == 200
    return not told(on, "key.rotated")[-1]["time"].endswith("Z")
