"""`./assay bench`: measures how fast Assay is here and writes it down."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from assay.command.measuring import grpccalls, histories, measures, overhead, sealedfiles
from assay.command.measuring.machine import machine
from assay.command.measuring.measures import Bench
from assay.command.measuring.table import Row, markdown, place
from assay.command.proof.running import launcher_of
from assay.core import places
from assay.core.errors import AssayError
from assay.report.model import version
from assay.report.writing import whole

DOCUMENT = Path("docs") / "testing" / "PERFORMANCE_BASELINES.md"
PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "platform": measures.platform_ready,
    "run": measures.functional_runs,
    "defect": measures.one_defect,
    "call": overhead.keyword_call,
    "grpc": grpccalls.grpc_calls,
    "search": sealedfiles.searching,
    "decryption": sealedfiles.decryption,
    "history": histories.checking,
    "pipeline": measures.pipeline,
}


def main(arguments: Sequence[str]) -> int:
    """Measures, prints the table and writes it down. Exit status: 0 measured, 2 could not begin."""
    options = _options(arguments)
    try:
        launcher = launcher_of(options.target)
        bench = Bench(options.runs, options.target, launcher.command, _say)
        about = _about(options.runs)
        rows = [row for name in options.only or PARTS for row in _measured(name, bench)]
    except AssayError as error:
        print(f"assay: {error}", file=sys.stderr)
        return 2
    table = markdown(rows, about)
    print(table)
    results = Path(options.results or places.root() / "results")
    data = {"format": 1, "about": about, "version": version(), "rows": [row.as_json() for row in rows]}
    whole(results / "bench.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    if not options.only:
        place(places.root() / DOCUMENT, table)
        print(f"\nwritten to {DOCUMENT}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./assay bench",
        description="Measures how fast Assay is on this machine, and writes the table into "
        f"{DOCUMENT} and results/bench.json. Leave the machine alone meanwhile.",
    )
    parser.add_argument(
        "--runs", type=_count, default=3, metavar="N", help="how often each is measured (default: 3)"
    )
    parser.add_argument("--target", default="reference", metavar="NAME", help="a target that can be launched")
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="measure this part only, and write no document"
    )
    parser.add_argument(
        "--results", default="", metavar="DIR", help="where bench.json goes (default: results/)"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError("takes a whole number from 1 to 100")
    return int(text)


def _measured(name: str, bench: Bench) -> list[Row]:
    _say(f"measuring: {name}")
    return PARTS[name](bench)


def _about(runs: int) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    times = "once" if runs == 1 else f"{runs} times"
    return f"Measured on {today}, each {times}, on {machine().sentence}."


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
