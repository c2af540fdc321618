"""The client against servers that behave, and against those that do not."""

import json
import socket
import time
from collections.abc import Iterator

import pytest
from assay.core.reach import resolved
from assay.http.client import Client, Unanswered
from assay.http.raw import exchange
from assay.http.sources import own_address

from tests.http.doubles import Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def _send(server: Server, path: str, seconds: float = 5, **more: object) -> object:
    return Client().send(f"{server.url}{path}", "GET", [], None, seconds, **more)  # type: ignore[arg-type]


def test_a_request_arrives_as_it_was_given(server: Server) -> None:
    answer = Client().send(
        f"{server.url}/a/b?c=d",
        "POST",
        [("X-Word", "é"), ("Content-Type", "application/json")],
        b'{"a": 1}',
        5,
        "127.9.8.7",
    )
    seen = json.loads(answer.body)
    assert answer.status == 200
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a/b?c=d", '{"a": 1}')
    assert seen["from"] == "127.9.8.7"
    assert seen["headers"]["x-word"].encode("latin-1").decode() == "é"


def test_connections_are_kept_for_one_address_and_not_shared_with_another(server: Server) -> None:
    client = Client()
    for source in ("127.1.1.1", "127.1.1.1", "127.1.1.2"):
        answer = client.send(f"{server.url}/x", "GET", [], None, 5, source)
        assert json.loads(answer.body)["from"] == source


def test_a_kept_connection_that_the_service_closed_is_not_used(server: Server) -> None:
    client = Client()
    for _ in range(5):
        assert client.send(f"{server.url}/idle-close", "POST", [], b"", 5).status == 200
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/hanging", "no whole answer after 0.4 s"),
        ("/dripping", "no whole answer after 0.4 s"),
        ("/closing", "closed the connection without an answer"),
        ("/short", "closed the connection after 9 bytes of the answer's body"),
        ("/garbage", "not HTTP"),
    ],
)
def test_what_is_no_whole_answer_is_told_in_time(server: Server, path: str, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unanswered, match=reason):
        _send(server, path, 0.4)
    assert time.monotonic() - started < 1


def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unanswered, match="connection refused"):
        Client().send(f"http://127.0.0.1:{port}/", "GET", [], None, 5)


def test_a_name_that_does_not_resolve_is_told() -> None:
    with pytest.raises(Unanswered, match="cannot be resolved"):
        Client().send("http://no-such-host.invalid/", "GET", [], None, 5)


def test_a_service_without_tls_is_told(server: Server) -> None:
    with pytest.raises(Unanswered, match="TLS failed"):
        Client().send(server.url.replace("http:", "https:"), "GET", [], None, 5)


def test_redirects_are_not_followed_and_large_answers_are_whole(server: Server) -> None:
    client = Client()
    assert client.send(f"{server.url}/redirect", "GET", [], None, 5).status == 302
    assert len(client.send(f"{server.url}/huge", "GET", [], None, 5).body) == 3_000_000


def test_names_under_localhost_are_this_machine() -> None:
    assert resolved("auth.localhost") == "127.0.0.1"


def test_addresses_differ_between_tests_and_stay_for_one() -> None:
    addresses = {own_address(f"run/test {number}") for number in range(500)}
    assert len(addresses) == 500
    assert own_address("run/test 1") == own_address("run/test 1")
    assert not any(address.startswith("127.0.") for address in addresses)


def test_raw_bytes_get_a_raw_answer(server: Server) -> None:
    answer = exchange(server.url, [b"GET /x HT", b"TP/1.1\r\nHost: a\r\n\r\n"], 5, "127.4.4.4", pause=0.05)
    assert answer.status == 200
    assert '"from": "127.4.4.4"' in answer.text
    assert not answer.closed


def test_raw_bytes_that_are_no_request_get_what_the_server_says(server: Server) -> None:
    answer = exchange(server.url, [b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n"], 5)
    assert answer.status == 431
    assert answer.closed


def test_a_raw_request_without_an_answer_ends_in_time(server: Server) -> None:
    answer = exchange(server.url, [b"GET /hanging HTTP/1.1\r\nHost: a\r\n\r\n"], 0.3)
    assert answer.status is None
    assert answer.seconds < 1
