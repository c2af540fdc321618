"""API keys and the tokens that are given for them: for how long, for what, and of how much chance."""

import dataclasses
import secrets
from typing import Any

from reference.defects import Function, Hit, Patch, defect

_MOST_TOKENS = 4


@defect(
    "store.no-schemas-are-all",
    breaks=["DB-04"],
    says="A key with an empty list of schemas is for all of them.",
    partial=True,
    blind=True,
)
def no_schemas_are_all(patch: Patch) -> None:
    def factory(holder: Function, hit: Hit) -> Function:
        def generous(self: Any, key: str) -> Any:
            principal = holder(self, key)
            if principal is None or principal.schemas is None or principal.schemas:
                return principal
            hit()
            return dataclasses.replace(principal, schemas=None)

        return generous

    patch.replace("store.access:Access.holder", factory)


@defect(
    "store.schemas-by-their-beginning",
    breaks=["DB-04"],
    says="A key for one schema is also for those whose names begin with its name.",
    partial=True,
    blind=True,
)
def schemas_by_their_beginning(patch: Patch) -> None:
    def factory(is_for: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Any, schema: str) -> bool:
            if is_for(self, principal, schema):
                return True
            if principal.worker_id is not None or not schema.startswith(tuple(principal.schemas)):
                return False
            hit()
            return True

        return lenient

    patch.replace("store.access:Access.is_for_schema", factory)


@defect(
    "store.tokens-outlive-the-end-of-their-key",
    breaks=["DB-07"],
    says="A token works on after its API key has expired; only the revocation of a key ends its tokens.",
    partial=True,
    blind=True,
)
def tokens_outlive_the_end_of_their_key(patch: Patch) -> None:
    def factory(stands: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Any) -> bool:
            if stands(self, principal):
                return True
            if principal.key_id not in self._api_keys._keys:
                return False
            hit()
            return True

        return lenient

    patch.replace("store.access:Access.still_stands", factory)


@defect(
    "store.one-key-of-a-name-is-kept",
    breaks=["DB-08"],
    says="Of several API keys of one name the last alone is there after a restart.",
    partial=True,
    blind=True,
)
def one_key_of_a_name_is_kept(patch: Patch) -> None:
    def factory(_save: Function, hit: Hit) -> Function:
        def by_name(self: Any) -> None:
            kept = {key.name: key for key in self._keys.values()}
            if len(kept) < len(self._keys):
                hit()
            self._file.save(list(kept.values()))

        return by_name

    patch.replace("store.apikeys:ApiKeys._save", factory)


@defect(
    "store.secrets-share-their-beginning",
    breaks=["DB-06"],
    says="The secrets of all keys that one start of the store makes are chance in their last 64 bits alone.",
    blind=True,
)
def secrets_share_their_beginning(patch: Patch) -> None:
    drawn: list[str] = []

    def factory(new_secret: Function, hit: Hit) -> Function:
        def thrifty(self: Any) -> str:
            whole: str = new_secret(self)
            if not drawn:
                drawn.append(whole[:-11])
                return whole
            hit()
            return drawn[0] + secrets.token_urlsafe(8)

        return thrifty

    patch.replace("store.apikeys:ApiKeys.new_secret", factory)


@defect(
    "store.four-tokens-of-a-key",
    breaks=["GRPC-17"],
    says="Of the tokens that were given for one API key the latest four count, the earlier ones end at once.",
    partial=True,
    blind=True,
)
def four_tokens_of_a_key(patch: Patch) -> None:
    def factory(issue: Function, hit: Hit) -> Function:
        def bounded(self: Any, principal: Any) -> str:
            token: str = issue(self, principal)
            if principal.key_id is not None:
                own = [hash_ for hash_, one in self._tokens.items() if one.key_id == principal.key_id]
                for earlier in own[:-_MOST_TOKENS]:
                    hit()
                    del self._tokens[earlier]
            return token

        return bounded

    patch.replace("store.access:Access.issue", factory)
