"""Keywords about what the time of an answer tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from robot.api import logger
from robot.api.deco import library

from assay.core.errors import AssayError
from assay.core.rows import Row
from assay.core.tolerance import tolerated
from assay.evidence import live
from assay.evidence.expect import Unmet
from assay.http import timing
from assay.http.calls import Caller
from assay.http.expectations import Expectation
from assay.http.report import times_table


@library(scope="GLOBAL", auto_keywords=False)
class TimingLibrary:
    """Compares the times of answers that must not tell anything (CWE-208)."""

    def __init__(self) -> None:
        self._caller = Caller()

    @tolerated("auth.floods")
    def response_times_should_not_differ(
        self,
        operation: str,
        rows: Sequence[Row],
        answered: str,
        margin: timedelta = timedelta(milliseconds=10),
        rounds: int | None = None,
    ) -> None:
        """Fails when the times of the answers tell the rows apart, or one of them is not as `answered` says.

        Calls all rows in a random order, round after round, so that disturbances meet all alike, and compares each pair by
        a one-sided Mann-Whitney test against the other shifted by `margin`. A false alarm has a probability of at most one
        in a million over all pairs. Without `rounds` as many are made as are needed to notice a complete separation.
        `answered` is the name of a refusal, a value such as `/valid=false`, or `accepted`.
        Example: | `Response Times Should Not Differ` | auth.logIn | ${rows} | invalid-credentials | margin=20ms |
        """
        self._compare(operation, rows, answered, margin, rounds)

    @tolerated("store.floods")
    def response_times_of_the_store_should_not_differ(
        self,
        operation: str,
        rows: Sequence[Row],
        answered: str,
        margin: timedelta = timedelta(milliseconds=10),
        rounds: int | None = None,
    ) -> None:
        """Does what `Response Times Should Not Differ` does, at a store over REST.

        Example: | `Response Times Of The Store Should Not Differ` | store.getEntity | ${rows} | tampered |
        """
        self._compare(operation, rows, answered, margin, rounds)

    def _compare(
        self, operation: str, rows: Sequence[Row], answered: str, margin: timedelta, rounds: int | None
    ) -> None:
        if len(rows) < 2:
            raise AssayError("times of one row cannot differ; give two or more")

        expected = Expectation() if answered == "accepted" else Expectation.read(answered)

        def one(row: Row) -> float:
            response = self._caller.call_row(operation, row.request)
            expected.check(response)
            return response.seconds

        made = rounds or timing.rounds_needed(len(rows))
        times = timing.sample([lambda row=row: one(row) for row in rows], made)  # type: ignore[misc]
        apart = timing.told_apart(times, margin.total_seconds())
        live.count_rows(len(rows))
        names = [row.name for row in rows]
        logger.write(times_table(operation, names, times, apart), "INFO", True)
        if apart:
            slow, fast, _ = apart[0]
            raise Unmet(
                f"answers of {operation} that differ by no more than {margin.total_seconds() * 1000:g} ms",
                f"'{names[slow]}' in {timing.median(times[slow]) * 1000:.1f} ms and '{names[fast]}' in "
                f"{timing.median(times[fast]) * 1000:.1f} ms (medians of {made})",
                operation,
            )
