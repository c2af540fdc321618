"""What the security log should tell and does not, or tells and should not."""

import dataclasses
from typing import Any

from reference.common import web
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import untold
from reference.store import wire

_OVER_GRPC = "grpc-"


@defect(
    "store.ended-grants-are-not-told",
    breaks=["KEY-14"],
    says="The security log tells of grants that are taken back, and not of those that run out.",
    partial=True,
)
def ended_grants_are_not_told(patch: Patch) -> None:
    untold(patch, "grant.ended")


@defect(
    "store.workers-come-and-go-untold",
    breaks=["KEY-14"],
    says="The security log does not tell which workers were taken in or out.",
    partial=True,
)
def workers_come_and_go_untold(patch: Patch) -> None:
    untold(patch, "worker.enrolled", "worker.removed")


@defect(
    "store.refused-subscriptions-are-not-told",
    breaks=["KEY-14"],
    says="The security log tells who was given keys, and not who was refused.",
    partial=True,
)
def refused_subscriptions_are_not_told(patch: Patch) -> None:
    untold(patch, "worker.subscription-refused")


@defect(
    "store.subscriptions-are-told-twice",
    breaks=["KEY-14"],
    says="Each subscription is told of twice.",
    partial=True,
)
def subscriptions_are_told_twice(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def stammering(self: Any, event: str, *rest: Any, **named: Any) -> None:
            write(self, event, *rest, **named)
            if event == "worker.subscribed":
                hit()
                write(self, event, *rest, **named)

        return stammering

    patch.replace("common.securitylog:SecurityLog.write", factory)


@defect(
    "store.new-keys-are-not-told",
    breaks=["KEY-14"],
    says="The security log tells when a key is destroyed, and not when another takes its place.",
    partial=True,
)
def new_keys_are_not_told(patch: Patch) -> None:
    untold(patch, "key.rotated")


@defect(
    "store.destroyed-keys-are-not-told",
    breaks=["KEY-14"],
    says="The security log does not tell when a key is destroyed.",
    partial=True,
)
def destroyed_keys_are_not_told(patch: Patch) -> None:
    untold(patch, "key.destroyed")


@defect(
    "store.refused-logins-are-not-told",
    breaks=["DB-20"],
    says="The security log tells who logged in, and not who was refused.",
    partial=True,
)
def refused_logins_are_not_told(patch: Patch) -> None:
    untold(patch, "login.failed")


@defect(
    "store.revoked-keys-come-untold",
    breaks=["DB-20"],
    says="The security log does not tell of API keys that are revoked.",
    partial=True,
)
def revoked_keys_come_untold(patch: Patch) -> None:
    untold(patch, "api-key.revoked")


@defect(
    "store.refusals-over-grpc-are-not-told",
    breaks=["DB-20"],
    says="A right that is refused over gRPC is not told of.",
    partial=True,
)
def refusals_over_grpc_are_not_told(patch: Patch) -> None:
    def marking(asker: Function, _hit: Hit) -> Function:
        def marked(context: Any) -> wire.Asker:
            who = asker(context)
            return wire.Asker(who.address, f"{_OVER_GRPC}{who.request_id}"[:64])

        return marked

    def factory(write: Function, hit: Hit) -> Function:
        def quiet(self: Any, event: str, *rest: Any, **named: Any) -> None:
            told = web.caller().request_id or ""
            if event == "permission.refused" and told.startswith(_OVER_GRPC):
                hit()
                return
            write(self, event, *rest, **named)

        return quiet

    patch.replace("store.doors:asker", marking)
    patch.replace("common.securitylog:SecurityLog.write", factory)


@defect(
    "store.logins-tell-the-key",
    breaks=["DB-20"],
    says="The security log tells the secret of a key with each log-in by it.",
    partial=True,
)
def logins_tell_the_key(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def telling(self: Any, key: str) -> Any:
            found = log_in(self, key)
            hit()
            self._log.success("login.succeeded", reason=key, key_id=found[1].key_id)
            return found

        return telling

    patch.replace("store.access:Access.log_in", factory)


@defect(
    "store.alarms-without-cause",
    breaks=["BLOB-30"],
    says="Each file that a worker opens for the first time is told of as tampered with.",
    partial=True,
)
def alarms_without_cause(patch: Patch) -> None:
    def factory(document: Function, hit: Hit) -> Function:
        async def alarmed(self: Any, task: wire.Task, entry: wire.Entry) -> bytes:
            known = self.cache.find(task.schema, task.key, entry.version)
            found: bytes = await document(self, task, entry)
            if known is None:
                hit()
                await self.report(task, entry, "digest")
            return found

        return alarmed

    patch.replace("store.worker:Worker.document", factory)


@defect(
    "store.forwarded-address-is-believed",
    breaks=["DB-20"],
    says="The security log tells the address that a caller's own header names.",
    partial=True,
)
def forwarded_address_is_believed(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def trusting(scope: Any) -> web.Caller:
            found: web.Caller = identify(scope)
            for name, value in scope["headers"]:
                address = value.decode("latin-1").split(",")[0].strip()
                if name == b"x-forwarded-for" and address != found.address:
                    hit()
                    found = dataclasses.replace(found, address=address)
            return found

        return trusting

    patch.replace("common.web:identify", factory)
