"""Robot's own options on the front door's command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.command.running.robotoptions import understand


def test_patterns_are_files_where_suites_stand_and_stay_patterns_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.robot", "b.robot"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    found = understand(["*.robot", "--test", "*", "--include", "core"], tmp_path)
    assert found.suites == [str(tmp_path / "a.robot"), str(tmp_path / "b.robot")]
    assert (found.given["test"], found.given["include"]) == (["*"], ["core"])
