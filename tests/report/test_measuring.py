"""What the bench measures of the store's libraries, with little of everything."""

from __future__ import annotations

import pytest
from assay.command.measuring import grpccalls, histories, sealedfiles
from assay.command.measuring.growth import grows
from assay.command.measuring.measures import Bench
from assay.command.measuring.table import Row

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
