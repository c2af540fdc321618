"""The credentials of a real platform reach nothing that a run leaves, the services' logs included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from assay.core import places
from assay.evidence.search import search

SUITES = Path(__file__).parent / "platform_canaries"
ROBOT = [sys.executable, "-m", "robot"]
PABOT = [
    sys.executable,
    "-m",
    "pabot.pabot",
    "--command",
    *ROBOT,
    "--end-command",
    "--processes",
    "2",
    "--chunk",
]

FRONT_DOOR = [str(places.root() / "assay"), "run"]
RUNS = {
    "robot": [*ROBOT, "--xunit", "xunit.xml", "--outputdir"],
    "pabot": [*PABOT, "--xunit", "xunit.xml", "--outputdir"],
    "front door": [*FRONT_DOOR, "--results"],
}

pytestmark = pytest.mark.skipif(
    not (places.targets() / "reference.yaml").exists(), reason="no reference platform"
)


@pytest.mark.parametrize("name", RUNS)
def test_credentials_of_a_platform_stay_secret(name: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.jsonl"
    planted.touch(0o600)
    left = tmp_path / "left"
    left.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    environment |= {
        "CANARIES": str(planted),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ASSAY_STATE": str(tmp_path / "states"),
    }
    (tmp_path / "states").mkdir(mode=0o711)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    with (left / "console.txt").open("wb") as console:
        status = subprocess.run(
            [*RUNS[name], str(left), "--loglevel", "TRACE", str(SUITES)],
            stdout=console, stderr=subprocess.STDOUT, cwd=left, env=environment, timeout=300, check=False,
        ).returncode  # fmt: skip
    told = (left / "console.txt").read_text(encoding="utf-8")
    assert status == (1 if name == "front door" else 14), told[-3000:]
    _wait_for_the_page(left)
    secrets = {entry["name"]: entry["value"] for entry in map(json.loads, planted.read_text().splitlines())}
    assert len(secrets) >= 5
    assert list(left.rglob("services/auth.log"))
    leaks = search([left], secrets)
    assert not leaks, "\n".join(map(str, leaks))


def _wait_for_the_page(left: Path) -> None:
    deadline = time.monotonic() + 20
    while not (left / "acceptance.html").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
