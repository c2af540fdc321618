"""One case of a table over operations: what is sent, what it must be answered with, and what else must be true of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assay.contract import inside
from assay.evidence.expect import Unmet
from assay.http import contracts
from assay.http.answers import Response
from assay.http.expectations import SUCCESS, Expectation
from assay.http.operations import Rules

_WAITING = re.compile("sleep|waitfor", re.IGNORECASE)
_TELLING = 6  # characters; shorter texts stand in any answer
Send = Callable[[str, Mapping[str, Any]], Response]


@dataclass(frozen=True)
class Case:
    """A request to an operation.

    `expects` is ``accepted``, the name of a problem, a value in the answer such as ``/valid=false``, or a status where
    the answer has no body to name a problem in. `names` is the field
    that is wrong, or several with spaces between: a refusal as invalid names each of them and no other. `payload` is what must not come back in a
    refusal. `or_refused` is a field whose refusal as invalid will do as well. `kept` says where an accepted payload is read back. `check` looks at what is special to a table.
    """

    name: str
    operation: str
    request: Mapping[str, Any] = field(default_factory=dict)
    expects: str = "accepted"
    names: str = ""
    payload: str = ""
    control: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Response], str] | None = None
    or_refused: str = ""

    @property
    def expectation(self) -> Expectation:
        """What the answer is held against."""
        if self.expects == "accepted":
            return SUCCESS
        if self.expects.isdigit():
            return Expectation(status=int(self.expects))
        return Expectation.read(self.expects)

    @property
    def asks_to_wait(self) -> bool:
        """Whether its text would make a database or a shell wait."""
        return bool(_WAITING.search(self.payload))

    @property
    def bodiless(self) -> bool:
        """Whether its answers have no body by their nature."""
        return self.request.get("method") == "HEAD"

    def __str__(self) -> str:
        return self.name


def judge(case: Case, response: Response, rules: Rules, send: Send) -> str:
    """What is wrong with the answer, in words; nothing when nothing is."""
    if case.or_refused and response.problem == "invalid-request":
        case = replace(case, expects="invalid-request", names=case.or_refused)
    return next(_complaints(case, response, rules, send), "")


def _complaints(case: Case, response: Response, rules: Rules, send: Send) -> Iterator[str]:
    if response.status >= 500:
        yield f"{response.summary()}, a server error"
    try:
        case.expectation.check(response)
        if response.status >= 400 and not case.bodiless:
            contracts.check(rules, response)
    except Unmet as unmet:
        yield str(unmet.seen) if unmet.seen == response.summary() else str(unmet)
    if response.status >= 400 and not case.bodiless:
        yield from _of_a_refusal(case, response)
    elif case.kept and case.payload:
        yield from _not_kept(case, response, send)
    if case.check is not None and (complaint := case.check(response)):
        yield complaint


def _of_a_refusal(case: Case, response: Response) -> Iterator[str]:
    if found := inside.told_in(response.text):
        yield f"{response.summary()}, telling {', '.join(found)}"
    if len(case.payload) >= _TELLING and repeated(case.payload, response):
        yield f"{response.summary()}, repeating what was sent"
    if case.names and response.problem == "invalid-request":
        named = named_fields(response)
        if named != set(case.names.split()):
            yield f"{response.summary()}, naming {', '.join(sorted(named)) or 'no field'}"


def named_fields(response: Response) -> set[str]:
    """The fields that a problem document names."""
    errors = response.document.get("errors", []) if isinstance(response.document, Mapping) else []
    return {str(one.get("field", "")).partition(".")[0] for one in errors if isinstance(one, Mapping)}


def repeated(payload: str, response: Response) -> bool:
    """Whether an answer holds what was sent: in its text, in the texts of its document, or in its headers."""
    texts = [
        response.text,
        *_texts(response.document),
        *(response.headers[name] for name in response.headers),
    ]
    return any(payload in text for text in texts)


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for name, value in document.items():
            yield str(name)
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def _not_kept(case: Case, response: Response, send: Send) -> Iterator[str]:
    from assay.core.spelling import value_at

    token = value_at(response.body, case.kept["token_at"])
    seen = send(case.kept["operation"], {"token": token})
    told = value_at(seen.body, case.kept["at"])
    if told != case.payload:
        yield f"{response.summary()}, kept as {json.dumps(told)[:120]}"
