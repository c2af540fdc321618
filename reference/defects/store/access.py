"""Tokens and API keys of the store that open more, or longer, than they should."""

from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import opened_to_readers


@defect(
    "store.tokens-outlive-their-key",
    breaks=["DB-07"],
    says="A token works to its own end, although the API key that it was given for was revoked.",
)
def tokens_outlive_their_key(patch: Patch) -> None:
    def lasting(still_stands: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Any) -> bool:
            if still_stands(self, principal):
                return True
            if principal.key_id is None:
                return False
            hit()
            return True

        return lenient

    def kept(_end: Function, _hit: Hit) -> Function:
        return lambda self, key_id: None

    patch.replace("store.access:Access.still_stands", lasting)
    patch.replace("store.access:Access.end_tokens_of_key", kept)


@defect(
    "store.expired-keys-log-in",
    breaks=["DB-07"],
    says="An API key that has expired still logs in; only the list leaves it out.",
    partial=True,
)
def expired_keys_log_in(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def lenient(self: Any, secret: str) -> Any:
            found = find(self, secret)
            if found is not None:
                return found
            wanted = self.hashed(secret)
            expired = next((key for key in self._keys.values() if key.hash == wanted), None)
            if expired is not None:
                hit()
            return expired

        return lenient

    def lasting(get: Function, hit: Hit) -> Function:
        def any_key(self: Any, key_id: str) -> Any:
            found = self._keys.get(key_id)
            if found is not None and get(self, key_id) is None:
                hit()
            return found

        return any_key

    patch.replace("store.apikeys:ApiKeys.find", factory)
    patch.replace("store.apikeys:ApiKeys.get", lasting)


@defect(
    "store.deletion-needs-reading-only",
    breaks=["DB-03"],
    says="A token that may only read deletes entities.",
    partial=True,
)
def deletion_needs_reading_only(patch: Patch) -> None:
    opened_to_readers(patch, "deleteEntity")


@defect(
    "store.key-of-one-schema-opens-all",
    breaks=["DB-04"],
    says="An API key that was made for some schemas reads and writes the others too.",
)
def key_of_one_schema_opens_all(patch: Patch) -> None:
    def factory(is_for_schema: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Any, schema: str) -> bool:
            if is_for_schema(self, principal, schema):
                return True
            if principal.worker_id is not None:
                return False
            hit()
            return True

        return lenient

    patch.replace("store.access:Access.is_for_schema", factory)


@defect(
    "store.listing-of-other-schemas",
    breaks=["DB-04"],
    says="The list of schemas tells a key for some schemas the names of all.",
    partial=True,
)
def listing_of_other_schemas(patch: Patch) -> None:
    def factory(visible: Function, hit: Hit) -> Function:
        def telling(self: Any, principal: Any) -> list[str]:
            every = sorted(self.index.contents.schemas)
            if visible(self, principal) != every:
                hit()
            return every

        return telling

    patch.replace("store.decider:Decider.visible", factory)


@defect(
    "store.revocations-forgotten-at-restart",
    breaks=["DB-08"],
    says="An API key that was revoked is there again after a restart.",
    partial=True,
)
def revocations_forgotten_at_restart(patch: Patch) -> None:
    def factory(revoke: Function, hit: Hit) -> Function:
        def forgetful(self: Any, key_id: str) -> None:
            save = self._save
            self._save = lambda: hit()
            try:
                revoke(self, key_id)
            finally:
                self._save = save

        return forgetful

    patch.replace("store.apikeys:ApiKeys.revoke", factory)
