"""What stands in an entity's files, as tables for a reader of the log; and whether it is well-formed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.blob.ciphers import NotOpened, algorithm
from assay.blob.entity import Contents, Entity
from assay.blob.layout import Place
from assay.blob.sealing import AGE, agree, cipher_of
from assay.blob.steps import Coded, Malformed, Pointer, Segment, take
from assay.evidence.exchange import table
from assay.evidence.redact import Redacted

_SHOWN = 16
HEADS = ("Part", "Where", "Bytes", "Value", "Written", "Meaning")


@dataclass(frozen=True)
class Fault:
    """Something about an entity's files that is not as it should be."""

    part: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{self.part}: {self.seen}, not {self.expected}"


def described(entity: Entity, contents: Contents) -> Redacted:
    """The table of every part: its size, an excerpt, what it means."""
    rows = [_row(entity, place, contents) for place in entity.places()]
    sizes = ", ".join(f"{entity.files[role]} ({len(content):,} bytes)" for role, content in contents.items())
    return table(f"{entity}, laid out as {entity.layout.name}: {sizes}", HEADS, rows)


def faults(entity: Entity, contents: Contents) -> Iterator[Fault]:
    """What is wrong with sizes, spelling, algorithm and names; nothing is opened for that."""
    values: dict[str, bytes] = {}
    for place in entity.places():
        try:
            values[place.name] = entity.part(place.name, contents)
        except Malformed as error:
            yield Fault(place.name, "well-formed", str(error))
    yield from _cipher_faults(entity, contents, values)
    try:
        agree(entity, contents)
    except (NotOpened, Malformed) as error:
        yield Fault("files", "what their names say", str(error))


def _cipher_faults(entity: Entity, contents: Contents, values: dict[str, bytes]) -> Iterator[Fault]:
    try:
        name = cipher_of(entity, contents)
    except (NotOpened, Malformed) as error:
        yield Fault("algorithm", "an allowed algorithm", str(error))
        return
    sizes = (
        {"nonce": 16, "tag": 16}
        if name == AGE
        else {
            "nonce": algorithm(name).nonce,
            "tag": algorithm(name).tag,
        }
    )
    for part, size in sizes.items():
        if part in values and len(values[part]) != size:
            yield Fault(part, f"{size} bytes", f"{len(values[part])} bytes")
    if "CBC" in name and len(values.get("ciphertext", b"")) % 16:
        yield Fault("ciphertext", "whole blocks of 16 bytes", f"{len(values['ciphertext'])} bytes")


def _row(entity: Entity, place: Place, contents: Contents) -> tuple[str, ...]:
    try:
        value = entity.part(place.name, contents)
        where = _where(entity, place, contents)
    except Malformed as error:
        return place.name, place.file, "", f"cannot be read: {error}", _spelling(place), place.means
    return place.name, where, f"{len(value):,}", _shown(place, value), _spelling(place), place.means


def _shown(place: Place, value: bytes) -> str:
    if place.kind != "bytes":
        text = value.decode("utf-8", "backslashreplace")
        return text if len(text) <= 80 else f"{text[:80]}… ({len(text)} characters)"
    lines = value[:_SHOWN].hex(" ")
    return f"{lines} … {value[-4:].hex(' ')}" if len(value) > _SHOWN + 4 else value.hex(" ")


def _where(entity: Entity, place: Place, contents: Contents) -> str:
    """Which member of the file's JSON, or which bytes of it."""
    shown = f"{place.file}: " if len(entity.files) > 1 else ""
    pointer = next((step.pointer for step in place.inner if isinstance(step, Pointer)), "")
    segment = place.outer[-1] if place.outer and isinstance(place.outer[-1], Segment) else None
    if pointer or segment is None:
        return shown + (f"{segment.name} " if segment else "") + (pointer or "all of it")
    whole = take(place.outer[:-1], contents[place.file])
    found = segment.find(whole)[segment.name]
    decoded = ", decoded" if len(place.outer) > 1 else ""
    return (
        f"{shown}bytes {found.start:,}–{found.end - 1:,}{decoded}"
        if found.end > found.start
        else f"{shown}no bytes"
    )


def _spelling(place: Place) -> str:
    codings = [step.encoding for step in place.steps if isinstance(step, Coded)]
    return " in ".join(reversed(codings)) or ("raw" if place.kind == "bytes" else place.kind)
