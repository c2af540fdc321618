"""Sessions held too long or too loosely, used from elsewhere unseen, and the cookies that browsers hold them with."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from reference.auth import cookies, endpoints, strictjws
from reference.auth.activity import alive
from reference.auth.database import refresh_tokens, users
from reference.auth.database import sessions as session_table
from reference.auth.routes import browser
from reference.auth.sessions import Renewed, new_token, token_hash
from reference.auth.strictjws import Refused
from reference.common import clock, problems, web
from reference.defects import Function, Hit, Patch, defect

_TWO_TABS = timedelta(seconds=5)


@defect(
    "auth.same-device-same-session",
    breaks=["ACC-08"],
    says="A log-in that names a device which has a session of the same person goes on with that session.",
    partial=True,
    blind=True,
)
def same_device_same_session(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def thrifty(self: Any, user_id: str, permissions: Any, device_id: Any, hashed_password: str) -> Any:
            now = clock.now()
            same = [one for one in self.list(user_id) if device_id and one["device_id"] == device_id]
            if not same:
                return begin(self, user_id, permissions, device_id, hashed_password)
            held, token = same[0], new_token()
            with self._database.transaction() as connection:
                still = select(users.c.hashed_password).where(users.c.id == user_id, users.c.is_active)
                right = connection.scalar(still) == hashed_password
                if right:
                    self._keep(connection, token, held["id"], now)
                    began_at = self.activity.touch(connection, held["id"], now)
            if not right:
                return begin(self, user_id, permissions, device_id, hashed_password)
            hit()
            self.activity.tell(held["id"], began_at)
            return Renewed(held["id"], user_id, tuple(permissions), token, held["expires_at"])

        return thrifty

    patch.replace("auth.sessions:Sessions.begin", factory)


@defect(
    "auth.named-device-slides",
    breaks=["AUTH-141"],
    says="A renewal moves the end of a session whose device was named at log-in.",
    partial=True,
    blind=True,
)
def named_device_slides(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def sliding(self: Any, token: str) -> Any:
            renewed = renew(self, token)
            this = session_table.c.id == renewed.session_id
            end = clock.now() + timedelta(seconds=self._settings.refresh_token_lifetime)
            with self._database.transaction() as connection:
                if connection.scalar(select(session_table.c.device_id).where(this)) is None:
                    return renewed
                connection.execute(update(session_table).where(this).values(expires_at=end))
            hit()
            return replace(renewed, expires_at=end)

        return sliding

    patch.replace("auth.sessions:Sessions.renew", factory)


def _session_of_expired(verifier: Any, token: str) -> str | None:
    """The session that a token of this platform names whose time is over; None where it is another token."""
    try:
        claims = strictjws.read_object(verifier.check_signature(token).payload)
    except Refused:
        return None
    ends, session_id = claims.get("exp"), claims.get("sid")
    if not isinstance(ends, int) or ends > clock.seconds() or not isinstance(session_id, str):
        return None
    return session_id if strictjws.is_identifier(session_id) else None


@defect(
    "auth.expired-token-keeps-session",
    breaks=["AUTH-140", "ACC-09"],
    says="An access token whose time is over is refused, and all the same counts as a use of its session.",
    partial=True,
    blind=True,
)
def expired_token_keeps_session(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def hasty(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem as problem:
                if problem.name != "invalid-token":
                    raise
                try:
                    session_id = _session_of_expired(self._verifier, self.presented(request))
                except Refused:
                    raise problem from None
                if session_id is not None:
                    hit()
                    self._sessions.activity.note(session_id)
                raise

        return hasty

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.elsewhere-without-program",
    breaks=["ACC-13", "AUTH-143"],
    says="That a session is used from elsewhere is not told where the request does not name its program.",
    partial=True,
    blind=True,
)
def elsewhere_without_program(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def needing_a_name(self: Any, session_id: str, began_at: Any) -> None:
            if began_at is None or web.caller().user_agent is not None:
                tell(self, session_id, began_at)
            else:
                hit()

        return needing_a_name

    patch.replace("auth.activity:Activity.tell", factory)


@defect(
    "auth.last-place-of-new-places-only",
    breaks=["AUTH-144"],
    says="The place of the last use is written down when it is new to the session, not when a known one is used again.",
    partial=True,
    blind=True,
)
def last_place_of_new_places_only(patch: Patch) -> None:
    def factory(touch: Function, hit: Hit) -> Function:
        def forgetful(self: Any, connection: Any, session_id: str, now: Any) -> Any:
            living = (session_table.c.id == session_id) & alive(now)
            before = connection.execute(select(session_table).where(living)).mappings().first()
            new = touch(self, connection, session_id, now)
            if new is not None or before is None:
                return new
            names, who = ("last_ip_address", "last_user_agent"), web.caller()
            kept = {name: before[name] for name in names}
            if (who.address, who.user_agent) != tuple(kept.values()):
                hit()
                connection.execute(update(session_table).where(living).values(kept))
            return new

        return forgetful

    patch.replace("auth.activity:Activity.touch", factory)


@defect(
    "auth.origin-of-another-port",
    breaks=["AUTH-146"],
    says="A page of another port of the same host is taken for an own page of the service.",
    partial=True,
    blind=True,
)
def origin_of_another_port(patch: Patch) -> None:
    def host(origin: str) -> Any:
        try:
            read = urlsplit(origin)
            return read.scheme, read.hostname
        except ValueError:
            return None

    def factory(is_from_own_page: Function, hit: Hit) -> Function:
        def neighbourly(self: Any, request: Any) -> bool:
            if is_from_own_page(self, request):
                return True
            origins = request.headers.getlist("origin")
            same = all(host(one) == host(self._origin) for one in origins)
            if request.headers.get(cookies.HEADER) != "1" or not same:
                return False
            hit()
            return True

        return neighbourly

    patch.replace("auth.cookies:Cookies.is_from_own_page", factory)


@defect(
    "auth.clearing-cookies-not-secure",
    breaks=["AUTH-148", "ACC-11"],
    says="The cookies that log-out sets for a browser to forget its own are not Secure, so that browsers leave them aside.",
    partial=True,
    blind=True,
)
def clearing_cookies_not_secure(patch: Patch) -> None:
    def factory(_clear: Function, hit: Hit) -> Function:
        def careless(_self: Any, response: Any) -> None:
            hit()
            for name, path in ((cookies.ACCESS, "/"), (cookies.REFRESH, cookies.REFRESH_PATH)):
                response.delete_cookie(name, path=path, httponly=True, samesite="strict")

        return careless

    patch.replace("auth.cookies:Cookies.clear", factory)


@defect(
    "auth.reused-cookie-forgiven",
    breaks=["AUTH-145"],
    says="A cookie that renews, brought again within five seconds, is refused as if another tab had been quicker.",
    partial=True,
    blind=True,
)
def reused_cookie_forgiven(patch: Patch) -> None:
    def factory(refresh_by_cookie: Function, hit: Hit) -> Function:
        def patient(request: Any) -> Any:
            service = endpoints.parts(request)
            this = refresh_tokens.c.token_hash == token_hash(service.cookies.refresh_token(request))
            with service.sessions._database.transaction() as connection:
                used_at = connection.scalar(select(refresh_tokens.c.used_at).where(this))
            if used_at is None or clock.now() - used_at > _TWO_TABS:
                return refresh_by_cookie(request)
            hit()
            service.log.failure("refresh.refused", "used-just-now")
            raise problems.Problem("invalid-refresh-token", headers={"WWW-Authenticate": "Bearer"})

        return patient

    patch.replace("auth.routes.browser:refresh_by_cookie", factory)


@defect(
    "auth.second-step-over-plain-http",
    breaks=["AUTH-149"],
    says="The log-in of a browser that is finished with a code gives its cookies over plain HTTP too.",
    partial=True,
    blind=True,
)
def second_step_over_plain_http(patch: Patch) -> None:
    def factory(finish: Function, hit: Hit) -> Function:
        def anywhere(request: Any, body: Any) -> Any:
            service = endpoints.parts(request)
            if service.cookies.offered or not service.cookies.is_from_own_page(request):
                return finish(request, body)
            user_id, begun = service.second_factor.finish(body.challenge_token, body.code)
            hit()
            user = endpoints.user_answer(service.accounts.require(user_id))
            return browser.with_cookies(service, begun, {"user": user.model_dump()})

        return anywhere

    patch.replace("auth.routes.second_factor:finish_log_in_by_cookie", factory)
