"""An entity's sealed files on the disk, and what their parts are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.blob.layout import IDENTITY, Layout, Place
from assay.blob.steps import Malformed, Segment, put, take
from assay.core.errors import AssayError

Contents = dict[str, bytes]


@dataclass(frozen=True)
class Entity:
    """Whose it is, and which files it has: paths below `root`, by what the layout calls them."""

    layout: Layout
    root: Path
    files: Mapping[str, str]
    identity: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = "/".join(self.identity.get(name, "") for name in IDENTITY if name in self.identity)
        return said or ", ".join(self.files.values())

    def path(self, role: str) -> Path:
        return self.root / self.files[role]

    def contents(self) -> Contents:
        """What all its files hold. A link, a folder or a pipe is no sealed file; it is not followed or waited for."""
        return {role: read(self.path(role), self.files[role]) for role in self.layout.files}

    def part(self, name: str, contents: Contents) -> bytes:
        """The bytes of a part; texts in UTF-8, numbers as digits."""
        place = self.layout.places[name]
        try:
            return take(place.steps, contents[place.file])
        except Malformed as error:
            raise Malformed(f"{self.files[place.file]}: {name} {error}") from None

    def view(self, name: str, contents: Contents) -> bytes | memoryview:
        """As `part`, without a copy where the part stands in the file as it is."""
        place = self.layout.places[name]
        if len(place.steps) != 1 or not isinstance(place.steps[0], Segment):
            return self.part(name, contents)
        try:
            found = place.steps[0].find(contents[place.file])[place.steps[0].name]
        except Malformed as error:
            raise Malformed(f"{self.files[place.file]}: {name} {error}") from None
        return memoryview(contents[place.file])[found.start : found.end]

    def with_part(self, name: str, value: bytes, contents: Contents) -> Contents:
        """The contents with another value of a part, everything beside it as it was."""
        place = self.layout.places[name]
        try:
            return {**contents, place.file: put(place.steps, contents[place.file], value)}
        except Malformed as error:
            raise Malformed(f"{self.files[place.file]}: {name} {error}") from None

    def written(self, name: str, contents: Contents) -> bytes:
        """The bytes of the segment of a part as they stand in the file."""
        place = self.layout.places[name]
        return take(place.outer, contents[place.file])

    def places(self) -> Iterable[Place]:
        return self.layout.places.values()


def read(path: Path | str, shown: str, most: int | None = None) -> bytes:
    """The bytes of a regular file, or its first ones."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Malformed(f"{shown} cannot be read: {error.strerror}") from None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise Malformed(f"{shown} is no regular file")
        return _octets(handle, about.st_size if most is None else min(most, about.st_size))
    finally:
        os.close(handle)


def _octets(handle: int, size: int) -> bytes:
    first = os.read(handle, size)
    if len(first) == size:
        return first
    pieces = [first]
    while pieces[-1]:
        pieces.append(os.read(handle, size))
    return b"".join(pieces)


def of_identity(layout: Layout, root: Path, identity: Mapping[str, str]) -> Entity:
    """The entity whose files the layout can name by schema and key."""
    if not layout.nameable:
        raise AssayError(
            f"the layout {layout.name} names files by more than schema and key; give what a write changed (`Files Of The Write`)"
        )
    files = {role: _named(one["name"], identity, layout) for role, one in layout.files.items()}
    return Entity(layout, root, files, dict(identity))


def of_files(layout: Layout, root: Path, paths: Iterable[str], identity: Mapping[str, str]) -> Entity:
    """The entity that these files are, of all that a write changed; where several versions of it are, the newest."""
    groups = list(grouped(layout, paths))
    whole = [files for files, _ in groups if set(files) == set(layout.files)]
    if not whole:
        raise AssayError(f"none of the files makes an entity of the layout {layout.name}: {sorted(paths)}")
    newest = max(whole, key=lambda files: max(made(root / path) for path in files.values()))
    return Entity(layout, root, newest, dict(identity))


def made(path: Path) -> int:
    """When a file was last written, in nanoseconds of the epoch; 0 where it has gone meanwhile."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def grouped(layout: Layout, paths: Iterable[str]) -> Iterator[tuple[dict[str, str], Mapping[str, str]]]:
    """The sealed files among paths, those of one entity (and version) together, with what placeholders stand for."""
    groups: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    for path in paths:
        if (found := layout.role(path)) and not layout.other(path):
            role, words = found
            groups.setdefault(tuple(sorted(words.items())), {})[role] = path
    yield from ((files, dict(words)) for words, files in groups.items())


def sealed_role(layout: Layout, path: str) -> str:
    """Which of an entity's files a path is; empty for what is none."""
    found = layout.role(path)
    return found[0] if found and not layout.other(path) else ""


def _named(template: str, identity: Mapping[str, str], layout: Layout) -> str:
    for name in IDENTITY:
        mark = "{" + name + "}"
        if mark in template and name not in identity:
            raise AssayError(f"the layout {layout.name} names files by the {name}, which is not given")
        template = template.replace(mark, identity.get(name, ""))
    return template
