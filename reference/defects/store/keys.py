"""Data keys that are handed out too easily, and kept by those who should have lost them."""

from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.anybody-subscribes",
    breaks=["GRPC-15"],
    says="A worker that nobody enrolled is enrolled as it subscribes.",
)
def anybody_subscribes(patch: Patch) -> None:
    def factory(admit: Function, hit: Hit) -> Function:
        def lenient(self: Any, identity: str, worker_id: str, pem: bytes) -> Any:
            if worker_id and identity == worker_id and not self._grants.is_enrolled(worker_id):
                hit()
                self._grants.enrol(worker_id)
            return admit(self, identity, worker_id, pem)

        return lenient

    patch.replace("store.subscriptions:Subscriptions.admit", factory)


@defect(
    "store.certificate-of-another-worker",
    breaks=["GRPC-15"],
    says="A worker is who it says it is, whatever name its certificate has.",
    partial=True,
)
def certificate_of_another_worker(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, identity: str, worker_id: str) -> None:
            try:
                check(self, identity, worker_id)
            except problems.Problem:
                hit()

        return lenient

    patch.replace("store.subscriptions:Subscriptions.check_identity", factory)


@defect(
    "store.short-rsa-keys",
    breaks=["KEY-05"],
    says="Data keys are wrapped for RSA keys of 1024 bits.",
    partial=True,
)
def short_rsa_keys(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(bits: int) -> None:
            if bits == 1024:
                hit()
                return
            check(bits)

        return lenient

    patch.replace("store.publickeys:check_length", factory)


@defect(
    "store.small-factors",
    breaks=["KEY-05"],
    says="Nobody looks whether a modulus has small factors.",
    partial=True,
)
def small_factors(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(modulus: int) -> None:
            try:
                check(modulus)
            except problems.Problem:
                hit()

        return lenient

    patch.replace("store.publickeys:check_factors", factory)


@defect(
    "store.grants-are-for-all-schemas",
    breaks=["KEY-06"],
    says="A worker that asks for no schema by name is given the keys of all.",
    partial=True,
)
def grants_are_for_all_schemas(patch: Patch) -> None:
    def factory(choose: Function, hit: Hit) -> Function:
        def generous(self: Any, worker_id: str, schemas: Any) -> list[str]:
            asked = list(schemas)
            chosen = choose(self, worker_id, asked)
            if asked:
                return list(chosen)
            every = sorted({*self._contents().schemas, *self._keys.schemas()})
            if every != chosen:
                hit()
            return every

        return generous

    patch.replace("store.subscriptions:Subscriptions.choose", factory)


@defect(
    "store.key-stays-after-revocation",
    breaks=["KEY-06", "KEY-08"],
    says="When a grant is taken back, what is written from then on is still sealed under the key that the worker has.",
    partial=True,
)
def key_stays_after_revocation(patch: Patch) -> None:
    def factory(end_grants: Function, hit: Hit) -> Function:
        def lazy(parts: Any, worker_id: str, schemas: list[str]) -> None:
            if not set(schemas).isdisjoint(parts.keys.schemas()):
                hit()

        return lazy

    patch.replace("store.mainworker:end_grants", factory)


@defect(
    "store.grants-never-end",
    breaks=["KEY-15"],
    says="A grant that was given for a time does not end.",
)
def grants_never_end(patch: Patch) -> None:
    def factory(holds: Function, hit: Hit) -> Function:
        def lasting(self: Any, grant: Any) -> bool:
            if not holds(self, grant):
                hit()
            return True

        return lasting

    patch.replace("store.grants:Grants.holds", factory)
