"""Sessions that are used from elsewhere, and nobody is told, or everybody too often."""

from typing import Any

from sqlalchemy import select, update

from reference.auth.database import sessions
from reference.common import web
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import while_renewing


@defect(
    "auth.elsewhere-renewal-untold",
    breaks=["ACC-13"],
    says="That a session is renewed from elsewhere is noted, and the security log tells nothing of it.",
    partial=True,
)
def elsewhere_renewal_untold(patch: Patch) -> None:
    renewing = while_renewing(patch)

    def factory_tell(tell: Function, hit: Hit) -> Function:
        def quiet(self: Any, session_id: str, began_at: Any) -> None:
            if began_at is not None and renewing():
                hit()
                return
            tell(self, session_id, began_at)

        return quiet

    patch.replace("auth.activity:Activity.tell", factory_tell)


@defect(
    "auth.elsewhere-by-program-alone",
    breaks=["ACC-13"],
    says="A session that is used from another address by a program of the same name is not noticed.",
    partial=True,
)
def elsewhere_by_program_alone(patch: Patch) -> None:
    def factory(_place: Function, hit: Hit) -> Function:
        def narrow() -> str:
            hit()
            return str(web.caller().user_agent)

        return narrow

    patch.replace("auth.activity:place", factory)


@defect(
    "auth.elsewhere-by-address-alone",
    breaks=["ACC-13"],
    says="A session that is used by another program at the same address is not noticed.",
    partial=True,
)
def elsewhere_by_address_alone(patch: Patch) -> None:
    def factory(_place: Function, hit: Hit) -> Function:
        def narrow() -> str:
            hit()
            return str(web.caller().address)

        return narrow

    patch.replace("auth.activity:place", factory)


@defect(
    "auth.elsewhere-tells-the-new-address-twice",
    breaks=["ACC-13"],
    says="The event names the address of the caller where it should name the one that the session began at.",
    partial=True,
)
def elsewhere_tells_the_new_address_twice(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def confused(self: Any, session_id: str, began_at: Any) -> None:
            if began_at is not None and began_at["ip_address"] != web.caller().address:
                hit()
                began_at = {**began_at, "ip_address": web.caller().address}
            tell(self, session_id, began_at)

        return confused

    patch.replace("auth.activity:Activity.tell", factory)


@defect(
    "auth.elsewhere-told-at-each-renewal",
    breaks=["AUTH-143"],
    says="Each renewal from another place than the first is told again, known or not.",
    partial=True,
)
def elsewhere_told_at_each_renewal(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def noisy(self: Any, token: str) -> Any:
            renewed = renew(self, token)
            this = sessions.c.id == renewed.session_id
            with self._database.transaction() as connection:
                row = connection.execute(select(sessions).where(this)).mappings().one()
            if row["ip_address"] != web.caller().address:
                hit()
                self.activity.tell(renewed.session_id, row)
            return renewed

        return noisy

    patch.replace("auth.sessions:Sessions.renew", factory)


@defect(
    "auth.elsewhere-told-for-the-first-only",
    breaks=["AUTH-143"],
    says="Only the first new place of a session is told; a second one goes unnoticed.",
    partial=True,
)
def elsewhere_told_for_the_first_only(patch: Patch) -> None:
    told: set[str] = set()

    def factory(tell: Function, hit: Hit) -> Function:
        def once(self: Any, session_id: str, began_at: Any) -> None:
            if began_at is not None and session_id in told:
                hit()
                return
            if began_at is not None:
                told.add(session_id)
            tell(self, session_id, began_at)

        return once

    patch.replace("auth.activity:Activity.tell", factory)


@defect(
    "auth.elsewhere-where-headers-say",
    breaks=["AUTH-143"],
    says="A header that names another address makes a new place, so that anybody can fill the log.",
    partial=True,
)
def elsewhere_where_headers_say(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def believing(scope: Any) -> Any:
            who = identify(scope)
            said = next((value for name, value in scope["headers"] if name == b"x-forwarded-for"), None)
            if said is None:
                return who
            hit()
            return type(who)(said.decode("latin-1")[:45], who.request_id, who.user_agent)

        return believing

    patch.replace("common.web:identify", factory)


@defect(
    "auth.elsewhere-ends-the-session",
    breaks=["AUTH-142"],
    says="A session that is used from another address ends, so that people on the move are thrown out.",
    partial=True,
)
def elsewhere_ends_the_session(patch: Patch) -> None:
    def factory(note: Function, hit: Hit) -> Function:
        def strict(self: Any, session_id: str) -> None:
            note(self, session_id)
            this = (sessions.c.id == session_id) & (sessions.c.ip_address != web.caller().address)
            with self._database.transaction() as connection:
                if connection.execute(update(sessions).where(this).values(is_active=False)).rowcount:
                    hit()

        return strict

    patch.replace("auth.activity:Activity.note", factory)


@defect(
    "auth.last-place-of-renewals-only",
    breaks=["AUTH-144"],
    says="From where a session was used last is noted at renewals only.",
    partial=True,
)
def last_place_of_renewals_only(patch: Patch) -> None:
    def factory(note: Function, hit: Hit) -> Function:
        def partly(self: Any, session_id: str) -> None:
            this, columns = (
                sessions.c.id == session_id,
                (sessions.c.last_ip_address, sessions.c.last_user_agent),
            )
            with self._database.transaction() as connection:
                before = connection.execute(select(*columns).where(this)).mappings().first()
            note(self, session_id)
            if before is not None and dict(before) != {
                "last_ip_address": web.caller().address,
                "last_user_agent": web.caller().user_agent,
            }:
                hit()
                with self._database.transaction() as connection:
                    connection.execute(update(sessions).where(this).values(**before))

        return partly

    patch.replace("auth.activity:Activity.note", factory)
