"""Counters as services tell them, and caches against the model of an LRU."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from assay.core.errors import AssayError
from assay.core.listening import NotingServer
from assay.core.reach import Way
from assay.evidence.expect import Unmet
from assay.metrics import lru, reading
from assay.MetricsLibrary import MetricsLibrary

LIBRARY = MetricsLibrary()
TOLD = b"""# HELP store_cache_hits_total Reads from memory
# TYPE store_cache_hits_total counter
store_cache_hits_total{worker="worker-1"} 3
store_cache_hits_total{worker="worker-2"} 4
# TYPE store_cache_entries gauge
store_cache_entries{worker="worker-1"} 7
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> NotingServer:
    """A service whose counters are told at an address of this machine."""
    server = NotingServer(TOLD, "/metrics", "text/plain; version=0.0.4")
    platform = SimpleNamespace(
        said_of=lambda service, what: {"main": server.url},
        way_to=lambda url: Way(),
        dialect=lambda service: SimpleNamespace(metrics={"loads": "own_loads"}),
    )
    monkeypatch.setattr("assay.MetricsLibrary.current", lambda: SimpleNamespace(platform=platform))
    return server


def test_a_counter_is_that_of_a_part_or_of_all(told: NotingServer) -> None:
    assert LIBRARY.counter_of("cache_hits", "worker-2") == 4
    assert LIBRARY.counter_of("cache_hits") == 7
    assert LIBRARY.counters_of("cache_hits", "cache_entries", part="worker-1") == {
        "cache_hits": 3,
        "cache_entries": 7,
    }


def test_a_counter_that_is_not_told_is_a_broken_promise_and_none_that_nobody_knows(
    told: NotingServer,
) -> None:
    with pytest.raises(Unmet, match="a counter own_loads, saw '?none"):
        LIBRARY.counter_of("loads")
    assert LIBRARY.counters_of("loads") == {"loads": 0}
    with pytest.raises(AssayError, match="did you mean 'cache_hits'"):
        LIBRARY.counter_of("cache_hit")


def test_growth_is_exact() -> None:
    LIBRARY.counters_should_have_grown_by({"a": 1}, {"a": 3}, a=2)
    with pytest.raises(Unmet, match="a to grow by 1, saw '?2"):
        LIBRARY.counters_should_have_grown_by({"a": 1}, {"a": 3}, a=1)
    with pytest.raises(AssayError, match="'b' was not read"):
        LIBRARY.counters_should_have_grown_by({"a": 1}, {"a": 3}, b=1)


def test_what_is_no_text_of_prometheus_is_told() -> None:
    with pytest.raises(AssayError, match="text format of Prometheus"):
        reading.samples("a{ 1")


def test_an_lru_gives_up_what_was_read_longest_ago() -> None:
    assert lru.hits(list("abcab"), 3) == [False, False, False, True, True]
    assert lru.hits(list("abcadb"), 3) == [False, False, False, True, False, False], (
        "b went, for a was read again"
    )
    assert lru.evictions(list("abcadb"), 3) == 2
    assert not any(lru.hits(lru.loop(list("abcd"), 5), 3)), "a loop over one more than fits is never a hit"


def test_traces_are_drawn_again_by_their_seed() -> None:
    keys = [f"key-{number}" for number in range(20)]
    for kind in ("random", "zipf 0.8", "zipf 1.0", "loop", "scan", "shifting"):
        once, again = (LIBRARY.a_trace_of(kind, keys, 40, "seed") for _ in range(2))
        assert once == again and set(once) <= set(keys) and len(once) >= 20, kind
    assert LIBRARY.a_trace_of("zipf 1.0", keys, 400).count("key-0") > 400 / 20
    with pytest.raises(AssayError, match="there is no trace 'zip'"):
        LIBRARY.a_trace_of("zip", keys, 4)


def test_another_order_than_an_lru_is_told_by_its_first_read() -> None:
    trace = list("abcadb")
    LIBRARY.hits_should_be_those_of_an_lru(trace, lru.hits(trace, 3), 3)
    first_in_first_out = [False, False, False, True, False, True]
    with pytest.raises(Unmet, match="read 6 of the trace to be a miss, as in an LRU of 3, saw '?a hit"):
        LIBRARY.hits_should_be_those_of_an_lru(trace, first_in_first_out, 3)
    with pytest.raises(AssayError, match="one for each"):
        LIBRARY.hits_should_be_those_of_an_lru(trace, [True], 3)
