"""Proves a list of defects: what is known is taken from the cache, the rest is seen, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol

from assay.command.proof.cache import NONE, Cache
from assay.command.proof.rules import judge
from assay.command.proof.shapes import Defect, Observation, Proven
from assay.core.errors import AssayError

Observe = Callable[[str, Defect | None], Observation]


class Progress(Protocol):
    """What wants to know how far a proof is."""

    def __call__(self, proven: Proven, done: int, total: int, left: float) -> None:
        """One more defect is proven; `left` is the estimated number of seconds until the last one is."""


@dataclass
class Prover:
    """Proves defects by a function that sees a platform with one of them.

    `whole` says that all tests of the service are run, so that a too coarse defect can be told by its share.
    `fresh` sees everything again, whatever is known.
    """

    observe: Observe
    cache: Cache
    processes: int = 2
    whole: bool = True
    fresh: bool = False

    def without(self, services: Iterable[str]) -> dict[str, Observation]:
        """What the tests of each service say with no defect. Raises `AssayError` when the platform does not start."""
        found = {}
        for service in sorted(set(services)):
            plain = Defect(f"{service}.none", service, (), "", digest=NONE)
            seen = None if self.fresh else self.cache.load(plain)
            if seen is None:
                seen = self.observe(service, None)
                if seen.start:
                    raise AssayError(f"the platform does not start without a defect: {seen.start}")
                if not any(test.status == "PASS" for test in seen.tests):
                    raise AssayError(
                        f"no test of {service} passes without a defect, so nothing can be proven"
                    )
                if not any(test.red for test in seen.tests) and seen.finished:
                    self.cache.keep(
                        plain, seen
                    )  # what is red may be so by chance, and would hide defects for long
            found[service] = seen
        return found

    def prove(
        self, defects: list[Defect], without: dict[str, Observation], progress: Progress
    ) -> list[Proven]:
        """Proves the defects and returns them in the order given."""
        found: dict[str, Proven] = {}
        known = {} if self.fresh else {defect.name: self.known(defect, without) for defect in defects}
        for defect in defects:
            if one := known.get(defect.name):
                found[defect.name] = one
                progress(one, len(found), len(defects), 0)
        rest = [defect for defect in defects if defect.name not in found]
        begun, before = time.monotonic(), len(found)
        with ThreadPoolExecutor(max_workers=self.processes) as pool:
            running = [pool.submit(self._see, defect, without[defect.service]) for defect in rest]
            try:
                for future in as_completed(running):
                    one = future.result()
                    found[one.defect.name] = one
                    share = (time.monotonic() - begun) / (len(found) - before)
                    progress(one, len(found), len(defects), share * (len(defects) - len(found)))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [found[defect.name] for defect in defects]

    def known(self, defect: Defect, without: dict[str, Observation]) -> Proven | None:
        """What is known of a defect from an earlier proof of the same defect, service and suite."""
        seen = self.cache.load(defect)
        if seen is None or defect.service not in without:
            return None
        return Proven(
            defect, seen, judge(defect, seen, without[defect.service], whole=self.whole), cached=True
        )

    def _see(self, defect: Defect, without: Observation) -> Proven:
        seen = self.observe(defect.service, defect)
        if seen.finished and not seen.start:
            self.cache.keep(defect, seen)
        return Proven(defect, seen, judge(defect, seen, without, whole=self.whole))
