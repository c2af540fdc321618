"""What a store does not remember, or tells wrongly, once it is started again, and what it cuts off as it ends."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store import journal, keyring, vault


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
        def begin(self: Any, perform: Any, admit: Any) -> None:
            async def cut_off(task: Any) -> Any:
                try:
                    return await perform(task)
                except asyncio.CancelledError:
                    if ends and ends[0].is_set():
                        hit()
                    raise

            init(self, cut_off, admit)

        return begin

    patch.replace("store.processing:GRACE_SECONDS", lambda _: 0.0)
    patch.replace("store.processing:serve", noting)
    patch.replace("store.doors:Doors.__init__", factory)


@defect(
    "store.retired-keys-are-gone-after-a-restart",
    breaks=["KEY-13", "KEY-09"],
    says="Keys that were retired are not known any more after a restart, though entities are under them.",
    partial=True,
)
def retired_keys_are_gone_after_a_restart(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def forgetful(self: Any, *arguments: Any) -> None:
            begin(self, *arguments)
            for key in [one for one in self._keys.values() if one.state == keyring.RETIRED]:
                hit()
                del self._keys[key.key_id]

        return forgetful

    patch.replace("store.keyring:KeyRing.__init__", factory)


@defect(
    "store.lost-keys-look-like-damage",
    breaks=["KEY-13"],
    says="A store whose keys were lost takes new ones and says that what is there was tampered with.",
    partial=True,
)
def lost_keys_look_like_damage(patch: Patch) -> None:
    _begun_anew(patch, lambda _shared: None)


@defect(
    "store.lost-keys-begin-anew",
    breaks=["KEY-13"],
    says="A store whose keys were lost begins anew on the directory, as if nothing had been there.",
    partial=True,
)
def lost_keys_begin_anew(patch: Patch) -> None:
    def clear(shared: Path) -> None:
        for one in (shared / journal.FOLDER).iterdir():
            one.unlink()

    _begun_anew(patch, clear)


def _begun_anew(patch: Patch, clear: Callable[[Path], None]) -> None:
    def factory(is_begun: Function, hit: Hit) -> Function:
        def careless(shared: Path) -> bool:
            kept = Path(os.environ["ASSAY_STORE_STATE"]) / "vault.json"
            if is_begun(shared) and not kept.exists():
                hit()
                clear(shared)
            return False

        return careless

    patch.replace("store.mainworker:is_begun", factory)
