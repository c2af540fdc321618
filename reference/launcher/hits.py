"""How often each defect was met, counted in memory that services share with the launcher, so that no crash loses it."""

import json
import mmap
import os
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from reference.defects import FAILED

_SIZE = 8


class Hits:
    """A counter for each defect, and one of how often its own code failed."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self._names, self._path = list(names), path
        self._memory = mmap.mmap(-1, max(1, 2 * len(self._names)) * _SIZE)
        self._lock = threading.Lock()
        self._written: dict[str, int] | None = None

    def counter(self, name: str) -> Callable[[], None]:
        """What a service calls when it meets a defect; of `NAME failed`, when the code of that one fails."""
        offset = self._offset(name)

        def hit() -> None:
            with self._lock:
                (count,) = struct.unpack_from("<Q", self._memory, offset)
                struct.pack_into("<Q", self._memory, offset, count + 1)

        return hit

    def counts(self) -> dict[str, int]:
        """The counts now."""
        failed = {name + FAILED: self._count(name + FAILED) for name in self._names}
        return {name: self._count(name) for name in self._names} | {
            name: count for name, count in failed.items() if count
        }

    def _offset(self, name: str) -> int:
        return (2 * self._names.index(name.removesuffix(FAILED)) + name.endswith(FAILED)) * _SIZE

    def _count(self, name: str) -> int:
        return int(struct.unpack_from("<Q", self._memory, self._offset(name))[0])

    def save(self) -> None:
        """Writes the counts, if they have changed."""
        counts = self.counts()
        if counts != self._written:
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(counts), encoding="utf-8")
            os.replace(draft, self._path)
            self._written = counts
