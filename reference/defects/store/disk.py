"""What lies on the shared directory: sealed too loosely, written too lightly, believed too easily."""

from pathlib import Path
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import unbound
from reference.store import sealedfiles


@defect(
    "store.header-is-not-bound",
    breaks=["BLOB-08"],
    says="What a file says of its writer in the clear is not authenticated, and the index keeps no digest.",
    partial=True,
)
def header_is_not_bound(patch: Patch) -> None:
    unbound(patch, header=True, names=False)


@defect(
    "store.entity-is-not-bound",
    breaks=["BLOB-09"],
    says="A file is not bound to the entity that it is of, and the index keeps no digest: two can be swapped.",
    partial=True,
)
def entity_is_not_bound(patch: Patch) -> None:
    unbound(patch, header=False, names=True)


@defect(
    "store.older-directory-is-believed",
    breaks=["BLOB-11"],
    says="A store that starts on a directory that was set back does not look at the number that it keeps elsewhere.",
    partial=True,
)
def older_directory_is_believed(patch: Patch) -> None:
    def factory(is_known: Function, hit: Hit) -> Function:
        def lenient(self: Any, known: Any, number: int, link: bytes, before: bytes) -> bool:
            if not is_known(self, known, number, link, before):
                hit()
            return True

        return lenient

    patch.replace("store.counter:Counter.is_known", factory)


@defect(
    "store.tampering-is-not-told",
    breaks=["BLOB-30"],
    says="A file that does not open is refused, and the security log hears nothing of it.",
    partial=True,
)
def tampering_is_not_told(patch: Patch) -> None:
    def factory(note: Function, hit: Hit) -> Function:
        def silent(self: Any, worker_id: str, told: Any) -> None:
            hit()

        return silent

    patch.replace("store.decider:Decider.note_tampering", factory)


@defect(
    "store.folders-are-not-synced",
    breaks=["FS-07"],
    says="A file is on the disk before the answer, its name in the folder is not.",
    partial=True,
)
def folders_are_not_synced(patch: Patch) -> None:
    def factory(sync: Function, hit: Hit) -> Function:
        def lazy(self: Any, folder: Path) -> None:
            hit()

        return lazy

    patch.replace("store.sealedfiles:SealedFiles.sync_folder", factory)


@defect(
    "store.files-are-not-synced",
    breaks=["FS-07"],
    says="A file has its name before the disk has taken what is in it.",
    partial=True,
)
def files_are_not_synced(patch: Patch) -> None:
    def factory(sync: Function, hit: Hit) -> Function:
        def lazy(self: Any, descriptor: int) -> None:
            hit()

        return lazy

    patch.replace("store.sealedfiles:SealedFiles.sync", factory)


@defect(
    "store.files-for-everybody",
    breaks=["BLOB-31"],
    says="Sealed files can be read by every user of the machine.",
    partial=True,
)
def files_for_everybody(patch: Patch) -> None:
    def factory(fill: Function, hit: Hit) -> Function:
        def open_to_all(self: Any, draft: Path, content: bytes) -> None:
            fill(self, draft, content)
            hit()
            draft.chmod(0o644)

        return open_to_all

    patch.replace("store.sealedfiles:SealedFiles.fill", factory)


@defect(
    "store.drafts-are-left",
    breaks=["FS-05"],
    says="What a crash left in the making is never cleaned up.",
    partial=True,
)
def drafts_are_left(patch: Patch) -> None:
    def factory(names: Function, hit: Hit) -> Function:
        def blind(self: Any) -> list[str]:
            found = names(self)
            finished = [name for name in found if not name.endswith(sealedfiles.DRAFT)]
            if len(finished) < len(found):
                hit()
            return finished

        return blind

    patch.replace("store.sealedfiles:SealedFiles.names", factory)


@defect(
    "store.nonces-are-counted-from-nothing",
    breaks=["BLOB-18"],
    says="The nonces of a worker are those of its last start again.",
    partial=True,
)
def nonces_are_counted_from_nothing(patch: Patch) -> None:
    counted = [0]

    def factory(nonce: Function, hit: Hit) -> Function:
        def count(self: Any) -> bytes:
            hit()
            counted[0] += 1
            return counted[0].to_bytes(12, "big")

        return count

    patch.replace("store.sealing:Sealer.nonce", factory)
