"""Results as they happen: one JSON line for each beginning and end of a test and each end of a suite, in the run's state folder.

They outlive a killed worker, and the report of a run is made of them. Nothing in them is secret.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Kind = Literal["expectation", "setup", "teardown", "timeout", "no-answer", "error"]


@dataclass
class TestRecord:
    """The result of one test, as a line of the live results has it."""

    id: str
    name: str
    suite: str
    source: str
    line: int
    doc: str
    tags: list[str]
    status: str
    started: str
    seconds: float
    exchange_seconds: float = 0.0
    exchanges: int = 0
    rows: int = 0
    kind: Kind | None = None
    message: str = ""
    expected: str | None = None
    seen: str | None = None
    where: str | None = None
    failed_rows: list[str] = field(default_factory=list)
    event: str = field(default="test", init=False)


@dataclass
class Counts:
    """What a test did: exchanges with the platform, the time with one in flight, rows of tables."""

    exchanges: int = 0
    exchange_seconds: float = 0.0
    rows: int = 0


_lock = threading.Lock()
_counts = Counts()
_folder: Path | None = None
_file: Any = None


def use_folder(state: Path) -> None:
    """Writes from now on to `live/<pid>.jsonl` in this state folder."""
    global _folder, _file
    folder = state / "live"
    if folder != _folder:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _file is not None:
            _file.close()
        _folder, _file = folder, None


def plan(tests: list[str]) -> None:
    """Says which tests this process is about to run, so that one that never ran is not forgotten."""
    _write({"event": "plan", "ids": tests, "at": datetime.now(UTC).isoformat()})


def begin(test: str) -> None:
    """Says that a test has begun."""
    take_counts()
    _write({"event": "begin", "id": test, "at": datetime.now(UTC).isoformat()})


def end(record: TestRecord) -> None:
    """Says how a test has ended."""
    _write(asdict(record))


def end_suite(suite: str, seconds: float) -> None:
    """Says how long the tests of a suite took, its set-up and teardown with them."""
    _write({"event": "suite", "id": suite, "seconds": round(seconds, 3)})


def count_exchange(seconds: float) -> None:
    """Counts one exchange with the platform and the time that it was in flight."""
    with _lock:
        _counts.exchanges += 1
        _counts.exchange_seconds += seconds


def count_rows(number: int) -> None:
    """Counts rows of a table, or other probes that share one expectation."""
    with _lock:
        _counts.rows += number


def take_counts() -> Counts:
    """What was counted since the last call."""
    global _counts
    with _lock:
        taken, _counts = _counts, Counts()
    return taken


def _write(line: dict[str, Any]) -> None:
    global _file
    if _folder is None:
        return
    try:
        if _file is None:
            _file = (_folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8")
        _file.write(json.dumps(line, ensure_ascii=False) + "\n")
        _file.flush()
    except OSError:
        # A full disk must not turn a test red; a test without a line here is reported as broken anyway.
        _file = None
