"""What every test must say of itself, and what none may say."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from robot.libdocpkg import LibraryDocumentation

from tests.lint.tree import ROOT, Body, RobotFile, every_test, plain, reached, read, resources, suites

REQUIREMENT = re.compile(r"^[A-Z][A-Z0-9]*-[0-9]{2,}$")
LITERALS = {
    "an address": re.compile(r"\b127\.\d+\.\d+\.\d+\b|\blocalhost\b|://[^$\s]*:\d{2,5}\b"),
    "a path of a machine": re.compile(r"(?<![\w:/.])/(?:var|tmp|home|etc|usr|work)/"),
    "the reference platform": re.compile(r"\breference/|\breference platform\b", re.IGNORECASE),
}


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every requirement by id."""
    found = {}
    for path in sorted((ROOT / "resources" / "catalogue").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text("utf-8")).get("requirements", ()):
            found[entry["id"]] = entry
    return found


@cache
def promises() -> str:
    return (ROOT / "resources" / "catalogue" / "promises.yaml").read_text("utf-8")


@cache
def capabilities() -> set[str]:
    kinds = yaml.safe_load((ROOT / "resources" / "capabilities.yaml").read_text("utf-8"))
    return {name for kind in kinds.values() for name in kind}


def where(suite: RobotFile, test: Body) -> str:
    return f"{suite.shown}:{test.line} ({test.name})"


def test_every_test_names_its_area_and_what_it_keeps() -> None:
    wrong = []
    for suite, test, tags in every_test():
        if not any(tag.startswith("area:") for tag in tags):
            wrong.append(f"{where(suite, test)} has no area")
        if not any(REQUIREMENT.match(tag) or tag.startswith("promise:") for tag in tags):
            wrong.append(f"{where(suite, test)} keeps no requirement")
    assert not wrong, "\n".join(wrong)


def test_every_tag_is_known() -> None:
    wrong = []
    for suite, test, tags in every_test():
        for tag in tags:
            kind, colon, name = tag.partition(":")
            if REQUIREMENT.match(tag) and tag not in catalogue():
                wrong.append(f"{where(suite, test)}: no catalogue has the requirement {tag}")
            elif kind == "needs" and name not in capabilities():
                wrong.append(f"{where(suite, test)}: resources/capabilities.yaml has no {name}")
            elif kind == "promise" and not re.search(rf"\b{re.escape(name)}\b", promises()):
                wrong.append(f"{where(suite, test)}: there is no promise {name}")
            elif colon and kind not in ("needs", "promise", "area", "priority", "level"):
                wrong.append(f"{where(suite, test)}: the tag {tag} means nothing")
    assert not wrong, "\n".join(wrong)


def test_every_requirement_has_a_test_or_says_when_it_will() -> None:
    kept = {tag for _, _, tags in every_test() for tag in tags if REQUIREMENT.match(tag)}
    idle = sorted(id for id, entry in catalogue().items() if id not in kept and "later" not in entry)
    assert not idle, f"requirements without a test: {idle}"


def test_what_disturbs_others_is_tagged_private() -> None:
    wrong = []
    for suite, test, tags in every_test():
        if "private" not in tags and (used := disturbing_of(suite, test)):
            wrong.append(f"{where(suite, test)} disturbs others by '{used}' and is not tagged private")
    assert not wrong, "\n".join(wrong)


def test_what_must_be_tolerated_is_said_by_the_test() -> None:
    wrong = []
    for suite, test, tags in every_test():
        for name in reached_by(suite, test):
            lacking = [tag for tag in tagged().get(name, ()) if tag.startswith("needs:") and tag not in tags]
            wrong += [f"{where(suite, test)} uses '{name}' and lacks the tag {tag}" for tag in lacking]
    assert not wrong, "\n".join(wrong)


def test_who_makes_guesses_run_out_says_that_somebody_is_locked_out() -> None:
    """A guess and a refusal for too many of them, in a suite that lowers how many are allowed, lock somebody out."""
    lowered = re.compile(r"(?:login|code)_failures(?:_account)?=")
    guesses = {"invalid-credentials", "wrong-password", "wrong-code"}
    guesses |= {plain("Code Should Be Refused"), plain("Deletion Should Be Refused")}
    seen, wrong = set(), []
    for suite, test, tags in every_test():
        if not any(lowered.match(word) for _, word in suite.words):
            continue
        reached_here = set(reached_by(suite, test))
        if "too-many-requests" in reached_here and guesses & reached_here:
            seen.add(suite.path.stem)
            if "needs:auth.lockouts" not in tags:
                wrong.append(f"{where(suite, test)} makes guesses run out and lacks needs:auth.lockouts")
    assert {"limits_lockout", "deletion_limits", "password_limits", "second_factor_limits"} <= seen
    assert not wrong, "\n".join(wrong)


def test_what_guesses_more_than_once_begins_with_lockouts_are_tolerated() -> None:
    wrong = [
        f"{file.shown}:{body.line} ({body.name}) does not begin with Lockouts Are Tolerated"
        for file in [*suites(), *resources()]
        for body in file.keywords
        if body.name.startswith("Guess ") and plain("Lockouts Are Tolerated") not in _first_called(file, body)
    ]
    assert not wrong, "\n".join(wrong)


def _first_called(file: RobotFile, body: Body) -> set[str]:
    """What a keyword calls first, and what that calls first, down to the libraries."""
    called, found = _called_by(file), set[str]()
    name = next(iter(body.calls), "")
    while name and name not in found:
        found.add(name)
        name = next(iter(called.get(name, ())), "")
    return found


def test_each_kind_of_what_must_be_tolerated_has_a_keyword_that_says_so() -> None:
    kinds = yaml.safe_load((ROOT / "resources" / "capabilities.yaml").read_text("utf-8"))["tolerates"]
    said = {tag for tags in tagged().values() for tag in tags}
    assert {f"needs:{name}" for name in kinds} <= said
    assert "needs:auth.lockouts" in tagged()[plain("Unlike Forms Of Password")]


def disturbing_of(suite: RobotFile, test: Body) -> str:
    """The first disturbing keyword that a test reaches, through whatever keywords."""
    return next((name for name in reached_by(suite, test) if "disturbing" in tagged().get(name, ())), "")


def reached_by(suite: RobotFile, test: Body) -> list[str]:
    """Every keyword that a test reaches, through whatever keywords."""
    called = _called_by(suite)
    open_names, seen = [*test.calls, *suite.shared_calls], list[str]()
    while open_names:
        name = open_names.pop()
        if name not in seen:
            seen.append(name)
            open_names += called.get(name, ())
    return seen


@cache
def tagged() -> dict[str, set[str]]:
    """The tags of the keywords that have any, in libraries and in resources."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "libraries" / "assay").glob("*Library.py")):
        for keyword in LibraryDocumentation(f"assay.{path.stem}").keywords:
            if keyword.tags:
                found.setdefault(plain(keyword.name), set()).update(keyword.tags)
    for file in [*resources(), *suites()]:
        for body in file.keywords:
            if body.tags:
                found.setdefault(plain(body.name), set()).update(body.tags)
    assert {"disturbing"} <= found[plain("Kill Service")] & found[plain("The Signing Key Changes")]
    return found


def _called_by(suite: RobotFile) -> dict[str, list[str]]:
    files = [suite, *(read(path) for path in reached(suite))]
    return {plain(keyword.name): keyword.calls for file in files for keyword in file.keywords}


def test_no_error_is_as_good_as_any_other() -> None:
    vague = re.compile(r"expecterror$")
    wrong = []
    for file in [*suites(), *resources()]:
        for (_, word), (line, pattern) in zip(file.words, file.words[1:], strict=False):
            if vague.search(plain(word)) and set(pattern.replace("GLOB:", "").strip()) <= {"*"}:
                wrong.append(f"{file.shown}:{line} expects any error")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", LITERALS)
def test_suites_and_resources_know_no(kind: str) -> None:
    wrong = [
        f"{file.shown}:{line} has {kind}: {word}"
        for file in [*suites(), *resources()]
        for line, word in file.words
        if LITERALS[kind].search(word)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_longer_than_400_lines() -> None:
    kinds = {".py", ".robot", ".resource", ".js", ".css", ".html", ""}
    folders = ["libraries", "reference", "suites", "resources", "tests", "assay"]
    wrong = []
    for path in (found for name in folders for found in _files(ROOT / name)):
        if path.suffix in kinds and "__pycache__" not in path.parts:
            lines = len(path.read_bytes().split(b"\n")) - 1
            if lines > 400:
                wrong.append(f"{path.relative_to(ROOT)} has {lines} lines")
    assert not wrong, "\n".join(wrong)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [path for path in sorted(place.rglob("*")) if path.is_file() and ".assay" not in path.parts]
