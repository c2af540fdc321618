"""Each defect of how long sessions live, where they are used and how browsers hold them is seen with it on, and not off."""

import time
from collections.abc import Iterable

from tests.reference.defect_platform import Answer, Platform, User, forge
from tests.reference.defect_probes import Probes
from tests.reference.probes_auth_codes import CSRF, challenge, finish, switched_on

PROBES = Probes()
flaw = PROBES.flaw
ELSEWHERE = "127.0.0.2"
ACCESS, REFRESH = "__Host-access", "__Secure-refresh"


def by_cookie(on: Platform, user: User, headers: Iterable[tuple[str, str]] = CSRF) -> Answer:
    """Logs a browser in."""
    told = {"email": user.email, "password": user.password}
    return on.call("POST", "/auth/browser/login", told, headers=headers)


def jar(answer: Answer) -> dict[str, str]:
    """The cookies that an answer sets."""
    pairs = [one.partition(";")[0].partition("=") for one in answer.headers.get_all("set-cookie", [])]
    return {name: value for name, _, value in pairs}


def with_cookie(name: str, held: dict[str, str]) -> list[tuple[str, str]]:
    """The headers of an own page that brings a cookie."""
    return [*CSRF, ("Cookie", f"{name}={held[name]}")]


def renew_by_cookie(on: Platform, held: dict[str, str]) -> Answer:
    """Renews the session of a browser."""
    return on.call("POST", "/auth/browser/refresh", headers=with_cookie(REFRESH, held))


def elsewhere(on: Platform, user: User) -> int:
    """How often it was told that a session is used from elsewhere."""
    told = [one for one in on.events() if one["event"] == "session.used-elsewhere"]
    return sum(one["session_id"] == user.claims["sid"] for one in told)


@flaw("auth.same-device-same-session")
def same_device_same_session(on: Platform) -> bool:
    user = on.user()
    assert on.log_in(user).claims["sid"] != user.claims["sid"]
    first, other = on.log_in(user, "telephone"), on.log_in(user, "tablet")
    assert first.claims["sid"] != other.claims["sid"]
    return bool(on.log_in(user, "telephone").claims["sid"] == first.claims["sid"])


@flaw("auth.named-device-slides", refresh_token_lifetime=4)
def named_device_slides(on: Platform) -> bool:
    user = on.user()
    unnamed, named = on.log_in(user), on.log_in(user, "telephone")
    time.sleep(2.0)
    later = [on.renew(one.refresh).body["refresh_token"] for one in (unnamed, named)]
    time.sleep(2.5)
    assert on.renew(later[0]).status == 401
    return on.renew(later[1]).status == 200


@flaw("auth.expired-token-keeps-session", session_idle_lifetime=4)
def expired_token_keeps_session(on: Platform) -> bool:
    user = on.user()
    unused = on.log_in(user)
    time.sleep(2.5)
    assert on.me(forge(user, exp=int(time.time()) - 60)) == 401
    time.sleep(2.5)
    assert on.renew(unused.refresh).status == 401
    return on.renew(user.refresh).status == 200


@flaw("auth.elsewhere-without-program")
def elsewhere_without_program(on: Platform) -> bool:
    user = on.user()
    assert on.call("GET", "/auth/me", token=user.access, source=ELSEWHERE).status == 200
    assert elsewhere(on, user) == 1
    assert on.call("GET", "/auth/me", token=user.access, source=ELSEWHERE, program=None).status == 200
    return elsewhere(on, user) == 1


@flaw("auth.last-place-of-new-places-only")
def last_place_of_new_places_only(on: Platform) -> bool:
    user = on.user()
    places = []
    for source in (ELSEWHERE, "127.0.0.1"):
        listed = on.call("GET", "/auth/sessions", token=user.access, source=source).body["sessions"]
        places.append(listed[0]["last_ip_address"])
    assert places[0] == ELSEWHERE
    return bool(places[1] == ELSEWHERE)


@flaw("auth.origin-of-another-port", profile="https")
def origin_of_another_port(on: Platform) -> bool:
    user = on.user()
    assert by_cookie(on, user, [*CSRF, ("Origin", on.url)]).status == 200
    assert by_cookie(on, user, [*CSRF, ("Origin", "https://elsewhere.test")]).status == 403
    return by_cookie(on, user, [*CSRF, ("Origin", "https://127.0.0.1:1")]).status == 200


@flaw("auth.clearing-cookies-not-secure", profile="https")
def clearing_cookies_not_secure(on: Platform) -> bool:
    begun = by_cookie(on, on.user())
    assert all("; secure" in one.lower() for one in begun.headers.get_all("set-cookie", []))
    answer = on.call("POST", "/auth/logout", headers=with_cookie(ACCESS, jar(begun)))
    assert answer.status == 204
    cleared = answer.headers.get_all("set-cookie", [])
    assert len(cleared) == 2
    return not any("; secure" in one.lower() for one in cleared)


@flaw("auth.reused-cookie-forgiven", profile="https")
def reused_cookie_forgiven(on: Platform) -> bool:
    first = jar(by_cookie(on, on.user()))
    answer = renew_by_cookie(on, first)
    assert answer.status == 200
    assert renew_by_cookie(on, first).status == 401
    return renew_by_cookie(on, jar(answer)).status == 200


@flaw("auth.second-step-over-plain-http")
def second_step_over_plain_http(on: Platform) -> bool:
    user = on.user()
    factor = switched_on(on, user)
    assert by_cookie(on, user).status == 403
    return finish(on, challenge(on, user), factor.code(1), "/auth/browser/login/second-factor") == 200
