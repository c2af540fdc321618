"""Requests below HTTP: what came back is judged right, and connections that stay open are noticed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from assay.core.errors import NoAnswer
from assay.core.reach import Way
from assay.evidence.expect import Unmet
from assay.http.raw import RawAnswer, exchange
from assay.rest.wire import Unfinished, Wire, beginnings, complaint, heads, id_of, trickles, unclear
from assay.WireLibrary import WireLibrary

REFUSED = "HTTP/1.1 400 Bad\r\n\r\n"
BAD, CONTROL = Wire("a", ""), Wire("b", "", True)
_ROWS = {wire.name: wire for wire in (*unclear("POST", "/a"), *heads("/a"))}
CODING, VERSION = _ROWS["chunks under another name"], _ROWS["another version"]
LENGTHS, ENDLESS = _ROWS["a length and chunks"], _ROWS["a header without end"]
CHUNK, LENGTH = _ROWS["a size of a chunk with 0x"], _ROWS["a length"]


@pytest.mark.parametrize(
    ("wire", "answer", "told"),
    [
        (BAD, RawAnswer(REFUSED, 400, True, 0.1), ""),
        (BAD, RawAnswer(REFUSED, 400, False, 0.1), "stays open"),
        (BAD, RawAnswer("HTTP/1.1 200 OK\r\n\r\n", 200, True, 0.1), "as if it were"),
        (BAD, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, True, 0.1), "as if it were"),
        (BAD, RawAnswer(REFUSED + "HTTP/1.1 200 OK\r\n\r\n", 400, True, 0.1), "2 answers"),
        (BAD, RawAnswer(REFUSED + "HTTP/1.0 200 OK\r\n\r\n", 400, True, 0.1), "2 answers"),
        (BAD, RawAnswer("HTTP/1.1 500 No\r\n\r\n", 500, True, 0.1), "server error"),
        (BAD, RawAnswer("", None, True, 0.1), "closed without an answer"),
        (BAD, RawAnswer("", None, False, 0.1), "no answer"),
        (CODING, RawAnswer("HTTP/1.1 501 No\r\n\r\n", 501, True, 0.1), ""),
        (CODING, RawAnswer("HTTP/1.1 501 No\r\n\r\n", 501, False, 0.1), "stays open"),
        (CODING, RawAnswer("HTTP/1.1 505 No\r\n\r\n", 505, True, 0.1), "server error"),
        (VERSION, RawAnswer("HTTP/1.1 505 No\r\n\r\n", 505, True, 0.1), ""),
        (LENGTHS, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, True, 0.1), ""),
        (LENGTHS, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, False, 0.1), "stays open"),
        (LENGTHS, RawAnswer("HTTP/1.1 401 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 401, True, 0.1), "2 answers"),
        (LENGTHS, RawAnswer("HTTP/1.1 501 No\r\n\r\n", 501, True, 0.1), "server error"),
        (ENDLESS, RawAnswer("", None, True, 0.1), ""),
        (ENDLESS, RawAnswer("", None, False, 0.1), "no answer"),
        (ENDLESS, RawAnswer("HTTP/1.1 200 OK\r\n\r\n", 200, True, 0.1), "as if it were"),
        (CONTROL, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, False, 0.1), ""),
        (CONTROL, RawAnswer(REFUSED, 400, True, 0.1), "400"),
        (CONTROL, RawAnswer(REFUSED, 400, False, 0.1), "400"),
        (LENGTH, RawAnswer(REFUSED, 400, False, 0.1), ""),
        (LENGTH, RawAnswer(REFUSED, 400, True, 0.1), "400"),
        (CHUNK, RawAnswer("", None, True, 0.1), ""),
        (CHUNK, RawAnswer("", None, False, 0.1), "no answer"),
    ],
)
def test_what_came_back_is_judged(wire: Wire, answer: RawAnswer, told: str) -> None:
    found = complaint(wire, answer)
    assert told in found if told else not found


def test_every_table_has_controls_and_no_name_twice() -> None:
    for wires in (unclear("POST", "/a"), heads("/a")):
        names = [wire.name for wire in wires]
        assert len(set(names)) == len(names)
        assert sum(wire.control for wire in wires) >= 2


def test_other_statuses_of_servers_refuse_only_the_rows_that_they_are_for() -> None:
    assert {name for name, wire in _ROWS.items() if wire.also == 501} == {
        "chunks under another name",
        "chunks after another coding",
        "chunks before another coding",
        "two codings",
        "a vertical tab before the coding",
    }
    assert {name for name, wire in _ROWS.items() if wire.also == 505} == {
        "no version",
        "another version",
        "the beginning of HTTP/2",
    }


@pytest.mark.parametrize("limit", [65_536, 1_048_576, 8_388_608])
def test_a_head_is_sent_until_it_is_refused(limit: int) -> None:
    taken = []

    def serve(listener: socket.socket) -> None:
        sock = listener.accept()[0]
        with sock:
            count = 0
            while count < limit:
                count += len(sock.recv(65_536))
            sock.sendall(b"HTTP/1.1 431 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(65_536):
                count += len(piece)
            taken.append(count)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener], daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answer = exchange(url, [ENDLESS.text.encode()], 20.0, attentive=True)
        thread.join(5)
    assert not complaint(ENDLESS, answer)
    assert answer.status == 431
    assert taken[0] < len(ENDLESS.text)


@pytest.fixture
def service() -> Iterator[tuple[str, threading.Event]]:
    """Takes connections, and ends them when told to."""
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            taken = [listener.accept()[0]]
            ending.wait(10)
            for one in taken:
                one.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", ending
        ending.set()
        thread.join(5)


def test_a_connection_that_stays_open_is_noticed(service: tuple[str, threading.Event]) -> None:
    url, ending = service
    unfinished = Unfinished(url, Way(), None)
    unfinished.begin(beginnings("POST", "/a")["half a head"], 1)
    assert not unfinished.ended_within(0.2)
    ending.set()
    assert unfinished.ended_within(5)
    unfinished.close()


def test_little_is_held_of_an_answer_that_nobody_reads() -> None:
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        unfinished = Unfinished(f"http://127.0.0.1:{listener.getsockname()[1]}", Way(), None)
        unfinished.begin("", 1)
        answering = listener.accept()[0]
        answering.settimeout(0.5)
        with answering, pytest.raises(TimeoutError):
            while sent < 2_000_000:
                sent += answering.send(b"a" * 10_000)
        unfinished.close()
    assert sent < 200_000


@pytest.fixture
def patience() -> Iterator[tuple[str, list[float]]]:
    """Takes connections and ends each when so many seconds, as the list says, have passed without an octet or in all."""
    seconds = [1.2, 60.0]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def attend(sock: socket.socket) -> None:
            until = time.monotonic() + seconds[1]
            with sock:
                while (left := until - time.monotonic()) > 0:
                    sock.settimeout(min(left, seconds[0]))
                    try:
                        if not sock.recv(4096):
                            return
                    except TimeoutError:
                        return

        def serve() -> None:
            while True:
                try:
                    taken = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=attend, args=[taken], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seconds


def test_what_goes_on_octet_by_octet_keeps_open_what_waits_for_the_next_one(
    patience: tuple[str, list[float]],
) -> None:
    url, _ = patience
    text, more = trickles("POST", "/a")["a body octet by octet"]
    silent, trickling = Unfinished(url, Way(), None), Unfinished(url, Way(), None)
    silent.begin(text, 1)
    trickling.begin(text, 1)
    assert not trickling.ended_within(2.0, more)
    assert silent.ended_within(1.0)
    silent.close()
    trickling.close()


@pytest.mark.parametrize(("in_all", "given_up"), [(1.0, True), (60.0, False)])
def test_a_service_that_waits_for_a_trickle_is_told(
    patience: tuple[str, list[float]], monkeypatch: pytest.MonkeyPatch, in_all: float, given_up: bool
) -> None:
    url, seconds = patience
    seconds[1] = in_all
    library = WireLibrary()
    monkeypatch.setattr("assay.WireLibrary._address", lambda operation: ("POST", "/a"))
    monkeypatch.setattr(library, "_unfinished", lambda operation: Unfinished(url, Way(), None))
    if given_up:
        library.trickling_requests_should_be_given_up("auth.logIn", timedelta(seconds=2.5))
        return
    with pytest.raises(Unmet, match=r"3 of 3 rows otherwise: a head octet by octet: still open"):
        library.trickling_requests_should_be_given_up("auth.logIn", timedelta(seconds=2.5))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HTTP/1.1 400 Bad\r\nX-Request-ID: a-1\r\nConnection: close\r\n\r\n", "a-1"),
        ("HTTP/1.1 400 Bad\r\nx-request-id:b\r\n\r\n", "b"),
        ("HTTP/1.1 400 Bad\r\nX-Request-ID: \r\n\r\n", None),
        ("HTTP/1.1 400 Bad\r\n\r\nX-Request-ID: of the body", None),
        ("", None),
    ],
)
def test_the_id_of_an_answer_is_read(text: str, told: str | None) -> None:
    assert id_of(RawAnswer(text, 400, True, 0.1)) == told


@pytest.mark.parametrize(("ids", "fails"), [("abc", False), ("aba", True), ("ab ", True)])
def test_ids_that_are_shared_or_missing_are_noticed(
    monkeypatch: pytest.MonkeyPatch, ids: str, fails: bool
) -> None:
    library, left = WireLibrary(), list(ids)
    monkeypatch.setattr("assay.WireLibrary._address", lambda _operation: ("GET", "/a"))

    def raw(*_sent: object) -> RawAnswer:
        return RawAnswer(f"HTTP/1.1 400 Bad\r\nX-Request-ID: {left.pop(0)}\r\n\r\n", 400, True, 0.1)

    monkeypatch.setattr(library._caller, "raw", raw)
    if fails:
        with pytest.raises(Unmet, match="of its own"):
            library.what_is_no_request_should_be_told_apart("auth.getHealth")
    else:
        library.what_is_no_request_should_be_told_apart("auth.getHealth")


def test_silence_beside_unfinished_requests_is_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    library = WireLibrary()

    def call(*_: object) -> None:
        raise NoAnswer("auth at http://127.0.0.1:1 did not answer auth.getMe within 1 s")

    monkeypatch.setattr(library._caller, "call", call)
    with pytest.raises(Unmet, match="within 2 s, saw .*did not answer"):
        library._answered_in_time("auth.getMe", "half a head", 2.0)
