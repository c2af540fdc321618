"""Stored passwords and the keys of a Redis-compatible server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from assay import RecordLibrary as record
from assay.core.errors import NoAnswer
from assay.evidence.expect import Unmet
from assay.evidence.finding import Finder
from assay.record.passwords import parse
from assay.record.redis import Redis
from assay.RecordLibrary import RecordLibrary
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def _phc(password: str, memory: int = 64, passes: int = 1) -> str:
    made = Argon2id(salt=b"0123456789abcdef", length=32, iterations=passes, lanes=1, memory_cost=memory)
    return made.derive_phc_encoded(password.encode())


def test_a_stored_password_is_taken_apart() -> None:
    stored = parse(_phc("secret", memory=128, passes=2))
    assert stored is not None
    assert (stored.kind, stored.version, stored.memory, stored.passes, stored.lanes) == (
        "argon2id",
        19,
        128,
        2,
        1,
    )
    assert stored.fits("secret") and not stored.fits("secre") and "$" not in str(stored)


@pytest.mark.parametrize(
    ("memory", "passes", "strong"),
    [
        (19456, 2, True),
        (19456, 1, False),
        (47104, 1, True),
        (7168, 5, True),
        (7168, 4, False),
        (64, 9, False),
    ],
)
def test_costs_are_held_against_the_table(memory: int, passes: int, strong: bool) -> None:
    stored = parse(f"$argon2id$v=19$m={memory},t={passes},p=1$c2FsdHNhbHQ$ZGlnZXN0")
    assert stored is not None and stored.strong_enough is strong


@pytest.mark.parametrize(
    "text", ["", "secret", "$2b$12$abc", "$argon2id$v=19$m=64,t=1$a$b", "x$argon2id$v=19$m=64,t=1,p=1$a$b"]
)
def test_what_is_no_argon2_hash_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "x correct-horse-battery y",
        "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
        "636f72726563742d686f7273652d62617474657279",
        "correct%2Dhorse%2Dbattery",
        "\\u0063orrect-horse-battery",
        "wrapped: xY29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
    ],
)
def test_a_secret_is_found_in_each_form(text: str) -> None:
    assert Finder({"the password": "correct-horse-battery"}).names_in(text) == ["the password"]


def test_what_is_not_there_is_not_found() -> None:
    assert Finder({"the password": "correct-horse-battery"}).names_in("correct horse, staple, battery") == []


ANSWERS = {
    b"SCAN": b"*2\r\n$1\r\n0\r\n*2\r\n$2\r\ns1\r\n$2\r\nh1\r\n",
    b"TYPE s1": b"+string\r\n",
    b"GET s1": b"$5\r\nhello\r\n",
    b"TYPE h1": b"+hash\r\n",
    b"HGETALL h1": b"*2\r\n$4\r\nuser\r\n$3\r\nann\r\n",
    b"PTTL s1": b":1500\r\n",
    b"PTTL h1": b":-1\r\n",
    b"SELECT": b"+OK\r\n",
    b"AUTH": b"-ERR wrong password\r\n",
}


@pytest.fixture
def server() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            while asked := connection.recv(4096):
                words = b" ".join(asked.split(b"\r\n")[2::2])
                connection.sendall(
                    next(answer for start, answer in ANSWERS.items() if words.startswith(start))
                )

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()


def test_every_key_is_read_with_what_it_holds(server: int) -> None:
    redis = Redis(f"redis://127.0.0.1:{server}/2")
    assert list(redis.entries()) == [("s1", "hello"), ("h1", "user\nann")]
    redis.close()


def test_the_lifetime_of_every_key_is_read(server: int) -> None:
    redis = Redis(f"redis://127.0.0.1:{server}")
    assert dict(redis.lifetimes()) == {"s1": 1.5, "h1": None}
    redis.close()


def _stored(monkeypatch: pytest.MonkeyPatch, **lifetimes: float | None) -> RecordLibrary:
    double = SimpleNamespace(
        entries=lambda: [(key, "held") for key in lifetimes], lifetimes=lambda: lifetimes.items()
    )
    monkeypatch.setattr(record, "_redis", lambda look: look(double))
    return RecordLibrary()


def test_the_size_of_the_session_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _stored(monkeypatch, one=1.0, three=None).size_of_the_session_store() == 16


def test_keys_that_end_in_time_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    _stored(monkeypatch, one=1.0, two=60.0).each_key_of_the_session_store_should_end(timedelta(seconds=60))


@pytest.mark.parametrize("lifetimes", [{}, {"one": None}, {"one": 1.0, "two": 61.0}])
def test_keys_that_stay_or_no_keys_fail(
    monkeypatch: pytest.MonkeyPatch, lifetimes: dict[str, float | None]
) -> None:
    with pytest.raises(Unmet):
        _stored(monkeypatch, **lifetimes).each_key_of_the_session_store_should_end(timedelta(seconds=60))


def test_a_refusal_is_told(server: int) -> None:
    with pytest.raises(NoAnswer, match="redis refused: ERR wrong password"):
        Redis(f"redis://:wrong@127.0.0.1:{server}")


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(NoAnswer, match=r"redis at 127\.0\.0\.1:1 did not answer"):
        Redis("redis://127.0.0.1:1")
