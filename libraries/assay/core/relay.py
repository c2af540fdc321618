"""What stands between two programs on a TCP connection: an event loop in a thread of its own that takes connections here."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from assay.core.errors import AssayError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Result = TypeVar("Result")

PIECE = 1 << 16
HERE = "127.0.0.1"
_TURNS = 10


class Relay:
    """Listens on ports that the system picks, and serves each connection in its own thread, until it is closed."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._servers: set[asyncio.Server] = set()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def open(self) -> None:
        """Begins to serve."""
        self._thread.start()

    def close(self) -> None:
        """Ends every connection and listens no more. Does nothing where it does not serve."""
        if self.running:
            self.run(self._end())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(5)
            self.loop.close()

    def run(self, work: Coroutine[Any, Any, Result], seconds: float = 5.0) -> Result:
        """Has something done in the thread of the relay and returns what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def soon(self, work: Callable[..., object], *arguments: Any) -> None:
        """Has something done in the thread of the relay; nobody waits for it."""
        self.loop.call_soon_threadsafe(work, *arguments)

    def listen(self, serve: Serve) -> str:
        """Takes connections from now on; returns the address, `127.0.0.1:port`."""
        return told(self.run(self.listening(serve)))

    async def listening(self, serve: Serve, on: socket.socket | None = None) -> asyncio.Server:
        """A server at a port that the system picks, or on a socket that is bound already."""

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()

        if on is not None:
            server = await asyncio.start_server(guarded, sock=on)
        else:
            server = await asyncio.start_server(guarded, HERE, 0)
        self._servers.add(server)
        return server

    async def stop_listening(self, server: asyncio.Server) -> None:
        """Refuses connections; those taken before are served to their end.

        asyncio forgets a connection, and never closes it, that it has just taken as its server closes. So nothing more is
        taken first, what was taken gets its task within some turns of the loop, and then the server is closed.
        """
        for one in server.sockets:
            self.loop.remove_reader(one.fileno())
        await _some_turns()
        server.close()
        self._servers.discard(server)

    async def _end(self) -> None:
        for server in list(self._servers):
            await self.stop_listening(server)
        while tasks := asyncio.all_tasks(self.loop) - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await _some_turns()


async def _some_turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def told(server: asyncio.Server) -> str:
    """Where a server listens, `127.0.0.1:port`."""
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"


def host_and_port(address: str) -> tuple[str, int]:
    """Host and port of an address such as `127.0.0.1:5432`."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise AssayError(f"{address} is no address of a host and a port, such as 127.0.0.1:5432")
    return host.strip("[]"), int(port)


async def reach(address: str) -> Streams | None:
    """A connection to what is behind; None where nobody answers there."""
    with suppress(OSError):
        return await asyncio.open_connection(*host_and_port(address))
    return None
