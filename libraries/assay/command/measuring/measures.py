"""What is measured, each as a function that fills rows."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.command.measuring.table import Row
from assay.core import places
from assay.core.errors import AssayError

_PATIENCE = 3600


@dataclass(frozen=True)
class Bench:
    """How often and on what to measure, and whom to tell."""

    runs: int
    target: str
    launcher: Sequence[str]
    say: Callable[[str], None]
    arguments: Sequence[str] = ()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one platform, where its data servers can enter under another user."""
    made = Path(tempfile.mkdtemp(prefix="bench-", dir=places.states()))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def platform_ready(bench: Bench) -> list[Row]:
    """How long the launcher takes until one service with its data servers answers."""
    first = Row("platform ready, one service with its data servers, the first time", "s", "5 s", limit=5)
    again = Row("platform ready, one service with its data servers", "s", "1.5 s", limit=1.5)
    with _nothing_prepared():
        first.values.append(_start(bench))
    for _ in range(bench.runs):
        again.values.append(_start(bench))
    return [first, again]


@contextmanager
def _nothing_prepared() -> Iterator[None]:
    """Puts the prepared databases aside, so that the next start prepares its own, which stays."""
    cache = places.root() / ".assay" / "cache"
    aside = [path.rename(path.with_name(f".old-{path.name}")) for path in cache.glob("postgres-*")]
    try:
        yield
    finally:
        for path in aside:
            shutil.rmtree(path, ignore_errors=True)


def _start(bench: Bench) -> float:
    with folder() as place, (place / "said").open("wb") as said:
        request = {"run": "bench", "services": ["auth"], "settings": {}, "defects": [], "defects_from": []}
        (place / "request.json").write_text(json.dumps({**request, "profile": "http"}))
        begun = time.monotonic()
        process = subprocess.Popen(
            [*bench.launcher, "up", "--folder", str(place)],
            cwd=places.root(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            _wait_for(place / "ready.json", process)
            return time.monotonic() - begun
        finally:
            if process.stdin:
                process.stdin.close()  # an end of its input stops the platform
            process.wait(60)


def _wait_for(ready: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not ready.exists():
        if process.poll() is not None:
            told = _last_line((ready.parent / "said").read_bytes())
            raise AssayError(f"the platform was not ready: its launcher ended ({process.returncode}): {told}")
        if time.monotonic() > deadline:
            raise AssayError("the platform was not ready within 120 s")
        time.sleep(0.005)


def functional_runs(bench: Bench) -> list[Row]:
    """The acceptance run from command to verdict, with two workers and with one."""
    whole = Row("all functional tests, from command to verdict", "s", "90 s", limit=90)
    cases = Row("cases in it", "")
    probes = Row("probes in it", "")
    slowest = Row("the slowest functional test", "s", "5 s", limit=5)
    share = Row("Assay's share of the workers' time", "%", "35%", limit=35)
    two: list[float] = []
    one: list[float] = []
    for number in range(bench.runs):
        bench.say(f"acceptance run {number + 1} of {bench.runs}, two workers, then one")
        seconds, found = _run(bench, 2)
        two.append(seconds)
        tests = found["tests"]
        cases.values.append(len(tests))
        probes.values.append(sum(test["rows"] for test in tests))
        slowest.values.append(max(test["seconds"] for test in tests))
        slowest.note = max(tests, key=lambda test: test["seconds"])["id"].rpartition(".")[2]
        share.values.append(_share(found, 2))
        one.append(_run(bench, 1)[0])
    whole.values = two
    ratio = Row("two workers against one", "", "0.85", limit=0.85)
    ratio.values = [both / single for both, single in zip(two, one, strict=True)]
    if statistics.median(one) <= 30:
        ratio.limit, ratio.note = None, "the budget is for suites over 30 s"
    return [whole, cases, probes, slowest, share, ratio]


def _run(bench: Bench, processes: int) -> tuple[float, dict[str, Any]]:
    with folder() as results:
        command = [
            str(places.root() / "assay"),
            "run",
            "--target",
            bench.target,
            "--processes",
            str(processes),
        ]
        command += ["--results", str(results), *bench.arguments]
        begun = time.monotonic()
        answer = ended(command)
        seconds = time.monotonic() - begun
        verdict = results / "results.json"
        if answer.returncode == 2 or not verdict.is_file():
            raise AssayError(
                f"the acceptance run could not begin: {_last_line(answer.stderr or answer.stdout)}"
            )
        found: dict[str, Any] = json.loads(verdict.read_text("utf-8"))
        return seconds, found


def _share(found: dict[str, Any], processes: int) -> float:
    """The time of all workers in which nothing was in flight, in hundredths of all their time."""
    flying = sum(float(test.get("exchange_seconds", 0)) for test in found["tests"])
    whole = float(found["seconds"]) * processes
    return 100 * (1 - flying / whole) if whole else 0.0


def one_defect(bench: Bench) -> list[Row]:
    """One defect from command to verdict: as it is proven by default, and with its own tests only."""
    proven = Row("one defect proven", "s", "3 s", limit=3)
    quick = Row("one defect proven, without a sample of the other tests", "s")
    for number in range(bench.runs):
        bench.say(f"proof of one defect {number + 1} of {bench.runs}")
        for row, scope in ((proven, "sample"), (quick, "quick")):
            row.values.append(_prove(bench, ["--scope", scope]))
    return [proven, quick]


def _prove(bench: Bench, options: list[str]) -> float:
    with folder() as results:
        command = [sys.executable, "-m", "assay.command.prove", "--target", bench.target, "--sample", "1"]
        command += ["--seed", "bench", "--again", "--results", str(results), *options]
        answer = ended(command)
        if answer.returncode == 2:
            raise AssayError(f"the proof could not begin: {_last_line(answer.stderr)}")
        found = json.loads((results / "matrix.json").read_text("utf-8"))
        return float(found["totals"]["seconds_median"])


def pipeline(bench: Bench) -> list[Row]:
    """The time of the last whole pipeline, which `./assay test` writes down."""
    row = Row("`.ci/run`", "min", "25 min", limit=25, note="as it last ran, without the set-up")
    try:
        recorded = json.loads((places.root() / "results" / "checks.json").read_text("utf-8"))
        row.values = [float(recorded["seconds"]) / 60]
    except (OSError, ValueError, KeyError, TypeError):
        row.note = "`.ci/run` has not written down its time yet"
    return [row]


def ended(command: list[str], patience: float = _PATIENCE) -> subprocess.CompletedProcess[bytes]:
    """A command that has run to its end; where it is given up it is asked to end, so that nothing of it is left."""
    with subprocess.Popen(
        command, cwd=places.root(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            output, errors = process.communicate(timeout=patience)
        except BaseException as error:
            process.terminate()
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise AssayError(f"{Path(command[0]).name} took more than {patience:g} s") from error
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
