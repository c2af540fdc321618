"""Public keys of subscribers: which are good enough to wrap a data key for."""

import functools
import math

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from reference.store import names

MOST_BYTES = 16384
LEAST_BITS, MOST_BITS = 2048, 16384
_SMALL = 1 << 14
#: The points of low order on Curve25519 and its twist, as they are sent (RFC 7748, 6.1), without the highest bit.
_LOW_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
_ROCA_PRIMES = [prime for prime in range(11, 168) if all(prime % one for one in range(2, prime))]


def read(pem: bytes) -> RSAPublicKey | X25519PublicKey:
    """A public key in PEM that may be wrapped for; raises invalid-request."""
    if not pem or len(pem) > MOST_BYTES:
        raise names.invalid("public_key", "is no public key")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise names.invalid("public_key", "is no public key") from None
    if isinstance(key, RSAPublicKey):
        check_rsa(key)
        return key
    if isinstance(key, X25519PublicKey):
        check_point(key)
        return key
    raise names.invalid("public_key", "is of a kind that nothing is wrapped for")


def check_rsa(key: RSAPublicKey) -> None:
    """Refuses RSA that can be factored or opened by anybody."""
    numbers = key.public_numbers()
    check_length(key.key_size)
    check_exponent(numbers.e)
    check_factors(numbers.n)


def check_length(bits: int) -> None:
    """Refuses a modulus that is too short, and one that is only there to keep the store busy."""
    if not LEAST_BITS <= bits <= MOST_BITS:
        raise names.invalid("public_key", "is too short or too long")


def check_exponent(exponent: int) -> None:
    """Refuses an exponent that hides nothing."""
    if exponent < 3 or exponent % 2 == 0:
        raise names.invalid("public_key", "has a weak exponent")


def check_factors(modulus: int) -> None:
    """Refuses an even modulus, one with small factors, and one of the weak generator of CVE-2017-15361."""
    if modulus % 2 == 0 or math.gcd(modulus, _small_primes()) != 1 or is_of_weak_generator(modulus):
        raise names.invalid("public_key", "has a weak modulus")


def is_of_weak_generator(modulus: int) -> bool:
    """Whether a modulus is a power of 65537 by every small prime, as no chance would have it."""
    return all(modulus % prime in _powers(prime) for prime in _ROCA_PRIMES)


def check_point(key: X25519PublicKey) -> None:
    """Refuses a point of low order, which makes the same secret with every key."""
    raw = bytearray(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    raw[31] &= 0x7F
    if bytes(raw) in _LOW_ORDER:
        raise names.invalid("public_key", "is a point of low order")


@functools.cache
def _small_primes() -> int:
    """The product of the odd primes below a limit."""
    sieve = bytearray([1]) * _SMALL
    for number in range(2, math.isqrt(_SMALL) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
    return math.prod(number for number in range(3, _SMALL) if sieve[number])


@functools.cache
def _powers(prime: int) -> frozenset[int]:
    found, power = set(), 1
    while power not in found:
        found.add(power)
        power = power * 65537 % prime
    return frozenset(found)
