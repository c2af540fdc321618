"""Judging defects: each has a probe that sees its flaw, on a platform that works for whoever does nothing odd."""

import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.reference.defect_platform import ROOT, Platform, sample_size, wait_for

Probe: TypeAlias = Callable[[Platform], bool]


@dataclass(frozen=True)
class Flaw:
    """A defect, how to see it, and the settings it shows with."""

    name: str
    probe: Probe
    settings: dict[str, Any]


class Probes:
    """The probes of one file of tests."""

    def __init__(self) -> None:
        self._known: dict[str, Flaw] = {}

    def flaw(self, name: str, **settings: Any) -> Callable[[Probe], Probe]:
        """Makes a function the probe of a defect: it tells whether the flaw is there."""

        def register(probe: Probe) -> Probe:
            self._known[name] = Flaw(name, probe, settings)
            return probe

        return register

    def names(self) -> list[str]:
        """Every defect that has a probe here."""
        return [*self._known]

    def sample(self) -> list[str]:
        """The defects to probe: a few, the same for everyone at the same commit, unless all are asked for."""
        size = sample_size()
        if size is None or size >= len(self._known):
            return self.names()
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return sorted(random.Random(told.stdout).sample(self.names(), size))

    def judge(self, name: str, folder: Path, sound: "SoundPlatforms") -> None:
        """Fails unless the flaw shows with the defect, is counted, and does not show without."""
        flaw = self._known[name]
        faulty = Platform(folder / "faulty", [name], **flaw.settings)
        try:
            assert faulty.ready, faulty.ended()
            works_as_usual(faulty)
            assert flaw.probe(faulty), f"{name} is switched on and its flaw is not seen"
            assert wait_for(lambda: faulty.hits(name) > 0, 3.0), f"{name} was seen and counted no hit"
        finally:
            faulty.stop()
        assert not flaw.probe(sound.with_settings(flaw.settings)), f"the flaw of {name} is seen without it"


class SoundPlatforms:
    """Platforms without a defect, one for each set of settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: dict[str, Platform] = {}

    def with_settings(self, settings: dict[str, Any]) -> Platform:
        """One that was started with these settings, and perhaps probed before."""
        key = json.dumps(settings, sort_keys=True)
        if key not in self._started:
            self._started[key] = Platform(self._folder / f"sound-{len(self._started)}", [], **settings)
        return self._started[key]

    def stop(self) -> None:
        """Ends all of them."""
        for platform in self._started.values():
            platform.stop()


def works_as_usual(on: Platform) -> None:
    """Signing up, logging in, renewing and logging out, as everybody does."""
    user = on.user()
    assert on.me(user.access) == 200
    renewed = on.renew(user.refresh)
    assert renewed.status == 200
    token = renewed.body["access_token"]
    assert on.me(token) == 200
    assert on.call("POST", "/auth/logout", token=token).status == 204
