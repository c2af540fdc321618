"""What a run found out, for people (`acceptance.html`) and for machines (`results.json`).

    report = assay.report.read(state)      # from the files that a run leaves, however it ended
    page = assay.report.write(state)       # both files, beside Robot's own

The front door writes them at the end of a run; the supervisor does when the front door cannot any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.report.model import Report

__all__ = ["read", "write"]


def read(state: Path) -> Report:
    """The typed report of the run whose state folder is `state`."""
    from assay.report.model import read as read_model  # jinja2 and yaml are imported where a report is made

    return read_model(state)


def write(state: Path) -> Path:
    """Writes `acceptance.html` and `results.json` of a run into its results and returns the page's path.

    Where the results cannot be written (a full or read-only disk), stale files of an earlier run are removed from there
    and both go to a folder of their own under the user's temporary folder. Raises `OSError` when that fails too.
    """
    from assay.report.writing import write_report

    return write_report(state)
