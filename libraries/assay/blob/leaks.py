"""Searches files, processes and bytes for canaries, in windows, and in what is compressed in them."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from assay.blob.matching import Match, Matcher
from assay.blob.trees import walk
from assay.core.errors import AssayError
from assay.evidence.redact import redact

WINDOW = 1 << 20
_AROUND = 24
_EDGE = 2  # letters beside a value in base64 that hold some of its bits
_DEEPEST = 2
_LARGEST = 32 << 20  # bytes that one compressed member is inflated to at most
_FED = 64 << 10
_OVERLAP = 4096
_TOGETHER = 500  # files that one thread takes
_TRIED = 512  # bytes of what may be compressed that are tried first

Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Leak:
    """A canary that stands where it must not: which, in which form, where, and what stands around it."""

    name: str
    form: str
    place: str
    offset: int
    around: str

    def __str__(self) -> str:
        return f"{self.name} ({self.form}) in {self.place} at byte {self.offset}"


@dataclass
class Search:
    """What was found, and what could and could not be looked at."""

    matcher: Matcher
    leaks: list[Leak] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    places: int = 0
    octets: int = 0
    cut: list[str] = field(default_factory=list)

    def trees(self, places: Iterable[Path]) -> None:
        """Files, and folders with all that is in them, names too."""
        for place in places:
            if place.is_dir():
                self._below(place)
            elif os.path.lexists(place):
                self.file(str(place))
            else:
                raise AssayError(f"there is no {place} to search")

    def _below(self, folder: Path) -> None:
        """Several threads at a time, for the automaton lets others work while it searches."""
        paths, front = [entry.path for entry in walk(folder)], len(str(folder)) + 1

        def some(start: int) -> Search:
            found = Search(self.matcher)
            for path in paths[start : start + _TOGETHER]:
                found.name(path, path[front:])
                found.file(path)
            return found

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for found in threads.map(some, range(0, len(paths), _TOGETHER)):
                self._add(found)

    def _add(self, found: Search) -> None:
        self.leaks += found.leaks
        self.unread |= found.unread
        self.places += found.places
        self.octets += found.octets
        self.cut += found.cut

    def name(self, path: str, relative: str) -> None:
        self._window(os.fsencode(relative), 0, f"the name of {path}", "", 0, 1 << 60, set())

    def file(self, path: str) -> None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        except OSError as error:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return
            self.unread[path] = str(error.strerror)
            return
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode):
                # asked for no more than is there, as room is made for whatever is asked for
                self.source(
                    path, lambda start, size: os.pread(handle, _least(size, about.st_size - start), start)
                )
        except OSError as error:
            self.unread[path] = str(error.strerror)
        finally:
            os.close(handle)

    def given(self, place: str, octets: bytes) -> None:
        self.source(place, lambda start, size: octets[start : start + size])

    def process(self, pid: int) -> None:
        """The command line and the environment of a process, as /proc shows them."""
        for what in ("cmdline", "environ"):
            place = f"/proc/{pid}/{what}"
            try:
                octets = Path(place).read_bytes()
            except OSError as error:
                self.unread[place] = str(error.strerror)
            else:
                self.given(place, octets)

    def memory(self, pid: int) -> None:
        """What a process may write to in its memory. What stands around a find is not shown: it may be anything."""
        place = f"the memory of process {pid}"
        try:
            handle = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.unread[place] = str(error.strerror)
            return
        try:
            self.places += 1
            for begin, octets in _written_memory(pid, handle):
                self.octets += len(octets)
                for match in self.matcher.find(octets)[0]:
                    self.leaks.append(Leak(match.name, match.form, place, begin + match.start, ""))
        finally:
            os.close(handle)

    def source(self, place: str, read: Read, inside: str = "", depth: int = 0) -> None:
        """Reads windows that overlap, so that nothing is missed at an edge and no neighbour is shown in part."""
        margin = 2 * self.matcher.longest + 4 * _AROUND
        told: set[tuple[str, str]] = set()
        begin = 0
        self.places += not inside
        while True:
            left = max(0, begin - margin)
            window = read(left, begin - left + WINDOW + margin)
            if not inside:
                self.octets += max(0, min(len(window) - (begin - left), WINDOW))
            for start, bits in self._window(window, left, place, inside, begin, begin + WINDOW, told):
                if depth < _DEEPEST and begin <= left + start < begin + WINDOW:
                    self._compressed(window, start, bits, left, place, read, inside, depth)
            if len(window) < begin - left + WINDOW + margin:
                return
            begin += WINDOW

    def _window(
        self,
        window: bytes,
        left: int,
        place: str,
        inside: str,
        begin: int,
        end: int,
        told: set[tuple[str, str]],
    ) -> list[tuple[int, int]]:
        """Notes each canary between `begin` and `end`; returns where something that looks compressed begins."""
        found, compressed = self.matcher.find(window)
        for match in found:
            if begin <= left + match.start < end and (match.name, match.form) not in told:
                told.add((match.name, match.form))
                offset = left + match.start
                self.leaks.append(
                    Leak(match.name, match.form + inside, place, offset, _around(window, match, found))
                )
        return compressed

    def _compressed(
        self, window: bytes, start: int, bits: int, left: int, place: str, read: Read, inside: str, depth: int
    ) -> None:
        first = _inflate(zlib.decompressobj(bits), window[start : start + _TRIED], _TRIED)
        if first is None or len(first) < 8:
            return
        member = _Member(read, left + start, bits)
        kind = "gzip" if bits > 15 else "zlib"
        self.source(place, member.read, f"{inside}, inside {kind} at byte {left + start}", depth + 1)
        if member.cut:
            self.cut.append(f"{place} at byte {left + start}")


def _written_memory(pid: int, handle: int) -> Iterator[tuple[int, bytes]]:
    """The regions of a process that it may write to, in pieces that overlap a little."""
    for line in Path(f"/proc/{pid}/maps").read_text("utf-8", "replace").splitlines():
        reach, rights = line.split()[:2]
        if "w" not in rights:
            continue
        begin, end = (int(one, 16) for one in reach.split("-"))
        for start in range(begin, end, WINDOW):
            with suppress(OSError):  # a page that is not there, or a region that went away
                yield start, os.pread(handle, min(WINDOW + _OVERLAP, end - start), start)


def _least(size: int, left: int) -> int:
    """How much of a file to ask for: what there was of it when it was opened; some even where no size is told, as in /proc."""
    return min(size, max(left + 1, _FED))


class _Member:
    """What a compressed member holds, inflated as far as it is read, up to a bound."""

    def __init__(self, read: Read, start: int, bits: int) -> None:
        self._read, self._position = read, start
        self._inflater = zlib.decompressobj(bits)
        self._held, self._ended = bytearray(), False
        self.cut = False

    def read(self, start: int, size: int) -> bytes:
        while not self._ended and len(self._held) < start + size:
            self._more()
        return bytes(self._held[start : start + size])

    def _more(self) -> None:
        fed = self._inflater.unconsumed_tail
        if not fed:
            fed = self._read(self._position, _FED)
            self._position += len(fed)
        made = _inflate(self._inflater, fed, WINDOW)
        self._held += made or b""
        self.cut = len(self._held) > _LARGEST
        self._ended = not fed or made is None or self._inflater.eof or self.cut


def _inflate(inflater: zlib._Decompress, octets: bytes, most: int) -> bytes | None:
    try:
        return inflater.decompress(octets, most)
    except zlib.error:
        return None


def _around(window: bytes, match: Match, found: list[Match]) -> str:
    """The neighbouring bytes with every canary in them masked."""
    begin, end = max(0, match.start - _AROUND), match.end + _AROUND
    shown = bytearray(window[begin:end])
    for one in found:
        if one.start < end and one.end > begin:
            start, stop = max(0, one.start - begin - _EDGE), min(len(shown), one.end - begin + _EDGE)
            shown[start:stop] = b"\0" * (stop - start)
    front = _printed(bytes(shown[: match.start - begin]))
    back = _printed(bytes(shown[match.end - begin :]))
    return f"{redact(front)}[…]{redact(back)}"


def _printed(octets: bytes) -> str:
    return "".join(chr(one) if 32 <= one < 127 else "·" for one in octets)
