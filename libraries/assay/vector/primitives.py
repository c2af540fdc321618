"""Reads the files of C2SP Wycheproof (testvectors_v1) for ciphers, derivations, key wraps and key exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.vector.files import VARIABLE, NoVectors

#: The file of each primitive.
FILES = {
    "aes_gcm": "aes_gcm_test.json",
    "aes_gcm_siv": "aes_gcm_siv_test.json",
    "aes_wrap": "aes_wrap_test.json",
    "chacha20_poly1305": "chacha20_poly1305_test.json",
    "hkdf_sha256": "hkdf_sha256_test.json",
    "hmac_sha256": "hmac_sha256_test.json",
    "rsa_oaep": "rsa_oaep_2048_sha256_mgf1sha256_test.json",
    "x25519": "x25519_test.json",
}


def read(primitive: str, place: Path) -> list[dict[str, Any]]:
    """The vectors of one file, each with the fields of its group under `group`; NoVectors where it is not as it should be."""
    path = place / FILES[primitive]
    try:
        data = json.loads(path.read_text("utf-8"))
        found = [
            {**test, "group": {name: value for name, value in group.items() if name != "tests"}}
            for group in data["testGroups"]
            for test in group["tests"]
        ]
    except OSError as error:
        raise NoVectors(f"{VARIABLE} is set, but {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoVectors(f"{VARIABLE} is set, but {path} is no file of test vectors: {error}") from error
    if not found or len(found) != data.get("numberOfTests", len(found)):
        raise NoVectors(
            f"{path} holds {len(found)} vectors, it says that it holds {data.get('numberOfTests')}"
        )
    return found
