"""Limits of API keys that are counted for the wrong one."""

import hashlib
from contextvars import ContextVar
from typing import Any

from reference.auth.limits import KEY
from reference.defects import Function, Hit, Patch, defect

_presented: ContextVar[str] = ContextVar("presented", default="")


def _counted_for(patch: Patch, whom: Function) -> None:
    """Counts a request by key for somebody else than the key."""

    def factory(verified: Function, hit: Hit) -> Function:
        def mistaken(principal: Any) -> Any:
            identities: dict[str, str] = verified(principal)
            if KEY in identities:
                hit()
                identities[KEY] = whom(principal)
            return identities

        return mistaken

    patch.replace("auth.limits:verified", factory)


@defect(
    "auth.keys-share-their-limit",
    breaks=["API-05"],
    says="All keys of a person have the limit of one.",
    partial=True,
)
def keys_share_their_limit(patch: Patch) -> None:
    _counted_for(patch, lambda principal: principal.user_id)


@defect(
    "auth.key-limit-by-secret",
    breaks=["API-06"],
    says="With another secret for a key, its count begins anew.",
    partial=True,
)
def key_limit_by_secret(patch: Patch) -> None:
    def factory(check: Function) -> Function:
        def noting(self: Any, secret: str) -> Any:
            _presented.set(hashlib.sha256(secret.encode()).hexdigest()[:32])
            return check(self, secret)

        return noting

    patch.replace("auth.apikeys:ApiKeys.check", factory)
    _counted_for(patch, lambda _: _presented.get())


@defect(
    "auth.key-limit-by-claim",
    breaks=["API-06"],
    says="Requests count for the key that they claim to have, before anybody looks whether the secret is right.",
    partial=True,
)
def key_limit_by_claim(patch: Patch) -> None:
    def factory(believe: Function, hit: Hit) -> Function:
        def trusting(self: Any, presented: list[str]) -> Any:
            hit()
            self._limits.spend(None, {KEY: presented[0].rpartition("_")[0]})
            return believe(self, presented)

        return trusting

    patch.replace("auth.access:Access._believe_key", factory)
