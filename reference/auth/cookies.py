"""Tokens in cookies, for browsers: set so that only this service gets them back, and only its own pages can use them."""

from starlette.requests import Request
from starlette.responses import Response

from reference.auth.securitylog import SecurityLog
from reference.auth.strictjws import Refused
from reference.common import problems

ACCESS = "__Host-access"
REFRESH = "__Secure-refresh"
REFRESH_PATH = "/auth/browser/refresh"
#: A page of another site cannot send it unless this service allows it to, and it allows nobody.
HEADER = "x-csrf-protection"
_SAFE = ("GET", "HEAD", "OPTIONS")


class Cookies:
    """Sets, reads and clears the two cookies of a session."""

    def __init__(self, public_url: str, log: SecurityLog) -> None:
        self._origin, self._log = public_url, log

    @property
    def offered(self) -> bool:
        """Whether there are cookies at all: browsers keep these over HTTPS only."""
        return self._origin.startswith("https:")

    def require_own_page(self, request: Request) -> None:
        """Refuses what a page of another site could have had a browser send."""
        if not self.offered:
            raise problems.Problem("https-required")
        if self.is_from_own_page(request):
            return
        self._log.failure("request.forged", "not-from-own-page")
        raise problems.Problem("forged-request")

    def is_from_own_page(self, request: Request) -> bool:
        """Whether the header is there that only own pages can send, and no other origin is named."""
        origins = request.headers.getlist("origin")
        return request.headers.get(HEADER) == "1" and all(one == self._origin for one in origins)

    def access_token(self, request: Request) -> str | None:
        """The access token in the cookie of a request that an own page sent; None where there is no such cookie."""
        if not self.offered:
            return None
        token = _value(request, ACCESS)
        if token is not None and request.method not in _SAFE:
            self.require_own_page(request)
        return token

    def refresh_token(self, request: Request) -> str:
        """The refresh token in the cookie of a request that an own page sent."""
        self.require_own_page(request)
        try:
            token = _value(request, REFRESH)
        except Refused:
            token = None
        if token is None:
            self._log.failure("refresh.refused", "no-cookie")
            raise problems.Problem("invalid-refresh-token", headers={"WWW-Authenticate": "Bearer"})
        return token

    def put(
        self, response: Response, access: str, access_seconds: int, refresh: str, session_seconds: int
    ) -> None:
        """Gives a browser the tokens of its session, each until it ends."""
        self._set(response, ACCESS, access, "/", access_seconds)
        self._set(response, REFRESH, refresh, REFRESH_PATH, session_seconds)

    def clear(self, response: Response) -> None:
        """Has a browser forget them."""
        self._set(response, ACCESS, "", "/", 0)
        self._set(response, REFRESH, "", REFRESH_PATH, 0)

    @staticmethod
    def _set(response: Response, name: str, value: str, path: str, seconds: int) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path=path, secure=True, httponly=True, samesite="strict"
        )


def _value(request: Request, name: str) -> str | None:
    """The value of a cookie, None where there is none; raises Refused where it comes twice."""
    pairs = [pair.strip() for header in request.headers.getlist("cookie") for pair in header.split(";")]
    values = [value for known, _, value in (pair.partition("=") for pair in pairs) if known == name]
    if len(values) > 1:
        raise Refused("several-cookies")
    return values[0] if values else None
