"""Requests that two readers could take for different ones, refused before anything is done with them."""

import re

import h11

MOST_HEADERS = 100
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)
_VERSIONS = (b"1.0", b"1.1")


class StrictConnection(h11.Connection):
    """h11's reading of HTTP/1.1, without what it lets pass."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next piece of what came; raises h11.RemoteProtocolError for a request that is not plain."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            if (objection := objection_to(event)) is not None:
                raise h11.RemoteProtocolError(objection)
            return in_origin_form(event)
        return event


def objection_to(request: h11.Request) -> str | None:
    """Why a request is not taken, None when it is (RFC 9112, 2.3, 3.2 and 6.1)."""
    names = [name for name, _ in request.headers]
    if request.http_version not in _VERSIONS:
        return "another version of HTTP"
    if len(names) > MOST_HEADERS:
        return "too many headers"
    if b"transfer-encoding" in names and (b"content-length" in names or request.http_version == b"1.0"):
        return "two lengths of one body"
    hosts = [value for name, value in request.headers if name == b"host"]
    if not all(_HOST.fullmatch(host) for host in hosts):
        return "no name of a host"
    return None


def in_origin_form(request: h11.Request) -> h11.Request:
    """The request with a path in the place of a whole URL, which means the same (RFC 9112, 3.2.2)."""
    whole = _ABSOLUTE.match(request.target)
    if whole is None:
        return request
    rest = request.target[whole.end() :]
    return h11.Request(
        method=request.method,
        headers=list(request.headers),
        target=rest if rest.startswith(b"/") else b"/" + rest,
        http_version=request.http_version,
    )
