"""Each defect that was written blind is seen by its probe, and is not seen without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference import defects
from tests.reference import probes_auth_accounts as accounts
from tests.reference import probes_auth_counting as counting
from tests.reference import probes_auth_sessions as sessions
from tests.reference import probes_auth_takeover as takeover
from tests.reference import probes_auth_tokens as tokens
from tests.reference import probes_auth_vouching as vouching
from tests.reference.defect_probes import Probes, SoundPlatforms, works_as_usual

ALL: tuple[Probes, ...] = (
    accounts.PROBES,
    counting.PROBES,
    sessions.PROBES,
    takeover.PROBES,
    tokens.PROBES,
    vouching.PROBES,
)


@pytest.mark.parametrize(("probes", "name"), [(probes, name) for probes in ALL for name in probes.sample()])
def test_the_flaw_is_seen_with_the_defect_and_not_without(
    probes: Probes, name: str, tmp_path: Path, sound: SoundPlatforms
) -> None:
    probes.judge(name, tmp_path, sound)


def test_every_defect_that_was_written_blind_has_a_probe() -> None:
    probed = {name for probes in ALL for name in probes.names()}
    listed = defects.listing()
    assert {one["name"] for one in listed if one["blind"]} <= probed <= {one["name"] for one in listed}


def test_everybody_works_as_usual_without_a_defect(sound: SoundPlatforms) -> None:
    on = sound.with_settings({})
    works_as_usual(on)
    assert on.me(on.admin().access) == 200
    user = on.user(takeover.PASSWORD)
    assert takeover.change(on, user, takeover.PASSWORD, takeover.ANOTHER) == 204
    assert takeover.reset(on, takeover.reset_token(on, user.email), takeover.THIRD) == 204
    assert on.try_log_in(user.email, takeover.THIRD).status == 200
