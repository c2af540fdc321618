"""What an account's owner may take along, and its end."""

from datetime import datetime

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from reference.auth.endpoints import authenticated
from reference.auth.operation import BEARER, BODY_AND_DATA, Operation
from reference.auth.schemas import Strict
from reference.common import clock


class ExportedAccount(Strict):
    """The account itself."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    email: str = Field(json_schema_extra={"format": "email"})
    full_name: str | None
    auth_provider: str
    is_active: bool
    is_verified: bool
    permissions: list[str]
    created_at: datetime
    password_changed_at: datetime


class ExportedSession(Strict):
    """A session, also one that has ended."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    created_at: datetime
    last_activity: datetime
    expires_at: datetime
    idle_end: datetime
    ip_address: str | None
    user_agent: str | None
    last_ip_address: str | None
    last_user_agent: str | None
    device_id: str | None
    is_active: bool
    revoked_at: datetime | None
    end_reason: str | None


class ExportedRenewal(Strict):
    """When a refresh token was given out and used."""

    session_id: str = Field(json_schema_extra={"format": "uuid"})
    created_at: datetime
    used_at: datetime | None


class ExportedConfirmation(Strict):
    """When a token to confirm the address was mailed and used."""

    full_name: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ExportedReset(Strict):
    """When a token to reset the password was mailed, and used or voided."""

    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ExportedPlace(Strict):
    """When a session was used from one more place."""

    session_id: str = Field(json_schema_extra={"format": "uuid"})
    first_used_at: datetime


class ExportedFactor(Strict):
    """A second factor, also one that is not switched on yet."""

    created_at: datetime
    confirmed_at: datetime | None
    failures: int
    failing_since: datetime | None


class ExportedRecoveryCode(Strict):
    """When a recovery code was used, if it was."""

    used_at: datetime | None


class ExportedLogIn(Strict):
    """A log-in that was begun and needed a code."""

    device_id: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ExportedKey(Strict):
    """An API key, also one that was revoked."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    name: str
    prefix: str
    scopes: list[str]
    disabled: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ExportedMail(Strict):
    """A mail that is still to be sent."""

    kind: str
    full_name: str | None
    created_at: datetime
    attempts: int


class AccountExport(Strict):
    """Everything that is kept of a user."""

    exported_at: datetime
    account: ExportedAccount
    sessions: list[ExportedSession]
    renewals: list[ExportedRenewal]
    confirmations: list[ExportedConfirmation]
    resets: list[ExportedReset]
    places: list[ExportedPlace]
    second_factors: list[ExportedFactor]
    recovery_codes: list[ExportedRecoveryCode]
    log_ins_begun: list[ExportedLogIn]
    api_keys: list[ExportedKey]
    mails: list[ExportedMail]


class DeleteAccountRequest(Strict):
    """Asks for the end of one's own account."""

    current_password: str = Field(
        min_length=1, max_length=1024, json_schema_extra={"format": "password", "x-secret": True}
    )


def export_account(request: Request) -> AccountExport:
    """Everything that is kept of the user of the token presented."""
    service, claims = authenticated(request)
    found = service.export.of(claims.user_id)
    if found is None:
        raise service.access.refusal("user-inactive")
    service.log.success("account.exported", user_id=claims.user_id, session_id=claims.session_id)
    return AccountExport(exported_at=clock.now(), **found)


def delete_account(request: Request, body: DeleteAccountRequest) -> Response:
    """Delete the account of the token presented."""
    service, claims = authenticated(request)
    if not service.deletion.delete_own(claims.user_id, body.current_password):
        raise service.access.refusal("user-inactive")
    return Response(status_code=204)


def operations() -> list[Operation]:
    """The operations of this module."""
    delete = (*BODY_AND_DATA, 401, 403, 409, 429)
    return [
        Operation("exportAccount", "GET", "/auth/account/export", export_account, "accounts", 200, AccountExport, BEARER, []),
        Operation("deleteAccount", "POST", "/auth/account/delete", delete_account, "accounts", 204, None, delete, []),
    ]  # fmt: skip
