"""What a person sees of a run while it lasts: one line that changes on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, TextIO

from assay.command.running.following import Following

_EVERY = 5.0  # seconds between plain lines
_NAMED = 15  # failures named while the run lasts; the report has all


class Progress:
    """Shows how far a run is."""

    def __init__(self, following: Following, state: Path, out: TextIO) -> None:
        self._following = following
        self._state = state
        self._out = out
        self._live = out.isatty()
        self._began = self._said = time.monotonic()
        self._last = self._drawn = ""
        self._named = 0
        self._launchers: dict[Path, int] = {}
        self._heard: set[str] = set()

    def show(self) -> None:
        """Looks at what happened and says it."""
        for entry in self._following.look():
            if entry.get("status") == "FAIL":
                self._failure(entry)
        for line in self._of_launchers():
            self.say(line)
        if self._live:
            self._draw(self._line())
        elif time.monotonic() - self._said >= _EVERY and self._line() != self._last:
            self._said, self._last = time.monotonic(), self._line()
            print(self._last, file=self._out, flush=True)

    def say(self, line: str) -> None:
        """A line that stays, above the one that changes."""
        self._draw("")
        print(line, file=self._out, flush=True)

    def close(self) -> None:
        """Takes the changing line away."""
        self._draw("")

    def _line(self) -> str:
        following = self._following
        total = len(following.planned)
        if not following.done and not following.begun:
            return f"{total} test{'s' * (total != 1)}; starting ({time.monotonic() - self._began:.0f} s)"
        left = following.left
        parts = [f"{following.done} of {total} done", f"{following.failed} failed"]
        if left is not None and following.done < total:
            parts.append(f"about {_clock(left)} left")
        line = ", ".join(parts)
        if self._live and following.begun:
            line += f"  {next(reversed(following.begun)).rpartition('.')[2]}"
        return line

    def _failure(self, entry: dict[str, Any]) -> None:
        self._named += 1
        if self._named <= _NAMED:
            message = " ".join(str(entry.get("message", "")).split())
            self.say(f"  failed: {entry.get('name')}: {message[:200]}")
        elif self._named == _NAMED + 1:
            self.say("  and more, which the report names")

    def _draw(self, line: str) -> None:
        if self._live and line != self._drawn:
            self._drawn = line
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{line[:width]}", end="", file=self._out, flush=True)

    def _of_launchers(self) -> list[str]:
        """What launchers say while they start platforms, such as that they install something the first time.

        What one platform cannot do, thirty cannot: each line is said once.
        """
        fresh = []
        for path in (self._state / "platforms").glob("*/launcher.log"):
            try:
                lines = path.read_text("utf-8", "replace").split("\n")[:-1]
            except OSError:
                continue
            seen = self._launchers.get(path, 0)
            self._launchers[path] = len(lines)
            fresh += [f"  platform: {line.strip()[:200]}" for line in lines[seen:] if line.strip()]
        fresh = [line for line in dict.fromkeys(fresh) if line not in self._heard]
        self._heard.update(fresh)
        return fresh


def _clock(seconds: float) -> str:
    whole = max(int(seconds + 0.5), 1)
    return f"{whole // 60}:{whole % 60:02d}" if whole >= 60 else f"{whole} s"
