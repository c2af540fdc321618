"""What auth tells of floods, of keys and of mails that are owed; and where a session was used last."""

from __future__ import annotations

import secrets
from typing import Any

import jwt
import pytest

from reference.auth.members import told
from reference.auth.principal import Principal
from tests.reference.launched import Launched

WRONG = {"password": "not the right phrase"}


def flooded(answers: list[int], refusal: int) -> bool:
    return answers == [refusal] * 3 + [429] * 2


def test_a_flood_of_log_ins_is_told_once_and_names_the_account(conforming: Launched) -> None:
    nobody = f"nobody-{secrets.token_hex(4)}@example.test"
    user_id = conforming.log_in(address := conforming.signed_up())["user"]["id"]
    before = len(conforming.events("login.throttled"))
    for email in (address, nobody):
        body = {"email": email, **WRONG}
        assert flooded([conforming.call("POST", "/auth/login", body).status for _ in range(5)], 401)
    events = conforming.events("login.throttled")[before:]
    assert [event.get("user_id") for event in events] == [user_id, None]


def test_a_flood_at_the_second_factor_is_told_once(conforming: Launched) -> None:
    tokens = conforming.log_in(conforming.signed_up())
    path, token = "/auth/second-factor", tokens["access_token"]
    assert flooded([conforming.call("POST", path, WRONG, token).status for _ in range(5)], 403)
    events = [
        one for one in conforming.events("second-factor.refused") if one["user_id"] == tokens["user"]["id"]
    ]
    assert [one["reason"] for one in events] == ["wrong-password"] * 3 + ["too-many-failures"]


@pytest.mark.parametrize("known", [True, False])
def test_a_flood_of_a_services_secrets_is_told_once(conforming: Launched, known: bool) -> None:
    service_id = f"service-{secrets.token_hex(4)}"
    made = {"service_id": service_id, "service_name": "One", "permissions": ["users:read"]}
    if known:
        token = conforming.admin()["access_token"]
        assert conforming.call("POST", "/auth/services", made, token).status == 201
    before = len(conforming.events("service-token.refused"))
    body = {"service_id": service_id, "service_secret": "x" * 43, "requested_permissions": ["users:read"]}
    assert flooded([conforming.call("POST", "/auth/service-token", body).status for _ in range(5)], 401)
    events = conforming.events("service-token.refused")[before:]
    assert [one["reason"] for one in events] == ["invalid-credentials"] * 3 + ["too-many-failures"]
    assert {one.get("service_id") for one in events} == {service_id if known else None}


def test_what_a_key_does_and_is_refused_names_it(platform: Launched) -> None:
    token = platform.log_in(platform.signed_up())["access_token"]
    key = platform.call("POST", "/auth/api-keys", {"name": "one", "scopes": ["write"]}, token).body
    by_key, key_id = {"X-API-Key": key["secret"]}, key["key"]["id"]
    assert platform.call("PATCH", "/auth/me", {"full_name": "Another"}, headers=by_key).status == 200
    assert platform.call("DELETE", f"/auth/api-keys/{key_id}", token=token).status == 204
    assert platform.call("GET", "/auth/me", headers=by_key).status == 401
    for event in ("profile.updated", "api-key.refused"):
        assert platform.events(event)[-1]["key_id"] == key_id
    assert told(Principal("a", (), key_id="b")) == {"actor_id": "a", "session_id": None, "key_id": "b"}


def test_a_reset_that_is_owed_is_exported(platform: Launched) -> None:
    tokens = platform.log_in(address := platform.signed_up())
    assert platform.control("mail", "stop")["ok"]
    for email in (address, "another@example.test"):
        assert platform.call("POST", "/auth/password-reset/request", {"email": email}).status == 202
    mails = platform.call("GET", "/auth/account/export", token=tokens["access_token"]).body["mails"]
    assert platform.control("mail", "start")["ok"]
    assert [mail["kind"] for mail in mails] == ["password-reset"]


def test_who_comes_back_is_where_the_session_was_used_last(platform: Launched) -> None:
    tokens, looking = [platform.log_in(address) for address in [platform.signed_up()] * 2]
    session = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]

    def last() -> Any:
        listed = platform.call("GET", "/auth/sessions", token=looking["access_token"]).body["sessions"]
        return next(one["last_user_agent"] for one in listed if one["id"] == session)

    for program in ("here", "there", "here"):
        sent = {"User-Agent": program}
        assert platform.call("GET", "/auth/me", token=tokens["access_token"], headers=sent).status == 200
        assert last() == program
    body = {"refresh_token": tokens["refresh_token"]}
    assert platform.call("POST", "/auth/refresh", body, headers={"User-Agent": "renewing"}).status == 200
    assert last() == "renewing"
    sent = {"User-Agent": "here"}
    assert platform.call("GET", "/auth/me", token=tokens["access_token"], headers=sent).status == 200
    assert last() == "here"


@pytest.mark.parametrize(
    ("coding", "status"),
    [
        ("identity", 401),
        ("Identity", 401),
        ("IDENTITY", 401),
        ("gzip", 415),
        ("Identity, GZIP", 415),
        ("", 415),
    ],
)
def test_a_body_says_in_any_case_that_it_is_not_encoded(platform: Launched, coding: str, status: int) -> None:
    sent, body = {"Content-Encoding": coding}, {"email": "nobody@example.test", **WRONG}
    assert platform.call("POST", "/auth/login", body, headers=sent).status == status
