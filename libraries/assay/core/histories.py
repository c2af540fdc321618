"""Histories: who asked what and when, what was answered, recorded by many clients at once and judged
afterwards.

Whatever drives clients records here; `assay.HistoryLibrary` judges. An operation is *ok* (answered as done),
*failed* (refused: it surely had no effect) or *unknown* (no answer, a time-out, a lost connection: it may
have taken effect at any time after it began, or never).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from robot.api.types import Secret

from assay.core.errors import AssayError

_KEY = secrets.token_bytes(32)


class Outcome(StrEnum):
    """What the client knows of an operation."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Operation:
    """One operation of one client. Times are seconds of a monotonic clock; a value of None is nothing there.

    `asked` is what a write, add or increment was given and `expected` what a compare-and-set compares with;
    `seen` is what a read found. `ended` is None as long as no answer came.
    """

    client: str
    kind: str
    key: str
    asked: Any = None
    expected: Any = None
    seen: Any = None
    version: int | None = None
    begun: float = 0.0
    ended: float | None = None
    outcome: Outcome = Outcome.UNKNOWN
    note: str = ""
    number: int = 0

    @property
    def ok(self) -> bool:
        """Whether it was answered as done."""
        return self.outcome is Outcome.OK

    @property
    def unknown(self) -> bool:
        """Whether nobody knows if it was done."""
        return self.outcome is Outcome.UNKNOWN

    @property
    def done(self) -> float:
        """When it had surely taken effect: never, where nobody knows."""
        return self.ended if self.ok and self.ended is not None else float("inf")


class Recording:
    """An operation that is going on: a context that begins it, and the words by which its end is told.

    The first word told ends it, so that what a client does with an answer does not lengthen it. A block that
    ends without a word was done; one that an exception leaves is unknown.
    """

    __slots__ = ("operation",)

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def saw(self, value: Any, version: int | None = None) -> None:
        """It was answered with a value; None says that nothing is there."""
        self._end(Outcome.OK)
        self.operation.seen = kept(value)
        self.operation.version = version

    def done(self, version: int | None = None) -> None:
        """It was answered as done, and became this version where there are versions."""
        self._end(Outcome.OK)
        self.operation.version = version

    def failed(self, why: object = "") -> None:
        """It was refused and surely had no effect."""
        self._end(Outcome.FAILED, why)

    def unknown(self, why: object = "") -> None:
        """It may have been done, now or later, or not at all."""
        self._end(Outcome.UNKNOWN, why)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.operation.ended is not None:
            return
        if error is not None:
            self.unknown(type(error).__name__)
        elif self.operation.kind == "read":
            self.unknown("nothing told")
            raise AssayError(
                f"operation {self.operation.number}, a read of '{self.operation.key}', does not say what it saw; "
                "call saw(value), failed() or unknown()"
            )
        else:
            self.done()

    def _end(self, outcome: Outcome, why: object = "") -> None:
        if self.operation.ended is not None:
            raise AssayError(f"operation {self.operation.number} has ended already, and is told to end again")
        self.operation.ended = time.monotonic()
        self.operation.outcome = outcome
        self.operation.note = str(why)


class History:
    """Operations of many clients in the order in which they began. Threads may record at once.

    Example: ``with history.operation("ann", "read", "k") as op: op.saw(get("k"))``
    """

    def __init__(self, name: str = "history") -> None:
        self.name = name
        # Appending to a list and asking a counter for its next number are each one step, whatever threads do.
        self._operations: list[Operation] = []
        self._numbers = itertools.count(1)

    def operation(
        self, client: str, kind: str, key: str, asked: Any = None, *, expected: Any = None
    ) -> Recording:
        """Begins an operation now. Until its end is told it is unknown, so one that never returns is none
        that is lost.
        """
        one = Operation(client, kind, key, kept(asked), kept(expected), number=next(self._numbers))
        self._operations.append(one)
        one.begun = time.monotonic()
        return Recording(one)

    def add(self, operation: Operation) -> Operation:
        """Takes an operation that is over, with times of its own; it gets the next number."""
        begun, ended = operation.begun, operation.ended
        if ended is None and operation.ok:
            raise AssayError(f"an operation of {operation.client} is ok and has no end; say when it ended")
        if ended is not None and not begun <= ended:
            raise AssayError(
                f"an operation of {operation.client} ends at {ended}, before it begins at {begun}"
            )
        values = {name: kept(getattr(operation, name)) for name in ("asked", "expected", "seen")}
        taken = replace(operation, **values, number=next(self._numbers))
        self._operations.append(taken)
        return taken

    @property
    def operations(self) -> list[Operation]:
        """All operations as they stand."""
        return list(self._operations)

    def __len__(self) -> int:
        return len(self._operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __repr__(self) -> str:
        return f"<History '{self.name}' of {len(self)} operations>"


class Client:
    """One of several clients that run at once: its name, its place among them, and its operations."""

    def __init__(
        self, history: History, name: str, place: int, deadline: float, stop: threading.Event
    ) -> None:
        self.history = history
        self.name = name
        self.place = place
        self._deadline = deadline
        self._stop = stop

    def operation(self, kind: str, key: str, asked: Any = None, *, expected: Any = None) -> Recording:
        """Begins an operation of this client (`History.operation`)."""
        return self.history.operation(self.name, kind, key, asked, expected=expected)

    def goes_on(self) -> bool:
        """Whether there is time left and no other client has failed, for work that is a loop."""
        return time.monotonic() < self._deadline and not self._stop.is_set()


def run_clients(
    history: History, clients: int | Iterable[str], work: Callable[[Client], None], seconds: float = 60.0
) -> None:
    """Runs `work` for each client on a thread of its own, all begun at one moment, and waits until all are
    done.

    `clients` is their number or their names. The first exception of a client is raised here when all have
    ended; clients that have not after `seconds` are an AssayError that names them, and what they were at
    stays unknown.
    """
    names = (
        [f"client-{number}" for number in range(1, clients + 1)] if isinstance(clients, int) else [*clients]
    )
    if not names:
        raise AssayError("there are no clients to run; give a number of at least 1 or their names")
    deadline, stop = time.monotonic() + seconds, threading.Event()
    together, failures = threading.Barrier(len(names)), list[BaseException]()

    def run(client: Client) -> None:
        try:
            together.wait(seconds)
            work(client)
        except BaseException as error:  # noqa: BLE001 - raised again where the clients were begun
            failures.append(error)
            stop.set()

    threads = [
        threading.Thread(
            target=run, args=(Client(history, name, place, deadline, stop),), name=name, daemon=True
        )
        for place, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    stop.set()
    if failures:
        raise failures[0]
    if late:
        raise AssayError(f"clients have not ended within {seconds:g} s: {', '.join(late)}")


def kept(value: Any) -> Any:
    """A value as a history keeps it: a copy, with a mark in the place of each secret, the same mark for the
    same secret.
    """
    if isinstance(value, Secret):
        return f"‹secret {marked(value.value)}›"
    if isinstance(value, dict):
        return {name: kept(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [kept(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items, key=repr)
    return value


def marked(text: str) -> str:
    """What stands for a text that must not be told: long enough that two never share it, of no use to whoever
    reads it.
    """
    return hmac.new(_KEY, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:24]
