"""The examples of docs/judging-a-store.md are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from assay.blob import layout
from assay.core import capabilities, dialect, places, rpc, target, yamlfile

DOCS = places.root() / "docs"
TEXT = (DOCS / "judging-a-store.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^```yaml\n# (\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, text in EXAMPLES.items():
        (tmp_path / f"{kind}.yaml").write_text(
            text.replace("dialect: ours", "dialect: dialect.yaml"), "utf-8"
        )
    return tmp_path


def test_there_is_an_example_of_each() -> None:
    assert set(EXAMPLES) == {"target", "dialect", "layout"}


def test_the_target_is_accepted_with_its_dialect(folder: Path) -> None:
    found = target.load(str(folder / "target.yaml"))
    assert found.capabilities <= capabilities.names()
    assert found.dialect("store")


def test_every_key_of_a_store_in_a_target_is_in_the_example(folder: Path) -> None:
    known = yamlfile.schema("target")["properties"]["services"]["additionalProperties"]["properties"]
    said = target.load(str(folder / "target.yaml")).services["store"]
    assert set(known) - set(said) == {"service_certificates", "client_certificate"}


def test_the_dialect_spells_calls_over_grpc(folder: Path) -> None:
    spelled = dialect.named("store", "dialect.yaml", folder)
    assert spelled.spelling("putSchema").steps[0].path == "/v2/schemas/{schema_id}"
    grpc = rpc.of("store", "dialect.yaml", folder)
    assert (grpc.codec, grpc.token) == ("json", {"field": "token"})
    assert grpc.spelled("putEntity").method == "our.v2.Store/Write"
    assert grpc.spelled("putEntity").send == {"mode": "UPSERT"}


def test_the_layout_is_one(folder: Path) -> None:
    used = layout.named(folder / "layout.yaml")
    assert used.nameable
    assert used.binds


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", TEXT))
def test_what_is_linked_is_there(link: str) -> None:
    assert (DOCS / link).exists(), link
