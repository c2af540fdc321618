"""Defects from outside the reference platform, one of each sort that a proof has to tell apart."""

import os
import signal
import subprocess
from typing import Any

from reference.auth.strictjws import CompactJws, Refused
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.x-caught",
    breaks=["JWT-01"],
    says="A token of the algorithm none is believed.",
    partial=False,
    blind=False,
)
def caught(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            if jws.algorithm.lower() == "none":
                hit()
                return
            verify(jws, key)

        return lenient

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.x-inert",
    breaks=["JWT-01"],
    says="Something that never happens goes wrong.",
    partial=True,
    blind=False,
)
def inert(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def same(jws: CompactJws, key: Any) -> None:
            if jws.algorithm == "an algorithm that nobody sends":
                hit()
                return
            verify(jws, key)

        return same

    patch.replace("auth.strictjws:verify", factory)


@defect("auth.x-coarse", breaks=["JWT-01"], says="No token is believed at all.", partial=False, blind=False)
def coarse(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def never(jws: CompactJws, key: Any) -> None:
            hit()
            raise Refused("never")

        return never

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.x-no-start", breaks=["JWT-01"], says="It changes what is not there.", partial=False, blind=False
)
def no_start(patch: Patch) -> None:
    patch.replace("auth.strictjws:not_there", lambda original, hit: original)


def _hold_still(seconds: int) -> None:
    """Stops the whole service for a while, so that no part of it can answer in the place of the one that hangs."""
    subprocess.Popen(["sh", "-c", f"sleep {seconds}; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)


@defect(
    "auth.x-slow",
    breaks=["JWT-01"],
    says="A token of the algorithm none is thought about for long.",
    partial=True,
    blind=False,
)
def slow(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def slowly(jws: CompactJws, key: Any) -> None:
            if jws.algorithm.lower() == "none":
                hit()
                _hold_still(7)
            verify(jws, key)

        return slowly

    patch.replace("auth.strictjws:verify", factory)
