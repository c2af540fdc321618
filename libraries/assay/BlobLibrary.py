"""Keywords that read an entity's sealed files on the disk and open them independently of the product."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.blob import describing, entity, keys, layout, oracle, purposes, sealing, trees
from assay.blob.ciphers import NotOpened
from assay.blob.copies import Copies
from assay.blob.entity import Entity
from assay.blob.steps import Malformed
from assay.blob.trees import Changes, Snapshot
from assay.core import exactjson
from assay.core.errors import AssayError
from assay.core.waiting import until
from assay.evidence import live
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal

Document: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | bytes | Secret


@library(scope="GLOBAL", auto_keywords=False)
class BlobLibrary:
    """Reads sealed files through a layout (variables/layouts, or a YAML file of one's own), and opens them by itself.

    = Entities =

    Where the layout can name the files by schema and key, `Sealed Entity` finds them. Where names are keyed hashes, the files are
    those that a write changed:

    | ${before} =  | `Snapshot Of Folder`    | ${store}    |
    | Put Entity   | notes                   | 17          | ${document} |
    | ${written} = | `Files Of The Write`    | ${before}   |
    | ${entity} =  | `Sealed Entity Written` | ${written}  | notes | 17 |
    | `Sealed Entity Should Open To` | ${entity} | ${key} | ${document} |

    `Use Layout` says once what the files look like. Keys are Secrets in hexadecimal, base64, PEM or age's own form. What tampers
    with files is TamperLibrary, what searches whole trees SealedTreeLibrary and CanaryLibrary.
    """

    def __init__(self) -> None:
        self._layout: layout.Layout | None = None
        self._root = Path()

    @keyword
    def use_layout(self, name: str, folder: Path) -> None:
        """Says how sealed files look and where the store keeps them, for all keywords that follow.

        | =Argument= | =Meaning= |
        | `name`     | deltadatabase, reference, jwe, fernet, age, or the path of a layout's YAML file |
        | `folder`   | the folder that the paths of the layout begin in |

        Fails, with file and line, where the layout has a mistake. Example: | `Use Layout` | deltadatabase | /mnt/store |
        """
        found = layout.named(name)
        if not folder.is_dir():
            raise AssayError(f"there is no folder {folder}; give the one that the paths of {name} begin in")
        self._layout, self._root = found, folder
        logger.info(
            f"Sealed files below {folder} are laid out as {found.name}: {found.data.get('about', '')}"
        )

    @keyword
    def sealed_entity(self, schema: str = "", key: str = "") -> Entity:
        """The entity of that schema and key, where the layout can name its files; nothing is read yet.

        Example: | ${entity} = | `Sealed Entity` | notes | 17 |
        """
        return entity.of_identity(self._used(), self._root, _identity(schema, key))

    @keyword
    def snapshot_of_folder(self, folder: Path | None = None) -> Snapshot:
        """Every file below a folder (that of `Use Layout`) as it is now: path, size, time, inode, digest.

        Example: | ${before} = | `Snapshot Of Folder` |
        """
        return trees.snapshot(folder or self._root)

    @keyword
    def files_of_the_write(self, before: Snapshot) -> Changes:
        """What was written since a snapshot: `made`, `changed` and `removed` paths, and `written`, the first two together.

        A file is another one when its bytes, its time or its inode are others. Fails where nothing was written.
        Example: | ${written} = | `Files Of The Write` | ${before} |
        """
        found = trees.changes(before, trees.snapshot(before.root, before))
        logger.info(f"{found}: {', '.join((found.written + found.removed)[:40])}")
        expect(found.written, "the write to make or change a file", "none", str(before.root))
        return found

    @keyword
    def sealed_entity_written(self, written: Changes, schema: str = "", key: str = "") -> Entity:
        """The entity whose files a write made or changed; where several versions of it were written, the newest.

        `schema` and `key` say whose it is, where the layout binds that. Example:
        | ${entity} = | `Sealed Entity Written` | ${written} | notes | 17 |
        """
        return entity.of_files(self._used(), written.root, written.written, _identity(schema, key))

    @keyword
    def sealed_files_of(
        self,
        schema: str,
        key: str,
        data_key: Secret | str,
        before: Snapshot | None = None,
        within: timedelta = timedelta(seconds=5),
    ) -> Entity:
        """The entity of that schema and key as it lies on the disk, once it opens by its data key.

        Where the layout cannot name its files, they are looked for among what is another file than in the snapshot `before`, or
        among all. Fails where nothing of it can be opened within the time: whatever was acknowledged should be on the disk.
        Example: | ${sealed} = | `Sealed Files Of` | notes | 17 | ${data key} | before=${snapshot} |
        """
        opener = keys.octets(data_key)

        def found() -> Entity | None:
            for one in self._candidates(schema, key, before):
                with suppress(Malformed, NotOpened):
                    sealing.unsealed(one, opener)
                    return one
            return None

        entity_found = until(found, within.total_seconds(), pause=0.02)
        if entity_found is None:
            raise Unmet(f"sealed files of {schema}/{key} that open by its key", "none", str(self._root))
        return entity_found

    def _candidates(self, schema: str, key: str, before: Snapshot | None) -> list[Entity]:
        identity, used = _identity(schema, key), self._used()
        if used.nameable:
            return [entity.of_identity(used, self._root, identity)]
        now = trees.snapshot(self._root, before)
        paths = trees.changes(before, now).written if before else list(now.files)
        groups = [files for files, _ in entity.grouped(used, paths) if set(files) == set(used.files)]
        newest = sorted(groups, key=lambda files: max(now.files[path].mtime_ns for path in files.values()))
        return [Entity(used, self._root, files, identity) for files in reversed(newest)]

    @keyword
    def lock_files_of_the_layout(self, name: str) -> list[str]:
        """Patterns of the paths of lock files, as a layout names them. Example: | ${locks} = | `Lock Files Of The Layout` | deltadatabase |"""
        patterns = layout.named(name).data.get("locks", ())
        return [form for pattern in patterns for form in (pattern, f"*/{pattern}")]

    @keyword
    def require_part(self, *names: str) -> None:
        """Skips the test where the layout in use has no part of one of these names, `writer` for instance.

        Example: | `Require Part` | salt | commitment |
        """
        used = self._used()
        if lacking := [name for name in names if name not in used.places]:
            raise SkipExecution(f"Sealed files of the layout {used.name} have no {', '.join(lacking)}.")

    @keyword
    def require_chunks(self) -> None:
        """Skips the test where the layout in use seals documents whole. Example: | `Require Chunks` |"""
        if "chunks" not in self._used().data:
            raise SkipExecution(f"Sealed files of the layout {self._used().name} have no chunks.")

    @keyword
    def require_binding(self) -> None:
        """Skips the test where the layout in use binds no names to what is sealed, so that nothing can be sealed for another name."""
        used = self._used()
        if not used.binds:
            raise SkipExecution(f"Sealed files of the layout {used.name} are bound to no name.")

    @keyword
    def path_of_sealed_content(self, sealed: Entity) -> str:
        """The path of the file that holds an entity's content."""
        return str(sealed.path(sealed.layout.places["ciphertext"].file))

    @keyword
    def part_of_sealed_entity(self, sealed: Entity, name: str) -> str:
        """A part of an entity's files as text: numbers as digits, what is no text in UTF-8 in hexadecimal.

        Example: | ${key id} = | `Part Of Sealed Entity` | ${entity} | key_id |
        """
        found = sealed.part(name, _contents(sealed))
        try:
            return found.decode()
        except UnicodeDecodeError:
            return found.hex()

    @keyword
    def sealed_parts_should_differ(self, one: Entity | Copies, other: Entity | Copies) -> None:
        """Fails where nonce, tag or ciphertext of two entities, or of two versions of one, are the same, or any 16 bytes in a row.

        Source: NIST SP 800-38D, 8.2. Example: | `Sealed Parts Should Differ` | ${first} | ${second} |
        """
        for name in ("nonce", "tag", "ciphertext"):
            parts = [_part(each, name) for each in (one, other)]
            shared = _shared(*parts)
            expect(
                not shared,
                f"nothing in common in the {name} of two sealed entities",
                f"{len(shared)} bytes that are",
            )

    @keyword
    def describe_sealed_entity(self, sealed: Entity) -> None:
        """Logs a table of every part of an entity's files: which bytes, how many, an excerpt, what they mean; no secret.

        Example: | `Describe Sealed Entity` | ${entity} |
        """
        logger.info(describing.described(sealed, _contents(sealed)), html=True)

    @keyword
    def sealed_entity_should_be_well_formed(self, sealed: Entity) -> None:
        """Fails for each part with a wrong size or spelling, an algorithm that is not allowed, or what contradicts the file's name.

        A nonce has 12 bytes, a tag 16, base64 is the one that an encoder writes (RFC 4648, 3.5); the layout lists the algorithms.
        Nothing is opened. Source: NIST SP 800-38D, 5.2.1.2; Wycheproof InvalidNonceSize and InvalidTagSize.
        Example: | `Sealed Entity Should Be Well Formed` | ${entity} |
        """
        contents = _contents(sealed)
        logger.info(describing.described(sealed, contents), html=True)
        found = [str(fault) for fault in describing.faults(sealed, contents)]
        expect(not found, "well-formed sealed files", "; ".join(found), str(sealed))

    @keyword
    def decrypt_sealed_entity(self, sealed: Entity, key: Secret | str | bytes) -> Secret:
        """The plaintext of an entity as a Secret, opened by this library alone; what is no text in UTF-8 as base64.

        | =Argument= | =Meaning= |
        | `key`      | the key of its schema: hexadecimal, base64, a private key in PEM, AGE-SECRET-KEY-1... |

        Fails, and gives nothing, for a wrong key, commitment, tag, size, algorithm, name or spelling.
        Example: | ${plaintext} = | `Decrypt Sealed Entity` | ${entity} | ${key} |
        """
        opened = _opened(sealed, key)
        try:
            text = opened.decode("utf-8")
        except UnicodeDecodeError:
            text = base64.b64encode(opened).decode()
        conceal(text, "plaintext")
        return Secret(text)

    @keyword
    def sealed_entity_should_open_to(
        self, sealed: Entity, key: Secret | str | bytes, document: Document, exactly: bool = False
    ) -> None:
        """Fails unless an entity opens by that key and holds the document.

        | =Argument= | =Meaning= |
        | `document` | a mapping or list, compared as JSON; text, bytes or a Secret, compared byte for byte unless both are JSON |
        | `exactly`  | True, where even JSON must be the same byte for byte |

        Example: | `Sealed Entity Should Open To` | ${entity} | ${key} | ${document} |
        """
        opened = _opened(sealed, key)
        wanted = _bytes(document)
        alike = opened == wanted or (not exactly and exactjson.same(opened, wanted))
        expect(
            alike,
            "the sealed document to be the one that was written",
            _difference(opened, wanted),
            str(sealed),
        )
        logger.info(f"{sealed} opens to the {len(wanted):,} bytes that were written.")

    @keyword
    def sealed_entity_should_not_open(self, sealed: Entity, key: Secret | str | bytes) -> str:
        """Fails if an entity opens by a key that is not its own, or though it was tampered with; returns why it does not.

        Example: | `Sealed Entity Should Not Open` | ${entity} | ${key of another tenant} |
        """
        try:
            sealing.unsealed(sealed, keys.octets(key))
        except NotOpened as reason:
            logger.info(f"{sealed} does not open: {reason}.")
            return str(reason)
        raise Unmet("the sealed files not to open", "they open", str(sealed))

    @keyword
    def sealed_entity_should_hold_no_key(self, sealed: Entity, key: Secret | str | bytes) -> None:
        """Fails where a part of the files opens them, or where the data key, or the key that encrypts, stands in them in any form.

        Whatever is told in the clear, a commitment or the id of a key, must be derived apart from what encrypts. Source: RFC 5869, 3.2;
        NIST SP 800-57 Part 1, 5.2. Example: | `Sealed Entity Should Hold No Key` | ${entity} | ${key} |
        """
        found = list(purposes.given_away(sealed, keys.octets(key)))
        expect(not found, "files that hold nothing that opens them", "; ".join(found), str(sealed))

    @keyword
    def oracle_should_agree(self, primitive: str, vectors: Sequence[Mapping[str, Any]]) -> None:
        """Fails for each published vector that this library's own ciphers judge otherwise: whoever judges is judged first.

        | =Argument=  | =Meaning= |
        | `primitive` | aes_gcm, chacha20_poly1305, hkdf_sha256, hmac_sha256, aes_wrap, rsa_oaep, x25519 |
        | `vectors`   | what VectorLibrary's `Vectors Of Primitive` returns |

        What a vector calls acceptable may go either way. Example: | `Oracle Should Agree` | aes_gcm | ${vectors} |
        """
        wrong, judged = oracle.disagreements(primitive, vectors)
        live.count_rows(judged)
        logger.info(
            f"{primitive}: {judged} vectors judged, {len(vectors) - judged} of sizes that are not allowed here."
        )
        expect(judged, f"vectors of {primitive}", "none that can be judged")
        if wrong:
            raise Unmet(
                f"all {judged} vectors of {primitive} to be judged rightly", "; ".join(wrong), "", wrong
            )

    def _used(self) -> layout.Layout:
        if self._layout is None:
            raise AssayError("it is not known how sealed files look; call `Use Layout` first")
        return self._layout


def _part(one: Entity | Copies, name: str) -> bytes:
    if isinstance(one, Copies):
        return one.entity.part(name, one.contents())
    return one.part(name, _contents(one))


def _shared(one: bytes, other: bytes) -> bytes:
    """A run of 16 bytes, or all of something shorter, that is in both."""
    size = min(16, len(one), len(other))
    runs = {one[start : start + size] for start in range(len(one) - size + 1)} if size else set()
    return next(
        (other[at : at + size] for at in range(len(other) - size + 1) if other[at : at + size] in runs), b""
    )


def _identity(schema: str, key: str) -> dict[str, str]:
    return {name: value for name, value in (("schema", schema), ("key", key)) if value}


def _contents(sealed: Entity) -> dict[str, bytes]:
    try:
        return sealed.contents()
    except Malformed as error:
        raise Unmet("readable sealed files", str(error), str(sealed)) from None


def _opened(sealed: Entity, key: Secret | str | bytes) -> bytes:
    try:
        return sealing.unsealed(sealed, keys.octets(key))
    except NotOpened as reason:
        raise Unmet("the sealed files to open by this key", f"that {reason}", str(sealed)) from None


def _bytes(document: Document) -> bytes:
    if isinstance(document, Secret):
        document = str(document.value)
    if isinstance(document, bytes):
        return document
    if isinstance(document, str):
        return document.encode()
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _difference(opened: bytes, wanted: bytes) -> str:
    pairs = enumerate(zip(opened, wanted, strict=False))
    at = next((place for place, (one, other) in pairs if one != other), min(len(opened), len(wanted)))
    return f"{len(opened):,} bytes that differ from the {len(wanted):,} written from byte {at} on"
