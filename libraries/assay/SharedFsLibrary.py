"""Keywords about a shared directory, as the processes of several hosts see it."""

from __future__ import annotations

from datetime import timedelta

from robot.api.deco import library

from assay.core.lifetime import Ending
from assay.sharedfs.call_keywords import CallKeywords
from assay.sharedfs.disk_keywords import DiskKeywords
from assay.sharedfs.lock_keywords import LockKeywords


@library(scope="GLOBAL", auto_keywords=False)
class SharedFsLibrary(LockKeywords, CallKeywords, DiskKeywords):
    """Locks, system calls and faults of a shared directory.

    Say what a folder honours (`Preflight`), hold locks in other processes, kill a process between two system calls or fail one of
    them, judge whether what was written is safe before it is answered, and spoil the file system. It takes folders and numbers of
    processes, and needs no platform of Assay.

    Every fault ends with the test or suite that made it, the last first; where this process is killed, a guard undoes them. What
    the machine does not allow is told by `Means Of The Machine`; `Require Means` skips.
    """

    def __init__(self, quiet: timedelta = timedelta(milliseconds=300)) -> None:
        """`quiet` is how long after an action nothing must be seen, for it to count as done: what is written late belongs to it."""
        LockKeywords.__init__(self)
        CallKeywords.__init__(self, quiet)
        DiskKeywords.__init__(self)
        self.ROBOT_LIBRARY_LISTENER = Ending()
