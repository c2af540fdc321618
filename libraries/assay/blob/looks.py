"""What ciphertext must not look like: blocks that come again, and bytes that tell something."""

from __future__ import annotations

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCK = 16
SMALLEST = (
    64 << 10
)  # bytes from which on the entropy of random bytes is above 7.99 but for a chance of less than 1e-9
_LOOKED_AT = 1 << 20
_MOST_BLOCKS = 4_000_000  # held at once; eight bytes of each, about 400 MB


@dataclass
class Blocks:
    """Finds blocks of sixteen bytes that stand twice, in one ciphertext or in two."""

    first: dict[int, int] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    looked_at: int = 0
    left_out: int = 0

    def add(self, path: str, ciphertext: bytes) -> Iterator[str]:
        """What comes again in this ciphertext, in words; a block is known by eight of its bytes, then compared wholly."""
        whole = ciphertext[: min(len(ciphertext), _LOOKED_AT) // BLOCK * BLOCK]
        halves = array("Q", whole)[::2]
        once = set(halves)
        if len(once) < len(halves) and (count := _most_common(whole)) > 1:
            yield f"{path}: one block stands {count} times in it"
        if self.looked_at + len(once) > _MOST_BLOCKS:
            self.left_out += 1
            return
        self.looked_at += len(once)
        number = len(self.paths)
        self.paths.append(path)
        known = self.first.keys() & once
        for half in once:
            self.first.setdefault(half, number)
        others = {self.paths[self.first[half]] for half in known}
        if others:
            yield f"{path}: {len(known)} of its blocks stand in {', '.join(sorted(others)[:3])} too"


def _most_common(whole: bytes) -> int:
    return Counter(whole[at : at + BLOCK] for at in range(0, len(whole), BLOCK)).most_common(1)[0][1]


def entropy(octets: bytes) -> float:
    """Shannon's entropy of the bytes, in bits a byte."""
    total = len(octets)
    return -sum(count / total * math.log2(count / total) for count in Counter(octets).values())


def dull(path: str, ciphertext: bytes) -> Iterator[str]:
    """What ciphertext of at least 64 KiB tells by its bytes, in words."""
    if len(ciphertext) < SMALLEST:
        return
    looked = ciphertext[:_LOOKED_AT]
    if (bits := entropy(looked)) < 7.9:
        yield f"{path}: {bits:.2f} bits a byte, not 7.9"
    if (ratio := len(zlib.compress(looked, 1)) / len(looked)) < 0.99:
        yield f"{path}: zlib makes it {ratio:.0%} of its size, not 99%"
