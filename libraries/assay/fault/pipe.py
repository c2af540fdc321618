"""One stream of one connection through a proxy: octets pass by the toxics that are there as they pass."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from assay.core.relay import PIECE
from assay.fault.toxics import Toxic

_WAITING = 64
_TURN = 0.05


class Around(Protocol):
    """What a stream needs to know of its connection."""

    def active(self, stream: str, kind: str) -> list[Toxic]:
        """The toxics of a kind that meet this connection now."""

    def count(self, what: str, octets: int) -> None:
        """Counts octets: `upstream`, `downstream` or `swallowed`."""

    def end(self, reset: bool = False) -> None:
        """Ends the connection, both streams of it."""

    async def change(self, seconds: float) -> None:
        """Returns when toxics have come or gone, or the time is over."""

    dice: random.Random


class Pipe:
    """Carries what comes from one side to the other."""

    def __init__(
        self, around: Around, stream: str, source: asyncio.StreamReader, goal: asyncio.StreamWriter
    ) -> None:
        self._around, self._stream, self._source, self._goal = around, stream, source, goal
        self._clock = asyncio.get_running_loop().time
        self._arrived: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)
        self._passed: dict[Toxic, int] = {}
        self._last = 0.0

    async def run(self) -> None:
        """Until the source has ended and the goal was told so."""
        reading = asyncio.ensure_future(self._read())
        try:
            while True:
                arrived, octets = await self._arrived.get()
                if not octets:
                    break
                await self._late(arrived)
                for piece in self._sliced(octets):
                    await self._pass(piece)
            await self._wait(lambda: self._end_is_due(arrived))
            with suppress(OSError, RuntimeError):
                self._goal.write_eof()
        except OSError:
            self._around.end()
        finally:
            reading.cancel()

    async def _read(self) -> None:
        octets = b"-"
        while octets:
            try:
                octets = await self._source.read(PIECE)
            except OSError:
                self._around.end()
                return
            await self._arrived.put((self._clock(), octets))

    async def _late(self, arrived: float) -> None:
        """Latency counts from when a piece came, so that pieces that came together are late together."""
        share = self._around.dice.uniform(-1, 1)

        def due() -> float:
            return arrived + max(
                0.0, self._sum("latency", "latency") + share * self._sum("latency", "jitter")
            )

        await self._wait(due)

    def _end_is_due(self, arrived: float) -> float:
        """What swallows everything swallows the end too."""
        return float("inf") if self._active("timeout") else arrived + self._sum("slow_close", "delay")

    def _sliced(self, octets: bytes) -> Iterator[bytes]:
        start = 0
        while start < len(octets):
            size = len(octets)
            for one in self._active("slicer"):
                vary = self._around.dice.uniform(-1, 1) * one["size_variation"]
                size = max(1, min(size, int(one["average_size"] + vary)))
            for one in self._active("bandwidth"):
                size = max(1, min(size, int(one["rate"] * 1000 * _TURN) or 1))
            yield octets[start : start + size]
            start += size

    async def _pass(self, octets: bytes) -> None:
        if self._active("timeout"):
            self._around.count("swallowed", len(octets))
            return
        room = min((int(one["bytes"]) - self._passed.get(one, 0) for one in self._limits()), default=None)
        sent = octets if room is None else octets[: max(0, room)]
        # Counted first: whoever has received the last octets may look at once.
        self._around.count(self._stream, len(sent))
        self._goal.write(sent)
        await self._goal.drain()
        for one in self._limits():
            self._passed[one] = self._passed.get(one, 0) + len(sent)
            if self._passed[one] >= one["bytes"]:
                self._around.end(reset=one.kind == "reset_peer")
                return
        began = max(self._last, self._clock())
        await self._wait(lambda: began + self._pause(len(sent)))
        self._last = began + self._pause(len(sent))

    def _limits(self) -> list[Toxic]:
        return self._active("limit_data") + [one for one in self._active("reset_peer") if one["bytes"]]

    def _pause(self, size: int) -> float:
        rates = [one["rate"] * 1000 for one in self._active("bandwidth")]
        slow = max((size / rate if rate else float("inf") for rate in rates), default=0.0)
        return max(slow, self._sum("slicer", "delay"))

    def _active(self, kind: str) -> list[Toxic]:
        return self._around.active(self._stream, kind)

    def _sum(self, kind: str, value: str) -> float:
        """The seconds of a value, over all toxics of a kind."""
        return sum(one[value] for one in self._active(kind)) / 1000

    async def _wait(self, due: Callable[[], float]) -> None:
        """Until it is due, which toxics that come and go may change."""
        while (left := due() - self._clock()) > 0:
            await self._around.change(left)
