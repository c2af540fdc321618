"""Requests that mean, to some part of a platform, what another request means to the rest of it."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

#: Headers in which proxies name the caller; anybody can send them.
FORWARDING = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "X-Originating-IP",
    "X-Remote-IP",
    "X-Remote-Addr",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
)


def claims_of_other_addresses() -> list[dict[str, str]]:
    """Headers, each claiming another caller: every known one by itself, the standard one, lists, and all at once."""
    claims = [{name: address(number)} for number, name in enumerate(FORWARDING)]
    claims += [{"Forwarded": f"for={address(30)}"}, {"Forwarded": 'for="[2001:db8:cafe::17]:4711"'}]
    claims += [{"X-Forwarded-For": f"{address(31)}, {address(32)}"}]
    claims += [{"X-Forwarded-For": f"::ffff:{address(33)}"}]
    return [*claims, {name: address(34) for name in FORWARDING}]


def address(number: int) -> str:
    """An address that is kept for documents (RFC 5737)."""
    return f"203.0.113.{1 + number}"


def of_the_path(url: str) -> dict[str, str]:
    """Paths that look like the one of a URL, by what is done to it; `as it is` among them."""
    path = urlsplit(url).path
    first, _, rest = path.lstrip("/").partition("/")
    return {
        "as it is": path,
        "a slash at the end": f"{path}/",
        "two slashes at the beginning": f"/{path}",
        "two slashes within": f"/{first}//{rest}",
        "capitals": path.upper(),
        "a dot": f"/./{path.lstrip('/')}",
        "a way back": f"/anything/..{path}",
        "a coded letter": f"/%{ord(first[0]):02x}{first[1:]}/{rest}",
        "a coded slash": f"/{first}%2f{rest}",
        "a query": f"{path}?{secrets.token_hex(4)}",
        "a parameter": f"{path};{secrets.token_hex(4)}",
        "a fragment": f"{path}%23{secrets.token_hex(4)}",
        "a zero": f"{path}%00",
        "a space at the end": f"{path}%20",
    }
