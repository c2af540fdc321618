"""Cookies as a browser keeps and sends them (RFC 6265, RFC 6265bis), and what those of a session must be."""

from __future__ import annotations

from collections.abc import Iterable

from assay.http.cookies import SetCookie


def unguarded(cookie: SetCookie, rule: str) -> str:
    """What a cookie lacks by one of the `RULES`; an empty text where it lacks nothing."""
    return RULES[rule](cookie)


def _secure(cookie: SetCookie) -> str:
    return "" if "secure" in cookie.attributes else "no Secure"


def _hidden(cookie: SetCookie) -> str:
    return "" if "httponly" in cookie.attributes else "no HttpOnly"


def _same_site(cookie: SetCookie) -> str:
    said = cookie.attributes.get("samesite", "none")
    return "" if said.lower() in ("strict", "lax") else f"SameSite={said}"


def _of_this_host(cookie: SetCookie) -> str:
    if "domain" in cookie.attributes:
        return f"Domain={cookie.attributes['domain']}"
    if cookie.name.startswith("__Host-"):
        path = cookie.attributes.get("path", "")
        return "" if path == "/" else f"__Host- with Path={path}"
    return "" if cookie.name.startswith("__Secure-") else "neither __Host- nor __Secure- in its name"


def _short(cookie: SetCookie) -> str:
    return "" if cookie.octets <= 4096 else f"{cookie.octets} octets"


#: What each cookie of a session must be, by a name that reads in a test (ASVS 5.0, 3.3.1 to 3.3.5).
RULES = {
    "sent over HTTPS only": _secure,
    "hidden from scripts": _hidden,
    "kept from other sites": _same_site,
    "of this host alone": _of_this_host,
    "short enough to be kept": _short,
}


class Browser:
    """The cookies that a browser holds of one service."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], SetCookie] = {}

    def keep(self, set_by_answer: Iterable[SetCookie], asked: str) -> None:
        """Keeps, replaces and forgets cookies as the answer to a request for a path says."""
        for cookie in set_by_answer:
            place = (cookie.name, cookie.path_for(asked))
            if cookie.ends:
                self._held.pop(place, None)
            else:
                self._held[place] = cookie

    @property
    def cookies(self) -> list[SetCookie]:
        return list(self._held.values())

    def copy(self) -> Browser:
        """A browser with the same cookies, as whoever stole them has."""
        other = Browser()
        other._held = dict(self._held)
        return other

    def header_for(self, path: str) -> str:
        """The value of the Cookie header for a path; empty where no cookie fits (RFC 6265, 5.1.4 and 5.4)."""
        fitting = [(held, one) for (_, held), one in self._held.items() if _fits(held, path)]
        longest_first = sorted(fitting, key=lambda pair: -len(pair[0]))
        return "; ".join(f"{one.name}={one.value}" for _, one in longest_first)


def _fits(cookie_path: str, path: str) -> bool:
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")
