"""Documents, versions and names of the store that are not what they should be."""

from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.first-document-is-checked",
    breaks=["DATA-01", "DATA-04"],
    says="Of several documents in one request the first alone is checked by its schema.",
    partial=True,
)
def first_document_is_checked(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def hasty(self: Any, validator: Any, documents: list[tuple[str, bytes]]) -> None:
            try:
                check(self, validator, documents)
            except problems.Problem:
                check(self, validator, documents[:1])
                hit()

        return hasty

    patch.replace("store.schemas:Schemas.check", factory)


@defect(
    "store.versions-begin-anew",
    breaks=["DATA-03"],
    says="An entity that is written again after it was deleted has version 1 again.",
    partial=True,
)
def versions_begin_anew(patch: Patch) -> None:
    def factory(next_version: Function, hit: Hit) -> Function:
        def anew(self: Any, before: Any) -> int:
            if before.alive or not before.version:
                return int(next_version(self, before))
            hit()
            return 1

        return anew

    patch.replace("store.decider:Decider.next_version", factory)


@defect(
    "store.older-version-will-do",
    breaks=["DB-13"],
    says="A write that asks for a version is done as well where there is a newer one.",
)
def older_version_will_do(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, asked: Any, entry: Any) -> None:
            if asked.expected and entry.alive and asked.expected < entry.version:
                hit()
                return
            check(self, asked, entry)

        return lenient

    patch.replace("store.decider:Decider.check_version", factory)


@defect(
    "store.names-with-backslashes",
    breaks=["FS-13"],
    says="The name of an entity may hold a backslash.",
    partial=True,
)
def names_with_backslashes(patch: Patch) -> None:
    def factory(is_name: Function, hit: Hit) -> Function:
        def lenient(text: str) -> bool:
            if is_name(text):
                return True
            if "\\" in text and is_name(text.replace("\\", "_")):
                hit()
                return True
            return False

        return lenient

    patch.replace("store.names:is_name", factory)
