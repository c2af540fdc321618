"""Who may do what: the one place that reads an Authorization header and believes a token."""

import re

from starlette.requests import Request

from reference.auth import limits
from reference.auth.cookies import Cookies
from reference.auth.limits import Limits
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Sessions
from reference.auth.strictjws import Refused
from reference.auth.tokens import Claims, Verifier
from reference.common import problems

_CREDENTIALS = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr](?![!#$%&'*+.^_`|~0-9A-Za-z-])")
_NO_SESSION = "00000000-0000-0000-0000-000000000000"


class NoBearer(Refused):
    """No header is of the scheme Bearer: nobody has tried to present a token (RFC 6750, 3.1)."""


class Access:
    """Turns a request, or a token, into claims that hold."""

    def __init__(
        self, verifier: Verifier, sessions: Sessions, cookies: Cookies, limits: Limits, log: SecurityLog
    ) -> None:
        self._verifier, self._sessions, self._cookies = verifier, sessions, cookies
        self._limits, self._log = limits, log

    def authenticate(self, request: Request) -> Claims:
        """The claims of the token presented; raises missing-token or, for every other reason alike, invalid-token.

        The request counts for whom the token proves, and for nobody where it proves nothing.
        """
        try:
            claims = self.check(self.presented(request))
        except NoBearer:
            raise problems.Problem("missing-token", headers={"WWW-Authenticate": "Bearer"}) from None
        except Refused as refused:
            raise self.refusal(refused.reason, refused.user_id, refused.session_id) from None
        self._limits.spend(request.scope["route"].name, limits.verified(claims))
        self._sessions.activity.note(claims.session_id)
        return claims

    def presented(self, request: Request) -> str:
        """The token of a request: in its Authorization header or in a cookie, and never in both."""
        headers = request.headers.getlist("authorization")
        token = self._cookies.access_token(request)
        if token is None:
            return bearer_token(headers)
        if headers:
            raise Refused("bearer-and-cookie")
        return token

    def refusal(
        self, reason: str, user_id: str | None = None, session_id: str | None = None
    ) -> problems.Problem:
        """The one answer to a token that is not accepted; reason and owner go to the security log alone."""
        self._log.failure("token.refused", reason, user_id=user_id, session_id=session_id)
        return problems.Problem("invalid-token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def check(self, token: str) -> Claims:
        """The claims of an access token whose session lives; raises Refused otherwise.

        A token that is refused for itself costs a look for a session all the same, so that the time taken does not
        tell how far it got.
        """
        try:
            claims = self._verifier.check(token)
        except Refused:
            self._sessions.state(_NO_SESSION)
            raise
        return self.check_session(claims)

    def check_session(self, claims: Claims) -> Claims:
        """The claims, held against the session: whose it is, that it lives, what its user may do."""
        state = self._sessions.state(claims.session_id)
        if state.user_id is None:
            raise Refused("session-ended", claims.user_id, claims.session_id)
        if state.user_id != claims.user_id:
            raise Refused("not-the-sessions-user", state.user_id, claims.session_id)
        held = tuple(one for one in claims.permissions if one in state.permissions)
        return Claims(claims.user_id, claims.session_id, held, claims.expires_at, claims.token_id)

    def require(self, claims: Claims, permission: str) -> None:
        """Raises insufficient-scope unless the caller has the right."""
        if permission not in claims.permissions:
            self._log.failure(
                "permission.refused", permission, user_id=claims.user_id, session_id=claims.session_id
            )
            header = f'Bearer error="insufficient_scope", scope="{permission}"'
            raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})


def bearer_token(headers: list[str]) -> str:
    """The token of exactly one header of exactly the form `Bearer TOKEN` (RFC 6750, RFC 9110).

    Raises NoBearer where no header is of that scheme, and Refused where one is and is not good.
    """
    if not any(_BEARER.match(header) for header in headers):
        raise NoBearer("no-bearer")
    if len(headers) != 1:
        raise Refused("several-headers")
    found = _CREDENTIALS.fullmatch(headers[0])
    if found is None:
        raise Refused("not-bearer")
    return found.group(1)
