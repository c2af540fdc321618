"""Mistakes in a layout are one line with file and line; what fits is read and written through every kind of place."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.blob import layout
from assay.blob.jsonspan import NoSuchValue, span
from assay.blob.segments import Binary
from assay.blob.steps import ENCODINGS, NUMBERS, Coded, Malformed, Number, Pointer, Segment, put, take
from assay.core.errors import TargetError
from hypothesis import given, settings
from hypothesis import strategies as some

GOOD = """\
about: ours
files:
  body: {name: "data/{schema}/{key}.bin", kind: binary, segments: [{name: nonce, bytes: 12}, {name: ciphertext, rest: true}, {name: tag, bytes: 16}]}
  meta: {name: "data/{schema}/{key}.json", kind: json}
parts:
  ciphertext: {file: body, segment: ciphertext}
  nonce: {file: body, segment: nonce}
  tag: {file: body, segment: tag}
  key_id: {file: meta, pointer: /kid}
algorithm: {constant: AES-256-GCM}
associated_data: [{identity: key}]
"""


@pytest.mark.parametrize("name", layout.known())
def test_every_shipped_layout_is_right(name: str) -> None:
    found = layout.named(name)
    assert "ciphertext" in found.places and found.data["about"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("about: ours", "abuot: ours", ":1: unknown key 'abuot'.*did you mean 'about'.*accepted: about, algorithm"),
        ("kind: json", "kind: jsn", ":4: files.meta.kind cannot be 'jsn'.*accepted: age, binary, compact, json"),
        ("segment: tag", "segment: tga", ":8: unknown segment 'tga'.*accepted: ciphertext, nonce, tag"),
        ("file: meta", "file: mta", ":9: unknown file 'mta'.*accepted: body, meta"),
        (", pointer: /kid", "", ":9: parts.key_id lacks the key 'pointer'; accepted: a JSON pointer"),
        ("constant: AES-256-GCM", "constant: AES", ":10: algorithm.constant cannot be 'AES'.*AES-128-GCM"),
        ("constant: AES-256-GCM", "part: nope", ":10: algorithm must be one of two; accepted: {constant"),
        (
            "constant: AES-256-GCM",
            "part: nope, words: {a: AES-256-GCM}",
            ":10: unknown part 'nope'.*accepted: ciphertext",
        ),
        ("identity: key", "identity: kye", r":11: associated_data.0.identity cannot be 'kye'.*accepted: key, schema"),
        ("identity: key", "part: kid", ":11: unknown part 'kid'"),
        ("identity: key", "before: tga, file: body", ":11: unknown segment 'tga'"),
        ("rest: true", "rest: true, bytes: 3", ":3: the segment ciphertext has 2 of bytes, prefix and rest"),
        ("name: tag, bytes: 16", "name: tag, prefix: u8", ":3: the segment tag stands after the rest; accepted: bytes"),
        (", segments: [{name: nonce, bytes: 12}, {name: ciphertext, rest: true}, {name: tag, bytes: 16}]", "",
         ":3: files.body lacks 'segments'; accepted: them for kind binary and compact"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(GOOD)
    assert layout.named(path).nameable
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(TargetError, match=f"ours.yaml{words}") as told:
        layout.named(path)
    assert "\n" not in str(told.value)


def test_an_unknown_layout_is_told() -> None:
    with pytest.raises(TargetError, match="unknown layout 'deltabase'.*did you mean 'deltadatabase'"):
        layout.named("deltabase")


def test_files_are_told_apart_by_their_paths() -> None:
    found = layout.named("reference")
    assert found.other("files/ab/x.part") == "temporary"
    assert found.other("locks/17") == "locks"
    assert found.other("index/main") == "index"
    path = f"files/ab/{'0' * 64}.7.sealed"
    assert found.other(path) == ""
    role = found.role(path)
    assert role and role[1]["number"] == "7"
    assert found.role("files/ab/short.7.sealed") is None


TEXTS = some.text(some.characters(codec="utf-8"), max_size=12)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | TEXTS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    some.dictionaries(TEXTS, VALUES, min_size=1, max_size=5), some.data(), TEXTS, some.sampled_from([None, 1])
)
def test_an_edit_in_json_changes_one_value_and_no_byte_beside_it(
    document: dict[str, object], data: some.DataObject, text: str, indent: int | None
) -> None:
    import json

    document["chosen"] = "before"
    whole = json.dumps(document, indent=indent, ensure_ascii=data.draw(some.booleans()))
    start, end = span(whole, "/chosen")
    changed = Pointer("/chosen").put(whole.encode(), text.encode()).decode()
    assert json.loads(changed) == {**document, "chosen": text}
    assert (changed[:start], changed[len(changed) - len(whole) + end :]) == (whole[:start], whole[end:])
    name = data.draw(some.sampled_from(sorted(document)))
    inner = span(whole, "/" + name.replace("~", "~0").replace("/", "~1"))
    assert json.loads(whole[slice(*inner)]) == document[name]


@pytest.mark.parametrize(
    ("text", "pointer", "words"),
    [("{}", "/a", "lacks /a"), ('{"a":1', "/a", "is no JSON"), ("[1]", "/1", "lacks /1"), ("7", "/a", "lacks /a"),
     ("", "/a", "is no JSON")],
)  # fmt: skip
def test_what_is_not_in_json_is_told(text: str, pointer: str, words: str) -> None:
    with pytest.raises(NoSuchValue, match=words):
        span(text, pointer)


def test_of_doubled_members_the_last_counts_as_parsers_take_it() -> None:
    assert Pointer("/a").take(b'{"a": 1, "a": 2}') == b"2"
    assert Pointer("/0/b").take(b'[{"b": "x"}]') == b"x"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some.binary(max_size=40), some.sampled_from(ENCODINGS))
def test_an_encoding_takes_back_what_it_wrote_and_nothing_else(value: bytes, encoding: str) -> None:
    coded = Coded(encoding)
    text = coded.put(b"", value)
    assert coded.take(text) == value
    for other in (text + b"=", text + b" ", b"\n" + text, b"*" + text[1:]):
        with pytest.raises(Malformed):
            coded.take(other)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    some.lists(some.sampled_from(["u8", "u16be", "u16le", "u32be", "u32le", 0, 5]), min_size=1, max_size=5),
    some.lists(some.integers(0, 9), max_size=2),
    some.data(),
)
def test_segments_are_found_and_replaced_wherever_they_stand(
    front: list[str | int], back: list[int], data: some.DataObject
) -> None:
    declared: list[dict[str, object]] = []
    values, whole = {}, b""
    for number, one in enumerate(front):
        name = f"front{number}"
        value = data.draw(
            some.binary(max_size=20) if isinstance(one, str) else some.binary(min_size=one, max_size=one)
        )
        declared.append(
            {"name": name, "prefix": one} if isinstance(one, str) else {"name": name, "bytes": one}
        )
        whole += (Number(one).put(b"", str(len(value)).encode()) if isinstance(one, str) else b"") + value
        values[name] = value
    values["middle"] = data.draw(some.binary(max_size=20))
    declared.append({"name": "middle", "rest": True})
    whole += values["middle"]
    for number, size in enumerate(back):
        values[f"back{number}"] = data.draw(some.binary(min_size=size, max_size=size))
        declared.append({"name": f"back{number}", "bytes": size})
        whole += values[f"back{number}"]
    finder = Binary(tuple(declared))
    for name, value in values.items():
        assert take([Segment(name, finder)], whole) == value
    for one_name in (*(f"front{n}" for n, one in enumerate(front) if isinstance(one, str)), "middle"):
        new = data.draw(some.binary(max_size=30))
        changed = put([Segment(one_name, finder)], whole, new)
        assert {name: take([Segment(name, finder)], changed) for name in values} == {**values, one_name: new}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_wrap_and_have_one_size(name: str) -> None:
    size, _ = NUMBERS[name]
    assert Number(name).take(Number(name).put(b"", b"200")) == b"200"
    assert Number(name).take(Number(name).put(b"", b"-1")) == str(256**size - 1).encode()
    with pytest.raises(Malformed, match="where"):
        Number(name).take(bytes(size + 1))
