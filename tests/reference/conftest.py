"""Platforms to test with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reference.defect_probes import SoundPlatforms
from tests.reference.launched import Launched, launch


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A platform with the settings it has by itself."""
    with launch(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.fixture(scope="module")
def conforming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A platform that can be told keys, and whose limits are small."""
    settings = {"token_conformance": True, "session_limit": 2, "login_failures": 3, "max_body_bytes": 4096}
    with launch(tmp_path_factory.mktemp("conforming"), settings=settings) as started:
        yield started


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundPlatforms]:
    """Platforms without a defect, for probes."""
    platforms = SoundPlatforms(tmp_path_factory.mktemp("sound"))
    yield platforms
    platforms.stop()
