"""How a cost grows with what it is for."""

from __future__ import annotations

import math
from collections.abc import Mapping


def grows(seconds: Mapping[int, float]) -> float:
    """The exponent of growth between the smallest and the largest size: 1 in proportion, 2 by the square, 0 not at all."""
    least, most = min(seconds), max(seconds)
    return math.log(seconds[most] / seconds[least]) / math.log(most / least)
