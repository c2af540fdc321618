"""Which tests are about a service that the target does not have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from assay.core import capabilities, run


@pytest.mark.parametrize(
    ("told", "ready", "tags", "absent"),
    [
        (["store"], [], ["area:auth", "AUTH-63"], ["auth"]),
        (["store"], [], ["area:store", "smoke"], []),
        ([], ["auth"], ["area:auth"], []),
        (["auth"], [], ["area:auth", "area:store"], ["store"]),
        (["store"], [], ["area:nothing", "core"], []),
    ],
)
def test_a_service_that_neither_target_nor_launcher_tells_is_absent(
    monkeypatch: pytest.MonkeyPatch, told: list[str], ready: list[str], tags: list[str], absent: list[str]
) -> None:
    platform: Any = SimpleNamespace(
        target=SimpleNamespace(services={key: {} for key in told}),
        ready={"services": {key: {} for key in ready}},
    )
    monkeypatch.setattr(run, "current", lambda: SimpleNamespace(platform=platform))
    assert capabilities.absent(tags) == absent


def test_what_is_about_no_service_needs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "current", lambda: pytest.fail("asked"))
    assert capabilities.absent(["core", "needs:auth.problems"]) == []
