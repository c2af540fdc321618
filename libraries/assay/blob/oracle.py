"""Judges the oracle by published vectors (C2SP Wycheproof, testvectors_v1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.blob.ciphers import NotOpened, algorithm, derive, shared_secret, unseal, unwrap
from assay.core.errors import AssayError, accepted

Vector = Mapping[str, Any]
Judge = Callable[[Vector], bool | None]


def disagreements(primitive: str, vectors: Sequence[Vector]) -> tuple[list[str], int]:
    """The vectors that the oracle judges otherwise than they say, and how many it judged at all."""
    if primitive not in JUDGES:
        raise AssayError(f"there is no primitive '{primitive}'{accepted(primitive, JUDGES)}")
    judge = JUDGES[primitive]
    wrong, judged = [], 0
    for vector in vectors:
        good = judge(vector)
        if good is None:
            continue
        judged += 1
        if vector["result"] != "acceptable" and good != (vector["result"] == "valid"):
            wrong.append(f"{vector['tcId']}, {vector['comment']}: taken as {'valid' if good else 'invalid'}")
    return wrong, judged


def _hex(vector: Vector, name: str) -> bytes:
    return bytes.fromhex(vector[name])


def _sealed(name: Callable[[int], str | None]) -> Judge:
    """A cipher: what opens must give the message, and sealing the message must give the ciphertext again."""

    def judge(vector: Vector) -> bool | None:
        key, nonce, message = (_hex(vector, part) for part in ("key", "iv", "msg"))
        called = name(len(key))
        if called is None:
            return None
        ciphertext, tag, associated = (_hex(vector, part) for part in ("ct", "tag", "aad"))
        if vector["result"] == "valid" and len(nonce) != algorithm(called).nonce:
            return None
        try:
            opened = unseal(called, key, nonce, ciphertext, tag, associated)
        except NotOpened:
            return False
        return (
            opened == message and algorithm(called).seal(key, nonce, message, associated) == ciphertext + tag
        )

    return judge


def _gcm(size: int) -> str | None:
    return f"AES-{size * 8}-GCM" if size in (16, 24, 32) else None


def _hkdf(vector: Vector) -> bool | None:
    try:
        made = derive(
            "HKDF-SHA256", _hex(vector, "ikm"), _hex(vector, "salt"), _hex(vector, "info"), vector["size"]
        )
    except ValueError:
        return False
    return made == _hex(vector, "okm")


def _hmac(vector: Vector) -> bool | None:
    size = len(_hex(vector, "tag"))
    return derive("HMAC-SHA256", _hex(vector, "key"), b"", _hex(vector, "msg"), size) == _hex(vector, "tag")


def _wrap(vector: Vector) -> bool | None:
    key = _hex(vector, "key")
    try:
        return unwrap(f"A{len(key) * 8}KW", key, _hex(vector, "ct")) == _hex(vector, "msg")
    except NotOpened:
        return False


def _oaep(vector: Vector) -> bool | None:
    pem, label = vector["group"]["privateKeyPem"].encode(), _hex(vector, "label")
    try:
        return unwrap("RSA-OAEP-256", pem, _hex(vector, "ct"), label) == _hex(vector, "msg")
    except NotOpened:
        return False


def _exchange(vector: Vector) -> bool | None:
    try:
        return shared_secret(_hex(vector, "private"), _hex(vector, "public")) == _hex(vector, "shared")
    except NotOpened:
        return False


JUDGES: Mapping[str, Judge] = {
    "aes_gcm": _sealed(_gcm),
    "aes_gcm_siv": _sealed(lambda size: f"AES-{size * 8}-GCM-SIV" if size in (16, 32) else None),
    "chacha20_poly1305": _sealed(lambda _size: "ChaCha20-Poly1305"),
    "hkdf_sha256": _hkdf,
    "hmac_sha256": _hmac,
    "aes_wrap": _wrap,
    "rsa_oaep": _oaep,
    "x25519": _exchange,
}
