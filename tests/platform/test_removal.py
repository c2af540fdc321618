"""What is made on a platform that is not Assay's own is written down, removed in reverse order, or listed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from assay import cleaning
from assay.core import capabilities, ledger, run, target
from assay.core.contract import contract
from assay.core.errors import AssayError
from assay.core.platform import Platform
from assay.core.root import Root
from assay.core.run import Run
from assay.http.calls import Caller
from assay.platform.removal import Registry
from assay.supervisor import ending
from robot.api import SkipExecution
from robot.api.types import Secret

from tests.http.doubles import Server
from tests.platform.staying import staying

TARGET = """\
name: staging
services: {auth: {url: "%s"}}
offers: [auth.signup, auth.logout, auth.refresh, auth.password-change]
accounts: {ann: {email: Ann@corp.example, password: {env: ANN_PASSWORD}}}
"""
ANN = "ann-of-the-target-1"
FRESH = Secret("a-fresh-password-1")


class Stage:
    """What tests do in a run, and what is on the platform then."""

    def __init__(self, server: Server, folder: Path, said: target.Target) -> None:
        self.server, self.folder, self.said = server, folder, said
        self.caller = Caller()
        self.registry = Registry(self.call)
        self.run = Run("k3f9a2bc", folder, said, folder / "results", [Platform(said)], Root(0, 0))
        self.run.results.mkdir()

    def call(self, operation: str, fields: Mapping[str, Any]) -> Any:
        return self.caller.call_row(operation, fields)

    def sign_up(self, email: str) -> Any:
        return self.call("auth.signUp", {"email": email, "password": FRESH})

    def log_in(self, email: str, password: Secret = FRESH) -> Any:
        return self.call("auth.logIn", {"email": email, "password": password}).body

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.state  # type: ignore[attr-defined]
        return found

    @property
    def left(self) -> list[str]:
        return [f"{one}: {one.why}" for one in ledger.read("k3f9a2bc")]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("ASSAY_LEFT", str(tmp_path / "left"))
    monkeypatch.setenv("ANN_PASSWORD", ANN)
    with staying(ann=ANN) as server:
        server.state["accounts"]["Ann@corp.example"] = server.state["accounts"].pop("ann@corp.example")  # type: ignore[attr-defined]
        (tmp_path / "staging.yaml").write_text(TARGET % server.url, "utf-8")
        made = Stage(server, tmp_path, target.load(str(tmp_path / "staging.yaml")))
        monkeypatch.setattr(run, "_current", made.run)
        monkeypatch.setattr("assay.http.calls.running_suite", lambda: "A Suite")
        yield made


@pytest.fixture
def removable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with a line by which the owner of an account removes it."""
    way = {"operation": "auth.logOutEverywhere", "as": "owner"}
    table = {**ledger.table(), "auth.signUp": {**ledger.table()["auth.signUp"], "ways": [way]}}
    monkeypatch.setattr(ledger, "table", lambda: table)


def test_the_table_names_what_there_is() -> None:
    operations = {
        f"{service}.{name}" for service in ("auth", "store") for name in contract(service).operations
    }
    for by, rule in ledger.table().items():
        assert by == ledger.GIVEN or by in operations
        for way in rule.get("ways", ()):
            emptied = way.get("emptied", {})
            named = {way["operation"], way.get("after"), emptied.get("listed"), emptied.get("by")} - {None}
            assert named <= operations
            assert {*way.get("needs", ()), *emptied.get("needs", ())} <= capabilities.names()


def test_sessions_are_ended_the_last_first_at_the_end_of_their_suite(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    first, second = stage.log_in("one@corp.example"), stage.log_in("one@corp.example")
    stage.registry.suite_ends("Another Suite")
    assert stage.state["ended"] == []
    stage.registry.suite_ends("A Suite")
    assert stage.state["ended"] == [second["access_token"].value, first["access_token"].value]
    assert stage.state["sessions"] == []


def test_a_renewed_session_is_ended_by_what_it_became(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    begun = stage.log_in("one@corp.example")
    renewed = stage.call("auth.refreshToken", {"refresh_token": begun["refresh_token"]}).body
    stage.registry.suite_ends("A Suite")
    assert stage.state["ended"] == [renewed["access_token"].value]


def test_a_session_whose_access_token_is_over_is_ended_by_its_refresh_token(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    stage.log_in("one@corp.example")
    stage.state["sessions"][0]["access"] = "over"
    stage.registry.suite_ends("A Suite")
    assert stage.state["sessions"] == []
    assert not any("session" in line for line in stage.left)


def test_what_a_test_ended_itself_is_not_removed_again(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    stage.call("auth.logOut", {"token": stage.log_in("one@corp.example")["access_token"]})
    asked = len(stage.state["asked"])
    stage.registry.suite_ends("A Suite")
    assert len(stage.state["asked"]) == asked


def test_an_account_that_nothing_removes_is_listed_with_why(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    stage.registry.suite_ends("A Suite")
    assert stage.left == ["account one@corp.example (made by A Suite): the target lacks auth.deletion"]
    ending._list_left("k3f9a2bc", stage.run.results)
    listed = (stage.run.results / "left-behind.txt").read_text().splitlines()
    assert listed == ["./assay clean k3f9a2bc tries again.", *stage.left]


def test_a_sign_up_that_was_refused_made_nothing(stage: Stage) -> None:
    assert not stage.sign_up("no address").succeeded
    assert stage.left == []


def test_one_line_in_the_table_is_enough_to_remove_accounts(stage: Stage, removable: None) -> None:
    stage.sign_up("one@corp.example")
    user = stage.log_in("one@corp.example")
    stage.call(
        "auth.changePassword",
        {"token": user["access_token"], "current_password": FRESH, "new_password": Secret("another-one-2")},
    )
    stage.registry.suite_ends("A Suite")
    assert set(stage.state["accounts"]) == {"Ann@corp.example"}
    assert stage.state["sessions"] == []
    ending._list_left("k3f9a2bc", stage.run.results)
    assert not ledger.folder("k3f9a2bc").exists()
    assert not (stage.run.results / "left-behind.txt").exists()


@pytest.mark.parametrize("email", ["one@corp.example", "Ann@corp.example"])
def test_what_people_make_is_removed_by_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    way = {"operation": "auth.endSession", "as": "owner", "fields": {"session_id": "id"}}
    rule = {"makes": "key", "keep": {"id": "/id"}, "ways": [way]}
    table = {**ledger.table(), "auth.getSession": rule}
    monkeypatch.setattr(ledger, "table", lambda: table)
    stage.sign_up("one@corp.example")
    user = stage.log_in(email, FRESH if email[0] == "o" else Secret(ANN))
    stage.call("auth.getSession", {"token": user["access_token"]})
    stage.call("auth.logOut", {"token": user["access_token"]})
    assert stage.left[0].startswith(f"key {email.lower()}")
    stage.registry.suite_ends("A Suite")
    assert "DELETE /auth/sessions/its-id" in stage.state["asked"]
    assert len(stage.left) == 1
    assert stage.state["sessions"] == []


def test_an_account_of_the_target_is_never_removed(stage: Stage, removable: None) -> None:
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    with pytest.raises(SkipExecution, match="account ann is there for all tests; it is never removed"):
        stage.call("auth.logOutEverywhere", {"token": ann["access_token"]})
    stage.registry.suite_ends("A Suite")
    assert set(stage.state["accounts"]) == {"Ann@corp.example"}


def test_a_thing_that_a_test_names_is_removed_as_it_says(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    token = stage.log_in("one@corp.example")["access_token"]
    stage.registry.remember("A Suite", "auth.logOutEverywhere", {"token": token})
    with pytest.raises(AssayError, match="unknown operation 'auth.endSesion'"):
        stage.registry.remember("A Suite", "auth.endSesion", {})
    assert stage.left[0].startswith("auth.logOutEverywhere token=<secret> (made by A Suite)")
    stage.registry.suite_ends("A Suite")
    assert "one@corp.example" not in stage.state["accounts"]


def test_the_list_is_there_before_the_run_ends_and_holds_no_secret(stage: Stage) -> None:
    stage.sign_up("one@corp.example")
    begun = stage.log_in("one@corp.example")
    place = ledger.folder("k3f9a2bc")
    assert place.stat().st_mode & 0o077 == 0
    for path in place.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        text = path.read_text()
        for secret in (FRESH, begun["access_token"], begun["refresh_token"]):
            assert secret.value not in text, path
    assert {path.name for path in place.iterdir()} == {"about.json", "made.jsonl", "key"}
    session, account = ledger.read("k3f9a2bc")
    for secret in (account.kept["password"], session.kept["access_token"]):
        assert isinstance(secret, Secret)
    assert len(stage.left) == 2


def test_a_password_of_the_targets_own_account_is_put_back_when_the_test_ends(stage: Stage) -> None:
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    for old, new in ((ANN, "second-one-2"), ("second-one-2", "third-one-3")):
        change = {"current_password": Secret(old), "new_password": Secret(new), "token": ann["access_token"]}
        assert stage.call("auth.changePassword", change).succeeded
    stage.registry.test_ends("A Test")
    assert stage.state["accounts"]["Ann@corp.example"] == ANN
    stage.registry.suite_ends("A Suite")
    assert stage.left == []
    assert "Ann@corp.example" in stage.state["accounts"]


def test_a_password_that_was_reset_by_mail_is_put_back_too(stage: Stage) -> None:
    book = stage.run.ledger
    assert book
    book.belongs("t Ann@corp.example", "Ann@Corp.example")
    stage.call(
        "auth.resetPassword", {"token": Secret("t Ann@corp.example"), "new_password": Secret("second-2")}
    )
    assert stage.state["accounts"]["Ann@corp.example"] == "second-2"
    stage.registry.test_ends("A Test")
    assert stage.state["accounts"]["Ann@corp.example"] == ANN


def test_a_password_that_cannot_be_put_back_is_not_changed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stage.folder / "staging.yaml").write_text(
        (TARGET % stage.server.url).replace(", auth.password-change", "")
    )
    poorer = target.load(str(stage.folder / "staging.yaml"))
    monkeypatch.setattr(run, "_current", Run("other", stage.folder, poorer, stage.folder, [Platform(poorer)]))
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    change = {
        "current_password": Secret(ANN),
        "new_password": Secret("second-2"),
        "token": ann["access_token"],
    }
    with pytest.raises(
        SkipExecution, match="account ann could not be put back: the target lacks auth.password-change"
    ):
        stage.call("auth.changePassword", change)
    assert stage.state["accounts"]["Ann@corp.example"] == ANN


def test_where_putting_back_fails_it_is_listed(stage: Stage) -> None:
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    change = {
        "current_password": Secret(ANN),
        "new_password": Secret("second-2"),
        "token": ann["access_token"],
    }
    stage.call("auth.changePassword", change)
    stage.state["stubborn"] = True
    stage.registry.test_ends("A Test")
    assert stage.left[0] == "password ann@corp.example (made by A Suite): it was answered wrong-password"


def test_a_platform_of_assays_own_goes_away_whole(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.run, "target", target.load("reference"))
    stage.registry.remember("A Suite", "auth.endSession", {"session_id": json.dumps(1)})
    assert stage.run.ledger is None
    assert not ledger.folder("k3f9a2bc").exists()


def _killed(stage: Stage) -> Stage:
    """A run that was killed: what it made is on the platform and in its list."""
    stage.sign_up("one@corp.example")
    stage.log_in("one@corp.example")
    ann = stage.log_in("Ann@corp.example", Secret(ANN))
    change = {
        "current_password": Secret(ANN),
        "new_password": Secret("second-2"),
        "token": ann["access_token"],
    }
    stage.call("auth.changePassword", change)
    with (ledger.folder("k3f9a2bc") / "made.jsonl").open("a") as file:
        file.write('{"number": "1-9", "event": "ma')  # the process was killed here
    return stage


def test_a_killed_run_is_cleaned_afterwards(stage: Stage, removable: None) -> None:
    _killed(stage)
    assert cleaning.clean("k3f9a2bc") == (4, [])
    assert stage.state["accounts"] == {"Ann@corp.example": ANN}
    assert stage.state["sessions"] == []
    assert not ledger.folder("k3f9a2bc").exists()
    with pytest.raises(AssayError, match="no run 'k3f9a2bc' left anything"):
        cleaning.clean("k3f9a2bc")


def test_what_stays_can_be_tried_again(stage: Stage) -> None:
    _killed(stage)
    stage.state["stubborn"] = True
    gone, stays = cleaning.clean("k3f9a2bc")
    assert (gone, [str(one).split()[0] for one, _ in stays]) == (2, ["password", "account"])
    stage.state["stubborn"] = False
    gone, stays = cleaning.clean("k3f9a2bc")
    assert (gone, [why for _, why in stays]) == (1, ["the target lacks auth.deletion"])
    assert stage.state["accounts"]["Ann@corp.example"] == ANN
    assert ledger.runs() == ["k3f9a2bc"]


def test_whatever_hinders_cleaning_is_one_line(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed(stage)
    file, text = stage.folder / "staging.yaml", TARGET % stage.server.url

    def told() -> str:
        asked = len(stage.state["asked"])
        with pytest.raises(AssayError) as caught:
            cleaning.clean("k3f9a2bc")
        assert len(stage.state["asked"]) == asked
        return str(caught.value)

    with pytest.raises(AssayError, match=r"no run 'k3f9a2bd' left .*\(did you mean 'k3f9a2bc'\?\)"):
        cleaning.clean("k3f9a2bd")
    file.write_text(text.replace("name: staging", "name: production"))
    assert told() == "the run k3f9a2bc was on the target staging, not on production; nothing is removed"
    file.write_text(text.replace(stage.server.url, "http://127.0.0.1:1"))
    assert f"was on auth at {stage.server.url}, and the target says http://127.0.0.1:1 now" in told()
    file.unlink()
    assert "the target file of the run k3f9a2bc is gone" in told()
    file.write_text(text)
    about = ledger.folder("k3f9a2bc") / "about.json"
    here, there = about.read_text(), stage.server.url
    about.write_text(here.replace(there, "http://127.0.0.1:1"))
    file.write_text(text.replace(there, "http://127.0.0.1:1"))
    assert told().startswith("nothing is removed: auth at http://127.0.0.1:1 did not answer")
    about.write_text(json.dumps({**json.loads(here), "root": vars(_alive())}))
    assert "still goes on (process" in told()


def _alive() -> Root:
    import os

    from assay.core import root

    return root.of(os.getpid())
