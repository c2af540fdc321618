"""What a platform that seals by one algorithm must do with each ciphertext of C2SP Wycheproof, and of the standard of AES-GCM."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Algorithm:
    """The file of a cipher, and the lengths in bits that are taken of it."""

    primitive: str
    key: int
    nonce: int
    tag: int


ALGORITHMS = {"AES-256-GCM": Algorithm("aes_gcm", 256, 96, 128)}
_PARTS = {"key": "key", "nonce": "iv", "associated_data": "aad", "ciphertext": "ct", "tag": "tag"}


@dataclass(frozen=True)
class Ciphertext:
    """One vector, as a platform of one algorithm is to judge it."""

    vector: Mapping[str, Any]
    algorithm: Algorithm

    @property
    def name(self) -> str:
        """Its number, which is in every report on it, and what its publisher says of it."""
        return f"{self.vector['tcId']}, {self.vector['comment'] or ' '.join(self.vector['flags'])}"

    @property
    def parts(self) -> dict[str, str]:
        """What is sent, each part in base64."""
        return {name: _base64(self.vector[published]) for name, published in _PARTS.items()}

    @property
    def fits(self) -> bool:
        """Whether key, nonce and tag have the lengths of the algorithm."""
        return [8 * len(bytes.fromhex(self.vector[part])) for part in ("key", "iv", "tag")] == [
            self.algorithm.key,
            self.algorithm.nonce,
            self.algorithm.tag,
        ]

    @property
    def valid(self) -> bool:
        """Whether its publisher calls it valid."""
        return bool(self.vector["result"] == "valid")

    @property
    def opens(self) -> bool:
        """Whether it is to be opened."""
        return self.fits and self.valid

    @property
    def reason(self) -> str:
        """Why it is to be opened or refused."""
        if not self.fits:
            return "a length that is not taken"
        return "valid" if self.valid else "not valid"

    @property
    def answer(self) -> dict[str, str]:
        """What an answer must say of it."""
        return {"plaintext": _base64(self.vector["msg"])} if self.opens else {}


#: McGrew and Viega, The Galois/Counter Mode of Operation (GCM), appendix B, test cases 13 to 16: key, nonce, what is authenticated
#: besides, message, ciphertext, tag.
_ZERO, _KEY = "00" * 32, "feffe9928665731c6d6a8f9467308308" * 2
_MESSAGE = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_CIPHERTEXT = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
_CASES = (
    (13, _ZERO, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        14,
        _ZERO,
        "00" * 12,
        "",
        "00" * 16,
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (15, _KEY, "cafebabefacedbaddecaf888", "", _MESSAGE, _CIPHERTEXT, "b094dac5d93471bdec1a502270e3cc6c"),
    (
        16,
        _KEY,
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _MESSAGE[:120],
        _CIPHERTEXT[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
)


def of_the_standard() -> list[Ciphertext]:
    """The test cases of AES-256-GCM as they are, and altered in all the ways that must be noticed."""
    members = ("tcId", "key", "iv", "aad", "msg", "ct", "tag")
    cases = [
        {**dict(zip(members, case, strict=True)), "comment": "", "flags": ["as it is"], "result": "valid"}
        for case in _CASES
    ]
    altered = [
        {**case, **changed, "comment": how, "result": "invalid"}
        for case in cases
        for how, changed in _alterations(case)
    ]
    return [Ciphertext(one, ALGORITHMS["AES-256-GCM"]) for one in [*cases, *altered]]


def _alterations(case: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each bit of the tag, for the last case; the same bit of both halves; one bit of everything else; other lengths."""
    for bit in range(128) if case["aad"] else (0, 127):
        yield f"bit {bit} of the tag", {"tag": _flipped(case["tag"], bit)}
    for bit in range(0, 64, 9):
        yield f"bit {bit} of both halves of the tag", {"tag": _flipped(case["tag"], bit, bit + 64)}
    for part, called in (("ct", "ciphertext"), ("aad", "associated data"), ("iv", "nonce"), ("key", "key")):
        if case[part]:
            yield f"first bit of the {called}", {part: _flipped(case[part], 0)}
            yield f"last bit of the {called}", {part: _flipped(case[part], 4 * len(case[part]) - 1)}
    yield "a tag without its last byte", {"tag": case["tag"][:-2]}
    yield "under a nonce of 16 bytes", _sealed(case, "00" * 16)
    yield "under a nonce of 8 bytes", _sealed(case, "00" * 8)
    yield "half of the key", {"key": case["key"][:32]}
    yield "no tag", {"tag": ""}


def _sealed(case: Mapping[str, Any], nonce: str) -> dict[str, str]:
    """The message under another nonce: right by the cipher, which takes any length, and wrong by the algorithm, which takes one."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, octets, message, bound = (
        bytes.fromhex(one) for one in (case["key"], nonce, case["msg"], case["aad"])
    )
    made = AESGCM(key).encrypt(octets, message, bound).hex()
    return {"iv": nonce, "ct": made[:-32], "tag": made[-32:]}


def _flipped(published: str, *bits: int) -> str:
    octets = bytearray.fromhex(published)
    for bit in bits:
        octets[bit // 8] ^= 0x80 >> bit % 8
    return octets.hex()


def _base64(published: str) -> str:
    return base64.b64encode(bytes.fromhex(published)).decode()
