"""The listener that keeps secrets out of what a run leaves and tells results as they happen."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from robot.api.deco import library
from robot.utils import escape

from assay.core.capabilities import absent, missing, needed
from assay.core.errors import AssayError
from assay.core.run import is_dry
from assay.evidence import live, redact
from assay.evidence.causes import Causes
from assay.evidence.cleaning import clean_item, clean_suite, clean_test, clean_text, install

_IN_NAME = (
    "A secret stands in the name '{}': embedded arguments and variables in names become part of every report. "
    "Pass it as an argument of its own."
)


@library(scope="GLOBAL", auto_keywords=False, listener="SELF")
class EvidenceListener:
    """Redacts, records and skips; it has no keywords.

    It comes in through ``resources/platform.resource`` and so reaches every suite without ``--listener``. It

    - replaces every secret, in arguments, messages, documentation, names and what is written to the console, by a mark;
    - writes the beginning and end of every test to the live results, with the kind of its failure;
    - skips tests whose ``needs:`` tags name a capability that the target lacks, and those of an ``area:`` that is a service which it
      does not have, before their set-up runs;
    - fails a test in whose name, or a keyword's name, a secret stands.
    """

    ROBOT_LISTENER_API_VERSION = 3
    ROBOT_LISTENER_PRIORITY = 1_000_000

    def __init__(self) -> None:
        self._forerunner = install()
        self._causes = Causes()
        self._running: str | None = None
        self._joined = False

    def _start_suite(self, data: Any, result: Any) -> None:
        if not is_dry():
            self._join(data)
            tests = list(data.tests)
            if tests and all(self._replacement(test.tags)[0] == "Skip" for test in tests):
                data.setup = data.teardown = None
        clean_suite(result)

    def _end_suite(self, data: Any, result: Any) -> None:
        clean_suite(result)
        if data.tests and not is_dry():
            live.end_suite(result.full_name, result.elapsed_time.total_seconds())

    def _start_test(self, data: Any, result: Any) -> None:
        if is_dry() or self._running == result.full_name:
            return
        self._running = result.full_name
        self._causes.begin_test()
        live.begin(clean_text(result.full_name))
        keyword, reason = self._replacement(result.tags)
        if keyword:
            data.setup = data.teardown = data.template = None
            data.body.clear()
            data.body.create_keyword(f"BuiltIn.{keyword}", args=[escape(reason)])

    @staticmethod
    def _replacement(tags: Collection[str]) -> tuple[str, str]:
        """What a test is to do in the place of its own body, and why; nothing when the target has what it needs."""
        wanted = needed(tags)
        try:
            lacking = (missing(wanted) if wanted else []) or absent(tags)
        except AssayError as error:
            return "Fail", str(error)
        return ("Skip", f"the target lacks {', '.join(lacking)}") if lacking else ("", "")

    def _end_test(self, data: Any, result: Any) -> None:
        if self._forerunner.refused:
            result.status = "FAIL"
            result.message = _IN_NAME.format(self._forerunner.refused[0])
            self._forerunner.refused.clear()
        clean_test(result)
        if self._running is not None:
            self._running = None
            live.end(self._record(data, result))

    def _start_body_item(self, data: Any, result: Any) -> None:
        self._causes.begin_item(result)

    def _end_body_item(self, data: Any, result: Any) -> None:
        self._causes.end_item(result)
        clean_item(result)

    def _log_message(self, message: Any) -> None:
        text = message.message
        if text and (cleaned := clean_text(text)) is not text:
            message.message = cleaned

    _message = _log_message

    def _record(self, data: Any, result: Any) -> live.TestRecord:
        counts = live.take_counts()
        record = live.TestRecord(
            id=clean_text(result.full_name),
            name=result.name,
            suite=clean_text(result.parent.full_name),
            source=str(data.source or ""),
            line=data.lineno or 0,
            doc=result.doc,
            tags=[str(tag) for tag in result.tags],
            status=result.status,
            started=result.start_time.astimezone().isoformat() if result.start_time else "",
            seconds=round(result.elapsed_time.total_seconds(), 4),
            exchange_seconds=round(counts.exchange_seconds, 4),
            exchanges=counts.exchanges,
            rows=counts.rows,
            message=result.message,
        )
        if result.failed:
            cause = self._causes.of_test(result.message)
            record.kind = cause.kind
            record.expected, record.seen, record.where = cause.expected, cause.seen, cause.where
            record.failed_rows = cause.failed_rows
        return record

    def _join(self, suite: Any) -> None:
        """Takes the key and the place for live results from the run; a run is begun when there is none."""
        if self._joined:
            return
        self._joined = True
        if folder := os.environ.get("ASSAY_RUN"):
            state = Path(folder)
        else:
            try:
                from assay.core.run import current

                state = current().folder
            except AssayError:
                # The libraries that need the run say what is wrong with it, where it matters.
                return
        redact.use_folder(state)
        live.use_folder(state)
        while suite.parent is not None:
            suite = suite.parent
        live.plan([clean_text(test.full_name) for test in suite.all_tests])
