"""Locks between processes on the shared disk: flock on a file for each folder of files, opened for each operation.

Whoever dies gives its locks up with its files. What counts is decided by the index all the same.
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


class Locks:
    """Takes locks in one order, and lets go of them whatever happens."""

    def __init__(self, shared: Path) -> None:
        self._folder = shared / FOLDER
        self._queues: dict[str, asyncio.Lock] = {}
        self._waiting = ThreadPoolExecutor(256, "lock")

    @contextlib.asynccontextmanager
    async def exclusive(self, shards: Iterable[str]) -> AsyncIterator[None]:
        """Holds locks that nobody else holds at all."""
        async with self._hold(shards, fcntl.LOCK_EX):
            yield

    @contextlib.asynccontextmanager
    async def shared(self, shards: Iterable[str]) -> AsyncIterator[None]:
        """Holds locks that others may hold alike."""
        async with self._hold(shards, fcntl.LOCK_SH):
            yield

    @contextlib.asynccontextmanager
    async def _hold(self, shards: Iterable[str], kind: int) -> AsyncIterator[None]:
        held: list[int] = []
        try:
            for shard in self.order(shards):
                held.append(await self.take(shard, kind))
            yield
        finally:
            for descriptor in held:
                os.close(descriptor)

    def order(self, shards: Iterable[str]) -> list[str]:
        """One order for everybody, so that no two wait for each other."""
        return sorted(set(shards))

    async def take(self, shard: str, kind: int) -> int:
        """One lock; whoever has to wait does so in a thread, one of this process at a time."""
        descriptor = self.open(shard)
        waiting: asyncio.Future[bool] | None = None
        try:
            if not self.lock(descriptor, kind | fcntl.LOCK_NB):
                async with self._queues.setdefault(shard, asyncio.Lock()):
                    loop = asyncio.get_running_loop()
                    waiting = loop.run_in_executor(self._waiting, self.lock, descriptor, kind)
                    await asyncio.shield(waiting)
        except BaseException:
            if waiting is None or waiting.done():
                os.close(descriptor)
            else:
                waiting.add_done_callback(lambda _: os.close(descriptor))
            raise
        return descriptor

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
