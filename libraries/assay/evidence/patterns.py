"""Secrets that are known by their look, without anyone having named them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text that must not be shown, what it is, and the value that its mark stands for."""

    start: int
    end: int
    kind: str
    value: str
    named: bool = False


# Without one of these nothing below can stand in a text; most names and arguments end here.
_TELLING = re.compile(r"[:=.+% -]")
_TOKEN_CHARACTERS = r"A-Za-z0-9._~+/\-"
_JWT_HEADS = ("eyJ", "eyA", "ewo", "ewA", "ewk", "eyI", "e30")
_JWT = re.compile(r"e(?:yJ|yA|wo|wA|wk|yI|30)[A-Za-z0-9_-]{4,}={0,2}(?:\.[A-Za-z0-9_=-]*)+")
_SCHEME = re.compile(
    rf"(?i)(bearer|basic|dpop)(?:\s|%20|\+)+(?![a-z_]+=[\"'\w])([{_TOKEN_CHARACTERS}]{{8,}}={{0,2}})"
)
_AUTHORIZATION = re.compile(
    r"(?i)\b(?:proxy-)?authorization[\"']?\s*[:=]\s*(?:[bu](?=[\"']))?[\"']?(?>(?:(?:bearer|basic|dpop|digest|token)\s+)?)([^\s\"'<>,}‹$]+)"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)", re.DOTALL
)
_NAMES = {
    "password": "password",
    "passwd": "password",
    "pwd": "password",
    "passphrase": "password",
    "secret": "secret",
    "token": "token",
    "apikey": "key",
    "api_key": "key",
    "api-key": "key",
    "privatekey": "key",
    "private_key": "key",
    "private-key": "key",
    "authorization_code": "code",
}
_MEMBER = re.compile(r"[\"']\s*[:=]\s*(?:[bu](?=[\"']))?([\"'])((?:\\.|(?!\1)[^\\\n])+)")
_PARAMETER = re.compile(r"=()(?![$@&]\{)([^\s&\"'<>‹›,;)}\]|]+)")
_CODE = re.compile(r"[?&](code)=([^\s&\"'<>‹›]+)")
_COOKIES = re.compile(r"(?i)\b(set-cookie|cookie)[\"']?\s*[:=]\s*(?:[bu](?=[\"']))?[\"']?([^\"'\r\n<>]+)")
_JAR = re.compile(r"<Cookie [^=<>\s]+=([^\s<>]+) for ")
_PAIR = re.compile(r"([^=;,\s]+)\s*=\s*\"?([^;\"\s]+)")
_ATTRIBUTES = frozenset(
    {"path", "domain", "expires", "max-age", "samesite", "version", "comment", "priority"}
)
_JWK_PRIVATE = re.compile(r"[\"'](?:d|p|q|dp|dq|qi|k)[\"']\s*:\s*([\"'])([A-Za-z0-9_-]{16,}={0,2})\1")
_URL_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]*:([^\s/@\"'<>‹]+)@")
_PROSE = re.compile(r"[a-z]+|[A-Z][a-z]+")
_NOT_SECRET = frozenset({"none", "true", "false", "null", "secret", "<secret>", "..."})


def known_patterns(text: str) -> Iterator[Span]:
    """Finds what looks like a secret: JWTs, header values, private keys, password members, cookies."""
    if not _TELLING.search(text):
        return
    lower = _lower(text)
    if "." in text and any(head in text for head in _JWT_HEADS):
        for match in _JWT.finditer(text):
            yield Span(match.start(), match.end(), "token", match.group())
    if "bearer" in lower or "basic" in lower or "dpop" in lower:
        yield from _schemes(text)
    if "authorization" in lower:
        for match in _AUTHORIZATION.finditer(text):
            yield from _span(match, 1, "credentials")
    if "private key-----" in lower:
        for match in _PEM.finditer(text):
            yield Span(match.start(), match.end(), "private key", match.group())
    yield from _members(text, lower)
    if "cookie" in lower:
        yield from _cookies(text)
    if '"kty"' in text or "'kty'" in text:
        for match in _JWK_PRIVATE.finditer(text):
            yield from _span(match, 2, "private key")
    if "://" in text and "@" in text:
        for match in _URL_PASSWORD.finditer(text):
            yield from _span(match, 1, "password")


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(character.lower()[0] for character in text)


def _schemes(text: str) -> Iterator[Span]:
    for match in _SCHEME.finditer(text):
        if not _PROSE.fullmatch(match.group(2).rstrip(".-/")):
            yield from _span(match, 2, "token" if match.group(1).lower() != "basic" else "credentials")


def _members(text: str, lower: str) -> Iterator[Span]:
    for name, kind in _NAMES.items():
        at = lower.find(name)
        while at >= 0:
            at += len(name)
            if match := _MEMBER.match(text, at) or _PARAMETER.match(text, at):
                yield from _span(match, 2, kind)
            at = lower.find(name, at)
    if "code=" in text:
        for match in _CODE.finditer(text):
            yield from _span(match, 2, "code")


def _cookies(text: str) -> Iterator[Span]:
    for header in _COOKIES.finditer(text):
        for pair in _PAIR.finditer(text, header.start(2), header.end(2)):
            if pair.group(1).lower() not in _ATTRIBUTES:
                yield from _span(pair, 2, "cookie")
    for match in _JAR.finditer(text):
        yield from _span(match, 1, "cookie")


def _span(match: re.Match[str], group: int, kind: str) -> Iterator[Span]:
    value = match.group(group)
    if value.lower() not in _NOT_SECRET and not value.startswith(("‹", "${", "<secret>")):
        yield Span(match.start(group), match.end(group), kind, value)
