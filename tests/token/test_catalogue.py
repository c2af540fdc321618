"""The catalogue of tokens: whole, well formed, and kept by tests or promised for later."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from assay.core import places
from jsonschema import Draft202012Validator
from robot.api import TestSuite as Suite

FOLDER = places.resources() / "catalogue"
SCHEMA = places.root() / "libraries" / "assay" / "report" / "schema" / "catalogue.schema.json"
REQUIREMENT = re.compile(r"[A-Z][A-Z0-9]*-[0-9]{2,}")


def catalogues() -> dict[str, dict[str, Any]]:
    found = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
    return {name: data for name, data in found.items() if "requirements" in data}


def requirements() -> list[dict[str, Any]]:
    return [entry for data in catalogues().values() for entry in data["requirements"]]


def tags_of_suites() -> dict[str, set[str]]:
    """The tags of each test, by its long name, as Robot reads them."""
    found: dict[str, set[str]] = {}

    def walk(suite: Suite) -> None:
        for test in suite.tests:
            found[f"{suite.name}.{test.name}"] = {str(tag) for tag in test.tags}
        for child in suite.suites:
            walk(child)

    walk(Suite.from_file_system(str(Path(places.root()) / "suites")))
    return found


def test_every_catalogue_is_as_its_schema_says() -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for name, data in catalogues().items():
        assert not [f"{name}: {error.message}" for error in validator.iter_errors(data)]


def test_ids_are_unique() -> None:
    ids = [entry["id"] for entry in requirements()]
    assert len(set(ids)) == len(ids)


def test_the_catalogue_of_tokens_is_whole() -> None:
    ids = [entry["id"] for entry in catalogues()["tokens.yaml"]["requirements"]]
    assert ids == [f"JWT-{number:02}" for number in range(1, 43)]


def test_each_requirement_says_one_thing_with_risk_and_source() -> None:
    for entry in requirements():
        assert entry["says"].endswith("."), entry["id"]
        assert entry["risk"].endswith("."), entry["id"]
        assert entry["source"], entry["id"]


def test_each_requirement_is_kept_by_a_test_or_comes_later() -> None:
    kept = set().union(*tags_of_suites().values())
    assert [entry["id"] for entry in requirements() if entry["id"] not in kept and "later" not in entry] == []


def test_each_tag_that_looks_like_a_requirement_is_one() -> None:
    known = {entry["id"] for entry in requirements()}
    unknown = {
        name: [tag for tag in tags if REQUIREMENT.fullmatch(tag) and tag not in known]
        for name, tags in tags_of_suites().items()
    }
    assert {name: tags for name, tags in unknown.items() if tags} == {}


def test_each_test_of_tokens_names_a_requirement() -> None:
    bare = [
        name for name, tags in tags_of_suites().items() if not any(REQUIREMENT.fullmatch(tag) for tag in tags)
    ]
    assert bare == []
