"""Answers that differ a little from what was promised, over REST and over gRPC."""

import contextlib
import dataclasses
import inspect
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Request
from pydantic import ConfigDict, Field

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import coded, is_routed, offered_otherwise
from reference.store import administration, endpoints, models, names

_MOST_OF_A_NAME, _MOST_OF_A_KEY, _CALLS = 100, 512, 40
_KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class LongName(models.CreateApiKeyRequest):
    """Asks for a key whose name may be a little longer."""

    name: Annotated[str, Field(min_length=1, max_length=_MOST_OF_A_NAME + 1)]


class AnyKey(models.LogInRequest):
    """Brings a key, whatever that is."""

    model_config = ConfigDict(extra="forbid", strict=False)
    key: Any


@defect(
    "store.names-of-keys-may-be-longer",
    breaks=["DB-14"],
    says="The name of an API key may have one letter more than it may.",
    partial=True,
)
def names_of_keys_may_be_longer(patch: Patch) -> None:
    def change(operation: Any, hit: Hit) -> Any:
        async def create(request: Request, body: LongName) -> models.MadeApiKey:
            """Make an API key."""
            made = await administration.create_api_key(request, body)
            if len(body.name) > _MOST_OF_A_NAME:
                hit()
            return made

        return dataclasses.replace(operation, endpoint=create)

    offered_otherwise(patch, "createApiKey", change)


@defect(
    "store.structures-are-read-as-texts",
    breaks=["DB-18"],
    says="Where a text is to be, a structure is taken as if it were one.",
    partial=True,
)
def structures_are_read_as_texts(patch: Patch) -> None:
    def change(operation: Any, hit: Hit) -> Any:
        async def log_in(request: Request, body: AnyKey) -> models.LogInAnswer:
            """A token for a key."""
            key = str(body.key)[:_MOST_OF_A_KEY]
            if key != body.key:
                hit()
            return await endpoints.log_in(request, models.LogInRequest(key=key))

        return dataclasses.replace(operation, endpoint=log_in)

    offered_otherwise(patch, "logIn", change)


@defect(
    "store.one-method-more",
    breaks=["DB-10"],
    says="What tells whose a token is can be posted to as well.",
    partial=True,
)
def one_method_more(patch: Patch) -> None:
    def adding(add: Function, _hit: Hit) -> Function:
        def generous(app: Any, operation: Any) -> None:
            add(app, operation)
            if operation.name == "getMe":
                add(app, dataclasses.replace(operation, name="postMe", method="POST"))

        return generous

    def telling(contract: Function, hit: Hit) -> Function:
        def told(app: Any) -> Any:
            hit()
            return contract(app)

        return told

    def coming(call: Function, hit: Hit) -> Function:
        async def noting(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] == "/api/me" and scope["method"] != "GET":
                hit()
            await call(self, scope, receive, send)

        return noting

    patch.replace("store.app:add", adding)
    patch.replace("store.app:contract", telling)
    patch.replace("store.asking:PathNames.__call__", coming)


@defect(
    "store.heads-are-not-answered",
    breaks=["DB-14"],
    says="Who asks for the head of an answer alone is told that there is none.",
    partial=True,
)
def heads_are_not_answered(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def narrow(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["method"] == "HEAD":
                if is_routed(scope):
                    hit()
                scope = {**scope, "method": "GET", "path": "/none", "raw_path": b"/none"}
            await call(self, scope, receive, send)

        return narrow

    patch.replace("common.web:Guard.__call__", factory)


@defect(
    "store.versions-in-headers-are-weak",
    breaks=["DB-14"],
    says="The header with the version of an entity calls it weak, so that no write can ask for it.",
    partial=True,
)
def versions_in_headers_are_weak(patch: Patch) -> None:
    def factory(of_version: Function, hit: Hit) -> Function:
        def weak(version: int) -> dict[str, str]:
            hit()
            return {**of_version(version), "ETag": f'W/"{version}"'}

        return weak

    patch.replace("store.endpoints:of_version", factory)


@defect(
    "store.lacking-rights-are-unauthenticated",
    breaks=["GRPC-04"],
    says="A token that does not do what is asked is UNAUTHENTICATED.",
    partial=True,
)
def lacking_rights_are_unauthenticated(patch: Patch) -> None:
    coded(patch, "insufficient-permission", "UNAUTHENTICATED")


@defect(
    "store.unknown-operations-read",
    breaks=["GRPC-04"],
    says="An operation over gRPC that nobody knows is taken for reading.",
    partial=True,
)
def unknown_operations_read(patch: Patch) -> None:
    def factory(task: Function, hit: Hit) -> Function:
        def lenient(self: Any, asked: Any, context: Any) -> Any:
            known = ("GET", "PUT", "DELETE", "SCHEMA_GET", "SCHEMA_PUT", "SCHEMA_DELETE")
            if asked.operation not in known:
                hit()
                asked.operation = "GET"
            return task(self, asked, context)

        return lenient

    patch.replace("store.doors:Doors.task", factory)


@defect(
    "store.keys-that-are-none-are-not-found",
    breaks=["FS-13", "GRPC-04"],
    says="A key that is no name is said to be of nothing that is there.",
    partial=True,
)
def keys_that_are_none_are_not_found(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def vague(text: str, field: str) -> str:
            if field == "key" and not names.is_name(text):
                hit()
                raise problems.Problem("not-found")
            return str(check(text, field))

        return vague

    patch.replace("store.names:check", factory)


@defect(
    "store.no-public-key-is-a-conflict",
    breaks=["GRPC-14"],
    says="What is no public key is refused as in conflict with things as they are.",
    partial=True,
)
def no_public_key_is_a_conflict(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        def vague(pem: bytes) -> Any:
            try:
                return read(pem)
            except problems.Problem as problem:
                if problem.errors[0]["detail"] != "is no public key":
                    raise
                hit()
                raise problems.Problem("conflict") from None

        return vague

    patch.replace("store.publickeys:read", factory)


@defect(
    "store.few-calls-at-once",
    breaks=["GRPC-01"],
    says="Of many calls at once over gRPC forty are answered, and the others are refused.",
    partial=True,
)
def few_calls_at_once(patch: Patch) -> None:
    def factory(handler: Function, hit: Hit) -> Function:
        return lambda self: _FewAtOnce(handler(self), hit)

    patch.replace("store.doors:Doors.handler", factory)


class _FewAtOnce:
    """Serves methods for so many callers at the same moment; whoever is one too many is refused, which is a hit."""

    def __init__(self, served: Any, hit: Hit) -> None:
        self._served, self._hit, self._under_way = served, hit, 0

    def service(self, details: Any) -> Any:
        """What serves a method."""
        method = self._served.service(details)
        kind = next((one for one in _KINDS if getattr(method, one, None) is not None), None)
        return method if kind is None else method._replace(**{kind: self._bounded(getattr(method, kind))})

    def _bounded(self, method: Function) -> Function:
        async def one(asked: Any, context: Any) -> Any:
            async with self._place(context):
                return await method(asked, context)

        async def several(asked: Any, context: Any) -> AsyncIterator[Any]:
            async with self._place(context):
                async for answer in method(asked, context):
                    yield answer

        return several if inspect.isasyncgenfunction(method) else one

    @contextlib.asynccontextmanager
    async def _place(self, context: Any) -> AsyncIterator[None]:
        from grpc import StatusCode  # not before the fork

        self._under_way += 1
        try:
            if self._under_way > _CALLS:
                self._hit()
                await context.abort(StatusCode.RESOURCE_EXHAUSTED, "too many calls at once")
            yield
        finally:
            self._under_way -= 1
