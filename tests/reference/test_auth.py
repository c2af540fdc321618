"""Auth under what is rare: outages, races, crashes, hostile input."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.reference.launched import ROOT, Launched, launch, verification_token


def test_an_address_has_one_account_however_it_is_spelt(platform: Launched) -> None:
    address = platform.signed_up()
    wide = "".join(
        chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in address.partition("@")[0]
    )
    for spelling in (address.upper(), f"  {address} ", f"{wide}@example.test"):
        assert platform.log_in(spelling)["user"]["email"] == address
        request = {"email": spelling, "password": "another long phrase"}
        assert platform.call("POST", "/auth/signup", request).body == {"status": "verification_sent"}
    mails = platform.mails(address, 4)
    assert not [mail for mail in mails[1:] if "token=" in mail["text"]]


def test_the_mail_decides_whose_password_it_is(platform: Launched) -> None:
    address = f"two-{secrets.token_hex(4)}@example.test"
    for number, password in enumerate(("the first of them", "the second of them"), 1):
        assert platform.call("POST", "/auth/signup", {"email": address, "password": password}).status == 202
        platform.mails(address, number)
    first, second = platform.mails(address, 2)
    assert platform.call("POST", "/auth/verify-email", {"token": verification_token(first)}).status == 200
    assert platform.call("POST", "/auth/verify-email", {"token": verification_token(second)}).status == 422
    platform.log_in(address, "the first of them")
    wrong = platform.call("POST", "/auth/login", {"email": address, "password": "the second of them"})
    assert wrong.problem == "invalid-credentials"


def test_of_many_who_bring_one_refresh_token_none_keeps_the_session(platform: Launched) -> None:
    tokens = platform.log_in(platform.signed_up())
    request = {"refresh_token": tokens["refresh_token"]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: platform.call("POST", "/auth/refresh", request), range(8)))
    winners = [answer for answer in answers if answer.status == 200]
    assert len(winners) == 1
    assert platform.call("GET", "/auth/me", token=winners[0].body["access_token"]).status == 401
    assert (
        platform.call("POST", "/auth/refresh", {"refresh_token": winners[0].body["refresh_token"]}).status
        == 401
    )
    assert [event for event in platform.events("refresh.reused") if event["session_id"]]


def test_of_many_who_bring_one_verification_token_one_is_served(platform: Launched) -> None:
    address = f"race-{secrets.token_hex(4)}@example.test"
    platform.call("POST", "/auth/signup", {"email": address, "password": "a long enough phrase"})
    request = {"token": verification_token(platform.mails(address)[0])}
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: platform.call("POST", "/auth/verify-email", request).status, range(6))
        )
    assert sorted(answers) == [200, *[422] * 5]


def test_the_oldest_session_ends_when_there_are_too_many(conforming: Launched) -> None:
    address = conforming.signed_up()
    sessions = [conforming.log_in(address)["access_token"] for _ in range(4)]
    assert [conforming.call("GET", "/auth/me", token=one).status for one in sessions] == [401, 401, 200, 200]


def test_a_session_of_somebody_else_cannot_be_seen_or_ended(platform: Launched) -> None:
    mine, theirs = (platform.log_in(platform.signed_up()) for _ in range(2))
    listed = platform.call("GET", "/auth/sessions", token=theirs["access_token"]).body["sessions"]
    for wrong in (listed[0]["id"], listed[0]["id"].upper(), "all", "%00", "' OR 1=1--"):
        path = f"/auth/sessions/{wrong.replace(' ', '%20')}"
        assert platform.call("DELETE", path, token=mine["access_token"]).status == 404
    assert platform.call("GET", "/auth/me", token=theirs["access_token"]).status == 200


def test_log_out_holds_whatever_redis_does(platform: Launched) -> None:
    address = platform.signed_up()
    for outage, end in (("stop", "start"), ("pause", "resume"), ("kill", "start")):
        gone, kept = platform.log_in(address), platform.log_in(address)
        for one in (gone, kept):
            assert platform.call("GET", "/auth/verify", token=one["access_token"]).status == 200
        assert platform.control("session-store", outage)["ok"]
        assert platform.call("POST", "/auth/logout", token=gone["access_token"]).status == 204
        assert platform.call("GET", "/auth/verify", token=gone["access_token"]).status == 401
        assert platform.control("session-store", end)["ok"]
        for _ in range(30):
            assert platform.call("GET", "/auth/verify", token=gone["access_token"]).status == 401
            assert platform.call("GET", "/auth/verify", token=kept["access_token"]).status == 200
            time.sleep(0.05)


@pytest.mark.parametrize(("outage", "end"), [("stop", "start"), ("pause", "resume"), ("kill", "start")])
def test_without_postgres_known_sessions_go_on_and_the_rest_says_so(
    platform: Launched, outage: str, end: str
) -> None:
    address = platform.signed_up()
    known, other = platform.log_in(address), platform.log_in(address)
    assert platform.call("GET", "/auth/verify", token=known["access_token"]).status == 200
    assert platform.control("database", outage)["ok"]
    assert platform.call("GET", "/auth/verify", token=known["access_token"]).status == 200
    for method, path, body in (
        ("POST", "/auth/login", {"email": address, "password": "a long enough phrase"}),
        ("POST", "/auth/refresh", {"refresh_token": other["refresh_token"]}),
        ("POST", "/auth/signup", {"email": "new@example.test", "password": "a long enough phrase"}),
    ):
        started = time.monotonic()
        answer = platform.call(method, path, body)
        assert answer.problem == "service-unavailable" and answer.headers["retry-after"]
        assert time.monotonic() - started < 5
    assert platform.control("database", end)["ok"]
    assert platform.call("POST", "/auth/refresh", {"refresh_token": other["refresh_token"]}).status == 200
    platform.log_in(address)


def test_a_mail_that_cannot_be_sent_is_sent_later_even_by_the_next_process(tmp_path: Path) -> None:
    with launch(tmp_path) as platform:
        assert platform.control("mail", "stop")["ok"]
        address = f"late-{secrets.token_hex(4)}@example.test"
        request = {"email": address, "password": "a long enough phrase"}
        assert platform.call("POST", "/auth/signup", request).status == 202
        assert platform.control("auth", "kill")["ok"]
        assert platform.control("mail", "start")["ok"] and platform.control("auth", "start")["ok"]
        token = verification_token(platform.mails(address)[0])
        assert platform.call("POST", "/auth/verify-email", {"token": token}).status == 200
        tokens = platform.log_in(address)
        assert platform.control("auth", "restart")["ok"]
        assert platform.call("GET", "/auth/me", token=tokens["access_token"]).status == 200


def test_killed_in_the_middle_of_renewals_every_session_is_whole(tmp_path: Path) -> None:
    with launch(tmp_path, settings={"session_limit": 100}) as platform:
        address = platform.signed_up()
        sessions = [platform.log_in(address)["refresh_token"] for _ in range(12)]
        victim = platform.ready["processes"]["auth"][0]

        def renew(token: str) -> str | None:
            try:
                answer = platform.call("POST", "/auth/refresh", {"refresh_token": token})
            except OSError:
                return None
            return str(answer.body["refresh_token"]) if answer.status == 200 else None

        with ThreadPoolExecutor(6) as pool:
            pending = [pool.submit(renew, token) for token in sessions]
            time.sleep(0.03)
            os.kill(victim, signal.SIGKILL)
            renewed = [one.result() for one in pending]
        assert platform.control("auth", "start")["ok"]
        with psycopg.connect(platform.ready["observes"]["databases"]["auth"]) as connection:
            query = (
                "SELECT count(*) FILTER (WHERE used_at IS NULL) FROM auth_refresh_tokens t "
                "JOIN auth_sessions s ON s.id = t.session_id WHERE s.is_active GROUP BY t.session_id"
            )
            assert {count for (count,) in connection.execute(query).fetchall()} == {1}
        for token in filter(None, renewed):
            assert renew(token) is not None


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_keys_are_rotated_and_overlap(tmp_path: Path, algorithm: str) -> None:
    with launch(
        tmp_path, settings={"signing_algorithm": algorithm, "key_overlap": 2}, profile="https"
    ) as platform:
        before = platform.log_in(platform.signed_up())["access_token"]
        assert jwt.get_unverified_header(before)["alg"] == algorithm
        kid = platform.call("POST", "/auth/keys/rotate", token=platform.admin()["access_token"]).body["kid"]
        published = platform.call("GET", "/.well-known/jwks.json").body["keys"]
        assert {key["kid"] for key in published} == {kid, jwt.get_unverified_header(before)["kid"]}
        assert platform.call("GET", "/auth/me", token=before).status == 200
        time.sleep(2.1)
        assert platform.call("GET", "/auth/me", token=before).status == 401
        assert [key["kid"] for key in platform.call("GET", "/.well-known/jwks.json").body["keys"]] == [kid]
        assert platform.control("auth", "restart")["ok"]
        assert platform.call("GET", "/auth/me", token=platform.admin()["access_token"]).status == 200
        answer = platform.call("GET", "/health")
        assert answer.headers["strict-transport-security"]
        assert platform.ready["services"]["auth"]["url"].startswith("https://127.0.0.1:")


def test_guessing_has_to_wait_and_strangers_lock_nobody_out(conforming: Launched) -> None:
    address = conforming.signed_up()
    wrong = {"email": address, "password": "not the right phrase"}
    answers = [conforming.call("POST", "/auth/login", wrong).status for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    assert conforming.call("POST", "/auth/login", wrong).headers["retry-after"]
    assert conforming.log_in(conforming.signed_up())


def test_told_keys_verify_and_bad_sets_change_nothing(conforming: Launched) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    jwk = {**json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key())), "alg": "EdDSA", "kid": "told"}
    signed = jwt.encode({"any": "thing"}, key, algorithm="EdDSA", headers={"kid": "told"})

    def verdict() -> Any:
        return conforming.call("POST", "/auth/conformance/verify", {"jws": signed}).body["valid"]

    assert verdict() is False
    assert conforming.call("PUT", "/auth/conformance/keys", {"keys": [jwk]}).status == 204
    assert verdict() is True
    refused = conforming.call("PUT", "/auth/conformance/keys", {"keys": [jwk, {"kty": "oct", "k": "AAAA"}]})
    assert refused.problem == "invalid-request" and refused.body["errors"][0]["field"] == "keys.1"
    assert verdict() is True
    assert conforming.call("PUT", "/auth/conformance/keys", {"keys": []}).status == 204
    assert verdict() is False


HEADERS = [
    "Bearer", "Bearer ", "Bearer\t{0}", " Bearer {0} x", "Bearer Bearer {0}", "Bearer: {0}",
    "Bearer {0}, Bearer {0}", 'Bearer "{0}"', "Bearer token={0}", "Bearer {0};", "Bearer\u00a0{0}",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_one_form_of_authorization_is_accepted(platform: Launched, header: str) -> None:
    token = platform.admin()["access_token"]
    refused = platform.call("GET", "/auth/me", headers={"Authorization": header.format(token)})
    assert refused.problem == "invalid-token"
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    for good in (f"bEARER {token}", f"Bearer  {token}"):
        assert platform.call("GET", "/auth/me", headers={"Authorization": good}).status == 200
    for name in ("token", "access_token"):
        assert platform.call("GET", f"/auth/me?{name}={token}").problem == "missing-token"


@pytest.mark.parametrize(
    "header", ["Basic {0}", "DPoP {0}", "{0}", "xBearer {0}", "Bearer{0}", "Basic eDp5, Bearer {0}", ""]
)
def test_another_scheme_is_no_token(platform: Launched, header: str) -> None:
    token = platform.admin()["access_token"]
    refused = platform.call("GET", "/auth/me", headers={"Authorization": header.format(token)})
    assert refused.problem == "missing-token"
    assert refused.headers["www-authenticate"] == "Bearer"


def raw(platform: Launched, request: bytes) -> bytes:
    place = platform.ready["services"]["auth"]["url"].rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(place)), timeout=5) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_what_is_not_http_gets_a_problem(platform: Launched) -> None:
    token = platform.admin()["access_token"].encode()
    twice = (
        b"GET /auth/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
        + token
        + b"\r\nAuthorization: Bearer "
        + token
    )
    assert b"401" in raw(platform, twice + b"\r\nConnection: close\r\n\r\n").splitlines()[0]
    for nonsense in (
        b"\x16\x03\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"GET /\r\n\r\n" * 3,
    ):
        assert b"urn:assay:problem:malformed-request" in raw(platform, nonsense)
        assert re.search(rb"\r\nx-request-id: [0-9a-f]{16}\r\n", raw(platform, nonsense))
    endless = b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b"413" in raw(
        platform, endless + b"10000\r\n" + b" " * 65536 + b"\r\n10000\r\n" + b" " * 65536 + b"\r\n0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"email":"a@b.cd","email":"a@b.cd","password":"x"}', "malformed-json"),
        (b'{"email":"a@b.cd","password":NaN}', "malformed-json"),
        (b'{"email":"a@b.cd","password":"x"', "malformed-json"),
        (b"[" * 30000, "malformed-json"),
        (b'{"email":"a@b.cd","password":"' + b"\xff" + b'"}', "malformed-json"),
        (b"", "malformed-json"),
        (b"null", "invalid-request"),
        (b"[]", "invalid-request"),
        (b'{"email":"a@b.cd","password":"\\ud800"}', "invalid-request"),
        (b'{"email":["a@b.cd"],"password":"x"}', "invalid-request"),
        (b'{"email":"a@b.cd","password":"x","provider":"google"}', "invalid-request"),
        (b'{"email":"a@b.cd","password":"x","admin":true}', "invalid-request"),
        (b'{"email":"a@b.cd","password":"x","device_id":"a\\u0000b"}', "invalid-request"),
        (b'{"email":"a@b.cd\\u0000","password":"x"}', "invalid-credentials"),
        (b'{"email":"' + b"1" * 300 + b'","password":"x"}', "invalid-request"),
        (b'{"email":"a@b.cd","password":' + b"1" * 5000 + b"}", "malformed-json"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_is_read_in_one_way(platform: Launched, body: bytes, problem: str) -> None:
    answer = platform.call("POST", "/auth/login", body)
    assert answer.problem == problem
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "address",
    [
        "a",
        "a@",
        "@b.cd",
        "a@b",
        "a b@c.de",
        "a@b..cd",
        "a@b.cd\r\nBcc: x@y.zz",
        "a\u0000@b.cd",
        '"a"@b.cd',
        "a@-b.cd",
        "a,b@c.de",
    ],
)
def test_what_is_no_address_gets_no_account(platform: Launched, address: str) -> None:
    answer = platform.call("POST", "/auth/signup", {"email": address, "password": "a long enough phrase"})
    assert answer.problem == "invalid-request" and answer.body["errors"][0]["field"] == "email"


def test_every_security_event_fits_its_schema_and_holds_no_secret(platform: Launched) -> None:
    schema = json.loads((ROOT / "resources" / "contracts" / "security-event.schema.json").read_text())
    address = platform.signed_up("canary phrase 6f1c")
    tokens = platform.log_in(address, "canary phrase 6f1c")
    platform.call("GET", f"/auth/me?access_token={tokens['access_token']}")
    platform.call("GET", f"/{tokens['access_token']}", token=tokens["access_token"] + "x")
    platform.call("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    platform.call("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    observed = platform.ready["observes"]
    for line in Path(observed["security_log"]["auth"]).read_text().splitlines():
        jsonschema.validate(json.loads(line), schema)
    for log in [observed["security_log"]["auth"], *observed["service_log"].values()]:
        text = Path(log).read_text()
        for secret in (
            "canary phrase",
            tokens["access_token"].split(".")[2],
            tokens["refresh_token"],
            address,
        ):
            assert secret not in text, log
