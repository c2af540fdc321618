"""An entity and another, sealed in every layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from assay.blob.entity import Entity
from assay.BlobLibrary import BlobLibrary
from assay.TamperLibrary import TamperLibrary

from tests.blob.sealed import DOCUMENT, KINDS


@dataclass
class Store:
    """A folder with sealed files of one layout."""

    layout: str
    root: Path
    secret: bytes
    library: BlobLibrary
    tampers: TamperLibrary

    @property
    def key(self) -> str:
        return self.secret.decode() if self.layout == "age" else self.secret.hex()

    def put(
        self,
        schema: str = "notes",
        key: str = "17",
        body: bytes = DOCUMENT,
        version: int = 1,
        secret: bytes = b"",
    ) -> Entity:
        """Writes as a product would and finds the entity as a tester would."""
        before = self.library.snapshot_of_folder()
        KINDS[self.layout].seal(self.root, schema, key, secret or self.secret, body, version)
        return self.library.sealed_entity_written(self.library.files_of_the_write(before), schema, key)


def store_of(layout: str, root: Path) -> Store:
    root.mkdir(exist_ok=True)
    library = BlobLibrary()
    library.use_layout(layout, root)
    return Store(layout, root, KINDS[layout].secret, library, TamperLibrary())


@pytest.fixture(params=sorted(KINDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = store_of(request.param, tmp_path / "store")
    yield made
    made.tampers.restore_sealed_files()


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Store]:
    made = store_of("reference", tmp_path / "store")
    yield made
    made.tampers.restore_sealed_files()


@pytest.fixture
def delta(tmp_path: Path) -> Iterator[Store]:
    made = store_of("deltadatabase", tmp_path / "store")
    yield made
    made.tampers.restore_sealed_files()
