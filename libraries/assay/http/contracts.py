"""Answers against the contract: status, content type, body, headers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from robot.api.types import Secret

from assay.evidence.expect import Unmet, expect
from assay.http.answers import Response
from assay.http.operations import Rules


def check(rules: Rules, response: Response) -> None:
    """Raises Unmet at the first thing in which an answer differs from the contract."""
    where = f"the contract of {response.operation}"
    said = rules.answer(response.status)
    if said is None:
        raise Unmet(f"a status of {', '.join(rules.statuses)}", response.summary(), where)
    for name, header in said.get("headers", {}).items():
        header = rules.resolve(header)
        if header.get("required") and name not in response.headers:
            raise Unmet(f"a header {name} with status {response.status}", "no such header", where)
        if name in response.headers and "schema" in header:
            _check_header(rules, name, response.headers[name], header["schema"], where)
    content = said.get("content")
    if not content:
        expect(not response.text, f"no body with status {response.status}", response.text, where)
        return
    kind = response.headers.get("Content-Type", "no content type").split(";")[0].strip().lower()
    expect(kind in content, f"content type {' or '.join(content)}", kind, where)
    if "json" in kind:
        expect(response.document is not None, "a body in JSON", response.text[:200], where)
        _check_body(rules, response, content[kind].get("schema", {}), where)


def _check_body(rules: Rules, response: Response, schema: Mapping[str, Any], where: str) -> None:
    body = _opened(response.body)
    error = next(
        iter(sorted(_validator(rules, schema).iter_errors(body), key=lambda error: list(error.path))), None
    )
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the body"
        raise Unmet(f"{place} as in the contract", error.message, where)


def _check_header(rules: Rules, name: str, value: str, schema: Mapping[str, Any], where: str) -> None:
    typed: Any = int(value) if schema.get("type") == "integer" and value.lstrip("-").isdigit() else value
    if error := next(iter(_validator(rules, schema).iter_errors(typed)), None):
        raise Unmet(f"header {name} as in the contract", error.message, where)


def _validator(rules: Rules, schema: Mapping[str, Any]) -> Any:
    return Draft202012Validator(rules.whole(schema), format_checker=_formats())


def _opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.value
    if isinstance(value, Mapping):
        return {name: _opened(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item) for item in value]
    return value


@cache
def _formats() -> FormatChecker:
    """Checks the formats that the standard library can check; `uuid`, `email`, `date-time`, `uri`, addresses."""
    from datetime import datetime
    from urllib.parse import urlsplit

    checker = FormatChecker()

    @checker.checks("date-time", raises=ValueError)
    def is_time(value: object) -> bool:
        return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None

    @checker.checks("uri", raises=ValueError)
    def is_uri(value: object) -> bool:
        return not isinstance(value, str) or bool(urlsplit(value).scheme)

    return checker
