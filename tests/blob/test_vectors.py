"""The oracle is judged by published vectors: cryptography-vectors, and Wycheproof where WYCHEPROOF_DIR names it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from assay.blob import layout, oracle, sealing
from assay.blob.ciphers import NotOpened, algorithm, derive, unseal, unwrap
from assay.blob.entity import Entity
from assay.BlobLibrary import BlobLibrary
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.vector import ciphertexts
from assay.vector.primitives import FILES
from assay.VectorLibrary import VectorLibrary
from robot.api import Failure, SkipExecution

VECTORS = Path(cryptography_vectors.__file__).parent
COUNTS = {
    "aes_gcm": 316, "aes_wrap": 165, "chacha20_poly1305": 325, "hkdf_sha256": 86, "hmac_sha256": 174, "rsa_oaep": 37,
    "x25519": 518,
}  # fmt: skip


def records(path: Path) -> Iterator[dict[str, str]]:
    """The records of NIST's and OpenSSL's form of vectors: each begins with a count, `Name = value` follow."""
    block: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(("#", "[")) or not line.strip():
            continue
        name, _, value = line.partition("=")
        if name.strip().lower() == "count" and block:
            yield block
            block = {}
        block[name.strip()] = value.strip()
    yield block


@pytest.mark.parametrize("size", [128, 192, 256])
def test_gcm_of_nist(size: int) -> None:
    opened = refused = 0
    for block in records(VECTORS / f"ciphers/AES/GCM/gcmDecrypt{size}.rsp"):
        values = {name: bytes.fromhex(value) for name, value in block.items() if value and name != "Count"}
        values = {"PT": b"", "CT": b"", "AAD": b"", **values}
        if len(values["IV"]) != 12 or len(values["Tag"]) != 16:
            continue
        given = (values["Key"], values["IV"], values["CT"], values["Tag"], values["AAD"])
        if "FAIL" in block:
            with pytest.raises(NotOpened, match="the tag does not fit"):
                unseal(f"AES-{size}-GCM", *given)
            refused += 1
        else:
            assert unseal(f"AES-{size}-GCM", *given) == values["PT"]
            opened += 1
    assert opened > 150 and refused > 150


@pytest.mark.parametrize("file", ["ChaCha20Poly1305/openssl.txt", "AES/GCM-SIV/openssl.txt"])
def test_ciphers_of_openssl(file: str) -> None:
    opened = refused = 0
    for block in records(VECTORS / "ciphers" / file):
        key, nonce, associated, tag, plain, sealed = (
            bytes.fromhex(block.get(name, ""))
            for name in ("Key", "IV", "AAD", "Tag", "Plaintext", "Ciphertext")
        )
        called = "ChaCha20-Poly1305" if "ChaCha" in file else f"AES-{len(key) * 8}-GCM-SIV"
        if len(nonce) != 12 or called == "AES-192-GCM-SIV":
            continue
        if "Result" in block:
            with pytest.raises(NotOpened):
                unseal(called, key, nonce, sealed, tag, associated)
            refused += 1
        else:
            assert unseal(called, key, nonce, sealed, tag, associated) == plain
            opened += 1
    assert opened >= 4 and (refused or "SIV" in file)


def test_hkdf_of_rfc_5869() -> None:
    count = 0
    for block in records(VECTORS / "KDF/rfc-5869-HKDF-SHA256.txt"):
        if block["Hash"] != "SHA-256":
            continue
        values = {name: bytes.fromhex(block.get(name, "")) for name in ("IKM", "salt", "info", "OKM")}
        made = derive("HKDF-SHA256", values["IKM"], values["salt"], values["info"], len(values["OKM"]))
        assert made == values["OKM"]
        count += 1
    assert count >= 3


def test_key_wrap_of_nist() -> None:
    unwrapped = refused = 0
    for block in records(VECTORS / "keywrap/kwtestvectors/KW_AD_256.txt"):
        key, sealed = bytes.fromhex(block["K"]), bytes.fromhex(block["C"])
        if "FAIL" in block:
            with pytest.raises(NotOpened):
                unwrap("A256KW", key, sealed)
            refused += 1
        else:
            assert unwrap("A256KW", key, sealed) == bytes.fromhex(block["P"])
            unwrapped += 1
    assert unwrapped > 50 and refused > 10


def test_fernet_of_its_specification(tmp_path: Path) -> None:
    found = layout.named("fernet")
    entity = Entity(found, tmp_path, {"token": "a_b.fernet"}, {})
    good = json.loads((VECTORS / "fernet/verify.json").read_text())
    bad = json.loads((VECTORS / "fernet/invalid.json").read_text())

    def opened(case: dict[str, Any]) -> bytes:
        import base64

        key = base64.urlsafe_b64decode(case["secret"])
        return sealing.unsealed(entity, key, {"token": case["token"].encode()})

    for case in good:
        assert opened(case) == case["src"].encode()
    of_the_clock = ("far-future TS (unacceptable clock skew)", "expired TTL")
    wrong = [case for case in bad if case["desc"] not in of_the_clock]
    for case in wrong:
        with pytest.raises(NotOpened):
            opened(case)
    assert good and len(wrong) > 4


@pytest.mark.parametrize("primitive", COUNTS)
def test_wycheproof(primitive: str) -> None:
    if not os.environ.get("WYCHEPROOF_DIR"):
        pytest.skip("WYCHEPROOF_DIR is not set")
    vectors = VectorLibrary().vectors_of_primitive(primitive)
    assert len(vectors) == COUNTS[primitive]
    BlobLibrary().oracle_should_agree(primitive, vectors)


def vector(**other: Any) -> dict[str, Any]:
    """A vector of AES-GCM (Wycheproof aes_gcm, 1)."""
    sealed = algorithm("AES-128-GCM").seal(b"k" * 16, b"n" * 12, b"message", b"")
    fields = {
        "key": b"k" * 16,
        "iv": b"n" * 12,
        "aad": b"",
        "msg": b"message",
        "ct": sealed[:-16],
        "tag": sealed[-16:],
    }
    return {
        "tcId": 1, "comment": "made here", "result": "valid", **{name: value.hex() for name, value in fields.items()}, **other
    }  # fmt: skip


def test_an_oracle_that_is_wrong_is_told() -> None:
    BlobLibrary().oracle_should_agree("aes_gcm", [vector(), vector(result="acceptable")])
    with pytest.raises(
        Unmet, match="all 1 vectors of aes_gcm to be judged rightly, saw 1, made here: taken as valid"
    ):
        BlobLibrary().oracle_should_agree("aes_gcm", [vector(result="invalid")])
    with pytest.raises(Unmet, match="taken as invalid"):
        BlobLibrary().oracle_should_agree("aes_gcm", [vector(tag="00" * 16)])
    with pytest.raises(Unmet, match="saw none that can be judged"):
        BlobLibrary().oracle_should_agree("aes_gcm", [vector(key="00" * 20)])
    with pytest.raises(AssayError, match="there is no primitive 'aes_gmc'.*did you mean 'aes_gcm'"):
        BlobLibrary().oracle_should_agree("aes_gmc", [])


def test_short_tags_and_nonces_are_never_taken() -> None:
    key, plain = os.urandom(32), b"plain"
    for nonce in (0, 8, 11, 13, 16):
        with pytest.raises(NotOpened, match=f"the nonce has {nonce} bytes where AES-256-GCM has 12"):
            unseal("AES-256-GCM", key, bytes(nonce), plain, bytes(16), b"")
    sealed = algorithm("AES-256-GCM").seal(key, bytes(12), plain, b"")
    for tag in (0, 4, 8, 12, 15, 17):
        with pytest.raises(NotOpened, match=f"the tag has {tag} bytes"):
            unseal("AES-256-GCM", key, bytes(12), sealed[:-16], (sealed[-16:] + b"x")[:tag], b"")


def test_vectors_are_skipped_or_failed_but_never_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = VectorLibrary()
    monkeypatch.delenv("WYCHEPROOF_DIR", raising=False)
    with pytest.raises(SkipExecution, match="WYCHEPROOF_DIR is not set"):
        library.vectors_of_primitive("aes_gcm")
    monkeypatch.setenv("WYCHEPROOF_DIR", str(tmp_path))
    with pytest.raises(Failure, match="cannot be read"):
        library.vectors_of_primitive("aes_gcm")
    (tmp_path / FILES["aes_gcm"]).write_text('{"numberOfTests": 2, "testGroups": [{"tests": [{"tcId": 1}]}]}')
    with pytest.raises(Failure, match="holds 1 vectors, it says that it holds 2"):
        library.vectors_of_primitive("aes_gcm")
    with pytest.raises(AssayError, match="no primitive 'aes'"):
        library.vectors_of_primitive("aes")


def file_of_vectors(folder: Path, *vectors: dict[str, Any]) -> None:
    told = [{**one, "tcId": number, "flags": ["Made"]} for number, one in enumerate(vectors, 1)]
    (folder / FILES["aes_gcm"]).write_text(json.dumps({"testGroups": [{"tests": told}]}))


def test_a_platform_of_one_algorithm_opens_what_fits_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WYCHEPROOF_DIR", str(tmp_path))
    good = [vector(key="0b" * 32) for _ in range(20)]
    bad = [vector(key="0b" * 32, result="invalid") for _ in range(20)]
    others = [vector(), vector(key="0b" * 32, iv="00" * 16), vector(key="0b" * 32, tag="00" * 12)]
    file_of_vectors(tmp_path, *good, *bad, *others)
    (rows,) = VectorLibrary().ciphertexts_to_open("AES-256-GCM", "token")
    assert [row.accepted for row in rows] == [True] * 20 + [False] * 23
    assert {row.note for row in rows[40:]} == {"a length that is not taken"}
    assert rows[0].answer == {"plaintext": "bWVzc2FnZQ=="}
    assert set(rows[0].request) == {"key", "nonce", "associated_data", "ciphertext", "tag", "token"}
    for given in (good, bad, others, [*good, *bad[1:]], [*good[1:], *bad, *others]):
        file_of_vectors(tmp_path, *given)
        with pytest.raises(Failure, match="there must be 20 of each"):
            VectorLibrary().ciphertexts_to_open("AES-256-GCM", "token")
    with pytest.raises(AssayError, match="no vectors for 'AES-128-GCM'"):
        VectorLibrary().ciphertexts_to_open("AES-128-GCM", "token")


def test_every_published_ciphertext_is_sent() -> None:
    if not os.environ.get("WYCHEPROOF_DIR"):
        pytest.skip("WYCHEPROOF_DIR is not set")
    tables = VectorLibrary().ciphertexts_to_open("AES-256-GCM", "token")
    rows = {row.name: row for table in tables for row in table}
    assert len(rows) == COUNTS["aes_gcm"]
    assert sum(row.accepted for row in rows.values()) == 39


def test_every_judge_has_a_file() -> None:
    assert set(oracle.JUDGES) == set(FILES)


def test_the_test_cases_of_the_standard_are_what_the_oracle_says() -> None:
    cases = ciphertexts.of_the_standard()
    assert sum(one.opens for one in cases) == 4 and len({one.name for one in cases}) == len(cases) > 200
    for one in (one for one in cases if one.fits):
        key, nonce, bound, body, tag = (
            bytes.fromhex(one.vector[part]) for part in ("key", "iv", "aad", "ct", "tag")
        )
        if one.opens:
            assert unseal("AES-256-GCM", key, nonce, body, tag, bound).hex() == one.vector["msg"]
        else:
            with pytest.raises(NotOpened):
                unseal("AES-256-GCM", key, nonce, body, tag, bound)


def test_every_test_case_of_the_standard_is_sent() -> None:
    rows = {row.name: row for table in VectorLibrary().ciphertexts_of_the_standard("token") for row in table}
    assert len(rows) == len(ciphertexts.of_the_standard())
