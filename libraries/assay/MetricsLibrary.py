"""Keywords that read the counters of a service and hold a cache against a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core import places, yamlfile
from assay.core.errors import AssayError, accepted
from assay.core.run import current
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet, expect
from assay.metrics import lru, reading

_TRACES: dict[str, Callable[[Sequence[str], int, str], list[str]]] = {
    "random": lambda keys, length, seed: lru.zipf(keys, length, 0.0, seed),
    "zipf 0.8": lambda keys, length, seed: lru.zipf(keys, length, 0.8, seed),
    "zipf 1.0": lambda keys, length, seed: lru.zipf(keys, length, 1.0, seed),
    "loop": lambda keys, length, _: lru.loop(keys, max(1, length // len(keys))),
    "scan": lambda keys, length, _: list(keys)[:length],
    "shifting": lambda keys, length, seed: list(lru.shifting(keys, length, max(2, len(keys) // 8), seed)),
}


@library(scope="GLOBAL", auto_keywords=False)
class MetricsLibrary:
    """Reads counters that a service tells in the text format of Prometheus, by the names that the contract gives them.

    The names are those of ``resources/contracts/SERVICE.metrics.yaml``; a dialect may have others (``metrics``). Of a part of the
    service, such as ``worker-2``, the counters are told by an address of its own or by the label ``worker``.
    """

    @keyword
    def counter_of(
        self, name: str, part: str | None = None, service: str = "store", token: Secret | None = None
    ) -> int:
        """The value of a counter now: of a part of the service, or of all its parts together.

        Fails where it is not told. Example: | ${hits} = | `Counter Of` | cache_hits | worker-2 |
        """
        found = self._told(name, part, service, token)
        if found is None:
            raise Unmet(
                f"a counter {_named(service, name)}", "none of that name", f"the metrics of {part or service}"
            )
        return found

    @keyword
    def counters_of(
        self, *names: str, part: str | None = None, token: Secret | None = None
    ) -> dict[str, int]:
        """Several counters at one moment, by their names; one that is not told, since nothing was counted yet, is 0.

        Example: | ${before} = | `Counters Of` | cache_hits | cache_misses | part=worker-2 |
        """
        found = {name: self._told(name, part, "store", token) or 0 for name in names}
        logger.info(", ".join(f"{name} {value}" for name, value in found.items()))
        return found

    @keyword
    def counters_should_have_grown_by(
        self, before: dict[str, int], after: dict[str, int], **growth: int
    ) -> None:
        """Fails unless each named counter has grown by exactly so much.

        Example: | `Counters Should Have Grown By` | ${before} | ${after} | cache_hits=10 | cache_misses=0 |
        """
        for name, wanted in growth.items():
            if name not in before or name not in after:
                raise AssayError(
                    f"the counter '{name}' was not read{accepted(name, set(before) & set(after))}"
                )
            seen = after[name] - before[name]
            expect(seen == int(wanted), f"{name} to grow by {wanted}", f"{seen}", "the metrics")

    @keyword
    def a_trace_of(self, kind: str, keys: Sequence[str], length: int, seed: str = "assay") -> list[str]:
        """A trace of reads of some keys: ``random``, ``zipf 0.8``, ``zipf 1.0``, ``loop``, ``scan`` or ``shifting``.

        Example: | ${trace} = | `A Trace Of` | zipf 1.0 | ${keys} | ${200} |
        """
        if kind not in _TRACES:
            raise AssayError(f"there is no trace '{kind}'{accepted(kind, _TRACES)}")
        return _TRACES[kind](keys, length, seed)

    @keyword
    def hits_should_be_those_of_an_lru(
        self, trace: Sequence[str], seen: Sequence[bool], capacity: int
    ) -> None:
        """Fails at the first read of a trace that was a hit where an LRU of that capacity has a miss, or the other way round.

        The cache began empty. Example: | `Hits Should Be Those Of An LRU` | ${trace} | ${hits} | ${4} |
        """
        wanted = lru.hits(trace, capacity)
        if len(seen) != len(wanted) or not wanted:
            raise AssayError(
                f"{len(seen)} results for {len(wanted)} reads; give one for each, and one at least"
            )
        rows = [
            (str(number), key, _word(expected), _word(found))
            for number, (key, expected, found) in enumerate(zip(trace, wanted, seen, strict=True), 1)
        ]
        title = f"{len(rows)} reads, {sum(seen)} hits, an LRU of {capacity} has {sum(wanted)}"
        logger.info(table(title, ("#", "Key", "An LRU", "Seen"), rows), html=True)
        wrong = next(
            (number for number, pair in enumerate(zip(wanted, seen, strict=True)) if pair[0] != pair[1]), None
        )
        if wrong is not None:
            raise Unmet(
                f"read {wrong + 1} of the trace to be a {_word(wanted[wrong])}, as in an LRU of {capacity}",
                f"a {_word(seen[wrong])}",
                f"the entity {trace[wrong]}",
            )

    @keyword
    def hits_of_an_lru(self, trace: Sequence[str], capacity: int) -> int:
        """How many reads of a trace are hits in an LRU of that capacity, which begins empty."""
        return sum(lru.hits(trace, capacity))

    @keyword
    def evictions_of_an_lru(self, trace: Sequence[str], capacity: int) -> int:
        """How many entries an LRU of that capacity has given up after a trace."""
        return lru.evictions(trace, capacity)

    def _told(self, name: str, part: str | None, service: str, token: Secret | None) -> int | None:
        platform, told = current().platform, _named(service, name)
        found: list[float] = []
        for url, label in reading.places(platform, service, part):
            text = reading.fetched(url, platform.way_to(url), str(token.value) if token else None)
            value = reading.value(reading.samples(text), told, label)
            found += [] if value is None else [value]
        return int(sum(found)) if found else None


def _named(service: str, name: str) -> str:
    """What a counter is called by the product that runs."""
    known: dict[str, Any] = yamlfile.load(places.contracts() / f"{service}.metrics.yaml").data
    if name not in known:
        raise AssayError(f"there is no counter '{name}' of {service}{accepted(name, known)}")
    own = current().platform.dialect(service).metrics
    return str(own.get(name, known[name]["name"]))


def _word(hit: bool) -> str:
    return "hit" if hit else "miss"
