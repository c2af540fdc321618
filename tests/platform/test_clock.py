"""The clock of a service is moved on from where it was moved to before, on a private platform alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from assay import PlatformLibrary as module
from assay.core import target
from assay.core.errors import AssayError
from assay.core.platform import Platform
from assay.core.run import Run

TARGET = """\
name: staging
services: {auth: {url: "https://auth.staging.example"}}
offers: [auth.sessions]
"""


def _run(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[Run, list[Any]]:
    (folder / "staging.yaml").write_text(TARGET, "utf-8")
    said = target.load(str(folder / "staging.yaml"))
    run = Run("k3f9a2bc", folder, said, folder, [Platform(said, name)])
    asked: list[Any] = []

    def ask(_run: Run, request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"ready": {}}

    monkeypatch.setattr(Run, "ask", ask)
    monkeypatch.setattr(module, "current", lambda: run)
    return run, asked


def test_each_move_adds_to_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = _run(tmp_path, monkeypatch, "private-1")
    keywords = module.PlatformLibrary()
    keywords.move_the_clock(timedelta(minutes=10))
    keywords.move_the_clock(timedelta(seconds=1))
    assert [request["ahead"] for request in asked] == [600, 601]
    assert {request["action"] for request in asked} == {"set-clock"}
    assert run.platform.clocks_ahead == {"auth": 601}


def test_the_clock_of_others_is_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = _run(tmp_path, monkeypatch, "shared")
    with pytest.raises(AssayError, match="set-clock auth is refused: others use this platform"):
        module.PlatformLibrary().move_the_clock(timedelta(seconds=1))
    assert asked == []
    assert run.platform.clocks_ahead == {}
