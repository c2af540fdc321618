"""Key pairs and wrapped keys, each expectation seen to hold and seen not to."""

from __future__ import annotations

import os

import pytest
from assay.evidence.expect import Unmet
from assay.subscriber import pairs, spki
from assay.subscriber.unwrapping import PURPOSE, bound
from assay.SubscriberLibrary import SubscriberLibrary
from cryptography.hazmat.primitives.asymmetric import padding, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

LIBRARY = SubscriberLibrary()
KEY = os.urandom(32)
NAMES = {"worker_id": "w", "schema_id": "s", "key_id": "k"}


def oaep(pair: pairs.Pair, digest: type[SHA1 | SHA256] = SHA256, label: bytes | None = None) -> bytes:
    public = pair.private.public_key()
    return bytes(public.encrypt(KEY, padding.OAEP(padding.MGF1(digest()), digest(), label)))


def by_x25519(pair: pairs.Pair, context: bytes) -> bytes:
    own, nonce = x25519.X25519PrivateKey.generate(), os.urandom(12)
    shared = own.exchange(pair.private.public_key())
    point = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = HKDF(SHA256(), 32, None, PURPOSE + context).derive(shared)
    return point + nonce + AESGCM(key).encrypt(nonce, KEY, context)


def test_a_key_that_is_wrapped_by_rsa_is_opened_and_by_nobody_else() -> None:
    pair, stranger = pairs.good("rsa-2048"), pairs.good("rsa-3072")
    wrapped = oaep(pair)
    assert LIBRARY.unwrap_the_key(pair, wrapped).value == KEY.hex()
    LIBRARY.should_not_open(stranger, wrapped)
    with pytest.raises(Unmet, match="that it does not open"):
        LIBRARY.unwrap_the_key(stranger, wrapped)
    with pytest.raises(Unmet, match="a key that opens"):
        LIBRARY.should_not_open(pair, wrapped)


def test_a_key_that_is_wrapped_by_x25519_is_bound_to_its_names() -> None:
    pair = pairs.good("x25519")
    wrapped = by_x25519(pair, bound("w", "s", "k"))
    assert LIBRARY.unwrap_the_key(pair, wrapped, **NAMES).value == KEY.hex()
    for name in NAMES:
        LIBRARY.should_not_open(pair, wrapped, **{**NAMES, name: "other"})
    assert bound("ab", "c", "") != bound("a", "bc", "")


def by_pkcs1(pair: pairs.Pair) -> bytes:
    return bytes(pair.private.public_key().encrypt(KEY, padding.PKCS1v15()))


def test_only_oaep_with_sha256_is_let_pass_and_what_it_was_is_told() -> None:
    pair = pairs.good("rsa-2048")
    LIBRARY.should_be_wrapped_by_oaep_with_sha256(pair, oaep(pair))
    for wrong, told in (
        (oaep(pair, SHA1), "SHA-1"),
        (oaep(pair, label=b"store"), "a label"),
        (by_pkcs1(pair), "PKCS#1 v1.5"),
    ):
        with pytest.raises(Unmet, match=f"OAEP with SHA-256 and no label, saw '?{told}"):
            LIBRARY.should_be_wrapped_by_oaep_with_sha256(pair, wrong)
    with pytest.raises(Unmet, match="256 bytes, as the modulus, saw '?3 bytes"):
        LIBRARY.should_be_wrapped_by_oaep_with_sha256(pair, b"abc")


def test_equal_and_overlapping_wrapped_keys_are_told() -> None:
    one, two = os.urandom(64), os.urandom(64)
    LIBRARY.wrapped_keys_should_differ(one, two)
    with pytest.raises(Unmet, match="16 bytes of 1 and 2"):
        LIBRARY.wrapped_keys_should_differ(one, two[:5] + one[10:30])


def test_the_key_in_use_is_taken_among_several() -> None:
    pair = pairs.good("rsa-2048")
    old = {"schema_id": "s", "key_id": "1", "wrapped_key": b"", "current": False}
    new = {"schema_id": "s", "key_id": "2", "wrapped_key": oaep(pair), "current": True}
    assert LIBRARY.key_of_the_schema({"keys": [old, new]}, pair, "w", "s").value == KEY.hex()
    assert LIBRARY.key_of_the_schema(new, pair, "w", "s").value == KEY.hex()
    with pytest.raises(Unmet, match="a current key of the schema other"):
        LIBRARY.key_of_the_schema({"keys": [old, new]}, pair, "w", "other")


@pytest.mark.parametrize("kind", ["weak", "none"])
def test_tables_have_a_control_that_can_be_read_and_rows_that_differ(kind: str) -> None:
    control, *rows = LIBRARY.public_keys_to_be_refused(kind, worker_id="w")
    assert control.accepted and load_pem_public_key(control.request["public_key"])
    assert len({row.request["public_key"] for row in rows}) == len(rows) >= 8
    assert all(row.request["worker_id"] == "w" and not row.accepted for row in rows)


def test_weak_keys_are_what_they_say() -> None:
    small = [number for number in range(3, 168) if all(number % one for one in range(2, number))]
    modulus = pairs._with_the_fingerprint_of_roca()
    powers = {prime: {pow(65537, power, prime) for power in range(prime)} for prime in small}
    assert modulus % 2 and modulus.bit_length() == 2048
    assert all(modulus % prime in powers[prime] for prime in small)
    assert (
        load_pem_public_key(spki.rsa(*_numbers_of("rsa-2048"))) == pairs.good("rsa-2048").private.public_key()
    )


def _numbers_of(kind: str) -> tuple[int, int]:
    numbers = pairs.good(kind).private.public_key().public_numbers()
    return numbers.n, numbers.e


def test_points_of_low_order_give_zeros() -> None:
    private = x25519.X25519PrivateKey.generate()
    control, *rows = LIBRARY.points_of_low_order()
    assert control.accepted and len(rows) == len(pairs.LOW_ORDER)
    for point in pairs.LOW_ORDER.values():
        with pytest.raises(ValueError):
            private.exchange(x25519.X25519PublicKey.from_public_bytes(point))
