"""What a cache of an LRU does with a trace of reads: the model that the store is held against."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator, Sequence


def hits(trace: Sequence[str], capacity: int) -> list[bool]:
    """For each read of a trace whether it is a hit, in a cache that begins empty and gives up what was read longest ago."""
    held: OrderedDict[str, None] = OrderedDict()
    return [_read(held, key, capacity) for key in trace]


def evictions(trace: Sequence[str], capacity: int) -> int:
    """How many entries have given up their place after a trace."""
    return hits(trace, capacity).count(False) - min(capacity, len(set(trace)))


def zipf(keys: Sequence[str], length: int, exponent: float, seed: str) -> list[str]:
    """A trace in which the n-th key comes with a weight of 1 / n^exponent."""
    weights = [1 / number**exponent for number in range(1, len(keys) + 1)]
    return random.Random(seed).choices(keys, weights, k=length)


def loop(keys: Sequence[str], times: int) -> list[str]:
    """A trace that reads all keys in turn again and again."""
    return [*keys] * times


def shifting(keys: Sequence[str], length: int, hot: int, seed: str) -> Iterator[str]:
    """A trace that reads few keys again and again, other ones in each quarter of it."""
    drawn = random.Random(seed)
    for number in range(length):
        start = (number * 4 // length) * hot
        yield keys[(start + drawn.randrange(hot)) % len(keys)]


def _read(held: OrderedDict[str, None], key: str, capacity: int) -> bool:
    found = key in held
    if found:
        held.move_to_end(key)
    else:
        held[key] = None
        if len(held) > capacity:
            held.popitem(last=False)
    return found
