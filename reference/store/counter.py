"""The number of the last record of the index, kept outside of the shared directory: what shows that it was set back."""

import hmac
from pathlib import Path

import msgspec

from reference.store.statefile import StateFile


class Last(msgspec.Struct, frozen=True):
    """The last record that main wrote: its number, and its link of the chain."""

    number: int
    link: bytes


class Counter:
    """Remembers the last record, and the starts of main."""

    def __init__(self, state: Path) -> None:
        self._last = StateFile(state / "number.json")
        self._starts = StateFile(state / "starts.json")

    def last(self) -> Last | None:
        """The last record that is known; None before there ever was one."""
        return self._last.load(Last)

    def keep(self, number: int, link: bytes) -> None:
        """Remembers a record that is on the disk."""
        self._last.save(Last(number, link))

    def is_known(self, known: Last, number: int, link: bytes, before: bytes) -> bool:
        """Whether the last record found is the one that is known, or the one after it: main ended between the two writes."""
        if number == known.number:
            return hmac.compare_digest(link, known.link)
        return number == known.number + 1 and hmac.compare_digest(before, known.link)

    def count_start(self) -> int:
        """The number of this start of main, which no other has."""
        number = (self._starts.load(int) or 0) + 1
        self._starts.save(number)
        return number
