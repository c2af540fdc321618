"""The process that keeps a platform up: the root of a run without tests, ended by `./assay platform down`.

python -m assay.command.keeping REQUEST      (JSON: target, services, settings, profile, defects)
"""

from __future__ import annotations

import json
import os
import signal
import sys
from types import FrameType
from typing import Any

from assay.core import places, root
from assay.core import run as runs
from assay.core.errors import AssayError
from assay.core.target import load


def main(request: dict[str, Any]) -> int:
    """Starts the platform, says so in one line of JSON, and stays until a signal comes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    if request["defects"]:
        os.environ["ASSAY_DEFECTS"] = ",".join(request["defects"])
    target = load(request["target"])
    run = runs.begin(target, places.root() / "results" / "platform", root.of(os.getpid()))
    (run.folder / "report-written").touch()  # nothing is judged, so there is nothing to report
    asked = {name: request[name] for name in ("services", "settings", "profile")}
    try:
        answer = run.ask({"do": "start", "shared": True, "for": "./assay platform up", **asked})
    except AssayError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 2
    print(json.dumps({"folder": str(run.folder), "ready": answer["ready"]}), flush=True)
    # Whoever reads the output of `./assay platform up` through a pipe must not have to wait for this process.
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    while True:
        signal.pause()


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
