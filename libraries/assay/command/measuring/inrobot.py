"""What is measured inside of Robot, since that is where its keywords are called."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from assay.core.errors import AssayError
from assay.core.waiting import until

_ENDING = 30.0  # seconds that the run has to write its page before its folder is removed
_MEASURED = re.compile(r"measured ([a-z]+) ([0-9.]+)")


def measured(place: Path, suite: str, libraries: Mapping[str, str], target: str) -> dict[str, float]:
    """Runs a suite of this text in a folder; the seconds that it said, as in `measured raw 0.25`, summed by name.

    `libraries` are the texts of Python libraries that it imports from the folder. Raises `AssayError` where it does not pass.
    """
    for name, text in libraries.items():
        (place / f"{name}.py").write_text(text, "utf-8")
    path = place / "measured.robot"
    path.write_text(suite, "utf-8")
    command = [sys.executable, "-m", "robot", "--outputdir", str(place), "--log", "NONE", "--report", "NONE"]
    states = place / "states"
    environment = {**os.environ, "ASSAY_TARGET": target, "ASSAY_STATE": str(states)}
    environment.pop("ASSAY_RUN", None)
    answer = subprocess.run(
        [*command, str(path)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if answer.returncode:
        raise AssayError(f"calls of keywords could not be measured: {json.dumps(answer.stdout[-900:])}")
    until(lambda: None if any(one.is_dir() for one in states.glob("*")) else True, _ENDING)
    found: defaultdict[str, float] = defaultdict(float)
    for name, seconds in _MEASURED.findall(answer.stdout):
        found[name] += float(seconds)
    return dict(found)
