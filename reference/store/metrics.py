"""Counters of one process, in the text format of Prometheus, and the counters of several put together."""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

LABEL = "worker"
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.hits = self._counter("store_cache_hits", "Reads that were answered from memory")
        self.misses = self._counter("store_cache_misses", "Reads that memory had no answer for")
        self.evictions = self._counter("store_cache_evictions", "Entries that gave way to others")
        self.loads = self._counter("store_entity_loads", "Entities that were read from the disk")
        self.sealed = self._counter("store_sealed", "Files that were sealed")
        self.opened = self._counter("store_opened", "Files that were opened")
        self.failures = self._counter("store_open_failures", "Files that did not open")
        self.requests = Counter(
            "store_requests",
            "Operations, by what became of them",
            ["operation", "code"],
            registry=self.registry,
        )
        self.entries = Gauge("store_cache_entries", "Entries in memory", registry=self.registry)

    def _counter(self, name: str, says: str) -> Counter:
        return Counter(name, says, registry=self.registry)

    def text(self) -> bytes:
        """All of it, as text."""
        return generate_latest(self.registry)


class _Given:
    """Hands metrics on that were made elsewhere."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """The metrics."""
        return self._metrics


def merged(texts: Mapping[str, bytes]) -> bytes:
    """The counters of several processes as one text; a label tells whose each is."""
    together: dict[str, Metric] = {}
    for worker, text in texts.items():
        for family in text_string_to_metric_families(text.decode()):
            into = together.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                into.add_sample(sample.name, {**sample.labels, LABEL: worker}, sample.value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(list(together.values())))
    return generate_latest(registry)
