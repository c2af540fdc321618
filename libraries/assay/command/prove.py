"""`./assay prove`: shows that the tests notice, by planting one defect after another."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assay.command.proof import firsttries
from assay.command.proof.cache import Cache
from assay.command.proof.choosing import Launcher, choose, still_open
from assay.command.proof.matrix import matrix
from assay.command.proof.progress import Line
from assay.command.proof.proving import Prover, all_tests
from assay.command.proof.running import Runner, Scope, launcher_of
from assay.command.proof.shapes import Defect, Proven, Verdict
from assay.core import digests, places
from assay.core.errors import AssayError
from assay.report import matrix as matrix_page
from assay.report.model import version
from assay.report.writing import whole, write_again


def main(arguments: Sequence[str]) -> int:
    """Proves what was asked for. Exit status: 0 all caught, 1 something was not, 2 it could not begin."""
    options = _options(arguments)
    try:
        return _prove(options)
    except AssayError as error:
        print(f"assay: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nassay: stopped; what was proven so far is kept and need not be proven again", file=sys.stderr
        )
        return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./assay prove",
        description="Starts the platform with one planted defect after another and runs the tests on each. A defect "
        "is caught when a test of the sentence it breaks fails on what it expects, and nothing else matters much.",
        epilog="What was seen is kept in .assay/proof-cache for as long as defect, platform and tests stay as they are. "
        "The matrix goes to results/proof. Exit status: 0 all caught, 1 not all, 2 it could not begin.",
    )
    parser.add_argument(
        "--target", default="reference", metavar="NAME", help="a target that can plant defects"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this defect (repeatable)"
    )
    parser.add_argument("--sample", type=_count, metavar="N", help="so many, chosen by the seed")
    parser.add_argument(
        "--seed", default="", metavar="COMMIT", help="what decides the sample (default: this commit)"
    )
    parser.add_argument(
        "--processes", type=_count, default=2, metavar="N", help="so many at a time (default: 2)"
    )
    parser.add_argument(
        "--defects-from",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="more defects (repeatable)",
    )
    parser.add_argument(
        "--scope",
        choices=[scope.value for scope in Scope],
        default=Scope.SAMPLE.value,
        help="quick: the smoke suite and the tests of what a defect breaks; sample: besides, some others of the service, "
        "and all where one of them is red (default); shared: besides, the service's tests that need no platform of "
        "their own; all: every test of the service",
    )
    parser.add_argument("--again", action="store_true", help="see everything again, whatever is known")
    parser.add_argument(
        "--results", default="", metavar="DIR", help="where the matrix goes (default: results/proof)"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("takes a whole number from 1 to 1000")
    return int(text)


def _prove(options: argparse.Namespace) -> int:
    for file in options.defects_from:
        if not file.is_file():
            raise AssayError(f"there is no file of defects {file}")
    files = [file.resolve() for file in options.defects_from]
    launcher = launcher_of(options.target)
    defects = launcher.defects(files)
    chosen = choose(defects, options.only, options.sample, options.seed or version(), still_open())
    if not chosen:
        raise AssayError("the platform lists no defects, so there is nothing to prove")
    made_of = {"suite": digests.of_suite(), "platform": launcher.service_digest()}
    prover = _prover(options, launcher, files, made_of)
    line = Line(sys.stderr)
    others = [defect for defect in defects if defect not in chosen]
    proven = prover.prove(chosen, others, line)
    line.end()
    return _tell(options, proven, {defect.name for defect in chosen}, others, made_of)


def _prover(
    options: argparse.Namespace, launcher: Launcher, files: list[Path], made_of: dict[str, str]
) -> Prover:
    suite, service = made_of["suite"], made_of["platform"]
    vectors = "v" if os.environ.get("WYCHEPROOF_DIR") else ""
    cache = Cache(
        places.root() / ".assay" / "proof-cache",
        f"{options.target}-{service}",
        suite + vectors,
        options.scope,
        lambda: (digests.of_suite(), launcher.service_digest()) == (suite, service),
    )
    runner = Runner(options.target, files, Scope(options.scope), options.seed or version())
    return Prover(runner, runner.confirm, cache, options.processes, fresh=options.again)


def _tell(
    options: argparse.Namespace,
    proven: list[Proven],
    chosen: set[str],
    others: list[Defect],
    made_of: dict[str, str],
) -> int:
    """Writes the matrix, with what is known of defects that were not chosen, and says what came out."""
    tries = firsttries.load(firsttries.path())
    if not options.defects_from and options.scope != Scope.QUICK.value:
        tries = firsttries.remember(firsttries.path(), [one for one in proven if one.defect.name in chosen])
    about: dict[str, object] = {"made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
    about |= {"version": version(), "target": options.target, "scope": options.scope, **made_of}
    names = {one.defect.name for one in proven}
    unknown = [defect for defect in others if defect.name not in names]
    everything = sorted(proven, key=lambda one: one.defect.name)
    data = matrix(everything, unknown, all_tests(everything), tries, about)
    folder = Path(options.results) if options.results else places.root() / "results" / "proof"
    whole(folder / "matrix.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    whole(folder / "matrix.html", matrix_page.page(data))
    mine = [one for one in proven if one.defect.name in chosen]
    for one in mine:
        if one.judgement.verdict is not Verdict.CAUGHT:
            print(f"{one.defect.name}: {one.judgement.verdict.value}: {one.judgement.why}")
    caught = sum(one.judgement.verdict is Verdict.CAUGHT for one in mine)
    print(f"{caught} of {len(mine)} defects caught{_totals(data['totals'])}")
    print(folder / "matrix.html")
    if not options.results:
        _refresh(folder.parent)
    return 0 if caught == len(mine) else 1


def _totals(totals: dict[str, float]) -> str:
    parts = [
        f"{100 * totals['partial_share']:.0f}% of all are partial",
        f"{100 * totals['blind_share']:.0f}% blind",
    ]
    if totals["blind_tried"]:
        parts.append(
            f"{totals['blind_caught_at_first']} of {totals['blind_tried']} blind ones caught at the first try"
        )
    parts.append(f"{totals['requirements_proven']} of {totals['requirements']} requirements proven")
    return f"; {', '.join(parts)}."


def _refresh(results: Path) -> None:
    """The acceptance page of the last run tells of the proof, so it is made again."""
    try:
        write_again(results)
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
