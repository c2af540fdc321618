"""A root process, or a worker: begins or joins a run, does what each line on standard input says, and answers with a line of JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from assay.core import root, run
from assay.core.errors import AssayError
from assay.core.target import load


def main() -> None:
    if "ASSAY_RUN" in os.environ:
        mine = run.current()
    else:
        mine = run.begin(load(sys.argv[1]), Path(sys.argv[2]), root.of(os.getpid()))
    print(json.dumps({"folder": str(mine.folder), "id": mine.id}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(_do(mine, json.loads(line))), flush=True)
        except AssayError as error:
            print(
                json.dumps({"error": str(error), "exit_code": getattr(error, "exit_code", None)}), flush=True
            )


def _do(mine: run.Run, asked: dict[str, Any]) -> dict[str, Any]:
    match asked.get("do"):
        case "shared":
            return dict(mine.platform.ready)
        case "private":
            return dict(mine.start_private(asked.get("settings", {}), ["auth"], None, "a suite").ready)
        case "stop private":
            mine.stop_private()
            return {}
        case _:
            return mine.ask(asked)


if __name__ == "__main__":
    main()
