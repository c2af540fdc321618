"""What requests and answers look like over REST."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import AfterValidator, Field

from reference.common.fields import SECRET, Strict, Title
from reference.store import names

_TEN_YEARS = 315_360_000
_OCTETS = 65536
NAME: dict[str, Any] = {
    "minLength": 1,
    "maxLength": names.MOST_BYTES,
    "not": {"type": "string", "pattern": "[\\u0000-\\u001f\\u007f-\\u009f/\\\\]|^\\.{1,2}$"},
}
WORKER_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _name(text: str) -> str:
    if not names.is_name(text):
        raise ValueError("is no name")
    return text


def _once(chosen: list[str]) -> list[str]:
    if len(set(chosen)) != len(chosen):
        raise ValueError("must name each once")
    return chosen


Name = Annotated[str, Field(json_schema_extra=NAME), AfterValidator(_name)]
SchemaId = Annotated[str, Path(json_schema_extra=NAME)]
WorkerId = Annotated[str, Path(json_schema_extra={"minLength": 1, "maxLength": 100, "pattern": WORKER_NAME})]
KeyId = Annotated[str, Path(json_schema_extra={"minLength": 1, "maxLength": 64})]
Key = Annotated[str, Query(json_schema_extra=NAME)]
After = Annotated[str | None, Query(json_schema_extra=NAME)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Permission = Literal["read", "write", "admin"]
Permissions = Annotated[list[Permission], Field(min_length=1, max_length=3), AfterValidator(_once)]
Scope = list[Name] | None
Seconds = Annotated[int | None, Field(ge=1, le=_TEN_YEARS)]
Version = Annotated[int, Field(ge=1)]
Octets = Annotated[str, Field(max_length=_OCTETS)]


class LogInRequest(Strict):
    """Brings a key."""

    key: str = Field(min_length=1, max_length=512, json_schema_extra=SECRET)


class LogInAnswer(Strict):
    """A token that ends by itself and is not renewed."""

    token: str = Field(json_schema_extra=SECRET)
    client_id: str
    expires_at: datetime
    permissions: list[Permission]


class Me(Strict):
    """Whose a token is and what it may."""

    client_id: str
    permissions: list[Permission]
    schemas: list[str] | None


class Versions(Strict):
    """The version of each entity that was written."""

    versions: dict[str, Version]


class Entity(Strict):
    """A document, with every number as it was written."""

    document: Any
    version: Version


class Listed(Strict):
    """An entity without its document."""

    key: str
    version: Version


class EntityPage(Strict):
    """A page of keys."""

    entities: list[Listed]
    next: str | None = None


class KeptSchema(Strict):
    """A schema that was kept."""

    schema_id: str


class SchemaList(Strict):
    """The schemas that there are."""

    schemas: list[str]


class Health(Strict):
    """The main worker lives."""

    status: Literal["ok"]


class Checks(Strict):
    """What the store needs."""

    shared_directory: Literal["up", "down"] = Field(alias="shared-directory")
    workers: Literal["up", "down"]


class Readiness(Strict):
    """Whether the store can work."""

    status: Literal["ready", "not-ready"]
    checks: Checks


class CreateApiKeyRequest(Strict):
    """Asks for a key."""

    name: Title
    permissions: Permissions
    schemas: Scope = None
    expires_in: Seconds = None


class ApiKey(Strict):
    """A key, without its secret."""

    id: str
    name: str
    permissions: list[Permission]
    schemas: list[str] | None
    created_at: datetime
    expires_at: datetime | None


class MadeApiKey(ApiKey):
    """A key with its secret, told once."""

    secret: str = Field(json_schema_extra=SECRET)


class ApiKeyList(Strict):
    """The keys that there are."""

    keys: list[ApiKey]


class EnrolWorkerRequest(Strict):
    """Lets a worker subscribe."""

    worker_id: str = Field(min_length=1, max_length=100, pattern=WORKER_NAME)


class Worker(Strict):
    """A worker that was enrolled, and how it is."""

    worker_id: str
    status: Literal["available", "unavailable", "enrolled"]
    last_seen: datetime | None
    active_requests: int = Field(default=0, ge=0)
    tags: dict[str, str] = Field(default_factory=dict)


class WorkerList(Strict):
    """The workers that were enrolled."""

    workers: list[Worker]


class GrantRequest(Strict):
    """Asks for a grant; without seconds it does not expire."""

    expires_in: Seconds = None


class Grant(Strict):
    """The keys of a schema for a worker."""

    schema_id: str
    granted_at: datetime
    expires_at: datetime | None


class GrantList(Strict):
    """What a worker was granted."""

    grants: list[Grant]


class DataKey(Strict):
    """A data key, without itself."""

    key_id: str
    schema_id: str
    state: Literal["current", "retired", "destroyed"]
    entities: int = Field(ge=0)
    created_at: datetime


class DataKeyList(Strict):
    """The data keys."""

    keys: list[DataKey]


class RotationRequest(Strict):
    """Asks for new data keys, of all schemas where none are named."""

    schemas: Scope = None
    reseal: bool = True


class Rotation(Strict):
    """How far the sealing again is."""

    state: Literal["none", "running", "done"]
    left: int = Field(ge=0)
    key_ids: list[str] = Field(default_factory=list)


class WrongField(Strict):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class Wrong(Strict):
    """One thing that is wrong in a document, and where."""

    at: str
    what: str


class OpenCiphertextRequest(Strict):
    """What was sealed, each part in base64."""

    key: Octets
    nonce: Octets
    associated_data: Octets
    ciphertext: Octets
    tag: Octets


class OpenedCiphertext(Strict):
    """What a ciphertext held, in base64."""

    plaintext: str


class Problem(Strict):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = ""
    instance: str = ""
    errors: list[WrongField | Wrong] = Field(default_factory=list, max_length=20)
