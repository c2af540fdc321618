"""What a stopped thread is about to do to files, read from its memory and from /proc. Standard library only."""

from __future__ import annotations

import os
import re
import struct
import time
from pathlib import Path
from typing import Any

from assay.sharedfs import calls

_AT_FDCWD = -100
_PAGE = 4096
_LONGEST = 4096
_SYNCED = os.O_DSYNC | os.O_SYNC
_ANSWER, _LISTENS = "answer", "0A"
_OWN_DESCRIPTOR = re.compile(r"^/proc/(?:self|thread-self|\d+)/fd/(\d+)$")
_accepted: dict[str, bool] = {}


def call(tid: int, shape: calls.Shape, arguments: list[int], folder: str) -> dict[str, Any] | None:
    """A call as it is told, None where it has nothing to do with the folder.

    Sends on connections that the process has accepted are told too, as `answer`.
    """
    name = calls.ALIKE.get(shape.name, shape.name)
    told = {"name": name, "call": shape.name, "pid": process_of(tid), "tid": tid, "at": time.monotonic()}
    if shape.name in calls.UNSEEN:
        return told | {"paths": []}
    paths = list(_paths(tid, shape.arguments, arguments))
    if shape.name in calls.SENDS and paths and paths[0].startswith("socket:"):
        size = arguments[2] if shape.arguments.endswith("b") else None
        return told | {"name": _ANSWER, "paths": [], "size": size} if _is_accepted(tid, paths[0]) else None
    # `sync` has no path: it settles everything.
    if paths and not any(_below(path, folder) for path in paths) or not (paths or shape.name == "sync"):
        return None
    told["paths"] = paths
    if shape.arguments.endswith("b"):
        told["size"] = arguments[2]
    if name == "open":
        told["flags"] = flags = _flags(tid, shape, arguments)
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            told["name"] = "look"
        elif flags & os.O_CREAT:
            told["new"] = not os.path.lexists(paths[0])
    elif name == "write":
        told["synced"] = bool(_flags_of_open(tid, _signed(arguments[0])) & _SYNCED)
    return told


def process_of(tid: int) -> int:
    """The process of a thread; the thread itself where it has just been killed."""
    try:
        told = Path(f"/proc/{tid}/status").read_text()
    except OSError:
        return tid
    found = re.search(r"^Tgid:\s+(\d+)", told, re.MULTILINE)
    return int(found.group(1)) if found else tid


def _paths(tid: int, meanings: str, arguments: list[int]) -> list[str]:
    found, base = [], ""
    for meaning, argument in zip(meanings, arguments, strict=False):
        if meaning == "f":
            found.append(_path_of(tid, _signed(argument)))
        elif meaning == "d":
            base = _path_of(tid, _signed(argument))
        elif meaning in "pa":
            told = text(tid, argument)
            start = base if meaning == "a" else _path_of(tid, _AT_FDCWD)
            found.append(_resolved(tid, start, told))
    return found


def _resolved(tid: int, start: str, told: str) -> str:
    """The path without links in its folders; the last part is the name that the call changes, so it stays."""
    if own := _OWN_DESCRIPTOR.match(told):
        return _path_of(tid, int(own.group(1)))
    whole = os.path.normpath(os.path.join(start, told)) if told else start
    parent, name = os.path.split(whole)
    return os.path.join(os.path.realpath(parent), name)


def _path_of(tid: int, descriptor: int) -> str:
    place = "cwd" if descriptor == _AT_FDCWD else f"fd/{descriptor}"
    try:
        return os.readlink(f"/proc/{tid}/{place}").removesuffix(" (deleted)")
    except OSError:
        return ""


def _signed(argument: int) -> int:
    """A descriptor is an int: of the register only the lower half counts."""
    return int(struct.unpack("i", struct.pack("I", argument & 0xFFFFFFFF))[0])


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _flags(tid: int, shape: calls.Shape, arguments: list[int]) -> int:
    if shape.name == "creat":
        return os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    if shape.flags is not None:
        return arguments[shape.flags] & 0xFFFFFFFF
    try:
        return int(struct.unpack("Q", memory(tid, arguments[2], 8))[0])  # struct open_how of openat2
    except (OSError, struct.error):
        return 0


def _flags_of_open(tid: int, descriptor: int) -> int:
    try:
        told = Path(f"/proc/{tid}/fdinfo/{descriptor}").read_text()
    except OSError:
        return 0
    found = re.search(r"^flags:\s+(\d+)", told, re.MULTILINE)
    return int(found.group(1), 8) if found else 0


def memory(tid: int, address: int, size: int) -> bytes:
    """Octets of the memory of a process."""
    with open(f"/proc/{tid}/mem", "rb", 0) as file:
        file.seek(address)
        return file.read(size)


def text(tid: int, address: int) -> str:
    """A text that ends with NUL. It is read page by page: the next page need not be there."""
    found = b""
    while len(found) < _LONGEST:
        try:
            piece = memory(tid, address + len(found), _PAGE - (address + len(found)) % _PAGE)
        except (OSError, ValueError, OverflowError):
            break
        head, end, _ = piece.partition(b"\0")
        found += head
        if end or not piece:
            break
    return os.fsdecode(found)


def _is_accepted(tid: int, socket: str) -> bool:
    """Whether a process has accepted a connection, rather than begun it."""
    if socket not in _accepted:
        _accepted[socket] = _accepted_inet(tid, socket[8:-1]) or _accepted_unix(tid, socket[8:-1])
    return _accepted[socket]


def _accepted_inet(tid: int, inode: str) -> bool:
    local, listening = "", set()
    for kind in ("tcp", "tcp6"):
        for words in _table(tid, kind):
            port = words[1].rpartition(":")[2]
            if words[3] == _LISTENS:
                listening.add(port)
            if words[9] == inode:
                local = port
    return local in listening


def _accepted_unix(tid: int, inode: str) -> bool:
    """The end that was accepted bears the path of the listener."""
    return any(words[6] == inode and len(words) > 7 for words in _table(tid, "unix"))


def _table(tid: int, kind: str) -> list[list[str]]:
    try:
        lines = Path(f"/proc/{tid}/net/{kind}").read_text().splitlines()[1:]
    except OSError:
        return []
    return [line.split() for line in lines]
