"""What a checker found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.histories import Operation


@dataclass(frozen=True)
class Violation:
    """A promise that a history breaks: `expected` and `seen` as a message has them, and the few operations
    that show it.
    """

    key: str
    expected: str
    seen: str
    operations: Sequence[Operation]
    offender: Operation
