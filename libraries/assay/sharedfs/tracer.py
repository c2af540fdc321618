"""Watches the system calls by which processes touch the files below a folder, and kills or fails one of them.

A process of its own: ptrace binds what is traced to one thread, and when that ends, however it ends, the kernel lets all go. strace
counts for each thread apart and knows no folders, so it cannot find the third rename below a folder, whichever thread makes it.
What to do is told on the first line of its input; it says a line for each call, and ends when its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.sharedfs import calls, ptrace, reading


@dataclass
class Plan:
    """Which calls are met by a kill or an error: those of some names, from one to another of them, counted over all threads."""

    names: tuple[str, ...] = ()
    first: int = 0
    last: int | None = 0
    after: bool = False
    error: int = 0
    met: int = 0

    def meets(self, name: str) -> bool:
        """Counts a call; whether it is one of them."""
        if name not in self.names:
            return False
        self.met += 1
        return self.first <= self.met and (self.last is None or self.met <= self.last)


@dataclass
class Tracer:
    """The threads that are traced, and the calls in which they are."""

    folder: str
    plan: Plan
    together: tuple[int, ...]
    shapes: dict[int, calls.Shape] = field(default_factory=lambda: calls.table(ptrace.MACHINE))
    threads: set[int] = field(default_factory=set)
    unheard: set[int] = field(default_factory=set)
    inside: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    number: int = 0
    ready: bool = False

    def attach(self, pids: list[int]) -> None:
        """Begins to trace every thread of the processes, those too that begin meanwhile."""
        for pid in pids:
            while new := {int(name) for name in os.listdir(f"/proc/{pid}/task")} - self.threads:
                for tid in new:
                    self.threads.add(tid)
                    with contextlib.suppress(ProcessLookupError):
                        self._seize(tid)

    def _seize(self, tid: int) -> None:
        try:
            ptrace.seize(tid)
        except PermissionError:
            # One that a traced thread has just made is traced from its birth.
            if f"TracerPid:\t{os.getpid()}\n" not in Path(f"/proc/{tid}/status").read_text():
                raise
            return
        ptrace.interrupt(tid)
        self.unheard.add(tid)

    def run(self, bell: int) -> None:
        """Follows the threads until the bell, a child of this process, ends."""
        ending = False
        while not ending or any(one and one.get("skipped") for one in self.inside.values()):
            tid, status = os.waitpid(-1, ptrace.WALL)
            if tid == bell:
                ending = True
            elif os.WIFSTOPPED(status):
                with contextlib.suppress(ProcessLookupError):
                    self._stopped(tid, status)
            else:
                self._gone(tid)
            self.unheard.discard(tid)
            if not self.ready and not self.unheard:
                self.ready = True
                say({"ready": len(self.threads)})
        for call in self.inside.values():
            if call and call.get("met"):
                say(call)

    def _stopped(self, tid: int, status: int) -> None:
        self.threads.add(tid)
        number, event = os.WSTOPSIG(status), status >> 16
        if number == signal.SIGTRAP | 0x80:
            info = ptrace.at_call(tid)
            if info.op == ptrace.ENTRY:
                self._enters(tid, info)
            elif info.op == ptrace.EXIT:
                self._leaves(tid, int(info.number))
            ptrace.go_on(tid)
        elif event == ptrace.EVENT_STOP and number != signal.SIGTRAP:
            ptrace.stay_stopped(tid)
        else:
            ptrace.go_on(tid, 0 if event else number)

    def _gone(self, tid: int) -> None:
        self.threads.discard(tid)
        if call := self.inside.pop(tid, None):
            say(call)

    def _enters(self, tid: int, info: ptrace.Info) -> None:
        if info.arch != ptrace.ARCHITECTURE:
            raise OSError(f"process {reading.process_of(tid)} is no 64-bit program of {ptrace.MACHINE}")
        shape = self.shapes.get(info.number)
        call = reading.call(tid, shape, list(info.arguments), self.folder) if shape else None
        self.inside[tid] = call
        if call is None:
            return
        self.number += 1
        call["began"] = self.number
        if not self.plan.meets(call["name"]):
            return
        call["met"] = True
        if self.plan.error:
            call["skipped"] = True
            ptrace.skip_call(tid)
        elif not self.plan.after:
            self._kill(call)

    def _leaves(self, tid: int, result: int) -> None:
        if (call := self.inside.pop(tid, None)) is None:
            return
        if call.pop("skipped", False):
            result = -self.plan.error
            ptrace.set_result(tid, result)
        self.number += 1
        call |= {"result": result, "ended": self.number}
        if call.get("met") and self.plan.after and not self.plan.error:
            self._kill(call)
        say(call)

    def _kill(self, call: dict[str, Any]) -> None:
        """Kills the process while its thread is held in the call: at the entry the kernel then does not make the call at all."""
        for pid in dict.fromkeys((call["pid"], *self.together)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def say(line: dict[str, Any]) -> None:
    """Tells one thing to whoever started this."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Reads what to do, and does it."""
    # The end of the input must come as an event among the events of the threads: the end of a child is one.
    told = bytearray()
    while not told.endswith(b"\n"):
        if not (octet := os.read(0, 1)):
            return
        told += octet
    asked = json.loads(told)
    bell = os.fork()
    if not bell:
        os.close(1)
        while os.read(0, 1024):
            pass
        os._exit(0)
    tracer = Tracer(asked["folder"], Plan(**asked["plan"]), tuple(asked["together"]))
    try:
        tracer.attach(asked["pids"])
        tracer.run(bell)
    except OSError as error:
        say({"failed": str(error)})
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(bell, signal.SIGKILL)


if __name__ == "__main__":
    main()
