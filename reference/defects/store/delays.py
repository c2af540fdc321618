"""Refusals whose time tells what was wrong."""

import time
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import any_content
from reference.store import sealing

_SECONDS = 0.03


@defect(
    "store.wrong-tags-are-tried-again",
    breaks=["BLOB-26"],
    says="A file with a wrong tag is opened once more after a moment, in case it was just being written; any other is refused at once.",
    partial=True,
)
def wrong_tags_are_tried_again(patch: Patch) -> None:
    def factory(decrypt: Function, hit: Hit) -> Function:
        def patient(self: Any, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
            try:
                return bytes(decrypt(self, key, nonce, body, associated))
            except sealing.NotOpened:
                hit()
                time.sleep(_SECONDS)
                return bytes(decrypt(self, key, nonce, body, associated))

        return patient

    any_content(patch)
    patch.replace("store.sealing:Sealer.decrypt", factory)
