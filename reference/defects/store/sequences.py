"""What goes wrong only after something else: operations and restarts that work alone."""

from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store.contents import Contents, Entries


@defect(
    "store.deleted-versions-forgotten",
    breaks=["FS-17", "DATA-03"],
    says="After a restart an entity that was deleted before begins with version 1 again.",
    partial=True,
)
def deleted_versions_forgotten(patch: Patch) -> None:
    def factory(load: Function, hit: Hit) -> Function:
        def forgetful(self: Any) -> None:
            load(self)
            for entries in self.contents.entities.values():
                for key in [key for key, entry in entries.items() if not entry.alive]:
                    hit()
                    del entries[key]

        return forgetful

    patch.replace("store.index:Index.load", factory)


@defect(
    "store.last-deletion-comes-back",
    breaks=["FS-17", "DATA-07"],
    says="A deletion that was the last thing before the store stopped is not there when it starts again.",
    partial=True,
)
def last_deletion_comes_back(patch: Patch) -> None:
    def factory(load: Function, hit: Hit) -> Function:
        def forgetful(self: Any) -> None:
            applied: list[tuple[Contents, Entries, dict[str, Any]]] = []
            apply = Contents.apply

            def noting(contents: Contents, change: Any) -> None:
                if isinstance(change, Entries):
                    before = {key: contents.entry(change.schema, key) for key in change.entries}
                    applied[:] = [(contents, change, before)]
                apply(contents, change)

            setattr(Contents, "apply", noting)  # noqa: B010 - only while it loads
            try:
                load(self)
            finally:
                setattr(Contents, "apply", apply)  # noqa: B010
            for contents, change, before in applied:
                if not any(entry.alive for entry in change.entries.values()):
                    hit()
                    apply(contents, Entries(change.schema, before))

        return forgetful

    patch.replace("store.index:Index.load", factory)
