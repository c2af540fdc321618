"""The checks that use the whole: the acceptance run, and a sample of the proof that the suite would notice."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from assay.command.testing.processes import python, run
from assay.command.testing.shapes import Outcome, Work, bad


def acceptance(work: Work) -> Outcome:
    """The whole suite against the reference platform, by the front door as everybody uses it."""
    ran = run(work, "acceptance", python(str(work.root / "assay"), "run"))
    try:
        found = json.loads((work.root / "results" / "results.json").read_text("utf-8"))
        counts = found["counts"]
        sentence = str(found["verdict"]["sentence"])
    except (OSError, ValueError, KeyError):
        return bad(f"the run left no verdict (exit status {ran.status})", ran.tail)
    held = int(counts.get("held", 0))
    failed = sum(
        int(number) for name, number in counts.items() if name in ("did not hold", "broken", "not run")
    )
    if ran.status:
        return Outcome(False, sentence, held, max(failed, 1), ran.tail)
    return Outcome(True, f"{held} tests held", held)


def proof(work: Work) -> Outcome:
    """A sample of the planted defects, chosen by the commit: the suite must notice each."""
    arguments = ["prove", "--sample", str(work.sample), "--seed", commit(work.root)]
    ran = run(work, "proof", python("-m", "assay.command", *arguments))
    lines = [line.strip() for line in ran.text.splitlines() if line.strip()]
    if ran.status:
        return bad(lines[-1] if lines else f"exit status {ran.status}", ran.tail)
    return Outcome(True, next((line for line in lines if "defects caught" in line), "").partition(";")[0])


def commit(root: Path) -> str:
    """The commit that is checked out, or a word where there is no git."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "no-commit"
    return answer.stdout.strip()
