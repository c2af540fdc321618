"""Waiting: always for something, always with an end."""

import select
import time
from collections.abc import Callable

from reference.launcher.errors import LaunchError, Stopped

_INTERVAL = 0.005


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_INTERVAL)
    return True


class Patience:
    """Waits for parts of a starting platform, unless it is told to stop meanwhile."""

    def __init__(self, stop_requested: Callable[[], bool], stdin: int) -> None:
        self._stop_requested, self._stdin = stop_requested, stdin

    def wait(self, condition: Callable[[], bool], seconds: float, complaint: Callable[[], str]) -> None:
        """Waits for a condition; raises LaunchError with the complaint if it does not come true in time."""

        def come_true() -> bool:
            if self._stop_requested() or self._abandoned():
                raise Stopped
            return condition()

        if not until(come_true, seconds):
            raise LaunchError(complaint())

    def _abandoned(self) -> bool:
        poll = select.poll()
        poll.register(self._stdin, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))
