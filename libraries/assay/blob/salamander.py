"""One AES-GCM ciphertext that opens under two keys: an invisible salamander (Dodis, Grubbs, Ristenpart, Woodage 2018).

The tag is linear over GF(2) in the ciphertext. A document gets a member of free text; the bits of that text are solved
for so that the tag is the same under both keys, and so that what opens under the chosen one is still text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_BLOCK, _BITS = 16, 128
_REDUCTION = 0xE1 << 120
#: Free letters are 0x60 to 0x6f: four free bits each, and none of them needs escaping in JSON.
_FREE_BLOCKS = 5


def document_with_room(document: Mapping[str, Any], member: str = "room") -> tuple[bytes, int]:
    """The document with a member of free letters, and where its first free block begins."""
    begin = json.dumps({**document, member: ""}, separators=(",", ":"), ensure_ascii=False).encode()[:-2]
    pad = -len(begin) % _BLOCK
    letters = b"`" * (pad + _FREE_BLOCKS * _BLOCK)
    return begin + letters + b'"}', len(begin) + pad


def two_keys(
    first: bytes, second: bytes, nonce: bytes, plaintext: bytes, free: int, associated: bytes
) -> tuple[bytes, bytes]:
    """Ciphertext and tag that open under both keys: under `second` to the plaintext, but for other letters from `free` on.

    Keys and nonce are those of AES-GCM; the associated data are the same for both. 320 free bits meet 128 equations, so that
    there is a solution except with a chance of 2^-192.
    """
    mask = _keystream(second, nonce, len(plaintext))
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, mask, strict=True))
    bits = [(free + byte, bit) for byte in range(_FREE_BLOCKS * _BLOCK) for bit in range(4)]
    wanted = _difference(first, second, nonce, ciphertext, associated)
    powers = [_powers(_hash_key(key), len(ciphertext) // _BLOCK + 3) for key in (first, second)]
    length = -(-len(ciphertext) // _BLOCK)
    effects = []
    for place, bit in bits:
        exponent = length - place // _BLOCK + 1
        vector = _as_number(bytes(place % _BLOCK) + bytes([1 << bit]))
        effects.append(_times(vector, powers[0][exponent]) ^ _times(vector, powers[1][exponent]))
    solved = bytearray(ciphertext)
    for index in _solve(effects, wanted):
        place, bit = bits[index]
        solved[place] ^= 1 << bit
    made = bytes(solved)
    return made, _tag(second, nonce, made, associated)


def _solve(effects: list[int], wanted: int) -> list[int]:
    """Which of the effects together (exclusive or) make what is wanted: Gaussian elimination over GF(2)."""
    pivots: dict[int, tuple[int, int]] = {}
    for index, effect in enumerate(effects):
        chosen = 1 << index
        while effect and (top := effect.bit_length()) in pivots:
            effect ^= pivots[top][0]
            chosen ^= pivots[top][1]
        if effect:
            pivots[effect.bit_length()] = effect, chosen
    chosen = 0
    while wanted:
        effect, which = pivots[wanted.bit_length()]
        wanted ^= effect
        chosen ^= which
    return [index for index in range(len(effects)) if chosen >> index & 1]


def _difference(first: bytes, second: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> int:
    one, other = (_as_number(_tag(key, nonce, ciphertext, associated)) for key in (first, second))
    return one ^ other


def _tag(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    mask = _keystream(key, nonce, len(ciphertext))
    plaintext = bytes(a ^ b for a, b in zip(ciphertext, mask, strict=True))
    return AESGCM(key).encrypt(nonce, plaintext, associated)[-_BLOCK:]


def _keystream(key: bytes, nonce: bytes, size: int) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).encrypt(nonce, bytes(size), None)[:size]


def _hash_key(key: bytes) -> int:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # the hash key is defined so
    return _as_number(block.update(bytes(_BLOCK)))


def _powers(base: int, count: int) -> list[int]:
    found = [1 << 127]
    for _ in range(count):
        found.append(_times(found[-1], base))
    return found


def _times(one: int, other: int) -> int:
    """The product in GF(2^128) with the bits of NIST SP 800-38D, 6.3: the first bit is the lowest coefficient."""
    product = 0
    for position in range(_BITS - 1, -1, -1):
        if one >> position & 1:
            product ^= other
        other = other >> 1 ^ (_REDUCTION if other & 1 else 0)
    return product


def _as_number(block: bytes) -> int:
    return int.from_bytes(block.ljust(_BLOCK, b"\0"), "big")
