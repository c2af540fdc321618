"""Keywords about cookies: what a service sets, what a browser keeps of it and sends back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.cookie import jar
from assay.cookie.jar import Browser
from assay.core.errors import AssayError, accepted
from assay.evidence.expect import expect
from assay.evidence.finding import Finder
from assay.evidence.redact import conceal
from assay.http.cookies import SetCookie, read


@library(scope="GLOBAL", auto_keywords=False)
class CookieLibrary:
    """Does with cookies what a browser does. It talks to no platform: answers come from HttpLibrary, headers go to it."""

    @keyword
    def a_browser(self) -> Browser:
        """A browser without cookies, of one service."""
        return Browser()

    @keyword
    def a_copy_of_browser(self, browser: Browser) -> Browser:
        """A browser that holds the same cookies now, and later goes its own way: whoever stole them has one."""
        return browser.copy()

    @keyword
    def keep_cookies(self, browser: Browser, response: Any) -> None:
        """Lets a browser keep, replace and forget cookies as an answer says.

        Example: | `Keep Cookies` | ${browser} | ${response} |
        """
        browser.keep(_set_by(response), urlsplit(response.steps[-1].path).path)

    @keyword
    def cookies_for(self, browser: Browser, address: str, *more: Browser) -> Secret | None:
        """The Cookie header that a browser sends to an address; None where it has no cookie for it.

        Cookies of `more` browsers follow in the same header, as no browser sends them.
        Example: | ${cookies} = | `Cookies For` | ${browser} | https://auth.example/auth/me |
        """
        path = urlsplit(address).path or "/"
        header = "; ".join(sent for one in (browser, *more) if (sent := one.header_for(path)))
        if not header:
            return None
        conceal(header, "cookie")
        return Secret(header)

    @keyword
    def each_cookie_should_be(self, response: Any, rule: str) -> None:
        """Fails, naming the cookie, unless each one that an answer sets is guarded by a rule. An answer without cookies fails.

        | =Rule= | =Meaning= |
        | `sent over HTTPS only` | it is Secure |
        | `hidden from scripts` | it is HttpOnly |
        | `kept from other sites` | SameSite is Strict or Lax |
        | `of this host alone` | no Domain; the name begins with __Host- and the path is /, or with __Secure- |
        | `short enough to be kept` | name and value have at most 4096 octets |

        Source: ASVS 5.0, 3.3.1 to 3.3.5. Example: | `Each Cookie Should Be` | ${response} | hidden from scripts |
        """
        if rule not in jar.RULES:
            raise AssayError(f"unknown rule '{rule}'{accepted(rule, jar.RULES)}")
        cookies = _set_by(response)
        expect(cookies, "cookies in the answer", "none", response.operation)
        lacking = {one.name: lack for one in cookies if (lack := jar.unguarded(one, rule))}
        expect(not lacking, f"each cookie {rule}", lacking, response.operation)

    @keyword
    def browser_should_hold_cookies(self, browser: Browser) -> None:
        """Fails unless a browser holds a cookie."""
        expect(browser.cookies, "a browser with cookies", "none")

    @keyword
    def browser_should_hold_no_cookies(self, browser: Browser) -> None:
        """Fails, naming them, where a browser still holds cookies."""
        held = [one.name for one in browser.cookies]
        expect(not held, "a browser without cookies", held)

    @keyword
    def body_should_hold_no_cookie(self, response: Any) -> None:
        """Fails, naming the cookie, where the body of an answer holds the value of a cookie that the answer sets."""
        cookies = _set_by(response)
        expect(cookies, "cookies in the answer", "none", response.operation)
        found = Finder({one.name: one.value for one in cookies if one.value}).names_in(response.text)
        expect(not found, "no cookie's value in the body", list(found), response.operation)


def _set_by(response: Any) -> list[SetCookie]:
    return [read(header) for header in response.headers.all("Set-Cookie")]
