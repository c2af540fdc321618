"""Follows the live results of a run while they are written."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.command.running.plan import Planned

_USUAL = 0.3  # seconds that a test takes when nothing is known of any


@dataclass
class Following:
    """What became of the planned tests so far."""

    state: Path
    planned: list[Planned]
    processes: int
    remembered: dict[str, float]
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    suites: dict[str, float] = field(default_factory=dict)
    _offsets: dict[Path, int] = field(default_factory=dict)
    _first: float = 0.0
    _pace: float = 1.0

    def look(self) -> list[dict[str, Any]]:
        """The results that came since the last look."""
        fresh = []
        for path in sorted((self.state / "live").glob("*.jsonl")):
            for entry in self._lines(path):
                name = str(entry.get("id", ""))
                if entry.get("event") == "begin":
                    self._first = self._first or time.monotonic()
                    self.begun[name] = time.monotonic()
                elif entry.get("event") == "test":
                    self.begun.pop(name, None)
                    self.ended[name] = entry
                    fresh.append(entry)
                elif entry.get("event") == "suite":
                    tests = sum(
                        float(test["seconds"]) for test in self.ended.values() if test["suite"] == name
                    )
                    self.suites[set_up(name)] = round(max(float(entry["seconds"]) - tests, 0), 3)
        return fresh

    @property
    def done(self) -> int:
        """How many tests have a result."""
        return len(self.ended)

    @property
    def failed(self) -> int:
        """How many of them did not hold."""
        return sum(entry.get("status") == "FAIL" for entry in self.ended.values())

    @property
    def left(self) -> float | None:
        """The seconds that the rest will take; None while nothing can be said."""
        rest = sum(self._expected(test.id) for test in self.planned if test.id not in self.ended)
        guess = rest / min(self.processes, max(len(self.planned), 1))
        if not self._first:
            return guess if self.remembered else None
        spent = time.monotonic() - self._first
        expected = sum(self._expected(name) for name in self.ended) / self.processes
        if expected > 1 and spent > 2:  # this machine, today, against what was remembered
            self._pace = 0.8 * self._pace + 0.2 * min(max(spent / expected, 0.2), 5.0)
        return guess * self._pace

    def durations(self) -> dict[str, float]:
        """What to remember for the next run: how long each test took, and each suite beyond its tests."""
        return {
            **self.remembered,
            **self.suites,
            **{name: round(float(entry.get("seconds") or 0), 3) for name, entry in self.ended.items()},
        }

    def _expected(self, name: str) -> float:
        if name in self.remembered:
            return self.remembered[name]
        if self.remembered:
            known = sorted(self.remembered.values())
            return max(known[len(known) // 2], 0.01)
        return _USUAL

    def _lines(self, path: Path) -> list[dict[str, Any]]:
        offset = self._offsets.get(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(offset)
                content = file.read()
        except OSError:
            return []
        whole, newline, _ = content.rpartition(b"\n")
        self._offsets[path] = offset + len(whole) + len(newline)
        found = []
        for line in whole.split(b"\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found


def set_up(suite: str) -> str:
    """The name under which it is remembered how long a suite took beyond its tests."""
    return f"{suite} (set-up)"


def only_before(state: Path, offsets: dict[Path, int]) -> None:
    """Drops what was written as failed after these offsets: tests that fell because the run was stopped judge nothing."""
    for path in (state / "live").glob("*.jsonl"):
        content = path.read_bytes()
        offset = offsets.get(path, 0)
        kept = [line for line in content[offset:].split(b"\n") if not _fell(line)]
        path.write_bytes(content[:offset] + b"\n".join(kept))


def offsets(state: Path) -> dict[Path, int]:
    """How far each file of live results has come."""
    return {path: path.stat().st_size for path in (state / "live").glob("*.jsonl")}


def _fell(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and entry.get("event") == "test" and entry.get("status") != "PASS"


def remembered(file: Path) -> dict[str, float]:
    """How long tests and suites took when they last ran."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {str(k): float(v) for k, v in found.items() if isinstance(v, int | float)}
        if isinstance(found, dict)
        else {}
    )


def remember(file: Path, durations: dict[str, float]) -> None:
    """Keeps them, where that can be written; a run does not depend on it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(durations, indent=0), "utf-8")
    except OSError:
        return
