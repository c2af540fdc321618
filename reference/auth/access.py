"""Who may do what: the one place that reads credentials and believes them."""

import re

from starlette.requests import Request

from reference.auth import limits
from reference.auth.apikeys import ApiKeys
from reference.auth.cookies import Cookies
from reference.auth.limits import Limits
from reference.auth.principal import Principal, ServicePrincipal, ways
from reference.auth.securitylog import SecurityLog
from reference.auth.services import Services
from reference.auth.sessions import Sessions, invalid_token
from reference.auth.strictjws import Refused
from reference.auth.tokens import Claims, Verifier
from reference.common import problems

_CREDENTIALS = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr](?![!#$%&'*+.^_`|~0-9A-Za-z-])")
KEY, KEY_HEADER = "api_key", "x-api-key"
_NO_SESSION = "00000000-0000-0000-0000-000000000000"


class NoBearer(Refused):
    """No header is of the scheme Bearer: nobody has tried to present a token (RFC 6750, 3.1)."""


class Access:
    """Turns a request, or a token, into claims that hold."""

    def __init__(
        self,
        verifier: Verifier,
        sessions: Sessions,
        cookies: Cookies,
        api_keys: ApiKeys,
        services: Services,
        limits: Limits,
        log: SecurityLog,
    ) -> None:
        self._verifier, self._sessions, self._cookies = verifier, sessions, cookies
        self._api_keys, self._services = api_keys, services
        self._limits, self._log = limits, log

    def admit_key(self, request: Request) -> Principal:
        """Who asks by an API key, which has every scope that the contract asks for."""
        presented = request.headers.getlist(KEY_HEADER)
        self._one_credential(request)
        principal = self._believe_key(presented)
        self._limits.spend(request.scope["route"].name, limits.verified(principal))
        lacking = [scope for scope in ways(request)[KEY] if scope not in principal.granted]
        if lacking:
            self._log.failure(
                "permission.refused", lacking[0], user_id=principal.user_id, key_id=principal.key_id
            )
            header = f'ApiKey error="insufficient_scope", scope="{lacking[0]}"'
            raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})
        request.state.principal = principal
        return principal

    def comes_by_key(self, request: Request) -> bool:
        """Whether an API key is presented where the contract lets keys in."""
        return KEY_HEADER in request.headers and KEY in ways(request)

    def admit_service(self, request: Request) -> ServicePrincipal:
        """Which service asks, by a token of its own that has every permission that the contract asks for."""
        needed = ways(request)["service"]
        self._one_credential(request)
        try:
            asking = self._services.check(bearer_token(request.headers.getlist("authorization")))
        except NoBearer:
            raise problems.Problem("missing-token", headers={"WWW-Authenticate": "Bearer"}) from None
        except Refused as refused:
            raise self.refusal(refused.reason, refused.user_id, refused.session_id) from None
        lacking = [permission for permission in needed if permission not in asking.granted]
        if lacking:
            self._log.failure("permission.refused", lacking[0], service_id=asking.service_id)
            header = f'Bearer error="insufficient_scope", scope="{lacking[0]}"'
            raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})
        request.state.principal = asking
        return asking

    def _believe_key(self, presented: list[str]) -> Principal:
        """Whose key it is; raises invalid-api-key, for every reason alike."""
        try:
            if len(presented) != 1:
                raise Refused("several-headers")
            return self._api_keys.check(presented[0])
        except Refused as refused:
            named = {"user_id": refused.user_id, "key_id": refused.key_id}
            self._log.failure("api-key.refused", refused.reason, **named)
            raise problems.Problem("invalid-api-key", headers={"WWW-Authenticate": "ApiKey"}) from None

    def _one_credential(self, request: Request) -> None:
        """Refuses who presents a token and a key: which of them is meant cannot be told (RFC 6750, 3.1)."""
        bearing = any(_BEARER.match(header) for header in request.headers.getlist("authorization"))
        try:
            bearing = bearing or self._cookies.access_token(request) is not None
        except Refused:
            bearing = True
        if bearing and KEY_HEADER in request.headers:
            self._log.failure("credentials.refused", "two-at-once")
            raise problems.Problem("malformed-request")

    def authenticate(self, request: Request) -> Claims:
        """The claims of the token presented, which has every permission that the contract asks for.

        Raises missing-token or, for every other reason alike, invalid-token; insufficient-scope where a good token lacks
        a permission. The request counts for whom the token proves, and for nobody where it proves nothing. Who asked is
        kept as `request.state.principal`.
        """
        needed = ways(request)["bearer"]
        self._one_credential(request)
        try:
            claims = self.check(self.presented(request))
        except NoBearer:
            raise problems.Problem("missing-token", headers={"WWW-Authenticate": "Bearer"}) from None
        except Refused as refused:
            raise self.refusal(refused.reason, refused.user_id, refused.session_id) from None
        self._limits.spend(request.scope["route"].name, limits.verified(claims))
        self._sessions.activity.note(claims.session_id)
        for permission in needed:
            self.require(claims, permission)
        request.state.principal = Principal(claims.user_id, claims.permissions, claims.session_id)
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
        return invalid_token()

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
