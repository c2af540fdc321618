"""One case of a table: what is wrong with an answer is told, and what is right is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from assay.core.contract import Contract
from assay.http.answers import Headers, Response
from assay.http.operations import Rules
from assay.rest.cases import Case, judge

PROBLEM = {"application/problem+json": {"schema": {"type": "object", "required": ["type"]}}}
OPERATION = {
    "operationId": "say",
    "responses": {"200": {}, "422": {"content": PROBLEM}, "500": {"content": PROBLEM}},
}
RULES = Rules(Contract("small", {"paths": {"/say": {"post": OPERATION}}}), OPERATION)


def answer(status: int, document: Any, problem: str | None = None, seconds: float = 0.01) -> Response:
    headers = Headers([("Content-Type", "application/problem+json" if problem else "application/json")])
    text = json.dumps(document)
    return Response("small.say", status, headers, document, text, problem, seconds, document)


def refusal(*fields: str, **more: Any) -> dict[str, Any]:
    return {"type": "urn:p:invalid-request", "errors": [{"field": one} for one in fields], **more}


def never(operation: str, request: Mapping[str, Any]) -> Response:
    raise AssertionError("nothing was to be read back")


WRONG = Case("a row", "small.say", {}, "invalid-request", names="word", payload="something sent")


def test_a_refusal_that_names_the_field_holds() -> None:
    assert not judge(WRONG, answer(422, refusal("word"), "invalid-request"), RULES, never)


SEVERAL = replace(WRONG, names="word other")


def test_a_refusal_that_names_every_wrong_field_holds() -> None:
    assert not judge(SEVERAL, answer(422, refusal("other", "word"), "invalid-request"), RULES, never)


def test_a_refusal_that_names_the_first_of_several_wrong_fields_is_told() -> None:
    seen = answer(422, refusal("word"), "invalid-request")
    assert "naming word" in judge(SEVERAL, seen, RULES, never)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (answer(200, {}), "200"),
        (answer(422, refusal("word"), "another"), "422 another"),
        (answer(422, refusal("other"), "invalid-request"), "naming other"),
        (answer(422, refusal("word", "other"), "invalid-request"), "naming other, word"),
        (answer(422, refusal(), "invalid-request"), "no field"),
        (answer(422, refusal("word", detail="not something sent!"), "invalid-request"), "repeating"),
        (answer(422, refusal("word", detail="SELECT a FROM b"), "invalid-request"), "telling a query"),
        (answer(500, refusal("word"), "invalid-request"), "a server error"),
    ],
)
def test_what_is_wrong_is_told(seen: Response, told: str) -> None:
    assert told in judge(WRONG, seen, RULES, never)


WORD = Case("a row", "small.say", {}, payload="something sent", or_refused="word")


def test_a_word_that_may_be_refused_is_accepted_or_named() -> None:
    assert not judge(WORD, answer(200, {}), RULES, never)
    assert not judge(WORD, answer(422, refusal("word"), "invalid-request"), RULES, never)
    assert "naming other" in judge(WORD, answer(422, refusal("other"), "invalid-request"), RULES, never)
    assert "422 another" in judge(WORD, answer(422, refusal("word"), "another"), RULES, never)
    unlisted = replace(WORD, or_refused="")
    assert "422" in judge(unlisted, answer(422, refusal("word"), "invalid-request"), RULES, never)


def test_what_was_accepted_is_read_back() -> None:
    kept = {"operation": "small.read", "at": "/word", "token_at": "/token"}
    case = Case("a row", "small.say", {}, payload="café", kept=kept)
    asked = []

    def read(operation: str, request: Mapping[str, Any]) -> Response:
        asked.append((operation, dict(request)))
        return answer(200, {"word": "café"})

    assert not judge(case, answer(200, {"token": "t"}), RULES, read)
    assert asked == [("small.read", {"token": "t"})]
    assert "kept as" in judge(
        case, answer(200, {"token": "t"}), RULES, lambda *_: answer(200, {"word": "cafe"})
    )
