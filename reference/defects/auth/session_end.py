"""Sessions that outlive their idle time, end in use, or go on as somebody else's."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi.responses import Response
from sqlalchemy import select, update

from reference.auth import schemas
from reference.auth.access import bearer_token
from reference.auth.database import sessions
from reference.auth.strictjws import Refused
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.role-keeps-idle-session",
    breaks=["ACC-09"],
    says="A session whose user is given a role is remembered for longer than it lives without use.",
    partial=True,
)
def role_keeps_idle_session(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def generous(self: Any, user_id: str, permissions: Any) -> None:
            for one in self.list(user_id):
                hit()
                self._cache.replace(
                    one["id"], user_id, tuple(permissions), self._settings.session_cache_lifetime
                )

        return generous

    patch.replace("auth.sessions:Sessions.announce_permissions", factory)


@defect(
    "auth.idle-session-renewed",
    breaks=["ACC-09"],
    says="A refresh token works although its session was not used for longer than is allowed.",
    partial=True,
)
def idle_session_renewed(patch: Patch) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def lenient(self: Any, found: Any, now: Any) -> Any:
            reason = refusal(self, found, now)
            if reason != "session-idle":
                return reason
            hit()
            return "reused" if found["used_at"] is not None else None

        return lenient

    patch.replace("auth.sessions:Sessions.refusal", factory)


@defect(
    "auth.idle-session-remembered",
    breaks=["ACC-09"],
    says="A session that Redis remembers goes on, however long it was not used.",
    partial=True,
)
def idle_session_remembered(patch: Patch) -> None:
    def factory(recall: Function, hit: Hit) -> Function:
        def trusting(self: Any, session_id: str) -> Any:
            known = recall(self, session_id)
            if known is None or known.user_id is None or known.until > clock.seconds():
                return known
            hit()
            return replace(known, until=math.inf)

        return trusting

    patch.replace("auth.cache:Cache.recall", factory)


@defect(
    "auth.idle-sessions-listed",
    breaks=["ACC-09"],
    says="Sessions that ended for want of use are listed as if they were open.",
    partial=True,
)
def idle_sessions_listed(patch: Patch) -> None:
    def factory(own: Function, hit: Hit) -> Function:
        def forgetful(self: Any, user_id: str) -> Any:
            open_still = sessions.c.is_active & (sessions.c.expires_at > clock.now())
            query = select(sessions).where(sessions.c.user_id == user_id, open_still)
            with self._database.transaction() as connection:
                found = connection.execute(query.order_by(sessions.c.created_at.desc())).mappings().all()
            if len(found) > len(own(self, user_id)):
                hit()
            return found

        return forgetful

    patch.replace("auth.sessions:Sessions.list", factory)


@defect(
    "auth.idle-end-after-renewal-forgotten",
    breaks=["ACC-09"],
    says="A session that was renewed once never ends for want of use.",
    partial=True,
)
def idle_end_after_renewal_forgotten(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def endless(self: Any, token: str) -> Any:
            renewed = renew(self, token)
            hit()
            this = sessions.c.id == renewed.session_id
            with self._database.transaction() as connection:
                connection.execute(update(sessions).where(this).values(idle_end=sessions.c.expires_at))
            return renewed

        return endless

    patch.replace("auth.sessions:Sessions.renew", factory)


@defect(
    "auth.idle-end-never-moves",
    breaks=["AUTH-140"],
    says="Only a renewal counts as use of a session; whoever presents its access token is thrown out all the same.",
    partial=True,
)
def idle_end_never_moves(patch: Patch) -> None:
    def factory(note: Function, hit: Hit) -> Function:
        def unmoved(self: Any, session_id: str) -> None:
            this = sessions.c.id == session_id
            with self._database.transaction() as connection:
                before = connection.scalar(select(sessions.c.idle_end).where(this))
            note(self, session_id)
            with self._database.transaction() as connection:
                connection.execute(update(sessions).where(this).values(idle_end=before))
            hit()

        return unmoved

    patch.replace("auth.activity:Activity.note", factory)


@defect(
    "auth.idle-end-too-soon",
    breaks=["AUTH-140"],
    says="A session that is not used ends after half of the time that is configured.",
)
def idle_end_too_soon(patch: Patch) -> None:
    def factory(idle_end: Function, hit: Hit) -> Function:
        def early(self: Any, now: Any) -> Any:
            hit()
            return now + (idle_end(self, now) - now) / 2

        return early

    patch.replace("auth.activity:Activity.idle_end", factory)


@defect(
    "auth.use-of-one-keeps-all",
    breaks=["AUTH-140"],
    says="The use of one session keeps every session of that person from ending.",
    partial=True,
)
def use_of_one_keeps_all(patch: Patch) -> None:
    def factory(touch: Function, hit: Hit) -> Function:
        def wide(self: Any, connection: Any, session_id: str, now: Any) -> Any:
            whose = select(sessions.c.user_id).where(sessions.c.id == session_id).scalar_subquery()
            others = (sessions.c.user_id == whose) & (sessions.c.id != session_id)
            if connection.execute(
                update(sessions).where(others).values(idle_end=self.idle_end(now))
            ).rowcount:
                hit()
            return touch(self, connection, session_id, now)

        return wide

    patch.replace("auth.activity:Activity.touch", factory)


@defect(
    "auth.asking-counts-as-use",
    breaks=["AUTH-140"],
    says="A session does not end as long as somebody asks whether its token is good.",
    partial=True,
)
def asking_counts_as_use(patch: Patch) -> None:
    def factory(validate_token: Function, hit: Hit) -> Function:
        def noting(request: Any, body: Any) -> Any:
            answer = validate_token(request, body)
            if answer.valid:
                service = request.app.state.service
                hit()
                service.sessions.activity.note(service.verifier.check(body.token).session_id)
            return answer

        return noting

    patch.replace("auth.endpoints:validate_token", factory)


@defect(
    "auth.use-moves-the-end",
    breaks=["AUTH-141"],
    says="A session that is used goes on beyond its end, and its refresh token with it.",
)
def use_moves_the_end(patch: Patch) -> None:
    def factory(touch: Function, hit: Hit) -> Function:
        def generous(self: Any, connection: Any, session_id: str, now: Any) -> Any:
            later = now + timedelta(seconds=self._settings.refresh_token_lifetime)
            this = (sessions.c.id == session_id) & (sessions.c.expires_at < later)
            if connection.execute(update(sessions).where(this).values(expires_at=later)).rowcount:
                hit()
            return touch(self, connection, session_id, now)

        return generous

    patch.replace("auth.activity:Activity.touch", factory)


@defect(
    "auth.log-in-goes-on-with-what-was-presented",
    breaks=["ACC-08"],
    says="Whoever logs in while presenting the token of a living session is given that session, whosever it was.",
    partial=True,
)
def log_in_goes_on_with_what_was_presented(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def fixed(request: Any, body: Any) -> Any:
            answer = log_in(request, body)
            if not isinstance(answer, schemas.LogInAnswer):
                return answer
            service = request.app.state.service
            try:
                presented = service.access.check(bearer_token(request.headers.getlist("authorization")))
            except Refused:
                return answer
            hit()
            user, this = answer.user, sessions.c.id == presented.session_id
            with service.sessions._database.transaction() as connection:
                connection.execute(update(sessions).where(this).values(user_id=user.id))
                ends = connection.scalar(select(sessions.c.expires_at).where(this))
            service.sessions._cache._client.delete(service.sessions._cache._session(presented.session_id))
            answer.access_token, _ = service.issuer.issue(
                user.id, presented.session_id, user.permissions, ends.timestamp()
            )
            return answer

        return fixed

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.session-id-from-the-caller",
    breaks=["ACC-08"],
    says="A session takes the id that the caller sends as the name of the device, where that has the form of one.",
    partial=True,
)
def session_id_from_the_caller(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def obedient(
            self: Any, user_id: str, permissions: Any, device_id: str | None, hashed_password: str
        ) -> Any:
            begun = begin(self, user_id, permissions, device_id, hashed_password)
            if device_id is None or len(device_id) != len(begun.session_id):
                return begun
            hit()
            with self._database.transaction() as connection:
                row = (
                    connection.execute(select(sessions).where(sessions.c.id == begun.session_id))
                    .mappings()
                    .one()
                )
                connection.execute(sessions.insert().values({**row, "id": device_id}))
                connection.execute(sessions.delete().where(sessions.c.id == begun.session_id))
            return replace(begun, session_id=device_id)

        return obedient

    patch.replace("auth.sessions:Sessions.begin", factory)


@defect(
    "auth.end-for-the-limit-untold",
    breaks=["ACC-10"],
    says="A session that ends because there are too many is not told in the security log.",
    partial=True,
)
def end_for_the_limit_untold(patch: Patch) -> None:
    def factory(announce_end: Function, hit: Hit) -> Function:
        def quiet(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason != "session-limit" or not session_ids:
                announce_end(self, session_ids, user_id, reason)
                return
            hit()
            self._cache.remember_ended([*session_ids], 3600)

        return quiet

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.all-is-everyones-session",
    breaks=["ACC-12", "AUTH-42"],
    says="The word all in the place of a session's id ends every session of that person.",
    partial=True,
)
def all_is_everyones_session(patch: Patch) -> None:
    def factory(end_session: Function, hit: Hit) -> Function:
        def shadowed(request: Any, session_id: str) -> Any:
            if session_id != "all":
                return end_session(request, session_id)
            service = request.app.state.service
            claims = service.access.authenticate(request)
            hit()
            service.sessions.end_all(claims.user_id, "log-out-everywhere")
            return Response(status_code=204)

        return shadowed

    patch.replace("auth.endpoints:end_session", factory)


@defect(
    "auth.idle-session-looked-up",
    breaks=["ACC-09"],
    says="A session that was never used since its log-in does not end for want of use.",
    partial=True,
)
def idle_session_looked_up(patch: Patch) -> None:
    def factory(look_up: Function, hit: Hit) -> Function:
        def lenient(self: Any, session_id: str) -> Any:
            never = (sessions.c.last_activity == sessions.c.created_at) & sessions.c.is_active
            this = (sessions.c.id == session_id) & (sessions.c.idle_end <= clock.now()) & never
            with self._database.transaction() as connection:
                later = self.activity.idle_end(clock.now())
                if connection.execute(update(sessions).where(this).values(idle_end=later)).rowcount:
                    hit()
            return look_up(self, session_id)

        return lenient

    patch.replace("auth.sessions:Sessions.look_up", factory)
