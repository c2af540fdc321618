"""Service accounts as administrators keep them, their tokens, and what services alone may ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import RowMapping

from reference.auth import schemas
from reference.auth.endpoints import authenticated, moment, parts
from reference.auth.operation import BEARER, BODY, DATA, Operation
from reference.auth.principal import ServicePrincipal
from reference.auth.routes.users import Member, member
from reference.auth.service import Service
from reference.auth.strictjws import Refused

_SECRET: dict[str, Any] = {"format": "password", "x-secret": True}
_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"

Permission = Literal["tokens:introspect", "users:read"]
Permissions = Annotated[list[Permission], Field(max_length=10)]
Id = Annotated[str, Field(min_length=1, max_length=63, pattern=_NAME)]


class CreateServiceRequest(schemas.Strict):
    """Asks for a service account."""

    service_id: Id
    service_name: schemas.Title
    permissions: Permissions


class ServiceAccount(schemas.Strict):
    """A service account, without its secret."""

    service_id: str
    service_name: str
    permissions: list[Permission]
    created_at: datetime


class MadeServiceAccount(schemas.Strict):
    """A service account with its secret, told once."""

    service: ServiceAccount
    service_secret: str = Field(json_schema_extra=_SECRET)


class ServiceList(schemas.Strict):
    """Every service account."""

    services: list[ServiceAccount]


class ServiceTokenRequest(schemas.Strict):
    """Asks for a token."""

    service_id: str = Field(min_length=1, max_length=63)
    service_secret: str = Field(min_length=1, max_length=512, json_schema_extra=_SECRET)
    requested_permissions: Permissions


class ServiceTokenAnswer(schemas.Strict):
    """A token, and whose it is."""

    token: str = Field(json_schema_extra=_SECRET)
    expires_in: int = Field(ge=1)
    service_name: str


class OwnService(schemas.Strict):
    """The service that asks."""

    service_id: str
    service_name: str
    permissions: list[Permission]
    expires_at: datetime


class IntrospectRequest(schemas.Strict):
    """Asks about somebody's credential."""

    token: str = Field(min_length=1, max_length=32768, json_schema_extra=_SECRET)


class Introspection(schemas.Strict):
    """What a credential is good for; if for nothing, nothing else."""

    active: bool
    sub: str = ""
    token_type: Literal["access_token", "api_key"] = "access_token"
    scope: str = ""


def create_service(request: Request, body: CreateServiceRequest) -> MadeServiceAccount:
    """Make a service account."""
    service, _ = authenticated(request)
    actor = request.state.principal
    made = service.services.create(actor, body.service_id, body.service_name, body.permissions)
    return MadeServiceAccount(service=told(made.row), service_secret=made.secret)


def list_services(request: Request) -> ServiceList:
    """Every service account."""
    service, _ = authenticated(request)
    return ServiceList(services=[told(row) for row in service.services.list()])


def rotate_service_secret(request: Request, service_id: str) -> MadeServiceAccount:
    """Give a service account another secret."""
    service, _ = authenticated(request)
    made = service.services.rotate(request.state.principal, service_id)
    return MadeServiceAccount(service=told(made.row), service_secret=made.secret)


def revoke_service(request: Request, service_id: str) -> Response:
    """End a service account for good."""
    service, _ = authenticated(request)
    service.services.revoke(request.state.principal, service_id)
    return Response(status_code=204)


def issue_service_token(request: Request, body: ServiceTokenRequest) -> ServiceTokenAnswer:
    """A token for a service that knows its secret."""
    service = parts(request)
    token, found = service.services.issue(body.service_id, body.service_secret, body.requested_permissions)
    lifetime = service.settings.service_token_lifetime
    return ServiceTokenAnswer(token=token, expires_in=lifetime, service_name=found["name"])


def get_own_service(request: Request) -> OwnService:
    """The service of the token presented."""
    _, asking = by_service(request)
    return OwnService.model_validate(
        {
            "service_id": asking.service_id,
            "service_name": asking.name,
            "permissions": list(asking.granted),
            "expires_at": moment(asking.expires_at),
        }
    )


def introspect_token(request: Request, body: IntrospectRequest) -> Introspection:
    """What a credential that somebody presented to another service is good for."""
    service, _ = by_service(request)
    try:
        claims = service.access.check(body.token)
        return good("access_token", claims.user_id, claims.permissions)
    except Refused:
        pass
    try:
        found = service.api_keys.check(body.token)
        return good("api_key", found.user_id, found.granted)
    except Refused:
        pass
    return Introspection(active=False)


def good(kind: Literal["access_token", "api_key"], user_id: str, granted: Sequence[str]) -> Introspection:
    """What is told of a credential that holds."""
    return Introspection(active=True, sub=user_id, token_type=kind, scope=" ".join(granted))


def look_up_user(request: Request, user_id: str) -> Member:
    """One account, for a service."""
    service, _ = by_service(request)
    return member(service.members.get(user_id))


def by_service(request: Request) -> tuple[Service, ServicePrincipal]:
    """Auth, and the service that presents a token to it."""
    service = parts(request)
    return service, service.access.admit_service(request)


def told(row: RowMapping) -> ServiceAccount:
    """A service account as an answer."""
    return ServiceAccount(
        service_id=row["id"],
        service_name=row["name"],
        permissions=row["permissions"],
        created_at=row["created_at"],
    )


def operations() -> list[Operation]:
    """What this module offers."""
    every, one = "/auth/services", "/auth/services/{service_id}"
    may, refused = ["services:manage"], (*BEARER, 403)
    body = (*BODY, *DATA)

    def by(*permissions: str) -> list[dict[str, list[str]]]:
        return [{"service": [*permissions]}]

    return [
        Operation("createService", "POST", every, create_service, "services", 201, MadeServiceAccount, (*refused, *BODY, 409), may),
        Operation("listServices", "GET", every, list_services, "services", 200, ServiceList, refused, may),
        Operation("rotateServiceSecret", "POST", f"{one}/rotate", rotate_service_secret, "services", 200, MadeServiceAccount, (*refused, 404), may),
        Operation("revokeService", "DELETE", one, revoke_service, "services", 204, None, (*refused, 404), may),
        Operation("issueServiceToken", "POST", "/auth/service-token", issue_service_token, "services", 200, ServiceTokenAnswer, (*body, 401, 403, 429)),
        Operation("getOwnService", "GET", "/auth/service", get_own_service, "services", 200, OwnService, BEARER, None, by()),
        Operation("introspectToken", "POST", "/auth/introspect", introspect_token, "services", 200, Introspection, (*refused, *BODY), None, by("tokens:introspect"), brief=True),
        Operation("lookUpUser", "GET", "/auth/service/users/{user_id}", look_up_user, "services", 200, Member, (*refused, 404), None, by("users:read")),
    ]  # fmt: skip
