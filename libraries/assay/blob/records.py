"""The sealed files of a whole tree, entity by entity, read no further than is needed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.blob.entity import Contents, Entity, grouped, made, read, sealed_role
from assay.blob.layout import Layout
from assay.blob.steps import Malformed
from assay.blob.trees import walk

_HEAD = 64 << 10


@dataclass(frozen=True)
class Record:
    """The nonce of one entity's files, under which key, in which file, and when that was made."""

    key_id: bytes
    nonce: bytes
    root: Path
    path: str
    made: int


@dataclass
class Reading:
    """What was read of a tree, and what could not be."""

    records: int = 0
    unread: list[str] = field(default_factory=list)


def records(
    layout: Layout, root: Path, reading: Reading, wanted: frozenset[bytes] = frozenset(), timed: bool = False
) -> Iterator[Record]:
    """The nonce of every entity below a folder; with `wanted`, only those whose `mark` is in it."""
    parts = [name for name in ("nonce", "key_id") if name in layout.places]
    needed = {layout.places[name].file for name in parts}
    for files, sealed in entities(layout, root, needed, reading):
        try:
            found = {name: sealed.part(name, files) for name in parts}
        except Malformed as error:
            reading.unread.append(str(error))
            continue
        path = sealed.files[layout.places["nonce"].file]
        time = made(root / path) if timed else 0
        record = Record(found.get("key_id", b""), found["nonce"], root, path, time)
        reading.records += 1
        if not wanted or mark(record) in wanted:
            yield record


def mark(record: Record) -> bytes:
    """Key and nonce as sixteen bytes, so that millions of them are held."""
    key = record.key_id
    return hashlib.blake2b(len(key).to_bytes(4, "big") + key + record.nonce, digest_size=16).digest()


def entities(
    layout: Layout, root: Path, needed: set[str], reading: Reading, heads: bool = True
) -> Iterator[tuple[Contents, Entity]]:
    """Every entity below a folder with the contents of the files that are needed, or with the heads of those."""
    front = len(str(root)) + 1
    paths = (entry.path[front:] for entry in walk(root))
    if len(needed) == 1:
        groups = ({role: path} for path in paths if (role := sealed_role(layout, path)) in needed)
    else:
        groups = (files for files, _ in grouped(layout, paths) if needed <= files.keys())
    for files in groups:
        try:
            contents = {
                role: (_head if heads else _whole)(f"{root}/{files[role]}", files[role], layout, role)
                for role in needed
            }
        except Malformed as error:
            reading.unread.append(str(error))
            continue
        yield contents, Entity(layout, root, files)


def _head(path: str, shown: str, layout: Layout, role: str) -> bytes:
    one = layout.files[role]
    most = _HEAD if one["kind"] == "binary" and "encoding" not in one else None
    return read(path, shown, most)


def _whole(path: str, shown: str, layout: Layout, role: str) -> bytes:
    return read(path, shown)


def repeated(
    layout: Layout, roots: Sequence[Path], reading: Reading
) -> dict[tuple[bytes, bytes], list[Record]]:
    """The files of each nonce that was used twice under one key; files of the same bytes are copies, and no reuse."""
    seen: set[bytes] = set()
    twice: set[bytes] = set()
    for root in roots:
        for record in records(layout, root, reading):
            key = mark(record)
            if key in seen:
                twice.add(key)
            seen.add(key)
    found: dict[tuple[bytes, bytes], list[Record]] = defaultdict(list)
    for root in roots if twice else ():
        for record in records(layout, root, Reading(), frozenset(twice)):
            found[record.key_id, record.nonce].append(record)
    return {which: ones for which, ones in found.items() if not _are_copies(layout, ones)}


def _are_copies(layout: Layout, ones: Sequence[Record]) -> bool:
    """Whether all hold the same ciphertext."""
    place = layout.places["ciphertext"]
    digests = set()
    for one in ones:
        role = layout.role(one.path)
        words = dict(role[1]) if role else {}
        files = {name: _fill(one["name"], words) for name, one in layout.files.items()}
        try:
            contents = {place.file: read(one.root / files[place.file], files[place.file])}
            digests.add(hashlib.sha256(Entity(layout, one.root, files).part("ciphertext", contents)).digest())
        except Malformed:
            return False
    return len(digests) == 1


def _fill(template: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        template = template.replace("{" + name + "}", word)
    return template
