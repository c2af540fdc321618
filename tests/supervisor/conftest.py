"""Each test in a place of its own with a short path, as sockets need it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.surroundings import Surroundings


@pytest.fixture
def around() -> Iterator[Surroundings]:
    """Surroundings in which nothing is left running at the end of the test."""
    folder = Path(tempfile.mkdtemp(prefix="assay-test-", dir="/var/tmp"))
    surroundings = Surroundings(folder)
    try:
        yield surroundings
        for root in surroundings.roots:
            if root.process.poll() is None:
                root.leave()
        surroundings.nothing_runs()
    finally:
        for root in surroundings.roots:
            root.process.kill()
            root.process.wait()
        shutil.rmtree(folder, ignore_errors=True)
