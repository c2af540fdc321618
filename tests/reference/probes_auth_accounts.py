"""Each defect of accounts, passwords, health, answers and logs is seen with the defect on, and not with it off."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from tests.reference.defect_platform import Platform, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
PASSWORD = "a password of some length"


def fresh() -> str:
    """An address that nobody has."""
    return f"{secrets.token_hex(6)}@example.test"


@flaw("auth.unverified-logs-in")
def unverified_logs_in(on: Platform) -> bool:
    email = fresh()
    on.sign_up(email, PASSWORD)
    assert on.try_log_in(email, "another password").status == 401
    return on.try_log_in(email, PASSWORD).status == 200


@flaw("auth.confirmation-works-twice")
def confirmation_works_twice(on: Platform) -> bool:
    email = fresh()
    on.sign_up(email, PASSWORD)
    token = on.mailed_token(email)
    assert on.verify(token).status == 200
    return on.verify(token).status == 200


@flaw("auth.confirmation-never-expires", verification_lifetime=3)
def confirmation_never_expires(on: Platform) -> bool:
    email = fresh()
    on.sign_up(email, PASSWORD)
    token = on.mailed_token(email)
    time.sleep(3.2)
    return on.verify(token).status == 200


@flaw("auth.capitals-make-another-account")
def capitals_make_another_account(on: Platform) -> bool:
    user = on.user()
    other = user.email[:-13].upper() + "X" + user.email[-13:]
    on.sign_up(other, PASSWORD)
    on.sign_up(other.lower(), PASSWORD)
    query = f"SELECT email FROM auth_users WHERE lower(email) = '{other.lower()}'"
    return len(on.rows(query)) == 2


@flaw("auth.sign-up-race")
def sign_up_race(on: Platform) -> bool:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            answers = pool.map(on.sign_up, [fresh()] * 8, [PASSWORD] * 8)
            if any(answer.status == 500 for answer in answers):
                return True
    return False


@flaw("auth.sign-up-tells-who-is-there")
def sign_up_tells_who_is_there(on: Platform) -> bool:
    user = on.user()
    assert on.sign_up(fresh(), "short").status == 422
    return on.sign_up(user.email, "short").status == 202


@flaw("auth.log-in-tells-who-is-there")
def log_in_tells_who_is_there(on: Platform) -> bool:
    email = fresh()
    on.sign_up(email, PASSWORD)
    assert on.try_log_in(fresh(), "wrong password").status == 401
    assert on.try_log_in(on.user().email, "wrong password").status == 401
    return on.try_log_in(email, "wrong password").status == 403


def also(on: Platform, password: str, other: str) -> bool:
    """Whether an account with a password opens with another too."""
    user = on.user(password)
    assert on.try_log_in(user.email, "wrong " + password).status == 401
    return on.try_log_in(user.email, other).status == 200


@flaw("auth.password-cut-at-72")
def password_cut_at_72(on: Platform) -> bool:
    return also(on, "ab" * 36 + "tail", "ab" * 36 + "other")


@flaw("auth.password-trimmed")
def password_trimmed(on: Platform) -> bool:
    return also(on, "a password with space ", "a password with space")


@flaw("auth.password-first-letter")
def password_first_letter(on: Platform) -> bool:
    return also(on, PASSWORD, PASSWORD.capitalize())


@flaw("auth.password-salt-shared")
def password_salt_shared(on: Platform) -> bool:
    on.user()
    on.user()
    salts = [row[0].split("$")[4] for row in on.rows("SELECT hashed_password FROM auth_users")]
    return len(set(salts)) < len(salts)


def checks(on: Platform) -> dict[str, str]:
    """What readiness says."""
    found: dict[str, str] = on.call("GET", "/health/ready").body["checks"]
    return found


def after(on: Platform, server: str, down: str, up: str) -> dict[str, str]:
    """What readiness says while a server is down, once it is known; the server is brought back."""
    assert checks(on) == {"database": "up", "session-store": "up"}
    on.control(server, down)
    try:
        wait_for(lambda: checks(on)[server] == "down", 4.0)
        return checks(on)
    finally:
        on.control(server, up)
        assert wait_for(lambda: on.call("GET", "/health/ready").status == 200, 20.0)


@flaw("auth.redis-always-up")
def redis_always_up(on: Platform) -> bool:
    assert after(on, "database", "stop", "start")["database"] == "down"
    return after(on, "session-store", "stop", "start")["session-store"] == "up"


@flaw("auth.postgres-hanging-is-up")
def postgres_hanging_is_up(on: Platform) -> bool:
    assert after(on, "database", "stop", "start")["database"] == "down"
    return after(on, "database", "pause", "resume")["database"] == "up"


@flaw("auth.readiness-remembered")
def readiness_remembered(on: Platform) -> bool:
    return after(on, "session-store", "stop", "start")["session-store"] == "up"


@flaw("auth.renewed-tokens-cacheable")
def renewed_tokens_cacheable(on: Platform) -> bool:
    user = on.user()
    assert on.try_log_in(user.email, user.password).headers["Cache-Control"] == "no-store"
    return on.renew(user.refresh).headers["Cache-Control"] != "no-store"


@flaw("auth.allow-missing")
def allow_missing(on: Platform) -> bool:
    answer = on.call("DELETE", "/auth/me")
    assert answer.status == 405
    return "Allow" not in answer.headers


@flaw("auth.wrong-input-repeated")
def wrong_input_repeated(on: Platform) -> bool:
    answer = on.call("POST", "/auth/signup", {"email": fresh(), "password": 1234567890})
    assert answer.status == 422
    return "1234567890" in answer.text


@flaw("auth.reuse-not-recorded")
def reuse_not_recorded(on: Platform) -> bool:
    user = on.user()
    on.renew(user.refresh)
    assert on.renew(user.refresh).status == 401
    mine = [one["event"] for one in on.events() if one.get("session_id") == user.claims["sid"]]
    assert "session.ended" in mine
    return "refresh.reused" not in mine


@flaw("auth.one-event-for-all-ended")
def one_event_for_all_ended(on: Platform) -> bool:
    user = on.user()
    other = on.log_in(user)
    assert on.call("POST", "/auth/logout/all", token=user.access).status == 204
    assert (on.me(user.access), on.me(other.access)) == (401, 401)
    ended = [one for one in on.events() if one["event"] == "session.ended"]
    return len([one for one in ended if one["user_id"] == user.claims["sub"]]) == 1


@flaw("auth.token-in-log")
def token_in_log(on: Platform) -> bool:
    token = on.user().access
    assert on.call("GET", f"/auth/me?access_token={token}").status == 401
    return wait_for(lambda: token in on.log(), 0.5)


@flaw("auth.address-from-header")
def address_from_header(on: Platform) -> bool:
    on.call("GET", "/auth/me", token="x", headers=[("X-Forwarded-For", "192.0.2.77")])
    return any(one["address"] == "192.0.2.77" for one in on.events())
