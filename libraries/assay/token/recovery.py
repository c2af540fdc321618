"""A public RSA key found from two signatures alone, for platforms that publish none or think it a secret."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable

from assay.token.compact import Compact, decode, open_token

#: The start of a DigestInfo for each hash (RFC 8017, section 9.2, note 1).
_PREFIXES = {
    "RS256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "RS384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "RS512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
#: Beyond this exponent the numbers have more bits than two tokens are worth: 65537 means 16 MB each.
LARGEST_EXPONENT = 257


def padded(algorithm: str, octets: bytes, size: int) -> int:
    """The number that an RSASSA-PKCS1-v1_5 signature hides (RFC 8017, section 9.2)."""
    digest = _PREFIXES[algorithm] + hashlib.new(f"sha{algorithm[2:]}", octets).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest, "big")


def explains(modulus: int, exponent: int, token: str) -> bool:
    """Whether a token's signature is by this key, by arithmetic alone.

    The modulus divides signature^e - message.
    """
    parts = Compact.of(token)
    signature = decode(parts.signature)
    message = padded(open_token(token).header["alg"], parts.signing_input, len(signature))
    return pow(int.from_bytes(signature, "big"), exponent, modulus) == message


def recover(first: str, second: str, exponent: int) -> int:
    """The modulus behind two tokens.

    The greatest number that divides both differences, without its small factors.

    Raises ValueError when the exponent is too large to do it in a moment, or the tokens are not by one key.
    """
    if exponent > LARGEST_EXPONENT:
        raise ValueError(
            f"with exponent {exponent} this takes minutes; up to {LARGEST_EXPONENT} it takes a moment"
        )
    common = math.gcd(_difference(first, exponent), _difference(second, exponent))
    bits = 8 * len(decode(Compact.of(first).signature))
    for factor in small_factors():
        while common.bit_length() > bits - 7 and common % factor == 0:
            common //= factor
    if common.bit_length() < bits - 7:
        raise ValueError("the two tokens are not by one RSA key with this exponent")
    return common


def small_factors() -> Iterable[int]:
    """What two differences may share besides the modulus."""
    return (
        number
        for number in range(2, 1000)
        if all(number % other for other in range(2, math.isqrt(number) + 1))
    )


def _difference(token: str, exponent: int) -> int:
    parts = Compact.of(token)
    signature = decode(parts.signature)
    message = padded(open_token(token).header["alg"], parts.signing_input, len(signature))
    return int(pow(int.from_bytes(signature, "big"), exponent) - message)
