"""Work that waits for the disk, away from the loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_POOL = 32


class Threads:
    """A few threads; what was begun is waited for, also by whoever is cancelled meanwhile."""

    def __init__(self, name: str, most: int = _POOL) -> None:
        self._pool = ThreadPoolExecutor(most, name)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Does something in a thread. A cancellation counts once that has ended, so that nothing happens late."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise
