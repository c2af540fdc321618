"""What becomes of the store and its entities when processes die, disks are full and directories are put back."""

import contextlib
import errno
import logging
import os
from pathlib import Path
from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import left_out
from reference.store import wire


def _always_up(patch: Patch, check: str) -> None:
    """Has a check of readiness find everything up."""

    def factory(ask: Function, hit: Hit) -> Function:
        async def constant(self: Any) -> bool:
            if not await ask(self):
                hit()
            return True

        return constant

    patch.replace(check, factory)


@defect(
    "store.ready-without-workers",
    breaks=["DB-15"],
    says="Readiness calls the workers up without asking any.",
    partial=True,
)
def ready_without_workers(patch: Patch) -> None:
    _always_up(patch, "store.condition:Condition.ask_workers")


@defect(
    "store.ready-without-the-disk",
    breaks=["DB-15"],
    says="Readiness, and the health over gRPC, call the shared directory up wherever it is.",
    partial=True,
)
def ready_without_the_disk(patch: Patch) -> None:
    _always_up(patch, "store.condition:Condition.ask_disk")


@defect(
    "store.health-is-asked-once",
    breaks=["GRPC-11"],
    says="The health service over gRPC says for ever what it found as it was asked first.",
    partial=True,
)
def health_is_asked_once(patch: Patch) -> None:
    def factory(look: Function, hit: Hit) -> Function:
        async def once(self: Any) -> None:
            if getattr(self, "well", False):
                if not await self._ask():
                    hit()
                return
            ask = self._ask

            async def noting() -> bool:
                self.well = bool(await ask())
                return bool(self.well)

            self._ask = noting
            try:
                await look(self)
            finally:
                self._ask = ask

        return once

    patch.replace("store.grpchealth:Health.look", factory)


@defect(
    "store.dying-workers-lose-requests",
    breaks=["DB-17"],
    says="What a worker was doing as it died is refused instead of being done by another.",
    partial=True,
)
def dying_workers_lose_requests(patch: Patch) -> None:
    def factory(choose: Function, hit: Hit) -> Function:
        def once(self: Any, task: wire.Task, tried: set[str]) -> Any:
            found = choose(self, task, tried)
            if tried and found is not None:
                hit()
                return None
            return found

        return once

    patch.replace("store.roster:Roster.choose", factory)


@defect(
    "store.dead-workers-are-listed",
    breaks=["DB-17"],
    says="A worker that was there once is listed as available for ever.",
    partial=True,
)
def dead_workers_are_listed(patch: Patch) -> None:
    def factory(status: Function, hit: Hit) -> Function:
        def lasting(parts: Any, one: Any) -> str:
            found = str(status(parts, one))
            if found != "unavailable":
                return found
            hit()
            return "available"

        return lasting

    patch.replace("store.administration:status", factory)


@defect(
    "store.hanging-workers-are-listed",
    breaks=["DB-17"],
    says="A worker that hangs is listed as available for as long as its connection stays.",
    partial=True,
)
def hanging_workers_are_listed(patch: Patch) -> None:
    def factory(is_heard: Function, hit: Hit) -> Function:
        def trusting(self: Any) -> bool:
            if not is_heard(self):
                hit()
            return True

        return trusting

    patch.replace("store.roster:Attached.is_heard", factory)


@defect(
    "store.keys-are-gone-after-a-restart",
    breaks=["DB-08"],
    says="API keys that have no end are not known any more after a restart.",
    partial=True,
)
def keys_are_gone_after_a_restart(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def forgetful(self: Any, state: Path, log: Any) -> None:
            begin(self, state, log)
            for key_id in [one.id for one in self._keys.values() if one.expires_at is None]:
                hit()
                del self._keys[key_id]

        return forgetful

    patch.replace("store.apikeys:ApiKeys.__init__", factory)


@defect(
    "store.quota-is-a-hiccup",
    breaks=["FS-10"],
    says="Where the quota of the disk is used up, callers are told to try again.",
    partial=True,
)
def quota_is_a_hiccup(patch: Patch) -> None:
    def factory(problem_of: Function, hit: Hit) -> Function:
        def vague(error: BaseException) -> problems.Problem:
            if isinstance(error, OSError) and error.errno == errno.EDQUOT:
                hit()
                return problems.unavailable()
            found: problems.Problem = problem_of(error)
            return found

        return vague

    patch.replace("store.failures:problem_of", factory)


@defect(
    "store.lost-disk-is-lost-for-good",
    breaks=["FS-09"],
    says="Once the shared directory was away, nothing is served until the store is started again.",
    partial=True,
)
def lost_disk_is_lost_for_good(patch: Patch) -> None:
    lost: list[OSError] = []

    def factory(check: Function, hit: Hit) -> Function:
        def final(self: Any) -> None:
            if lost:
                with contextlib.suppress(OSError):
                    check(self)
                    hit()
                raise lost[0]
            try:
                check(self)
            except OSError as error:
                lost.append(error)
                raise

        return final

    patch.replace("store.index:Index.check_journal", factory)


@defect(
    "store.old-file-goes-first",
    breaks=["FS-05", "FS-10"],
    says="The file of the version before is taken away before the next one is written.",
    partial=True,
)
def old_file_goes_first(patch: Patch) -> None:
    def factory(seal_all: Function, hit: Hit) -> Function:
        async def early(self: Any, schema: str, reserved: wire.Reserved, documents: dict[str, bytes]) -> Any:
            old = [entry.file for entry in reserved.before.values() if entry.alive]
            if old and documents:
                hit()
                await self._threads.run(self._files.remove_all, old)
            return await seal_all(self, schema, reserved, documents)

        return early

    patch.replace("store.worker:Worker.seal_all", factory)


@defect(
    "store.index-is-not-synced",
    breaks=["FS-07"],
    says="A deletion is answered before the disk has taken it.",
    partial=True,
)
def index_is_not_synced(patch: Patch) -> None:
    left_out(patch, "store.journal:Journal.sync")


@defect(
    "store.emptied-directory-begins-anew",
    breaks=["BLOB-11", "BLOB-13"],
    says="A store that finds its directory empty begins anew, as if nothing had been there.",
    partial=True,
)
def emptied_directory_begins_anew(patch: Patch) -> None:
    def factory(first: Function, hit: Hit) -> Function:
        def anew(self: Any, known: Any) -> Path:
            if known is not None and known.number:
                hit()
            made: Path = first(self, None)
            return made

        return anew

    def following(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, known: Any, records: Any) -> None:
            if len(records) == 1 and records[0].number == 0:
                return
            check(self, known, records)

        return lenient

    patch.replace("store.index:Index._first", factory)
    patch.replace("store.index:Index.check_number", following)


@defect(
    "store.copies-are-refused",
    breaks=["DATA-15", "KEY-13"],
    says="A directory that is a copy of the one that was written is taken for another.",
    partial=True,
)
def copies_are_refused(patch: Patch) -> None:
    def factory(is_known: Function, hit: Hit) -> Function:
        def narrow(self: Any, known: Any, number: int, link: bytes, before: bytes) -> bool:
            place = Path(os.environ["ASSAY_STORE_STATE"]) / "directory"
            seen = str((Path(os.environ["ASSAY_STORE_SHARED"]) / "index").stat().st_ino)
            if not place.exists():
                place.write_text(seen)
            found = bool(is_known(self, known, number, link, before))
            if found and place.read_text() != seen:
                hit()
                return False
            return found

        return narrow

    patch.replace("store.counter:Counter.is_known", factory)


@defect(
    "store.each-new-worker-leaves-a-trace",
    breaks=["DB-21"],
    says="Each worker that comes leaves a stack trace in the log.",
    partial=True,
)
def each_new_worker_leaves_a_trace(patch: Patch) -> None:
    def factory(attach: Function, hit: Hit) -> Function:
        def noisy(self: Any, attached: Any) -> None:
            attach(self, attached)
            hit()
            try:
                raise RuntimeError(attached.worker_id)
            except RuntimeError:
                logging.getLogger("assay.error").exception("a worker came")

        return noisy

    patch.replace("store.roster:Roster.attach", factory)
