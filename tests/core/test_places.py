"""Where the state of runs lies."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from assay.core import places


@pytest.mark.parametrize(
    ("gigabytes", "flags", "user", "logind", "expected"),
    [
        (8, 0, 0, True, "/dev/shm"),
        (8, 0, 1000, False, "/dev/shm"),
        (8, 0, 1000, True, "/var/tmp"),
        (1, 0, 0, False, "/var/tmp"),
        (8, os.ST_NOEXEC, 0, False, "/var/tmp"),
        (8, os.ST_RDONLY, 0, False, "/var/tmp"),
    ],
)
def test_in_memory_where_there_is_room_and_it_stays(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gigabytes: int,
    flags: int,
    user: int,
    logind: bool,
    expected: str,
) -> None:
    about = SimpleNamespace(f_frsize=1 << 12, f_blocks=gigabytes << 18, f_flag=flags)
    monkeypatch.setattr(os, "statvfs", lambda _: about)
    monkeypatch.setattr(os, "access", lambda *_: True)
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(places, "_LOGIND", tmp_path if logind else tmp_path / "absent")
    assert str(places._base()) == expected
