"""`./assay clean RUN`: removes what a run left on a platform that is not Assay's own, and lists what stays."""

from __future__ import annotations

from assay.command.options import Options
from assay.core import ledger


def main(options: Options) -> int:
    """Removes what it can. Exit status: 0 nothing is left, 1 something is, 2 it could not begin."""
    if not options.run:
        known = ledger.runs()
        for run in known:
            about = ledger.about(run)
            print(f"{run}  {len(ledger.read(run))} left on {about['target']}, {about['started']}")
        print(
            "`./assay clean RUN` removes what a run left."
            if known
            else "No run left anything that is known here."
        )
        return 0
    from assay.cleaning import clean

    gone, stays = clean(options.run, options.target)
    for one, why in stays:
        print(f"left: {one}: {why}")
    things = "1 thing" if gone == 1 else f"{gone} things"
    print(f"{things} of the run {options.run} removed, {len(stays)} left.")
    return 1 if stays else 0
