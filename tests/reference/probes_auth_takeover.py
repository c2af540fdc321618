"""Each defect of taking accounts over by their passwords is seen with the defect on, and not with it off."""

import secrets
import time
from collections.abc import Iterable

from tests.reference.defect_platform import Answer, Platform, User, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
PASSWORD = "a password of some length"
ANOTHER = "another of some length"
THIRD = "a third of some length"
WEAK = "short"


def change(on: Platform, user: User, current: str, new: str) -> int:
    """The status of a change of the password."""
    body = {"current_password": current, "new_password": new}
    return on.call("POST", "/auth/password", body, user.access).status


def ask(on: Platform, email: str, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """Asks for a reset."""
    answer = on.call("POST", "/auth/password-reset/request", {"email": email}, headers=headers)
    assert answer.status == 202, answer.text
    return answer


def mailed(on: Platform, email: str, headers: Iterable[tuple[str, str]] = ()) -> str:
    """The text of the mail that a request for a reset brings."""
    before = len(with_token(on, email))
    ask(on, email, headers)
    assert wait_for(lambda: len(with_token(on, email)) > before, 10.0), "no mail came"
    return with_token(on, email)[-1]


def with_token(on: Platform, email: str) -> list[str]:
    """The texts of the mails to an address that have a token in them."""
    return [one["text"] for one in on.mails(email) if "?token=" in one["text"]]


def reset_token(on: Platform, email: str) -> str:
    """A token to set another password with."""
    return mailed(on, email).partition("?token=")[2].split()[0]


def reset(on: Platform, token: str, new: str, access: str | None = None) -> int:
    """The status of a reset."""
    body = {"token": token, "new_password": new}
    return on.call("POST", "/auth/password-reset/confirm", body, access).status


@flaw("auth.change-takes-the-password-before")
def change_takes_the_password_before(on: Platform) -> bool:
    user = on.user(PASSWORD)
    assert change(on, user, PASSWORD, ANOTHER) == 204
    assert on.try_log_in(user.email, PASSWORD).status == 401
    assert change(on, user, THIRD, THIRD) == 403
    return change(on, user, PASSWORD, THIRD) == 204


@flaw("auth.change-spares-younger-sessions")
def change_spares_younger_sessions(on: Platform) -> bool:
    older = on.user(PASSWORD)
    asking, younger = on.log_in(older), on.log_in(older)
    assert change(on, asking, PASSWORD, ANOTHER) == 204
    assert (on.me(older.access), on.me(asking.access)) == (401, 200)
    return on.me(younger.access) == 200


@flaw("auth.reset-spares-named-devices")
def reset_spares_named_devices(on: Platform) -> bool:
    user = on.user()
    named = on.log_in(user, "telephone")
    assert reset(on, reset_token(on, user.email), ANOTHER) == 204
    assert on.me(user.access) == 401
    return on.me(named.access) == 200


@flaw("auth.guess-beside-a-weak-password", login_failures=3)
def guess_beside_a_weak_password(on: Platform) -> bool:
    user, other = on.user(PASSWORD), on.user(PASSWORD)
    assert change(on, user, PASSWORD, WEAK) == 422
    assert [change(on, other, ANOTHER, THIRD) for _ in range(4)] == [403, 403, 403, 429]
    assert [change(on, user, ANOTHER, WEAK) for _ in range(3)] == [403] * 3
    return change(on, user, ANOTHER, WEAK) == 403


@flaw("auth.reset-for-who-is-logged-in")
def reset_for_who_is_logged_in(on: Platform) -> bool:
    victim, thief = on.user(), on.user()
    assert reset(on, reset_token(on, thief.email), ANOTHER) == 204
    assert on.try_log_in(thief.email, ANOTHER).status == 200
    assert reset(on, reset_token(on, thief.email), THIRD, victim.access) == 204
    return on.try_log_in(victim.email, THIRD).status == 200


@flaw("auth.reset-mailed-to-lookalike")
def reset_mailed_to_lookalike(on: Platform) -> bool:
    email = f"mike{secrets.token_hex(6)}@example.test"
    on.sign_up(email, PASSWORD)
    assert on.verify(on.mailed_token(email)).status == 200
    lookalike = email.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}")
    ask(on, lookalike)
    mailed(on, email)
    return len(on.mails(lookalike)) == 1


@flaw("auth.reset-limit-shows-in-header", reset_mails=1)
def reset_limit_shows_in_header(on: Platform) -> bool:
    user = on.user()
    mailed(on, user.email)
    assert "Retry-After" not in ask(on, f"nobody-{user.email}").headers
    return "Retry-After" in ask(on, user.email).headers


@flaw("auth.reset-link-by-origin")
def reset_link_by_origin(on: Platform) -> bool:
    user = on.user()
    assert "https://www.assay.test/reset-password?token=" in mailed(on, user.email)
    text = mailed(on, user.email, [("Origin", "https://elsewhere.test")])
    return "https://elsewhere.test/reset-password?token=" in text


@flaw("auth.refused-reset-renews-token", reset_lifetime=4)
def refused_reset_renews_token(on: Platform) -> bool:
    token = reset_token(on, on.user().email)
    time.sleep(2)
    assert reset(on, token, WEAK) == 422
    time.sleep(2.5)
    return reset(on, token, ANOTHER) == 204
