"""Accounts whose log-in asks for a code, services and keys on a platform that stays: removed too, or listed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from assay import cleaning
from assay.core import ledger, target
from assay.core.platform import Platform
from assay.totp import codes
from robot.api import SkipExecution
from robot.api.types import Secret

from tests.platform.test_removal import ANN, TARGET, Stage, removable, stage

__all__ = ["removable", "stage"]
ABLE = "offers: [auth.api-keys, auth.service-tokens, "
ADMIN = "accounts: {admin: {email: admin@corp.example, password: {env: ANN_PASSWORD}}, "


def _with_a_factor(stage: Stage, email: str) -> Secret:
    """Signs somebody up and switches the factor on, by the second secret that they ask for."""
    stage.sign_up(email)
    token = stage.log_in(email)["access_token"]
    for _ in range(2):
        secret: Secret = stage.call("auth.enrolSecondFactor", {"token": token, "password": "p"}).body[
            "secret"
        ]
    assert stage.call("auth.confirmSecondFactor", {"token": token, "code": "123456"}).succeeded
    return secret


def test_an_account_with_a_second_factor_is_removed_by_a_code(stage: Stage, removable: None) -> None:
    secret = _with_a_factor(stage, "one@corp.example")
    stage.sign_up("two@corp.example")
    path = ledger.folder("k3f9a2bc") / "made.jsonl"
    assert secret.value not in path.read_text()
    stage.registry.suite_ends("A Suite")
    assert set(stage.state["accounts"]) == {"Ann@corp.example"}
    assert stage.left == []


def test_a_code_that_was_used_is_followed_by_the_next(stage: Stage, removable: None) -> None:
    secret = _with_a_factor(stage, "one@corp.example")
    step = int(time.time()) // codes.STEP
    stage.state["used"] += [codes.code(codes.decoded(secret.value), step + away) for away in (-1, 0)]
    assert cleaning.clean("k3f9a2bc") == (2, [])
    assert set(stage.state["accounts"]) == {"Ann@corp.example"}


def test_a_factor_that_is_not_known_is_told_and_all_others_are_removed(stage: Stage, removable: None) -> None:
    for name in ("one", "two", "three"):
        stage.sign_up(f"{name}@corp.example")
    stage.state["factors"]["two@corp.example"] = "GEZDGNBVGY3TQOJQ"
    gone, stays = cleaning.clean("k3f9a2bc")
    assert (gone, [(one.name, why) for one, why in stays]) == (
        2,
        [("two@corp.example", "its log-in asks for a second factor")],
    )
    assert set(stage.state["accounts"]) == {"Ann@corp.example", "two@corp.example"}


def test_a_session_that_began_by_a_code_is_ended(stage: Stage) -> None:
    secret = _with_a_factor(stage, "one@corp.example")
    waiting = stage.log_in("one@corp.example")["challenge_token"]
    code = codes.code(codes.decoded(secret.value), int(time.time()) // codes.STEP)
    assert stage.call("auth.finishLogIn", {"challenge_token": waiting, "code": Secret(code)}).succeeded
    assert len(stage.state["sessions"]) == 2
    stage.registry.suite_ends("A Suite")
    assert stage.state["sessions"] == []
    assert [line.partition(" (")[0] for line in stage.left] == ["account one@corp.example"]


def test_an_account_of_the_target_is_given_no_factor(stage: Stage) -> None:
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    with pytest.raises(SkipExecution, match="account ann is there for all tests; it is given no factor"):
        stage.call("auth.enrolSecondFactor", {"token": ann["access_token"], "password": Secret(ANN)})
    assert "POST /auth/second-factor" not in stage.state["asked"]


@pytest.fixture
def richer(stage: Stage) -> Stage:
    """The same, with keys, services and an administrator."""
    text = (TARGET % stage.server.url).replace("offers: [", ABLE).replace("accounts: {", ADMIN)
    (stage.folder / "staging.yaml").write_text(text)
    stage.run.target = target.load(str(stage.folder / "staging.yaml"))
    stage.run.platforms[:] = [Platform(stage.run.target)]
    stage.state["accounts"]["admin@corp.example"] = ANN
    return stage


def _service(stage: Stage, name: str) -> str:
    admin: str = stage.log_in("admin@corp.example", Secret(ANN))["access_token"]
    said: dict[str, Any] = {"service_id": name, "service_name": "Reports", "permissions": []}
    assert stage.call("auth.createService", {"token": admin, **said}).succeeded
    return admin


def test_services_are_ended_by_an_administrator(richer: Stage) -> None:
    _service(richer, "service-1")
    admin = _service(richer, "service-2")
    richer.call("auth.revokeService", {"token": admin, "service_id": "service-2"})
    assert [line.partition(" (")[0] for line in richer.left if line.startswith("service")] == [
        "service service-1"
    ]
    richer.registry.suite_ends("A Suite")
    assert richer.state["services"] == []
    assert "DELETE /auth/services/service-1 by admin@corp.example" in richer.state["asked"]
    assert richer.left == []


def test_a_service_that_cannot_be_ended_is_listed(stage: Stage) -> None:
    ann = stage.log_in("Ann@corp.example", Secret(ANN))["access_token"]
    said: dict[str, Any] = {"service_id": "service-1", "service_name": "Reports", "permissions": []}
    stage.call("auth.createService", {"token": ann, **said})
    stage.registry.suite_ends("A Suite")
    assert stage.left == ["service service-1 (made by A Suite): the target lacks auth.service-tokens"]


def test_keys_are_revoked_by_their_owner_each_by_its_id(richer: Stage) -> None:
    ann = richer.log_in("Ann@corp.example", Secret(ANN))["access_token"]
    made = [
        richer.call("auth.createApiKey", {"token": ann, "name": "n", "scopes": []}).body for _ in range(2)
    ]
    richer.call("auth.revokeApiKey", {"token": ann, "key_id": made[0]["key"]["key_id"]})
    assert len([line for line in richer.left if line.startswith("api key")]) == 1
    richer.registry.test_ends("A Test")
    assert richer.state["keys"] == []
    assert f"DELETE /auth/api-keys/{made[1]['key']['key_id']} by Ann@corp.example" in richer.state["asked"]


def test_keys_go_with_their_account(richer: Stage, removable: None) -> None:
    richer.sign_up("one@corp.example")
    token = richer.log_in("one@corp.example")["access_token"]
    richer.call("auth.createApiKey", {"token": token, "name": "n", "scopes": []})
    richer.call("auth.logOutEverywhere", {"token": token})
    assert [line for line in richer.left if line.startswith(("api key", "account"))] == []
