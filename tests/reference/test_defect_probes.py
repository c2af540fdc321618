"""Each defect that was written blind is seen by its probe, and is not seen without it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from reference import defects
from tests.reference import probes_auth_takeover as takeover
from tests.reference.defect_probes import Probes, SoundPlatforms, works_as_usual

FILES = sorted(Path(__file__).parent.glob("probes_*.py"))
ALL: tuple[Probes, ...] = tuple(import_module(f"tests.reference.{file.stem}").PROBES for file in FILES)


@pytest.mark.parametrize(("probes", "name"), [(probes, name) for probes in ALL for name in probes.sample()])
def test_the_flaw_is_seen_with_the_defect_and_not_without(
    probes: Probes, name: str, tmp_path: Path, sound: SoundPlatforms
) -> None:
    probes.judge(name, tmp_path, sound)


def test_every_defect_of_accounts_that_was_written_blind_has_a_probe() -> None:
    probed = {name for probes in ALL for name in probes.names()}
    listed = {one["name"]: one["blind"] for one in defects.listing() if one["service"] == "auth"}
    assert {name for name, blind in listed.items() if blind} <= probed <= set(listed)


def test_everybody_works_as_usual_without_a_defect(sound: SoundPlatforms) -> None:
    on = sound.with_settings({})
    works_as_usual(on)
    assert on.me(on.admin().access) == 200
    user = on.user(takeover.PASSWORD)
    assert takeover.change(on, user, takeover.PASSWORD, takeover.ANOTHER) == 204
    assert takeover.reset(on, takeover.reset_token(on, user.email), takeover.THIRD) == 204
    assert on.try_log_in(user.email, takeover.THIRD).status == 200
