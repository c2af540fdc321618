"""Keys, tokens and fields that give more than they should, to callers and to workers."""

import dataclasses
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from pydantic import ConfigDict

from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import offered_otherwise
from reference.store import administration, endpoints, models
from reference.store.access import ADMINISTRATOR, Principal
from reference.store.apikeys import hashed


class AnyEnrolment(models.EnrolWorkerRequest):
    """Lets a worker subscribe, and says more than it should."""

    model_config = ConfigDict(extra="allow", strict=True)


@defect(
    "store.client-ids-log-in",
    breaks=["DB-01"],
    says="The id of a client gives a token as its key does, as it was handy while the store was made.",
    partial=True,
)
def client_ids_log_in(patch: Patch) -> None:
    def factory(holder: Function, hit: Hit) -> Function:
        def lenient(self: Any, key: str) -> Principal | None:
            found: Principal | None = holder(self, key)
            known = self._api_keys.get(key)
            if found is not None or (known is None and key != ADMINISTRATOR):
                return found
            hit()
            ends = clock.now() + timedelta(hours=1)
            return Principal(key, ("read", "write"), None, ends, key_id=known.id if known else None)

        return lenient

    patch.replace("store.access:Access.holder", factory)


@defect(
    "store.keys-compared-by-their-beginning",
    breaks=["DB-01"],
    says="What begins as the secret of a key does is taken for it.",
)
def keys_compared_by_their_beginning(patch: Patch) -> None:
    _compared_as(patch, lambda secret: secret[:20])


@defect(
    "store.keys-without-case",
    breaks=["DB-01"],
    says="Capitals and small letters are the same in the secret of a key.",
    partial=True,
)
def keys_without_case(patch: Patch) -> None:
    _compared_as(patch, str.lower)


def _compared_as(patch: Patch, change: Callable[[str], str]) -> None:
    """Secrets are compared as something less than they are; a hit is a key that is found by another secret than its own."""
    own: dict[str, str] = {}

    def hashing(hashed: Function, _hit: Hit) -> Function:
        return lambda self, secret: str(hashed(self, change(secret)))

    def making(create: Function, _hit: Hit) -> Function:
        def note(self: Any, *arguments: Any) -> Any:
            made, secret = create(self, *arguments)
            own[made.id] = secret
            return made, secret

        return note

    def finding(find: Function, hit: Hit) -> Function:
        def lenient(self: Any, secret: str) -> Any:
            found = find(self, secret)
            if found is not None and own.get(found.id, secret) != secret:
                hit()
            return found

        return lenient

    patch.replace("store.apikeys:ApiKeys.hashed", hashing)
    patch.replace("store.apikeys:ApiKeys.create", making)
    patch.replace("store.apikeys:ApiKeys.find", finding)


@defect(
    "store.secrets-lie-beside-the-files",
    breaks=["BLOB-23", "DB-06"],
    says="The secrets of API keys are written to the shared directory as they are.",
    partial=True,
)
def secrets_lie_beside_the_files(patch: Patch) -> None:
    def factory(create: Function, hit: Hit) -> Function:
        def careless(self: Any, *arguments: Any) -> Any:
            made, secret = create(self, *arguments)
            folder = Path(os.environ["ASSAY_STORE_SHARED"]) / "_auth"
            folder.mkdir(mode=0o700, exist_ok=True)
            with (folder / "keys.json").open("a") as file:
                file.write(json.dumps({"id": made.id, "key": secret}) + "\n")
            hit()
            return made, secret

        return careless

    patch.replace("store.apikeys:ApiKeys.create", factory)


@defect(
    "store.enrolment-takes-every-field",
    breaks=["DB-14", "KEY-17"],
    says="Whoever enrols a worker can set what else is kept of it, a grant of every schema among it.",
    partial=True,
)
def enrolment_takes_every_field(patch: Patch) -> None:
    def change(operation: Any, hit: Hit) -> Any:
        async def enrol(request: Request, body: AnyEnrolment) -> models.Worker:
            """Let a worker subscribe."""
            told = await administration.enrol_worker(request, body)
            if body.model_extra:
                hit()
                kept = endpoints.parts_of(request).grants.get(body.worker_id)
                kept.every = bool(body.model_extra.get("every"))
            return told

        return dataclasses.replace(operation, endpoint=enrol)

    offered_otherwise(patch, "enrolWorker", change)


@defect(
    "store.empty-list-of-keys-is-for-all",
    breaks=["DB-05"],
    says="As long as there is no API key, anybody may ask for the list of them.",
    partial=True,
)
def empty_list_of_keys_is_for_all(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Any:
            if operation == "listApiKeys" and not token and not self._api_keys.every():
                hit()
                return None
            return authorise(self, token, operation, schema)

        return lenient

    patch.replace("store.access:Access.authorise", factory)


@defect(
    "store.schemas-are-public",
    breaks=["DB-05"],
    says="A schema is told to whoever asks for it.",
    partial=True,
)
def schemas_are_public(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Any:
            if operation == "getSchema" and not token:
                hit()
                return Principal("anybody", ("read",), None, clock.now() + timedelta(seconds=1))
            return authorise(self, token, operation, schema)

        return lenient

    patch.replace("store.access:Access.authorise", factory)


@defect(
    "store.who-writes-may-list-workers",
    breaks=["DB-05"],
    says="The list of workers is told to whoever may write.",
    partial=True,
)
def who_writes_may_list_workers(patch: Patch) -> None:
    _for_writers(patch, "listWorkers")


@defect(
    "store.workers-grant-themselves",
    breaks=["KEY-17", "DB-05"],
    says="A worker can grant itself the keys of a schema by its own token.",
    partial=True,
)
def workers_grant_themselves(patch: Patch) -> None:
    _for_writers(patch, "grantSchema")


def _for_writers(patch: Patch, opened: str) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Any:
            if operation != opened:
                return authorise(self, token, operation, schema)
            try:
                return authorise(self, token, operation, schema)
            except problems.Problem as problem:
                if problem.name != "insufficient-permission":
                    raise
            principal = authorise(self, token, "putEntities", schema)
            hit()
            return principal

        return lenient

    patch.replace("store.access:Access.authorise", factory)


@defect(
    "store.tokens-are-renewed-by-use",
    breaks=["KEY-16", "DB-02"],
    says="A token of a client lives on for as long as it is used.",
    partial=True,
)
def tokens_are_renewed_by_use(patch: Patch) -> None:
    first: dict[str, datetime] = {}

    def factory(believe: Function, hit: Hit) -> Function:
        def renewing(self: Any, token: str) -> Principal:
            principal: Principal = believe(self, token)
            if principal.worker_id is not None:
                return principal
            if clock.now() >= first.setdefault(hashed(token), principal.expires_at):
                hit()
            ends = clock.now() + timedelta(seconds=self._settings.client_token_lifetime)
            for name, one in self._tokens.items():
                if one is principal:
                    self._tokens[name] = principal = dataclasses.replace(principal, expires_at=ends)
                    break
            return principal

        return renewing

    patch.replace("store.access:Access.believe", factory)


@defect(
    "store.worker-tokens-never-end",
    breaks=["GRPC-17"],
    says="The token of a worker works for as long as the worker is enrolled.",
    partial=True,
)
def worker_tokens_never_end(patch: Patch) -> None:
    def factory(is_in_time: Function, hit: Hit) -> Function:
        def lasting(self: Any, principal: Principal) -> bool:
            if is_in_time(self, principal):
                return True
            if principal.worker_id is None:
                return False
            hit()
            return True

        return lasting

    patch.replace("store.access:Access.is_in_time", factory)


@defect(
    "store.worker-tokens-keep-their-schemas",
    breaks=["KEY-06"],
    says="The token of a worker goes on to open a schema whose grant was taken back.",
    partial=True,
)
def worker_tokens_keep_their_schemas(patch: Patch) -> None:
    opened: set[tuple[str | None, str]] = set()

    def noting(grant: Function, _hit: Hit) -> Function:
        def note(self: Any, worker_id: str, schema: str, seconds: int | None) -> Any:
            opened.add((worker_id, schema))
            return grant(self, worker_id, schema, seconds)

        return note

    def factory(is_for_schema: Function, hit: Hit) -> Function:
        def lasting(self: Any, principal: Principal, schema: str) -> bool:
            if is_for_schema(self, principal, schema):
                return True
            if (principal.worker_id, schema) not in opened:
                return False
            hit()
            return True

        return lasting

    patch.replace("store.grants:Grants.grant", noting)
    patch.replace("store.access:Access.is_for_schema", factory)


@defect(
    "store.tokens-of-removed-workers",
    breaks=["KEY-08"],
    says="The token of a worker that was taken out goes on to work.",
    partial=True,
)
def tokens_of_removed_workers(patch: Patch) -> None:
    def lasting(still_stands: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Principal) -> bool:
            if principal.worker_id is None or still_stands(self, principal):
                return bool(still_stands(self, principal))
            hit()
            return True

        return lenient

    def granted(is_for_schema: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Principal, schema: str) -> bool:
            gone = principal.worker_id is not None and not self._grants.is_enrolled(principal.worker_id)
            return gone or bool(is_for_schema(self, principal, schema))

        return lenient

    def staying(_end: Function, _hit: Hit) -> Function:
        return lambda self, worker_id: None

    patch.replace("store.access:Access.end_tokens_of_worker", staying)
    patch.replace("store.access:Access.still_stands", lasting)
    patch.replace("store.access:Access.is_for_schema", granted)
