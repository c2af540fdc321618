"""Sliding windows: no stretch of so many seconds, wherever it begins, holds more than so many of something.

Libraries for this (`limits`) count one window at a time, by the clock of each instance, and ask apart for what is left: with
them a request that one window refuses counts in another, and what is told need not be what was decided.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from reference.auth.cache import Cache

_MICRO = 1_000_000
_KEPT = 10_000  # windows that a process keeps for itself; the longest unused are forgotten first
# Counts in all windows or in none, by the clock of Redis, which all instances share. What lies in the future was counted
# before that clock was set back. Each window says how many it holds, how long until the oldest of them leaves, and
# whether this is the first refusal by it for a while.
_SPEND = """
local time = redis.call('TIME')
local now, room, told = time[1] * 1000000 + time[2], true, {}
for number, key in ipairs(KEYS) do
  local window = ARGV[2 * number] * 1000000
  local newest = redis.call('LINDEX', key, 0)
  if newest and tonumber(newest) > now then redis.call('DEL', key) end
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  room = room and redis.call('LLEN', key) < tonumber(ARGV[2 * number - 1])
end
local moment = string.format('%.0f', now)
for number, key in ipairs(KEYS) do
  local quota, window = tonumber(ARGV[2 * number - 1]), ARGV[2 * number] * 1000000
  local full, first = redis.call('LLEN', key) >= quota, false
  if room then
    redis.call('LPUSH', key, moment)
    redis.call('PEXPIRE', key, ARGV[2 * number] * 1000)
  elseif full then
    first = redis.call('SET', key .. ':told', 1, 'NX', 'PX', ARGV[2 * number] * 1000)
  end
  local oldest = redis.call('LINDEX', key, -1) or now
  table.insert(told, redis.call('LLEN', key))
  table.insert(told, string.format('%.0f', oldest + window - now))
  table.insert(told, (full and not room) and 1 or 0)
  table.insert(told, first and 1 or 0)
end
return {moment, told}
"""
_GIVE_BACK = """
for _, key in ipairs(KEYS) do redis.call('LREM', key, 1, ARGV[1]) end
"""


@dataclass(frozen=True)
class Window:
    """So many in so many seconds, counted under a name."""

    name: str
    quota: int
    seconds: int


@dataclass(frozen=True)
class Count:
    """How a window stands: what is left, the seconds until there is more, and whether it refused, for the first time."""

    left: int
    wait: float
    refused: bool = False
    first: bool = False


@dataclass(frozen=True)
class Spent:
    """What came of counting one more of something: counted in every window, or refused and counted in none."""

    windows: tuple[Window, ...]
    counts: tuple[Count, ...]
    moment: str

    @property
    def refused(self) -> list[Count]:
        """The windows that have no room."""
        return [count for count in self.counts if count.refused]


class Windows:
    """Windows in Redis, which every instance counts in. Each ends by itself: nothing stays that no longer counts."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def spend(self, windows: Sequence[Window]) -> Spent:
        """Counts one more in all of them, or in none where one has no room; raises Away."""
        keys = [self._key(window) for window in windows]
        bounds = [number for window in windows for number in (window.quota, window.seconds)]
        moment, told = self._cache.run(_SPEND, keys, bounds)
        held, waits, refused, first = (told[place::4] for place in range(4))
        counts = tuple(
            Count(
                max(0, window.quota - held[at]), int(waits[at]) / _MICRO, bool(refused[at]), bool(first[at])
            )
            for at, window in enumerate(windows)
        )
        return Spent(tuple(windows), counts, moment)

    def give_back(self, spent: Spent) -> None:
        """Takes back what was counted; raises Away."""
        self._cache.run(_GIVE_BACK, [self._key(window) for window in spent.windows], [spent.moment])

    def forget(self, window: Window) -> None:
        """Counts from zero again, and tells of a refusal anew; raises Away."""
        self._cache.run("redis.call('DEL', KEYS[1], KEYS[1] .. ':told')", [self._key(window)], [])

    @staticmethod
    def _key(window: Window) -> str:
        return f"window:{window.name}"


class OwnWindows:
    """The same in the memory of this process, for as long as Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, deque[float]] = {}
        self._told: dict[str, float] = {}

    def spend(self, windows: Sequence[Window]) -> Spent:
        """Counts one more in all of them, or in none where one has no room."""
        now = time.monotonic()
        with self._lock:
            held = [self._recent(window, now) for window in windows]
            full = [len(moments) >= window.quota for window, moments in zip(windows, held, strict=True)]
            counts = []
            for window, moments, refused in zip(windows, held, full, strict=True):
                if not any(full):
                    moments.append(now)
                oldest = moments[0] if moments else now
                left = max(0, window.quota - len(moments))
                first = refused and self._first(window, now)
                counts.append(Count(left, oldest + window.seconds - now, refused, first))
            for kept in (self._held, self._told):
                while len(kept) > _KEPT:
                    kept.pop(next(iter(kept)))
        return Spent(tuple(windows), tuple(counts), repr(now))

    def give_back(self, spent: Spent) -> None:
        """Takes back what was counted."""
        with self._lock:
            for moments in (self._held.get(window.name) for window in spent.windows):
                if moments and float(spent.moment) in moments:
                    moments.remove(float(spent.moment))

    def forget(self, window: Window) -> None:
        """Counts from zero again."""
        with self._lock:
            self._held.pop(window.name, None)
            self._told.pop(window.name, None)

    def _first(self, window: Window, now: float) -> bool:
        """Whether nobody was told yet that this window refuses, for as long as it is."""
        told = self._told.get(window.name)
        if told is not None and now < told + window.seconds:
            return False
        self._told.pop(window.name, None)
        self._told[window.name] = now
        return True

    def _recent(self, window: Window, now: float) -> deque[float]:
        moments = self._held[window.name] = self._held.pop(window.name, deque())
        while moments and moments[0] <= now - window.seconds:
            moments.popleft()
        return moments
