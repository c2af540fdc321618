"""Reads every key of a Redis-compatible server (RESP2), without knowing what it is used for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from assay.core.errors import NoAnswer

_READS: dict[str, list[str]] = {
    "string": ["GET", "{key}"],
    "hash": ["HGETALL", "{key}"],
    "list": ["LRANGE", "{key}", "0", "-1"],
    "set": ["SMEMBERS", "{key}"],
    "zset": ["ZRANGE", "{key}", "0", "-1", "WITHSCORES"],
    "stream": ["XRANGE", "{key}", "-", "+"],
}
_GONE = -2  # what PTTL says of a key that is not there


class Redis:
    """A connection that can do nothing but read."""

    def __init__(self, url: str, patience: float = 5.0) -> None:
        parts = urlsplit(url)
        try:
            self._socket = socket.create_connection(
                (parts.hostname or "127.0.0.1", parts.port or 6379), patience
            )
        except OSError as error:
            raise NoAnswer(f"redis at {parts.hostname}:{parts.port} did not answer: {error}") from error
        self._file: BinaryIO = self._socket.makefile("rb")
        if parts.password:
            self._ask("AUTH", *[unquote(word) for word in (parts.username, parts.password) if word])
        if database := parts.path.strip("/"):
            self._ask("SELECT", database)

    def close(self) -> None:
        """Ends the connection."""
        self._file.close()
        self._socket.close()

    def entries(self) -> Iterator[tuple[str, str]]:
        """Every key with all that it holds, as text; a key that went away meanwhile is passed over."""
        cursor = "0"
        while True:
            cursor, keys = self._ask("SCAN", cursor, "COUNT", "500")
            for key in keys:
                kind = self._ask("TYPE", key)
                if kind in _READS:
                    held = self._ask(*[word.replace("{key}", key) for word in _READS[kind]])
                    yield key, "\n".join(_flat(held))
            if cursor == "0":
                return

    def lifetimes(self) -> Iterator[tuple[str, float | None]]:
        """Every key with the seconds after which it ends by itself; None where it stays."""
        for key in [key for key, _ in self.entries()]:
            left = int(self._ask("PTTL", key))
            if left != _GONE:
                yield key, None if left < 0 else left / 1000

    def _ask(self, *words: str) -> Any:
        octets = [word.encode("utf-8", "surrogateescape") for word in words]
        parts = [b"*%d\r\n" % len(octets), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in octets)]
        try:
            self._socket.sendall(b"".join(parts))
            return self._answer()
        except (OSError, ValueError) as error:
            raise NoAnswer(f"redis did not answer {words[0]}: {error or type(error).__name__}") from error

    def _answer(self) -> Any:
        line = self._file.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"-":
            raise NoAnswer(f"redis refused: {rest.decode()}")
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self._file.read(length + 2)[:-2].decode("utf-8", "surrogateescape")
        if kind in b"+:" and kind:
            return rest.decode()
        raise NoAnswer("redis closed the connection or spoke something else than RESP2")


def _flat(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif value is not None:
        yield str(value)
