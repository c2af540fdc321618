"""Where a process is killed or a call of it fails: a call by its name and its number among those of that name."""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.core.errors import AssayError, accepted
from assay.sharedfs.calls import CHANGES, SETTLES
from assay.sharedfs.tracing import Call

One = TypeVar("One")
_WRITTEN = re.compile(r"^(?:(before|after) )?([a-z_]+)(?: (\d+))?(?: \(.*\))?$")
_NAMES = (*CHANGES, *SETTLES, "look", "flock", "answer")

ERRORS = {
    "open": ("ENOSPC", "EDQUOT", "EMFILE", "EROFS", "EACCES", "EIO"),
    "write": ("ENOSPC", "EDQUOT", "EIO"),
    "truncate": ("EIO", "EROFS"),
    "allocate": ("ENOSPC", "EDQUOT", "EIO"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT"),
    "fdatasync": ("EIO", "ENOSPC", "EDQUOT"),
    "rename": ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"),
    "link": ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"),
    "unlink": ("EROFS", "EACCES", "EIO"),
    "mkdir": ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"),
    "chmod": ("EROFS", "EIO"),
    "look": ("EMFILE", "EACCES", "EIO"),
}
"""Which errors which call is known to fail with in the field, from its manual page and the file systems'."""


@dataclass(frozen=True)
class Point:
    """Before or after the so many-th call of a name, counted over all threads of all processes. `path` is told only."""

    side: str
    name: str
    number: int = 1
    path: str = ""

    def __str__(self) -> str:
        return f"{self.side} {self.name} {self.number}" + (f" ({self.path})" if self.path else "")

    def plan(self, error: int = 0) -> dict[str, Any]:
        """What the tracer is told."""
        return {
            "names": [self.name],
            "first": self.number,
            "last": self.number,
            "after": self.side == "after",
            "error": error,
        }


def point(written: Point | str) -> Point:
    """A point as it is written: `before rename 2`, `after fsync`, `write 3`."""
    if isinstance(written, Point):
        return written
    found = _WRITTEN.match(str(written).strip())
    if not found:
        raise AssayError(f"'{written}' is no point: write it as 'before rename 2' or 'after fsync 1'")
    side, name, number = found.groups()
    return Point(side or "before", named(name), int(number or 1))


def named(name: str) -> str:
    """The name of a call, if it is one."""
    if name not in _NAMES:
        raise AssayError(f"there is no call {name} to be met{accepted(name, _NAMES)}")
    return name


def points(calls: Iterable[Call]) -> list[Point]:
    """Before each call that changes or settles something, and after the last of them."""
    found = list(_numbered(calls, (*CHANGES, *SETTLES)))
    return [*found, Point("after", found[-1].name, found[-1].number, found[-1].path)] if found else []


def met_by(calls: Sequence[Call]) -> list[tuple[Point, Call]]:
    """Each point before a call that changes or settles something, with that call."""
    wanted = (*CHANGES, *SETTLES)
    return list(zip(_numbered(calls, wanted), (one for one in calls if one.name in wanted), strict=True))


def failures(calls: Iterable[Call]) -> list[tuple[Point, str]]:
    """Each call with each error that it is known to fail with."""
    return [(one, error) for one in _numbered(calls, ERRORS) for error in ERRORS[one.name]]


def spread(found: Sequence[One], at_most: int, key: Callable[[One], object] | None = None) -> list[One]:
    """So many of a list, evenly spread, with its first and its last; all where there are no more or none are asked for.

    With a `key` each is taken once for each key before any is taken again.
    """
    if not at_most or len(found) <= at_most:
        return list(found)
    if key is not None:
        once = list({key(one): one for one in reversed(found)}.values())[::-1]
        return (
            spread(once, at_most)
            if len(once) >= at_most
            else [*once, *_others(found, once, at_most - len(once))]
        )
    if at_most == 1:
        return [found[0]]
    places = [round(number * (len(found) - 1) / (at_most - 1)) for number in range(at_most)]
    return [found[place] for place in dict.fromkeys(places)]


def _others(found: Sequence[One], once: Sequence[One], count: int) -> list[One]:
    return spread([one for one in found if one not in once], count)


def error_number(error: str) -> int:
    """The number of an error such as ENOSPC."""
    number = getattr(errno, error, None)
    if not isinstance(number, int):
        raise AssayError(f"there is no error {error}{accepted(error, errno.errorcode.values())}")
    return number


def _numbered(calls: Iterable[Call], names: Iterable[str]) -> Iterator[Point]:
    seen: Counter[str] = Counter()
    wanted = set(names)
    for call in calls:
        seen[call.name] += 1
        if call.name in wanted:
            path = os.path.basename(call.paths[-1]) if call.paths else ""
            yield Point("before", call.name, seen[call.name], path)
