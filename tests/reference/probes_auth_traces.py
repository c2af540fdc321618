"""Each defect of what is told, counted and noted in passing is seen with the defect on, and not with it off."""

import http.client
import random
import socket
import time
import urllib.parse
from typing import Any

from tests.reference.defect_platform import Answer, Platform, User, wait_for
from tests.reference.defect_probes import Probes
from tests.reference.probes_auth_counting import left, log_in, somewhere
from tests.reference.probes_auth_looking_after import ask_token, make_service

PROBES = Probes()
flaw = PROBES.flaw
WRONG = "no password of anybody"


def make_key(on: Platform, user: User, scope: str = "read") -> tuple[str, list[tuple[str, str]]]:
    """The id of a new API key, and the key as a header."""
    answer = on.call("POST", "/auth/api-keys", {"name": "probe", "scopes": [scope]}, user.access)
    assert answer.status == 201, answer.text
    return answer.body["key"]["id"], [("X-API-Key", answer.body["secret"])]


def told(on: Platform, event: str, **members: Any) -> list[dict[str, Any]]:
    """The security events of a name that have these members."""
    return [
        one
        for one in on.events()
        if one["event"] == event and all(one.get(name) == value for name, value in members.items())
    ]


def exported(on: Platform, user: User) -> Any:
    """The kinds of the mails that an account's export tells."""
    answer = on.call("GET", "/auth/account/export", token=user.access)
    assert answer.status == 200, answer.text
    return [one["kind"] for one in answer.body["mails"]]


@flaw("auth.export-without-tried-mails")
def export_without_tried_mails(on: Platform) -> bool:
    user = on.user()
    on.control("mail", "stop")
    try:
        assert on.call("POST", "/auth/password-reset/request", {"email": user.email}).status == 202
        query = f"SELECT attempts FROM auth_outbox WHERE address = '{user.email}'"
        assert wait_for(lambda: on.rows(query)[0][0] > 0, 10.0)
        return "password-reset" not in exported(on, user)
    finally:
        on.control("mail", "start")


@flaw("auth.factor-password-flood-untold", login_failures=3)
def factor_password_flood_untold(on: Platform) -> bool:
    user = on.user()
    path, body = "/auth/second-factor", {"password": WRONG}
    statuses = [on.call("POST", path, body, user.access).status for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    found = told(on, "second-factor.refused", user_id=user.claims["sub"], reason="too-many-failures")
    assert len(found) < 2
    return not found


@flaw("auth.service-flood-names-nobody", login_failures=3)
def service_flood_names_nobody(on: Platform) -> bool:
    service_id, _ = make_service(on, on.admin(), "users:read")
    before = len(told(on, "service-token.refused", reason="too-many-failures"))
    statuses = [ask_token(on, service_id, WRONG * 2, "users:read").status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert len(told(on, "service-token.refused", reason="too-many-failures")) == before + 1
    return not told(on, "service-token.refused", reason="too-many-failures", service_id=service_id)


@flaw("auth.throttled-strangers-name-nobody", login_failures=3)
def throttled_strangers_name_nobody(on: Platform) -> bool:
    user, source = on.user(), somewhere()
    whose = {"user_id": user.claims["sub"]}
    for place in ("127.0.0.1", source):
        assert [log_in(on, user, place, WRONG) for _ in range(5)] == [401, 401, 401, 429, 429]
        assert len(told(on, "login.throttled", address=place, reason="too-many-failures")) >= 1
    assert len(told(on, "login.throttled", address="127.0.0.1", **whose)) == 1
    return len(told(on, "login.throttled", address=source, **whose)) == 0


@flaw("auth.flood-after-right-password-untold", login_failures=3, login_failure_window=3)
def flood_after_right_password_untold(on: Platform) -> bool:
    user, whose = on.user(), "login.throttled"
    assert [log_in(on, user, "127.0.0.1", WRONG) for _ in range(3)] == [401] * 3
    time.sleep(2.0)
    assert log_in(on, user, "127.0.0.1", WRONG) == 429
    assert wait_for(lambda: log_in(on, user, "127.0.0.1") == 200, 5.0)
    assert [log_in(on, user, "127.0.0.1", WRONG) for _ in range(4)] == [401, 401, 401, 429]
    return len(told(on, whose, user_id=user.claims["sub"])) == 1


@flaw("auth.neighbours-pass-for-owner", login_failures_account=3)
def neighbours_pass_for_owner(on: Platform) -> bool:
    user = on.user()
    beside = f"127.0.0.{random.randint(2, 254)}"
    assert [log_in(on, user, beside, WRONG) for _ in range(3)] == [401] * 3
    return log_in(on, user, beside, WRONG) == 401


@flaw("auth.limit-refused-key-counts-for-address", key_limit=2, key_window=60, address_window=60)
def limit_refused_key_counts_for_address(on: Platform) -> bool:
    _, key = make_key(on, on.user())
    source = somewhere()

    def ask() -> Answer:
        return on.call("GET", "/auth/me", headers=key, source=source)

    before = [ask() for _ in range(2)][-1]
    refused = [ask() for _ in range(3)][-1]
    assert (before.status, refused.status) == (200, 429)
    after = on.call("GET", "/.well-known/jwks.json", source=source)
    assert left(refused, "address") >= left(after, "address")
    return left(before, "address") - left(after, "address") > 1


@flaw("auth.sessions-ended-by-unnamed-key")
def sessions_ended_by_unnamed_key(on: Platform) -> bool:
    admin, user = on.admin(), on.user()
    key_id, key = make_key(on, admin, "admin")
    whose = user.claims["sub"]
    for method, path in (("POST", "disable"), ("POST", "enable"), ("DELETE", "sessions")):
        assert on.call(method, f"/auth/users/{whose}/{path}", headers=key).status in (200, 204)
    assert told(on, "user.disabled", user_id=whose, key_id=key_id)
    assert told(on, "user.enabled", user_id=whose, key_id=key_id)
    return not told(on, "user.sessions-ended", user_id=whose, key_id=key_id)


@flaw("auth.refused-key-unnamed")
def refused_key_unnamed(on: Platform) -> bool:
    user = on.user()
    revoked, gone = make_key(on, user)
    disabled, off = make_key(on, user)
    assert on.call("DELETE", f"/auth/api-keys/{revoked}", token=user.access).status == 204
    changed = on.call("PATCH", f"/auth/api-keys/{disabled}", {"disabled": True}, user.access)
    assert changed.status == 200
    assert [on.call("GET", "/auth/me", headers=one).status for one in (gone, off)] == [401, 401]
    assert told(on, "api-key.refused", key_id=revoked, reason="key-revoked")
    assert told(on, "api-key.refused", user_id=user.claims["sub"], reason="key-disabled")
    return not told(on, "api-key.refused", key_id=disabled)


def unreadable(on: Platform) -> str | None:
    """The id in the answer to what is no request."""
    place = urllib.parse.urlsplit(on.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 400
        return answer.getheader("X-Request-ID")


@flaw("auth.unreadable-requests-share-an-id")
def unreadable_requests_share_an_id(on: Platform) -> bool:
    ids = [unreadable(on) for _ in range(3)]
    assert all(ids)
    return len(set(ids)) < 3


@flaw("auth.coding-in-capitals-refused")
def coding_in_capitals_refused(on: Platform) -> bool:
    user = on.user()
    body = {"email": user.email, "password": user.password}

    def status(coding: str) -> int:
        return on.call("POST", "/auth/login", body, headers=[("Content-Encoding", coding)]).status

    assert (status("identity"), status("gzip"), status("identity, gzip")) == (200, 415, 415)
    return status("Identity") == 415


@flaw("auth.last-place-of-return-unnoted")
def last_place_of_return_unnoted(on: Platform) -> bool:
    user = on.user()
    looking = on.log_in(user)
    for program in ("at home", "on the way", "at home"):
        assert on.call("GET", "/auth/me", token=user.access, program=program).status == 200
    listed = on.call("GET", "/auth/sessions", token=looking.access).body["sessions"]
    used = next(one for one in listed if one["id"] == user.claims["sid"])
    return bool(used["last_user_agent"] == "on the way")
