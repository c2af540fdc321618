"""What Schemathesis is told of the way to a target, and which of its checks count for its operations."""

from __future__ import annotations

import subprocess
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.core.reach import ClientCertificate, Proxy, Way
from assay.FuzzLibrary import _results, _summary
from assay.rest import fuzzing

BODY: dict[str, Any] = {"requestBody": {"content": {}}}
ONLY_LOG_IN: dict[str, Any] = {"paths": {"/login": {"post": BODY}}}
THINGS: dict[str, Any] = {
    "security": [{"b": []}],
    "paths": {"/a": {"post": BODY}, "/a/{id}": {"get": {}, "delete": {}}},
}
OF_THINGS = {"use_after_free", "ensure_resource_availability", "ignored_auth", "missing_required_header"}


def outcome(*lacking: str, found: str = "") -> fuzzing.Outcome:
    judged = Counter(one for one in fuzzing.CHECKS if one not in lacking)
    return fuzzing.Outcome(judged, {found: ["GET /a: 500"]} if found else {})


def test_checks_follow_from_the_operations_there() -> None:
    assert not fuzzing.applicable(ONLY_LOG_IN) & OF_THINGS
    assert fuzzing.applicable(ONLY_LOG_IN) >= {"not_a_server_error", "negative_data_rejection"}
    assert fuzzing.applicable(THINGS) >= OF_THINGS
    assert "negative_data_rejection" not in fuzzing.applicable({"paths": {"/health": {"get": {}}}})


def test_what_cannot_be_looked_at_is_not_applicable_and_no_failure() -> None:
    rows = {row.name: row for row in _results(outcome(*OF_THINGS), fuzzing.applicable(ONLY_LOG_IN))}
    assert all(row.held for row in rows.values())
    assert rows["use_after_free"].seen == "not applicable to these operations"
    assert rows["not_a_server_error"].sent == "1 cases"


def test_what_was_found_breaks_a_row_whatever_was_expected_to_be_made() -> None:
    rows = _results(outcome(found="use_after_free"), fuzzing.applicable(ONLY_LOG_IN))
    assert [row.name for row in rows if not row.held] == ["use_after_free"]


def test_a_check_that_must_occur_and_does_not_is_an_error_of_ours() -> None:
    with pytest.raises(AssayError, match="never made checks .*: ignored_auth"):
        list(_results(outcome("ignored_auth"), fuzzing.applicable(THINGS)))


def test_all_authorities_are_in_one_bundle(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"certificate {name}\n")
    own = tuple(str(tmp_path / name) for name in "ab")
    text = fuzzing._authorities(Way(own))
    assert "certificate a" in text and "certificate b" in text and "BEGIN" not in text
    both = fuzzing._authorities(Way(("system", *own)))
    assert "certificate b" in both
    assert fuzzing._authorities(Way()) and fuzzing._authorities(Way()) in both


def job(url: str = "https://a", way: Way | None = None) -> fuzzing.Job:
    return fuzzing.Job({"paths": {}}, url, "tok", 1, 1, way or Way())


def test_the_bundle_and_the_certificate_are_named() -> None:
    shown = Way(certificate=ClientCertificate("/c.pem", "/k.pem"))
    command = " ".join(fuzzing._command(job(way=shown)))
    assert command.endswith("--tls-verify authorities.pem --request-cert /c.pem --request-cert-key /k.pem")
    assert "--tls-verify" not in fuzzing._command(job("http://a"))


def test_only_the_proxy_of_the_target_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://machine.test")
    assert not [name for name in fuzzing._surroundings(job()) if name.lower().endswith("_proxy")]
    way = Way(proxy=Proxy("http://proxy.test:3128", "qa", "p@ss"))
    told = fuzzing._surroundings(job(way=way))
    assert told["HTTPS_PROXY"] == told["http_proxy"] == "http://qa:p%40ss@proxy.test:3128"
    assert "NO_PROXY" not in told
    assert "p%40ss" not in " ".join(fuzzing._command(job(way=way)))


def test_a_key_with_a_password_is_an_obstacle() -> None:
    locked = ClientCertificate("/c.pem", "/k.pem", "secret word")
    assert "password" in fuzzing.obstacle(Way(certificate=locked))
    assert not fuzzing.obstacle(Way(certificate=ClientCertificate("/c.pem")))


def test_schemathesis_that_does_not_end_is_an_error_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **named: Any) -> None:
        raise subprocess.TimeoutExpired("schemathesis", named["timeout"])

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(AssayError, match="not done within 180 s on https://a"):
        fuzzing.run(job())


def test_a_good_token_is_let_in_wherever_nothing_says_that_it_ends() -> None:
    settings = tomllib.loads(fuzzing._settings(replace(job(), refusals={("POST", "/out"): (401,)})))
    usual = settings["checks"]["positive_data_acceptance"]["expected-statuses"]
    assert "2xx" in usual and 401 not in usual
    (ending,) = settings["operations"]
    assert ending["include-name"] == "POST /out"
    assert 401 in ending["checks"]["positive_data_acceptance"]["expected-statuses"]
    short = tomllib.loads(fuzzing._settings(replace(job(), ending=True)))
    assert 401 in short["checks"]["positive_data_acceptance"]["expected-statuses"]


def test_what_was_found_is_told_by_operation() -> None:
    found = [*(f"GET /a {{}}: 401, number {number}" for number in range(9)), "POST /b {}: 500, other"]
    first, *rest = _summary(found).splitlines()
    assert first == "10 found: GET /a (9), POST /b (1)"
    assert rest == ["GET /a {}: 401, number 0", "POST /b {}: 500, other"]
