"""What a launcher says on standard error: all of it to its log, and while it starts line by line to the console."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

_HELD_SECONDS = 0.3


class Saying:
    """Lines are held for a moment before they are passed on, so that a last line which tells why the launcher ends is
    told as the error that it is, and not twice."""

    def __init__(self, stream: IO[bytes], log: Path, say: Callable[[str], None]) -> None:
        self._stream = stream
        self._log = log
        self._say = say
        self._held: list[tuple[float, str]] = []
        self._last = ""
        self._lock = threading.Lock()
        self._loud = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def said(self) -> bool:
        """Whether it has said anything."""
        return bool(self._last)

    def last(self, seconds: float) -> str:
        """The last line that it said, waiting for the rest of its words for that time at most."""
        self._thread.join(seconds)
        return self._last

    def pass_on(self) -> None:
        """Passes on the lines that were held long enough."""
        with self._lock:
            due = [line for at, line in self._held if time.monotonic() - at > _HELD_SECONDS]
            self._held = self._held[len(due) :]
        for line in due:
            with contextlib.suppress(OSError, ValueError):
                self._say(line)

    def hush(self) -> None:
        """The launcher has started: from now on what it says goes to its log alone."""
        self._loud = False

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._log.open("ab") as log:
            for raw in self._stream:
                with contextlib.suppress(OSError):  # a full disk does not keep the launcher from being heard
                    log.write(raw)
                    log.flush()
                if (line := raw.decode("utf-8", "replace").strip()) and self._loud:
                    with self._lock:
                        self._held.append((time.monotonic(), line))
                if line:
                    self._last = line
