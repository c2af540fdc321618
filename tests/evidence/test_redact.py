"""What `redact` hides, what it leaves, and how fast."""

import base64
import html
import json
import secrets
import time
import urllib.parse
from collections.abc import Callable, Iterator

import pytest
from assay.evidence import redact as module
from assay.evidence.redact import Redacted, conceal, holds_mark, holds_secret, mask, redact
from assay.evidence.search import search_text

SECRET = 'Zeb-ra é"/<&+ \\ 42'
_OCTETS = SECRET.encode()

FORMS: dict[str, str] = {
    "raw": SECRET,
    "base64": base64.b64encode(_OCTETS).decode(),
    "base64 one byte in": base64.b64encode(b"x" + _OCTETS + b"yz").decode(),
    "base64 two bytes in": base64.b64encode(b"xx" + _OCTETS + b"y").decode(),
    "base64url": base64.urlsafe_b64encode(b"ab" + _OCTETS).decode(),
    "basic pair": base64.b64encode(b"someone@assay.test:" + _OCTETS).decode(),
    "wrapped base64": base64.encodebytes(b"-" * 70 + _OCTETS + b"-" * 70).decode(),
    "percent": urllib.parse.quote(SECRET),
    "percent, all": urllib.parse.quote(SECRET, safe=""),
    "percent, lower case": urllib.parse.quote(SECRET, safe="").replace("%2F", "%2f").replace("%C3", "%c3"),
    "every byte in percent": "".join(f"%{octet:02x}" for octet in _OCTETS),
    "form": urllib.parse.quote_plus(SECRET),
    "percent twice": urllib.parse.quote(urllib.parse.quote(SECRET)),
    "JSON": json.dumps(SECRET),
    "JSON, not ASCII": json.dumps(SECRET, ensure_ascii=False),
    "JSON in JSON": json.dumps(json.dumps({"a": SECRET})),
    "every letter as \\u": "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
    "HTML": html.escape(SECRET),
    "HTML of JSON": html.escape(json.dumps(SECRET)),
    "entities": "".join(f"&#{ord(letter)};" for letter in SECRET),
    "repr": repr(SECRET),
    "repr of bytes": repr(_OCTETS),
    "hexadecimal": _OCTETS.hex(),
    "upper hexadecimal": _OCTETS.hex().upper(),
    "percent of base64": urllib.parse.quote(base64.b64encode(_OCTETS).decode(), safe=""),
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("ASSAY_RUN", raising=False)
    module.forget()
    yield
    module.forget()


@pytest.mark.parametrize("form", FORMS)
def test_a_named_secret_is_hidden_in_every_form(form: str) -> None:
    conceal(SECRET, "password")
    shown = redact(f"before {FORMS[form]} after")
    assert shown.startswith("before ") and shown.endswith(" after")
    assert "‹password #" in shown
    assert not search_text(shown, {"secret": SECRET})


@pytest.mark.parametrize("form", FORMS)
def test_the_search_sees_what_is_not_hidden(form: str) -> None:
    found = search_text(FORMS[form], {"secret": SECRET})
    unlisted = {"wrapped base64", "every byte in percent", "percent twice", "every letter as \\u", "entities",
                "percent, lower case", "repr of bytes", "HTML of JSON", "percent of base64"}  # fmt: skip
    assert found or form in unlisted


def test_a_secret_that_was_cut_is_hidden_from_either_end() -> None:
    token = secrets.token_urlsafe(60)
    conceal(token, "token")
    assert token[:20] not in redact(f"${{x}} = {token[:50]}...")
    assert token[-20:] not in redact(f"...{token[30:]}")


def test_the_same_secret_has_the_same_mark_and_another_has_another() -> None:
    assert mask("first secret", "password") == mask("first secret", "password")
    assert mask("first secret", "password") != mask("second secret", "password")
    assert holds_mark(mask("first secret", "password"))


def test_redacting_again_changes_nothing() -> None:
    once = redact('{"password": "abc", "token": "def"} Authorization: Bearer 0123456789abc')
    assert redact(once) == once


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ("'authorization': 'Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz"),
        ("Authorization: opaque-credential", "opaque-credential"),
        ("a Bearer mF_9.B5f-4.1JqM was sent", "mF_9.B5f-4.1JqM"),
        ('{"password":"hunter2"}', "hunter2"),
        ("{'client_secret': 'hunter2'}", "hunter2"),
        ('{\\"refresh_token\\": \\"hunter2\\"}', "hunter2"),
        ("&quot;password&quot;: &quot;hunter2&quot;", "hunter2"),
        ("GET /verify?token=hunter2&lang=en", "hunter2"),
        ("grant_type=password&password=hunter2&x=1", "hunter2"),
        ("Set-Cookie: sid=hunter2; Path=/; HttpOnly", "hunter2"),
        ("Cookie: theme=dark; sid=hunter2", "hunter2"),
        ("{'Set-Cookie': 'sid=hunter2; Path=/'}", "hunter2"),
        ("<Cookie sid=hunter2 for 127.0.0.1/>", "hunter2"),
        ('{"kty":"EC","x":"AA","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}', "870MB6gfuTJ4Ht"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJ\n-----END RSA PRIVATE KEY-----", "MIIBOgIBAAJ"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIBOgIBAAJ\\n-----END PRIVATE KEY-----", "MIIBOgIBAAJ"),
        ("postgresql://auth:hunter2@127.0.0.1:5432/auth", "hunter2"),
        ("x eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. y", "eyJzdWIiOiIxIn0"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_without_a_name(text: str, hidden: str) -> None:
    shown = redact(text)
    assert hidden not in shown
    assert holds_mark(shown)


@pytest.mark.parametrize(
    "text",
    [
        'WWW-Authenticate: Bearer error="invalid_token", error_description="The token is expired"',
        "Bearer authentication is needed",
        '{"token_type": "Bearer", "expires_in": 900}',
        '{"keys": [{"kty": "RSA", "kid": "2026-11", "n": "' + "x" * 340 + '", "e": "AQAB", "use": "sig"}]}',
        '{"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLU"}',
        '{"password_min_length": 8, "token_endpoint": "http://auth.test/token"}',
        "password=${user.password}",
        "Bearer <secret>",
        '{"password": "", "token": null}',
        "urn:assay:problem:invalid-token",
        "the secretary typed a password: none",
        "Cache-Control: no-store",
    ],
)
def test_what_is_public_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_one_letter_is_no_secret() -> None:
    conceal("s", "password")
    assert redact("Another Person's Session, answer='s'") == "Another Person's Session, answer='s'"


def test_short_and_plain_words_are_hidden_only_as_values() -> None:
    conceal("1234", "pin")
    conceal("dragon", "password")
    assert redact("pin='1234' of 12345") == f"pin='{mask('1234')}' of 12345"
    assert redact("here be dragons, and a dragon") == "here be dragons, and a dragon"
    assert "dragon" not in redact('"user": "x", "pass": "dragon"')
    assert redact("dragon") == mask("dragon")


def test_blanks_are_no_secret() -> None:
    conceal(" " * 8, "password")
    conceal("", "password")
    assert redact("a        b") == "a        b"


def test_a_redacted_text_is_not_looked_at_again() -> None:
    text = Redacted('{"password": "shown on purpose"}')
    assert redact(text) is text


def test_names_with_secrets_are_noticed() -> None:
    conceal(SECRET, "password")
    assert holds_secret(f"Log In With {SECRET}")
    assert not holds_secret("Log In With A Password")


def _milliseconds(work: Callable[[], object]) -> float:
    best = min(_once(work) for _ in range(5))
    return best * 1000


def _once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_the_cost_grows_with_the_text_and_not_with_the_secrets() -> None:
    text = ('{"user": "someone", "n": 12345, "text": "Lorem ipsum dolor"}\n' * 2000)[:100_000]
    few = _milliseconds(lambda: redact(text))
    for _ in range(2000):
        conceal(secrets.token_urlsafe(32), "token")
    many = _milliseconds(lambda: redact(text))
    assert many < 5 * few + 50


def test_a_secret_at_the_end_of_a_text_that_begins_a_longer_one() -> None:
    """One that is twice the other is looked for where the other ends the text, and reaches beyond it."""
    once = "Zq7-" * 9 + "end-1"
    conceal(once + once, "token")
    conceal(once + "\n", "token")
    assert once not in redact(f"refresh_token={once}%0A")
    assert once not in redact(f"a={once}%0A&b=%20")
