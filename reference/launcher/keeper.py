"""The outer process of a launcher: if the inner one dies, it ends whatever that left; if it dies itself, the inner one stops."""

import os
import signal
from collections.abc import Callable
from types import FrameType

from reference.launcher import children

_KILLED = 128


def keep(work: Callable[[], int], sweep: Callable[[], None]) -> int:
    """Runs the work in a process below this one and answers with its exit status.

    Nothing of it goes on running; where it could not clean up after itself, sweep does.
    """
    children.adopt_orphans()
    me = os.getpid()
    blocked = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    inner = os.fork()
    if inner == 0:
        children.die_with_parent(signal.SIGTERM, me)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
        return work()

    def forward(_number: int, _frame: FrameType | None) -> None:
        children.send(inner, signal.SIGTERM)

    for number in blocked:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
    status = _reap(inner)
    children.end_all_descendants()
    if status > _KILLED:
        sweep()
    return status


def _reap(inner: int) -> int:
    """Reaps whatever ends until the inner process does; its exit status, as a shell would tell it."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == inner:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
