"""The lock matrix: rows of steps of two processes, run against a folder."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from assay.core.errors import AssayError
from assay.core.waiting import until
from assay.evidence.exchange import RowResult
from assay.sharedfs import kernel_locks
from assay.sharedfs.holders import BUSY, Holder, span

_SIZE = 100
_SHORT, _LONG = 2.0, 5.0


@dataclass(frozen=True)
class Case:
    """A row: steps whose outcomes are known."""

    id: str
    source: str
    says: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.id} {self.says}"


@cache
def cases() -> tuple[Case, ...]:
    """Every row of the matrix."""
    read = yaml.safe_load(Path(__file__).with_name("lock_matrix.yaml").read_text("utf-8"))
    return tuple(Case(one["id"], one["source"], one["says"], tuple(one["steps"])) for one in read)


def chosen(ids: Iterable[str]) -> tuple[Case, ...]:
    """The rows of these ids, or whose steps use a kind of lock: flock, posix, ofd. All where none is named."""
    wanted = list(ids)
    if not wanted:
        return cases()
    found = tuple(
        case
        for case in cases()
        if case.id in wanted or any(f" {word}" in step for word in wanted for step in case.steps)
    )
    if not found:
        raise AssayError(f"the lock matrix has no row {', '.join(wanted)}: name ids, or flock, posix, ofd")
    return found


def run(case: Case, folder: Path, processes: dict[str, Holder]) -> RowResult:
    """Runs a row in a folder of its own below `folder`; processes that end in it are started anew."""
    began = time.monotonic()
    with TemporaryDirectory(prefix=".assay-locks-", dir=folder) as own:
        path = Path(own) / "file"
        path.write_bytes(b"-" * _SIZE)
        play = _Play(path, processes)
        try:
            seen = play.all(case.steps)
        finally:
            play.end()
    sent = "; ".join(case.steps)
    return RowResult(
        str(case), sent, "each step as it says", seen or "so", not seen, time.monotonic() - began
    )


class _Play:
    """One row being played."""

    def __init__(self, path: Path, processes: dict[str, Holder]) -> None:
        self._path, self._processes = path, processes
        self._waiting: set[str] = set()
        self._spoiled: set[str] = set()
        for who in "AB":
            if who not in processes or not processes[who].alive:
                processes[who] = Holder()
            processes[who].do("open", **{"as": "f"}, path=str(path), mode="rw")

    def all(self, steps: Sequence[str]) -> str:
        """Plays the steps; the first whose outcome is another is told, and nothing after it."""
        for step in steps:
            told, _, wanted = step.partition(" = ")
            seen = self._one(told)
            wanted = wanted or "ok"
            if seen != wanted and not (wanted == "busy" and seen in BUSY):
                return f"'{told}' gave {seen} in the place of {wanted}"
        return ""

    def end(self) -> None:
        """Whoever may still hold or wait for something ends; the others go on with nothing open."""
        for who in self._spoiled | self._waiting:
            self._processes.pop(who).kill()
        for holder in self._processes.values():
            holder.do("close-all")

    def _one(self, told: str) -> str:
        who, verb, *words = told.split(" ")
        who, _, handle = who.partition(".")
        holder = self._processes[who]
        if verb == "dies":
            self._spoiled.add(who)
            holder.kill()
            return "ok"
        if verb == "comes":
            self._waiting.discard(who)
            return _outcome(holder) if holder.answered(_LONG) else "waits"
        if verb in ("fork", "end-child", "child"):
            self._spoiled.add(who)
        holder.begin(**self._step(verb, words, handle or "f"))
        if verb.endswith("-wait") and self._is_waiting(holder):
            self._waiting.add(who)
            return "waits"
        return _outcome(holder)

    def _is_waiting(self, holder: Holder) -> bool:
        """Whether it waits for the lock: it has no answer, and the kernel shows it in its list where it shows waiters."""

        def decided() -> bool | None:
            if holder.answered(0):
                return False
            listed = sum(one.waits for one in kernel_locks.under(self._path))
            return True if listed > len(self._waiting) else None

        return until(decided, _SHORT) is not False

    def _step(self, verb: str, words: list[str], handle: str) -> dict[str, Any]:
        step: dict[str, Any] = {
            "step": verb.removesuffix("-wait"),
            "as": handle,
            "wait": verb.endswith("-wait"),
        }
        if verb == "child":
            inner = self._step(words[0], words[1:], handle)
            return {"step": "child", "inner": {"do": inner.pop("step"), **inner}}
        if verb == "open":
            step |= {"mode": words[0], "path": str(self._path), "as": (*words, "f")[1]}
        elif verb == "dup":
            step |= {"of": handle, "as": words[0]}
        elif verb == "write":
            step |= {"start": int(words[0]), "text": words[1]}
        elif verb == "read":
            step["start"], step["length"] = span(words[0])
        elif words:
            start, length = span(words[1] if len(words) > 1 else "all")
            step |= {"how": words[0], "start": start, "length": length}
        return step


def _outcome(holder: Holder) -> str:
    try:
        value = holder.finish()
    except OSError as error:
        return error.strerror or errno.errorcode.get(error.errno or 0, str(error))
    return value if isinstance(value, str) else "ok"
