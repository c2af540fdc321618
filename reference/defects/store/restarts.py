"""What a store does not remember, or tells wrongly, once it is started again, and what it cuts off as it ends."""

import asyncio
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store import vault


@defect(
    "store.rotation-is-in-memory",
    breaks=["KEY-09", "KEY-10"],
    says="That a rotation is under way is kept in memory alone: after a restart it does not go on.",
    partial=True,
    blind=True,
)
def rotation_is_in_memory(patch: Patch) -> None:
    def factory(keep: Function, hit: Hit) -> Function:
        def forgetful(self: Any, state: Any) -> None:
            self._state = state
            if self.is_running():
                hit()
            else:
                keep(self, state)

        return forgetful

    patch.replace("store.rotation:Rotation.keep", factory)


@defect(
    "store.fingerprint-of-the-first-key",
    breaks=["KEY-11"],
    says="A store that is started with another master key says so with the identifier of the one that it was begun with.",
    partial=True,
    blind=True,
)
def fingerprint_of_the_first_key(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def mistaken(self: Any, known: str) -> None:
            try:
                check(self, known)
            except vault.WrongMaster:
                hit()
                self.fingerprint = known
                raise

        return mistaken

    patch.replace("store.vault:Vault.check_fingerprint", factory)


@defect(
    "store.workers-end-at-once",
    breaks=["DB-16"],
    says="A processing worker that is asked to end cuts off whoever called it directly.",
    partial=True,
    blind=True,
)
def workers_end_at_once(patch: Patch) -> None:
    ends: list[asyncio.Event] = []

    def noting(serve: Function, _hit: Hit) -> Function:
        async def note(surroundings: Any, public_port: int, ready: Any, stop: asyncio.Event) -> None:
            ends[:] = [stop]
            await serve(surroundings, public_port, ready, stop)

        return note

    def factory(init: Function, hit: Hit) -> Function:
        def begin(self: Any, perform: Any) -> None:
            async def cut_off(task: Any) -> Any:
                try:
                    return await perform(task)
                except asyncio.CancelledError:
                    if ends and ends[0].is_set():
                        hit()
                    raise

            init(self, cut_off)

        return begin

    patch.replace("store.processing:GRACE_SECONDS", lambda _: 0.0)
    patch.replace("store.processing:serve", noting)
    patch.replace("store.doors:Doors.__init__", factory)
