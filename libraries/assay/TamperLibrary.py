"""Keywords that do to an entity's sealed files what a party that can write the store's folder could do."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.blob import keys, salamander, sealing, tampering
from assay.blob.ciphers import NotOpened
from assay.blob.copies import Copies
from assay.blob.entity import Contents, Entity
from assay.blob.places import Keeping
from assay.blob.steps import Malformed
from assay.core.errors import AssayError, accepted
from assay.evidence.exchange import table


@library(scope="GLOBAL", auto_keywords=False)
class TamperLibrary:
    """Tampers with the sealed files that BlobLibrary's `Sealed Entity` and `Sealed Entity Written` name, and puts them back.

    What can be done is a table with names: `Tamperings Of` gives those that apply. A test does one of them, asks the platform,
    which must refuse, and has `Restore Sealed Files` in its teardown. Originals are kept in a folder that only we may enter.

    | ${names} = | `Tamperings Of` | ${entity} | other=${other} |
    | `Tamper` | ${entity} | tag: 12 bytes long |
    | [Teardown] | `Restore Sealed Files` |
    """

    def __init__(self) -> None:
        self._keeping: Keeping | None = None

    @keyword
    def tamperings_of(
        self,
        sealed: Entity,
        other: Entity | None = None,
        earlier: Copies | None = None,
        key: Secret | str | None = None,
        touches: str = "",
    ) -> list[str]:
        """The names of the tamperings that apply to an entity, in a fixed order; those that do not are logged with the reason.

        | =Argument= | =Meaning= |
        | `other`    | another entity, for what swaps, moves, links and splices |
        | `earlier`  | `Keep Copies Of Sealed Files` of an earlier version, for what rolls back |
        | `key`      | the key of its schema, for what is sealed anew for another identity |
        | `touches`  | only those that touch this: ciphertext, nonce, tag, another part, files, chunks, or a file of the layout |

        Source: Wycheproof ModifiedTag, InvalidTagSize, InvalidNonceSize; C2SP age; NIST SP 800-38D.
        Example: | ${names} = | `Tamperings Of` | ${entity} | touches=tag |
        """
        fitting, left_out = tampering.sort(self._scene(sealed, other, earlier, key))
        title = f"{len(fitting)} tamperings for {sealed}, {len(left_out)} left out"
        logger.info(table(title, ("Touches", "Tamperings"), _grouped(fitting, left_out)), html=True)
        chosen = [one.name for one in fitting if touches in ("", one.touches)]
        if not chosen:
            raise AssayError(
                f"nothing that touches '{touches}' applies to {sealed}{accepted(touches, {one.touches for one in fitting})}"
            )
        return chosen

    @keyword
    def tamper(
        self,
        sealed: Entity,
        name: str,
        other: Entity | None = None,
        earlier: Copies | None = None,
        key: Secret | str | None = None,
        besides: bool = False,
    ) -> None:
        """Does one of `Tamperings Of` an entity, after what an earlier one did was put back, unless it is done `besides`.

        The other arguments are those of `Tamperings Of`. Fails, for nothing would be shown, where it does not apply.
        Example: | `Tamper` | ${entity} | files: swapped with the other's | other=${other} |
        """
        if not besides:
            self._kept().put_back()
        scene = self._scene(sealed, other, earlier, key)
        known = {one.name: one for one in tampering.table(sealed.layout)}
        if name not in known:
            raise AssayError(f"there is no tampering '{name}'{accepted(name, known)}")
        try:
            plan = known[name].plan(scene)
        except tampering.LeftOut as reason:
            raise AssayError(f"the tampering '{name}' does not apply to {sealed}: {reason}") from None
        self._kept().replace(plan)
        logger.info(f"{name}: {', '.join(str(path) for path in plan)}")

    @keyword
    def keep_copies_of_sealed_files(self, sealed: Entity) -> Copies:
        """Keeps copies of an entity's files as they are now, to roll back to them later.

        Example: | ${first version} = | `Keep Copies Of Sealed Files` | ${entity} |
        """
        states = {role: self._kept().keep(sealed.path(role)) for role in sealed.files}
        if gone := [sealed.files[role] for role, state in states.items() if state is None]:
            raise AssayError(f"there is no {', '.join(gone)} to keep a copy of")
        return Copies(sealed, {role: state for role, state in states.items() if state is not None})

    @keyword
    def seal_anew(
        self, sealed: Entity, key: Secret | str, document: Mapping[str, Any] | str, **parts: str
    ) -> None:
        """Seals another document in an entity's files with its right key, with parts of the files set to other values.

        What the platform must take where nothing else changed, and is the control of what it must refuse.
        Example: | `Seal Anew` | ${entity} | ${key} | ${document} | version=7 |
        """
        contents = _contents(sealed)
        for part, value in parts.items():
            if part not in sealed.layout.places:
                raise AssayError(f"the layout has no part '{part}'{accepted(part, sealed.layout.places)}")
            contents = sealed.with_part(part, value.encode(), contents)
        text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
        self._write(sealed, sealing.sealed(sealed, keys.octets(key), text.encode(), contents))

    @keyword
    def seal_under_two_keys(
        self,
        sealed: Entity,
        committed: Secret | str,
        opened: Secret | str,
        document: Mapping[str, Any],
        key_id: str = "",
    ) -> None:
        """Puts one AES-GCM ciphertext in an entity's files whose tag fits under two keys; a committing store must refuse it.

        | =Argument=  | =Meaning= |
        | `committed` | the key that the file's commitment is made with, where the layout has one |
        | `opened`    | the key that the store will open it by; under it the document is well-formed JSON |
        | `document`  | what it holds; a member `room` with letters that were solved for is added |
        | `key_id`    | what the file says of its key, that of `opened` |

        A product without a key commitment reads the document. Source: Dodis, Grubbs, Ristenpart, Woodage, Fast Message Franking,
        CRYPTO 2018. Example: | `Seal Under Two Keys` | ${entity} | ${key one} | ${key two} | ${document} | key_id=two |
        """
        contents = _contents(sealed)
        if "GCM" not in sealing.cipher_of(sealed, contents) or "SIV" in sealing.cipher_of(sealed, contents):
            raise AssayError(f"a ciphertext for two keys is made for AES-GCM, {sealed} is not sealed by it")
        first, second = keys.octets(committed), keys.octets(opened)
        if key_id:
            contents = sealed.with_part("key_id", key_id.encode(), contents)
        contents = sealing.committed_to(sealed, first, contents)
        plaintext, free = salamander.document_with_room(document)
        ciphertext, tag = salamander.two_keys(
            sealing.encryption_key(sealed, first, contents),
            sealing.encryption_key(sealed, second, contents),
            sealed.part("nonce", contents),
            plaintext,
            free,
            sealing.associated_data(sealed, contents),
        )
        contents = sealed.with_part("tag", tag, sealed.with_part("ciphertext", ciphertext, contents))
        for given, what in ((first, "committed"), (second, "opened")):
            try:
                sealing.unsealed(sealed, given, contents, committed=False)
            except NotOpened as reason:
                raise AssayError(
                    f"the ciphertext for two keys does not fit the key `{what}`: {reason}"
                ) from None
        self._write(sealed, contents)
        logger.info(f"The {len(ciphertext)} bytes of {sealed} open under both keys but for a commitment.")

    @keyword
    def restore_sealed_files(self) -> None:
        """Puts every file back as it was before the first tampering, removes what was put beside them, and all kept copies.

        Does nothing where nothing was done, so it fits every teardown.
        """
        if self._keeping is None:
            return
        done = self._keeping.put_back()
        self._keeping.end()
        self._keeping = None
        logger.info(f"{len(done)} files are as they were.")

    def _kept(self) -> Keeping:
        if self._keeping is None:
            self._keeping = Keeping()
        return self._keeping

    def _write(self, sealed: Entity, contents: Contents) -> None:
        self._kept().replace({sealed.path(role): content for role, content in contents.items()})

    def _scene(
        self, sealed: Entity, other: Entity | None, earlier: Copies | None, key: Secret | str | None
    ) -> tampering.Scene:
        old = earlier.contents() if earlier else None
        given = keys.octets(key) if key is not None else None
        return tampering.Scene(sealed, _contents(sealed), other, old, given)


def _grouped(fitting: Sequence[tampering.Tampering], left_out: Mapping[str, str]) -> list[tuple[str, str]]:
    """What applies by what it touches, and what does not by the reason."""
    groups: dict[str, list[str]] = defaultdict(list)
    for one in fitting:
        groups[one.touches].append(one.name.partition(": ")[2])
    for name, reason in left_out.items():
        groups[f"left out: {reason}"].append(name)
    return [(what, "; ".join(names)) for what, names in groups.items()]


def _contents(sealed: Entity) -> Contents:
    try:
        return sealed.contents()
    except Malformed as error:
        raise AssayError(f"{sealed} cannot be tampered with: {error}") from None
