"""The routes of the store: every operation of the contract, where it is reached and how it may be answered."""

from typing import Any

from fastapi import FastAPI

from reference.common import problems, web
from reference.common.contract import add, stated
from reference.common.operation import BODY, DATA, Operation
from reference.store import administration, asking, conformance, endpoints, models
from reference.store.mainworker import Parts

_TOKEN = (401, *DATA)
_RIGHT = (*_TOKEN, 403)
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
}
_DOCUMENTS = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1000,
    "propertyNames": {"type": "string", **models.NAME},
}
_SCHEMA = {"type": ["object", "boolean"]}


def operations() -> list[Operation]:
    """Every operation."""
    on, by, of = endpoints, administration, models
    entity, schema, worker = "/entity/{schema_id}", "/schema/{schema_id}", "/admin/workers/{worker_id}"
    body = (*_RIGHT, *BODY)
    return [
        Operation("logIn", "POST", "/api/login", on.log_in, "access", 200, of.LogInAnswer, (401, *BODY, *DATA)),
        Operation("getMe", "GET", "/api/me", on.get_me, "access", 200, of.Me, _TOKEN, []),
        Operation("putEntities", "PUT", entity, on.put_entities, "entities", 200, of.Versions, (*body, 404, 409, 412, 507), []),
        Operation("getEntity", "GET", entity, on.get_entity, "entities", 200, of.Entity, (*_RIGHT, 404, 422, 500), []),
        Operation("deleteEntity", "DELETE", entity, on.delete_entity, "entities", 204, None, (*_RIGHT, 404, 412, 422), []),
        Operation("listEntities", "GET", "/entities/{schema_id}", on.list_entities, "entities", 200, of.EntityPage, (*_RIGHT, 404, 422), []),
        Operation("putSchema", "PUT", schema, on.put_schema, "schemas", 200, of.KeptSchema, (*body, 507), []),
        Operation("getSchema", "GET", schema, on.get_schema, "schemas", 200, None, (*_RIGHT, 404, 422), []),
        Operation("deleteSchema", "DELETE", schema, on.delete_schema, "schemas", 204, None, (*_RIGHT, 404, 422), []),
        Operation("listSchemas", "GET", "/api/schemas", on.list_schemas, "schemas", 200, of.SchemaList, _RIGHT, []),
        Operation("getHealth", "GET", "/health", on.get_health, "health", 200, of.Health),
        Operation("getReadiness", "GET", "/ready", on.get_readiness, "health", 200, of.Readiness, also={503: of.Readiness}),
        Operation("getMetrics", "GET", "/metrics", on.get_metrics, "health", 200, None, _RIGHT, []),
        Operation("getContract", "GET", "/openapi.json", on.get_contract, "health", 200, dict[str, Any]),
        Operation("createApiKey", "POST", "/api/keys", by.create_api_key, "api-keys", 201, of.MadeApiKey, body, []),
        Operation("listApiKeys", "GET", "/api/keys", by.list_api_keys, "api-keys", 200, of.ApiKeyList, _RIGHT, []),
        Operation("revokeApiKey", "DELETE", "/api/keys/{id}", by.revoke_api_key, "api-keys", 204, None, (*_RIGHT, 404), []),
        Operation("listWorkers", "GET", "/admin/workers", by.list_workers, "workers", 200, of.WorkerList, _RIGHT, []),
        Operation("enrolWorker", "POST", "/admin/workers", by.enrol_worker, "workers", 201, of.Worker, (*body, 409), []),
        Operation("removeWorker", "DELETE", worker, by.remove_worker, "workers", 204, None, (*_RIGHT, 404), []),
        Operation("listGrants", "GET", f"{worker}/grants", by.list_grants, "workers", 200, of.GrantList, (*_RIGHT, 404), []),
        Operation("grantSchema", "PUT", f"{worker}/grants/{{schema_id}}", by.grant_schema, "workers", 200, of.Grant, (*body, 404), []),
        Operation("revokeGrant", "DELETE", f"{worker}/grants/{{schema_id}}", by.revoke_grant, "workers", 204, None, (*_RIGHT, 404), []),
        Operation("listDataKeys", "GET", "/admin/keys", by.list_data_keys, "data-keys", 200, of.DataKeyList, _RIGHT, []),
        Operation("rotateKeys", "POST", "/admin/keys/rotation", by.rotate_keys, "data-keys", 202, of.Rotation, (*body, 409), []),
        Operation("getRotation", "GET", "/admin/keys/rotation", by.get_rotation, "data-keys", 200, of.Rotation, _RIGHT, []),
    ]  # fmt: skip


def conformance_operations() -> list[Operation]:
    """The operations that are there only where sealing_conformance is on."""
    at, open_one, refusals = "/admin/conformance/open", conformance.open_ciphertext, (*_RIGHT, *BODY, 500)
    opened = models.OpenedCiphertext
    return [Operation("openCiphertext", "POST", at, open_one, "conformance", 200, opened, refusals, [])]


def create_app(parts: Parts) -> FastAPI:
    """The application of the store."""
    app = FastAPI(
        title="store",
        version="1.0.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    settings = parts.settings
    limits = {"max_body_bytes": settings.entity_body_bytes, "document_depth": settings.document_depth}
    app.router.route_class = type("Route", (asking.StoreRoute,), limits)
    for operation in operations() + (conformance_operations() if settings.sealing_conformance else []):
        add(app, operation)
    app.add_middleware(asking.PathNames)
    web.install(app, https=parts.https)
    return app


def contract(app: FastAPI) -> dict[str, Any]:
    """The contract, as the routes state it."""
    told = stated(app, models.Problem, {"bearer": {"type": "http", "scheme": "bearer"}})
    problem = told["components"]["schemas"]["Problem"]
    problem["properties"]["type"]["enum"] = [f"urn:assay:problem:{name}" for name in told_problems()]
    paths = told["paths"]
    for method in ("put", "delete"):
        paths["/entity/{schema_id}"][method].setdefault("parameters", []).append(_IF_MATCH)
    of_body(paths["/entity/{schema_id}"]["put"], _DOCUMENTS)
    of_body(paths["/schema/{schema_id}"]["put"], _SCHEMA)
    of_answer(paths["/schema/{schema_id}"]["get"], "application/json", _SCHEMA)
    of_answer(paths["/metrics"]["get"], "text/plain", {"type": "string"})
    return told


def of_body(operation: dict[str, Any], schema: dict[str, Any]) -> None:
    """States what a body is that no model describes."""
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}


def of_answer(operation: dict[str, Any], media_type: str, schema: dict[str, Any]) -> None:
    """States what an answer is that no model describes."""
    operation["responses"]["200"]["content"] = {media_type: {"schema": schema}}


def told_problems() -> list[str]:
    """The problems that the store may answer with."""
    shared = (
        "invalid-request",
        "malformed-json",
        "malformed-request",
        "invalid-token",
        "invalid-credentials",
        "not-found",
        "conflict",
        "payload-too-large",
        "unsupported-media-type",
        "method-not-allowed",
        "request-timeout",
        "service-unavailable",
        "internal-error",
    )
    return [*shared, *problems.KINDS_OF_STORE]
