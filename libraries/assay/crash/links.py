"""Links that a service's connections are led through, so that it can be stopped at an exact message."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assay.core.errors import AssayError
from assay.core.relay import PIECE, Relay, reach
from assay.core.waiting import until
from assay.crash import speech

_QUIET = 0.4
_LONGEST = 10.0


@dataclass
class Trap:
    """Springs at one write, the so many-th of its kind: as it is about to be sent on, or, with `after`, when it was answered and
    before the service hears of it. Without a write it only counts."""

    write: str = ""
    number: int = 1
    after: bool = False
    writes: list[str] = field(default_factory=list)
    last: float = field(default_factory=time.monotonic)
    sprung: bool = False

    def springs(self, told: str) -> bool:
        """Counts a write; whether it is the one."""
        self.writes.append(told)
        self.last = time.monotonic()
        return told == self.write and self.writes.count(told) == self.number


class Links:
    """One listening address for each thing that a service connects to, and the trap that is set on all of them together."""

    def __init__(self, behind: Mapping[str, str], kill: Callable[[], None]) -> None:
        self.addresses: dict[str, str] = {}
        self._behind, self._kill = behind, kill
        self._trap: Trap | None = None
        self._open: set[_Link] = set()
        self._cut: dict[str, int] = {}
        self._killed = threading.Event()
        self._failure: Exception | None = None
        self._relay = Relay("links")

    def open(self) -> None:
        """Listens for the service."""
        self._relay.open()
        for name in self._behind:
            self.addresses[name] = self._relay.listen(functools.partial(self._serve, name))

    def close(self) -> None:
        """Ends every connection and listens no more."""
        self._relay.close()

    def set_trap(self, trap: Trap) -> Trap:
        """Counts writes from now on, and kills the service at the one that the trap says.

        What was still being done for something before, such as a mail whose reader was quick, is waited for.
        """
        until(lambda: None if self._busy() else True, _LONGEST)
        self._killed.clear()
        self._failure = None
        trap.last = time.monotonic()
        self._trap = trap
        return trap

    def wait(self, trap: Trap) -> bool:
        """Whether the trap has sprung, once it has or nothing was written for a while; then the service is dead."""

        def decided() -> bool | None:
            return (
                True if trap.sprung or (time.monotonic() - trap.last > _QUIET and not self._busy()) else None
            )

        until(decided, _LONGEST)
        if trap.sprung and not self._killed.wait(_LONGEST):
            raise AssayError("the service could not be killed in time")
        if self._failure is not None:
            raise self._failure
        return trap.sprung

    def let_go(self) -> None:
        """Sets no trap any more: what is said from now on goes its way."""
        self._trap = None

    def cut(self, name: str) -> None:
        """Ends every connection of one link, and each one that is begun from now on."""
        if name not in self._behind:
            raise AssayError(f"there is no link to {name}, only to {', '.join(self._behind)}")
        self._cut[name] = 0
        for link in [one for one in list(self._open) if one.name == name]:
            self._relay.soon(link.end)

    def mend(self, name: str) -> None:
        """Carries on one link what is said, as before it was cut."""
        self._cut.pop(name, None)

    def tried(self, name: str) -> int:
        """How many connections were begun on a link since it was cut."""
        return self._cut.get(name, 0)

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if name in self._cut:
            self._cut[name] += 1
            writer.transport.abort()
            return
        behind = await reach(self._behind[name])
        if behind is None:
            writer.transport.abort()
            return
        behind_reader, behind_writer = behind
        link = _Link(self, speech.KINDS.get(name, speech.Speech)(), name, writer.transport.abort)
        self._open.add(link)
        there = asyncio.ensure_future(link.carry(reader, behind_writer))
        back = asyncio.ensure_future(link.bring_back(behind_reader, writer))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        self._open.discard(link)
        for end in (writer, behind_writer):
            end.transport.abort() if link.held else end.close()

    def _busy(self) -> bool:
        return any(link.speech.busy for link in list(self._open))

    @property
    def trap(self) -> Trap | None:
        """The trap that is set."""
        return self._trap

    def spring(self, trap: Trap) -> None:
        """Kills the service; nothing that it says is carried on any more."""
        trap.sprung = True

        def kill() -> None:
            try:
                self._kill()
            except Exception as error:  # noqa: BLE001 - told to whoever waits for it
                self._failure = error
            self._killed.set()

        threading.Thread(target=kill, name="kill", daemon=True).start()


class _Link:
    """One connection of the service, carried on."""

    def __init__(self, links: Links, said: speech.Speech, name: str, end: Callable[[], None]) -> None:
        self._links, self.speech, self.name, self.end = links, said, name, end
        self._springs: Trap | None = None
        self.held = False

    async def carry(self, reader: asyncio.StreamReader, behind: asyncio.StreamWriter) -> None:
        """Carries what the service says, until the trap springs."""
        while octets := await reader.read(PIECE):
            trap = self._links.trap
            writes = self.speech.heard(octets)
            if trap is not None and trap.sprung:
                self.held = True
                continue
            if trap is not None and writes and trap.springs(f"{self.name}: {', '.join(writes)}"):
                self.held = True
                if not trap.after:
                    self._links.spring(trap)
                    continue
                self._springs = trap
            behind.write(octets)
            await behind.drain()

    async def bring_back(self, behind: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Brings back what is answered, but for the answer at which the trap springs and what comes after it."""
        while octets := await behind.read(PIECE):
            if self._springs is not None and not self._springs.sprung:
                self._links.spring(self._springs)
            if not self.held:
                writer.write(octets)
                await writer.drain()
