"""Locks between processes on the shared disk: flock on a file for each folder of files, opened for each operation.

Whoever dies gives its locks up with its files. Whoever is held up for ever, a process that was stopped for instance, does not, and must
stop nobody: after a while others go on without the lock. They can, for no file is written twice, a file is checked against the
index, and the ticket of who was held up is void.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reference.store.sealedfiles import make_private_folder

FOLDER = "locks"
READ_PATIENCE, WRITE_PATIENCE = 0.2, 1.0


class Locks:
    """Takes locks in one order, and lets go of them whatever happens."""

    def __init__(self, shared: Path) -> None:
        self._folder = shared / FOLDER
        self._waiting = ThreadPoolExecutor(256, "lock")

    @contextlib.asynccontextmanager
    async def exclusive(self, shards: Iterable[str]) -> AsyncIterator[None]:
        """Holds locks that nobody else holds at all."""
        async with self._hold(shards, fcntl.LOCK_EX, WRITE_PATIENCE):
            yield

    @contextlib.asynccontextmanager
    async def shared(self, shards: Iterable[str]) -> AsyncIterator[None]:
        """Holds locks that others may hold alike."""
        async with self._hold(shards, fcntl.LOCK_SH, READ_PATIENCE):
            yield

    @contextlib.asynccontextmanager
    async def _hold(self, shards: Iterable[str], kind: int, patience: float) -> AsyncIterator[None]:
        held: list[int] = []
        ends = asyncio.get_running_loop().time() + patience
        try:
            for shard in self.order(shards):
                descriptor = await self.take(shard, kind, ends)
                if descriptor is not None:
                    held.append(descriptor)
            yield
        finally:
            for descriptor in held:
                os.close(descriptor)

    def order(self, shards: Iterable[str]) -> list[str]:
        """One order for everybody, so that no two wait for each other."""
        return sorted(set(shards))

    async def take(self, shard: str, kind: int, ends: float) -> int | None:
        """One lock, None where it is not free in time; whoever has to wait does so in a thread."""
        descriptor = self.open(shard)
        try:
            if self.lock(descriptor, kind | fcntl.LOCK_NB):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        loop = asyncio.get_running_loop()
        waiting = loop.run_in_executor(self._waiting, self.lock, descriptor, kind)
        try:
            await asyncio.wait({waiting}, timeout=max(ends - loop.time(), 0))
        except asyncio.CancelledError:
            waiting.add_done_callback(lambda _: os.close(descriptor))
            raise
        if waiting.done():
            return descriptor
        waiting.add_done_callback(lambda _: os.close(descriptor))
        return None

    def open(self, shard: str) -> int:
        """A lock file of one's own to hold a lock by."""
        path = self._folder / shard
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            make_private_folder(self._folder)
            return os.open(path, flags, 0o600)

    def lock(self, descriptor: int, kind: int) -> bool:
        """Locks, and waits for it unless told not to; whether it is locked."""
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            return False
        return True
