"""Shapes that several defects of the store have."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.routing import Match

from reference.common import clock, problems
from reference.defects import Function, Hit, Patch
from reference.store import sealedfiles, sealing
from reference.store.access import WRITE
from reference.store.apikeys import hashed

_BEFORE_THE_HEADER = 8


def any_content(patch: Patch) -> None:
    """The index keeps no digest, which does nothing where what opens the file refuses it: that is where a hit is counted."""

    def factory(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, content: bytes, expected: bytes) -> None:
            with contextlib.suppress(sealedfiles.Missing):
                check(self, content, expected)

        return lenient

    patch.replace("store.sealedfiles:SealedFiles.check_digest", factory)


def without_tag(key: bytes, nonce: bytes, body: bytes) -> bytes:
    """What a ciphertext of AES-GCM holds, whatever its tag (NIST SP 800-38D, 6.5)."""
    stream = Cipher(algorithms.AES(key), modes.CTR(nonce + b"\0\0\0\2")).decryptor()
    return stream.update(body[: -sealing.TAG_BYTES])


def unbound(patch: Patch, header: bool, names: bool) -> None:
    """A file opens although its header, or whose it is, is not what it was sealed with; its form stays what it is.

    What was authenticated is kept beside the state of main, by the sealed bytes that it belongs to.
    """

    def place(body: bytes) -> Path:
        folder = Path(os.environ["ASSAY_STORE_STATE"]) / "bound"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / hashlib.sha256(body).hexdigest()

    def noting(seal: Function, _hit: Hit) -> Function:
        def note(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            sealed = bytes(seal(self, data_key, about, document))
            parts = self.take_apart(sealed)
            place(parts.body).write_bytes(self.associated_data(parts.prefix, about.schema, about.key))
            return sealed

        return note

    def factory(decrypt: Function, hit: Hit) -> Function:
        def lenient(self: Any, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
            try:
                return bytes(decrypt(self, key, nonce, body, associated))
            except sealing.NotOpened:
                if not place(body).exists():
                    raise
            known = place(body).read_bytes()
            same_header, same_names = (
                _header(known) == _header(associated),
                _names(known) == _names(associated),
            )
            if not (header or same_header) or not (names or same_names):
                raise sealing.NotOpened("tag")
            hit()
            return bytes(decrypt(self, key, nonce, body, known))

        return lenient

    any_content(patch)
    patch.replace("store.sealing:Sealer.seal", noting)
    patch.replace("store.sealing:Sealer.decrypt", factory)


def _header(associated: bytes) -> bytes:
    return associated[: len(associated) - len(_names(associated))]


def _names(associated: bytes) -> bytes:
    length = int.from_bytes(associated[4:_BEFORE_THE_HEADER], "big")
    return associated[_BEFORE_THE_HEADER + length :]


def left_out(patch: Patch, point: str, when: Callable[..., bool] = lambda *_: True) -> None:
    """Something that returns nothing is not done, where its arguments are so."""

    def factory(do: Function, hit: Hit) -> Function:
        def lazy(*arguments: Any) -> None:
            if not when(*arguments):
                do(*arguments)
                return
            hit()

        return lazy

    patch.replace(point, factory)


def forgiven(patch: Patch, point: str, refusal: type[Exception]) -> None:
    """A check that refuses by an exception refuses nothing."""

    def factory(check: Function, hit: Hit) -> Function:
        def lenient(*arguments: Any) -> None:
            try:
                check(*arguments)
            except refusal:
                hit()

        return lenient

    patch.replace(point, factory)


def always(patch: Patch, point: str, answer: Any, when: Callable[..., bool] = lambda *_: True) -> None:
    """A question has one answer, where its arguments are so, whatever is true."""

    def factory(ask: Function, hit: Hit) -> Function:
        def decided(*arguments: Any) -> Any:
            true = ask(*arguments)
            if true == answer or not when(*arguments):
                return true
            hit()
            return answer

        return decided

    patch.replace(point, factory)


def untold(patch: Patch, *events: str) -> None:
    """The security log is not told of some events."""

    def factory(write: Function, hit: Hit) -> Function:
        def quiet(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event in events:
                hit()
                return
            write(self, event, *rest, **named)

        return quiet

    patch.replace("common.securitylog:SecurityLog.write", factory)


def coded(patch: Patch, name: str, code: str) -> None:
    """A problem has another code over gRPC, by its name."""

    def factory(code_of: Function, hit: Hit) -> Function:
        def other(problem: problems.Problem) -> Any:
            right = code_of(problem)
            if problem.name != name:
                return right
            hit()
            return type(right)[code]

        return other

    patch.replace("store.refusals:code_of", factory)


def opened_to_readers(patch: Patch, opened: str) -> None:
    """Who may read, and not write, does what needs writing."""

    def factory(authorise: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str, operation: str, schema: str | None = None) -> Any:
            holder = self._tokens.get(hashed(token))
            if operation != opened or holder is None or self.has_permission(holder, WRITE):
                return authorise(self, token, operation, schema)
            principal = authorise(self, token, "getEntity", schema)
            hit()
            return principal

        return lenient

    patch.replace("store.access:Access.authorise", factory)


def under_other_names(patch: Patch, change: Callable[[str, str], tuple[str, str]]) -> None:
    """In memory entities have other names; a hit is what is found there of another entity."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}

    def naming(_name: Function, _hit: Hit) -> Function:
        return lambda self, schema, key: change(schema, key)

    def keeping(keep: Function, _hit: Hit) -> Function:
        def note(self: Any, schema: str, key: str, version: int, document: bytes) -> None:
            keep(self, schema, key, version, document)
            if is_kept(self, schema, key, document):
                owners[self.name(schema, key)] = (schema, key)

        return note

    def finding(find: Function, hit: Hit) -> Function:
        def mistaken(self: Any, schema: str, key: str, version: int) -> bytes | None:
            document: bytes | None = find(self, schema, key, version)
            if document is not None and owners[self.name(schema, key)] != (schema, key):
                hit()
            return document

        return mistaken

    patch.replace("store.caches:Cache.name", naming)
    patch.replace("store.caches:Cache.keep", keeping)
    patch.replace("store.caches:Cache.find", finding)


def age_in_memory(patch: Patch) -> Callable[[Any, str, str], float]:
    """What tells for how many seconds of the store's clock an entity has been in memory."""
    since: dict[tuple[str, str], float] = {}

    def keeping(keep: Function, _hit: Hit) -> Function:
        def note(self: Any, schema: str, key: str, version: int, document: bytes) -> None:
            keep(self, schema, key, version, document)
            if is_kept(self, schema, key, document):
                since[self.name(schema, key)] = clock.seconds()

        return note

    patch.replace("store.caches:Cache.keep", keeping)
    return lambda cache, schema, key: clock.seconds() - since[cache.name(schema, key)]


def is_kept(cache: Any, schema: str, key: str, document: bytes) -> bool:
    """Whether it is this document that is in memory."""
    kept = cache._kept.get(cache.name(schema, key))
    return kept is not None and kept[1] is document


def is_routed(scope: Any) -> bool:
    """Whether the path of a request is of any operation."""
    return any(route.matches(scope)[0] is not Match.NONE for route in scope["app"].router.routes)


def offered_otherwise(patch: Patch, name: str, change: Callable[[Any, Hit], Any]) -> None:
    """An operation is another, as the contract tells; what `change` makes of it counts its own hits."""

    def adding(add: Function, hit: Hit) -> Function:
        return lambda app, operation: add(
            app, change(operation, hit) if operation.name == name else operation
        )

    def telling(contract: Function, hit: Hit) -> Function:
        def told(app: Any) -> Any:
            hit()
            return contract(app)

        return told

    patch.replace("store.app:add", adding)
    patch.replace("store.app:contract", telling)
