"""Sessions that go on after their end, end too early, or show themselves to strangers."""

import types
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select

from reference.auth.activity import alive
from reference.auth.cache import Remembered
from reference.auth.database import refresh_tokens, sessions, users
from reference.auth.strictjws import Refused
from reference.common import clock, problems, web
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.logout-leaves-access",
    breaks=["AUTH-35"],
    says="After log-out from a session that was refreshed before, its access tokens work until they expire.",
    partial=True,
)
def logout_leaves_access(patch: Patch) -> None:
    left: dict[str, Remembered] = {}

    def factory_end(end: Function, _hit: Hit) -> Function:
        def half(self: Any, session_id: str, user_id: str, reason: str) -> Any:
            given = select(func.count()).where(refresh_tokens.c.session_id == session_id)
            with self._database.transaction() as connection:
                refreshed = connection.scalar(given) > 1
            if reason == "log-out" and refreshed:
                left[session_id] = self.state(session_id)
            return end(self, session_id, user_id, reason)

        return half

    def factory_state(state: Function, hit: Hit) -> Function:
        def lenient(self: Any, session_id: str) -> Any:
            if session_id not in left:
                return state(self, session_id)
            hit()
            return left[session_id]

        return lenient

    patch.replace("auth.sessions:Sessions.end", factory_end)
    patch.replace("auth.sessions:Sessions.state", factory_state)


@defect(
    "auth.logout-everywhere-forgets-one",
    breaks=["AUTH-37"],
    says="Log-out everywhere leaves the oldest session alone when there are three or more.",
    partial=True,
    blind=True,
)
def logout_everywhere_forgets_one(patch: Patch) -> None:
    def factory(end_all: Function, hit: Hit) -> Function:
        def forgetful(self: Any, user_id: str, reason: str) -> None:
            living = self.list(user_id)
            if len(living) < 3:
                end_all(self, user_id, reason)
                return
            hit()
            for one in living[:-1]:
                self._end(user_id, reason, sessions.c.id == one["id"])

        return forgetful

    patch.replace("auth.sessions:Sessions.end_all", factory)


@defect(
    "auth.ended-session-returns",
    breaks=["AUTH-53", "AUTH-41"],
    says="That a session has ended is looked up in Redis alone: when Redis loses it, the access token works again.",
    partial=True,
    blind=True,
)
def ended_session_returns(patch: Patch) -> None:
    def factory(look_up: Function, hit: Hit) -> Function:
        def forgetful(self: Any, session_id: str) -> Any:
            found = look_up(self, session_id)
            if found.user_id is not None:
                return found
            query = (
                select(sessions.c.user_id, users.c.permissions)
                .join(users, users.c.id == sessions.c.user_id)
                .where(sessions.c.id == session_id, sessions.c.expires_at > clock.now())
            )
            with self._database.transaction() as connection:
                row = connection.execute(query).first()
            if row is None:
                return found
            hit()
            return Remembered(row.user_id, tuple(row.permissions))

        return forgetful

    patch.replace("auth.sessions:Sessions.look_up", factory)


@defect(
    "auth.validate-ignores-session",
    breaks=["AUTH-35", "JWT-36"],
    says="Asked whether a token is good, the service looks at the token alone and calls those of ended sessions good.",
    partial=True,
    blind=True,
)
def validate_ignores_session(patch: Patch) -> None:
    def factory(validate_token: Function, hit: Hit) -> Function:
        def hasty(request: Any, body: Any) -> Any:
            service = request.app.state.service
            answer = validate_token(request, body)
            if answer.valid:
                return answer
            try:
                claims = service.verifier.check(body.token)
            except Refused:
                return answer
            user = service.accounts.get(claims.user_id)
            if user is None:
                return answer
            hit()
            told = {
                "valid": True,
                "user_id": user.id,
                "email": user.email,
                "permissions": list(claims.permissions),
            }
            return type(answer)(**told, expires_at=datetime.fromtimestamp(claims.expires_at, UTC))

        return hasty

    patch.replace("auth.endpoints:validate_token", factory)


@defect(
    "auth.sessions-of-others-listed",
    breaks=["AUTH-42", "AUTH-40"],
    says="The list of sessions shows those of other people too who came from the same address with the same program.",
    partial=True,
    blind=True,
)
def sessions_of_others_listed(patch: Patch) -> None:
    def factory(own: Function, hit: Hit) -> Function:
        def wide(self: Any, user_id: str) -> Any:
            who = web.caller()
            same_place = (sessions.c.ip_address == who.address) & (sessions.c.user_agent == who.user_agent)
            query = select(sessions).where(or_(sessions.c.user_id == user_id, same_place), alive(clock.now()))
            with self._database.transaction() as connection:
                found = connection.execute(query.order_by(sessions.c.created_at.desc())).mappings().all()
            if any(one["user_id"] != user_id for one in found):
                hit()
            return found

        return wide

    patch.replace("auth.sessions:Sessions.list", factory)


@defect(
    "auth.stranger-ends-session",
    breaks=["AUTH-42"],
    says="Whoever knows the id of a session can end it, whosever it is.",
    partial=True,
    blind=True,
)
def stranger_ends_session(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def lenient(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            if end(self, session_id, user_id, reason):
                return True
            found = self.get(session_id)
            if found is None or not self._end(found["user_id"], reason, sessions.c.id == session_id):
                return False
            hit()
            return True

        return lenient

    patch.replace("auth.sessions:Sessions.end", factory)


@defect(
    "auth.session-limit-off-by-one",
    breaks=["AUTH-43"],
    says="A person may have one session more than is allowed.",
    partial=False,
    blind=True,
)
def session_limit_off_by_one(patch: Patch) -> None:
    def factory(surplus: Function, hit: Hit) -> Function:
        def generous(self: Any, connection: Any, user_id: str, now: Any) -> Any:
            found = surplus(self, connection, user_id, now)
            if found:
                hit()
            return found[1:]

        return generous

    patch.replace("auth.sessions:Sessions.surplus", factory)


@defect(
    "auth.session-ids-from-the-clock",
    breaks=["AUTH-44"],
    says="The id of a session is made of the time and the machine, so that one tells the next.",
    partial=False,
    blind=True,
)
def session_ids_from_the_clock(patch: Patch) -> None:
    def factory(_uuid: Any, hit: Hit) -> Any:
        def by_the_clock() -> uuid.UUID:
            hit()
            return uuid.uuid1()

        return types.SimpleNamespace(uuid4=by_the_clock)

    patch.replace("auth.sessions:uuid", factory)


@defect(
    "auth.open-without-postgres",
    breaks=["AUTH-54"],
    says="While PostgreSQL is away, a token whose session cannot be looked up is accepted for its signature.",
    partial=True,
    blind=True,
)
def open_without_postgres(patch: Patch) -> None:
    def factory(check_session: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: Any) -> Any:
            try:
                return check_session(self, claims)
            except problems.Problem:
                hit()
                return claims

        return lenient

    patch.replace("auth.access:Access.check_session", factory)
