"""Looking again until a deadline."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.core.waiting import gone, let_pass, until


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


def test_time_that_has_to_pass_passes_unless_it_is_more_than_a_minute() -> None:
    begun = time.monotonic()
    let_pass(0.2, "the lifetime")
    let_pass(-5, "what is over")
    assert 0.2 <= time.monotonic() - begun < 2
    with pytest.raises(AssayError, match="the lifetime is 61 s away"):
        let_pass(61, "the lifetime")
