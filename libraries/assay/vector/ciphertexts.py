"""What a platform that seals by one algorithm must do with each ciphertext of C2SP Wycheproof."""

from __future__ import annotations

import base64
from collections.abc import Mapping
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


def _base64(published: str) -> str:
    return base64.b64encode(bytes.fromhex(published)).decode()
