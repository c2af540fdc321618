"""Looking again until a deadline."""

from __future__ import annotations

import threading
from pathlib import Path

from assay.core.waiting import gone, until


def test_what_is_found_late_is_found() -> None:
    looks = iter([None, None, "it"])
    assert until(lambda: next(looks), 5) == "it"


def test_it_is_asked_once_at_least_and_ends() -> None:
    asked: list[int] = []
    assert until(lambda: asked.append(1), 0) is None
    assert asked


def test_what_goes_in_time_is_told_from_what_stays(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert not gone(file, 0.05)
    threading.Timer(0.1, file.unlink).start()
    assert gone(file, 5)
