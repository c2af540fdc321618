"""The cases that are made from the contract of auth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from assay.contract.nonsense import RAW
from assay.core.errors import AssayError
from assay.http.answers import Headers, Response
from assay.rest import browsers, fuzzing, hostile, tables
from assay.rest.cases import Case
from assay.rest.positions import Places, Position, known
from assay.rest.running import _check

PEOPLE = {
    "email": "ann@people.test", "password": "long enough", "access_token": "t", "refresh_token": "r",
    "token": "m", "new_password": "another one", "session_id": "s",
}  # fmt: skip


class Made(Counter[str]):
    def __call__(self, keyword: str) -> Mapping[str, Any]:
        self[keyword] += 1
        return PEOPLE


def position(name: str) -> Position:
    return known("auth")[name]


def answered(**headers: str) -> Response:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Response("auth.x", 405, Headers(pairs), None, "", "method-not-allowed", 0.0)


def test_operations_share_a_position_but_for_those_that_spend_it() -> None:
    made = Made()
    at = Places(made)
    for name in ("getMe", "getSession", "logOut", "logOut", "logOutEverywhere"):
        at.of(position(name))
    assert made == {"A Logged In User": 3}


def test_every_method_that_a_path_does_not_know_is_asked() -> None:
    paths = {"/auth/me": {"GET": position("getMe")}}
    cases = list(tables.methods(paths, Places(Made()), {}))
    assert {case.request["method"] for case in cases} == set(tables.METHODS) - {"GET", "HEAD"}
    assert all(case.request["token"] == "t" for case in cases)
    check = cases[0].check
    assert check is not None
    assert not check(answered(Allow="GET, HEAD"))
    assert "not GET" in check(answered(Allow="GET, PUT"))
    assert "nothing" in check(answered())


def test_a_text_is_refused_where_the_schema_rules_it_out_and_else_as_the_position_says() -> None:
    at, log_in = Places(Made()), position("logIn")
    device = log_in.fields["device_id"]
    (good,) = hostile.case(log_in, at, device, "a", "Ann's phone")
    assert (good.expects, good.names) == ("accepted", "")
    assert good.kept["operation"] == "auth.getSession"
    (bad,) = hostile.case(log_in, at, device, "a", "a\nb")
    assert (bad.expects, bad.names) == ("invalid-request", "device_id")
    (half,) = hostile.case(log_in, at, device, "a", "a\ud800")
    assert half.expects == "invalid-request"
    assert b"\\ud800" in half.request[RAW]


def test_only_plain_words_may_be_known_passwords() -> None:
    at, sign_up = Places(Made()), position("signUp")
    password, name = sign_up.fields["password"], sign_up.fields["full_name"]
    texts = ("undefined", "9007199254740993", "' OR 1=1 --")
    made = [next(hostile.case(sign_up, at, password, "a", text)) for text in texts]
    assert [one.or_refused for one in made] == ["password", "password", ""]
    assert not next(hostile.case(sign_up, at, name, "a", "undefined")).or_refused


def test_what_would_change_the_position_is_not_sent() -> None:
    at, change = Places(Made()), position("changePassword")
    field = change.fields["new_password"]
    assert not list(hostile.case(change, at, field, "a", "a very good password"))
    assert [one.expects for one in hostile.case(change, at, field, "a", "short")] == ["invalid-request"]


def test_what_cannot_stand_in_a_path_is_not_sent() -> None:
    at, end = Places(Made()), position("endSession")
    field = end.fields["session_id"]
    assert not list(hostile.case(end, at, field, "a", ""))
    assert not list(hostile.case(end, at, field, "a", "\ud800"))
    assert [one.expects for one in hostile.case(end, at, field, "a", "a\r\nb")] == ["not-found"]


def test_the_same_seed_draws_the_same_strings() -> None:
    at, log_in = Places(Made()), position("logIn")
    first, again, other = (
        [case.name for case in hostile.of_naughty(log_in, at, seed, 12)] for seed in ("a", "a", "b")
    )
    assert first == again
    assert first != other
    assert len(hostile.naughty()) > 400


def test_limits_are_met_to_the_character() -> None:
    cases = {case.name: case for case in hostile.boundaries(position("logIn"), Places(Made()))}
    longest = cases["auth.logIn device_id: longest in four octets"]
    assert len(longest.request["device_id"]) == 100
    assert longest.expects == "accepted"
    assert cases["auth.logIn device_id: too long"].expects == "invalid-request"


def test_fields_are_wrong_one_by_one_and_all_at_once() -> None:
    *each, last = tables.wrong(position("logIn"), Places(Made()))
    assert {case.names for case in each} == {"email", "password", "provider", "device_id", ""}
    assert last.names.split() == ["email", "password", "provider", "device_id"]
    assert last.request["email"] is None and last.request["device_id"] == 42


def test_a_body_that_is_not_encoded_is_taken_in_any_case_of_letters() -> None:
    controls = {case.name for case in tables.media(position("logIn"), Places(Made())) if case.control}
    assert {f"auth.logIn Content-Encoding: {one}" for one in ("identity", "Identity")} <= controls


def test_a_single_field_is_not_wrong_beside_others() -> None:
    names = [case.name for case in tables.wrong(position("refreshToken"), Places(Made()))]
    assert names and "auth.refreshToken all wrong at once" not in names


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Access_Control_Allow_Origin": browsers.STRANGER}, "allowed for"),
        ({"Access_Control_Allow_Origin": "null"}, "allowed for null"),
        ({"Access_Control_Allow_Origin": "*", "Access_Control_Allow_Credentials": "true"}, "credentials"),
        ({"Access_Control_Allow_Origin": "*", "Access_Control_Allow_Methods": "POST"}, "methods"),
        ({}, ""),
    ],
)
def test_who_may_read_an_answer(headers: dict[str, str], told: str) -> None:
    paths = {"/auth/me": {"GET": position("getMe")}}
    (case,) = browsers.preflights(paths, Places(Made()))
    assert case.check is not None
    found = case.check(answered(**headers))
    assert told in found if told else not found


def test_other_origins_may_begin_with_the_whole_of_the_own_one() -> None:
    asked = browsers.origins([position("getMe")], Places(Made()), "http://service.test:8080")
    alike = {case.request["headers"]["Origin"]: case for case in asked}
    assert {"https://service.test.people.test", "http://service.test:1"} <= set(alike)
    origin = "http://service.test:8080.people.test"
    check = alike[origin].check
    assert check is not None
    assert "allowed for" in check(answered(Access_Control_Allow_Origin=origin))
    assert not check(answered())


def test_an_answer_without_its_safe_headers_is_told() -> None:
    case = next(browsers.safe([position("getMe")], Places(Made())))
    assert case.check is not None
    good = {
        "X_Content_Type_Options": "nosniff",
        "Content_Security_Policy": "frame-ancestors 'none'",
        "Referrer_Policy": "no-referrer",
        "Cache_Control": "no-store",
    }
    assert not case.check(answered(**good))
    for name in good:
        without = {one: value for one, value in good.items() if one != name}
        assert name.replace("_", "-") in case.check(answered(**without))
    assert "Apache/2" in case.check(answered(**good, Server="Apache/2.4"))


@pytest.mark.parametrize(
    ("policy", "referrer", "lacking"),
    [
        ("frame-ancestors *", "no-referrer", "frame-ancestors"),
        ("frame-ancestors https:", "no-referrer", "frame-ancestors"),
        ("frame-ancestors", "no-referrer", "frame-ancestors"),
        ("frame-ancestors 'self' https://others.test", "no-referrer", "frame-ancestors"),
        ("default-src 'none'; Frame-Ancestors 'self'", "no-referrer", ""),
        ("default-src 'none', frame-ancestors 'none'", "same-origin", ""),
        ("frame-ancestors 'none'", "origin", "Referrer-Policy"),
        ("frame-ancestors 'none'", "strict-origin-when-cross-origin", "Referrer-Policy"),
        ("frame-ancestors 'none'", "no-referrer, origin", "Referrer-Policy"),
        ("frame-ancestors 'none'", "origin, no-referrer, something-new", ""),
    ],
)
def test_only_policies_that_forbid_count(policy: str, referrer: str, lacking: str) -> None:
    case = next(browsers.safe([position("getMe")], Places(Made())))
    assert case.check is not None
    good = {"X_Content_Type_Options": "nosniff", "Cache_Control": "no-store"}
    found = case.check(answered(**good, Content_Security_Policy=policy, Referrer_Policy=referrer))
    assert lacking in found if lacking else not found


@pytest.mark.parametrize(
    ("name", "told"),
    [("getMe", "for everybody"), ("logIn", "for everybody"), ("getJwks", ""), ("getHealth", "")],
)
def test_everybody_may_read_only_what_needs_no_credential(name: str, told: str) -> None:
    case = next(browsers.origins([position(name)], Places(Made()), "http://service.test"))
    assert case.check is not None
    found = case.check(answered(Access_Control_Allow_Origin="*"))
    assert told in found if told else not found


def test_a_table_that_could_show_nothing_is_refused() -> None:
    with pytest.raises(AssayError, match="no control"):
        _check("t", [Case("a", "auth.logIn")])
    with pytest.raises(AssayError, match="control rows only"):
        _check("t", [Case("a", "auth.logIn", control=True)])
    with pytest.raises(AssayError, match="same name"):
        _check("t", [Case("a", "auth.logIn"), Case("a", "auth.logIn", control=True)])


def test_a_document_is_cut_to_the_known_operations() -> None:
    document = {"paths": {"/a": {"get": {}, "post": {}, "parameters": []}, "/b": {"get": {}}}}
    assert fuzzing.only(document, [("GET", "/a")])["paths"] == {"/a": {"get": {}, "parameters": []}}


def test_findings_of_schemathesis_are_counted_by_check() -> None:
    line = (
        '{"ScenarioFinished": {"recorder": {"label": "GET /a", "checks": {"1": ['
        '{"name": "not_a_server_error", "status": "failure", "failure_info": {"failure": {"title": "Server error",'
        ' "message": "said 500"}}}, {"name": "ignored_auth", "status": "success"}]},'
        ' "cases": {"1": {"value": {"method": "GET", "path": "/a", "query": {"q": "x"}}}},'
        ' "interactions": {"1": {"response": {"status_code": 500}}}}}}'
    )
    outcome = fuzzing.read(['{"Initialize": {}}', line])
    assert outcome.judged == {"not_a_server_error": 1, "ignored_auth": 1}
    assert outcome.found == {
        "not_a_server_error": ['GET /a {"query": {"q": "x"}}: 500, Server error: said 500']
    }


def test_a_token_of_schemathesis_stands_in_no_argument_and_no_file() -> None:
    document = {"paths": {}, "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}}}
    job = fuzzing.Job(document, "http://a", "tok-1", 1, 1, own_tokens={("POST", "/out"): "tok-2"})
    written = " ".join([*fuzzing._command(job), fuzzing._settings(job)])
    assert "tok-" not in written
    assert {"tok-1", "tok-2"} <= set(fuzzing._surroundings(job).values())
