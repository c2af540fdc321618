"""Removes what a run left on a platform that is not Assay's own, after the run: the work of `./assay clean`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from assay.core import ledger
from assay.core import run as runs
from assay.core.errors import AssayError, NoAnswer
from assay.core.ledger import Made
from assay.core.platform import Platform
from assay.core.root import Root
from assay.core.target import Target, load
from assay.http.calls import Caller
from assay.platform.removal import Remover


def clean(run: str, target_name: str = "") -> tuple[int, list[tuple[Made, str]]]:
    """Removes what a run left; returns how many things have gone, and what stays with why.

    Raises AssayError in one line for a run that is unknown or still goes on, for a target that is gone or another one, and
    for a platform that does not answer.
    """
    about = ledger.about(run)
    if Root(**about["root"]).alive:
        raise AssayError(
            f"the run {run} still goes on (process {about['root']['pid']}); it removes what it made itself"
        )
    target = _target(run, about, target_name)
    left = ledger.read(run)
    with tempfile.TemporaryDirectory(prefix="assay-clean-") as folder:
        visit = runs.visit(target, run, Path(folder))
        _check_same(run, about, visit.platform)
        stays = _remove(visit, left)
    if not stays:
        ledger.close(run)
    return len(left) - len(stays), stays


def _target(run: str, about: dict[str, Any], asked: str) -> Target:
    if not asked and not Path(about["target_path"]).is_file():
        raise AssayError(
            f"the target file of the run {run} is gone: {about['target_path']}; name it by --target"
        )
    target = load(asked or about["target_path"])
    if target.name != about["target"]:
        raise AssayError(
            f"the run {run} was on the target {about['target']}, not on {target.name}; nothing is removed"
        )
    if target.launch is not None:
        raise AssayError(
            f"the target {target.name} is started for each run now, so there is nothing of {run} on it"
        )
    return target


def _check_same(run: str, about: dict[str, Any], platform: Platform) -> None:
    for service, url in about["services"].items():
        if (now := platform.url(service)) != url:
            raise AssayError(
                f"the run {run} was on {service} at {url}, and the target says {now} now; nothing is removed"
            )


def _remove(visit: runs.Run, left: list[Made]) -> list[tuple[Made, str]]:
    book = visit.ledger
    if book is None:
        return []
    book.made = {one.number: one for one in left}
    first = _Caller()
    stays = Remover(first.call, visit.platform, book).remove_all(left)
    if stays and first.silent and not first.answered:
        raise AssayError(f"nothing is removed: {first.silent}")
    return stays


class _Caller:
    """Calls operations outside of any test, and knows whether any was answered."""

    def __init__(self) -> None:
        self._caller = Caller()
        self.answered = 0
        self.silent = ""

    def call(self, operation: str, fields: Any) -> Any:
        try:
            answer = self._caller.call_row(operation, fields)
        except NoAnswer as error:
            self.silent = str(error)
            raise
        self.answered += 1
        return answer
