"""Layouts: how the sealed files of a product look, declared in YAML.

    # variables/layouts/somebody.yaml
    files:                                     # the files of one entity
      body: {name: "data/{schema}/{key}.bin", kind: binary, segments: [
        {name: magic, bytes: 4, constant: BOX1},
        {name: nonce, bytes: 12},              # fixed; or prefix: u16be, where its length stands before it
        {name: ciphertext, rest: true},        # all that is left
        {name: tag, bytes: 16}]}               # after the rest: counted from the end
      about: {name: "data/{schema}/{key}.json", kind: json}
    parts:                                     # where each part stands
      ciphertext: {file: body, segment: ciphertext}
      nonce: {file: body, segment: nonce}
      tag: {file: body, segment: tag}
      key_id: {file: about, pointer: /kid}
    algorithm: {constant: AES-256-GCM}
    associated_data: [{before: ciphertext, file: body}, {identity: key, prefix: u32be}]

A file name whose placeholders are more than {schema} and {key} cannot be known beforehand: the files of an entity are
then those that a write changed. `key` says how the key that encrypts comes from the key that is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.blob.segments import AGE_SEGMENTS, finder
from assay.blob.steps import ENCODINGS, NUMBERS, Coded, Finder, Number, Pointer, Segment, Step
from assay.core import places, yamlfile
from assay.core.errors import TargetError, accepted
from assay.core.yamlfile import Where, YamlFile

IDENTITY = ("schema", "key")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SCHEMA = Path(__file__).parent / "layout.schema.json"


@dataclass(frozen=True)
class Place:
    """Where a part stands."""

    name: str
    file: str
    outer: tuple[Step, ...]
    inner: tuple[Step, ...]
    kind: str
    means: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.outer, *self.inner)


@dataclass(frozen=True)
class Layout:
    """One layout, checked."""

    name: str
    data: Mapping[str, Any]
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data["files"]
        return found

    @property
    def nameable(self) -> bool:
        """Whether schema and key are enough to name the files."""
        return all(set(_PLACEHOLDER.findall(one["name"])) <= set(IDENTITY) for one in self.files.values())

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        """What the path of each file looks like, with its placeholders as groups."""
        said = self.data.get("placeholders", {})
        return {role: re.compile(_pattern(one["name"], said)) for role, one in self.files.items()}

    def role(self, path: str) -> tuple[str, Mapping[str, str]] | None:
        """Which of an entity's files a path below the store's folder is, and what its placeholders stand for."""
        for role, pattern in self.patterns.items():
            if match := pattern.fullmatch(path):
                return role, match.groupdict()
        return None

    def other(self, path: str) -> str:
        """`temporary`, `locks` or `index`, for what is no sealed file; empty for the rest."""
        return next((kind for kind, pattern in self._others if pattern.fullmatch(path)), "")

    @cached_property
    def _others(self) -> list[tuple[str, re.Pattern[str]]]:
        kinds = [kind for kind in ("temporary", "locks", "index") if self.data.get(kind)]
        return [(kind, re.compile("|".join(map(translate, self.data[kind])))) for kind in kinds]

    @property
    def binds(self) -> bool:
        """Whether what is sealed is bound to a name of the entity's."""
        return any("identity" in part for part in self.data.get("associated_data", ()))

    def coding(self, role: str) -> tuple[Step, ...]:
        """How the whole of a file is written."""
        said = self.files[role].get("encoding")
        return (Coded(said),) if said else ()

    def finder(self, role: str) -> Finder:
        """What finds the segments of a file."""
        return finder(self.files[role]["kind"], self.files[role].get("segments", ()))

    def algorithm(self, said: str) -> str | None:
        """The algorithm that a word of the file means; None where the layout does not allow the word."""
        words: Mapping[str, str] = self.data["algorithm"].get("words", {})
        found = self.data["algorithm"].get("constant") or words.get(said)
        return found


def named(said: str | Path) -> Layout:
    """The layout of that name in variables/layouts, or of the file of that path; `TargetError` in one line when malformed."""
    path = Path(said)
    if path.suffix not in (".yaml", ".yml"):
        path = folder() / f"{said}.yaml"
    if not path.is_file():
        raise TargetError(f"unknown layout '{said}'{accepted(said, known())}, or the path of a .yaml file")
    return checked(yamlfile.load(path))


def folder() -> Path:
    return places.root() / "variables" / "layouts"


def known() -> list[str]:
    """The layouts that are in variables/layouts."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def checked(file: YamlFile) -> Layout:
    """A layout of data that fits the schema and agrees with itself."""
    yamlfile.validate(file, json.loads(_SCHEMA.read_text("utf-8")))
    data = file.data
    for role, one in data["files"].items():
        _check_file(file, role, one, data.get("placeholders", {}))
    for name, place in data["parts"].items():
        _check_place(file, name, place)
    _check_algorithm(file)
    for where, kind, word, words in _names(data):
        if word not in words:
            raise file.unknown(where, kind, word, words)
    return Layout(file.path.stem, data, {name: _place(name, data) for name in data["parts"]})


def _check_file(file: YamlFile, role: str, one: Mapping[str, Any], said: Mapping[str, str]) -> None:
    where: Where = ("files", role)
    if ("segments" in one) != (one["kind"] in ("binary", "compact")):
        lacks = "lacks" if one["kind"] in ("binary", "compact") else "cannot have"
        raise file.error(
            where, f"files.{role} {lacks} 'segments'; accepted: them for kind binary and compact"
        )
    rests = [number for number, segment in enumerate(one.get("segments", ())) if segment.get("rest")]
    for number, segment in enumerate(one.get("segments", ())):
        sized = [word for word in ("bytes", "prefix", "rest") if word in segment]
        allowed = 0 if one["kind"] == "compact" else 1
        at = (*where, "segments", number)
        if len(sized) != allowed:
            raise file.error(
                at,
                f"the segment {segment['name']} has {len(sized)} of bytes, prefix and rest; accepted: {allowed}",
            )
        if rests and number > rests[0] and "bytes" not in segment:
            raise file.error(
                at, f"the segment {segment['name']} stands after the rest; accepted: bytes: N there"
            )
    try:
        re.compile(_pattern(one["name"], said))
    except re.error as error:
        raise file.error((*where, "name"), f"files.{role}.name makes no pattern: {error}") from error


def _check_place(file: YamlFile, name: str, place: Mapping[str, Any]) -> None:
    where: Where = ("parts", name)
    files = file.data["files"]
    if place["file"] not in files:
        raise file.unknown((*where, "file"), "file", place["file"], files)
    one = files[place["file"]]
    segments = _segments(one)
    if "segment" in place and place["segment"] not in segments:
        raise file.unknown((*where, "segment"), "segment", place["segment"], segments)
    if one["kind"] == "json" and "pointer" not in place:
        raise file.error(where, f"parts.{name} lacks the key 'pointer'; accepted: a JSON pointer, /iv")


def _check_algorithm(file: YamlFile) -> None:
    said = file.data["algorithm"]
    if ("constant" in said) == ("part" in said) or ("part" in said) != ("words" in said):
        raise file.error(
            ("algorithm",),
            "algorithm must be one of two; accepted: {constant: NAME}, or {part: NAME, words: {...}}",
        )


def _names(data: Mapping[str, Any]) -> Iterator[tuple[Where, str, str, list[str]]]:
    """Every word that must name a part, a file or a segment."""
    parts, key = list(data["parts"]), data.get("key", {})
    holders: list[tuple[Where, Mapping[str, str], list[str]]] = [
        (("algorithm",), data["algorithm"], ["part"]),
        (("chunks",), data.get("chunks", {}), ["part"]),
        (("key", "wrapped"), key.get("wrapped", {}), ["by", "value"]),
        (("key", "commitment"), key.get("commitment", {}), ["part"]),
    ]
    for where, holder, words in holders:
        yield from (((*where, word), "part", holder[word], parts) for word in words if word in holder)
    recipes: list[tuple[Where, Sequence[Mapping[str, Any]]]] = [
        (("associated_data",), data.get("associated_data", [])),
        *(
            (("key", one, word), key.get(one, {}).get(word, []))
            for one in ("derived", "commitment")
            for word in ("salt", "info")
        ),
    ]
    for where, recipe in recipes:
        for number, item in enumerate(recipe):
            at = (*where, number)
            if "part" in item:
                yield (*at, "part"), "part", item["part"], parts
            if "before" in item:
                yield (*at, "file"), "file", item.get("file", ""), list(data["files"])
                segments = _segments(data["files"].get(item.get("file", ""), {}))
                yield (*at, "before"), "segment", item["before"], segments


def _segments(one: Mapping[str, Any]) -> list[str]:
    if one.get("kind") == "age":
        return list(AGE_SEGMENTS)
    return [segment["name"] for segment in one.get("segments", ())]


def _place(name: str, data: Mapping[str, Any]) -> Place:
    said = data["parts"][name]
    one = data["files"][said["file"]]
    declared: Sequence[Mapping[str, Any]] = one.get("segments", ())
    outer: list[Step] = [Coded(one["encoding"])] if "encoding" in one else []
    inner: list[Step] = []
    if "segment" in said:
        outer.append(Segment(said["segment"], finder(one["kind"], declared)))
        coded = next((each.get("encoding") for each in declared if each["name"] == said["segment"]), None)
        inner += [Coded(coded)] if coded else []
    if "pointer" in said:
        inner.append(Pointer(said["pointer"]))
    encoding = said.get("encoding", "")
    if encoding in NUMBERS:
        inner.append(Number(encoding))
    elif encoding in ENCODINGS:
        inner.append(Coded(encoding))
    plain = encoding == "text" or ("pointer" in said and encoding not in ENCODINGS)
    kind = "number" if encoding in NUMBERS else "text" if plain else "bytes"
    return Place(name, said["file"], tuple(outer), tuple(inner), kind, said.get("means", ""))


def _pattern(template: str, said: Mapping[str, str]) -> str:
    pieces, position, seen = [], 0, set[str]()
    for match in _PLACEHOLDER.finditer(template):
        name = match.group(1)
        pieces.append(re.escape(template[position : match.start()]))
        pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{said.get(name, '[^/]+')})")
        seen.add(name)
        position = match.end()
    return "".join([*pieces, re.escape(template[position:])])
