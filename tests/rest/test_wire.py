"""Requests below HTTP: what came back is judged right, and connections that stay open are noticed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from assay.core.reach import Way
from assay.http.raw import RawAnswer
from assay.rest.wire import Unfinished, Wire, beginnings, complaint, heads, unclear

REFUSED = "HTTP/1.1 400 Bad\r\n\r\n"
BAD, CONTROL = Wire("a", ""), Wire("b", "", True)


@pytest.mark.parametrize(
    ("wire", "answer", "told"),
    [
        (BAD, RawAnswer(REFUSED, 400, True, 0.1), ""),
        (BAD, RawAnswer(REFUSED, 400, False, 0.1), "stays open"),
        (BAD, RawAnswer("HTTP/1.1 200 OK\r\n\r\n", 200, True, 0.1), "as if it were"),
        (BAD, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, True, 0.1), "as if it were"),
        (BAD, RawAnswer(REFUSED + "HTTP/1.1 200 OK\r\n\r\n", 400, True, 0.1), "2 answers"),
        (BAD, RawAnswer("HTTP/1.1 500 No\r\n\r\n", 500, True, 0.1), "server error"),
        (BAD, RawAnswer("", None, True, 0.1), "no answer"),
        (CONTROL, RawAnswer("HTTP/1.1 401 No\r\n\r\n", 401, False, 0.1), ""),
        (CONTROL, RawAnswer(REFUSED, 400, True, 0.1), "400"),
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
