"""Each test with a front door of its own, in a short path as sockets need it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.frontdoor.door import Door


@contextmanager
def a_door() -> Iterator[Door]:
    """A front door; nothing of it is left at the end."""
    folder = Path(tempfile.mkdtemp(prefix="assay-door-", dir="/var/tmp"))
    made = Door(folder)
    try:
        yield made
    finally:
        made.end_all()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def door() -> Iterator[Door]:
    """A front door of the test's own."""
    with a_door() as made:
        yield made


@pytest.fixture(scope="module")
def shared_door() -> Iterator[Door]:
    """A front door of all tests of a file."""
    with a_door() as made:
        yield made
