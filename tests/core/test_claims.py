"""What a target claims must be possible, and what a dialect names must be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.core import dialect, target
from assay.core.errors import AssayError, TargetError
from assay.core.platform import Platform

TARGET = """\
name: staging
services:
  auth: {url: "https://auth.staging.example"}
offers: [auth.password]
"""
DIALECT = """\
service: auth
operations:
  logIn:
    steps:
      - method: GET
        path: /page
        capture: {csrf: 'html:name="csrf" value="([^"]+)"'}
      - method: POST
        path: /log-in
        send: {form:csrf: "{csrf}", form:challenge: "{pkce.challenge}"}
"""


def _target(folder: Path, text: str) -> target.Target:
    (folder / "staging.yaml").write_text(text, "utf-8")
    return target.load(str(folder / "staging.yaml"))


def _dialect(folder: Path, text: str) -> dialect.Dialect:
    (folder / "ours.yaml").write_text(text, "utf-8")
    return dialect.named("auth", "ours.yaml", folder)


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        (
            TARGET.replace("[auth.password]", "[]"),
            4,
            "staging offers nothing, so there is nothing to test; accepted: auth.",
        ),
        (TARGET.replace("offers: [auth.password]\n", ""), 1, "staging offers nothing"),
        (
            TARGET + "controls: [auth.private]\n",
            5,
            "auth.private needs a launcher; accepted: it with launch: ",
        ),
        (
            TARGET + "observes:\n- auth.database\n",
            6,
            "auth.database is claimed and nothing says where it is read; accepted: it with sources: {databases: ...}",
        ),
        (TARGET + "sources: {male: {url: x}}\n", 5, "unknown key 'male' in sources (did you mean 'mail'?)"),
        (
            TARGET + "launch: {command: [sh], start_within: soon}\n",
            5,
            'launch.start_within cannot be "soon"; accepted: seconds',
        ),
    ],
)
def test_a_claim_that_cannot_be_is_told(tmp_path: Path, wrong: str, line: int, says: str) -> None:
    with pytest.raises(TargetError) as caught:
        _target(tmp_path, wrong)
    assert f"staging.yaml:{line}: {says}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ('"{csrf}"', '"{crsf}"', 10, "unknown name '{crsf}' (did you mean 'csrf'?)"),
        (
            "{pkce.challenge}",
            "{pkce.chalenge}",
            10,
            "unknown name '{pkce.chalenge}' (did you mean 'pkce.challenge'?)",
        ),
        ("/log-in", "/log-in/{token}", 9, "unknown name '{token}'"),
        ('([^"]+)', '[^"]+', 7, "has 0 groups; accepted: a regular expression with one"),
        ('([^"]+)', '([^"]+', 7, "is not a regular expression: "),
        (
            "html:",
            "xml:",
            7,
            "accepted: a JSON pointer, header:Name, cookie:name, location:parameter, or text:",
        ),
        (
            "form:csrf",
            "field:csrf",
            10,
            "'field:csrf' is not a name here; accepted: a JSON pointer in the body, or query:",
        ),
    ],
)
def test_what_a_dialect_names_must_be_there(
    tmp_path: Path, right: str, wrong: str, line: int, says: str
) -> None:
    assert _dialect(tmp_path, DIALECT).spelling("logIn").steps[1].path == "/log-in"
    with pytest.raises(TargetError) as caught:
        _dialect(tmp_path, DIALECT.replace(right, wrong))
    assert f"ours.yaml:{line}: " in str(caught.value)
    assert says in str(caught.value)


def test_a_setting_is_what_was_asked_for_else_what_the_target_says_else_the_contract(tmp_path: Path) -> None:
    said = _target(tmp_path, TARGET + "settings: {session_limit: 7}\n")
    assert Platform(said, settings={"session_limit": 2}).setting("session_limit") == 2
    assert Platform(said).setting("session_limit") == 7
    assert Platform(said).setting("access_token_lifetime") == 900
    with pytest.raises(
        AssayError, match=r"unknown setting 'sesion_limit' \(did you mean 'session_limit'\?\)"
    ):
        Platform(said).setting("sesion_limit")


def test_places_of_what_is_observed_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _target(
        tmp_path, TARGET + "observes: [auth.database]\nsources: {databases: {auth: {env: OUR_DATABASE}}}\n"
    )
    monkeypatch.delenv("OUR_DATABASE", raising=False)
    with pytest.raises(AssayError, match="OUR_DATABASE is not set; the target reads databases auth from it"):
        Platform(said).observed("databases")
    monkeypatch.setenv("OUR_DATABASE", "postgresql://127.0.0.1/auth")
    assert Platform(said).observed("databases") == {"auth": "postgresql://127.0.0.1/auth"}
