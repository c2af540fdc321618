"""Registers of any kind: an order is looked for, one step after another, and no state is tried twice.

J. Wing and C. Gong, Testing and Verifying Concurrent Objects (1993), with the memory of G. Lowe, Testing for
Linearizability (2017): what was tried is the set of steps taken and the value there. Rules of registers keep
it small, and each leaves an order to be found where there is one:

- a step that only looks, and finds what it needs, is taken at once: it changes nothing, so it is never too
  early for others;
- a value that is still needed and that nothing can leave again is not replaced;
- of two steps that do the same, the one that was done first is taken first;
- a step after which nobody needs the value before it, nor its own any more, is taken without trying others in
  its place.

A step that is not sure is taken only where one that comes right after it needs its value.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from assay.core.errors import AssayError
from assay.history.registers import WHATEVER, Step

BUDGET = 300_000
# Steps taken: all before `low`, and those whose bit is set in `window`, which begins there; the unsure ones
# have their bits in `used`.
State = tuple[int, int, int, Hashable]


class TooMuch(AssayError):
    """The search was given up: there is no verdict."""


def has_order(steps: Sequence[Step], initial: Hashable, budget: int = BUDGET) -> bool:
    """Whether the steps can have been taken one after the other. Raises TooMuch when that takes more states
    than allowed.
    """
    search = _Search(steps)
    start: State = (0, 0, 0, initial)
    open_states, tried = [start], set[State]()
    while open_states:
        state = search.settled(open_states.pop())
        if state[0] == search.count:
            return True
        if state in tried:
            continue
        tried.add(state)
        if len(tried) > budget:
            raise TooMuch(
                f"no verdict on {len(steps)} operations: more than {budget} states are to be tried; "
                "give fewer operations a key, values that differ, or a larger budget"
            )
        open_states.extend(search.followers(state))
    return False


class _Search:
    """The steps in the order in which they began, and for each value the sets of steps that leave and need
    it.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        ordered = sorted(steps, key=lambda step: step.begun)
        self.sure = [step for step in ordered if step.sure]
        self.unsure = [step for step in ordered if not step.sure]
        self.count = len(self.sure)
        self.made = _sets(self.sure, "makes")
        self.needed = _sets(self.sure, "needs")
        self.perhaps_made = _sets(self.unsure, "makes")
        self.perhaps_needed = _sets(self.unsure, "needs")

    def settled(self, state: State) -> State:
        """The state after all steps that only look and find what they need."""
        low, window, used, value = state
        before = -1
        while window != before:
            before = window
            for place, step in self._free(low, window):
                if not step.changes and step.needs == value:
                    window |= 1 << (place - low)
        while window & 1:
            low, window = low + 1, window >> 1
        return low, window, used, value

    def followers(self, state: State) -> list[State]:
        """The states that one step more leads to, the one to be tried first at the end."""
        low, window, used, value = state
        free = list(self._free(low, window))
        found = []
        for place, step in self._different(free, value):
            after = (low, window | 1 << (place - low), used, step.makes)
            if step.makes != value and self._lost(after, value):
                continue
            after = self.settled(after)
            if not self._waited_for(after, value) and not self._waited_for(after, step.makes):
                return [after]
            found.append(after)
        for place, step in self._useful(free, used, value):
            after = (low, window, used | 1 << place, step.makes)
            if step.makes == value or not self._lost(after, value):
                found.append(after)
        return found[::-1]

    def _different(self, free: list[tuple[int, Step]], value: Hashable) -> Iterator[tuple[int, Step]]:
        """The free steps that can leave a value, what was done first at first. Of two that do the same, it
        can stand for both.
        """
        alike = set[tuple[Hashable, Hashable]]()
        for place, step in sorted(free, key=lambda item: (not item[1].looks, item[1].done)):
            possible = step.changes and (step.needs is WHATEVER or step.needs == value)
            if possible and (step.needs, step.makes) not in alike:
                alike.add((step.needs, step.makes))
                yield place, step

    def _free(self, low: int, window: int) -> Iterator[tuple[int, Step]]:
        """The sure steps that can be next: those that began before any other that is left was done."""
        first_done = float("inf")
        for place in range(low, self.count):
            step = self.sure[place]
            if step.begun > first_done:
                return
            if not window >> (place - low) & 1:
                first_done = min(first_done, step.done)
                yield place, step

    def _lost(self, state: State, value: Hashable) -> bool:
        """Whether a value that is gone is needed for sure and cannot come again."""
        low, window, used, _ = state
        if not self.needed.get(value, 0) >> low & ~window:
            return False
        return not (self.made.get(value, 0) >> low & ~window or self.perhaps_made.get(value, 0) & ~used)

    def _waited_for(self, state: State, value: Hashable) -> bool:
        """Whether any step that is left may need a value."""
        low, window, used, _ = state
        return bool(self.needed.get(value, 0) >> low & ~window or self.perhaps_needed.get(value, 0) & ~used)

    def _useful(self, free: list[tuple[int, Step]], used: int, value: Hashable) -> Iterator[tuple[int, Step]]:
        """The unsure steps that lead, at once or through other unsure ones, to what a free step needs."""
        if not self.unsure:
            return
        first_done = min(step.done for _, step in free)
        waiting = [step.needs for _, step in free if step.looks and step.needs != value]
        known, alike = set(waiting), set[tuple[Hashable, Hashable]]()
        while waiting:
            for place in _places(self.perhaps_made.get(waiting.pop(), 0) & ~used):
                step = self.unsure[place]
                if step.begun > first_done or (step.needs, step.makes) in alike:
                    continue
                # Of two that do the same, the one that began first can stand wherever the other can.
                alike.add((step.needs, step.makes))
                if step.needs is WHATEVER or step.needs == value:
                    yield place, step
                elif step.needs not in known:
                    known.add(step.needs)
                    waiting.append(step.needs)


def _sets(steps: Sequence[Step], side: str) -> dict[Hashable, int]:
    """For each value the steps that need or make it, as a number with their bits set."""
    found: dict[Hashable, int] = {}
    for place, step in enumerate(steps):
        value = getattr(step, side)
        if value is not WHATEVER:
            found[value] = found.get(value, 0) | 1 << place
    return found


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
