"""How often each defect was met, counted in memory that services share with the launcher, so that no crash loses it."""

import json
import mmap
import os
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_SIZE = 8


class Hits:
    """A counter for each defect."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self._names, self._path = list(names), path
        self._memory = mmap.mmap(-1, max(1, len(self._names)) * _SIZE)
        self._lock = threading.Lock()
        self._written: dict[str, int] | None = None

    def counter(self, name: str) -> Callable[[], None]:
        """What a service calls when it meets a defect."""
        offset = self._names.index(name) * _SIZE

        def hit() -> None:
            with self._lock:
                (count,) = struct.unpack_from("<Q", self._memory, offset)
                struct.pack_into("<Q", self._memory, offset, count + 1)

        return hit

    def counts(self) -> dict[str, int]:
        """The counts now."""
        return {
            name: struct.unpack_from("<Q", self._memory, number * _SIZE)[0]
            for number, name in enumerate(self._names)
        }

    def save(self) -> None:
        """Writes the counts, if they have changed."""
        counts = self.counts()
        if counts != self._written:
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(counts), encoding="utf-8")
            os.replace(draft, self._path)
            self._written = counts
