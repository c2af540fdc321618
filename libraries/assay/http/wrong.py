"""Wrong passwords, counted: a few are part of many tests, more of them lock people out."""

from __future__ import annotations

import threading
from collections import Counter

from assay.core import tolerance

LOCKOUTS = "auth.lockouts"
HARMLESS = 4
"""Wrong passwords for one account in one test that no platform answers by locking it out; the lowest limit in use is five."""
PROBLEMS = ("invalid-credentials", "wrong-password")


class WrongPasswords:
    """Counts the refusals of each account in the test that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._test = ""
        self._counts: Counter[str] = Counter()

    def check(self, test: str, account: str) -> None:
        """Refuses to send what may be one too many, where the target does not tolerate lockouts."""
        with self._lock:
            if test != self._test:
                self._test = test
                self._counts.clear()
            seen = self._counts[account]
        if seen >= HARMLESS:
            tolerance.require(
                LOCKOUTS, f"another request of {account}, after {seen} with a wrong password in this test,"
            )

    def heard(self, account: str, problem: str | None) -> None:
        """Counts an answer, when it refuses a password."""
        if problem in PROBLEMS:
            with self._lock:
                self._counts[account] += 1
