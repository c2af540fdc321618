"""Data keys: given to whom they should not be, wrapped badly, rotated in name only."""

from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import forgiven
from reference.store import wire, wrapping
from reference.store.keyring import RETIRED
from reference.store.vault import WrongMaster


@defect(
    "store.rotation-keeps-the-key",
    breaks=["KEY-09"],
    says="A rotation that seals nothing again keeps the key that there is, under the id that it has.",
    partial=True,
)
def rotation_keeps_the_key(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def idle(self: Any, schemas: list[str] | None, reseal: bool) -> None:
            if reseal:
                begin(self, schemas, reseal)
                return
            hit()

        return idle

    patch.replace("store.rotation:Rotation.begin", factory)


@defect(
    "store.other-master-key-looks-like-damage",
    breaks=["KEY-11"],
    says="Whether the master key is the one of before is not looked at: under another all seems to be broken.",
)
def other_master_key_looks_like_damage(patch: Patch) -> None:
    def factory(open_vault: Function, hit: Hit) -> Function:
        def trusting(vault: Any, log: Any, begun: bool) -> bool:
            try:
                vault.open(begun)
            except WrongMaster:
                hit()
            return True

        return trusting

    patch.replace("store.mainworker:open_vault", factory)


@defect(
    "store.rotations-side-by-side",
    breaks=["KEY-10"],
    says="A second rotation begins while the first is under way.",
    partial=True,
)
def rotations_side_by_side(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def eager(self: Any, schemas: list[str] | None, reseal: bool) -> None:
            if self.is_running():
                hit()
                self._state.state = "done"
            begin(self, schemas, reseal)

        return eager

    patch.replace("store.rotation:Rotation.begin", factory)


@defect(
    "store.sealing-again-is-a-write",
    breaks=["KEY-10", "DATA-03"],
    says="What a rotation seals again has the next version afterwards.",
    partial=True,
)
def sealing_again_is_a_write(patch: Patch) -> None:
    def factory(next_entry: Function, hit: Hit) -> Function:
        def counting(self: Any, asked: wire.Reserve, key: str, before: wire.Entry) -> wire.Entry:
            if asked.keep_version:
                hit()
                asked.keep_version = False
            entry: wire.Entry = next_entry(self, asked, key, before)
            return entry

        return counting

    patch.replace("store.decider:Decider.next_entry", factory)


@defect(
    "store.old-keys-are-kept",
    breaks=["KEY-09"],
    says="A key that nothing is under any more is kept for ever.",
    partial=True,
)
def old_keys_are_kept(patch: Patch) -> None:
    def factory(_destroy: Function, hit: Hit) -> Function:
        def keep(self: Any, wanted: set[str]) -> None:
            retired = {key.key_id for key in self._keys.values() if key.state == RETIRED} - wanted
            if not all(self._contents().under(key_id) for key_id in retired):
                hit()

        return keep

    patch.replace("store.keyring:KeyRing.destroy_unused", factory)


@defect(
    "store.nobody-counts-files",
    breaks=["BLOB-20"],
    says="A key is used for as many files as there are.",
)
def nobody_counts_files(patch: Patch) -> None:
    def factory(take: Function, hit: Hit) -> Function:
        def endless(self: Any, schema: str, most: int) -> Any:
            if self.used(self.current(schema).key_id) >= most:
                hit()
            return take(self, schema, 1 << 60)

        return endless

    patch.replace("store.keyring:KeyRing.take", factory)


@defect(
    "store.asked-for-is-granted",
    breaks=["KEY-06"],
    says="A worker that asks for a schema by name is given its keys, granted or not.",
    partial=True,
)
def asked_for_is_granted(patch: Patch) -> None:
    def factory(choose: Function, hit: Hit) -> Function:
        def generous(self: Any, worker_id: str, schemas: Iterable[str]) -> list[str]:
            asked = list(schemas)
            try:
                return list(choose(self, worker_id, asked))
            except problems.Problem as problem:
                if problem.name != "insufficient-permission":
                    raise
                hit()
                return asked

        return generous

    patch.replace("store.subscriptions:Subscriptions.choose", factory)


@defect(
    "store.grants-are-given-once",
    breaks=["KEY-06"],
    says="A grant that was taken back cannot be given again.",
    partial=True,
)
def grants_are_given_once(patch: Patch) -> None:
    taken_back: set[tuple[str, str]] = set()

    def noting(revoke: Function, _hit: Hit) -> Function:
        def note(self: Any, worker_id: str, schema: str) -> None:
            revoke(self, worker_id, schema)
            taken_back.add((worker_id, schema))

        return note

    def factory(granted: Function, hit: Hit) -> Function:
        def once(self: Any, worker_id: str, schema: str) -> bool:
            if granted(self, worker_id, schema) and (worker_id, schema) in taken_back:
                hit()
                return False
            return bool(granted(self, worker_id, schema))

        return once

    patch.replace("store.grants:Grants.revoke", noting)
    patch.replace("store.grants:Grants.granted", factory)


@defect(
    "store.grants-of-one-page",
    breaks=["KEY-17"],
    says="The list of grants leaves out the last of several.",
    partial=True,
)
def grants_of_one_page(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def short(self: Any, worker_id: str, schemas: list[str]) -> dict[str, Any]:
            found = list(of(self, worker_id, schemas).items())
            if len(found) < 2:
                return dict(found)
            hit()
            return dict(found[:-1])

        return short

    patch.replace("store.grants:Grants.of", factory)


@defect(
    "store.points-of-low-order",
    breaks=["KEY-02"],
    says="A key of X25519 is taken whatever its order, also where the secret is all zeros.",
    partial=True,
)
def points_of_low_order(patch: Patch) -> None:
    def factory(shared_key: Function, hit: Hit) -> Function:
        def lenient(own: Any, other: Any, about: bytes) -> bytes:
            try:
                return bytes(shared_key(own, other, about))
            except problems.Problem:
                hit()
            purpose = wrapping.PURPOSE + about
            return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(bytes(32))

        return lenient

    forgiven(patch, "store.publickeys:check_point", problems.Problem)
    patch.replace("store.wrapping:shared_key", factory)


@defect(
    "store.oaep-with-sha1",
    breaks=["KEY-01"],
    says="For RSA keys of 2048 bits a data key is wrapped by OAEP with SHA-1.",
    partial=True,
)
def oaep_with_sha1(patch: Patch) -> None:
    def factory(by_oaep: Function, hit: Hit) -> Function:
        def old(public: RSAPublicKey, key: bytearray) -> bytes:
            if public.key_size > 2048:
                return bytes(by_oaep(public, key))
            hit()
            return public.encrypt(bytes(key), padding.OAEP(padding.MGF1(SHA1()), SHA1(), None))

        return old

    patch.replace("store.wrapping:by_oaep", factory)


@defect(
    "store.first-public-key-stays",
    breaks=["GRPC-14"],
    says="A worker that subscribes again with another public key is answered for its first one.",
    partial=True,
)
def first_public_key_stays(patch: Patch) -> None:
    first: dict[str, Any] = {}

    def factory(admit: Function, hit: Hit) -> Function:
        def remembering(self: Any, identity: str, worker_id: str, pem: bytes) -> Any:
            public = admit(self, identity, worker_id, pem)
            if isinstance(public, RSAPublicKey) and public != first.setdefault(worker_id, public):
                hit()
                return first[worker_id]
            return public

        return remembering

    patch.replace("store.subscriptions:Subscriptions.admit", factory)


@defect(
    "store.wrapped-for-any-worker",
    breaks=["KEY-07"],
    says="What is wrapped for a key of X25519 is bound neither to the worker nor to the schema.",
    partial=True,
)
def wrapped_for_any_worker(patch: Patch) -> None:
    def factory(_context: Function, hit: Hit) -> Function:
        def loose(worker_id: str, schema: str, key_id: str) -> bytes:
            hit()
            return b""

        return loose

    patch.replace("store.wrapping:context", factory)
