"""What the bench measures of the store's libraries, with little of everything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from assay.command.measuring import grpccalls, histories, measures, sealedfiles
from assay.command.measuring.growth import grows
from assay.command.measuring.measures import Bench
from assay.command.measuring.table import Row
from assay.core.errors import AssayError

BENCH = Bench(1, "reference", (), lambda line: None)


def filled(rows: list[Row]) -> bool:
    return all(len(row.values) == 1 for row in rows)


def test_growth_is_told_as_an_exponent() -> None:
    assert grows({10: 1.0, 1000: 100.0}) == pytest.approx(1)
    assert grows({10: 1.0, 100: 100.0}) == pytest.approx(2)
    assert grows({1000: 3.0, 10: 3.0}) == pytest.approx(0)


def test_a_search_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealedfiles, "FILES", 40)
    monkeypatch.setattr(sealedfiles, "CANARIES", 8)
    rows = sealedfiles.searching(BENCH)
    assert len(rows) == 4
    assert filled(rows)


def test_decryption_is_measured_on_what_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealedfiles, "_MIB", 1 << 10)
    rows = sealedfiles.decryption(BENCH)
    assert len(rows) == 3
    assert filled(rows)


def test_the_histories_that_are_checked_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "_SIZES", (100, 200, 400))
    monkeypatch.setattr(histories, "OPERATIONS", 200)
    assert filled(histories.checking(BENCH))


def test_grpc_calls_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUNDS", "SINGLE", "MANY"):
        monkeypatch.setattr(grpccalls, name, 2)
    rows = grpccalls.grpc_calls(BENCH)
    assert len(rows) == 3
    assert filled(rows)


def test_what_takes_too_long_is_asked_to_end(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], 'w'), sys.exit()));"
        "print('there', flush=True); time.sleep(60)"
    )
    with pytest.raises(AssayError, match=r"python.* took more than 2 s"):
        measures.ended([sys.executable, "-c", code, str(told)], 2)
    assert told.exists()
