"""Tamperings with what stands in the files: bytes, sizes, spellings, metadata, keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from assay.blob.ciphers import NotOpened, algorithm
from assay.blob.layout import Layout
from assay.blob.scene import LeftOut, Plan, Scene, Tampering
from assay.blob.sealing import AGE, cipher_of, sealed, unsealed
from assay.blob.steps import Coded, Malformed, Number, put, take


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


def of_bytes(part: str) -> Iterator[Tampering]:
    sizes = {f"{size} bytes long": _sized(size) for size in _LENGTHS.get(part, ())}
    for name, change in {**_BYTES, **sizes}.items():
        yield Tampering(f"{part}: {name}", part, _edit(part, change))
    yield Tampering(f"{part}: not canonical base64", part, _respelt(part))


def of_metadata(layout: Layout) -> Iterator[Tampering]:
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


def downgrade(word: str) -> Tampering:
    def plan(scene: Scene) -> Plan:
        part = scene.entity.layout.data["algorithm"].get("part")
        if not part or scene.entity.layout.places[part].kind != "text":
            raise LeftOut("the file does not name its algorithm")
        return _edit(part, lambda _value: word.encode())(scene)

    return Tampering(f"algorithm: {word}", "algorithm", plan)


def lower_format(scene: Scene) -> Plan:
    def lower(value: bytes) -> bytes:
        head, last = value[:-1], value[-1:]
        return b"%d" % (int(value) - 1) if value.isdigit() else head + (b"0" if last != b"0" else b"1")

    return _edit("format", lower)(scene)


def retagged(scene: Scene) -> Plan:
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


def resealed(name: str) -> Callable[[Scene], Plan]:
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


def lengths(layout: Layout) -> Iterator[Tampering]:
    """The length that stands before a segment says something else than how long that is."""
    for role, one in layout.files.items():
        for segment in one.get("segments", ()):
            if "prefix" in segment:
                for name, step in (("one more", 1), ("one less", -1)):
                    plan = _mismeasured(role, segment["name"], step)
                    yield Tampering(f"length of {segment['name']}: {name}", segment["name"], plan)


def _mismeasured(role: str, segment: str, step: int) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        layout = scene.entity.layout
        whole = take(layout.coding(role), scene.contents[role])
        place = layout.finder(role)(whole)[segment]
        length = Number(place.prefix).put(b"", str(place.end - place.start + step).encode())
        changed = whole[: place.begins] + length + whole[place.start :]
        return scene.changed(
            {**scene.contents, role: put(layout.coding(role), scene.contents[role], changed)}
        )

    return plan
