"""A TCP proxy that stands before an address and has toxics, which come and go while connections are open."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from assay.core.errors import AssayError, accepted
from assay.core.relay import HERE, Relay, Streams, host_and_port, reach, told
from assay.fault.pipe import Pipe
from assay.fault.toxics import Toxic

_ENDING = 2.0
_ENDS = {"timeout": False, "reset_peer": True}
"""Toxics that end a connection after their time, and whether by a reset."""


@dataclass
class Counters:
    """What a proxy has carried: connections, those that found nobody behind it, those open now, octets by stream."""

    connections: int = 0
    unreached: int = 0
    open: int = 0
    reset: int = 0
    upstream: int = 0
    downstream: int = 0
    swallowed: int = 0


class Proxy:
    """Listens on 127.0.0.1 at a port that the system picks and carries each connection to the address behind."""

    def __init__(self, behind: str, seed: int) -> None:
        host_and_port(behind)
        self.behind, self.seed = behind, seed
        self.counters = Counters()
        self.dice = random.Random(seed)
        self.address = ""
        self.toxics: dict[str, Toxic] = {}
        self.changed = asyncio.Event()
        self._relay = Relay(f"proxy before {behind}")
        self._server: asyncio.Server | None = None
        self._kept: socket.socket | None = None
        self._open: set[_Connection] = set()
        self._serving: set[asyncio.Task[Any]] = set()

    def open(self) -> str:
        """Begins to listen; returns the address."""
        self._relay.open()
        self._relay.run(self._listen())
        return self.address

    def close(self) -> None:
        """Ends every connection and listens no more."""
        if self._relay.running:
            self._relay.run(self._stop())
            self._relay.close()

    def add(self, toxic: Toxic) -> None:
        """Adds a toxic, to the open connections too."""
        if toxic.name in self.toxics:
            raise AssayError(
                f"the proxy before {self.behind} has a toxic {toxic.name} already: give this one a name"
            )
        self._relay.run(self._add(toxic))

    def remove(self, name: str | None) -> None:
        """Removes a toxic, or all of them; what it held back goes on."""
        if name is not None and name not in self.toxics:
            raise AssayError(
                f"the proxy before {self.behind} has no toxic {name}{accepted(name, self.toxics)}"
            )
        self._relay.run(self._remove([name] if name else list(self.toxics)))

    def counted(self) -> dict[str, int]:
        """The counters as they are now."""
        return asdict(self.counters)

    async def _listen(self) -> None:
        self._server = await self._relay.listening(self._serve, self._kept)
        self._kept = None
        self.address = told(self._server)

    async def _stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await self._relay.stop_listening(server)
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        for one in self._open:
            one.end()
        if ending := [task for task in self._serving if task is not asyncio.current_task()]:
            await asyncio.wait(ending, timeout=_ENDING)

    async def _down(self) -> None:
        """Refuses connections. The port stays this proxy's: it is bound and not listened on."""
        await self._stop()
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._kept.bind((HERE, host_and_port(self.address)[1]))

    async def _add(self, toxic: Toxic) -> None:
        self.toxics[toxic.name] = toxic
        if toxic.kind == "down" and self._server is not None:
            await self._down()
        for one in list(self._open):
            one.meets(toxic)
        self._tell()

    async def _remove(self, names: list[str]) -> None:
        gone = [self.toxics.pop(name) for name in names]
        if any(one.kind == "down" for one in gone) and not self._has("down"):
            await self._listen()
        self._tell()

    def _has(self, kind: str) -> bool:
        return any(one.kind == kind for one in self.toxics.values())

    def _tell(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counters.connections += 1
        if task := asyncio.current_task():
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        behind = await reach(self.behind)
        if behind is None or self._server is None:
            # Nobody to be led to, or a proxy that has gone meanwhile.
            self.counters.unreached += behind is None
            for one in (writer, *(behind or ())[1:]):
                _reset(one)
            return
        connection = _Connection(self, (reader, writer), behind)
        self._open.add(connection)
        self.counters.open += 1
        try:
            await connection.carry()
        finally:
            self._open.discard(connection)
            self.counters.open -= 1


class _Connection:
    """One connection and its two streams."""

    def __init__(self, proxy: Proxy, front: Streams, behind: Streams) -> None:
        self._proxy, self._writers = proxy, (front[1], behind[1])
        self.dice = proxy.dice
        self._met: dict[Toxic, bool] = {}
        self._over = asyncio.Event()
        self._pipes = [
            Pipe(self, "upstream", front[0], behind[1]),
            Pipe(self, "downstream", behind[0], front[1]),
        ]

    async def carry(self) -> None:
        """Until both streams have ended, or something ends the connection."""
        for toxic in list(self._proxy.toxics.values()):
            self.meets(toxic)
        over = asyncio.ensure_future(self._over.wait())
        streams = asyncio.gather(*(pipe.run() for pipe in self._pipes))
        try:
            either: set[asyncio.Future[Any]] = {over, streams}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            streams.cancel()
            with suppress(asyncio.CancelledError):
                await streams
            for writer in self._writers:
                writer.close()

    def meets(self, toxic: Toxic) -> bool:
        """Whether a toxic meets this connection, which is drawn once; one that ends it after a time begins to run."""
        if toxic not in self._met:
            self._met[toxic] = self.dice.random() < toxic.toxicity
            if self._met[toxic] and toxic.kind in _ENDS:
                self._end_later(toxic)
        return self._met[toxic]

    def active(self, stream: str, kind: str) -> list[Toxic]:
        """The toxics of a kind that meet this connection now."""
        return [
            one
            for one in self._proxy.toxics.values()
            if one.kind == kind and one.stream == stream and self.meets(one)
        ]

    def count(self, what: str, octets: int) -> None:
        """Counts octets."""
        setattr(self._proxy.counters, what, getattr(self._proxy.counters, what) + octets)

    def end(self, reset: bool = False) -> None:
        """Ends the connection, both streams of it."""
        if self._over.is_set():
            return
        self._over.set()
        if reset:
            self._proxy.counters.reset += 1
            for writer in self._writers:
                _reset(writer)

    async def change(self, seconds: float) -> None:
        """Returns when toxics have come or gone, or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._proxy.changed.wait(), min(seconds, 3600))

    def _end_later(self, toxic: Toxic) -> None:
        if toxic.kind == "timeout" and not toxic["timeout"] or toxic.values.get("bytes"):
            return

        def end() -> None:
            if toxic in self._proxy.toxics.values():
                self.end(reset=_ENDS[toxic.kind])

        asyncio.get_running_loop().call_later(toxic["timeout"] / 1000, end)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends by RST: a socket that lingers for no time throws away what it has not sent."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    writer.transport.abort()
