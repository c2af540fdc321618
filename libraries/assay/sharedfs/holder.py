"""Another process that opens files and holds locks on them, step by step as it is told. Standard library only.

A step is a JSON object on a line of its input, what came of it one on its output. It ends, and lets go of everything, as its input
ends: even where it waits for a lock just then.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

OFD_GETLK, OFD_SETLK, OFD_SETLKW = 36, 37, 38
_KINDS = {"read": fcntl.F_RDLCK, "write": fcntl.F_WRLCK, "unlock": fcntl.F_UNLCK}
_FLOCK = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX, "unlock": fcntl.LOCK_UN}
_MODES = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}
_STRUCT = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid

opened: dict[str, int] = {}
children: list[tuple[int, int]] = []


def open_file(step: dict[str, Any]) -> None:
    opened[step["as"]] = os.open(step["path"], _MODES[step["mode"]] | os.O_CREAT, 0o600)


def flock(step: dict[str, Any]) -> None:
    fcntl.flock(opened[step["as"]], _FLOCK[step["how"]] | (0 if step["wait"] else fcntl.LOCK_NB))


def posix(step: dict[str, Any]) -> None:
    _record(step, fcntl.F_SETLKW if step["wait"] else fcntl.F_SETLK)


def ofd(step: dict[str, Any]) -> None:
    _record(step, OFD_SETLKW if step["wait"] else OFD_SETLK)


def posix_test(step: dict[str, Any]) -> str:
    return _test(step, fcntl.F_GETLK)


def ofd_test(step: dict[str, Any]) -> str:
    return _test(step, OFD_GETLK)


def _record(step: dict[str, Any], command: int) -> None:
    fcntl.fcntl(opened[step["as"]], command, _described(step))


def _test(step: dict[str, Any], command: int) -> str:
    """What stands in the way of a lock, by its kind; `free` where nothing does."""
    kind = struct.unpack(_STRUCT, fcntl.fcntl(opened[step["as"]], command, _described(step)))[0]
    return {fcntl.F_UNLCK: "free", fcntl.F_RDLCK: "read", fcntl.F_WRLCK: "write"}[kind]


def _described(step: dict[str, Any]) -> bytes:
    return struct.pack(_STRUCT, _KINDS[step["how"]], os.SEEK_SET, step["start"], step["length"], 0)


def close_file(step: dict[str, Any]) -> None:
    os.close(opened.pop(step["as"]))


def close_all(step: dict[str, Any]) -> None:
    del step
    for descriptor in opened.values():
        os.close(descriptor)
    opened.clear()


def duplicate(step: dict[str, Any]) -> None:
    opened[step["as"]] = os.dup(opened[step["of"]])


def fork(step: dict[str, Any]) -> int:
    """A child with the same open files, which does what it is told by `child` and ends at `end-child`."""
    del step
    theirs, ours = os.pipe()
    answers, told = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ours)
        for line in os.fdopen(theirs):
            os.write(told, (json.dumps(done(json.loads(line))) + "\n").encode())
        os._exit(0)
    os.close(theirs)
    os.close(told)
    children.append((ours, answers))
    return pid


def child(step: dict[str, Any]) -> Any:
    ours, answers = children[-1]
    os.write(ours, (json.dumps(step["inner"]) + "\n").encode())
    said = b""
    while not said.endswith(b"\n"):
        said += os.read(answers, 4096)
    answer = json.loads(said)
    if answer["error"]:
        raise OSError(getattr(errno, answer["error"]), answer["error"])
    return answer["ok"]


def end_child(step: dict[str, Any]) -> None:
    del step
    for end in children.pop():
        os.close(end)
    os.wait()


def write(step: dict[str, Any]) -> int:
    return os.pwrite(opened[step["as"]], step["text"].encode(), step["start"])


def read(step: dict[str, Any]) -> str:
    return os.pread(opened[step["as"]], step["length"], step["start"]).decode("latin-1")


def watch(step: dict[str, Any]) -> str:
    """Reads a file again and again until another is there: what was wrong with it, if ever anything was."""
    while not os.path.exists(step["stop"]):
        try:
            with open(step["path"], "rb") as file:
                seen = file.read()
        except FileNotFoundError:
            return "a reader finds the name missing"
        if len(seen) != step["length"] or len(set(seen)) != 1:
            return "a reader finds neither the old nor the new contents"
    return ""


STEPS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "open": open_file,
    "flock": flock,
    "posix": posix,
    "ofd": ofd,
    "posix-test": posix_test,
    "ofd-test": ofd_test,
    "close": close_file,
    "close-all": close_all,
    "dup": duplicate,
    "fork": fork,
    "child": child,
    "end-child": end_child,
    "write": write,
    "read": read,
    "watch": watch,
}


def done(step: dict[str, Any]) -> dict[str, Any]:
    """Does a step and tells what came of it: a value, or the name of an error."""
    try:
        return {"ok": STEPS[step["do"]](step), "error": ""}
    except OSError as error:
        # Linux has two names for the number of EDEADLK, and Python knows the number by the other.
        name = (
            "EDEADLK" if error.errno == errno.EDEADLK else errno.errorcode.get(error.errno or 0, str(error))
        )
        return {"ok": None, "error": name}
    except KeyError as error:
        return {"ok": None, "error": f"the step {step} names {error}, which is not there"}


def main() -> None:
    """Does steps until the input ends; it is read in a thread of its own, so that its end is seen while a lock is waited for."""
    steps: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            steps.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        print(json.dumps(done(json.loads(steps.get()))), flush=True)


if __name__ == "__main__":
    main()
