"""Toxics on real connections: felt, and gone when they are removed."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS
from assay.core.waiting import until
from assay.evidence.expect import Unmet
from assay.fault.toxics import KINDS, toxic
from assay.FaultLibrary import FaultLibrary

from tests.fault.conftest import Echo, ask, connect


def test_without_toxics_everything_passes_and_is_counted(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    octets = bytes(range(256)) * 4000
    with connect(address) as connection:
        threading.Thread(target=connection.sendall, args=[octets]).start()
        said = b""
        while len(said) < len(octets):
            said += connection.recv(65536)
    assert said == octets
    library.proxy_should_have_been_used("echo")
    counted = library.counters_of("echo")
    assert (counted["connections"], counted["upstream"], counted["downstream"]) == (
        1,
        len(octets),
        len(octets),
    )


def test_the_end_of_one_side_is_passed_on_and_the_other_still_answers(
    library: FaultLibrary, echo: Echo
) -> None:
    with connect(library.put_a_proxy_before(echo.address)) as connection:
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while piece := connection.recv(100):
            said += piece
    assert said == b"last words"


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_makes_late_until_it_is_removed(library: FaultLibrary, echo: Echo, stream: str) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    with connect(address) as connection:
        assert ask(connection, b"a") == b"a"
        name = library.add_toxic("echo", "latency", stream, latency=200, jitter=20)
        began = time.monotonic()
        assert ask(connection, b"b") == b"b"
        assert time.monotonic() - began >= 0.18
        library.remove_toxic("echo", name)
        library.add_toxic("echo", "latency", stream, latency="1 minute")
        connection.sendall(b"c")
        library.remove_toxic("echo")
        assert connection.recv(1) == b"c"
    assert library.toxics_of("echo") == []


def test_pieces_that_come_together_are_late_together(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "latency", latency=300)
    library.add_toxic("echo", "slicer", "upstream", average_size=1)
    with connect(address) as connection:
        began = time.monotonic()
        assert ask(connection, b"0123456789") == b"0123456789"
        assert 0.3 <= time.monotonic() - began < 2.4


def test_bandwidth_takes_its_time(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "bandwidth", "upstream", rate=200)
    with connect(address) as connection:
        began = time.monotonic()
        assert len(ask(connection, b"x" * 60_000)) == 60_000
        assert time.monotonic() - began >= 0.25


def test_a_timeout_swallows_until_it_is_removed(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    with connect(address) as connection:
        library.add_toxic("echo", "timeout")
        connection.sendall(b"lost")
        assert until(lambda: library.counters_of("echo")["swallowed"] or None, 5) == 4
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        library.remove_toxic("echo")
        connection.settimeout(5)
        assert ask(connection, b"found") == b"found"


def test_a_timeout_with_a_time_ends_open_connections(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    with connect(address) as connection:
        assert ask(connection, b"a") == b"a"
        library.add_toxic("echo", "timeout", timeout=50)
        assert connection.recv(1) == b""


def test_a_reset_comes_at_once_or_after_some_octets(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    with connect(address) as connection:
        assert ask(connection, b"a") == b"a"
        library.add_toxic("echo", "reset_peer")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    library.remove_toxic("echo")
    library.add_toxic("echo", "reset_peer", "upstream", bytes=10)
    with connect(address) as connection:
        assert ask(connection, b"12345") == b"12345"
        connection.sendall(b"67890123")
        with pytest.raises(ConnectionResetError):
            while connection.recv(100):
                continue
    assert until(lambda: sum(echo.pieces[1:]) == 10 or None, 5)
    assert library.counters_of("echo")["reset"] == 2


def test_a_limit_ends_the_connection_exactly_there(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "limit_data", bytes=700)
    for _ in range(2):
        with connect(address) as connection:
            assert ask(connection, b"x" * 1000) == b"x" * 700


def test_a_slicer_cuts_pieces(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "slicer", "upstream", average_size=10, size_variation=3, delay=40)
    with connect(address) as connection:
        assert ask(connection, b"x" * 100) == b"x" * 100
    assert len(echo.pieces) >= 2 and sum(echo.pieces) == 100


def test_a_slow_close_is_late(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "slow_close", delay=150)
    with connect(address) as connection:
        began = time.monotonic()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b"" and time.monotonic() - began >= 0.15


def test_down_refuses_and_comes_back_at_the_same_port(library: FaultLibrary, echo: Echo) -> None:
    address = library.put_a_proxy_before(echo.address, "echo")
    with connect(address) as connection:
        assert ask(connection, b"a") == b"a"
        library.add_toxic("echo", "down")
        assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(address)
    library.remove_toxic("echo", "down_downstream")
    with connect(address) as connection:
        assert ask(connection, b"b") == b"b"


def test_toxicity_is_drawn_by_the_seed(library: FaultLibrary, echo: Echo) -> None:
    def met(seed: int) -> list[bool]:
        address = library.put_a_proxy_before(echo.address, "echo", seed)
        library.add_toxic("echo", "limit_data", "upstream", toxicity=0.5, bytes=1)
        found = []
        for _ in range(20):
            with connect(address) as connection:
                found.append(ask(connection, b"ab") != b"ab")
        return found

    first = met(7)
    assert first == met(7) and {True, False} == set(first)


def test_nobody_behind_ends_the_connection_and_is_counted(library: FaultLibrary, echo: Echo) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = library.put_a_proxy_before(f"127.0.0.1:{nobody.getsockname()[1]}", "nobody")
        with suppress(ConnectionResetError), connect(address) as connection:
            assert connection.recv(1) == b""
        assert until(lambda: library.counters_of("nobody")["unreached"] or None, 5) == 1


def test_a_proxy_that_was_not_used_is_told(library: FaultLibrary, echo: Echo) -> None:
    library.put_a_proxy_before(echo.address, "echo")
    with pytest.raises(Unmet, match="1 connections through the proxy echo, saw 0"):
        library.proxy_should_have_been_used("echo", within=timedelta(milliseconds=10))


def test_nothing_is_left_listening(library: FaultLibrary, echo: Echo) -> None:
    addresses = [library.put_a_proxy_before(echo.address, name) for name in ("one", "two", "three")]
    library.add_toxic("three", "down")
    connections = [connect(address) for address in addresses[:2]]
    library.take_the_proxy_away("one")
    FAULTS.undo_all()
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            connect(address)
    for connection in connections:
        with connection, suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("proxy before")]
    library.take_the_proxies_away()
    with pytest.raises(AssayError, match="there is no proxy one"):
        library.toxics_of("one")


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("latence", {}, "did you mean 'latency'"),
        ("latency", {"late": 3}, "latency has no value late"),
        ("latency", {"latency": "soon"}, "latency of latency is no time: 'soon'"),
        ("bandwidth", {"rate": "slow"}, "rate of bandwidth is a number, not 'slow'"),
        ("limit_data", {"bytes": -1}, "not below 0"),
    ],
)
def test_what_a_toxic_cannot_be_told_is_said(kind: str, values: dict[str, object], told: str) -> None:
    with pytest.raises(AssayError, match=told):
        toxic(kind, "downstream", 1, None, values)


def test_toxics_know_their_values(library: FaultLibrary, echo: Echo) -> None:
    assert all(set(kind.times) <= set(kind.values) for kind in KINDS.values())
    assert toxic("latency", "upstream", 1, None, {"latency": "1.5 s"})["latency"] == 1500
    for stream, toxicity, told in (
        ("sideways", 1.0, "no stream sideways"),
        ("upstream", 2, "share from 0 to 1"),
    ):
        with pytest.raises(AssayError, match=told):
            toxic("latency", stream, toxicity, None, {})
    library.put_a_proxy_before(echo.address, "echo")
    library.add_toxic("echo", "latency")
    with pytest.raises(AssayError, match="has a toxic latency_downstream already"):
        library.add_toxic("echo", "latency")
    with pytest.raises(AssayError, match="has no toxic latency_upstream"):
        library.remove_toxic("echo", "latency_upstream")
    with pytest.raises(AssayError, match="'nowhere' is no address|nowhere is no address"):
        library.put_a_proxy_before("nowhere")
