"""Whom the store believes for too long or with too much, and what its logs then tell of that."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from reference.common import clock, problems, web
from reference.defects import Function, Hit, Patch, defect
from reference.store.apikeys import hashed


@defect(
    "store.used-tokens-live-on",
    breaks=["GRPC-17"],
    says="Each use of the token of a subscribed worker moves its end.",
    partial=True,
    blind=True,
)
def used_tokens_live_on(patch: Patch) -> None:
    first: dict[str, datetime] = {}

    def factory(believe: Function, hit: Hit) -> Function:
        def prolonging(self: Any, token: str) -> Any:
            principal = believe(self, token)
            if principal.worker_id is not None:
                if clock.now() >= first.setdefault(hashed(token), principal.expires_at):
                    hit()
                ends = clock.now() + timedelta(seconds=self._settings.worker_token_lifetime)
                self._tokens[hashed(token)] = dataclasses.replace(principal, expires_at=ends)
            return principal

        return prolonging

    patch.replace("store.access:Access.believe", factory)


@defect(
    "store.workers-see-grants",
    breaks=["DB-05"],
    says="The token of a worker, which may look at no workers, lists the grants of any of them.",
    partial=True,
    blind=True,
)
def workers_see_grants(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Any:
            if operation == "listGrants":
                principal = self.believe(token)
                if principal.worker_id is not None:
                    hit()
                    return principal
            return authorise(self, token, operation, schema)

        return lenient

    patch.replace("store.access:Access.authorise", factory)


@defect(
    "store.new-secrets-in-log",
    breaks=["DB-06"],
    says="When a key is made that expires, the log of the main worker tells its secret.",
    partial=True,
    blind=True,
)
def new_secrets_in_log(patch: Patch) -> None:
    def factory(create: Function, hit: Hit) -> Function:
        def talkative(self: Any, name: str, permissions: Any, schemas: Any, seconds: int | None) -> Any:
            made, secret = create(self, name, permissions, schemas, seconds)
            if seconds is not None:
                hit()
                web.log_notice(f"the key {made.id} ({secret}) ends in {seconds} seconds")
            return made, secret

        return talkative

    patch.replace("store.apikeys:ApiKeys.create", factory)


@defect(
    "store.refused-rights-are-told-once",
    breaks=["DB-20"],
    says="That somebody lacks a right is told in the security log the first time, and not when it is tried again.",
    partial=True,
    blind=True,
)
def refused_rights_are_told_once(patch: Patch) -> None:
    told: set[tuple[str, str]] = set()

    def factory(forbidden: Function, hit: Hit) -> Function:
        def quiet(self: Any, principal: Any, lacking: str) -> problems.Problem:
            if (principal.client_id, lacking) in told:
                hit()
                header = 'Bearer error="insufficient_scope"'
                return problems.Problem("insufficient-permission", headers={"WWW-Authenticate": header})
            told.add((principal.client_id, lacking))
            refusal: problems.Problem = forbidden(self, principal, lacking)
            return refusal

        return quiet

    patch.replace("store.access:Access.forbidden", factory)
