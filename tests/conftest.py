"""What all tests share."""

from __future__ import annotations

import signal

import pytest
from assay.core import tolerance

for _number in (signal.SIGINT, signal.SIGHUP):
    # A shell in the background and nohup have these ignored, and so would everything be that a test starts and ends by them.
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def everything_is_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keywords are tried without a run here, and so without a target that could say what it tolerates."""
    monkeypatch.setattr(tolerance, "require", lambda capability, what: None)
