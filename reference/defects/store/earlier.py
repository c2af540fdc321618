"""Files of an earlier format that are no longer read."""

import unicodedata
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store.sealing import FORMAT, NotOpened


@defect(
    "store.earlier-format-unknown",
    breaks=["BLOB-04"],
    says="A file of the earlier format is refused, as one of a format that never was.",
    partial=True,
)
def earlier_format_unknown(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def narrow(self: Any, header: dict[str, Any], about: Any) -> None:
            check(self, header, about)
            if header["format"] == FORMAT - 1:
                hit()
                raise NotOpened("algorithm")

        return narrow

    patch.replace("store.sealing:Sealer.check_header", factory)


@defect(
    "store.earlier-names-are-composed-otherwise",
    breaks=["BLOB-04"],
    says="In files of the earlier format names with accents are taken apart into letters and marks, so that these files do not open.",
    partial=True,
)
def earlier_names_are_composed_otherwise(patch: Patch) -> None:
    earlier = f'"format":{FORMAT - 1},'.encode()

    def factory(associated_data: Function, hit: Hit) -> Function:
        def apart(self: Any, prefix: bytes, schema: str, key: str) -> Any:
            spelled = unicodedata.normalize("NFD", key)
            if earlier not in prefix or spelled == key:
                return associated_data(self, prefix, schema, key)
            hit()
            return associated_data(self, prefix, schema, spelled)

        return apart

    patch.replace("store.sealing:Sealer.associated_data", factory)
