"""What browsers do with cookies, and what cookies must be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from assay.cookie import jar
from assay.CookieLibrary import CookieLibrary
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.http.answers import Headers

GOOD = "__Host-a=value-of-a-session; Path=/; Secure; HttpOnly; SameSite=Strict"
NARROW = "__Secure-r=another-long-value; Path=/auth/renew; Secure; HttpOnly; SameSite=Lax; Max-Age=60"


def _answer(*cookies: str, text: str = "{}", asked: str = "/auth/browser/log-in?from=page") -> Any:
    headers = Headers([("Set-Cookie", one) for one in cookies])
    steps = [SimpleNamespace(path="/first"), SimpleNamespace(path=asked)]
    return SimpleNamespace(headers=headers, text=text, operation="auth.logInByCookie", steps=steps)


@pytest.fixture
def cookies() -> CookieLibrary:
    return CookieLibrary()


@pytest.mark.parametrize("rule", list(jar.RULES))
def test_a_guarded_cookie_is_as_it_should_be(cookies: CookieLibrary, rule: str) -> None:
    cookies.each_cookie_should_be(_answer(GOOD, NARROW), rule)


@pytest.mark.parametrize(
    ("cookie", "rule", "told"),
    [
        (GOOD.replace("; Secure", ""), "sent over HTTPS only", "no Secure"),
        (GOOD.replace("; HttpOnly", ""), "hidden from scripts", "no HttpOnly"),
        (GOOD.replace("Strict", "None"), "kept from other sites", "SameSite=None"),
        (GOOD.replace("; SameSite=Strict", ""), "kept from other sites", "SameSite=none"),
        (GOOD.replace("__Host-", ""), "of this host alone", "neither __Host- nor __Secure-"),
        (GOOD.replace("Path=/", "Path=/auth"), "of this host alone", "__Host- with Path=/auth"),
        (NARROW + "; Domain=example.test", "of this host alone", "Domain=example.test"),
        (GOOD.replace("value", "v" * 4096), "short enough to be kept", "octets"),
    ],
)
def test_an_unguarded_cookie_is_named_among_guarded_ones(
    cookies: CookieLibrary, cookie: str, rule: str, told: str
) -> None:
    with pytest.raises(Unmet, match=told):
        cookies.each_cookie_should_be(_answer(GOOD, cookie), rule)


def test_no_cookies_are_no_guarded_cookies(cookies: CookieLibrary) -> None:
    with pytest.raises(Unmet, match="cookies in the answer, saw none"):
        cookies.each_cookie_should_be(_answer(), "hidden from scripts")
    with pytest.raises(AssayError, match="unknown rule 'hiden from scripts'"):
        cookies.each_cookie_should_be(_answer(GOOD), "hiden from scripts")


def test_a_browser_sends_cookies_where_they_belong(cookies: CookieLibrary) -> None:
    browser = cookies.a_browser()
    assert cookies.cookies_for(browser, "https://h/auth/me") is None
    cookies.keep_cookies(browser, _answer(GOOD, NARROW))
    everywhere = cookies.cookies_for(browser, "https://h/auth/renewal")
    narrow = cookies.cookies_for(browser, "https://h/auth/renew")
    below = cookies.cookies_for(browser, "https://h/auth/renew/all")
    assert everywhere and narrow and below
    assert everywhere.value == "__Host-a=value-of-a-session"
    assert narrow.value == below.value == "__Secure-r=another-long-value; __Host-a=value-of-a-session"
    both = cookies.cookies_for(browser, "https://h/auth/me", browser.copy())
    assert both and both.value == "__Host-a=value-of-a-session; __Host-a=value-of-a-session"


def test_a_browser_forgets_what_ends_and_a_copy_does_not(cookies: CookieLibrary) -> None:
    browser = cookies.a_browser()
    with pytest.raises(Unmet, match="a browser with cookies"):
        cookies.browser_should_hold_cookies(browser)
    cookies.keep_cookies(browser, _answer(GOOD, NARROW))
    copy = cookies.a_copy_of_browser(browser)
    with pytest.raises(Unmet, match="__Host-a"):
        cookies.browser_should_hold_no_cookies(browser)
    cookies.keep_cookies(
        browser, _answer("__Host-a=x; Path=/; Max-Age=0", "__Secure-r=; Path=/auth/renew; Max-Age=-1")
    )
    cookies.browser_should_hold_no_cookies(browser)
    cookies.browser_should_hold_cookies(copy)


@pytest.mark.parametrize(
    "said",
    [
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Thu, 01-Jan-1970 00:00:01 GMT",
        "Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Wed, 21 Oct 2099 07:28:00 GMT; Max-Age=0",
        "Max-Age=-5",
    ],
)
def test_a_cookie_ends_by_its_expiry_whatever_its_value(cookies: CookieLibrary, said: str) -> None:
    browser = cookies.a_browser()
    cookies.keep_cookies(browser, _answer(GOOD))
    cookies.keep_cookies(browser, _answer(f"__Host-a=still-a-value; Path=/; {said}"))
    cookies.browser_should_hold_no_cookies(browser)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "; Expires=soon",
        "; Expires=Wed, 21 Oct 2099 07:28:00 GMT",
        "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60",
    ],
)
def test_a_cookie_without_a_value_is_held_like_any_other(cookies: CookieLibrary, said: str) -> None:
    browser = cookies.a_browser()
    cookies.keep_cookies(browser, _answer(GOOD))
    cookies.keep_cookies(browser, _answer(f"__Host-a=; Path=/{said}"))
    cookies.browser_should_hold_cookies(browser)
    sent = cookies.cookies_for(browser, "https://h/auth/me")
    assert sent and sent.value == "__Host-a="


@pytest.mark.parametrize(
    ("asked", "said", "sent_to", "kept_from"),
    [
        ("/auth/browser/log-in?a=/b/c", "", "/auth/browser/me", "/auth/me"),
        ("/auth/browser/log-in", "; Path", "/auth/browser", "/auth"),
        ("/auth/browser/", "; Path=browser", "/auth/browser/me", "/auth/browsers"),
    ],
)
def test_a_cookie_without_a_path_belongs_where_it_was_set(
    cookies: CookieLibrary, asked: str, said: str, sent_to: str, kept_from: str
) -> None:
    browser = cookies.a_browser()
    cookies.keep_cookies(browser, _answer(f"a=value-of-a-session{said}", asked=asked))
    assert cookies.cookies_for(browser, f"https://h{sent_to}")
    assert not cookies.cookies_for(browser, f"https://h{kept_from}")


@pytest.mark.parametrize("asked", ["/log-in", "/", ""])
def test_a_cookie_set_at_the_top_without_a_path_belongs_everywhere(
    cookies: CookieLibrary, asked: str
) -> None:
    browser = cookies.a_browser()
    cookies.keep_cookies(browser, _answer("a=value-of-a-session", asked=asked))
    assert cookies.cookies_for(browser, "https://h/auth/me")


def test_a_cookie_in_a_body_is_named(cookies: CookieLibrary) -> None:
    cookies.body_should_hold_no_cookie(_answer(GOOD, text='{"expires_in": 5}'))
    with pytest.raises(Unmet, match="__Host-a"):
        cookies.body_should_hold_no_cookie(_answer(GOOD, text='{"token": "value-of-a-session"}'))
    with pytest.raises(Unmet, match="cookies in the answer"):
        cookies.body_should_hold_no_cookie(_answer())
