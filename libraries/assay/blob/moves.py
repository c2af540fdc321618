"""Tamperings with whole files and chunks: swapped, moved, rolled back, deleted, replaced by something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from assay.blob.entity import Contents
from assay.blob.layout import IDENTITY, Layout
from assay.blob.places import Put
from assay.blob.scene import LeftOut, Plan, Scene, Tampering
from assay.blob.segments import chunks


def whole(layout: Layout) -> Iterator[Tampering]:
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


def in_place(role: str, make: Callable[[Path, Path | None], Put]) -> Callable[[Scene], Plan]:
    def plan(scene: Scene) -> Plan:
        other = scene.other.path(role) if scene.other else None
        try:
            return {_at(scene, role): make(_at(scene, role), other)}
        except ValueError as reason:
            raise LeftOut(str(reason)) from None

    return plan


def linked(role: str) -> Callable[[Scene], Plan]:
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


CHUNKS: Mapping[str, Callable[[list[bytes], list[bytes]], list[bytes]]] = {
    "the last one dropped": lambda own, _other: own[:-1],
    "the first two in the other order": lambda own, _other: [*reversed(own[:2]), *own[2:]],
    "the last one twice": _last_twice,
    "the first one of the other's": _spliced,
}


def chunked(change: Callable[[list[bytes], list[bytes]], list[bytes]]) -> Callable[[Scene], Plan]:
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
