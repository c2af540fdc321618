"""Administrators of some schemas who reach all."""

from typing import Any

from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.administrators-of-one-schema-make-any-key",
    breaks=["DB-04"],
    says="A key that administers one schema makes keys for all.",
    partial=True,
)
def administrators_of_one_schema_make_any_key(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, principal: Any) -> None:
            if principal.schemas is not None:
                hit()

        return lenient

    patch.replace("store.access:Access.check_whole", factory)
