"""Takeovers by a change or a reset of the password: what lets a stranger in, keeps one in or tells one something."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from sqlalchemy import func, select, update

from reference.auth import addresses
from reference.auth.access import bearer_token
from reference.auth.database import reset_tokens, users
from reference.auth.sessions import token_hash
from reference.auth.strictjws import Refused
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.change-takes-the-password-before",
    breaks=["ACC-02"],
    says="A change of the password takes the one before the current one for the current one too.",
    partial=True,
    blind=True,
)
def change_takes_the_password_before(patch: Patch) -> None:
    before: dict[str, str] = {}

    def factory_put(put: Function, _hit: Hit) -> Function:
        def remembering(
            self: Any, connection: Any, user_id: str, hashed: str, reason: str, but: str | None = None
        ) -> Any:
            before[user_id] = self._locked(connection, user_id)
            return put(self, connection, user_id, hashed, reason, but)

        return remembering

    def factory_knows(knows: Function, hit: Hit) -> Function:
        def lenient(self: Any, found: Any, password: str) -> Any:
            replaced = before.get(found["id"])
            if replaced is None or not self._passwords.matches(replaced, password):
                return knows(self, found, password)
            hit()
            return True

        return lenient

    patch.replace("auth.recovery:Recovery._put", factory_put)
    patch.replace("auth.recovery:Recovery._knows", factory_knows)


def _spare(patch: Patch, reason: str, spared: Callable[[list[Any], str | None], Iterable[Any]]) -> None:
    """Leaves some of a user's living sessions alone, of those given the newest first, when all end for a reason."""

    def factory(end_within: Function, hit: Hit) -> Function:
        def half(self: Any, connection: Any, user_id: str, why: str, but: str | None = None) -> Any:
            living = [*self.list(user_id)]
            kept = {one["id"] for one in spared(living, but)} if why == reason else set()
            if not kept:
                return end_within(self, connection, user_id, why, but)
            hit()
            ended = [one["id"] for one in living if one["id"] not in {*kept, but}]
            self._mark_ended(connection, ended, why)
            return ended

        return half

    patch.replace("auth.sessions:Sessions.end_within", factory)


@defect(
    "auth.change-spares-younger-sessions",
    breaks=["AUTH-100"],
    says="A change of the password ends the sessions that are older than the one that asks; younger ones go on.",
    partial=True,
    blind=True,
)
def change_spares_younger_sessions(patch: Patch) -> None:
    def younger(living: list[Any], asking: str | None) -> Iterable[Any]:
        ids = [one["id"] for one in living]
        return living[: ids.index(asking)] if asking in ids else []

    _spare(patch, "password-changed", younger)


@defect(
    "auth.reset-spares-named-devices",
    breaks=["AUTH-106"],
    says="A reset of the password ends the sessions that name no device; those of a named device go on.",
    partial=True,
    blind=True,
)
def reset_spares_named_devices(patch: Patch) -> None:
    _spare(patch, "password-reset", lambda living, _: [one for one in living if one["device_id"]])


@defect(
    "auth.guess-beside-a-weak-password",
    breaks=["AUTH-102"],
    says="A wrong guess of the current password does not count when the new one would have been refused anyway.",
    partial=True,
    blind=True,
)
def guess_beside_a_weak_password(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def lenient(self: Any, user_id: str, session_id: str, current: str, new: str) -> None:
            found = self._account(user_id)
            weak = found is not None and self._passwords.objection(new, found["email"]) is not None
            if not weak or self._passwords.matches(found["hashed_password"], current):
                change(self, user_id, session_id, current, new)
                return
            hit()
            named = {"user_id": user_id, "session_id": session_id}
            self._log.failure("password.change-refused", "wrong-password", **named)
            raise problems.Problem("wrong-password")

        return lenient

    patch.replace("auth.recovery:Recovery.change", factory)


@defect(
    "auth.reset-for-who-is-logged-in",
    breaks=["ACC-07", "ACC-02"],
    says="A reset with an access token beside it sets the password of who is logged in, whoever was mailed the token.",
    partial=True,
    blind=True,
)
def reset_for_who_is_logged_in(patch: Patch) -> None:
    logged_in: ContextVar[str | None] = ContextVar("logged_in", default=None)

    def factory_endpoint(reset_password: Function, _hit: Hit) -> Function:
        def greedy(request: Any, body: Any) -> Any:
            service = request.app.state.service
            try:
                token = bearer_token(request.headers.getlist("authorization"))
                logged_in.set(service.access.check(token).user_id)
            except Refused:
                logged_in.set(None)
            return reset_password(request, body)

        return greedy

    def factory_find(find: Function, hit: Hit) -> Function:
        def of_the_caller(connection: Any, token: str) -> Any:
            found, caller = find(connection, token), logged_in.get()
            if found is None or caller in (None, found["user_id"]):
                return found
            hit()
            whose = select(users.c.id.label("user_id"), users.c.email, users.c.is_active)
            return {**found, **connection.execute(whose.where(users.c.id == caller)).mappings().one()}

        return of_the_caller

    patch.replace("auth.endpoints:reset_password", factory_endpoint)
    patch.replace("auth.recovery:Recovery._find", factory_find)


@defect(
    "auth.reset-mailed-to-lookalike",
    breaks=["AUTH-107", "ACC-07"],
    says="Addresses are compared in capitals: the token of one with an i is mailed to the same with a dotless i on request.",
    partial=True,
    blind=True,
)
def reset_mailed_to_lookalike(patch: Patch) -> None:
    def factory(send: Function, hit: Hit) -> Function:
        def fooled(self: Any, owed: Any) -> Any:
            if owed["owner_id"] is not None or not owed["address"]:
                return send(self, owed)
            like = func.upper(users.c.email) == owed["address"].upper()
            with self._database.transaction() as connection:
                owner_id = connection.scalar(select(users.c.id).where(like))
            if owner_id is None:
                return send(self, owed)
            hit()
            return send(self, {**owed, "owner_id": owner_id, "email": owed["address"]})

        return fooled

    patch.replace("auth.mail:Outbox._send", factory)


@defect(
    "auth.reset-limit-shows-in-header",
    breaks=["AUTH-108", "AUTH-107"],
    says="Once an account is mailed no more reset tokens for a while, answers to requests for it say Retry-After.",
    partial=True,
    blind=True,
)
def reset_limit_shows_in_header(patch: Patch) -> None:
    def factory(request_password_reset: Function, hit: Hit) -> Function:
        def telling(request: Any, body: Any) -> Any:
            service = request.app.state.service
            answer = request_password_reset(request, body)
            settings, email = service.settings, addresses.normalise(body.email)
            with service.recovery._database.transaction() as connection:
                user_id = connection.scalar(select(users.c.id).where(users.c.email == email))
                if user_id is None or service.outbox.mailed(connection, user_id) < settings.reset_mails:
                    return answer
            hit()
            return JSONResponse(answer.model_dump(), 202, {"Retry-After": str(settings.reset_mail_window)})

        return telling

    patch.replace("auth.endpoints:request_password_reset", factory)


@defect(
    "auth.reset-link-by-origin",
    breaks=["AUTH-109"],
    says="The link in a reset mail leads to the site that the header Origin of the request names.",
    partial=True,
    blind=True,
)
def reset_link_by_origin(patch: Patch) -> None:
    origins: dict[str | None, str | None] = {}

    def factory_endpoint(request_password_reset: Function, _hit: Hit) -> Function:
        def noting(request: Any, body: Any) -> Any:
            origins[addresses.normalise(body.email)] = request.headers.get("origin")
            return request_password_reset(request, body)

        return noting

    def factory_compose(compose: Function, hit: Hit) -> Function:
        def fooled(self: Any, owed: Any) -> Any:
            message = compose(self, owed)
            origin = origins.get(owed["address"]) if owed["address"] else None
            if message is None or not origin:
                return message
            hit()
            link = self._settings.reset_link
            message.set_content(message.get_content().replace(link, f"{origin}{urlsplit(link).path}"))
            return message

        return fooled

    patch.replace("auth.endpoints:request_password_reset", factory_endpoint)
    patch.replace("auth.mail:Outbox.compose", factory_compose)


@defect(
    "auth.refused-reset-renews-token",
    breaks=["AUTH-110", "AUTH-105"],
    says="A reset that is refused for its new password gives the token its whole lifetime again.",
    partial=True,
    blind=True,
)
def refused_reset_renews_token(patch: Patch) -> None:
    def factory(reset: Function, hit: Hit) -> Function:
        def generous(self: Any, token: str, new: str) -> None:
            try:
                reset(self, token, new)
            except problems.Problem as problem:
                if problem.name != "invalid-request":
                    raise
                hit()
                end = clock.now() + timedelta(seconds=self._outbox._settings.reset_lifetime)
                this = reset_tokens.c.token_hash == token_hash(token)
                with self._database.transaction() as connection:
                    connection.execute(update(reset_tokens).where(this).values(expires_at=end))
                raise

        return generous

    patch.replace("auth.recovery:Recovery.reset", factory)
