"""Each defect of limits and lockout is seen with the defect on, and not with it off."""

import random
import re
import secrets
import time
from collections.abc import Iterable

from tests.reference.defect_platform import Answer, Platform, User, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
OWN_PAGE = [("X-CSRF-Protection", "1")]
KEY_SET = "/.well-known/jwks.json"


def somewhere() -> str:
    """An address of this machine that nobody has asked from yet."""
    return ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])


def log_in(on: Platform, user: User, source: str, password: str | None = None, door: str = "") -> int:
    """The status of a log-in from an address, at one door or another."""
    body = {"email": user.email, "password": password or user.password}
    return on.call("POST", f"/auth{door}/login", body, headers=OWN_PAGE if door else (), source=source).status


def ask_for_reset(on: Platform, source: str) -> Answer:
    """Asks for a reset of the password of nobody."""
    body = {"email": f"nobody-{secrets.token_hex(6)}@example.test"}
    return on.call("POST", "/auth/password-reset/request", body, source=source)


def api_key(on: Platform, user: User) -> list[tuple[str, str]]:
    """A new API key that may read, as a header."""
    body = {"name": "probe", "scopes": ["read"]}
    answer = on.call("POST", "/auth/api-keys", body, user.access)
    assert answer.status == 201, answer.text
    return [("X-API-Key", answer.body["secret"])]


def policies(answer: Answer) -> set[str]:
    """The names of the limits that an answer tells."""
    return set(re.findall(r'"([a-z-]+)";q=', answer.headers["RateLimit-Policy"]))


def left(answer: Answer, policy: str) -> int:
    """How many requests an answer says that a limit has left."""
    found = re.search(rf'"{policy}";r=(\d+)', answer.headers["RateLimit"])
    assert found, answer.headers["RateLimit"]
    return int(found[1])


def refused_last(on: Platform, requests: int, method: str, path: str, body: object = None) -> bool:
    """Whether the last of so many requests from one new address was refused, and none before."""
    source = somewhere()
    told = [on.call(method, path, body, source=source).status for _ in range(requests)]
    assert 429 not in told[:-1], told
    return told[-1] == 429


def me(on: Platform, key: Iterable[tuple[str, str]]) -> Answer:
    """What getMe answers to an API key."""
    return on.call("GET", "/auth/me", headers=key)


@flaw("auth.limit-head-free", address_limit=30, address_window=60)
def limit_head_free(on: Platform) -> bool:
    assert refused_last(on, 31, "GET", KEY_SET)
    return not refused_last(on, 31, "HEAD", KEY_SET)


@flaw("auth.limit-of-keys-untold")
def limit_of_keys_untold(on: Platform) -> bool:
    told = me(on, api_key(on, on.user()))
    assert told.status == 200
    assert policies(told) >= {"address", "account"}
    return "key" not in policies(told)


@flaw("auth.limit-cookie-log-in-free", login_limit=5)
def limit_cookie_log_in_free(on: Platform) -> bool:
    body = {"email": "nobody@example.test", "password": "no password of anybody"}
    assert refused_last(on, 6, "POST", "/auth/login", body)
    return not refused_last(on, 6, "POST", "/auth/browser/login", body)


@flaw("auth.limit-keys-outside-account", account_limit=10, account_window=60)
def limit_keys_outside_account(on: Platform) -> bool:
    user, other = on.user(), on.user()
    assert [on.me(other.access) for _ in range(11)] == [200] * 10 + [429]
    keys = [api_key(on, user), api_key(on, user)]
    return {me(on, keys[number % 2]).status for number in range(11)} == {200}


@flaw("auth.limit-refused-counts-for-address", address_window=60, reset_limit=2)
def limit_refused_counts_for_address(on: Platform) -> bool:
    source = somewhere()
    before = [ask_for_reset(on, source) for _ in range(2)][-1]
    assert ask_for_reset(on, source).status == 429
    after = on.call("GET", KEY_SET, source=source)
    return left(before, "address") - left(after, "address") > 1


@flaw("auth.limit-second-flood-untold", reset_limit=2, reset_window=2)
def limit_second_flood_untold(on: Platform) -> bool:
    source = somewhere()

    def told() -> int:
        return sum(one["event"] == "request.limited" and one["address"] == source for one in on.events())

    assert [ask_for_reset(on, source).status for _ in range(4)] == [202, 202, 429, 429]
    assert told() == 1
    time.sleep(2.5)
    assert [ask_for_reset(on, source).status for _ in range(4)] == [202, 202, 429, 429]
    return told() == 1


@flaw("auth.lockout-door-by-door", profile="https", login_failures=3)
def lockout_door_by_door(on: Platform) -> bool:
    user, source = on.user(), somewhere()
    assert [log_in(on, user, source, "wrong") for _ in range(3)] == [401] * 3
    assert log_in(on, user, source) == 429
    return log_in(on, user, source, door="/browser") == 200


@flaw("auth.lockout-of-logged-out-owner", login_failures_account=3)
def lockout_of_logged_out_owner(on: Platform) -> bool:
    user, owner, stranger = on.user(), "127.0.0.1", somewhere()
    assert [log_in(on, user, stranger, "wrong") for _ in range(3)] == [401] * 3
    assert log_in(on, user, stranger) == 429
    assert log_in(on, user, owner) == 200
    assert on.call("POST", "/auth/logout/all", token=user.access).status == 204
    return log_in(on, user, owner) == 429


@flaw("auth.signup-mails-by-spelling", signup_mails=2)
def signup_mails_by_spelling(on: Platform) -> bool:
    email, password = f"{secrets.token_hex(6)}@example.test", "a password of some length"
    assert [on.sign_up(email, password).status for _ in range(3)] == [202] * 3
    assert wait_for(lambda: len(on.mails(email)) == 2, 10.0)
    assert on.sign_up(email.upper(), password).status == 202
    return wait_for(lambda: len(on.mails(email)) > 2, 2.0)
