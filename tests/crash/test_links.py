"""A service behind links, killed at an exact message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from assay.core.errors import AssayError
from assay.crash.links import Links, Trap


class Store:
    """What a service writes to: takes commands of Redis, and answers each."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while octets := connection.recv(4096):
                self.taken.append(octets.split(b"\r\n")[2])
                connection.sendall(b"+OK\r\n")


class Service:
    """What is killed: one connection, which ends with it."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._connection = socket.create_connection((host, int(port)), 5)
        self.killed = threading.Event()

    def kill(self) -> None:
        self.killed.set()
        self._connection.shutdown(socket.SHUT_RDWR)

    def say(self, command: str) -> bytes:
        self._connection.sendall(b"*1\r\n$%d\r\n%s\r\n" % (len(command), command.encode()))
        return self._connection.recv(100)

    def ends(self) -> bool:
        """Whether the other side ends the connection, in whatever way."""
        try:
            return self._connection.recv(100) == b""
        except ConnectionResetError:
            return True


@contextmanager
def behind(store: Store) -> Iterator[tuple[Links, Service]]:
    services: list[Service] = []
    links = Links({"session-store": store.address}, lambda: services[0].kill())
    links.open()
    try:
        services.append(Service(links.addresses["session-store"]))
        yield links, services[0]
    finally:
        links.close()


@pytest.fixture
def linked() -> Iterator[tuple[Store, Links, Service]]:
    store = Store()
    with behind(store) as (links, service):
        yield store, links, service


def test_without_a_trap_everything_is_carried(linked: tuple[Store, Links, Service]) -> None:
    store, links, service = linked
    trap = links.set_trap(Trap())
    assert [service.say(word) for word in ("SET", "GET", "DEL")] == [b"+OK\r\n"] * 3
    assert not links.wait(trap) and not service.killed.is_set()
    assert trap.writes == ["session-store: SET", "session-store: DEL"]
    assert store.taken == [b"SET", b"GET", b"DEL"]


def test_before_a_write_nothing_of_it_arrives(linked: tuple[Store, Links, Service]) -> None:
    store, links, service = linked
    trap = links.set_trap(Trap("session-store: SET", number=2))
    assert service.say("SET") == b"+OK\r\n"
    assert service.say("SET") == b""
    assert links.wait(trap) and service.killed.is_set()
    assert store.taken == [b"SET"]


def test_after_a_write_it_has_arrived_and_the_service_hears_nothing(
    linked: tuple[Store, Links, Service],
) -> None:
    store, links, service = linked
    trap = links.set_trap(Trap("session-store: SET", after=True))
    assert service.say("SET") == b""
    assert links.wait(trap) and service.killed.is_set()
    assert store.taken == [b"SET"]


def test_a_kill_that_fails_is_told() -> None:
    def refuse() -> None:
        raise AssayError("it cannot be killed")

    store = Store()
    links = Links({"session-store": store.address}, refuse)
    links.open()
    service = Service(links.addresses["session-store"])
    trap = links.set_trap(Trap("session-store: SET"))
    service._connection.sendall(b"*1\r\n$3\r\nSET\r\n")
    with pytest.raises(AssayError, match="cannot be killed"):
        links.wait(trap)
    links.close()


def test_a_link_that_is_cut_ends_what_is_open_and_counts_what_is_tried(
    linked: tuple[Store, Links, Service],
) -> None:
    store, links, service = linked
    assert service.say("SET") == b"+OK\r\n"
    links.cut("session-store")
    assert service.ends()
    assert Service(links.addresses["session-store"]).ends()
    assert Service(links.addresses["session-store"]).ends()
    assert links.tried("session-store") == 2 and store.taken == [b"SET"]


def test_a_link_that_is_mended_carries_again(linked: tuple[Store, Links, Service]) -> None:
    _, links, _ = linked
    links.cut("session-store")
    assert Service(links.addresses["session-store"]).ends()
    links.mend("session-store")
    assert Service(links.addresses["session-store"]).say("GET") == b"+OK\r\n"


def test_a_link_that_is_not_there_cannot_be_cut(linked: tuple[Store, Links, Service]) -> None:
    with pytest.raises(AssayError, match="no link to mail, only to session-store"):
        linked[1].cut("mail")
