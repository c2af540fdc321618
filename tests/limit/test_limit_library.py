"""What answers tell of limits, asking until refused, waiting as told."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assay import LimitLibrary as module
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.http.answers import Headers
from assay.LimitLibrary import REFUSED, LimitLibrary
from robot.api.types import Secret

LIMITS = LimitLibrary()


def answer(problem: str | None = None, *headers: tuple[str, str]) -> Any:
    status = 429 if problem == REFUSED else 200
    return SimpleNamespace(
        operation="auth.getJwks",
        status=status,
        problem=problem,
        headers=Headers([*headers]),
        summary=lambda: f"{status}",
    )


def told(left: int, quota: int = 6, window: int = 60, effective: int = 60, name: str = "a") -> Any:
    policy = ("RateLimit-Policy", f'"{name}";q={quota};w={window}')
    return answer(None, policy, ("RateLimit", f'"{name}";r={left};t={effective}'))


def refused(retry: str = "2", left: int = 0, effective: int = 2) -> Any:
    limits = told(left, effective=effective).headers.pairs
    return answer(REFUSED, *limits, ("Retry-After", retry))


class Http:
    """Answers so many calls and refuses the rest; remembers how it was called."""

    def __init__(self, allowed: int) -> None:
        self.allowed, self.called = allowed, list[tuple[Any, ...]]()

    def call(self, operation: str, **arguments: Any) -> Any:
        self.called.append((operation, arguments))
        return told(self.allowed - len(self.called)) if len(self.called) <= self.allowed else refused()

    def call_from(self, address: str, operation: str, **arguments: Any) -> Any:
        return self.call(operation, **arguments, address=address)

    def address_of_operation(self, operation: str) -> str:
        return "http://auth.test/auth/me"

    def call_raw(self, service: str, request: str) -> Any:
        self.called.append((service, request))
        return SimpleNamespace(status=200 if " /auth/me HTTP" in request or " //auth/me " in request else 404)


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Http:
    double = Http(3)
    monkeypatch.setattr(module, "_library", lambda name: double)
    return double


def test_it_is_asked_until_there_were_too_many(http: Http) -> None:
    answers = LIMITS.call_until_refused("auth.getJwks", address="127.1.2.3", token="t")
    assert [one.problem for one in answers] == [None, None, None, REFUSED]
    assert http.called[0] == ("auth.getJwks", {"token": "t", "address": "127.1.2.3"})


def test_what_is_never_refused_fails(http: Http) -> None:
    with pytest.raises(Unmet, match="within 3 calls"):
        LIMITS.call_until_refused("auth.getJwks", at_most=3)
    assert len(http.called) == 3


def test_exactly_so_many_are_counted_in_any_order() -> None:
    answers = [refused(), told(5), refused(), told(4)]
    LIMITS.exactly_so_many_should_be_allowed(answers, 2)
    for wrong in (1, 3):
        with pytest.raises(Unmet, match=f"exactly {wrong} of 4"):
            LIMITS.exactly_so_many_should_be_allowed(answers, wrong)
    with pytest.raises(Unmet, match="exactly 4 of 4"):
        LIMITS.exactly_so_many_should_be_allowed(answers, 4)
    with pytest.raises(AssayError):
        LIMITS.exactly_so_many_should_be_allowed([told(5), told(4)], 2)


def test_each_has_to_wait() -> None:
    LIMITS.each_should_have_to_wait([refused(), refused()])
    with pytest.raises(Unmet, match="2: 200"):
        LIMITS.each_should_have_to_wait([refused(), told(1)])
    with pytest.raises(AssayError):
        LIMITS.each_should_have_to_wait([])


def test_limits_are_read_and_must_be_there() -> None:
    one = LIMITS.limits_should_be_told(told(5))["a"]
    assert (one.quota, one.window, one.left, one.effective) == (6, 60, 5, 60)
    LIMITS.no_limits_should_be_told(answer())
    with pytest.raises(Unmet):
        LIMITS.limits_should_be_told(answer())
    with pytest.raises(Unmet):
        LIMITS.no_limits_should_be_told(told(5))


@pytest.mark.parametrize(
    ("policy", "limit", "says"),
    [
        ("a;q=6;w=60", '"a";r=5;t=60', "RFC 9651"),
        ('"a";q=6;w=60, "a";q=7;w=60', '"a";r=5;t=60', "once"),
        ('"a";q=6;w=60', '"a";r=5;t=60, "a";r=5;t=60', "once"),
        ('"a";q=6;w=60', '"b";r=5;t=60', "same policies"),
        ('"a";q=0;w=60', '"a";r=0;t=60', "q of 'a'"),
        ('"a";q=6', '"a";r=5;t=60', "w of 'a'"),
        ('"a";q=6;w=60', '"a";r=-1;t=60', "r of 'a'"),
        ('"a";q=6;w=60', '"a";r=1.5;t=60', "r of 'a'"),
        ('"a";q=6;w=60', '"a";r=5', "t of 'a'"),
        ('"a";q=6;w=60', '"a";r=7;t=60', "no more left"),
        ('"a";q=6;w=60', '"a";r=5;t=61', "effective window"),
    ],
)
def test_limits_that_are_told_wrongly_fail(policy: str, limit: str, says: str) -> None:
    with pytest.raises(Unmet, match=says):
        LIMITS.told_limits(answer(None, ("RateLimit-Policy", policy), ("RateLimit", limit)))


def test_a_limit_without_its_policy_fails() -> None:
    with pytest.raises(Unmet, match="same policies"):
        LIMITS.told_limits(answer(None, ("RateLimit", '"a";r=5;t=60')))


def test_what_is_left_falls_by_one() -> None:
    LIMITS.what_is_left_should_fall([told(5), told(4), told(3)])
    LIMITS.what_is_left_should_fall([told(5), told(3)], by=2)
    for wrong in (told(5), told(3), told(4, quota=7), told(4, window=61), told(4, name="b"), answer()):
        with pytest.raises(Unmet):
            LIMITS.what_is_left_should_fall([told(5), wrong])
    with pytest.raises(AssayError):
        LIMITS.what_is_left_should_fall([told(5)])


def test_a_limit_of_its_own_stands_beside_the_usual_ones_or_in_their_place() -> None:
    LIMITS.should_have_a_limit_of_its_own(["address", "log-in"], ["address"])
    LIMITS.should_have_a_limit_of_its_own(["log-in"], ["address"])
    for names in (["address"], []):
        with pytest.raises(Unmet, match="a policy beside address"):
            LIMITS.should_have_a_limit_of_its_own(names, ["address"])


def test_the_wait_is_read() -> None:
    assert LIMITS.told_wait(refused("2")) == 2


@pytest.mark.parametrize(
    "wrong",
    [refused("0"), refused("-1"), refused("1.5"), refused("soon"), refused("Thu, 26 Nov 2026 17:00:00 GMT"), told(0),
     answer(REFUSED), answer(REFUSED, ("Retry-After", "2"), ("Retry-After", "2")), refused("2", effective=3)],
)  # fmt: skip
def test_a_wait_that_is_not_told_as_promised_fails(wrong: Any) -> None:
    with pytest.raises(Unmet):
        LIMITS.told_wait(wrong)


def test_it_waits_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(module, "let_pass", lambda seconds, _: slept.append(seconds))
    assert LIMITS.wait_as_told(refused("2")) == 2
    assert slept == [2]


def test_it_never_waits_for_minutes() -> None:
    with pytest.raises(AssayError, match="configure it shorter"):
        LIMITS.wait_as_told(refused("61"))


def test_it_waits_until_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [answer(), answer(), told(5)]
    double = SimpleNamespace(call=lambda *_, **__: answers.pop(0) if len(answers) > 1 else answers[0])
    monkeypatch.setattr(module, "_library", lambda name: double)
    LIMITS.wait_until_limits_are_told("auth.getJwks")
    answers[:] = [answer()]
    with pytest.raises(Unmet, match="tells of limits"):
        LIMITS.wait_until_limits_are_told("auth.getJwks", timedelta(seconds=0.1))


def test_calls_that_claim_or_make_up_something_all_differ() -> None:
    claims = LIMITS.claims_of_other_addresses(email="a")
    assert len({str(one["headers"]) for one in claims}) == len(claims) > 12
    assert all(one["email"] == "a" for one in claims)
    made = LIMITS.made_up_credentials(6, email="a")
    given = [one.get("api_key") or one.get("token") or one["headers"]["Cookie"] for one in made]
    assert all(isinstance(value, Secret) for value in given) and len({value.value for value in given}) == 6
    assert [sorted(one) for one in made[:3]] == [
        ["api_key", "email"],
        ["email", "token"],
        ["email", "headers"],
    ]
    people = LIMITS.calls_of_different_people(3, "a@b.test", password="p")
    assert [one["email"] for one in people] == ["0-a@b.test", "1-a@b.test", "2-a@b.test"]


def test_spellings_that_are_served_are_named(http: Http) -> None:
    assert LIMITS.spellings_that_are_served("auth.getMe") == ["as it is", "two slashes at the beginning"]
    requests = [request for _, request in http.called]
    assert len(set(requests)) == len(requests) > 10
