"""Lists of sessions that leave something out or tell it wrongly, and ends from the list that do too little or too much."""

import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from reference.auth import schemas
from reference.auth.database import refresh_tokens, sessions
from reference.common import problems, web
from reference.defects import Function, Hit, Patch, defect

_BY_USER = "ended-by-user"


@defect(
    "auth.sessions-of-one-program-merged",
    breaks=["AUTH-40"],
    says="Sessions of one program at one address are listed as one, as if somebody had pressed the button twice.",
    partial=True,
)
def sessions_of_one_program_merged(patch: Patch) -> None:
    def factory(list_sessions: Function, hit: Hit) -> Function:
        def merged(request: Any) -> Any:
            told = list_sessions(request).sessions
            kept: dict[Any, Any] = {}
            for one in sorted(told, key=lambda one: one.current):
                kept[one.ip_address, one.user_agent, one.last_ip_address, one.last_user_agent] = one
            if len(kept) < len(told):
                hit()
            return schemas.SessionList(sessions=list(kept.values()))

        return merged

    patch.replace("auth.endpoints:list_sessions", factory)


def _told_otherwise(patch: Patch, change: Any) -> None:
    """Changes what is told of a session where change(row, told) gives members that are told otherwise."""

    def factory(session_answer: Function, hit: Hit) -> Function:
        def otherwise(row: Any, claims: Any) -> Any:
            told = session_answer(row, claims)
            changes = {name: value for name, value in change(row).items() if getattr(told, name) != value}
            if changes:
                hit()
            return told.model_copy(update=changes)

        return otherwise

    patch.replace("auth.endpoints:session_answer", factory)


@defect(
    "auth.current-by-program",
    breaks=["AUTH-40"],
    says="Each session that was begun by the program and at the address that asks is told to be the asking one.",
    partial=True,
)
def current_by_program(patch: Patch) -> None:
    def change(row: Any) -> dict[str, Any]:
        who = web.caller()
        same = (row["ip_address"], row["user_agent"]) == (who.address, who.user_agent)
        return {"current": True} if same else {}

    _told_otherwise(patch, change)


@defect(
    "auth.program-told-to-the-first-space",
    breaks=["AUTH-40"],
    says="Of the program that began a session the first word is told, which for most browsers is the same.",
    partial=True,
)
def program_told_to_the_first_space(patch: Patch) -> None:
    _told_otherwise(patch, lambda row: {"user_agent": (row["user_agent"] or "").partition(" ")[0] or None})


@defect(
    "auth.beginning-told-in-local-time",
    breaks=["AUTH-40"],
    says="When a session began is told in the time of a zone one hour ahead and marked as UTC.",
    partial=True,
)
def beginning_told_in_local_time(patch: Patch) -> None:
    _told_otherwise(patch, lambda row: {"created_at": row["created_at"] + timedelta(hours=1)})


@defect(
    "auth.renewals-listed-as-sessions",
    breaks=["AUTH-40"],
    says="A session that was renewed more than once is listed once for each of the renewals.",
    partial=True,
)
def renewals_listed_as_sessions(patch: Patch) -> None:
    def factory(list_sessions: Function, hit: Hit) -> Function:
        def repeated(request: Any) -> Any:
            told, database = list_sessions(request).sessions, request.app.state.service.sessions._database
            used = (
                select(refresh_tokens.c.session_id, func.count())
                .where(refresh_tokens.c.used_at.is_not(None))
                .group_by(refresh_tokens.c.session_id)
            )
            ids = [one.id for one in told]
            with database.transaction() as connection:
                found = connection.execute(used.where(refresh_tokens.c.session_id.in_(ids))).all()
            counts = {session_id: count for session_id, count in found}
            shown = [one for one in told for _ in range(max(1, counts.get(one.id, 1)))]
            if len(shown) > len(told):
                hit()
            return schemas.SessionList(sessions=shown)

        return repeated

    patch.replace("auth.endpoints:list_sessions", factory)


@defect(
    "auth.list-end-stays-remembered",
    breaks=["AUTH-41"],
    says="A session that is ended from the list is let in for as long as it is remembered.",
    partial=True,
)
def list_end_stays_remembered(patch: Patch) -> None:
    def factory(announce_end: Function, hit: Hit) -> Function:
        def half(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason != _BY_USER:
                announce_end(self, session_ids, user_id, reason)
                return
            for session_id in session_ids:
                hit()
                self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)

        return half

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.list-end-spares-renewal",
    breaks=["AUTH-41"],
    says="A session that was ended from the list of another one can still be renewed.",
    partial=True,
)
def list_end_spares_renewal(patch: Patch) -> None:
    ended: set[str] = set()

    def factory_end(end: Function, _hit: Hit) -> Function:
        def noted(self: Any, session_id: str, user_id: str, reason: str) -> Any:
            if reason == _BY_USER:
                ended.add(session_id)
            return end(self, session_id, user_id, reason)

        return noted

    def factory_refusal(refusal: Function, hit: Hit) -> Function:
        def lenient(self: Any, found: Any, now: Any) -> Any:
            reason = refusal(self, found, now)
            if reason != "session-ended" or found["session_id"] not in ended:
                return reason
            hit()
            return None

        return lenient

    patch.replace("auth.sessions:Sessions.end", factory_end)
    patch.replace("auth.sessions:Sessions.refusal", factory_refusal)


@defect(
    "auth.list-end-takes-later-ones",
    breaks=["AUTH-41"],
    says="With a session that is ended from the list all end that the same program began later.",
    partial=True,
)
def list_end_takes_later_ones(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def wide(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            chosen = self.get(session_id) if reason == _BY_USER else None
            done: bool = end(self, session_id, user_id, reason)
            if done and chosen is not None:
                later = sessions.c.created_at > chosen["created_at"]
                if self._end(user_id, reason, later, sessions.c.user_agent == chosen["user_agent"]):
                    hit()
            return done

        return wide

    patch.replace("auth.sessions:Sessions.end", factory)


@defect(
    "auth.asking-session-never-ends",
    breaks=["AUTH-41"],
    says="Whoever ends the session that is asking from the list is told that it has ended, and it has not.",
    partial=True,
)
def asking_session_never_ends(patch: Patch) -> None:
    asking = threading.local()

    def factory_endpoint(end_session: Function, hit: Hit) -> Function:
        def spared(request: Any, session_id: str) -> Any:
            asking.request = request
            try:
                return end_session(request, session_id)
            finally:
                asking.request = None

        return spared

    def factory_end(end: Function, hit: Hit) -> Function:
        def half(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            request = getattr(asking, "request", None)
            principal = getattr(request.state, "principal", None) if request is not None else None
            if principal is not None and principal.session_id == session_id:
                hit()
                return True
            return bool(end(self, session_id, user_id, reason))

        return half

    patch.replace("auth.endpoints:end_session", factory_endpoint)
    patch.replace("auth.sessions:Sessions.end", factory_end)


@defect(
    "auth.ended-session-ends-again",
    breaks=["AUTH-41"],
    says="A session of one's own that has ended already is ended once more, as if it had been open.",
    partial=True,
)
def ended_session_ends_again(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def again(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            if end(self, session_id, user_id, reason):
                return True
            own = (sessions.c.id == session_id) & (sessions.c.user_id == user_id)
            with self._database.transaction() as connection:
                known = connection.execute(select(sessions.c.id).where(own)).first() is not None
            if known:
                hit()
            return known

        return again

    patch.replace("auth.sessions:Sessions.end", factory)


@defect(
    "auth.sessions-of-nobody-listed",
    breaks=["AUTH-42", "AUTH-38"],
    says="Who asks for a list of sessions without a token is given an empty one.",
    partial=True,
)
def sessions_of_nobody_listed(patch: Patch) -> None:
    def factory(list_sessions: Function, hit: Hit) -> Function:
        def open_to_all(request: Any) -> Any:
            try:
                return list_sessions(request)
            except problems.Problem as problem:
                if problem.name != "missing-token":
                    raise
            hit()
            return schemas.SessionList(sessions=[])

        return open_to_all

    patch.replace("auth.endpoints:list_sessions", factory)


@defect(
    "auth.activity-to-the-minute",
    breaks=["AUTH-46"],
    says="When a session was used last is written down once a minute, however often it is used and renewed.",
    partial=True,
)
def activity_to_the_minute(patch: Patch) -> None:
    def factory(touch: Function, hit: Hit) -> Function:
        def rarely(self: Any, connection: Any, session_id: str, now: Any) -> Any:
            this = sessions.c.id == session_id
            before = connection.scalar(select(sessions.c.last_activity).where(this))
            began_at = touch(self, connection, session_id, now)
            if before is not None and now - before < timedelta(minutes=1):
                hit()
                connection.execute(update(sessions).where(this).values(last_activity=before))
            return began_at

        return rarely

    patch.replace("auth.activity:Activity.touch", factory)
