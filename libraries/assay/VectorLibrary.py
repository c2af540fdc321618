"""Keywords that turn published test vectors into tables for a platform's verifier."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot.api import Failure, SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.errors import AssayError, accepted
from assay.core.rows import Row
from assay.vector import ciphertexts, files, primitives
from assay.vector.ciphertexts import Ciphertext
from assay.vector.files import KeySet, NoVectors, Vector
from assay.vector.judgement import distrust, objection

LARGEST = 149
_FEWEST = 20


@dataclass(frozen=True)
class Vectors:
    """A key set to be trusted and tables of messages, each table with a control."""

    key_set: dict[str, Any]
    tables: list[list[Row]]


@library(scope="GLOBAL", auto_keywords=False)
class VectorLibrary:
    """Reads the JOSE files of C2SP Wycheproof from the folder that the variable WYCHEPROOF_DIR names.

    They are not part of this project. Where the variable is not set the tests are skipped and say so; where
    it is set and the files are not there, they fail. What a strict platform must do with each vector is
    decided by rules with reasons, before anything is asked: it verifies by public keys alone, and a key has
    one algorithm.

    The four files are called `signature`, `key`, `crypto` and `encryption`.
    """

    @keyword
    def require_vectors(self) -> None:
        """Skips where WYCHEPROOF_DIR is not set.

        Fails where it is set and one of the four files is missing or empty.
        """
        place = files.folder()
        if place is None:
            raise SkipExecution(
                f"{files.VARIABLE} is not set: it names a folder with the test vectors of C2SP Wycheproof"
            )
        for kind in files.FILES:
            _read(kind, place)

    @keyword
    def vectors_signed_by(self, file: str, *algorithms: str) -> Vectors:
        """The messages of a file that were made for keys of these algorithms, where a platform must trust the keys.

        | =Argument=   | =Meaning= |
        | `file`       | `signature`, `key`, `crypto` or `encryption` |
        | `algorithms` | the algorithms that the keys name, RS256 |

        Returns `key_set`, to be trusted, and `tables` of rows with the field `jws`; valid messages are the control rows.
        Fails when not a single message is to be accepted. Example: | ${vectors} = | `Vectors Signed By` | signature | ES256 |
        """
        chosen = [
            one
            for one in _all(file)
            if not distrust(one) and {key["alg"] for key in one.keys} <= set(algorithms)
        ]
        keys: dict[str, Mapping[str, Any]] = {}
        for group in chosen:
            for key in group.keys:
                if _material(keys.setdefault(key["kid"], key)) != _material(key):
                    raise Failure(
                        f"two keys for {' and '.join(algorithms)} are called {key['kid']} in the vectors of {file}"
                    )
        rows = [
            _row(group, vector, objection(vector, keys.values()))
            for group in chosen
            for vector in group.vectors
            if not vector.disputed
        ]
        return Vectors(
            {"keys": [dict(key) for key in keys.values()]}, _tables(rows, f"{file}, {' '.join(algorithms)}")
        )

    @keyword
    def key_sets_to_refuse(self, file: str, trusted: Mapping[str, Any]) -> list[Row]:
        """The key sets of a file that a platform must not trust, as rows with the field `keys`.

        `trusted` is the control.

        Example: | ${rows} = | `Key Sets To Refuse` | key | ${own key set} |
        """
        rows = {
            _spelt(one): Row(one.name, {"keys": [dict(key) for key in one.keys]}, note=reason)
            for one in _all(file)
            if (reason := distrust(one))
        }
        logger.info(f"{file}: {len(rows)} key sets to be refused")
        return [Row("a key set of our own", {"keys": list(trusted["keys"])}, accepted=True), *rows.values()]

    @keyword
    def messages_of_refused_keys(self, file: str, accepted: Secret | str) -> Vectors:
        """Every message of a file whose keys a platform must not trust, as tables; `accepted` is the control.

        The control is a message that the platform accepts at that moment, made with a key of our own. Returns
        `tables`.
        """
        control = Row("a message of our own", {"jws": accepted}, accepted=True)
        rows = [
            _row(group, vector, reason)
            for group in _all(file)
            if (reason := distrust(group))
            for vector in group.vectors
        ]
        return Vectors({}, _tables([control, *rows], f"{file}, keys that are not trusted"))

    @keyword
    def vectors_of_primitive(self, primitive: str) -> list[dict[str, Any]]:
        """The vectors of a cipher, derivation, key wrap or key exchange as Wycheproof publishes them, in hexadecimal.

        | =Argument=  | =Meaning= |
        | `primitive` | aes_gcm, aes_gcm_siv, aes_wrap, chacha20_poly1305, hkdf_sha256, hmac_sha256, rsa_oaep, x25519 |

        Skips where WYCHEPROOF_DIR is not set; fails where it is and the file is missing or empty.
        Example: | ${vectors} = | `Vectors Of Primitive` | aes_gcm |
        """
        if primitive not in primitives.FILES:
            raise AssayError(f"there is no primitive '{primitive}'{accepted(primitive, primitives.FILES)}")
        place = files.folder()
        if place is None:
            raise SkipExecution(
                f"{files.VARIABLE} is not set: it names a folder with the test vectors of C2SP Wycheproof"
            )
        try:
            return primitives.read(primitive, place)
        except NoVectors as error:
            raise Failure(str(error)) from error

    @keyword
    def ciphertexts_to_open(self, algorithm: str, token: Secret | str) -> list[list[Row]]:
        """Tables of every ciphertext of a cipher's file, for a platform that opens those of one algorithm alone.

        | =Argument=  | =Meaning= |
        | `algorithm` | AES-256-GCM: keys of 32, nonces of 12, tags of 16 bytes |
        | `token`     | what each row presents |

        Rows have the fields `key`, `nonce`, `associated_data`, `ciphertext` and `tag` in base64. The control rows are the
        valid ciphertexts of the algorithm's lengths, with the `plaintext` that the answer must hold; everything else is to be
        refused. Fails where there are fewer than 20 to be opened, or to be refused for anything but a length.
        Example: | ${tables} = | `Ciphertexts To Open` | AES-256-GCM | ${token} |
        """
        if algorithm not in ciphertexts.ALGORITHMS:
            raise AssayError(f"no vectors for '{algorithm}'{accepted(algorithm, ciphertexts.ALGORITHMS)}")
        chosen = ciphertexts.ALGORITHMS[algorithm]
        found = [Ciphertext(vector, chosen) for vector in self.vectors_of_primitive(chosen.primitive)]
        enough = [one for one in found if one.fits and not one.valid], [one for one in found if one.opens]
        if min(map(len, enough)) < _FEWEST:
            raise Failure(
                f"{len(enough[1])} vectors of {algorithm} are to be opened and {len(enough[0])} to be refused for "
                f"more than a length; there must be {_FEWEST} of each, so that something is shown"
            )
        return _tables(_to_open(found, token), algorithm)

    @keyword
    def ciphertexts_of_the_standard(self, token: Secret | str) -> list[list[Row]]:
        """Tables of the test cases for AES-256-GCM of its authors, as they are and altered, in the form of `Ciphertexts To Open`.

        They are at hand where the vectors of Wycheproof are not. Source: McGrew and Viega, The Galois/Counter Mode of Operation (GCM),
        appendix B; NIST SP 800-38D. Example: | ${tables} = | `Ciphertexts Of The Standard` | ${token} |
        """
        return _tables(_to_open(ciphertexts.of_the_standard(), token), "AES-256-GCM, test cases 13 to 16")


def _to_open(found: Sequence[Ciphertext], token: Secret | str) -> list[Row]:
    return [Row(one.name, {**one.parts, "token": token}, one.opens, one.reason, one.answer) for one in found]


def _all(kind: str) -> list[KeySet]:
    place = files.folder()
    if place is None:
        raise SkipExecution(f"{files.VARIABLE} is not set")
    return _read(kind, place)


def _read(kind: str, place: Path) -> list[KeySet]:
    try:
        return files.read(kind, place)
    except NoVectors as error:
        raise Failure(str(error)) from error


def _row(group: KeySet, vector: Vector, reason: str) -> Row:
    return Row(f"{vector.name} (group {group.name})", {"jws": vector.message}, not reason, reason or "valid")


def _tables(rows: list[Row], told: str) -> list[list[Row]]:
    """Tables of equal length; each begins with the first message that is to be accepted."""
    accepted = [row for row in rows if row.accepted]
    refused = [row for row in rows if not row.accepted]
    if not accepted:
        raise Failure(f"no vector of {told} is to be accepted: the table would show nothing")
    logger.info(f"{told}: {len(accepted)} to be accepted, {len(refused)} to be refused")
    room = LARGEST - len(accepted) if len(accepted) < LARGEST else 0
    if not room:
        raise Failure(f"{len(accepted)} vectors of {told} are to be accepted, a table holds {LARGEST}")
    if not refused:
        refused = [_spoiled(accepted[0])]
    count = -(-len(refused) // room)
    size = -(-len(refused) // count)
    return [accepted + refused[start : start + size] for start in range(0, len(refused), size)]


def _spoiled(row: Row) -> Row:
    """A valid message with another letter in the middle of its signature, for tables that have nothing to refuse."""
    head, _, signature = row.request["jws"].rpartition(".")
    middle = len(signature) // 2
    letter = "A" if signature[middle] != "A" else "B"
    spoiled = f"{head}.{signature[:middle]}{letter}{signature[middle + 1 :]}"
    return Row(f"{row.name}, its signature spoiled", {"jws": spoiled}, note="made here")


def _material(key: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(key.get(member) for member in ("kty", "alg", "crv", "n", "e", "x", "y"))


def _spelt(key_set: KeySet) -> str:
    return json.dumps(key_set.keys, sort_keys=True)
