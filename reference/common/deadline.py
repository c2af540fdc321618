"""How long a request may take: what it waits for is cut off, so that no thread waits for ever and no late write happens."""

import asyncio
import contextlib
import os
import socket
import threading
from contextvars import ContextVar


class Deadline:
    """The time left to one request, and the sockets it waits on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[int] = set()
        self._handle: asyncio.TimerHandle | None = None
        self.passed = False
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def arm(self, seconds: float) -> None:
        """Sets the time left, from now on."""
        self.disarm()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._expire)

    def disarm(self) -> None:
        """Takes the limit away."""
        if self._handle is not None:
            self._handle.cancel()

    def watch(self, descriptor: int) -> None:
        """Cuts this socket off when the time is up; callable from any thread."""
        with self._lock:
            self._sockets.add(descriptor)
            if self.passed:
                _cut(descriptor)

    def release(self, descriptor: int) -> None:
        """The socket goes back to a pool and is no longer this request's."""
        with self._lock:
            self._sockets.discard(descriptor)

    def _expire(self) -> None:
        with self._lock:
            self.passed = True
            for descriptor in self._sockets:
                _cut(descriptor)
        if not self.future.done():
            self.future.set_result(None)


def _cut(descriptor: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)
