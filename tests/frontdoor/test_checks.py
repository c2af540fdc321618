"""The checks of `./assay test` when they are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frontdoor.door import until

CHECKS = """
import os, sys
from assay.command import test
from assay.command.options import Options
from assay.command.testing import processes
from assay.command.testing.shapes import Step

ENDLESS = "import os, time; print(os.getpid(), flush=True); time.sleep(120)"

def endless(work):
    return processes.judge(processes.run(work, "endless", [sys.executable, "-c", ENDLESS]))

test.STEPS = [Step("ruff", "never ends", endless, alone=sys.argv[1] == "alone"), Step("mypy", "is next", endless, alone=True)]
sys.exit(test.main(Options("test")))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("where", ["alone", "beside"])
def test_a_stopped_test_of_assay_leaves_no_check_running(
    tmp_path: Path, where: str, number: signal.Signals
) -> None:
    log = tmp_path / ".assay" / "test" / "endless.log"
    front = subprocess.Popen(
        [sys.executable, "-P", "-c", CHECKS, where],
        env={**os.environ, "ASSAY_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: log.exists() and log.read_text().endswith("\n"))
        check = int(log.read_text())
        front.send_signal(number)
        said, told = front.communicate(timeout=20)
    finally:
        front.kill()
    assert (front.returncode, said) == (1, "")
    assert told == "assay: stopped; the checks that ran were ended\n"
    until(lambda: not Path(f"/proc/{check}").exists(), 5)
