"""Whether nonces look random (after NIST SP 800-22, 2.1 and 2.3, and the statistics of coinciding values).

Every judgement has a chance of its own to be wrong about true randomness; together they have at most `FALSE_ALARMS` a run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

FALSE_ALARMS = 1e-6
#: Fewer say too little, and the approximations of the tests would not be good enough.
FEWEST = 200
_TESTS = 24  # no nonce of 12 to 24 bytes has more judgements than these
_EACH = FALSE_ALARMS / _TESTS


@dataclass(frozen=True)
class Judgement:
    """One test: how likely what was seen, or worse, is for nonces that are random."""

    name: str
    seen: str
    chance: float

    @property
    def holds(self) -> bool:
        return self.chance >= _EACH


def judge(nonces: Sequence[bytes]) -> list[Judgement]:
    """All judgements over nonces of one length, given in the order in which they were made."""
    joined = b"".join(nonces)
    return [
        _monobit(joined),
        _runs(joined),
        *_bytes(joined),
        _constant(nonces),
        *_coinciding(nonces),
        *_near(nonces),
        *_rising(nonces),
    ]


def _monobit(joined: bytes) -> Judgement:
    bits = 8 * len(joined)
    ones = int.from_bytes(joined, "big").bit_count()
    chance = math.erfc(abs(2 * ones - bits) / math.sqrt(2 * bits))
    return Judgement("as many ones as zeros", f"{ones:,} ones in {bits:,} bits", chance)


def _runs(joined: bytes) -> Judgement:
    bits = 8 * len(joined)
    number = int.from_bytes(joined, "big")
    share = number.bit_count() / bits
    changes = (number ^ number >> 1).bit_count() - (number >> bits - 1 & 1)
    spread = 2 * bits * share * (1 - share)
    chance = (
        math.erfc(abs(changes + 1 - spread) / (2 * math.sqrt(2 * bits) * share * (1 - share)))
        if spread
        else 0.0
    )
    return Judgement("runs of equal bits", f"{changes + 1:,} runs", chance)


def _bytes(joined: bytes) -> Iterator[Judgement]:
    """Chi-square over 255 classes of bytes (the last two values are one), which has an exact tail."""
    counted = Counter(joined)
    total = len(joined)
    classes = [(counted[value], total / 256) for value in range(254)]
    classes.append((counted[254] + counted[255], total / 128))
    square = sum((seen - due) ** 2 / due for seen, due in classes)
    tail = _chi_square_tail(square, 254)
    yield Judgement("bytes in equal shares", f"chi-square {square:.0f} for 254 degrees", tail)
    yield Judgement("bytes not in too equal shares", f"chi-square {square:.0f} for 254 degrees", 1 - tail)


def _chi_square_tail(square: float, degrees: int) -> float:
    """The chance of more than that, for an even number of degrees."""
    half = square / 2
    logs = (
        [count * math.log(half) - math.lgamma(count + 1) - half for count in range(degrees // 2)]
        if half
        else [0.0]
    )
    return min(1.0, math.fsum(math.exp(log) for log in logs))


def _constant(nonces: Sequence[bytes]) -> Judgement:
    size = len(nonces[0])
    same = [place for place in range(size) if len({nonce[place] for nonce in nonces}) == 1]
    chance = min(1.0, size * 256.0 ** -min(len(nonces) - 1, 100)) if same else 1.0
    places = f"bytes {', '.join(map(str, same))} are the same in all" if same else "none is the same in all"
    return Judgement("no byte that is always the same", places, chance)


def _coinciding(nonces: Sequence[bytes]) -> Iterator[Judgement]:
    """Prefixes and endings that are shared by more pairs than chance makes: a clock, a worker's number, a counter."""
    for name, begin, end in (
        ("first 4", 0, 4),
        ("first 8", 0, 8),
        ("last 4", -4, None),
        ("last 8", -8, None),
    ):
        counted = Counter(nonce[begin:end] for nonce in nonces)
        pairs = sum(count * (count - 1) // 2 for count in counted.values())
        size = len(nonces[0][begin:end])
        due = len(nonces) * (len(nonces) - 1) / 2 / 256.0**size
        seen = f"{pairs:,} pairs share their {name} bytes, {due:.2g} by chance"
        yield Judgement(f"no shared {name} bytes", seen, _poisson_tail(pairs, due))


def _near(nonces: Sequence[bytes]) -> Iterator[Judgement]:
    """The smallest distance of two nonces as numbers: counters lie close together."""
    for name, order, part in (
        ("number", "big", slice(None)),
        ("number, last byte first", "little", slice(None)),
        ("last 8 bytes as a number", "big", slice(-8, None)),
        ("first 8 bytes as a number, last byte first", "little", slice(0, 8)),
    ):
        values = sorted(int.from_bytes(nonce[part], order) for nonce in nonces)  # type: ignore[arg-type]
        least = min(later - earlier for earlier, later in pairwise(values))
        room = 256.0 ** len(nonces[0][part])
        pairs = len(nonces) * (len(nonces) - 1) / 2
        chance = min(1.0, pairs * (2 * least + 1) / room)
        yield Judgement(f"no two close together ({name})", f"the closest two differ by {least:.3g}", chance)


def _rising(nonces: Sequence[bytes]) -> Iterator[Judgement]:
    """In the order in which they were made, half of the steps go up."""
    steps = len(nonces) - 1
    for name, order in (("first byte first", "big"), ("last byte first", "little")):
        values = [int.from_bytes(nonce, order) for nonce in nonces]  # type: ignore[arg-type]
        up = sum(later > earlier for earlier, later in pairwise(values))
        chance = math.erfc(abs(up - steps / 2) / math.sqrt(2 * (steps + 2) / 12))
        yield Judgement(f"rising as often as falling ({name})", f"{up:,} of {steps:,} steps rise", chance)


def _poisson_tail(count: int, due: float) -> float:
    """The chance of that many or more."""
    if count == 0:
        return 1.0
    if count > due + 40 * math.sqrt(due) + 40:
        return 0.0
    if count <= due:
        return 1.0
    logs = [at * math.log(due) - due - math.lgamma(at + 1) for at in range(count, count + 400)]
    return min(1.0, math.fsum(math.exp(log) for log in logs))
