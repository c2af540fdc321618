"""Keywords about the key pairs of subscribers and the keys that are wrapped for them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.errors import AssayError, accepted
from assay.core.rows import Row
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.subscriber import pairs
from assay.subscriber.pairs import Pair
from assay.subscriber.unwrapping import OTHER_WAYS, bound, unwrapped, unwrapped_by_pkcs1

_TABLES = {"weak": pairs.WEAK, "none": pairs.NONE}


@library(scope="GLOBAL", auto_keywords=False)
class SubscriberLibrary:
    """Makes key pairs as a worker brings them to subscribe, good ones and ones to be refused, and opens what it is given.

    Wrapped keys are opened here without the product: RSA-OAEP with SHA-256 (RFC 8017, 7.1), or X25519 with HKDF-SHA256 and
    AES-256-GCM, bound to the names of worker, schema and key.
    """

    @keyword
    def a_key_of_nobody(self) -> Secret:
        """32 bytes of chance in hexadecimal, which are nobody's data key."""
        return Secret(secrets.token_hex(32))

    @keyword
    def a_key_pair(self, kind: str = "rsa-3072") -> Pair:
        """A key pair: ``rsa-2048``, ``rsa-3072``, ``rsa-4096`` or ``x25519``; its `public` key is in PEM.

        RSA pairs of one length are the same in one process, for they take seconds to make.
        Example: | ${pair} = | `A Key Pair` | x25519 |
        """
        return pairs.good(kind)

    @keyword
    def public_keys_to_be_refused(self, kind: str, control: str = "rsa-3072", **fields: Any) -> list[Row]:
        """Rows of public keys that nobody may wrap a key for, with a good one as the control.

        | =Argument= | =Meaning= |
        | `kind`     | ``weak``: numbers that can be broken (CWE-326); ``none``: what is no public key for wrapping at all |
        | `control`  | the kind of the good pair |
        | `fields`   | the other fields of each request |

        Example: | ${rows} = | `Public Keys To Be Refused` | weak | worker_id=${name} |
        """
        if kind not in _TABLES:
            raise AssayError(f"unknown kind of public keys '{kind}'{accepted(kind, _TABLES)}")
        rows = [
            Row(name, {**fields, "public_key": make()}, note=name) for name, make in _TABLES[kind].items()
        ]
        return [
            Row(control, {**fields, "public_key": pairs.good(control).public}, accepted=True, note=control),
            *rows,
        ]

    @keyword
    def points_of_low_order(self, **fields: Any) -> list[Row]:
        """Rows of X25519 public keys that make a shared secret of zeros (RFC 7748, 6.1), with a good one as the control."""
        from assay.subscriber import spki

        rows = [
            Row(name, {**fields, "public_key": spki.x25519(point)}, note=name)
            for name, point in pairs.LOW_ORDER.items()
        ]
        good = pairs.good("x25519")
        return [
            Row(
                "a point like any other", {**fields, "public_key": good.public}, accepted=True, note="x25519"
            ),
            *rows,
        ]

    @keyword
    def unknown_workers(
        self, names: Sequence[str], pair: Pair, certificates: Sequence[Any] = (), **control: Any
    ) -> list[Row]:
        """Rows of workers that nobody enrolled, each with a good public key and with a certificate of its own where there are any.

        `control` are the fields of a worker that was enrolled, which must be accepted.
        """
        along = [{"certificate": one} for one in certificates] or [{}] * len(names)
        rows = [
            Row(name, {"worker_id": name, "public_key": pair.public, **more}, note=name)
            for name, more in zip(names, along, strict=True)
        ]
        return [
            Row("an enrolled worker", {"public_key": pair.public, **control}, accepted=True, note="enrolled"),
            *rows,
        ]

    @keyword
    def unwrap_the_key(
        self, pair: Pair, wrapped: bytes | str, worker_id: str = "", schema_id: str = "", key_id: str = ""
    ) -> Secret:
        """Opens a wrapped key by the private key and returns it, in hexadecimal; fails where that does not open it.

        The names are needed where the key was wrapped by X25519, which binds them.
        Example: | ${key} = | `Unwrap The Key` | ${pair} | ${answer.body}[wrapped_key] |
        """
        found = unwrapped(pair, _bytes(wrapped), bound(worker_id, schema_id, key_id))
        if found is None:
            raise Unmet(
                f"a key that the private key opens ({pair.kind})",
                f"{len(_bytes(wrapped))} bytes that it does not open",
            )
        expect(len(found) == 32, "a data key of 32 bytes", f"{len(found)} bytes")
        conceal(found.hex(), "data key")
        conceal(base64.b64encode(found).decode(), "data key")
        return Secret(found.hex())

    @keyword
    def should_not_open(
        self, pair: Pair, wrapped: bytes | str, worker_id: str = "", schema_id: str = "", key_id: str = ""
    ) -> None:
        """Fails where a wrapped key is opened by this private key, which it is not for, or under these names.

        Example: | `Should Not Open` | ${stranger} | ${answer.body}[wrapped_key] |
        """
        found = unwrapped(pair, _bytes(wrapped), bound(worker_id, schema_id, key_id))
        expect(found is None, "a wrapped key that is for another", "a key that opens")

    @keyword
    def should_be_wrapped_by_oaep_with_sha256(self, pair: Pair, wrapped: bytes | str) -> None:
        """Fails unless a wrapped key is as long as the modulus and opens by RSA-OAEP with SHA-256 and no label.

        Where it opens in another way (SHA-1, a label, PKCS#1 v1.5), the failure says so. Source: RFC 8017, 7.1; NIST SP 800-131A.
        Example: | `Should Be Wrapped By OAEP With SHA256` | ${pair} | ${answer.body}[wrapped_key] |
        """
        octets, size = _bytes(wrapped), pair.private.key_size // 8
        expect(len(octets) == size, f"a wrapped key of {size} bytes, as the modulus", f"{len(octets)} bytes")
        if unwrapped(pair, octets) is None:
            other = [name for name, way in OTHER_WAYS.items() if unwrapped(pair, octets, b"", *way)]
            other += ["PKCS#1 v1.5"] if unwrapped_by_pkcs1(pair, octets) else []
            raise Unmet("OAEP with SHA-256 and no label", f"{' or '.join(other) or 'none of the known ways'}")

    @keyword
    def wrapped_keys_should_differ(self, *wrapped: bytes | str) -> None:
        """Fails where two of the wrapped keys are the same, or have a run of 16 bytes in common."""
        if len(wrapped) < 2:
            raise AssayError("two wrapped keys at least can differ")
        seen: dict[bytes, int] = {}
        for number, one in enumerate(map(_bytes, wrapped), 1):
            for start in range(len(one) - 15):
                other = seen.setdefault(one[start : start + 16], number)
                expect(
                    other == number,
                    "nothing in common between wrapped keys",
                    f"16 bytes of {other} and {number}",
                )

    @keyword
    def key_of_the_schema(
        self, answer: Mapping[str, Any], pair: Pair, worker_id: str, schema_id: str
    ) -> Secret:
        """The data key of a schema out of the body of an answer to a subscription, the one that is in use.

        Where the answer tells no keys by schema, it is the one key that it has.
        """
        told = [
            one
            for one in answer.get("keys") or ()
            if one.get("schema_id") == schema_id and one.get("current")
        ]
        if answer.get("keys") and not told:
            raise Unmet(f"a current key of the schema {schema_id}", "none among the keys", "subscribe")
        one = told[0] if told else answer
        return self.unwrap_the_key(pair, one["wrapped_key"], worker_id, schema_id, one["key_id"])


def _bytes(wrapped: bytes | str) -> bytes:
    return wrapped if isinstance(wrapped, bytes) else base64.b64decode(wrapped, validate=True)
