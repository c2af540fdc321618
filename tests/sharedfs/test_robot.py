"""The libraries as Robot uses them: actions as keywords, and faults that end with the test that made them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from assay.core.waiting import until
from assay.sharedfs import kernel_locks
from assay.sharedfs.means import lacks

from tests.sharedfs.conftest import Store

HERE = Path(__file__).parent


@pytest.mark.skipif(bool(lacks("fail-calls")), reason=lacks("fail-calls"))
def test_keywords_in_robot(store: Callable[[str], Store], files: Path, tmp_path: Path) -> None:
    one = store("careful")
    one.put("text")
    (tmp_path / "port").write_text(str(one.port))
    given = {"FOLDER": files, "PID": one.pid, "WRITER LIBRARY": HERE / "WriterLibrary.py"}
    variables = [word for name, value in given.items() for word in ("--variable", f"{name}:{value}")]
    done = subprocess.run(
        [sys.executable, "-m", "robot", *variables, "--outputdir", tmp_path, HERE / "by_hand.robot"],
        capture_output=True,
        text=True,
        check=False,
    )
    status = {
        test.get("name"): (end.get("status"), end.text or "")
        for test in ElementTree.parse(tmp_path / "output.xml").iter("test")
        if (end := test.find("status")) is not None
    }
    assert status.pop("What A Failed Test Broke Is Put Back") == ("FAIL", "in the middle"), done.stdout
    assert set(status.values()) == {("PASS", "")} and len(status) == 2, done.stdout
    assert "could not be undone" not in done.stdout + done.stderr
    assert until(lambda: True if not kernel_locks.under(files) else None, 5)
