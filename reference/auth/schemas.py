"""What requests and answers look like."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from reference.common import problems
from reference.common.fields import SHOWABLE, Strict, Title, showable

__all__ = ["SHOWABLE", "Strict", "Title", "showable"]

_URI: dict[str, Any] = {"format": "uri"}
_SECRET: dict[str, Any] = {"format": "password", "x-secret": True}


Name = Annotated[str | None, Field(max_length=200, json_schema_extra=SHOWABLE), AfterValidator(showable)]
Device = Annotated[str | None, Field(max_length=100, json_schema_extra=SHOWABLE), AfterValidator(showable)]


class SignUpRequest(Strict):
    """Asks for an account."""

    email: str = Field(max_length=254, json_schema_extra={"format": "email"})
    password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)
    full_name: Name = None


class SignUpAnswer(Strict):
    """The same for every address."""

    status: Literal["verification_sent"]


class VerifyEmailRequest(Strict):
    """Brings a mailed token back."""

    token: str = Field(min_length=1, max_length=512, json_schema_extra=_SECRET)


class User(Strict):
    """An account as its owner sees it."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    email: str = Field(json_schema_extra={"format": "email"})
    full_name: str | None
    is_verified: bool
    permissions: list[str]


class VerifyEmailAnswer(Strict):
    """The account that is verified now."""

    user: User


class ChangePasswordRequest(Strict):
    """Chooses another password."""

    current_password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)
    new_password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)


class PasswordResetRequest(Strict):
    """Asks for a mail with a token."""

    email: str = Field(max_length=254, json_schema_extra={"format": "email"})


class PasswordResetAnswer(Strict):
    """The same for every address."""

    status: Literal["reset_sent"]


class ResetPasswordRequest(Strict):
    """Brings a mailed token back, with another password."""

    token: str = Field(min_length=1, max_length=512, json_schema_extra=_SECRET)
    new_password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)


class LogInRequest(Strict):
    """Begins a session."""

    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)
    provider: Literal["local"] = "local"
    device_id: Device = None


class RefreshAnswer(Strict):
    """A session's next tokens."""

    access_token: str = Field(json_schema_extra=_SECRET)
    refresh_token: str = Field(json_schema_extra=_SECRET)
    token_type: Literal["Bearer"] = Field()
    expires_in: int = Field(ge=1)


class LogInAnswer(RefreshAnswer):
    """A session's first tokens, and whose they are."""

    user: User


class LogInChallenge(Strict):
    """What a right password gives where there is a second factor."""

    challenge_token: str = Field(json_schema_extra=_SECRET)
    expires_in: int = Field(ge=1)


class RefreshRequest(Strict):
    """Asks for the next tokens."""

    refresh_token: str = Field(min_length=1, max_length=8192, json_schema_extra=_SECRET)


class Session(Strict):
    """One log-in that has not ended."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    created_at: datetime
    last_activity: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str | None
    last_ip_address: str | None
    last_user_agent: str | None
    device_id: str | None
    current: bool


class SessionList(Strict):
    """Every log-in of one user."""

    sessions: list[Session]


class ValidateRequest(Strict):
    """Asks about a token."""

    token: str = Field(max_length=32768, json_schema_extra=_SECRET)


class Validity(Strict):
    """Whether a token is good; if not, nothing else."""

    valid: bool
    user_id: str = Field(default="", json_schema_extra={"format": "uuid"})
    email: str = Field(default="", json_schema_extra={"format": "email"})
    permissions: list[str] = Field(default=[])
    expires_at: datetime = Field(default=datetime.min)


class Verification(Strict):
    """A token that is good."""

    valid: Literal[True]
    user_id: str = Field(json_schema_extra={"format": "uuid"})
    permissions: list[str]
    expires_at: datetime


class RotatedKey(Strict):
    """The key that signs from now on."""

    kid: str


class PublicKey(Strict):
    """A JWK with public members only."""

    kty: Literal["RSA", "EC", "OKP"]
    kid: str = Field(min_length=1)
    alg: Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
    use: Literal["sig"]
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


class KeySet(Strict):
    """A JWK set."""

    keys: list[PublicKey]


class Discovery(BaseModel):
    """Where things are."""

    issuer: str
    jwks_uri: str = Field(json_schema_extra=_URI)
    token_endpoint: str = Field(json_schema_extra=_URI)
    userinfo_endpoint: str = Field(json_schema_extra=_URI)
    response_types_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    access_token_signing_alg_values_supported: list[str]


class Health(Strict):
    """The process is alive."""

    status: Literal["ok"]


class Checks(Strict):
    """What is there."""

    database: Literal["up", "down"]
    session_store: Literal["up", "down"] = Field(alias="session-store")


class Readiness(Strict):
    """Whether work can be done."""

    status: Literal["ready", "not-ready"]
    checks: Checks


class TrustedKeySet(Strict):
    """Public keys to trust."""

    keys: list[dict[str, Any]] = Field(max_length=100)


class VerifySignatureRequest(Strict):
    """A compact JWS to look at."""

    jws: str = Field(max_length=32768)


class SignatureVerdict(Strict):
    """Whether the signature holds."""

    valid: bool


class FieldError(Strict):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(Strict):
    """A problem document (RFC 9457)."""

    type: str = Field(json_schema_extra={"enum": [f"urn:assay:problem:{name}" for name in problems.KINDS]})
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = ""
    errors: list[FieldError] = Field(default_factory=list)
