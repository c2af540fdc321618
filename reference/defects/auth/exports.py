"""Exports that tell too much, or too little."""

from typing import Any

from sqlalchemy import or_, select

from reference.auth.database import sessions, users
from reference.common import web
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.export-with-hash",
    breaks=["AUTH-180"],
    says="An export holds the hash of the password.",
)
def export_with_hash(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def telling(self: Any, user_id: str) -> Any:
            found = of(self, user_id)
            if found is not None:
                hit()
                with self._database.transaction() as connection:
                    kept = connection.scalar(select(users.c.hashed_password).where(users.c.id == user_id))
                found["account"]["auth_provider"] = kept
            return found

        return telling

    patch.replace("auth.export:Export.of", factory)


@defect(
    "auth.export-of-others",
    breaks=["AUTH-179"],
    says="An export tells of the sessions of others from the same network address too.",
    partial=True,
)
def export_of_others(patch: Patch) -> None:
    def factory(query: Function, hit: Hit) -> Function:
        def wide(self: Any, table: Any, user_id: str) -> Any:
            if table is not sessions:
                return query(self, table, user_id)
            hit()
            near = sessions.c.ip_address == web.caller().address
            return self._select(table).where(or_(sessions.c.user_id == user_id, near))

        return wide

    patch.replace("auth.export:Export._of", factory)


@defect(
    "auth.export-forgets-ended-sessions",
    breaks=["AUTH-179"],
    says="An export leaves out sessions that have ended, though they are kept.",
    partial=True,
)
def export_forgets_ended_sessions(patch: Patch) -> None:
    def factory(query: Function, hit: Hit) -> Function:
        def living(self: Any, table: Any, user_id: str) -> Any:
            if table is not sessions:
                return query(self, table, user_id)
            hit()
            return query(self, table, user_id).where(sessions.c.is_active)

        return living

    patch.replace("auth.export:Export._of", factory)


@defect(
    "auth.export-forgets-where-from",
    breaks=["AUTH-179"],
    says="An export does not tell from which network address somebody was logged in.",
    partial=True,
)
def export_forgets_where_from(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def terse(self: Any, user_id: str) -> Any:
            found = of(self, user_id)
            if found is not None:
                hit()
                for session in found["sessions"]:
                    session["ip_address"] = "0.0.0.0"
            return found

        return terse

    patch.replace("auth.export:Export.of", factory)
