"""A store that refuses to start: that counts only where nothing of it serves any more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from assay.core.errors import AssayError, PlatformError
from assay.evidence.expect import Unmet
from assay.store import starting
from assay.StoreLibrary import StoreLibrary

LIBRARY = StoreLibrary()


class Platform:
    """A platform whose store has two doors, each a port that is bound and listens or does not."""

    capabilities = frozenset({"store.rest", "store.workers"})
    private = True

    def __init__(self) -> None:
        self.ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.places = [f"127.0.0.1:{one.getsockname()[1]}" for one in self.ports]
        self.control: Any = lambda *_: None

    def url(self, _service: str) -> str:
        return f"http://{self.places[0]}"

    def said_of(self, _service: str, _what: str) -> list[str]:
        return self.places[1:]

    def close(self, *which: int) -> None:
        for number in which:
            self.ports[number].close()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    made = Platform()
    monkeypatch.setattr(
        starting,
        "current",
        lambda: SimpleNamespace(platform=made, control=lambda *asked: made.control(*asked)),
    )
    monkeypatch.setattr(starting, "_CLOSED_WITHIN", 0.2)
    monkeypatch.setattr(starting, "_CLOSED_FOR", 0.5)
    yield made
    made.close(0, 1)


def refusing(platform: Platform) -> None:
    def refuse(*_: str) -> None:
        raise PlatformError("start store: it ended with status 3")

    platform.control = refuse


def test_a_store_that_starts_serves(platform: Platform) -> None:
    asked: list[tuple[str, ...]] = []
    platform.control = lambda *told: asked.append(told)
    assert LIBRARY.start_the_store_unless_it_refuses() is True
    assert asked == [("store", "start")]


def test_a_store_that_refuses_and_is_gone_has_refused(platform: Platform) -> None:
    refusing(platform)
    platform.close(0, 1)
    assert LIBRARY.start_the_store_unless_it_refuses() is False


@pytest.mark.parametrize(("closed", "told"), [((), "rest, worker-1"), ((0,), "worker-1"), ((1,), "rest")])
def test_a_store_of_which_anything_serves_has_not_refused(
    platform: Platform, closed: tuple[int, ...], told: str
) -> None:
    refusing(platform)
    platform.close(*closed)
    with pytest.raises(Unmet, match=f"{told} did"):
        LIBRARY.start_the_store_unless_it_refuses()


def test_a_store_that_is_slow_to_start_has_not_refused(platform: Platform) -> None:
    refusing(platform)
    port = platform.ports[0].getsockname()[1]
    platform.close(0, 1)

    def open_again() -> None:
        platform.ports.append(socket.create_server(("127.0.0.1", port)))

    later = threading.Timer(0.25, open_again)
    later.start()
    with pytest.raises(Unmet, match="rest did"):
        LIBRARY.start_the_store_unless_it_refuses()
    later.join()
    platform.close(2)


def test_a_store_that_others_use_is_left_alone(platform: Platform) -> None:
    platform.private = False
    with pytest.raises(AssayError, match="private"):
        LIBRARY.start_the_store_unless_it_refuses()
