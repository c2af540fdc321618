"""Routes with everything that the contract says of them, and the contract as the routes state it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from reference.common import problems
from reference.common.operation import Operation


def add(app: FastAPI, operation: Operation) -> None:
    """Adds an operation with everything that the contract says of it."""
    problem = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": model} for status, model in operation.also.items()
    }
    for status in operation.refusals:
        refusals[status] = {**problem, "description": "Refused"}
    refusals["default"] = {**problem, "description": "Any other problem"}
    app.add_api_route(
        operation.path,
        operation.endpoint,
        methods=[operation.method],
        operation_id=operation.name,
        name=operation.name,
        tags=[operation.tag],
        response_model=operation.answer,
        status_code=operation.status,
        response_model_exclude_unset=operation.brief,
        responses=refusals,
        openapi_extra={"security": ways} if (ways := operation.ways()) else None,
    )


def stated(app: FastAPI, problem: Any, security: dict[str, Any]) -> dict[str, Any]:
    """The contract of an application whose refusals are a model, and which is opened in these ways."""
    told = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = told.setdefault("components", {})
    made = problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"].update({**made.pop("$defs"), "Problem": made})
    components["securitySchemes"] = security
    return told
