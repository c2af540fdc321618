"""Each defect at the two ends of an account is seen with the defect on, and not with it off."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.reference.defect_platform import Platform, User, wait_for
from tests.reference.defect_probes import Probes
from tests.reference.probes_auth_takeover import ANOTHER, PASSWORD, ask, reset, reset_token, with_token

PROBES = Probes()
flaw = PROBES.flaw


def export(on: Platform, user: User) -> Any:
    """What an export tells."""
    answer = on.call("GET", "/auth/account/export", token=user.access)
    assert answer.status == 200, answer.text
    return answer.body


def leave(on: Platform, user: User, password: str | None = None) -> int:
    """The status of a deletion."""
    body = {"current_password": password if password is not None else user.password}
    return on.call("POST", "/auth/account/delete", body, user.access).status


def sign_up(on: Platform, email: str, password: str, full_name: str | None = None) -> str:
    """The token that is mailed for a sign-up."""
    before = len(with_token(on, email))
    body = {"email": email, "password": password, "full_name": full_name}
    assert on.call("POST", "/auth/signup", body).status == 202
    assert wait_for(lambda: len(with_token(on, email)) > before, 10.0), "no mail came"
    return with_token(on, email)[-1].partition("?token=")[2].split()[0]


@contextmanager
def mail_server_away(on: Platform) -> Iterator[None]:
    """No mail is taken meanwhile."""
    on.control("mail", "stop")
    try:
        yield
    finally:
        on.control("mail", "start")


@flaw("auth.export-of-a-minute-ago")
def export_of_a_minute_ago(on: Platform) -> bool:
    user = on.user()
    assert len(export(on, user)["sessions"]) == 1
    on.log_in(user)
    return len(export(on, user)["sessions"]) == 1


@flaw("auth.export-tells-places-of-others")
def export_tells_places_of_others(on: Platform) -> bool:
    other, user = on.user(), on.user()
    told = {one["session_id"] for one in export(on, user)["places"]}
    assert user.claims["sid"] in told
    return other.claims["sid"] in told


@flaw("auth.export-cacheable")
def export_cacheable(on: Platform) -> bool:
    user = on.user()
    assert on.call("GET", "/auth/me", token=user.access).headers["Cache-Control"] == "no-store"
    answer = on.call("GET", "/auth/account/export", token=user.access)
    assert answer.body["account"]["email"] == user.email
    return bool(answer.headers["Cache-Control"] != "no-store")


@flaw("auth.export-again-unrecorded")
def export_again_unrecorded(on: Platform) -> bool:
    user = on.user()
    for _ in range(2):
        export(on, user)
    events = [one for one in on.events() if one["event"] == "account.exported"]
    recorded = sum(one["user_id"] == user.claims["sub"] for one in events)
    assert recorded in (1, 2)
    return bool(recorded == 1)


@flaw("auth.deletion-trims-the-password")
def deletion_trims_the_password(on: Platform) -> bool:
    user = on.user()
    assert leave(on, user, "a password of nobody") == 403
    return leave(on, user, f" {user.password} ") == 204


@flaw("auth.deletion-guesses-by-session", login_failures=3)
def deletion_guesses_by_session(on: Platform) -> bool:
    first = on.user()
    second = on.log_in(first)
    assert [leave(on, first, "a wrong one") for _ in range(4)] == [403, 403, 403, 429]
    return leave(on, second, "a wrong one") == 403


@flaw("auth.refused-deletion-voids-resets")
def refused_deletion_voids_resets(on: Platform) -> bool:
    user = on.user()
    assert reset(on, reset_token(on, user.email), ANOTHER) == 204
    user = on.log_in(User(user.email, ANOTHER))
    token = reset_token(on, user.email)
    assert leave(on, user, "a wrong one") == 403
    status = reset(on, token, PASSWORD)
    assert (status == 204) == (on.try_log_in(user.email, PASSWORD).status == 200)
    return status != 204


@flaw("auth.rights-inherited-with-address")
def rights_inherited_with_address(on: Platform) -> bool:
    user, path = on.user(), "/auth/users/{}/role"
    role = path.format(user.claims["sub"])
    assert on.call("PUT", role, {"role": "support"}, on.admin().access).status == 200
    assert leave(on, user) == 204
    assert on.verify(sign_up(on, user.email, ANOTHER)).status == 200
    again = on.log_in(User(user.email, ANOTHER))
    assert again.claims["sub"] != user.claims["sub"]
    told = on.call("GET", "/auth/me", token=again.access).body["permissions"]
    return "users:read" in told


@flaw("auth.sign-up-again-renames")
def sign_up_again_renames(on: Platform) -> bool:
    user = on.user()
    body = {"email": user.email, "password": ANOTHER, "full_name": "Somebody Else"}
    assert on.call("POST", "/auth/signup", body).status == 202
    assert on.try_log_in(user.email, ANOTHER).status == 401
    return bool(on.call("GET", "/auth/me", token=user.access).body["full_name"] == "Somebody Else")


@flaw("auth.link-confirms-the-latest-password")
def link_confirms_the_latest_password(on: Platform) -> bool:
    email = f"{secrets.token_hex(6)}@example.test"
    first = sign_up(on, email, PASSWORD)
    sign_up(on, email, ANOTHER)
    assert on.verify(first).status == 200
    statuses = [on.try_log_in(email, password).status for password in (PASSWORD, ANOTHER)]
    assert sorted(statuses) == [200, 401]
    return statuses == [401, 200]


@flaw("auth.mail-given-up-after-three-tries")
def mail_given_up_after_three_tries(on: Platform) -> bool:
    email = f"{secrets.token_hex(6)}@example.test"
    with mail_server_away(on):
        assert on.sign_up(email, PASSWORD).status == 202
        time.sleep(5)
    return not wait_for(lambda: bool(on.mails(email)), 10.0)


@flaw("auth.reset-lifetime-in-whole-minutes", reset_lifetime=2)
def reset_lifetime_in_whole_minutes(on: Platform) -> bool:
    token = reset_token(on, on.user().email)
    time.sleep(2.5)
    return reset(on, token, ANOTHER) == 204


@flaw("auth.undelivered-mail-logs-address")
def undelivered_mail_logs_address(on: Platform) -> bool:
    user = on.user()
    with mail_server_away(on):
        assert leave(on, user) == 204
        return wait_for(lambda: user.email in on.log(), 3.0)


@flaw("auth.reset-for-nobody-waits")
def reset_for_nobody_waits(on: Platform) -> bool:
    user = on.user()
    assert leave(on, user) == 204
    ask(on, user.email)
    kept = f"SELECT 1 FROM auth_outbox WHERE address = '{user.email}'"
    return not wait_for(lambda: not on.rows(kept), 4.0)
