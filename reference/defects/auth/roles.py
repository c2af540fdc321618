"""Roles that give too much, stay too long or are given by anybody, and accounts that are not shut out."""

import time
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import ConfigDict
from sqlalchemy import update

from reference.auth import roles, schemas
from reference.auth.database import users
from reference.auth.routes.users import UpdateMeRequest, update_me
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import nameless


class AnyProfile(UpdateMeRequest):
    """A profile with whatever fields."""

    model_config = ConfigDict(extra="allow", strict=True)


@defect(
    "auth.support-gives-roles",
    breaks=["AUTH-187", "AUTH-185"],
    says="Who may see accounts may give roles too.",
    partial=True,
)
def support_gives_roles(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: Any, permission: str) -> None:
            if permission == "users:manage" and "users:read" in claims.permissions:
                hit()
                return
            require(self, claims, permission)

        return lenient

    patch.replace("auth.access:Access.require", factory)


@defect(
    "auth.role-lingers",
    breaks=["AUTH-186"],
    says="A role that was taken away works on in sessions that the session store remembers.",
    partial=True,
)
def role_lingers(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def silent(self: Any, user_id: str, permissions: Any) -> None:
            hit()

        return silent

    patch.replace("auth.sessions:Sessions.announce_permissions", factory)


@defect(
    "auth.role-lingers-elsewhere",
    breaks=["AUTH-186"],
    says="A role that was taken away is gone from the newest session only.",
    partial=True,
)
def role_lingers_elsewhere(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def half(self: Any, user_id: str, permissions: Any) -> None:
            for one in self.list(user_id)[:1]:
                hit()
                self._cache.replace(one["id"], user_id, tuple(permissions), 30)

        return half

    patch.replace("auth.sessions:Sessions.announce_permissions", factory)


@defect(
    "auth.profile-sets-permissions",
    breaks=["AUTH-187", "AUTH-194"],
    says="The profile takes fields that it does not know, and a role among them is given.",
    partial=True,
)
def profile_sets_permissions(patch: Patch) -> None:
    def factory(add: Function, hit: Hit) -> Function:
        def binding(request: Request, body: AnyProfile, response: Response) -> schemas.User:
            answer = update_me(request, body, response)
            role = (body.model_extra or {}).get("role")
            if role in roles.PERMISSIONS:
                hit()
                with request.app.state.service.members._database.transaction() as connection:
                    given = {"permissions": [*roles.PERMISSIONS[role]]}
                    connection.execute(update(users).where(users.c.id == answer.id).values(given))
            return answer

        def loose(app: Any, operation: Any) -> None:
            own = operation.name == "updateMe"
            add(app, replace(operation, endpoint=binding) if own else operation)

        return loose

    patch.replace("auth.app:add", factory)


@defect(
    "auth.last-administrator-goes",
    breaks=["AUTH-188"],
    says="The last administrator can give the role away, be shut out or leave.",
)
def last_administrator_goes(patch: Patch) -> None:
    def factory(managing: Function, hit: Hit) -> Function:
        def careless(connection: Any) -> set[str]:
            hit()
            return set()

        return careless

    patch.replace("auth.members:Members.managing", factory)


@defect(
    "auth.administrators-counted-before",
    breaks=["AUTH-188"],
    says="Administrators are counted without holding them, so that two who go at once both do.",
    partial=True,
)
def administrators_counted_before(patch: Patch) -> None:
    def factory(managing: Function, hit: Hit) -> Function:
        def unheld(connection: Any) -> set[str]:
            hit()
            with connection.engine.connect() as other:
                found = set(managing(other))
            time.sleep(0.3)
            return found

        return unheld

    patch.replace("auth.members:Members.managing", factory)


@defect(
    "auth.out-but-refreshing",
    breaks=["AUTH-189"],
    says="The sessions of an account that is shut out go on, and are good again when it is let in.",
    partial=True,
)
def out_but_refreshing(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def forgetful(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            if reason != "disabled":
                return end(self, connection, user_id, reason, but)
            hit()
            return []

        return forgetful

    patch.replace("auth.sessions:Sessions.end_within", factory)


@defect(
    "auth.ends-own-sessions",
    breaks=["AUTH-190"],
    says="Ending somebody's sessions ends those of the administrator too.",
    partial=True,
)
def ends_own_sessions(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def broad(self: Any, actor: Any, user_id: str) -> None:
            end(self, actor, user_id)
            hit()
            self._sessions.end_all(actor.user_id, "ended-by-admin")

        return broad

    patch.replace("auth.members:Members.end_sessions", factory)


@defect(
    "auth.doer-untold",
    breaks=["AUTH-193"],
    says="The security log tells that sessions were ended for somebody, and not by whom.",
    partial=True,
)
def doer_untold(patch: Patch) -> None:
    nameless(patch, "actor_id", "user.sessions-ended")


@defect(
    "auth.accounts-told-by-refusal",
    breaks=["AUTH-192"],
    says="Who may not look after accounts is told whether one exists: not found, or not allowed.",
    partial=True,
)
def accounts_told_by_refusal(patch: Patch) -> None:
    def factory(get_user: Function, hit: Hit) -> Function:
        def telling(request: Any, user_id: str) -> Any:
            try:
                return get_user(request, user_id)
            except problems.Problem as problem:
                if problem.name == "insufficient-scope":
                    hit()
                    request.app.state.service.members.get(user_id)
                raise

        return telling

    patch.replace("auth.routes.users:get_user", factory)
