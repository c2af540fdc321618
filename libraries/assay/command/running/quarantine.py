"""That each entry of the quarantine names a test: one that was renamed or removed must not stay on the list."""

from __future__ import annotations

from collections.abc import Sequence

from assay.command.options import UsageError
from assay.command.running import plan, robotoptions
from assay.command.running.plan import Plan
from assay.core import places
from assay.core.errors import shown
from assay.core.target import Target
from assay.report.known import Entry, names
from assay.report.shapes import Quarantined


def check(listed: Sequence[Entry], planned: Plan, target: Target) -> None:
    """Raises `UsageError` for an entry that names no test, neither of the suites of this run nor of the project's."""
    left = [one for one in listed if isinstance(one, Quarantined) and not _known(one, planned)]
    if not left or target.known_failures is None:
        return
    project = places.root() / "suites"
    if project.is_dir():
        whole = plan.build(robotoptions.RobotOptions({}, [str(project)]))
        left = [one for one in left if not _known(one, whole)]
    if left:
        place = f"{shown(target.known_failures)}:{left[0].line}"
        more = f" (and {len(left) - 1} more entries)" if len(left) > 1 else ""
        raise UsageError(f"{place}: quarantine: no test is named “{left[0].test}”{more}")


def _known(entry: Quarantined, found: Plan) -> bool:
    return any(names(entry, id, name) for id, name in found.every)
