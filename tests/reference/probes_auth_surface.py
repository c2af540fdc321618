"""Each defect of health, errors, the security log and HTTPS is seen with the defect on, and not with it off."""

import http.client
import socket
import ssl
import urllib.parse
import warnings
from pathlib import Path

from tests.reference.defect_platform import Platform, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw


def place(on: Platform) -> tuple[str, int]:
    """Where the service listens."""
    told = urllib.parse.urlsplit(on.url)
    return told.hostname or "", told.port or 0


@flaw("auth.health-after-readiness")
def health_after_readiness(on: Platform) -> bool:
    assert on.call("GET", "/health").status == 200
    try:
        for server in ("session-store", "database"):
            on.control(server, "stop")
        down = {"database": "down", "session-store": "down"}
        assert wait_for(lambda: on.call("GET", "/health/ready").body["checks"] == down, 5.0)
        return on.call("GET", "/health").status == 503
    finally:
        for server in ("database", "session-store"):
            on.control(server, "start")
        assert wait_for(lambda: on.call("GET", "/health/ready").status == 200, 10.0)


@flaw("auth.readiness-tells-why")
def readiness_tells_why(on: Platform) -> bool:
    def said() -> str:
        return str(on.call("GET", "/health/ready").body["checks"]["session-store"])

    assert said() == "up"
    try:
        on.control("session-store", "stop")
        assert wait_for(lambda: said() != "up", 5.0)
        return said() != "down"
    finally:
        on.control("session-store", "start")
        assert wait_for(lambda: said() == "up", 10.0)


@flaw("auth.unreadable-body-tells-the-file")
def unreadable_body_tells_the_file(on: Platform) -> bool:
    def answer(body: bytes) -> str:
        connection = http.client.HTTPConnection(*place(on), timeout=10)
        connection.request("POST", "/auth/login", body, {"Content-Type": "application/json"})
        got = connection.getresponse()
        text = got.read().decode()
        connection.close()
        assert got.status == 400, text
        return text

    assert ".py" not in answer(b"{")
    return ".py" in answer(b'{"email": "\xff\xfe"}')


@flaw("auth.request-id-splits-the-line")
def request_id_splits_the_line(on: Platform) -> bool:
    user = on.user()
    connection = http.client.HTTPConnection(*place(on), timeout=10)
    headers = {"Authorization": f"Bearer {user.access}A", "X-Request-ID": "one\x85another"}
    connection.request("GET", "/auth/me", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 401
    log = Path(on.ready["observes"]["security_log"]["auth"]).read_text(encoding="utf-8")
    return any(not line.startswith("{") for line in log.splitlines())


def speaks(on: Platform, version: ssl.TLSVersion) -> bool:
    """Whether the service speaks a version of TLS with a client that speaks no other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = on.trust()
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with (
            socket.create_connection(place(on), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=place(on)[0]),
        ):
            return True
    except OSError:
        return False


@flaw("auth.https-tls-1-1", profile="https")
def https_tls_1_1(on: Platform) -> bool:
    assert speaks(on, ssl.TLSVersion.TLSv1_2)
    assert not speaks(on, ssl.TLSVersion.TLSv1)
    return speaks(on, ssl.TLSVersion.TLSv1_1)


@flaw("auth.refusals-without-https-only", profile="https")
def refusals_without_https_only(on: Platform) -> bool:
    good = on.call("GET", "/health")
    assert good.headers["Strict-Transport-Security"]
    return on.call("GET", "/auth/me").headers["Strict-Transport-Security"] is None


@flaw("auth.https-body-of-one-record", profile="https")
def https_body_of_one_record(on: Platform) -> bool:
    user = on.user()

    def status(length: int) -> int:
        told = {"email": user.email, "password": user.password, "device_id": "x" * length}
        return on.call("POST", "/auth/login", told).status

    assert (status(50), status(10_000), status(70_000)) == (200, 422, 413)
    return status(20_000) == 413
