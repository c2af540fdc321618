"""A cipher that is wrong where no file of the store shows it: every file has a digest besides, a document and one length of nonce."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import without_tag
from reference.store import sealing


@defect(
    "store.end-of-the-tag-does-not-count",
    breaks=["BLOB-01"],
    says="Of a tag the first twelve bytes are compared; the digest in the index covers for it.",
    partial=True,
)
def end_of_the_tag_does_not_count(patch: Patch) -> None:
    compare_tags(patch, lambda true, told: true[:12] == told[:12])


@defect(
    "store.halves-of-a-tag-cancel-out",
    breaks=["BLOB-01"],
    says="The two halves of a tag are compared at once, so that the same difference in both is none.",
    partial=True,
)
def halves_of_a_tag_cancel_out(patch: Patch) -> None:
    def same(true: bytes, told: bytes) -> bool:
        differing = bytes(one ^ other for one, other in zip(true, told, strict=True))
        return differing[:8] == differing[8:]

    compare_tags(patch, same)


@defect(
    "store.nothing-is-no-document",
    breaks=["BLOB-01"],
    says="A ciphertext that has no byte but its tag is refused, also where the tag is right.",
    partial=True,
)
def nothing_is_no_document(patch: Patch) -> None:
    def factory(decrypt: Function, hit: Hit) -> Function:
        def hasty(self: Any, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
            document = bytes(decrypt(self, key, nonce, body, associated))
            if not document:
                hit()
                raise sealing.NotOpened("length")
            return document

        return hasty

    patch.replace("store.sealing:Sealer.decrypt", factory)


@defect(
    "store.longer-nonces-are-taken",
    breaks=["BLOB-01"],
    says="A nonce of sixteen bytes is taken as well; the header of a file is looked at before, and has none.",
    partial=True,
)
def longer_nonces_are_taken(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, key: bytes, nonce: bytes, body: bytes) -> None:
            longer = len(nonce) == 16
            check(self, key, nonce[: sealing.NONCE_BYTES] if longer else nonce, body)
            if longer:
                hit()

        return lenient

    patch.replace("store.sealing:Sealer.check_lengths", factory)


def compare_tags(patch: Patch, same: Callable[[bytes, bytes], bool]) -> None:
    """A wrong tag is taken where it is the same as the right one by another comparison."""

    def factory(decrypt: Function, hit: Hit) -> Function:
        def lenient(self: Any, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
            try:
                return bytes(decrypt(self, key, nonce, body, associated))
            except sealing.NotOpened as refused:
                if str(refused) != "tag":
                    raise
            document = without_tag(key, nonce, body)
            true = AESGCM(key).encrypt(nonce, document, associated)[-sealing.TAG_BYTES :]
            if not same(true, body[-sealing.TAG_BYTES :]):
                raise sealing.NotOpened("tag")
            hit()
            return document

        return lenient

    patch.replace("store.sealing:Sealer.decrypt", factory)
