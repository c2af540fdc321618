"""What REST offers to administrators: API keys, workers and their grants, data keys and their rotation."""

from typing import Annotated, Any

from fastapi import Body, Request
from fastapi.responses import Response

from reference.common import problems
from reference.store import apikeys, asking, grants, keyring, models
from reference.store.endpoints import parts_of
from reference.store.mainworker import Parts
from reference.store.models import KeyId, SchemaId, WorkerId


def administrator(request: Request, operation: str) -> Parts:
    """The main worker, for an administrator; whoever is one for some schemas only administers nothing that is for all."""
    parts = parts_of(request)
    parts.access.check_whole(parts.access.authorise(asking.token(request), operation))
    parts.grants.end_expired()
    return parts


async def create_api_key(request: Request, body: models.CreateApiKeyRequest) -> models.MadeApiKey:
    """Make an API key."""
    parts = administrator(request, "createApiKey")
    made, secret = parts.api_keys.create(body.name, body.permissions, body.schemas, body.expires_in)
    return models.MadeApiKey.model_validate({**told(made), "secret": secret})


async def list_api_keys(request: Request) -> models.ApiKeyList:
    """The API keys that there are."""
    parts = administrator(request, "listApiKeys")
    found = [models.ApiKey.model_validate(told(key)) for key in parts.api_keys.every()]
    return models.ApiKeyList(keys=found)


async def revoke_api_key(request: Request, id: KeyId) -> Response:
    """End an API key."""
    administrator(request, "revokeApiKey").api_keys.revoke(id)
    return Response(status_code=204)


def told(key: apikeys.ApiKey) -> dict[str, Any]:
    """What is told of an API key: everything but what stands for its secret."""
    return {
        "id": key.id,
        "name": key.name,
        "permissions": key.permissions,
        "schemas": key.schemas,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }


async def list_workers(request: Request) -> models.WorkerList:
    """The workers that were enrolled."""
    parts = administrator(request, "listWorkers")
    return models.WorkerList(workers=[worker(parts, one) for one in parts.grants.workers()])


async def enrol_worker(request: Request, body: models.EnrolWorkerRequest) -> models.Worker:
    """Let a worker subscribe."""
    parts = administrator(request, "enrolWorker")
    return worker(parts, parts.grants.enrol(body.worker_id))


async def remove_worker(request: Request, worker_id: WorkerId) -> Response:
    """Take a worker out."""
    parts = administrator(request, "removeWorker")
    parts.grants.remove(worker_id, parts.keys.schemas())
    parts.access.end_tokens_of_worker(worker_id)
    return Response(status_code=204)


def worker(parts: Parts, one: grants.Worker) -> models.Worker:
    """What is told of a worker."""
    attached = parts.roster.get(one.worker_id)
    return models.Worker.model_validate(
        {
            "worker_id": one.worker_id,
            "status": status(parts, one),
            "last_seen": one.last_seen,
            "active_requests": attached.active if attached is not None else 0,
            "tags": one.tags,
        }
    )


def status(parts: Parts, one: grants.Worker) -> str:
    """Whether a worker is there: by its line to main, or, of one that keeps none, by its token."""
    attached = parts.roster.get(one.worker_id)
    if attached is not None:
        return "available" if attached.is_heard() else "unavailable"
    if one.last_seen is None:
        return "enrolled"
    own = one.every
    return "available" if not own and parts.access.has_token(one.worker_id) else "unavailable"


async def list_grants(request: Request, worker_id: WorkerId) -> models.GrantList:
    """What a worker was granted."""
    parts = administrator(request, "listGrants")
    schemas = sorted({*parts.keys.schemas(), *parts.decider.index.contents.schemas})
    found = parts.grants.of(worker_id, schemas)
    return models.GrantList(grants=[grant(schema, one) for schema, one in found.items()])


async def grant_schema(
    request: Request, worker_id: WorkerId, schema_id: SchemaId, body: models.GrantRequest
) -> models.Grant:
    """Grant a worker the keys of a schema."""
    parts = administrator(request, "grantSchema")
    parts.grants.get(worker_id)
    if not parts.decider.index.contents.knows(schema_id):
        raise problems.Problem("not-found")
    return grant(schema_id, parts.grants.grant(worker_id, schema_id, body.expires_in))


async def revoke_grant(request: Request, worker_id: WorkerId, schema_id: SchemaId) -> Response:
    """Take a grant back."""
    administrator(request, "revokeGrant").grants.revoke(worker_id, schema_id)
    return Response(status_code=204)


def grant(schema: str, one: grants.Grant) -> models.Grant:
    """What is told of a grant."""
    return models.Grant(schema_id=schema, granted_at=one.granted_at, expires_at=one.expires_at)


async def list_data_keys(request: Request) -> models.DataKeyList:
    """The data keys."""
    parts = administrator(request, "listDataKeys")
    return models.DataKeyList(keys=[data_key(parts, key) for key in parts.keys.every()])


def data_key(parts: Parts, key: keyring.DataKey) -> models.DataKey:
    """What is told of a data key."""
    return models.DataKey.model_validate(
        {
            "key_id": key.key_id,
            "schema_id": key.schema,
            "state": key.state,
            "entities": parts.decider.index.contents.under(key.key_id),
            "created_at": key.created_at,
        }
    )


async def rotate_keys(request: Request, body: Annotated[models.RotationRequest, Body()]) -> models.Rotation:
    """Replace data keys."""
    parts = administrator(request, "rotateKeys")
    parts.rotation.begin(body.schemas, body.reseal)
    return rotation(parts)


async def get_rotation(request: Request) -> models.Rotation:
    """How far a rotation is."""
    return rotation(administrator(request, "getRotation"))


def rotation(parts: Parts) -> models.Rotation:
    """What is told of a rotation."""
    state, left, key_ids = parts.rotation.describe()
    return models.Rotation.model_validate({"state": state, "left": left, "key_ids": key_ids})
