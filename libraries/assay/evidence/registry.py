"""Finds thousands of registered secrets in a text in one pass, in the forms in which they travel.

The text is sampled: every form leaves all its windows of a few characters at its beginning in an index, so that
looking at every fifth to seventh window of the text is enough to meet each. The cost grows with the text, not with
the number of secrets.
"""

import base64
import re
import threading
from collections.abc import Iterator

from assay.evidence.patterns import Span

SHORT = 6
_SHORTEST = 3  # one or two letters stand in every text; the mark of each would tell nothing and hide much
_LONG = 12
_PART = 16


class Registry:
    """Secrets by value, and the index that finds them."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._weak: dict[str, str] = {}
        self._weak_pattern: re.Pattern[str] | None = None
        self._short_forms = _Index(width=4, stride=3)
        self._long_forms = _Index(width=6, stride=7)
        self._lock = threading.Lock()

    def add(self, value: str, kind: str) -> None:
        """Registers a secret; the kind of the first registration stays."""
        if len(value.strip()) < _SHORTEST or value in self._kinds:
            return
        with self._lock:
            self._kinds[value] = kind
            if _is_weak(value):
                self._add_weak(value, kind)
                return
            for form in forms(value):
                if len(form) >= _LONG:
                    self._long_forms.add(form, value, parts=not value.startswith("eyJ"))
                elif len(form) >= SHORT:
                    self._short_forms.add(form, value, parts=False)

    def kind(self, value: str) -> str | None:
        """The kind under which a value is registered."""
        return self._kinds.get(value)

    def find(self, text: str) -> Iterator[Span]:
        """Every place where a registered secret, in any plain form, or a long piece of one, stands."""
        for index in (self._long_forms, self._short_forms):
            for start, end, value in index.find(text):
                yield Span(start, end, self._kinds[value], value, named=True)
        if self._weak_pattern is not None:
            if (kind := self._weak.get(text)) is not None:
                yield Span(0, len(text), kind, text, named=True)
            for match in self._weak_pattern.finditer(text):
                yield Span(
                    match.start(1), match.end(1), self._weak[match.group(1)], match.group(1), named=True
                )

    def _add_weak(self, value: str, kind: str) -> None:
        for form in {value, base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}:
            self._weak[form] = kind
            self._kinds.setdefault(form, kind)
        words = "|".join(re.escape(word) for word in sorted(self._weak, key=len, reverse=True))
        self._weak_pattern = re.compile(rf"(?<=[\"'=:])({words})(?=[\"'&\s,;)}}\]]|$)(?![\"']?\s*[:=])")


class _Index:
    def __init__(self, width: int, stride: int) -> None:
        self._width = width
        self._stride = stride
        self._windows: dict[str, set[tuple[int, int]]] = {}
        self._forms: dict[str, str] = {}
        self._heads: dict[str, list[str]] = {}
        self._tails: dict[str, list[str]] = {}
        self._tail_windows: dict[str, set[int]] = {}

    def add(self, form: str, value: str, parts: bool) -> None:
        if form in self._forms:
            return
        self._forms[form] = value
        size = len(form)
        for offset in range(self._stride):
            window = form[offset : offset + self._width]
            self._windows.setdefault(window, set()).add((offset, size))
        if parts and size > _PART:
            self._heads.setdefault(form[:_PART], []).append(form)
        if size > _PART:
            self._tails.setdefault(form[-_PART:], []).append(form)
            for offset in range(self._stride):
                before_end = self._width + offset
                window = form[size - before_end : size - offset]
                self._tail_windows.setdefault(window, set()).add(before_end)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        width, windows, tails = self._width, self._windows, self._tail_windows
        if not windows:
            return
        for at in range(0, len(text) - width + 1, self._stride):
            window = text[at : at + width]
            if window in windows:
                yield from self._whole(text, at, windows[window])
            if window in tails:
                yield from self._ending(text, at, tails[window])

    def _whole(self, text: str, at: int, places: set[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
        starts = set()
        for offset, size in places:
            start = at - offset
            if start >= 0:
                starts.add(start)
                piece = text[start : start + size]  # at the end of the text it can be another, shorter form
                if (value := self._forms.get(piece)) is not None:
                    yield start, start + len(piece), value
        for start in starts:
            for form in self._heads.get(text[start : start + _PART], ())[:8]:
                yield start, start + _common(text[start : start + len(form)], form), self._forms[form]

    def _ending(self, text: str, at: int, places: set[int]) -> Iterator[tuple[int, int, str]]:
        for before_end in places:
            end = at + before_end
            for form in self._tails.get(text[max(0, end - _PART) : end], ())[:8]:
                piece = text[max(0, end - len(form)) : end]
                yield end - _common(piece[::-1], form[::-1]), end, self._forms[form]


def forms(value: str) -> set[str]:
    """The plain forms in which a secret travels: itself, base64 at every alignment, hexadecimal.

    Escaped forms (percent, JSON, HTML) are not listed: texts are looked at unescaped as well.
    """
    octets = value.encode("utf-8", "surrogatepass")
    found = {value, octets.hex(), octets.hex().upper()}
    if " " in value:
        found.add(value.replace(" ", "+"))
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        whole = (shift + len(octets)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * shift + octets).decode()[skip:whole])
    return found


def _is_weak(value: str) -> bool:
    """Too short, or too much of a word, to be masked wherever its letters occur."""
    return (
        len(value) < SHORT
        or len(set(value)) < 4
        or (len(value) <= 10 and value.isalpha() and value.islower())
    )


def _common(left: str, right: str) -> int:
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
