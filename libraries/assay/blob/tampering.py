"""The table of tamperings: what a party that can write the store's folder can do to an entity's files.

Each entry has a name, what it touches and what it makes of a scene; what does not apply to a layout or a scene says why.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.blob.ciphers import NotOpened, algorithm
from assay.blob.entity import Contents, Entity
from assay.blob.layout import IDENTITY, Layout
from assay.blob.places import PLACES
from assay.blob.sealing import AGE, cipher_of, sealed, unsealed
from assay.blob.segments import chunks
from assay.blob.steps import Coded, Malformed, put, take

Put = bytes | Callable[[Path], None] | None
Plan = Mapping[Path, Put]


class LeftOut(Exception):
    """A tampering does not apply; the words say why."""


@dataclass(frozen=True)
class Scene:
    """The entity that is tampered with, as it is now, and what else is at hand."""

    entity: Entity
    contents: Contents
    other: Entity | None = None
    earlier: Contents | None = None
    key: bytes | None = None

    def changed(self, contents: Contents) -> Plan:
        """The plan that writes these contents, as far as they are others."""
        plan = {
            self.entity.path(role): contents[role]
            for role in contents
            if contents[role] != self.contents[role]
        }
        if not plan:
            raise LeftOut("nothing would change")
        return plan


@dataclass(frozen=True)
class Tampering:
    """One entry of the table."""

    name: str
    touches: str
    plan: Callable[[Scene], Plan] = field(repr=False)

    def __str__(self) -> str:
        return self.name


def table(layout: Layout) -> list[Tampering]:
    """Every tampering that could be meant for a layout, in a fixed order."""
    return [
        *(one for part in ("ciphertext", "nonce", "tag") for one in _of_bytes(part)),
        *_edits(layout),
        *(_downgrade(word) for word in ("AES-CTR", "AES-CBC", "none", "AES-GCM-SIV")),
        Tampering("format: a lower one", "format", _lower_format),
        Tampering("tag: made anew by another key", "tag", _retagged),
        *(
            Tampering(f"files: sealed for another {name}", "identity", _resealed(name))
            for name in ("schema", "key")
        ),
        *_whole(layout),
        *(Tampering(f"{role}: a symbolic link to its bytes", role, _linked(role)) for role in layout.files),
        *(Tampering(f"chunks: {name}", "chunks", _chunked(change)) for name, change in _CHUNKS.items()),
        *(
            Tampering(f"{role}: {name}", role, _in_place(role, make))
            for role in layout.files
            for name, make in PLACES.items()
        ),
    ]


def sort(scene: Scene) -> tuple[list[Tampering], dict[str, str]]:
    """The tamperings that apply to a scene, and the reason of each that does not."""
    fitting, left_out = [], {}
    for one in table(scene.entity.layout):
        try:
            one.plan(scene)
        except LeftOut as reason:
            left_out[one.name] = str(reason)
        else:
            fitting.append(one)
    return fitting, left_out


def _flip(value: bytes, at: int) -> bytes:
    if not value:
        raise LeftOut("it is empty")
    at %= len(value)
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


def _sized(size: int) -> Callable[[bytes], bytes]:
    return lambda value: value[:size] + secrets.token_bytes(max(0, size - len(value)))


_BYTES: Mapping[str, Callable[[bytes], bytes]] = {
    "first bit flipped": lambda value: _flip(value, 0),
    "a bit in the middle flipped": lambda value: _flip(value, len(value) // 2),
    "last bit flipped": lambda value: _flip(value, -1),
    "zeroed": lambda value: bytes(len(value)),
    "cut by 1 byte": lambda value: value[:-1],
    "cut by 16 bytes": lambda value: value[:-16],
    "cut to half": lambda value: value[: len(value) // 2],
    "emptied": lambda _value: b"",
    "1 byte longer": lambda value: value + secrets.token_bytes(1),
    "16 bytes longer": lambda value: value + secrets.token_bytes(16),
    "other random bytes": lambda value: secrets.token_bytes(len(value)),
}
_LENGTHS = {"tag": (0, 4, 8, 12, 15, 17), "nonce": (0, 8, 11, 13, 16)}
_EDITS: Mapping[str, Mapping[str, Callable[[bytes], bytes]]] = {
    "bytes": {"a bit flipped": lambda value: _flip(value, len(value) // 2)},
    "text": {"another text": lambda value: value[:-1] + (b"A" if value[-1:] != b"A" else b"B")},
    "number": {
        "one more": lambda value: b"%d" % (int(value) + 1),
        "one less": lambda value: b"%d" % (int(value) - 1),
    },
}
_KNOWN = ("key_id", "algorithm", "version", "writer", "timestamp", "schema", "key", "salt", "commitment")
_CORE = ("ciphertext", "nonce", "tag")


def _of_bytes(part: str) -> Iterator[Tampering]:
    sizes = {f"{size} bytes long": _sized(size) for size in _LENGTHS.get(part, ())}
    for name, change in {**_BYTES, **sizes}.items():
        yield Tampering(f"{part}: {name}", part, _edit(part, change))
    yield Tampering(f"{part}: not canonical base64", part, _respelt(part))


def _edits(layout: Layout) -> Iterator[Tampering]:
    others = [name for name in layout.places if name not in _CORE]
    for part in dict.fromkeys((*others, *_KNOWN)):
        if part not in layout.places:
            yield Tampering(f"{part}: another", part, _edit(part, lambda value: value))
            continue
        yield Tampering(f"{part}: not canonical base64", part, _respelt(part))
        for kind, changes in _EDITS.items():
            for name, change in changes.items():
                if kind == layout.places[part].kind or kind == "number":
                    yield Tampering(f"{part}: {name}", part, _edit(part, change))


def _edit(part: str, change: Callable[[bytes], bytes]) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        if part not in scene.entity.layout.places:
            raise LeftOut(f"the layout has no {part}")
        try:
            now = scene.entity.part(part, scene.contents)
            return scene.changed(scene.entity.with_part(part, change(now), scene.contents))
        except Malformed as error:
            raise LeftOut(str(error)) from None
        except ValueError:
            raise LeftOut("it is no number") from None

    return plan


def _respelt(part: str) -> Callable[[Scene], Plan]:
    """The bits of the last letter that mean nothing are set."""

    def plan(scene: Scene) -> Plan:
        place = scene.entity.layout.places.get(part)
        if place is None or not place.steps or not isinstance(place.steps[-1], Coded):
            raise LeftOut("it is not written in base64")
        before = place.steps[:-1]
        now = take(before, scene.contents[place.file])
        body = now.rstrip(b"=")
        if len(body) % 4 == 0 or place.steps[-1].encoding == "hex":
            raise LeftOut("its length leaves no bits over")
        letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        last = body[-1:].translate(bytes.maketrans(b"-_", b"+/"))
        other = letters[letters.index(last) ^ 1 : (letters.index(last) ^ 1) + 1]
        text = body[:-1] + other + now[len(body) :]
        return scene.changed({**scene.contents, place.file: put(before, scene.contents[place.file], text)})

    return plan


def _downgrade(word: str) -> Tampering:
    def plan(scene: Scene) -> Plan:
        part = scene.entity.layout.data["algorithm"].get("part")
        if not part or scene.entity.layout.places[part].kind != "text":
            raise LeftOut("the file does not name its algorithm")
        return _edit(part, lambda _value: word.encode())(scene)

    return Tampering(f"algorithm: {word}", "algorithm", plan)


def _lower_format(scene: Scene) -> Plan:
    def lower(value: bytes) -> bytes:
        head, last = value[:-1], value[-1:]
        return b"%d" % (int(value) - 1) if value.isdigit() else head + (b"0" if last != b"0" else b"1")

    return _edit("format", lower)(scene)


def _retagged(scene: Scene) -> Plan:
    name = cipher_of(scene.entity, scene.contents)
    if name == AGE:
        raise LeftOut("its key is made for each file")
    derived = "derived" in scene.entity.layout.data.get("key", {})
    key = secrets.token_bytes(32 if derived else algorithm(name).key)
    size = len(scene.entity.part("ciphertext", scene.contents))
    try:
        return scene.changed(sealed(scene.entity, key, secrets.token_bytes(size), scene.contents))
    except NotOpened as reason:
        raise LeftOut(str(reason)) from None


def _resealed(name: str) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        entity = scene.entity
        bound = [item.get("identity") for item in entity.layout.data.get("associated_data", [])]
        if name not in bound:
            raise LeftOut(f"the layout binds no {name}")
        if scene.key is None:
            raise LeftOut("no key is given")
        foreign = replace(entity, identity={**entity.identity, name: f"{entity.identity[name]}-other"})
        plaintext = unsealed(entity, scene.key, scene.contents)
        return scene.changed(sealed(foreign, scene.key, plaintext, scene.contents))

    return plan


def _whole(layout: Layout) -> Iterator[Tampering]:
    yield Tampering("files: swapped with the other's", "files", _swapped)
    yield Tampering("files: the other's in their place", "files", _from(_other_contents))
    yield Tampering("files: the other's under this one's name", "files", _renamed)
    yield Tampering("files: moved to the other's place", "files", _moved)
    yield Tampering("files: rolled back to an earlier copy", "files", _from(_earlier_contents))
    if len(layout.files) > 1:
        for role in layout.files:
            yield Tampering(f"{role}: the other's in its place", role, _from(_other_contents, role))
            yield Tampering(f"{role}: rolled back to an earlier copy", role, _from(_earlier_contents, role))
    yield Tampering(
        "files: all deleted", "files", lambda scene: {_at(scene, role): None for role in layout.files}
    )


def _at(scene: Scene, role: str) -> Path:
    return scene.entity.path(role)


def _other_contents(scene: Scene) -> Contents:
    if scene.other is None:
        raise LeftOut("no other entity is given")
    return scene.other.contents()


def _earlier_contents(scene: Scene) -> Contents:
    if scene.earlier is None:
        raise LeftOut("no earlier copy is given")
    return scene.earlier


def _from(source: Callable[[Scene], Contents], *roles: str) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        found = source(scene)
        return scene.changed({role: found[role] for role in roles or found})

    return plan


def _swapped(scene: Scene) -> Plan:
    theirs = _other_contents(scene)
    assert scene.other is not None
    back: Plan = {scene.other.path(role): scene.contents[role] for role in theirs}
    return {**scene.changed(theirs), **back}


def _renamed(scene: Scene) -> Plan:
    """The other's files, which say of themselves that they are this one's."""
    named = [name for name in IDENTITY if name in scene.entity.layout.places]
    if not named:
        raise LeftOut("the files do not say whose they are")
    found = _other_contents(scene)
    for name in named:
        found = scene.entity.with_part(name, scene.entity.part(name, scene.contents), found)
    return scene.changed(found)


def _moved(scene: Scene) -> Plan:
    theirs = _other_contents(scene)
    assert scene.other is not None
    gone: Plan = {_at(scene, role): None for role in theirs}
    return {**gone, **{scene.other.path(role): scene.contents[role] for role in theirs}}


def _in_place(role: str, make: Callable[[Path, Path | None], Put]) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        other = scene.other.path(role) if scene.other else None
        try:
            return {_at(scene, role): make(_at(scene, role), other)}
        except ValueError as reason:
            raise LeftOut(str(reason)) from None

    return plan


def _linked(role: str) -> Callable[[Scene], Plan]:
    """The link leads to the untouched bytes, so that whoever follows it reads without an error, and is found out."""

    def plan(scene: Scene) -> Plan:
        path = _at(scene, role)
        away = path.with_name(f".{path.name}.away")
        return {away: scene.contents[role], path: lambda place: place.symlink_to(away)}

    return plan


def _last_twice(own: list[bytes], _other: list[bytes]) -> list[bytes]:
    return [*own, own[-1]]


def _spliced(own: list[bytes], other: list[bytes]) -> list[bytes]:
    if not other:
        raise LeftOut("no other entity is given")
    return [other[0], *own[1:]]


_CHUNKS: Mapping[str, Callable[[list[bytes], list[bytes]], list[bytes]]] = {
    "the last one dropped": lambda own, _other: own[:-1],
    "the first two in the other order": lambda own, _other: [*reversed(own[:2]), *own[2:]],
    "the last one twice": _last_twice,
    "the first one of the other's": _spliced,
}


def _chunked(change: Callable[[list[bytes], list[bytes]], list[bytes]]) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        said = scene.entity.layout.data.get("chunks")
        if not said:
            raise LeftOut("the layout has no chunks")
        own = chunks(scene.entity.part(said["part"], scene.contents), said["bytes"])
        other: list[bytes] = []
        if scene.other is not None:
            other = chunks(scene.other.part(said["part"], scene.other.contents()), said["bytes"])
        value = b"".join(change(own, other))
        return scene.changed(scene.entity.with_part(said["part"], value, scene.contents))

    return plan
