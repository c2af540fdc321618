"""Known failures and quarantine: what is allowed to fail on a target, why, who answers for it and until when.

A known failure fails always, and in the way that is written down; a test in quarantine fails now and then. The list stays
true by force: a known failure that passes or fails in another way, and any entry whose date has passed, fails the run.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from assay.core.errors import AssayError
from assay.report.shapes import KnownFailure, KnownVerdict, Outcome, Quarantined, Test

SCHEMA = Path(__file__).parent / "schema" / "known-failures.schema.json"
Entry = KnownFailure | Quarantined


class KnownFailuresError(AssayError):
    """The list of known failures cannot be used; the message names file, line and what is wrong."""


def load(path: Path) -> list[Entry]:
    """The entries of a list: known failures first, then what is in quarantine.

    Raises `KnownFailuresError` with `file:line: what is wrong` when the file is missing, is not YAML or does not
    follow the schema, so that a run can be refused before it begins.
    """
    try:
        text = path.read_text("utf-8")
        data = yaml.safe_load(text)
    except OSError as error:
        raise KnownFailuresError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise KnownFailuresError(f"{path}:{line}: is not YAML: {getattr(error, 'problem', error)}") from None
    except ValueError as error:  # a date that no calendar has
        raise KnownFailuresError(f"{path}: holds what is no date: {error}") from None
    data = _dates_as_text(data)
    for problem in _validator().iter_errors(data):
        line = _line(text, list(problem.absolute_path))
        raise KnownFailuresError(f"{path}:{line}: {_words(problem)}")
    failures = [
        KnownFailure(**{**entry, "rows": tuple(entry.get("rows", ()))})
        for entry in data.get("known_failures") or []
    ]
    quarantined = [
        Quarantined(**entry, line=_line(text, ["quarantine", place]))
        for place, entry in enumerate(data.get("quarantine") or [])
    ]
    return [*failures, *quarantined]


def names(entry: Entry, id: str, name: str) -> bool:
    """Whether an entry means the test of this long name and name."""
    return id == entry.test or id.endswith(f".{entry.test}") or name == entry.test


def judge(entries: Sequence[Entry], tests: list[Test], today: datetime.date) -> list[KnownVerdict]:
    """Holds each entry against what the run saw, and marks the tests that an entry covers."""
    return [_judge(entry, tests, today) for entry in entries]


def _judge(entry: Entry, tests: list[Test], today: datetime.date) -> KnownVerdict:
    found = [test for test in tests if names(entry, test.id, test.name)]
    if datetime.date.fromisoformat(entry.until) < today:
        was = f"in quarantine (owner: {entry.owner})" if isinstance(entry, Quarantined) else "accepted"
        return KnownVerdict(entry, "expired", f"was {was} until {entry.until}, which has passed")
    if not found:
        return KnownVerdict(entry, "not judged", "its test was not part of this run")
    if len(found) > 1:
        return KnownVerdict(entry, "unclear", f"names {len(found)} tests; give the long name of one")
    test = found[0]
    if entry.requirement not in test.requirements:
        return KnownVerdict(entry, "wrong", f"the test does not speak of {entry.requirement}")
    if test.outcome in (Outcome.ACCEPTED, Outcome.QUARANTINED):
        return KnownVerdict(entry, "wrong", "another entry names the same test")
    if isinstance(entry, Quarantined):
        return _put_in_quarantine(entry, test)
    return _accept(entry, test)


def _put_in_quarantine(entry: Quarantined, test: Test) -> KnownVerdict:
    """What it did this time decides nothing, be it good or bad: one run says little about a test that comes and goes."""
    if not test.outcome.judged:
        return KnownVerdict(entry, "not judged", f"its test was {test.outcome.value}")
    test.itself, test.quarantine = test.outcome, entry
    test.outcome, test.why = Outcome.QUARANTINED, "the quarantine applies"
    did = "failed and then held" if test.itself is Outcome.FLAKY else test.itself.value
    return KnownVerdict(
        entry, "quarantined", f"{did} this time; {entry.owner} answers for it until {entry.until}"
    )


def _accept(entry: KnownFailure, test: Test) -> KnownVerdict:
    if test.outcome is Outcome.HELD:
        return KnownVerdict(entry, "passes", "the test passes now: remove the entry")
    if test.outcome is Outcome.FLAKY:
        return KnownVerdict(
            entry, "passes", "the test failed and then passed: it is not a failure that is known"
        )
    if not test.outcome.judged:
        return KnownVerdict(entry, "not judged", f"its test was {test.outcome.value}")
    if gone := set(entry.rows) - set(test.failed_rows):
        return KnownVerdict(entry, "passes", f"these rows pass now: {', '.join(sorted(gone))}")
    if entry.rows and (more := set(test.failed_rows) - set(entry.rows)):
        return KnownVerdict(entry, "different", f"other rows fail too: {', '.join(sorted(more))}")
    if _plain(entry.seen) not in _plain(f"{test.seen} {test.message}"):
        return KnownVerdict(entry, "different", "the test fails, but what was seen is something else")
    test.outcome = Outcome.ACCEPTED
    test.accepted = entry
    return KnownVerdict(entry, "still so", f"accepted by {entry.accepted_by} until {entry.until}")


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(
        json.loads(SCHEMA.read_text("utf-8")), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _dates_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _dates_as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _words(problem: Any) -> str:
    if problem.validator == "required":
        missing = sorted(set(problem.validator_value) - set(problem.instance))
        return f"an entry lacks {', '.join(missing)}"
    if problem.validator == "additionalProperties":
        known = sorted(problem.schema["properties"])
        unknown = sorted(set(problem.instance) - set(known))
        return f"unknown key {', '.join(unknown)}; known are {', '.join(known)}"
    where = ".".join(str(part) for part in problem.absolute_path)
    return f"{where}: {problem.message}" if where else str(problem.message)


def _line(text: str, path: list[Any]) -> int:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for part in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
    return int(node.start_mark.line) + 1 if node is not None else 1
