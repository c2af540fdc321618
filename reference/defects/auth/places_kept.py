"""Places of sessions that are told or kept wrongly, and sessions that end because others count."""

from typing import Any

from sqlalchemy import or_, select, update

from reference.auth.activity import alive
from reference.auth.database import sessions
from reference.common import web
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import while_renewing


@defect(
    "auth.renewal-at-home-told-as-elsewhere",
    breaks=["AUTH-143"],
    says="A renewal from where the session began is told as a use from elsewhere.",
    partial=True,
)
def renewal_at_home_told_as_elsewhere(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def noisy(self: Any, token: str) -> Any:
            renewed, who = renew(self, token), web.caller()
            found = self.get(renewed.session_id)
            if found is not None and (found["ip_address"], found["user_agent"]) == (
                who.address,
                who.user_agent,
            ):
                hit()
                self.activity.tell(renewed.session_id, found)
            return renewed

        return noisy

    patch.replace("auth.sessions:Sessions.renew", factory)


@defect(
    "auth.log-in-elsewhere-told-as-use",
    breaks=["AUTH-143"],
    says="A log-in by another program is told as a use of the session that was open already.",
    partial=True,
)
def log_in_elsewhere_told_as_use(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def confused(self: Any, user_id: str, *rest: Any) -> Any:
            open_before = self.list(user_id)
            begun = begin(self, user_id, *rest)
            for one in open_before:
                if one["user_agent"] != web.caller().user_agent:
                    hit()
                    self.activity.tell(one["id"], one)
            return begun

        def same(self: Any, user_id: str, permissions: Any, device_id: Any, hashed_password: str) -> Any:
            return confused(self, user_id, permissions, device_id, hashed_password)

        return same

    patch.replace("auth.sessions:Sessions.begin", factory)


@defect(
    "auth.last-place-not-of-renewals",
    breaks=["AUTH-144"],
    says="From where a session was used last is noted when its access token is presented, and not at renewals.",
    partial=True,
)
def last_place_not_of_renewals(patch: Patch) -> None:
    renewing = while_renewing(patch)

    def factory_touch(touch: Function, hit: Hit) -> Function:
        def partly(self: Any, connection: Any, session_id: str, now: Any) -> Any:
            this, place = (
                sessions.c.id == session_id,
                (sessions.c.last_ip_address, sessions.c.last_user_agent),
            )
            before = connection.execute(select(*place).where(this)).mappings().first()
            began_at = touch(self, connection, session_id, now)
            if renewing() and before is not None:
                hit()
                connection.execute(update(sessions).where(this).values(**before))
            return began_at

        return partly

    patch.replace("auth.activity:Activity.touch", factory_touch)


def _surplus(patch: Patch, more: Any) -> None:
    """Ends more sessions at a log-in than those beyond the limit: those that more(sessions, connection, user_id, now, surplus) names."""

    def factory(surplus: Function, hit: Hit) -> Function:
        def greedy(self: Any, connection: Any, user_id: str, now: Any) -> list[str]:
            right = surplus(self, connection, user_id, now)
            wrong = [one for one in more(self, connection, user_id, now, right) if one not in right]
            if wrong:
                hit()
            return [*right, *wrong]

        return greedy

    patch.replace("auth.sessions:Sessions.surplus", factory)


def _newest_first(connection: Any, *which: Any) -> list[str]:
    chosen = select(sessions.c.id).where(*which).order_by(sessions.c.created_at.desc(), sessions.c.id)
    return list(connection.scalars(chosen))


@defect(
    "auth.last-allowed-session-ends-the-oldest",
    breaks=["AUTH-43"],
    says="The log-in that makes as many sessions as are allowed ends the oldest already.",
    partial=True,
)
def last_allowed_session_ends_the_oldest(patch: Patch) -> None:
    def more(self: Any, connection: Any, user_id: str, now: Any, _surplus: list[str]) -> list[str]:
        living = _newest_first(connection, alive(now), sessions.c.user_id == user_id)
        return living[-1:] if len(living) == self._settings.session_limit else []

    _surplus(patch, more)


@defect(
    "auth.limit-ends-two",
    breaks=["AUTH-43"],
    says="With the oldest session beyond the limit the next oldest ends as well, if the same program began it.",
    partial=True,
)
def limit_ends_two(patch: Patch) -> None:
    def more(_self: Any, connection: Any, user_id: str, now: Any, surplus: list[str]) -> list[str]:
        if not surplus:
            return []
        own = (alive(now), sessions.c.user_id == user_id, sessions.c.user_agent == web.caller().user_agent)
        others = [one for one in _newest_first(connection, *own) if one not in surplus]
        return others[-1:] if len(others) > 1 else []

    _surplus(patch, more)


@defect(
    "auth.logged-out-sessions-count",
    breaks=["AUTH-43"],
    says="Sessions that were logged out of count towards the limit until they would have expired.",
    partial=True,
)
def logged_out_sessions_count(patch: Patch) -> None:
    def more(self: Any, connection: Any, user_id: str, now: Any, _surplus: list[str]) -> list[str]:
        own, logged_out = sessions.c.user_id == user_id, sessions.c.end_reason == "log-out"
        counted = _newest_first(connection, own, or_(alive(now), logged_out & (sessions.c.expires_at > now)))
        living = _newest_first(connection, own, alive(now))
        return [one for one in counted[self._settings.session_limit :] if one in living]

    _surplus(patch, more)


@defect(
    "auth.limit-ends-sessions-of-neighbours",
    breaks=["AUTH-43"],
    says="A log-in beyond the limit ends what is beyond it at the same address, whoever began it.",
    partial=True,
)
def limit_ends_sessions_of_neighbours(patch: Patch) -> None:
    def more(self: Any, connection: Any, _user_id: str, now: Any, surplus: list[str]) -> list[str]:
        if not surplus:
            return []
        here = _newest_first(connection, alive(now), sessions.c.ip_address == web.caller().address)
        return here[self._settings.session_limit :]

    _surplus(patch, more)
