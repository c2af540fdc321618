"""Data keys on their way to a subscriber, wrapped so that others can open or recognise them."""

from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.store import wrapping

#: How the two points of order eight on Curve25519 begin.
_OF_ORDER_EIGHT = (b"\xe0\xeb\x7a\x7c", b"\x5f\x9c\x95\xbc")


@defect(
    "store.points-of-order-eight",
    breaks=["KEY-02"],
    says="The list of points of low order lacks the two of order eight, and nobody minds a secret of zeros.",
    partial=True,
    blind=True,
)
def points_of_order_eight(patch: Patch) -> None:
    def shorter(check: Function, hit: Hit) -> Function:
        def lenient(key: Any) -> None:
            if key.public_bytes_raw().startswith(_OF_ORDER_EIGHT):
                hit()
                return
            check(key)

        return lenient

    def any_secret(shared_key: Function, _hit: Hit) -> Function:
        def trusting(own: Any, other: Any, about: bytes) -> bytes:
            try:
                return bytes(shared_key(own, other, about))
            except problems.Problem:
                info = wrapping.PURPOSE + about
                return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(bytes(32))

        return trusting

    patch.replace("store.publickeys:check_point", shorter)
    patch.replace("store.wrapping:shared_key", any_secret)


@defect(
    "store.wrapped-keys-are-kept",
    breaks=["KEY-04"],
    says="A data key that was wrapped for an RSA key once is given in the same bytes each time that its holder subscribes.",
    partial=True,
    blind=True,
)
def wrapped_keys_are_kept(patch: Patch) -> None:
    kept: dict[tuple[Any, bytes], bytes] = {}

    def factory(by_oaep: Function, hit: Hit) -> Function:
        def sparing(public: Any, key: bytearray) -> bytes:
            known = (public.public_numbers(), sha256(key).digest())
            if known in kept:
                hit()
            else:
                kept[known] = by_oaep(public, key)
            return kept[known]

        return sparing

    patch.replace("store.wrapping:by_oaep", factory)
