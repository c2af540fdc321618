"""Each defect at the edges of every operation is seen with the defect on, and not with it off."""

import json
import socket
import time
import urllib.parse
from typing import Any

from tests.reference.defect_platform import Answer, Platform, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
UNKNOWN = {"email": "nobody@example.test", "password": "a password of some length"}


def raw(on: Platform, *pieces: bytes, pause: float = 0.0) -> str:
    """What comes back for these octets, sent one piece after the other, until the connection ends."""
    address = urllib.parse.urlsplit(on.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass
        found = b""
        try:
            while piece := connection.recv(65536):
                found += piece
        except OSError:
            pass
    return found.decode("latin-1")


def status(answer: str) -> int:
    """The status of the first answer, 0 where there is none."""
    return int(answer.split(" ", 2)[1]) if answer else 0


def head(
    on: Platform, path: str, *headers: str, version: str = "1.1", kind: str = "application/json"
) -> bytes:
    """The head of a request with a body."""
    host = urllib.parse.urlsplit(on.url).netloc
    lines = [f"POST {path} HTTP/{version}", f"Host: {host}", f"Content-Type: {kind}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def log_in(on: Platform, body: bytes, kind: str = "application/json") -> int:
    """The status that a body gets at log-in."""
    return status(raw(on, head(on, "/auth/login", f"Content-Length: {len(body)}", kind=kind) + body))


def chunk(data: bytes) -> bytes:
    """A piece of a body in chunks."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def get(on: Platform, path: str, **headers: str) -> Answer:
    """An answer to a request with headers."""
    return on.call("GET", path, headers=[(name.replace("_", "-"), value) for name, value in headers.items()])


@flaw("auth.field-twice-when-first-empty")
def field_twice_when_first_empty(on: Platform) -> bool:
    rest = json.dumps(UNKNOWN)[1:].encode()
    assert log_in(on, b'{"email": "x", ' + rest) == 400
    return log_in(on, b'{"email": "", ' + rest) == 401


@flaw("auth.lone-surrogates-replaced")
def lone_surrogates_replaced(on: Platform) -> bool:
    return on.call("POST", "/auth/login", {**UNKNOWN, "password": "a \ud800 b"}).status == 401


@flaw("auth.media-type-by-beginning")
def media_type_by_beginning(on: Platform) -> bool:
    body = json.dumps(UNKNOWN).encode()
    assert log_in(on, body, "application/json; charset=utf-8") == 401
    assert log_in(on, body, "text/json") == 415
    return log_in(on, body, "application/json-patch+json") == 401


@flaw("auth.chunked-body-unlimited", max_body_bytes=4096)
def chunked_body_unlimited(on: Platform) -> bool:
    body = json.dumps(UNKNOWN).encode() + b" " * 5000
    assert log_in(on, body) == 413
    chunks = head(on, "/auth/login", "Transfer-Encoding: chunked") + chunk(body) + b"0\r\n\r\n"
    return status(raw(on, chunks)) == 401


@flaw("auth.slow-body-begins-anew", arrival_seconds=1)
def slow_body_begins_anew(on: Platform) -> bool:
    body = json.dumps(UNKNOWN).encode()
    begin = head(on, "/auth/login", f"Content-Length: {len(body)}")
    pieces = [begin, *(body[at : at + 20] for at in range(0, len(body), 20))]
    assert status(raw(on, begin, body[:5], pause=3.0)) == 408
    return status(raw(on, *pieces, pause=0.6)) == 401


@flaw("auth.first-mistake-only")
def first_mistake_only(on: Platform) -> bool:
    told: list[Any] = on.call("POST", "/auth/login", {"email": 1, "password": 2}).body["errors"]
    assert told[0]["field"] == "email"
    return len(told) == 1


@flaw("auth.early-refusals-as-plain-json", signup_limit=2)
def early_refusals_as_plain_json(on: Platform) -> bool:
    assert get(on, "/nowhere").headers["Content-Type"] == "application/problem+json"
    for _ in range(3):
        answer = on.call("POST", "/auth/signup", {})
    assert answer.status == 429
    return answer.headers["Content-Type"] == "application/json"


@flaw("auth.cacheable-answers-unprotected")
def cacheable_answers_unprotected(on: Platform) -> bool:
    assert "X-Content-Type-Options" in get(on, "/health").headers
    return "X-Content-Type-Options" not in get(on, "/.well-known/jwks.json").headers


@flaw("auth.origin-by-its-beginning")
def origin_by_its_beginning(on: Platform) -> bool:
    allowed = "Access-Control-Allow-Origin"
    assert allowed not in get(on, "/health", Origin="https://other.test").headers
    return get(on, "/health", Origin=f"{on.url}.other.test").headers.get(allowed) is not None


@flaw("auth.path-from-rewrite-header")
def path_from_rewrite_header(on: Platform) -> bool:
    return get(on, "/nowhere", X_Rewrite_URL="/health").status == 200


@flaw("auth.slashes-redirected")
def slashes_redirected(on: Platform) -> bool:
    assert get(on, "/nowhere/").status == 404
    return get(on, "/health/").status == 307


@flaw("auth.chunks-in-old-http")
def chunks_in_old_http(on: Platform) -> bool:
    chunks = chunk(json.dumps(UNKNOWN).encode()) + b"0\r\n\r\n"
    both = ["Transfer-Encoding: chunked", "Content-Length: 5"]
    assert status(raw(on, head(on, "/auth/login", *both, version="1.0") + chunks)) == 400
    return status(raw(on, head(on, "/auth/login", both[0], version="1.0") + chunks)) == 401


@flaw("auth.second-outage-hidden")
def second_outage_hidden(on: Platform) -> bool:
    def told() -> Any:
        return get(on, "/health/ready").body["checks"]

    try:
        on.control("session-store", "stop")
        assert wait_for(lambda: told() == {"database": "up", "session-store": "down"}, 4.0)
        on.control("database", "stop")
        assert wait_for(lambda: told()["database"] == "down", 4.0)
        return bool(told()["session-store"] == "up")
    finally:
        for server in ("database", "session-store"):
            on.control(server, "start")
        assert wait_for(lambda: get(on, "/health/ready").status == 200, 20.0)


@flaw("auth.contract-nullable-without-limits")
def contract_nullable_without_limits(on: Platform) -> bool:
    schemas = get(on, "/openapi.json").body["components"]["schemas"]
    assert schemas["SignUpRequest"]["properties"]["email"]["maxLength"] == 254
    return "maxLength" not in json.dumps(schemas["SignUpRequest"]["properties"]["full_name"])
