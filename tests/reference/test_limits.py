"""Windows by themselves: exact, all or none, given back, by the clock of Redis; and who is told apart from whom."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from unittest.mock import Mock

import pytest
import redis

from reference.auth import limits
from reference.auth.accounts import Accounts
from reference.auth.cache import Cache
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.auth.windows import OwnWindows, Window, Windows
from reference.common import problems, web
from tests.reference.launched import Launched

Either = Windows | OwnWindows


@pytest.fixture
def url(platform: Launched) -> str:
    return str(platform.ready["observes"]["redis"]["url"])


@pytest.fixture(params=["redis", "own"])
def windows(request: pytest.FixtureRequest, url: str) -> Either:
    return OwnWindows() if request.param == "own" else Windows(Cache(url, "test"))


@pytest.fixture
def window() -> Callable[..., Window]:
    stamp = time.monotonic_ns()
    return lambda name="a", quota=3, seconds=60: Window(f"{stamp}-{name}", quota, seconds)


def test_so_many_are_counted_and_no_more(windows: Either, window: Callable[..., Window]) -> None:
    spent = [windows.spend([window()]) for _ in range(5)]
    assert [one.counts[0].left for one in spent] == [2, 1, 0, 0, 0]
    assert [bool(one.refused) for one in spent] == [False, False, False, True, True]
    assert 59 < spent[-1].counts[0].wait <= 60


def test_it_is_exact_at_the_same_moment(windows: Either, window: Callable[..., Window]) -> None:
    with ThreadPoolExecutor(16) as pool:
        spent = list(pool.map(lambda _: windows.spend([window(quota=10)]), range(64)))
    assert sum(not one.refused for one in spent) == 10


def test_all_windows_count_or_none(windows: Either, window: Callable[..., Window]) -> None:
    small, large = window("small", 1), window("large", 5)
    windows.spend([small])
    refused = windows.spend([large, small])
    assert [count.refused for count in refused.counts] == [False, True]
    assert refused.counts[0].left == 5
    assert windows.spend([large]).counts[0].left == 4


def test_it_slides(windows: Either, window: Callable[..., Window]) -> None:
    short = window(quota=2, seconds=1)
    windows.spend([short])
    time.sleep(0.6)
    windows.spend([short])
    time.sleep(0.45)
    third = windows.spend([short])
    assert not third.refused and third.counts[0].left == 0
    assert windows.spend([short]).refused
    assert 0.3 < windows.spend([short]).counts[0].wait < 0.6


def test_what_is_given_back_or_forgotten_counts_no_more(
    windows: Either, window: Callable[..., Window]
) -> None:
    first = windows.spend([window()])
    windows.spend([window()])
    windows.give_back(first)
    assert windows.spend([window()]).counts[0].left == 1
    windows.forget(window())
    assert windows.spend([window()]).counts[0].left == 2


def test_a_refusal_is_the_first_once(windows: Either, window: Callable[..., Window]) -> None:
    spent = [windows.spend([window(quota=1)]) for _ in range(3)]
    assert [one.counts[0].first for one in spent] == [False, True, False]
    windows.forget(window())
    spent = [windows.spend([window(quota=1)]) for _ in range(3)]
    assert [one.counts[0].first for one in spent] == [False, True, False]


def test_a_refusal_is_the_first_again_after_a_window(windows: Either, window: Callable[..., Window]) -> None:
    short = window(quota=1, seconds=1)
    spent = [windows.spend([short]) for _ in range(2)]
    time.sleep(1.1)
    spent += [windows.spend([short]) for _ in range(3)]
    assert [one.counts[0].first for one in spent] == [False, True, False, True, False]


@pytest.mark.parametrize("by", [limits.ACCOUNT, limits.KEY])
def test_what_an_account_or_key_is_refused_counts_for_no_address(by: str) -> None:
    log, own = Mock(), OwnWindows()
    settings = Settings(account_limit=1, key_limit=1, address_limit=5)
    counting = limits.Limits(cast(Windows, own), settings, cast(SecurityLog, log))
    who = {limits.ACCOUNT: "somebody"} if by == limits.ACCOUNT else {limits.KEY: "a key"}
    for refused in (False, True, True, True):
        limits._counted.set([])
        counting.spend(None, {limits.ADDRESS: "192.0.2.1"})
        if refused:
            with pytest.raises(problems.Problem, match="too-many-requests"):
                counting.spend(None, who)
        else:
            counting.spend(None, who)
    address = counting.window(counting._policies[0], "192.0.2.1")
    assert own.spend([address]).counts[0].left == 3
    named = {"user_id": who.get(limits.ACCOUNT), "key_id": who.get(limits.KEY)}
    log.failure.assert_called_once_with("request.limited", by, **named)


@pytest.mark.parametrize(
    ("here", "before", "known"),
    [
        ("2001:db8:0:1::9", ["2001:db8:0:1::1"], True),
        ("2001:db8:0:2::1", ["2001:db8:0:1::1"], False),
        ("192.0.2.1", ["198.51.100.1", "192.0.2.1"], True),
        ("192.0.2.1", ["192.0.2.2"], False),
        ("192.0.2.1", None, False),
    ],
)
def test_an_owner_is_known_by_the_network_they_came_from(
    monkeypatch: pytest.MonkeyPatch, here: str, before: list[str] | None, known: bool
) -> None:
    monkeypatch.setattr(web, "caller", lambda: web.Caller(here, None, None))
    throttle = Mock()
    some: Any = None
    Accounts(some, some, some, throttle, some)._begin_log_in("a@b.cd", cast(Any, {"known_from": before}))
    throttle.begin.assert_called_once_with("a@b.cd", here, known)


def test_a_clock_that_was_set_back_keeps_nobody_waiting(url: str, window: Callable[..., Window]) -> None:
    client = redis.Redis.from_url(url)
    for _ in range(3):
        client.lpush(f"test:window:{window().name}", int((time.time() + 3600) * 1_000_000))
    assert Windows(Cache(url, "test")).spend([window()]).counts[0].left == 2


def test_nothing_stays_in_redis(url: str, window: Callable[..., Window]) -> None:
    windows, client = Windows(Cache(url, "test")), redis.Redis.from_url(url)
    for _ in range(50):
        windows.spend([window(quota=2, seconds=5)])
    keys = list(client.scan_iter(f"test:window:{window().name}*"))
    assert len(keys) == 2 and all(0 < client.pttl(key) <= 5000 for key in keys)
    assert client.llen(f"test:window:{window().name}") == 2


def test_a_process_keeps_no_more_windows_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference.auth.windows._KEPT", 10)
    own = OwnWindows()
    for number in range(100):
        own.spend([Window(str(number), 1, 60)])
    assert len(own._held) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        (None, "not an address", True),
    ],
)
def test_callers_are_told_apart_by_network(one: str | None, other: str | None, same: bool) -> None:
    assert (limits.network(one) == limits.network(other)) is same
