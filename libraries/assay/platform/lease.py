"""The target's own accounts are lent to one test at a time."""

from __future__ import annotations

import fcntl
import os

from assay.core.errors import AssayError
from assay.core.run import current
from assay.core.waiting import until

PATIENCE = 300.0


class Lease:
    """Who has the accounts. All of them are lent together: a test that waits for its second while another waits for its third
    would wait for ever. The lease ends with the process at the latest, however that ends.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        self._holders: set[str] = set()

    def take(self, who: str) -> None:
        """Waits until no test of another process has the accounts; within a process one suite or test follows another."""
        self._holders.add(who)
        if self._file is not None:
            return
        self._file = os.open(current().folder / "accounts.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if until(self._locked, PATIENCE, 0.01) is None:
            self.end(who)
            raise AssayError(f"the target's accounts were in use by another test for {PATIENCE:g} s")

    def end(self, who: str) -> None:
        """A test or suite has ended."""
        self._holders.discard(who)
        if self._file is not None and not self._holders:
            os.close(self._file)
            self._file = None

    def _locked(self) -> bool | None:
        try:
            fcntl.flock(self._file or 0, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return True
