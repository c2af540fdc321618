"""Whether what was written was safe on the disk before the caller was told so, judged by the order of the calls."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch

from assay.sharedfs.tracing import Call

_CONTENT = ("write", "truncate", "allocate")


@dataclass(frozen=True)
class Flaw:
    """What should have happened to a file and did not."""

    path: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.path)}: {self.seen}"


@dataclass
class _Disk:
    """What a power cut would lose at each moment: contents by file, and names by folder."""

    contents: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    flaws: list[Flaw] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)

    def see(self, call: Call) -> None:
        """Takes in one call that succeeded."""
        began, ended, path = call.began, call.ended or call.began, call.paths[-1] if call.paths else ""
        if call.name == "open":
            self._opened(call, path, ended)
        elif call.name in _CONTENT:
            self._wrote(path, ended, call.synced)
        elif call.name in ("fsync", "fdatasync"):
            self._settle(began, path)
        elif call.name in ("sync", "syncfs"):
            self._settle(began, None)
        elif call.name in ("rename", "link"):
            self._placed(call.name, call.paths[0], path, ended)
        elif call.name == "unlink":
            self._removed(path, ended)
        elif call.name in ("mkdir", "rmdir", "symlink"):
            self._named(call.name, path, ended)

    def _opened(self, call: Call, path: str, ended: int) -> None:
        if call.new:
            self.created.add(path)
        elif call.flags & os.O_TRUNC:
            self._wrote(path, ended, False)

    def _wrote(self, path: str, ended: int, synced: bool) -> None:
        self.changed[path] = None
        if not synced:
            self.contents[path] = ended
        # The name of a file that holds nothing, such as a lock's, is no loss.
        if path in self.created:
            self._named("creation", path, ended)

    def _placed(self, how: str, source: str, path: str, ended: int) -> None:
        if self.contents.pop(source, None) is not None:
            self.flaws.append(
                Flaw(
                    path,
                    "the file to be synced before it takes its name",
                    f"{how} before the file was synced",
                )
            )
        self.names.pop(source, None)
        self.changed.pop(source, None)
        self.contents.pop(path, None)
        self._named(how, path, ended)

    def _removed(self, path: str, ended: int) -> None:
        self.contents.pop(path, None)
        self.names.pop(path, None)
        if path in self.created:
            self.created.discard(path)
            self.changed.pop(path, None)
        else:
            self._named("removal", path, ended)

    def _named(self, how: str, path: str, ended: int) -> None:
        self.changed[path] = None
        self.names[path] = (os.path.dirname(path), ended, how)

    def _settle(self, began: int, path: str | None) -> None:
        self.contents = {
            one: ended
            for one, ended in self.contents.items()
            if (path is not None and one != path) or ended > began
        }
        self.names = {
            one: (folder, ended, how)
            for one, (folder, ended, how) in self.names.items()
            if (path is not None and folder != path) or ended > began
        }


def flaws(calls: Sequence[Call], answered: int, ignoring: Iterable[str] = ()) -> tuple[list[Flaw], int]:
    """What was not safe as the answer went out, at the place `answered` in the order; and how many changes were seen.

    Contents are to be synced before the rename or link by which they take their name, a name by syncing its folder after that.
    Files of the patterns `ignoring`, by their last name or whole path, do not count.
    """
    patterns = list(ignoring)
    counted = [
        one for one in calls if one.succeeded and not any(_matches(path, patterns) for path in one.paths[-1:])
    ]
    disk = _Disk()
    for call in counted:
        if call.began < answered:
            disk.see(call)
    found = list(disk.flaws)
    found += [
        Flaw(
            path, "the file to be synced before the answer", "its contents were not synced before the answer"
        )
        for path in disk.contents
    ]
    found += [
        Flaw(path, "its folder to be synced before the answer", f"its {how} was not synced before the answer")
        for path, (_, _, how) in disk.names.items()
    ]
    late = _Disk()
    for call in counted:
        if call.began > answered:
            late.see(call)
    found += [
        Flaw(path, "it to be written before the answer", "written after the answer") for path in late.changed
    ]
    return found, len(disk.changed) + len(late.changed)


def answer(calls: Sequence[Call], returned: float) -> int:
    """The place in the order at which the caller was told: the last answer sent before the action came back.

    Where no connection was seen to be answered, it is the moment at which the action came back.
    """
    sent = [one.began for one in calls if one.name == "answer" and one.at <= returned]
    if sent:
        return sent[-1]
    return max((one.ended or one.began for one in calls if one.at <= returned), default=0) + 1


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, one) or fnmatch(os.path.basename(path), one) for one in patterns)
