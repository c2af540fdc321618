"""What REST offers on entities and schemas, and of the store itself: each operation is handed to a worker."""

import json
from typing import Annotated, Any

import msgspec
from fastapi import Body, Request
from fastapi.responses import JSONResponse, Response

from reference.common import problems
from reference.store import asking, models, names, timing
from reference.store.condition import UP
from reference.store.mainworker import Parts
from reference.store.models import After, Key, Limit, SchemaId
from reference.store.wire import Done, Task

_REST_SECONDS = 2.8


def parts_of(request: Request) -> Parts:
    """The main worker."""
    found: Parts = request.app.state.parts
    return found


async def perform(request: Request, operation: str, **more: Any) -> Done:
    """Has a worker perform an operation for whoever asks."""
    timing.allow(_REST_SECONDS)
    task = Task(operation=operation, token=asking.token(request), asker=asking.asker(), **more)
    return await parts_of(request).roster.perform(task)


async def log_in(request: Request, body: models.LogInRequest) -> models.LogInAnswer:
    """A token for a key."""
    token, principal = parts_of(request).access.log_in(body.key)
    return models.LogInAnswer.model_validate(
        {
            "token": token,
            "client_id": principal.client_id,
            "expires_at": principal.expires_at,
            "permissions": list(principal.permissions),
        }
    )


async def get_me(request: Request) -> models.Me:
    """Whose the token is."""
    principal = parts_of(request).access.authorise(asking.token(request), "getMe")
    schemas = None if principal.schemas is None else sorted(principal.schemas)
    return models.Me.model_validate(
        {
            "client_id": principal.client_id,
            "permissions": list(principal.permissions),
            "schemas": schemas,
        }
    )


async def put_entities(
    request: Request, schema_id: SchemaId, body: Annotated[Any, Body()]
) -> models.Versions:
    """Write entities, all or none."""
    if not isinstance(body, dict):
        raise names.invalid("documents", "must be an object")
    documents = pieces(await request.body())
    expected = asking.expected(request)
    done = await perform(request, "putEntities", schema=schema_id, documents=documents, expected=expected)
    return models.Versions(versions=done.versions)


def pieces(body: bytes) -> list[tuple[str, bytes]]:
    """The documents of a body, byte for byte."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        raise problems.Problem("malformed-json") from None
    return [(key, bytes(document)) for key, document in found.items()]


async def get_entity(request: Request, schema_id: SchemaId, key: Key) -> Response:
    """The document of an entity."""
    done = await perform(request, "getEntity", schema=schema_id, key=key)
    content = b'{"document": %b, "version": %d}' % (done.document, done.version)
    return Response(content, media_type="application/json", headers=of_version(done.version))


def of_version(version: int) -> dict[str, str]:
    """The headers of an answer with a document: its version, and that nobody on the way is to keep it."""
    return {"ETag": f'"{version}"', "Cache-Control": "no-store"}


async def delete_entity(request: Request, schema_id: SchemaId, key: Key) -> Response:
    """Delete an entity."""
    await perform(request, "deleteEntity", schema=schema_id, key=key, expected=asking.expected(request))
    return Response(status_code=204)


async def list_entities(
    request: Request, schema_id: SchemaId, after: After = None, limit: Limit = 100
) -> models.EntityPage:
    """A page of the keys of a schema."""
    done = await perform(request, "listEntities", schema=schema_id, after=after or "", limit=limit)
    listed = [models.Listed(key=key, version=version) for key, version in done.entities]
    return models.EntityPage(entities=listed, next=done.next)


async def put_schema(
    request: Request, schema_id: SchemaId, body: Annotated[Any, Body()]
) -> models.KeptSchema:
    """Keep a schema."""
    if not isinstance(body, dict | bool):
        raise names.invalid("schema", "must be an object or a boolean")
    await perform(
        request, "putSchema", schema=schema_id, documents=[("", (await request.body()).strip(b" \t\r\n"))]
    )
    return models.KeptSchema(schema_id=schema_id)


async def get_schema(request: Request, schema_id: SchemaId) -> Response:
    """A schema, as it was given."""
    done = await perform(request, "getSchema", schema=schema_id)
    return Response(done.document, media_type="application/json")


async def delete_schema(request: Request, schema_id: SchemaId) -> Response:
    """Forget a schema."""
    await perform(request, "deleteSchema", schema=schema_id)
    return Response(status_code=204)


async def list_schemas(request: Request) -> models.SchemaList:
    """The schemas that there are."""
    done = await perform(request, "listSchemas")
    return models.SchemaList(schemas=done.schemas)


async def get_health(request: Request) -> models.Health:
    """The main worker lives."""
    return models.Health(status="ok")


async def get_readiness(request: Request) -> Response:
    """What the store needs is there."""
    checks = await parts_of(request).condition.checks()
    ready = set(checks.values()) == {UP}
    told = {"status": "ready" if ready else "not-ready", "checks": checks}
    return JSONResponse(told, status_code=200 if ready else 503)


async def get_metrics(request: Request) -> Response:
    """Counters of every process."""
    parts = parts_of(request)
    parts.access.authorise(asking.token(request), "getMetrics")
    return Response(await parts.counters(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def get_contract(request: Request) -> Response:
    """The contract, as the running service states it; put together when it is first asked for."""
    state = request.app.state
    if not hasattr(state, "contract"):
        from reference.store import app

        state.contract = json.dumps(app.contract(request.app))
    return Response(state.contract, media_type="application/json")
