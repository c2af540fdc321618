"""Stores of good and bad nonces, blocks, entropy, permissions and leftovers."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from assay.blob import entity, layout, looks, randomness, trees
from assay.blob.entity import read
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.SealedTreeLibrary import SealedTreeLibrary
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.blob.conftest import Store
from tests.blob.sealed import KINDS

LIBRARY = SealedTreeLibrary()


def fill(store: Store, count: int, body: bytes = b"{}") -> None:
    for number in range(count):
        KINDS[store.layout].seal(store.root, "notes", str(number), store.secret, body, 1)


def test_good_nonces_are_counted(store: Store) -> None:
    fill(store, 20)
    assert LIBRARY.nonces_should_never_repeat(store.layout, store.root) == 20
    with pytest.raises(AssayError, match="there are 20 nonces below .*; 21 are needed"):
        LIBRARY.nonces_should_never_repeat(store.layout, store.root, at_least=21)


def test_a_nonce_used_twice_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.layout in ("age", "fernet"):
        one, other = store.put(), store.put(key="18", body=b"another")
        nonce = one.part("nonce", one.contents())
        role = one.layout.places["nonce"].file
        other.path(role).write_bytes(other.with_part("nonce", nonce, other.contents())[role])
    else:
        monkeypatch.setattr("tests.blob.sealed.os.urandom", lambda size: b"\7" * size)
        store.put(body=b'{"a": 1}')
        store.put(key="18", body=b'{"a": 2}')
    monkeypatch.undo()
    fill(store, 5)
    with pytest.raises(
        Unmet, match="no nonce to be used twice under one key, saw key .*: [^ ]+, [^ ]+ "
    ) as told:
        LIBRARY.nonces_should_never_repeat(store.layout, store.root)
    assert len(told.value.failed_rows) == 1


def test_one_nonce_under_two_keys_and_copies_are_no_reuse(
    delta: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(delta, 3)
    shutil.copytree(delta.root, tmp_path / "snapshot")
    assert LIBRARY.nonces_should_never_repeat("deltadatabase", delta.root, tmp_path / "snapshot") == 6
    one, other = delta.put(), delta.put(key="18")
    contents = other.with_part("nonce", one.part("nonce", one.contents()), other.contents())
    contents = other.with_part("key_id", b"main-key-v2", contents)
    other.path("meta").write_bytes(contents["meta"])
    assert LIBRARY.nonces_should_never_repeat("deltadatabase", delta.root) == 5


def test_a_write_after_a_restored_snapshot_is_seen_across_folders(
    reference: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(reference, 2)
    shutil.copytree(reference.root, tmp_path / "before")
    for root, body in ((reference.root, b'{"a":1}'), (tmp_path / "before", b'{"a":2}')):
        monkeypatch.setattr("tests.blob.sealed.os.urandom", lambda size: b"\7" * size)
        KINDS["reference"].seal(root, "notes", "x", reference.secret, body, 1)
    with pytest.raises(Unmet, match="used twice"):
        LIBRARY.nonces_should_never_repeat("reference", reference.root, tmp_path / "before")
    LIBRARY.nonces_should_never_repeat("reference", reference.root)


def _counter() -> Callable[[int], bytes]:
    start = int.from_bytes(os.urandom(11), "big")
    return lambda number: (start + number).to_bytes(12, "big")


PATTERNS: dict[str, Callable[[int], bytes]] = {
    "counter": _counter(),
    "counter, last byte first": lambda number: (7**20 + number).to_bytes(12, "little"),
    "counter in the last four bytes": lambda number: os.urandom(8) + number.to_bytes(4, "big"),
    "prefix of the worker": lambda _number: b"work" + os.urandom(8),
    "two workers": lambda number: [b"w-01", b"w-02"][number % 2] + os.urandom(8),
    "seconds of the clock": lambda number: (1_800_000_000 + number // 3).to_bytes(4, "big") + os.urandom(8),
    "one bit never set": lambda _number: bytes(one & 0x7F for one in os.urandom(12)),
    "few values": lambda _number: bytes(16 * (one >> 4) for one in os.urandom(12)),
    "all bytes as often": lambda number: bytes((12 * number + place) * 167 % 256 for place in range(12)),
    "letters": lambda _number: os.urandom(6).hex().encode(),
    "large steps": lambda number: (number << 80).to_bytes(12, "big"),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterned_nonces_are_told(pattern: str) -> None:
    judged = randomness.judge([PATTERNS[pattern](number) for number in range(256)])
    assert [one.name for one in judged if not one.holds]


def test_random_nonces_hold_and_the_false_alarms_add_up() -> None:
    for size in (12, 16, 24):
        judged = randomness.judge([os.urandom(size) for _ in range(400)])
        assert all(one.holds for one in judged), judged
        assert all(0 <= one.chance <= 1 for one in judged)
        assert len(judged) * randomness._EACH <= randomness.FALSE_ALARMS == 1e-6


def test_chances_are_those_of_the_books() -> None:
    # NIST SP 800-22, 2.1.8 and 2.3.8: the first hundred binary digits of pi.
    digits = "11001001000011111101101010100010001000010110100011000010001101001100010011000110011000101000101110000000"
    eight = int(digits[:96], 2).to_bytes(12, "big")
    assert randomness._monobit(eight).seen == f"{digits[:96].count('1')} ones in 96 bits"
    changes = sum(one != other for one, other in pairwise(digits[:96]))
    assert randomness._runs(eight).seen == f"{changes + 1} runs"
    assert abs(randomness._chi_square_tail(254, 254) - 0.4882) < 1e-3
    assert abs(randomness._chi_square_tail(310.457, 254) - 0.0092) < 1e-3
    assert abs(randomness._poisson_tail(1, 1e-6) - 1e-6) < 1e-11


def test_the_nonces_of_a_store_are_judged(delta: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssayError, match="there are 0 nonces below .*; 200 are needed"):
        LIBRARY.nonces_should_look_random("deltadatabase", delta.root)
    fill(delta, 220)
    LIBRARY.nonces_should_look_random("deltadatabase", delta.root)
    real = os.urandom
    monkeypatch.setattr("tests.blob.sealed.os.urandom", lambda size: b"worker-1" + real(size - 8))
    fill(delta, 220)
    with pytest.raises(
        Unmet, match="nonces that look random, saw .*bytes 0, 1, 2, 3, 4, 5, 6, 7 are the same in all"
    ):
        LIBRARY.nonces_should_look_random("deltadatabase", delta.root)


def test_nonces_of_two_lengths_are_told(delta: Store) -> None:
    fill(delta, 2)
    sealed = delta.put()
    sealed.path("meta").write_bytes(sealed.with_part("nonce", b"n" * 8, sealed.contents())["meta"])
    with pytest.raises(Unmet, match=r"nonces of one length, saw \[8, 12\]"):
        LIBRARY.nonces_should_look_random("deltadatabase", delta.root)


def ecb(plaintext: bytes) -> bytes:
    return Cipher(algorithms.AES(b"k" * 32), modes.ECB()).encryptor().update(plaintext)


def test_random_ciphertext_tells_nothing(store: Store) -> None:
    fill(store, 3, os.urandom(70_000))
    LIBRARY.ciphertext_should_tell_nothing(store.layout, store.root)
    LIBRARY.equal_plaintexts_should_be_sealed_apart(store.layout, store.root)


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        ([ecb(b"the same block! " * 3)], "1.json.enc: one block stands 3 times in it"),
        (
            [ecb(b"one common block" + bytes(16)), ecb(b"one common block")],
            "1 of its blocks stand in .*json.enc too",
        ),
        ([os.urandom(40_000) + bytes(40_000)], "bits a byte, not 7.9"),
        ([os.urandom(33_000).hex().encode()], "zlib makes it"),
    ],
)
def test_ciphertext_that_tells_something_is_told(bodies: list[bytes], words: str, delta: Store) -> None:
    fill(delta, 1, os.urandom(1000))
    for number, body in enumerate(bodies, 1):
        sealed = delta.put(key=str(number))
        sealed.path("blob").write_bytes(body)
    with pytest.raises(Unmet, match=f"ciphertext that looks random, saw .*{words}"):
        LIBRARY.ciphertext_should_tell_nothing("deltadatabase", delta.root)


def test_entropy_is_that_of_shannon() -> None:
    assert looks.entropy(bytes(range(256)) * 4) == 8
    assert looks.entropy(b"ab" * 50) == 1
    assert list(looks.dull("small", bytes(100))) == []


def test_equal_ciphertexts_are_told(delta: Store) -> None:
    one, other = delta.put(), delta.put(key="18")
    other.path("blob").write_bytes(one.path("blob").read_bytes())
    with pytest.raises(Unmet, match="files/notes_1.*has the ciphertext of files/notes_1"):
        LIBRARY.equal_plaintexts_should_be_sealed_apart("deltadatabase", delta.root)
    with pytest.raises(AssayError, match="2 are needed"):
        LIBRARY.equal_plaintexts_should_be_sealed_apart("jwe", delta.root)


def test_permissions_for_others_are_told(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "files").mkdir(parents=True)
    (store / "files" / "a").write_bytes(b"")
    for path, mode in ((store, 0o700), (store / "files", 0o700), (store / "files" / "a", 0o600)):
        path.chmod(mode)
    LIBRARY.store_should_be_closed_to_others(store)
    (store / "files" / "a").chmod(0o644)
    with pytest.raises(Unmet, match="folders 0700 and files 0600, saw files/a has 0644"):
        LIBRARY.store_should_be_closed_to_others(store)
    LIBRARY.store_should_be_closed_to_others(store, files="0644")
    (store / "files").chmod(0o750)
    with pytest.raises(Unmet, match="saw files has 0750"):
        LIBRARY.store_should_be_closed_to_others(store, files="0644")


def test_leftovers_are_told_when_the_time_is_over(reference: Store) -> None:
    reference.put()
    LIBRARY.store_should_have_no_leftovers("reference", reference.root)
    (reference.root / "files" / "ab").mkdir(exist_ok=True)
    (reference.root / "files" / "ab" / "x.part").write_bytes(b"")
    begun = time.monotonic()
    with pytest.raises(Unmet, match="no temporary files, saw files/ab/x.part"):
        LIBRARY.store_should_have_no_leftovers("reference", reference.root, timedelta(milliseconds=50))
    assert time.monotonic() - begun >= 0.05


def test_a_head_is_enough_to_know_a_nonce(reference: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(reference, 2, os.urandom(200_000))
    sizes = []

    def reading(path: Path, shown: str, most: int | None = None) -> bytes:
        octets = read(path, shown, most)
        sizes.append(len(octets))
        return octets

    monkeypatch.setattr("assay.blob.records.read", reading)
    assert LIBRARY.nonces_should_never_repeat("reference", reference.root) == 2
    assert sizes == [65536, 65536]


def test_a_file_that_goes_away_while_a_folder_is_looked_through_is_passed_over(
    reference: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = reference.put().files["sealed"]
    before = trees.snapshot(reference.root)
    walk = trees.walk

    def unsteady(root: Path | str) -> Iterator[os.DirEntry[str]]:
        for entry in list(walk(root)):
            (reference.root / gone).unlink(missing_ok=True)
            yield entry

    monkeypatch.setattr(trees, "walk", unsteady)
    assert before.files.keys() - trees.snapshot(reference.root).files.keys() == {gone}


def test_the_newest_of_what_a_write_changed_is_found_where_another_has_gone(reference: Store) -> None:
    used = layout.named("reference")
    kept, gone = (reference.put(key=key).files["sealed"] for key in ("17", "18"))
    written = trees.snapshot(reference.root).files
    (reference.root / gone).unlink()
    assert entity.of_files(used, reference.root, written, {}).files == {"sealed": kept}
