"""Sees one platform with one defect: starts a run of its own, runs the tests, says what they and the defect did.

A process of its own, because a run lasts for as long as its root process: when this one ends, however it ends, the
platform, its servers and the tests' process end too. It prints one `Observation` as JSON.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from assay.command.proof.running import Order
from assay.command.proof.shapes import Observation, Seen
from assay.core import places, root, run, target
from assay.core.errors import AssayError, PlatformError
from assay.core.waiting import gone
from assay.report import sources

_END_WITHIN = 30.0
_SAID = (2, 3, 4)
_SAMPLED = "assay.command.proof.sampling.Sampled"


def main(argument: str) -> int:
    """Carries out one order."""
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    order = Order.of(argument)
    if order.defect:
        os.environ["ASSAY_DEFECTS"] = order.defect
    if order.files:
        os.environ["ASSAY_DEFECTS_FROM"] = ",".join(order.files)
    seen = _once(order)
    if seen.start and seen.exit_code not in _SAID:
        seen = _once(order)  # the launcher was killed or silent, which says nothing about the defect
    print(json.dumps(seen.as_json()))
    return 0


def _once(order: Order) -> Observation:
    with tempfile.TemporaryDirectory(prefix="assay-proof-") as results:
        return _see(order, Path(results))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _see(order: Order, results: Path) -> Observation:
    begun = time.monotonic()
    mine = run.begin(target.load(order.target), results, root.of(os.getpid()))
    (mine.folder / "report-written").touch()
    os.environ["ASSAY_RUN"] = str(mine.folder)
    tests = _robot(order, results)
    seen = Observation()
    try:
        _ = mine.platform
    except PlatformError as error:
        tests.kill()
        tests.wait()
        seen.start, seen.exit_code = str(error), error.exit_code
        seen.seconds = time.monotonic() - begun
        return seen
    seen.ready_seconds = time.monotonic() - begun
    try:
        tests.communicate(timeout=order.limit)
    except subprocess.TimeoutExpired:
        seen.finished = False
        tests.kill()
        tests.wait()
    seen.tests = [_seen(entry) for entry in sources.live(mine.folder).ended.values()]
    hits = _hits(mine, results, order.defect)
    seen.failed = int(sources.mapping(results / "defect-hits.json").get(f"{order.defect} failed", 0))
    seen.hits, seen.finished = hits or 0, seen.finished and hits is not None
    seen.seconds = time.monotonic() - begun
    if not seen.tests and seen.finished:
        raise AssayError(f"robot ran no test of {', '.join(order.tags or order.tests)}")
    return seen


def _robot(order: Order, results: Path) -> subprocess.Popen[bytes]:
    """Robot starts while the platform does; its first test waits until that is ready."""
    include = [part for tag in order.tags for part in ("--include", tag)]
    include += [part for test in order.tests for part in ("--test", re.sub(r"([*?\[])", r"[\1]", test))]
    if order.keep:
        lot = f"{order.seed} {order.defect}".replace(":", " ")
        modifier = ":".join([_SAMPLED, lot, order.service, str(order.drawn), *order.keep])
        include += ["--prerunmodifier", modifier]
    silent = ["--output", "NONE", "--log", "NONE", "--report", "NONE", "--console", "none"]
    command = [sys.executable, "-m", "robot", *silent, *include, "--outputdir", str(results)]
    return subprocess.Popen(
        [*command, str(places.root() / "suites")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _seen(entry: dict[str, Any]) -> Seen:
    return Seen(
        id=str(entry["id"]),
        name=str(entry["name"]),
        suite=str(entry["suite"]),
        status=str(entry["status"]),
        tags=tuple(entry["tags"]),
        kind=str(entry.get("kind") or ""),
        message=str(entry.get("message") or "")[:500],
        seconds=float(entry["seconds"]),
    )


def _hits(mine: run.Run, results: Path, defect: str) -> int | None:
    """Ends the run and returns how often the defect was hit in all of its platforms; None when that cannot be known.

    The platforms that run now have their counts in files of their own; those that ended before, and in the end all, are
    added up by the supervisor as it finishes.
    """
    files = list((mine.folder / "platforms").glob("*/defect-hits.json"))
    now = sum(int(sources.mapping(path).get(defect, 0)) for path in files)
    mine.ask({"do": "finish"})
    ended = gone(mine.folder, _END_WITHIN)
    hits = max(now, int(sources.mapping(results / "defect-hits.json").get(defect, 0)))
    return hits if ended or hits else None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except AssayError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
