"""The table of what was measured."""

from __future__ import annotations

import platform
from pathlib import Path

from assay.command.measuring.machine import machine
from assay.command.measuring.table import Row, markdown, place

ROWS = [
    Row("the platform is ready", "s", "1.5 s", [1.2, 1.4, 1.3], 1.5),
    Row("everything", "s", "90 s", [95.0, 99.5, 120.25], 90),
    Row("tests", "", "", [120]),
    Row("the pipeline", "min", "25 min", note="run .ci/run once"),
]


def test_a_row_shows_its_median_its_spread_and_whether_it_keeps_its_budget() -> None:
    lines = markdown(ROWS, "On a machine.").splitlines()
    assert lines[0] == "On a machine."
    assert "| the platform is ready | 1.30 s | 1.20 to 1.40 | 3 | 1.5 s | kept |" in lines
    assert "| everything | 99.5 s | 95 to 120 | 3 | 90 s | **not kept** |" in lines
    assert "| tests | 120 |  | 1 |  |  |" in lines
    assert "| the pipeline | not measured | | | 25 min | run .ci/run once |" in lines


def test_the_words_around_the_table_stay(tmp_path: Path) -> None:
    document = tmp_path / "docs" / "BASELINES.md"
    place(document, "first")
    document.write_text(f"Before.\n{document.read_text('utf-8')}\nAfter.\n", "utf-8")
    place(document, "second")
    text = document.read_text("utf-8")
    assert "first" not in text
    assert text.startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    assert text.count("second") == 1


def test_the_machine_is_described_without_its_name() -> None:
    found = machine()
    assert found.cores >= 1
    assert platform.node() not in found.sentence or not platform.node()
    assert "Robot Framework 7" in found.sentence
