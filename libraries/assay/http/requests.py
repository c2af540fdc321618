"""Requests out of fields, and answers back into the contract's words."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from assay.core.inventing import invent
from assay.core.spelling import SECRET, TEMPLATE, Capture, Place, Spelling, Step, Where, value_at
from assay.evidence.exchange import Exchange
from assay.evidence.redact import conceal
from assay.http.answers import Headers, Response, wrap
from assay.http.client import Answer
from assay.http.cookies import read
from assay.http.operations import Operation

PROBLEM = "application/problem+json"
INVALID_CERTIFICATE = "invalid-certificate"
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes | None


@dataclass
class Conversation:
    """The state of an operation while its steps are sent: fields, captures, cookies."""

    operation: Operation
    fields: dict[str, Any]
    token: str | None = None
    authorization: str | None = None
    headers: dict[str, str | None] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    secret: Callable[[str], str] | None = None
    lacking: str = ""
    _at: str = ""
    _invented: dict[str, Any] = field(default_factory=dict)

    def is_left_out(self, step: Step) -> bool:
        """Whether a step is not sent, because its whole URL was to be captured and was not."""
        whole = TEMPLATE.fullmatch(step.path)
        return whole is not None and whole.group(1) not in self.fields

    def lacks_for(self, step: Step) -> bool:
        """Whether a step needs what should have been captured and was not; then the conversation ends before it."""
        texts = [step.path, *(value for _, value in step.constants if isinstance(value, str))]
        captured = {name for one in self.operation.spelling.steps for name in one.captures}
        needed = {name for text in texts for name in TEMPLATE.findall(text)} & captured
        if absent := sorted(needed - set(self.fields)):
            self.lacking = f"there is no '{absent[0]}' for the next step"
        return bool(absent)

    def redirected(self, step: Step, answer: Answer) -> Request | None:
        """The request that a redirect within the service asks for, when the step follows redirects."""
        _take_cookies(self.cookies, answer)
        place = Headers(answer.headers).get("Location", "")
        if not step.follow or answer.status not in _REDIRECTS or not place:
            return None
        url = urljoin(self._at, place)
        if urlsplit(url)[:2] != urlsplit(self._at)[:2]:
            return None
        self._at = url
        return Request(
            "GET", url, _path_of(url), self._headers(Step("GET", url), {}, self.cookies, None), None
        )

    def request(self, step: Step) -> Request:
        """The request of a step, with the fields that belong to it and every one that belongs nowhere in its body."""
        query: list[tuple[str, str]] = []
        form: list[tuple[str, str]] = []
        headers: dict[str, str] = {}
        cookies = dict(self.cookies)
        body: dict[str, Any] = {}
        document: Any = body
        last = step is self.operation.spelling.steps[-1]
        for place, value in [*step.constants, *self._placed(step, last)]:
            if isinstance(value, str) and (place, value) in step.constants:
                if not self._can_be_filled(value):
                    continue
                value = self._filled(value)
            match place.where:
                case "query":
                    query.extend((place.name, _text(item)) for item in _several(value))
                case "form":
                    form.append((place.name, _text(value)))
                case "header":
                    headers[place.name] = _text(value)
                case "cookie":
                    cookies[place.name] = _text(value)
                case "body" if not place.name.strip("/"):
                    document = value
                case "body":
                    _put(body, place.name, value)
                case "bearer":
                    headers["Authorization"] = f"Bearer {_text(value)}"
                case "basic":
                    headers["Authorization"] = f"Basic {_basic(place.name, _text(value))}"
                case _:  # in the path, which takes its fields by name
                    pass
        url = self._url(step)
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        content = self._content(step, document, form)
        self._at = url
        return Request(
            step.method, url, _path_of(url), self._headers(step, headers, cookies, content), content
        )

    def take(self, step: Step, answer: Answer) -> bool:
        """Keeps what a step's answer gives to later steps; False when the conversation ends with this answer."""
        _take_cookies(self.cookies, answer)
        if step is self.operation.spelling.steps[-1]:
            return False
        wanted = step.statuses or frozenset(range(200, 400))
        if answer.status not in wanted:
            self.lacking = f"it is none of the statuses {sorted(wanted)}"
            return False
        for name, capture in step.captures.items():
            if (found := _captured(capture, answer)) is None:
                if capture.optional:
                    continue
                self.lacking = f"there is no '{name}' at {capture.where}:{capture.name}"
                return False
            if isinstance(found, str):
                # Of an address, what it carries: the rest stands in every message that names the service.
                conceal(found.partition("?")[2] or found, name)
            self.fields[name] = found
        return True

    def _placed(self, step: Step, last: bool) -> list[tuple[Place, Any]]:
        told = self._told_otherwise(step)
        placed = [
            (place, self.fields[name])
            for name, place in step.places.items()
            if name in self.fields and name not in told
        ]
        if last:
            # What the contract does not know is sent under the name that it was given, so that a test can add anything.
            where = self._where_unknown(step)
            known = self._known()
            placed.extend(
                (Place(where, name), value) for name, value in self.fields.items() if name not in known
            )
        return placed

    @staticmethod
    def _told_otherwise(step: Step) -> set[str]:
        """The fields in whose place a constant stands that says them in another form, such as `{expires_in}s`."""
        return {
            name
            for place, text in step.constants
            for name in (TEMPLATE.findall(text) if isinstance(text, str) else ())
            if step.places.get(name) == place
        }

    def _known(self) -> set[str]:
        known: set[str] = set(self.operation.spelling.fields)
        for step in self.operation.spelling.steps:
            known.update(step.places, step.captures, TEMPLATE.findall(step.path))
        return known

    @staticmethod
    def _where_unknown(step: Step) -> Where:
        if not step.bodied and step.method not in ("POST", "PUT", "PATCH"):
            return "query"
        return "form" if _is_form(step) else "body"

    def _content(self, step: Step, document: Any, form: list[tuple[str, str]]) -> bytes | None:
        if _is_form(step):
            return urlencode(form).encode()
        if document == {} and not step.bodied:
            return None
        if isinstance(document, bytes):
            return document
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )

    def _headers(
        self, step: Step, placed: Mapping[str, str], cookies: Mapping[str, str], content: bytes | None
    ) -> list[tuple[str, str]]:
        headers = {"User-Agent": "assay", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if _is_form(step) else step.media
        headers.update(placed)
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        elif self.token is not None:
            own = len(self.operation.spelling.steps) > 1 and "Authorization" in headers
            if not own:  # where a step proves its client itself, that is not the caller's to take away
                headers["Authorization"] = f"Bearer {self.token}"
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        for name, value in self.headers.items():
            kept = [headers.pop(known) for known in list(headers) if known.lower() == name.lower()]
            if value is not None:
                brought = [value] if name.lower() != "cookie" else [*kept, *_beside(value, cookies)]
                headers[name] = "; ".join(brought)
        return list(headers.items())

    def _url(self, step: Step) -> str:
        if whole := TEMPLATE.fullmatch(step.path):
            return urljoin(self._at or self.operation.service.url, _text(self.fields[whole.group(1)]))
        path = TEMPLATE.sub(lambda match: quote(self._value(match.group(1), ""), safe=""), step.path)
        return path if "://" in path else self.operation.service.url.rstrip("/") + path

    def _can_be_filled(self, text: str) -> bool:
        """Whether a constant names no field of the operation that was not given."""
        absent = set(self.operation.spelling.fields) - set(self.fields)
        return absent.isdisjoint(TEMPLATE.findall(text))

    def _filled(self, text: str) -> str:
        return TEMPLATE.sub(lambda match: self._value(match.group(1), match.group()), text)

    def _value(self, name: str, otherwise: str) -> str:
        if name in self.fields:
            return _text(self.fields[name])
        if self.secret and name.startswith(SECRET):
            return self.secret(name.removeprefix(SECRET))
        return invent(name, self._invented) or otherwise


def response_of(
    operation: Operation, answer: Answer, exchanges: list[Exchange], known: Mapping[str, Any]
) -> Response:
    """The answer in the contract's words: fields renamed, credentials wrapped, the problem named.

    `known` are the fields that were sent and what was captured on the way.
    """
    spelling = operation.spelling
    headers = Headers(answer.headers)
    text = answer.body.decode("utf-8", "replace")
    document = _parsed(text)
    problem = None
    if not 200 <= answer.status < 300 or spelling.refusals:
        problem = _problem(spelling, answer.status, headers, document, text)
    body = document
    if problem is None and 200 <= answer.status < 300 and (spelling.answers or spelling.constants):
        body = _translated(spelling, document, headers, known)
    for place, kind in spelling.secrets.items():
        body = wrap(body, place, kind)
    return Response(
        operation.name, answer.status, headers, body, text, problem, answer.seconds, document, exchanges
    )


def refused_in_handshake(operation: Operation, exchanges: list[Exchange], reason: str) -> Response:
    """The answer to a certificate that the TLS handshake refused: no status, and the problem of the contract for it."""
    nothing = Headers([])
    return Response(operation.name, 0, nothing, None, reason, INVALID_CERTIFICATE, 0.0, None, exchanges)


def _problem(spelling: Spelling, status: int, headers: Headers, document: Any, text: str) -> str | None:
    for refusal in spelling.refusals:
        if refusal.fits(status, document, text, headers):
            return refusal.problem
    if status >= 400 and headers.get("Content-Type", "").split(";")[0].strip() == PROBLEM:
        kind = document.get("type") if isinstance(document, dict) else None
        if isinstance(kind, str) and kind != "about:blank":
            return re.split(r"[:/#]", kind.rstrip("/"))[-1]
    return None


def _translated(
    spelling: Spelling, document: Any, headers: Headers, known: Mapping[str, Any]
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, place in spelling.answers.items():
        where, _, rest = place.partition(":")
        if where == "header":
            found = headers.get(rest)
        else:
            found = known.get(rest) if where == "field" else value_at(document, place)
        if found is not None:
            _put(body, name, found)
    for name, value in spelling.constants.items():
        _put(body, name, value)
    return body


def _captured(capture: Capture, answer: Answer) -> str | int | None:
    headers = Headers(answer.headers)
    text = answer.body.decode("utf-8", "replace")
    found: Any
    match capture.where:
        case "body":
            found = value_at(_parsed(text), capture.name)
        case "header":
            found = headers.get(capture.name)
        case "cookie":
            jar: dict[str, str] = {}
            _take_cookies(jar, answer)
            found = jar.get(capture.name)
        case "location":
            parts = urlsplit(headers.get("Location", ""))
            found = dict(parse_qsl(f"{parts.query}&{parts.fragment}")).get(capture.name)
        case "text" | "html":
            matched = re.search(capture.name, text)
            found = matched.group(1) if matched else None
            if found is not None and capture.where == "html":
                found = html.unescape(found)
    return found if found is None or isinstance(found, int) else _text(found)


def _take_cookies(jar: dict[str, str], answer: Answer) -> None:
    for name, value in answer.headers:
        if name.lower() != "set-cookie":
            continue
        cookie = read(value)
        if cookie.ends or not cookie.value:
            jar.pop(cookie.name, None)
        else:
            jar[cookie.name] = cookie.value


def _beside(brought: str, cookies: Mapping[str, str]) -> list[str]:
    """The cookies that a caller brings along, but for those whose place a service has given to another since."""
    pairs = [pair.strip() for pair in brought.split(";")]
    return [pair for pair in pairs if pair.partition("=")[0] not in cookies]


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *parents, name = path.strip("/").split("/")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[name] = value


def _parsed(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _is_form(step: Step) -> bool:
    return step.media == "application/x-www-form-urlencoded"


def _basic(name: str, password: str) -> str:
    conceal(password, "client secret")
    return base64.b64encode(f"{quote(name, safe='')}:{quote(password, safe='')}".encode()).decode()


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
