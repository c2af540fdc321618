"""The part of ptrace(2) that a tracer of system calls needs. Standard library only."""

from __future__ import annotations

import ctypes
import errno
import os
import platform

MACHINE = platform.machine()

_CONT, _POKEUSER, _SYSCALL, _LISTEN = 7, 6, 24, 0x4208
_SEIZE, _INTERRUPT, _DETACH, _INFO = 0x4206, 0x4207, 17, 0x420E
_SYSGOOD, _FORK, _VFORK, _CLONE, _EXEC = 0x01, 0x02, 0x04, 0x08, 0x10
OPTIONS = _SYSGOOD | _FORK | _VFORK | _CLONE | _EXEC
EVENT_STOP = 128
ENTRY, EXIT = 1, 2
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(MACHINE)
"""The 64-bit programs of this machine, as the kernel names them (linux/audit.h): others number their calls otherwise."""
WALL = 0x40000000
_ORIG_RAX, _RAX = 15 * 8, 10 * 8


class Info(ctypes.Structure):
    """struct ptrace_syscall_info (linux/ptrace.h, since Linux 5.3). `number` is the result of the call at its exit."""

    _fields_ = (
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_int64),
        ("arguments", ctypes.c_uint64 * 6),
    )


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)


def _ask(request: int, tid: int, address: int = 0, value: int = 0) -> int:
    done: int = _libc.ptrace(request, tid, address, value)
    if done == -1 and (number := ctypes.get_errno()):
        raise OSError(number, f"ptrace: {os.strerror(number)}")
    return done


def seize(tid: int) -> None:
    """Begins to trace a thread without stopping it; threads and processes that it makes are traced from their birth."""
    _ask(_SEIZE, tid, 0, OPTIONS)


def interrupt(tid: int) -> None:
    """Has a thread stop."""
    _ask(_INTERRUPT, tid)


def go_on(tid: int, number: int = 0, to_next_call: bool = True) -> None:
    """Lets a stopped thread go on, with a signal where one is due. One that is gone is left alone."""
    try:
        _ask(_SYSCALL if to_next_call else _CONT, tid, 0, number)
    except OSError as error:
        if error.errno != errno.ESRCH:
            raise


def stay_stopped(tid: int) -> None:
    """Leaves a thread in the stop of its process (SIGSTOP), as it would be without a tracer."""
    _ask(_LISTEN, tid)


def let_go(tid: int, number: int = 0) -> None:
    """Ends the tracing of a stopped thread."""
    _ask(_DETACH, tid, 0, number)


def at_call(tid: int) -> Info:
    """Where a stopped thread is: at the entry or the exit of a call."""
    info = Info()
    _ask(_INFO, tid, ctypes.sizeof(info), ctypes.addressof(info))
    return info


def can_fail_calls() -> bool:
    """Whether calls of this machine's kind can be made to fail; the registers of others are not known here."""
    return MACHINE == "x86_64"


def skip_call(tid: int) -> None:
    """At the entry of a call: it will not be made."""
    _ask(_POKEUSER, tid, _ORIG_RAX, (1 << 64) - 1)


def set_result(tid: int, number: int) -> None:
    """At the exit of a call: what it returns, an error as its negative number."""
    _ask(_POKEUSER, tid, _RAX, number & ((1 << 64) - 1))
