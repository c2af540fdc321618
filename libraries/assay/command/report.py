"""`./assay report`: the last verdict once more, and its page made again."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from assay.core import places


def main(arguments: Sequence[str]) -> int:
    """Makes the page of the last run again and says its verdict. Exit status: the run's own; 2 when there is none."""
    parser = argparse.ArgumentParser(
        prog="./assay report",
        description="Makes the page of the last run again, with the newest proof in it, and says its verdict.",
    )
    parser.add_argument(
        "--results", metavar="DIR", default="", help="where the results are (default: results/)"
    )
    results = Path(parser.parse_args(arguments).results or places.root() / "results").resolve()
    return again(results)


def again(results: Path) -> int:
    """Makes the page in a results folder again; the verdict goes to the console."""
    from assay.report.writing import VERDICT, write_again

    try:
        page = write_again(results)
        verdict = json.loads((page.parent / VERDICT).read_text("utf-8"))["verdict"]
    except FileNotFoundError:
        print(f"assay: there is no run in {results} yet: `./assay run` makes one", file=sys.stderr)
        return 2
    print(verdict["sentence"])
    if verdict["not_judged"]:
        print(verdict["not_judged"])
    print(page)
    return int(verdict["exit_status"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
