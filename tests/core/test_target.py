"""A malformed target or dialect is refused in one line that says what, where and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.core import capabilities, dialect, target
from assay.core.errors import AssayError, TargetError
from assay.core.spelling import KeyHeader, Refusal

GOOD = """\
name: staging
services:
  auth: {url: https://auth.staging.example}
offers: [auth.password]
"""

MAIL = "sources: {mail: {url: 'imaps://m.example', kind: imap, user: qa, password: {env: MAIL_PASSWORD}}}\n"

DIALECT = """\
service: auth
operations:
  logIn:
    method: POST
    path: /token
    encode: form
    fields: {email: form:username, password: form:password}
    send: {form:grant_type: password}
    answer: {access_token: /token}
    problems: {invalid-credentials: {status: 400, at: /error, is: invalid_grant}}
"""


def written(folder: Path, text: str, name: str = "staging.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TargetError) as caught:
        target.load(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_target_says_what_it_can_do(tmp_path: Path) -> None:
    found = target.load(str(written(tmp_path, GOOD)))
    assert found.name == "staging"
    assert found.capabilities == {"auth.password"}
    assert found.launch is None
    assert capabilities.missing(["needs:auth.password", "needs:auth.signup"], found) == ["auth.signup"]


def test_every_target_of_the_project_is_good() -> None:
    assert "reference" in target.known_targets()
    for name in target.known_targets():
        assert target.load(name).name == name


def test_an_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(
        TargetError, match=r"unknown target 'refrence' \(did you mean 'reference'\?\); accepted: .*reference"
    ):
        target.load("refrence")


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        (GOOD + "ofers: []\n", 5, "unknown key 'ofers' (did you mean 'offers'?); accepted: "),
        (
            GOOD.replace("auth.password", "auth.pasword"),
            4,
            "unknown capability among offers 'auth.pasword' (did you mean",
        ),
        (GOOD.replace("offers", "observes"), 4, "unknown capability among observes 'auth.password'"),
        (GOOD.replace("https://", "ftp://"), 3, "services.auth.url cannot be"),
        (
            GOOD.replace("auth: {", "aut: {"),
            3,
            "unknown service 'aut' (did you mean 'auth'?); accepted: auth",
        ),
        (
            GOOD.replace("url:", "uri:"),
            3,
            "unknown key 'uri' in services.auth (did you mean 'url'?); accepted: ",
        ),
        (GOOD.replace("name: staging\n", ""), 1, "lacks the key 'name'"),
        ("name: staging\n", 1, "names no services and no launch, so there is nothing to test"),
        (
            GOOD + "accounts: {alice: {email: a@b.example, password: hunter2}}\n",
            5,
            "accounts.alice.password cannot be",
        ),
        (GOOD + "ca: nowhere.pem\n", 5, "ca names no file: nowhere.pem"),
        (
            GOOD + "launch: {command: [./nowhere]}\n",
            5,
            "the launcher ./nowhere is not there or not executable",
        ),
        (GOOD + "name: twice\n", 5, "the key 'name' is given twice"),
        (GOOD + "ca: [system, nowhere.pem]\n", 5, "ca names no file: nowhere.pem"),
        (GOOD + "ca: 5\n", 5, "ca cannot be 5; accepted: the path of a PEM file"),
        (GOOD + "proxy: {url: 'socks5://p.example:1'}\n", 5, "proxy.url cannot be"),
        (GOOD + "wrong_passwords: many\n", 5, "wrong_passwords cannot be"),
        (GOOD + "proxy: always\n", 5, 'proxy cannot be "always"; accepted: {url: '),
        (
            GOOD + "client_certificate: {certificate: nowhere.pem}\n",
            5,
            "client_certificate.certificate names no file: nowhere.pem",
        ),
        (
            GOOD.replace("example}", "example, client_certificate: {certificate: staging.yaml}}"),
            3,
            "the client certificate staging.yaml cannot be used: ",
        ),
        (GOOD + "mail_address: qa@corp.example\n", 5, "mail_address cannot be"),
        (GOOD + "mail_domain: a.example\nmail_address: 'qa+{name}@a.example'\n", 5, "cannot both be"),
        (
            GOOD + "sources: {mail: {url: 'imaps://m.example', kind: pop}}\n",
            5,
            "sources.mail.kind cannot be 'pop'",
        ),
        (
            GOOD + "sources: {mail: {url: 'imaps://m.example', kind: imap}}\n",
            5,
            "sources.mail lacks the key 'user'",
        ),
        (
            GOOD + MAIL.replace("imaps", "imap"),
            5,
            "sources.mail.url cannot be 'imap://m.example'; accepted: imaps://",
        ),
        (GOOD + MAIL.replace("kind: imap", "kind: outbox"), 5, "sources.mail.user is not for kind outbox"),
        (GOOD + MAIL.replace("user", "ca: no.pem, user"), 5, "ca names no file: no.pem"),
        ("name: [\n", 2, "is not YAML"),
        ("", 1, "is empty"),
        (GOOD.replace("example}", "example, dialect: klingon}"), 3, "unknown dialect 'klingon'; accepted: "),
    ],
)
def test_what_is_wrong_with_a_target_is_said_in_one_line(
    tmp_path: Path, wrong: str, line: int, says: str
) -> None:
    path = written(tmp_path, wrong)
    told = refusal(path)
    assert f"staging.yaml:{line}: " in told
    assert says in told


def test_a_password_in_the_url_of_a_proxy_is_not_repeated(tmp_path: Path) -> None:
    told = refusal(written(tmp_path, GOOD + "proxy: {url: 'http://me:hunter2@proxy.example:3128'}\n"))
    assert "without user or password" in told
    assert "hunter2" not in told


def test_the_value_of_a_wrong_password_entry_is_not_repeated(tmp_path: Path) -> None:
    told = refusal(written(tmp_path, GOOD + "accounts: {alice: {email: a@b.example, password: hunter2}}\n"))
    assert "hunter2" not in told


def test_a_secret_comes_from_the_environment_and_only_when_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.core.platform import Platform

    text = GOOD + "accounts: {alice: {email: a@b.example, password: {env: ALICE_PASSWORD}}}\n"
    monkeypatch.delenv("ALICE_PASSWORD", raising=False)
    platform = Platform(target.load(str(written(tmp_path, text))))
    with pytest.raises(
        AssayError, match="the environment variable ALICE_PASSWORD is not set; the target reads password"
    ):
        platform.account("alice")
    monkeypatch.setenv("ALICE_PASSWORD", "a password")
    assert platform.account() == {"email": "a@b.example", "password": "a password"}
    with pytest.raises(AssayError, match=r"has no account 'alcie' \(did you mean 'alice'\?\)"):
        platform.account("alcie")


def test_a_dialect_spells_an_operation(tmp_path: Path) -> None:
    path = written(tmp_path, DIALECT, "somebody.yaml")
    spelled = dialect.named("auth", str(path)).spelling("logIn")
    (step,) = spelled.steps
    assert (step.method, step.path, step.media) == ("POST", "/token", "application/x-www-form-urlencoded")
    assert (step.places["email"].where, step.places["email"].name) == ("form", "username")
    assert [(place.name, value) for place, value in step.constants] == [("grant_type", "password")]
    assert spelled.answers == {"/access_token": "/token"}
    assert spelled.refusals[0].fits(400, {"error": "invalid_grant"}, "")
    assert not spelled.refusals[0].fits(400, {"error": "slow_down"}, "")
    assert not spelled.refusals[0].fits(401, {"error": "invalid_grant"}, "")


def test_a_header_can_tell_which_refusal_it_is() -> None:
    by_header = Refusal("invalid-token", 401, "header:WWW-Authenticate", matches="invalid_token")
    assert by_header.fits(401, None, "", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    assert not by_header.fits(401, None, "invalid_token", {"WWW-Authenticate": "Bearer"})
    assert not by_header.fits(401, None, "invalid_token")
    exactly = Refusal("missing-token", 401, "header:WWW-Authenticate", "Bearer")
    assert exactly.fits(401, None, "", {"WWW-Authenticate": "Bearer"})
    assert not exactly.fits(401, None, "", {"WWW-Authenticate": "Basic"})


@pytest.mark.parametrize("name", target.known_targets())
def test_every_target_of_the_repository_is_well_formed(name: str) -> None:
    for service in (found := target.load(name)).services:
        for operation in found.dialect(service).contract.operations:
            assert found.dialect(service).spelling(operation).steps


def test_a_dialect_says_where_a_key_is_presented(tmp_path: Path) -> None:
    said = "service: auth\napi_key: {header: Authorization, before: 'ApiKey '}\noperations: {}\n"
    path = written(tmp_path, said, "somebody.yaml")
    assert dialect.named("auth", str(path)).key_header == KeyHeader("Authorization", "ApiKey ")
    assert dialect.default("auth").key_header == KeyHeader("X-API-Key")


def test_what_a_dialect_leaves_out_is_as_in_the_contract(tmp_path: Path) -> None:
    path = written(tmp_path, DIALECT, "somebody.yaml")
    assert dialect.named("auth", str(path)).spelling("getMe") == dialect.default("auth").spelling("getMe")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("logIn:", "login:", 3, "unknown operation 'login' (did you mean 'logIn'?); accepted: "),
        ("email: form", "mail: form", 7, "unknown field of logIn 'mail' (did you mean 'email'?); accepted: "),
        ("encode: form", "encode: xml", 6, "cannot be 'xml'; accepted: form, json"),
        (
            "    method: POST\n",
            "    methd: POST\n",
            4,
            "unknown key 'methd' in operations.logIn (did you mean 'method'?)",
        ),
        (
            "form:username",
            "body",
            7,
            'operations.logIn.fields.email cannot be "body"; accepted: a JSON pointer',
        ),
        ("service: auth", "service: auth\napi_key: {header: 'Api Key'}", 2, "api_key.header cannot be"),
        ("service: auth", "service: shop", 1, "unknown service 'shop'; accepted: auth, store"),
    ],
)
def test_what_is_wrong_with_a_dialect_is_said_in_one_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    written(tmp_path, DIALECT.replace(old, new), "somebody.yaml")
    told = refusal(written(tmp_path, GOOD.replace("example}", "example, dialect: somebody.yaml}")))
    assert f"somebody.yaml:{line}: " in told
    assert says in told


def test_steps_and_a_single_request_exclude_each_other(tmp_path: Path) -> None:
    both = DIALECT + "    steps: [{method: GET, path: /}]\n"
    written(tmp_path, both, "somebody.yaml")
    assert "'encode' and 'steps' exclude each other" in refusal(
        written(tmp_path, GOOD.replace("example}", "example, dialect: somebody.yaml}"))
    )


def test_an_unknown_operation_names_the_known_ones() -> None:
    from assay.core.platform import Platform

    platform = Platform(target.load("reference"))
    with pytest.raises(
        AssayError, match=r"unknown operation 'auth.logOn' \(did you mean 'logIn'\?\); accepted: "
    ):
        platform.spelling("auth.logOn")
    with pytest.raises(AssayError, match="'logIn' names no service; accepted: SERVICE.OPERATION"):
        platform.spelling("logIn")


def test_an_unknown_capability_is_an_error_and_no_skip() -> None:
    with pytest.raises(
        AssayError, match=r"unknown capability 'auth.pasword' \(did you mean 'auth.password'\?\)"
    ):
        capabilities.missing(["needs:auth.pasword"], target.load("reference"))


def test_the_contract_tells_where_credentials_are() -> None:
    secrets = dialect.default("auth").spelling("logIn").secrets
    given = ("access token", "refresh token", "challenge token")
    assert secrets == {f"/{kind.replace(' ', '_')}": kind for kind in given}
