"""Keys that are turned into others badly, and files whose form is not looked at."""

import hashlib
from collections.abc import Iterable
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import forgiven, unbound
from reference.store import keyring, names, sealing

_OF_A_DATA_KEY = "data key "


@defect(
    "store.schemas-share-their-first-key",
    breaks=["KEY-07"],
    says="Until it is rotated every schema has the same data key, under ids of their own.",
    partial=True,
)
def schemas_share_their_first_key(patch: Patch) -> None:
    first: list[bytes] = []
    beginning: list[str] = []

    def noting(generate: Function, _hit: Hit) -> Function:
        def note(self: Any, schemas: list[str]) -> Any:
            beginning[:] = [schema for schema in schemas if schema not in self._current]
            return generate(self, schemas)

        return note

    def factory(wrap: Function, hit: Hit) -> Function:
        def same(self: Any, key: bytearray, about: str) -> bytes:
            if not about.startswith(_OF_A_DATA_KEY) or not about.endswith(
                tuple(f" of {one}" for one in beginning)
            ):
                return bytes(wrap(self, key, about))
            if first:
                hit()
            else:
                first.append(bytes(key))
            return bytes(wrap(self, bytearray(first[0]), about))

        return same

    patch.replace("store.keyring:KeyRing.generate", noting)
    patch.replace("store.vault:Vault.wrap", factory)


@defect(
    "store.nonce-of-an-entity-stays",
    breaks=["BLOB-18", "BLOB-21"],
    says="Every version of an entity is sealed with the same salt and nonce.",
    partial=True,
)
def nonce_of_an_entity_stays(patch: Patch) -> None:
    def factory(seal: Function, hit: Hit) -> Function:
        def same(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            chosen = hashlib.sha512(f"{about.schema}\0{about.key}".encode()).digest()
            self.salt, self.nonce = lambda: chosen[:32], lambda: chosen[32:44]
            hit()
            return bytes(seal(self, data_key, about, document))

        return same

    patch.replace("store.sealing:Sealer.seal", factory)


@defect(
    "store.retired-keys-are-not-given",
    breaks=["KEY-09"],
    says="Workers are given the key that is sealed under now, and none of those that older entities are under.",
    partial=True,
)
def retired_keys_are_not_given(patch: Patch) -> None:
    def factory(live: Function, hit: Hit) -> Function:
        def newest(self: Any, schema: str) -> list[keyring.DataKey]:
            found = [key for key in live(self, schema) if key.state == keyring.CURRENT]
            if len(found) < len(live(self, schema)):
                hit()
            return found

        return newest

    patch.replace("store.keyring:KeyRing.live", factory)


@defect(
    "store.removal-ends-grants-only",
    breaks=["KEY-08"],
    says="A worker that was taken out loses its grants and may subscribe all the same.",
    partial=True,
)
def removal_ends_grants_only(patch: Patch) -> None:
    def factory(remove: Function, hit: Hit) -> Function:
        def half(self: Any, worker_id: str, schemas: list[str]) -> None:
            before = self.get(worker_id)
            remove(self, worker_id, schemas)
            hit()
            before.grants, before.every = {}, False
            self._keep(before)

        return half

    patch.replace("store.grants:Grants.remove", factory)


@defect(
    "store.grants-are-given-once-more",
    breaks=["KEY-06"],
    says="A worker whose grant was taken back is given the keys once more.",
    partial=True,
)
def grants_are_given_once_more(patch: Patch) -> None:
    ended: dict[str, set[str]] = {}

    def noting(revoke: Function, _hit: Hit) -> Function:
        def note(self: Any, worker_id: str, schema: str) -> None:
            revoke(self, worker_id, schema)
            ended.setdefault(worker_id, set()).add(schema)

        return note

    def factory(choose: Function, hit: Hit) -> Function:
        def lasting(self: Any, worker_id: str, schemas: Iterable[str]) -> list[str]:
            chosen = list(choose(self, worker_id, list(schemas)))
            more = ended.pop(worker_id, set()) - set(chosen)
            if more:
                hit()
            return [*chosen, *sorted(more)]

        return lasting

    patch.replace("store.grants:Grants.revoke", noting)
    patch.replace("store.subscriptions:Subscriptions.choose", factory)


@defect(
    "store.long-keys-are-refused",
    breaks=["KEY-01"],
    says="Nothing is wrapped for RSA keys of more than 3072 bits.",
    partial=True,
)
def long_keys_are_refused(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def narrow(bits: int) -> None:
            check(bits)
            if bits > 3072:
                hit()
                raise names.invalid("public_key", "is too short or too long")

        return narrow

    patch.replace("store.publickeys:check_length", factory)


@defect(
    "store.any-format",
    breaks=["BLOB-10"],
    says="The format that a file names is neither looked at nor authenticated.",
    partial=True,
)
def any_format(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, header: dict[str, Any], about: Any) -> None:
            check(self, {**header, "format": sealing.FORMAT}, about)
            if header.get("format") != sealing.FORMAT:
                hit()

        return lenient

    def of_today(lengths: Function, _hit: Hit) -> Function:
        return lambda self, header: lengths(self, {**header, "format": sealing.FORMAT})

    unbound(patch, header=True, names=False)
    patch.replace("store.sealing:Sealer.check_header", factory)
    patch.replace("store.sealing:Sealer.lengths", of_today)


@defect(
    "store.commitment-is-decoration",
    breaks=["BLOB-16"],
    says="The commitment in a file is neither compared nor authenticated.",
    partial=True,
)
def commitment_is_decoration(patch: Patch) -> None:
    unbound(patch, header=True, names=False)
    forgiven(patch, "store.sealing:Sealer.check_commitment", sealing.NotOpened)


@defect(
    "store.rotations-pass-over-damage",
    breaks=["KEY-09", "BLOB-30"],
    says="A rotation tells nobody of a file that does not open.",
    partial=True,
)
def rotations_pass_over_damage(patch: Patch) -> None:
    def factory(_report: Function, hit: Hit) -> Function:
        async def silent(self: Any, task: Any, entry: Any, reason: str) -> None:
            hit()

        return silent

    patch.replace("store.worker:Worker.report_if_still", factory)


@defect(
    "store.rotations-forget-what-is-left",
    breaks=["KEY-09"],
    says="A rotation that is done says that nothing is left under older keys, also where something is.",
    partial=True,
)
def rotations_forget_what_is_left(patch: Patch) -> None:
    def factory(left: Function, hit: Hit) -> Function:
        def none(self: Any) -> int:
            count = int(left(self))
            if not count or self.is_running():
                return count
            hit()
            return 0

        return none

    patch.replace("store.rotation:Rotation.left", factory)
