"""What a fault changed is put back, the last change first, whatever becomes of the test and even of its process.

A way back is data: the name of an action and its arguments. So a guard, a process of its own, can hold a copy of each; when the
process that made the faults dies, it does what is left to be done. This file is the guard's program too, and so needs nothing but
the standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _signal(pid: int, created: int, number: int) -> None:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if int(words[19]) == created:
            os.kill(pid, number)


def _limit(pid: int, created: int, kind: int, soft: int, hard: int) -> None:
    import resource

    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if int(words[19]) == created:
            resource.prlimit(pid, kind, (soft, hard))


def mounted(folder: str) -> int:
    """How many file systems are mounted on a folder, one over the other."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return sum(line.split()[4].encode().decode("unicode_escape") == folder for line in lines)


def _unmount(folder: str, before: int) -> None:
    """Takes away what was mounted on a folder since, and never what was there before."""
    while (there := mounted(folder)) > before:
        done = subprocess.run(["umount", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            # A file that is still open keeps the mount busy; a lazy unmount takes it out of the tree all the same.
            subprocess.run(["umount", "-l", folder], capture_output=True, check=True)
        if mounted(folder) >= there:
            raise RuntimeError(f"{folder} could not be unmounted")


def _restore(kept: str, path: str, inode: int) -> None:
    """Puts the old octets back into the file that is there, so that whoever has it open sees them too.

    What has been replaced meanwhile is somebody's newer version, and stays.
    """
    if not os.path.exists(path) or os.stat(path).st_ino == inode:
        at = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(at, "wb") as file:
            file.truncate(0)
            file.write(Path(kept).read_bytes())
            file.flush()
            os.fsync(file.fileno())
    shutil.rmtree(os.path.dirname(kept))


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _rename(at: str, to: str) -> None:
    """Gives a thing its name back; what took the name meanwhile is kept beside it."""
    if os.path.lexists(at):
        if os.path.lexists(to):
            os.rename(to, f"{to}.made-meanwhile-{os.getpid()}")
        os.rename(at, to)


def set_back(copy: str, folder: str) -> None:
    """Makes what is below a folder what a copy of it holds, with owners, rights and times; the folder stays the same one."""
    for entry in os.scandir(folder):
        _remove(entry.path)
    subprocess.run(["cp", "-a", f"{copy}/.", folder], check=True, capture_output=True)


ACTIONS: dict[str, Callable[..., None]] = {
    "signal": _signal,
    "limit": _limit,
    "unmount": _unmount,
    "restore": _restore,
    "remove": _remove,
    "rename": _rename,
    "set-back": set_back,
    "mode": os.chmod,
}
"""Ways back that outlive the process which made the fault."""


class Undoing:
    """Ways back, the last one first. `owner` is who made the fault: a test or a suite, by its full name."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[str, Callable[[], None]]] = {}
        self._number = 0
        self._guard: subprocess.Popen[str] | None = None
        self._promised: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def promise(self, action: str, *arguments: Any, owner: str = "") -> int:
        """Notes a way back before the fault is made; the guard knows it too. Returns its number."""
        with self._lock:
            number = self._next(owner, lambda: ACTIONS[action](*arguments))
            self._promised[number] = {"promise": number, "action": action, "arguments": arguments}
            self._tell(self._promised[number])
            return number

    def promise_call(self, call: Callable[[], None], owner: str = "") -> int:
        """Notes a way back that ends with this process by itself, such as closing a socket."""
        with self._lock:
            return self._next(owner, call)

    def forget(self, number: int) -> None:
        """Takes a promise back, where the fault could not be made."""
        with self._lock:
            self._left.pop(number, None)
            if self._promised.pop(number, None):
                self._tell({"kept": number})

    def undo(self, number: int) -> None:
        """Goes one way back. Does nothing where it was gone already."""
        with self._lock:
            found = self._left.pop(number, None)
        if found is None:
            return
        try:
            found[1]()
        finally:
            with self._lock:
                if self._promised.pop(number, None):
                    self._tell({"kept": number})

    def undo_all(self, owner: str | None = None) -> list[str]:
        """Goes back all ways, of one owner or of all, the last first. Returns what went wrong: nothing stops the others."""
        wrong = []
        for number in [one for one, (who, _) in reversed(self._left.items()) if owner in (None, who)]:
            try:
                self.undo(number)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are undone
                wrong.append(f"{type(error).__name__}: {error}")
        return wrong

    @property
    def left(self) -> int:
        """How many faults are not undone."""
        return len(self._left)

    def _next(self, owner: str, call: Callable[[], None]) -> int:
        self._number += 1
        self._left[self._number] = (owner, call)
        return self._number

    def _tell(self, line: dict[str, Any]) -> None:
        if self._guard is None or self._guard.poll() is not None:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                cwd="/",
            )
            for promised in self._promised.values():
                _say(self._guard, promised)
            if "promise" in line:
                return
        _say(self._guard, line)


def _say(guard: subprocess.Popen[str], line: dict[str, Any]) -> None:
    """Returns when the guard has noted it, for only then may the fault be made."""
    assert guard.stdin and guard.stdout
    guard.stdin.write(json.dumps(line) + "\n")
    guard.stdin.flush()
    if guard.stdout.readline() != "noted\n":
        raise RuntimeError("the guard that would undo a fault after a crash has died")


def _watch() -> None:
    """The guard: notes ways back, and goes those that are left when the other end is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left: dict[int, dict[str, Any]] = {}
    for line in sys.stdin:
        said = json.loads(line)
        if "promise" in said:
            left[said["promise"]] = said
        else:
            left.pop(said["kept"], None)
        with contextlib.suppress(OSError):
            sys.stdout.write("noted\n")
            sys.stdout.flush()
    for said in reversed(left.values()):
        with contextlib.suppress(Exception):
            ACTIONS[said["action"]](*said["arguments"])


if __name__ == "__main__":
    _watch()
