"""API keys of a user, managed by a session only: no key makes, changes or ends a key."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import AfterValidator, Field
from sqlalchemy import RowMapping

from reference.auth import schemas
from reference.auth.endpoints import admitted
from reference.auth.operation import BEARER, BODY, Operation
from reference.common import problems

_TEN_YEARS = 315_360_000
_SECRET: dict[str, Any] = {"format": "password", "x-secret": True}

Scope = Literal["read", "write", "admin"]


def _once(scopes: list[str]) -> list[str]:
    if len(set(scopes)) != len(scopes):
        raise ValueError("must name each scope once")
    return scopes


Scopes = Annotated[list[Scope], Field(min_length=1, max_length=3), AfterValidator(_once)]


class CreateApiKeyRequest(schemas.Strict):
    """Asks for a key."""

    name: schemas.Title
    scopes: Scopes
    expires_in: int | None = Field(default=None, ge=1, le=_TEN_YEARS)


class RotateApiKeyRequest(schemas.Strict):
    """Asks for another secret."""

    overlap: int | None = Field(default=None, ge=0)


class UpdateApiKeyRequest(schemas.Strict):
    """Gives a key another name, or switches it off or on; what is not named stays."""

    name: schemas.Title = ""
    disabled: bool = False


class ApiKey(schemas.Strict):
    """A key, without its secret."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    name: str
    prefix: str
    scopes: list[Scope]
    disabled: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeApiKey(schemas.Strict):
    """A key with its secret, told once."""

    key: ApiKey
    secret: str = Field(json_schema_extra=_SECRET)


class ApiKeyList(schemas.Strict):
    """The keys of a user."""

    keys: list[ApiKey]


def create_api_key(request: Request, body: CreateApiKeyRequest) -> MadeApiKey:
    """Make a key."""
    service, owner = admitted(request)
    made = service.api_keys.create(owner, body.name, body.scopes, body.expires_in)
    return MadeApiKey(key=told(made.row), secret=made.secret)


def list_api_keys(request: Request) -> ApiKeyList:
    """One's own keys."""
    service, owner = admitted(request)
    return ApiKeyList(keys=[told(row) for row in service.api_keys.list(owner.user_id)])


def rotate_api_key(request: Request, key_id: str, body: RotateApiKeyRequest) -> MadeApiKey:
    """Give a key another secret."""
    service, owner = admitted(request)
    made = service.api_keys.rotate(owner, key_id, body.overlap)
    return MadeApiKey(key=told(made.row), secret=made.secret)


def update_api_key(request: Request, key_id: str, body: UpdateApiKeyRequest) -> ApiKey:
    """Give a key another name, or switch it off or on."""
    service, owner = admitted(request)
    changes = body.model_dump(exclude_unset=True)
    if not changes:
        raise problems.Problem("invalid-request", errors=[{"field": "(body)", "detail": "changes nothing"}])
    return told(service.api_keys.change(owner, key_id, changes))


def revoke_api_key(request: Request, key_id: str) -> Response:
    """End a key for good."""
    service, owner = admitted(request)
    service.api_keys.revoke(owner, key_id)
    return Response(status_code=204)


def told(row: RowMapping) -> ApiKey:
    """A key as an answer."""
    names = ("id", "name", "prefix", "scopes", "disabled", "created_at", "expires_at", "last_used_at")
    return ApiKey(**{name: row[name] for name in names})


def operations() -> list[Operation]:
    """What this module offers."""
    all_keys, one = "/auth/api-keys", "/auth/api-keys/{key_id}"
    body = (*BEARER, *BODY)
    return [
        Operation("createApiKey", "POST", all_keys, create_api_key, "api-keys", 201, MadeApiKey, (*body, 403, 409), []),
        Operation("listApiKeys", "GET", all_keys, list_api_keys, "api-keys", 200, ApiKeyList, BEARER, []),
        Operation("rotateApiKey", "POST", f"{one}/rotate", rotate_api_key, "api-keys", 200, MadeApiKey, (*body, 404), []),
        Operation("updateApiKey", "PATCH", one, update_api_key, "api-keys", 200, ApiKey, (*body, 404), []),
        Operation("revokeApiKey", "DELETE", one, revoke_api_key, "api-keys", 204, None, (*BEARER, 404), []),
    ]  # fmt: skip
