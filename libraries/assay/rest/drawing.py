"""Bodies drawn by Hypothesis that the schema of an operation rules out; what breaks is shown in its simplest form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from assay.contract.nonsense import RAW
from assay.http.answers import Response
from assay.http.operations import Rules
from assay.rest.cases import Case, judge, named_fields
from assay.rest.positions import Places, Position
from assay.rest.tables import plain

Send = Callable[[str, Mapping[str, Any]], Response]


@dataclass(frozen=True)
class Drawn:
    """What came of the bodies of one operation: how many were sent, and the simplest that broke, with what was wrong."""

    sent: int
    body: str = ""
    complaint: str = ""


class _BrokenError(Exception):
    """A body was answered otherwise than it must be."""


def ruled_out(
    position: Position, at: Places, rules: Rules, schema: Mapping[str, Any], send: Send, seed: int, count: int
) -> Drawn:
    """Sends bodies that the schema rules out until one is not refused as invalid, naming only fields that are wrong."""
    import hypothesis
    from hypothesis import HealthCheck, Phase

    valid = position.valid(at.of(position))
    inside = {one for one, field in position.fields.items() if field.where == "body"}
    body = {one: plain(value) for one, value in valid.items() if one in inside}
    beside = {one: value for one, value in valid.items() if one not in body}
    validator = Draft202012Validator(dict(schema))
    sent = [0]
    last: list[str] = ["", ""]

    def holds(drawn: dict[str, Any]) -> None:
        offending = offenders(validator, drawn)
        hypothesis.assume(offending)
        sent[0] += 1
        text = json.dumps(drawn)
        request = {RAW: text.encode(), **beside}
        case = Case("drawn", position.operation, request, "invalid-request", check=_only(offending))
        if found := judge(case, send(position.operation, request), rules, send):
            last[:] = [text, found]
            raise _BrokenError(found)

    settings = hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    try:
        given: Any = hypothesis.given(_bodies(body, position))
        tried: Callable[[], None] = settings(given(holds))
        hypothesis.seed(seed)(tried)()
    except _BrokenError:
        return Drawn(sent[0], *last)
    return Drawn(sent[0])


def offenders(validator: Any, body: Mapping[str, Any]) -> set[str]:
    """The fields of a body that its schema rules out, missing and unknown ones among them."""
    found: set[str] = set()
    for error in validator.iter_errors(body):
        found |= {str(error.absolute_path[0])} if error.absolute_path else _of_the_whole(error, body)
    return found


def _of_the_whole(error: Any, body: Mapping[str, Any]) -> set[str]:
    if error.validator == "required":
        return {one for one in error.validator_value if one not in body}
    if error.validator == "additionalProperties":
        return {one for one in body if one not in error.schema.get("properties", {})}
    return set()


def _only(offending: set[str]) -> Callable[[Response], str]:
    def check(answer: Response) -> str:
        # An unknown field may be told without its name, which somebody made up.
        named = {one for one in named_fields(answer) if not one.startswith("(")}
        if more := named - offending:
            return f"{answer.summary()}, naming {', '.join(sorted(more))}, which {'is' if len(more) == 1 else 'are'} right"
        return ""

    return check


def _bodies(valid: Mapping[str, Any], position: Position) -> Any:
    from hypothesis import strategies as some

    simple = some.one_of(
        some.none(),
        some.booleans(),
        some.integers(-(2**70), 2**70),
        some.floats(allow_nan=False, allow_infinity=False),
        some.text(max_size=40),
    )
    anything = some.recursive(
        simple,
        lambda inner: some.one_of(
            some.lists(inner, max_size=3), some.dictionaries(some.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=6,
    )
    inside = [one for one, field in position.fields.items() if field.where == "body"]
    drawn = {
        one: some.one_of(some.just(valid[one]), anything) if one in valid else anything for one in inside
    }
    known = some.fixed_dictionaries({}, optional=drawn)
    unknown = some.one_of(
        some.just({}), some.dictionaries(some.text("abcxyz_$", min_size=3, max_size=9), anything, max_size=1)
    )
    return some.builds(lambda one, other: {**other, **one}, known, unknown)
