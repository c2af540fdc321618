"""Says how far a proof is: one line that changes on a terminal, one line a defect elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from assay.command.proof.shapes import Proven


class Line:
    """Live progress of a proof."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._verdicts: Counter[str] = Counter()
        self._width = 0

    def say(self, text: str) -> None:
        """One line, in the place of the last one where that is possible."""
        if self._live:
            self._out.write(f"\r{text:<{self._width}}")
            self._width = len(text)
        else:
            self._out.write(f"{text}\n")
        self._out.flush()

    def __call__(self, proven: Proven, done: int, total: int, left: float) -> None:
        """One more defect is proven."""
        verdict = proven.judgement.verdict.value
        self._verdicts[verdict] += 1
        counted = ", ".join(f"{number} {name}" for name, number in self._verdicts.most_common())
        rest = f", about {left:.0f} s left" if left >= 1 else ""
        if self._live:
            self.say(f"{done} of {total} defects: {counted}{rest}")
        else:
            known = " (known)" if proven.cached else f" ({proven.observation.seconds:.1f} s)"
            self.say(f"{done} of {total}: {proven.defect.name}: {verdict}{known}{rest}")

    def end(self) -> None:
        """Leaves the line behind."""
        if self._live:
            self._out.write("\n")
            self._out.flush()
