"""Proves a list of defects: what is known is taken from the cache, the rest is seen, several at a time.

First every defect is seen; then the tests that any of them turned red are run once more without a defect, since only a test
that passes then has noticed something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol

from assay.command.proof.cache import Cache
from assay.command.proof.rules import judge
from assay.command.proof.shapes import Defect, Observation, Proven, Seen
from assay.core.errors import AssayError

#: So many tests are seen at once without a defect: many more would not end in time.
PORTION = 150
Observe = Callable[[str, Defect], Observation]
Confirm = Callable[[str, Sequence[str]], Observation]


class Progress(Protocol):
    """What wants to know how far a proof is."""

    def __call__(self, proven: Proven, done: int, total: int, left: float) -> None:
        """One more defect was seen; `left` is the estimated number of seconds until the last one is."""


@dataclass
class Prover:
    """Proves defects by a function that sees a platform with one of them, and one that sees tests without any.

    `fresh` sees everything again, whatever is known.
    """

    observe: Observe
    confirm: Confirm
    cache: Cache
    processes: int = 2
    fresh: bool = False

    def prove(self, defects: list[Defect], others: Iterable[Defect], progress: Progress) -> list[Proven]:
        """Proves the defects, in the order given, and adds those of the others that are known.

        Raises `AssayError` when the platform does not start without a defect either.
        """
        known = {defect.name: self.cache.load(defect) for defect in [*defects, *others]}
        seen = {} if self.fresh else {one.name: found for one in defects if (found := known[one.name])}
        for done, defect in enumerate((one for one in defects if one.name in seen), 1):
            progress(self._provisional(defect, seen[defect.name], cached=True), done, len(defects), 0)
        self._see([defect for defect in defects if defect.name not in seen], seen, len(defects), progress)
        everyone = [*defects, *(one for one in others if known[one.name])]
        observed = {one.name: seen.get(one.name) or known[one.name] or Observation() for one in everyone}
        without = {
            service: self._without(
                service, [observed[one.name] for one in everyone if one.service == service]
            )
            for service in sorted({one.service for one in everyone})
        }
        return [
            Proven(
                one,
                observed[one.name],
                judge(one, observed[one.name], without[one.service]),
            )
            for one in everyone
        ]

    def _see(self, rest: list[Defect], seen: dict[str, Observation], total: int, progress: Progress) -> None:
        begun, before = time.monotonic(), len(seen)
        with ThreadPoolExecutor(max_workers=self.processes) as pool:
            running = {pool.submit(self.observe, defect.service, defect): defect for defect in rest}
            try:
                for future in as_completed(running):
                    defect, found = running[future], future.result()
                    seen[defect.name] = found
                    if found.finished and not found.start:
                        self.cache.keep(defect, found)
                    share = (time.monotonic() - begun) / (len(seen) - before)
                    progress(self._provisional(defect, found), len(seen), total, share * (total - len(seen)))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _provisional(self, defect: Defect, seen: Observation, *, cached: bool = False) -> Proven:
        """What it will mean if every test passes without the defect."""
        passing = Observation(
            [Seen(test.id, test.name, test.suite, "PASS", test.tags) for test in seen.tests]
        )
        return Proven(defect, seen, judge(defect, seen, passing), cached)

    def _without(self, service: str, observations: list[Observation]) -> Observation:
        """What the tests that matter say without a defect: those that were red, and the smoke suite."""
        plain = Defect(f"{service}.none", service, (), "", digest="none")
        kept = None if self.fresh else self.cache.load(plain)
        known = {test.id for test in kept.tests} if kept else set()
        wanted = {test.id for one in observations for test in one.tests if test.red or test.smoke}
        found = kept or Observation()
        if not kept or wanted - known:
            found = Observation([*found.tests, *self._confirmed(service, sorted(wanted - known))])
            green = Observation([test for test in found.tests if not test.red])
            if green.tests:
                self.cache.keep(
                    plain, green
                )  # what is red may be so by chance, and would hide defects for long
        return found

    def _confirmed(self, service: str, tests: Sequence[str]) -> list[Seen]:
        """What these tests say without a defect, so many at a time as end in time."""
        found: list[Seen] = []
        for begin in range(0, max(1, len(tests)), PORTION):
            more = self.confirm(service, tests[begin : begin + PORTION])
            if more.start:
                raise AssayError(f"the platform does not start without a defect: {more.start}")
            if not more.finished:
                raise AssayError(
                    f"{PORTION} tests did not end in time without a defect; the machine is too busy"
                )
            found += more.tests
        return found


def all_tests(proven: Iterable[Proven]) -> list[Seen]:
    """Every test that ran, once; as it was without its defect's harm where any run saw it so."""
    found: dict[str, Seen] = {}
    for one in proven:
        for test in one.observation.tests:
            if test.id not in found or found[test.id].red:
                found[test.id] = test
    return sorted(found.values(), key=lambda test: test.id)
