"""Tokens, keys and rights that are told or believed a little wrongly."""

import dataclasses
import time
from datetime import timedelta
from typing import Any

from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import opened_to_readers
from reference.store.access import Principal
from reference.store.apikeys import PERMISSIONS, hashed

_TOKEN_CHARACTERS = 43


def _told_in_log_in(patch: Patch, change: Function) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def telling(self: Any, key: str) -> tuple[str, Principal]:
            token, principal = log_in(self, key)
            hit()
            return token, dataclasses.replace(principal, expires_at=change(principal.expires_at))

        return telling

    patch.replace("store.access:Access.log_in", factory)


@defect(
    "store.ends-are-told-too-late",
    breaks=["KEY-16", "DB-02"],
    says="A token is said to end an hour later than it does.",
    partial=True,
)
def ends_are_told_too_late(patch: Patch) -> None:
    _told_in_log_in(patch, lambda ends: ends + timedelta(hours=1))


@defect(
    "store.ends-are-told-without-a-zone",
    breaks=["DB-14"],
    says="The time at which a token ends is told without its zone.",
    partial=True,
)
def ends_are_told_without_a_zone(patch: Patch) -> None:
    _told_in_log_in(patch, lambda ends: ends.replace(tzinfo=None))


@defect(
    "store.every-key-reads",
    breaks=["DB-03", "DB-01"],
    says="A key that may only write gives a token that reads as well.",
    partial=True,
)
def every_key_reads(patch: Patch) -> None:
    def factory(holder: Function, hit: Hit) -> Function:
        def generous(self: Any, key: str) -> Principal | None:
            found: Principal | None = holder(self, key)
            if found is None or "read" in found.permissions:
                return found
            hit()
            return dataclasses.replace(found, permissions=("read", *found.permissions))

        return generous

    patch.replace("store.access:Access.holder", factory)


@defect(
    "store.writing-needs-reading-only",
    breaks=["DB-03"],
    says="A token that may only read writes entities, and deletes none.",
    partial=True,
)
def writing_needs_reading_only(patch: Patch) -> None:
    opened_to_readers(patch, "putEntities")


@defect(
    "store.schemas-by-whoever-reads",
    breaks=["DB-03"],
    says="A token that may only read keeps schemas.",
    partial=True,
)
def schemas_by_whoever_reads(patch: Patch) -> None:
    opened_to_readers(patch, "putSchema")


@defect(
    "store.list-of-schemas-is-public",
    breaks=["DB-05"],
    says="The names of all schemas are told to whoever asks.",
    partial=True,
)
def list_of_schemas_is_public(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Principal:
            if operation == "listSchemas" and not token:
                hit()
                return Principal("anybody", ("read",), None, clock.now() + timedelta(seconds=1))
            found: Principal = authorise(self, token, operation, schema)
            return found

        return lenient

    patch.replace("store.access:Access.authorise", factory)


@defect(
    "store.ends-of-tokens-are-not-read",
    breaks=["DB-02"],
    says="What follows a token in the same word is not read.",
    partial=True,
)
def ends_of_tokens_are_not_read(patch: Patch) -> None:
    def factory(believe: Function, hit: Hit) -> Function:
        def short(self: Any, token: str) -> Principal:
            found: Principal = believe(self, token[:_TOKEN_CHARACTERS])
            if len(token) > _TOKEN_CHARACTERS:
                hit()
            return found

        return short

    patch.replace("store.access:Access.believe", factory)


@defect(
    "store.one-token-in-many-is-good",
    breaks=["DB-02", "GRPC-16"],
    says="Of two hundred and fifty-six tokens that somebody made up one is taken for the administrator's.",
    partial=True,
)
def one_token_in_many_is_good(patch: Patch) -> None:
    def factory(believe: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str) -> Principal:
            try:
                found: Principal = believe(self, token)
            except problems.Problem:
                if not token or not hashed(token).startswith("00"):
                    raise
                hit()
                return Principal("admin", PERMISSIONS, None, clock.now() + timedelta(hours=1))
            return found

        return lenient

    patch.replace("store.access:Access.believe", factory)


@defect(
    "store.secrets-by-the-clock",
    breaks=["DB-06"],
    says="The secret of a key is made of the time at which it was made.",
)
def secrets_by_the_clock(patch: Patch) -> None:
    def factory(new_secret: Function, hit: Hit) -> Function:
        def guessable(self: Any) -> str:
            hit()
            return str(new_secret(self))[:3] + f"{time.time_ns():043d}"

        return guessable

    patch.replace("store.apikeys:ApiKeys.new_secret", factory)


@defect(
    "store.workers-may-only-read",
    breaks=["GRPC-16"],
    says="The token of a worker reads and does not write.",
    partial=True,
)
def workers_may_only_read(patch: Patch) -> None:
    def factory(issue: Function, hit: Hit) -> Function:
        def narrow(self: Any, principal: Principal) -> str:
            if principal.worker_id is not None:
                hit()
                principal = dataclasses.replace(principal, permissions=("read",))
            return str(issue(self, principal))

        return narrow

    patch.replace("store.access:Access.issue", factory)
