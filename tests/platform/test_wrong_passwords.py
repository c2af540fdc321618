"""Wrong passwords for the target's own accounts are counted over the run and all its processes, as the platform does."""

from __future__ import annotations

import pytest
from assay.core import target, tolerance
from assay.core.errors import AssayError
from assay.core.platform import Platform
from assay.http.calls import Caller
from robot.api import SkipExecution
from robot.api.types import Secret

from tests.platform.test_removal import ANN, TARGET, Stage, stage

__all__ = ["stage"]
REQUIRE = tolerance.require
WRONG = Secret("a-wrong-password-1")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the test that runs, to be changed."""
    name = ["A Test"]
    monkeypatch.setattr("assay.http.calls.running", lambda: name[0])
    return name


def _says(stage: Stage, more: str) -> None:
    (stage.folder / "staging.yaml").write_text((TARGET % stage.server.url) + more)
    stage.run.target = target.load(str(stage.folder / "staging.yaml"))
    stage.run.platforms[:] = [Platform(stage.run.target)]


def _guesses(stage: Stage) -> int:
    return int(stage.state["asked"].count("POST /auth/login"))


def test_guesses_of_all_tests_and_processes_count_together(stage: Stage, running: list[str]) -> None:
    for number in range(4):
        running[0] = f"Test {number}"
        stage.caller = Caller()  # as another process has it
        stage.log_in(("Ann@corp.example", "ann@corp.example")[number % 2], WRONG)
    running[0] = "Test 5"
    with pytest.raises(SkipExecution, match=r"ann@corp\.example was sent 4 wrong .* in this run.*allows 4"):
        stage.log_in("Ann@corp.example", WRONG)
    assert _guesses(stage) == 4


def test_a_right_log_in_is_sent_all_the_same_and_forgives(stage: Stage, running: list[str]) -> None:
    for number in range(9):
        running[0] = f"Test {number}"
        if number % 4 == 3:
            token = stage.log_in("Ann@corp.example", Secret(ANN))["access_token"]
        stage.log_in("Ann@corp.example", WRONG)
    assert stage.call("auth.getSession", {"token": token}).succeeded


def test_a_password_that_a_test_changed_is_the_right_one(stage: Stage, running: list[str]) -> None:
    _says(stage, "wrong_passwords: 1\n")
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    change = {
        "current_password": Secret(ANN),
        "new_password": Secret("new-one-1"),
        "token": ann["access_token"],
    }
    assert stage.call("auth.changePassword", change).succeeded
    stage.log_in("Ann@corp.example", Secret(ANN))
    running[0] = "Another Test"
    with pytest.raises(SkipExecution, match="in this run"):
        stage.log_in("Ann@corp.example", Secret(ANN))
    assert "access_token" in stage.log_in("Ann@corp.example", Secret("new-one-1"))


def test_the_target_says_how_many(stage: Stage, running: list[str]) -> None:
    _says(stage, "wrong_passwords: 2\n")
    stage.sign_up("one@corp.example")
    for _ in range(2):
        stage.log_in("one@corp.example", WRONG)
    with pytest.raises(SkipExecution, match="in this test; .* the target allows 2"):
        stage.log_in("one@corp.example", WRONG)
    running[0] = "Another Test"
    stage.log_in("one@corp.example", WRONG)
    for _ in range(2):
        stage.log_in("Ann@corp.example", WRONG)
    running[0] = "A Third Test"
    with pytest.raises(SkipExecution, match="in this run"):
        stage.log_in("Ann@corp.example", WRONG)
    assert _guesses(stage) == 5


def test_where_lockouts_are_tolerated_nothing_is_counted(stage: Stage, running: list[str]) -> None:
    _says(stage, "tolerates: [auth.lockouts]\nwrong_passwords: 1\n")
    for _ in range(6):
        stage.log_in("Ann@corp.example", WRONG)
    assert _guesses(stage) == 6


def test_more_in_one_test_than_any_may_stay_an_error_of_the_test(
    stage: Stage, running: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tolerance, "require", REQUIRE)
    _says(stage, "wrong_passwords: 9\n")
    for _ in range(4):
        stage.log_in("Ann@corp.example", WRONG)
    with pytest.raises(AssayError, match=r"after 4 with a wrong password in this test"):
        stage.log_in("Ann@corp.example", WRONG)
