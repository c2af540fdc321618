"""What it takes to judge a history of many clients, and how that grows."""

from __future__ import annotations

import heapq
import random
import time

from assay.command.measuring.growth import grows
from assay.command.measuring.measures import Bench
from assay.command.measuring.table import Row
from assay.core.histories import History, Operation, Outcome
from assay.HistoryLibrary import HistoryLibrary

OPERATIONS, CLIENTS, KEYS = 10_000, 20, 50
_SIZES = (OPERATIONS // 10, OPERATIONS, OPERATIONS * 5)


def checking(bench: Bench) -> list[Row]:
    """The check of 10,000 operations of 20 clients on 50 keys for linearizability."""
    checked = Row(
        f"{OPERATIONS:,} operations by {CLIENTS} clients on {KEYS} keys checked", "s", "2 s", limit=2
    )
    growth = Row("how it grows with operations", "", note="1 is in proportion; 1,000 to 50,000 operations")
    for number in range(bench.runs):
        bench.say(f"check of histories {number + 1} of {bench.runs}")
        found = {size: _check(_history(size, number)) for size in _SIZES}
        checked.values.append(found[OPERATIONS])
        growth.values.append(grows(found))
    return [checked, growth]


def _check(history: History) -> float:
    library = HistoryLibrary()
    begun = time.monotonic()
    library.history_should_be_linearizable(history)
    return time.monotonic() - begun


def _history(count: int, seed: int) -> History:
    """A history as clients of a right register make it: each takes effect at some moment between its begin and its end."""
    chance, history = random.Random(seed), History("bench")
    values: dict[str, int] = {}
    free = [(0.0, f"client {number}") for number in range(CLIENTS)]
    planned = []
    for number in range(count):
        begun, client = heapq.heappop(free)
        ended = begun + chance.uniform(0.001, 0.02)
        moment, key = chance.uniform(begun, ended), f"key {chance.randrange(KEYS)}"
        kind = chance.choice(("read", "write"))
        planned.append(
            (moment, Operation(client, kind, key, asked=number, begun=begun, ended=ended, outcome=Outcome.OK))
        )
        heapq.heappush(free, (ended + chance.uniform(0, 0.002), client))
    for _, operation in sorted(planned, key=lambda one: one[0]):
        if operation.kind == "read":
            operation.asked, operation.seen = None, values.get(operation.key)
        else:
            values[operation.key] = operation.asked
    for _, operation in planned:
        history.add(operation)
    return history
