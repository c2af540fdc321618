"""One's own profile, and what those who look after accounts do with them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import AfterValidator, Field
from sqlalchemy import RowMapping

from reference.auth import members, roles, schemas
from reference.auth.endpoints import admitted, user_answer, version
from reference.auth.operation import BEARER, BODY, Operation, by_key

_BEARER_OR_NOT = (*BEARER, 403)
_READ, _MANAGE = ["users:read"], ["users:manage"]
_ADMIN = by_key("admin")
_LARGEST_PAGE = 100

Role = Literal["user", "support", "admin"]
Beginning = Annotated[
    str | None,
    Query(max_length=254, json_schema_extra=schemas.SHOWABLE),
    AfterValidator(schemas.showable),
]


class UpdateMeRequest(schemas.Strict):
    """Changes one's own profile."""

    full_name: schemas.Name


class SetUserRoleRequest(schemas.Strict):
    """Gives an account a role."""

    role: Role


class Member(schemas.Strict):
    """An account as those who look after it see it."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    email: str = Field(json_schema_extra={"format": "email"})
    full_name: str | None
    role: Role
    permissions: list[str]
    is_verified: bool
    is_active: bool
    created_at: datetime


class MemberList(schemas.Strict):
    """A page of accounts."""

    users: list[Member]
    next_cursor: str | None


def update_me(request: Request, body: UpdateMeRequest, response: Response) -> schemas.User:
    """Change one's own profile, if it still is as it was read."""
    service, asking = admitted(request)
    wanted = _tags(request.headers.getlist("if-match"))
    user = service.accounts.update_profile(
        asking.user_id,
        body.full_name,
        lambda found: wanted is None or version(user_answer(found)) in wanted,
        asking.key_id,
    )
    answer = user_answer(user)
    response.headers["ETag"] = version(answer)
    return answer


def list_users(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
    role: Annotated[Role | None, Query()] = None,
    is_active: Annotated[bool | None, Query()] = None,
    email: Beginning = None,
) -> MemberList:
    """A page of accounts."""
    service, _ = admitted(request)
    found, following = service.members.list(members.Wanted(role, is_active, email), limit, cursor)
    return MemberList(users=[member(row) for row in found], next_cursor=following)


def get_user(request: Request, user_id: str) -> Member:
    """One account."""
    service, _ = admitted(request)
    return member(service.members.get(user_id))


def set_user_role(request: Request, user_id: str, body: SetUserRoleRequest) -> Member:
    """Give an account a role."""
    service, actor = admitted(request)
    return member(service.members.set_role(actor, user_id, body.role))


def disable_user(request: Request, user_id: str) -> Member:
    """Shut an account out."""
    service, actor = admitted(request)
    return member(service.members.disable(actor, user_id))


def enable_user(request: Request, user_id: str) -> Member:
    """Let an account in again."""
    service, actor = admitted(request)
    return member(service.members.enable(actor, user_id))


def end_user_sessions(request: Request, user_id: str) -> Response:
    """End every session of an account."""
    service, actor = admitted(request)
    service.members.end_sessions(actor, user_id)
    return Response(status_code=204)


def member(row: RowMapping) -> Member:
    """An account as an answer."""
    names = ("id", "email", "full_name", "permissions", "is_verified", "is_active", "created_at")
    return Member.model_validate(
        {**{name: row[name] for name in names}, "role": roles.role_of(row["permissions"])}
    )


def _tags(headers: list[str]) -> list[str] | None:
    """The entity tags that If-Match names; None where it names none or any (RFC 9110, 13.1.1)."""
    named = [tag.strip() for header in headers for tag in header.split(",")]
    return None if not headers or named == ["*"] else named


def operations() -> list[Operation]:
    """What this module offers."""
    me, one = "/auth/me", "/auth/users/{user_id}"
    manage = (*_BEARER_OR_NOT, 404)
    write = ["profile:write"]
    return [
        Operation("updateMe", "PATCH", me, update_me, "accounts", 200, schemas.User, (*_BEARER_OR_NOT, *BODY, 412), write, by_key("write")),
        Operation("listUsers", "GET", "/auth/users", list_users, "users", 200, MemberList, (*_BEARER_OR_NOT, 422), _READ, _ADMIN),
        Operation("getUser", "GET", one, get_user, "users", 200, Member, manage, _READ, _ADMIN),
        Operation("setUserRole", "PUT", f"{one}/role", set_user_role, "users", 200, Member, (*manage, *BODY, 409), _MANAGE),
        Operation("disableUser", "POST", f"{one}/disable", disable_user, "users", 200, Member, (*manage, 409), _MANAGE, _ADMIN),
        Operation("enableUser", "POST", f"{one}/enable", enable_user, "users", 200, Member, manage, _MANAGE, _ADMIN),
        Operation("endUserSessions", "DELETE", f"{one}/sessions", end_user_sessions, "users", 204, None, manage, _MANAGE, _ADMIN),
    ]  # fmt: skip
