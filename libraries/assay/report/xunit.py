"""The verdict as xUnit has it: a test is a failure there when, and only when, it fails the run."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree

from assay.evidence.redact import redact
from assay.report.model import Report
from assay.report.moments import moment
from assay.report.shapes import Outcome, Test

_AS = {
    Outcome.BROKE: "failure",
    Outcome.FLAKY: "failure",
    Outcome.BROKEN: "error",
    Outcome.WARNS: "skipped",
    Outcome.ACCEPTED: "skipped",
    Outcome.QUARANTINED: "skipped",
    Outcome.SKIPPED: "skipped",
    Outcome.NOT_RUN: "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_xml(report: Report) -> str:
    """The tests of a report as an xUnit file, by suite."""
    top = _element("testsuite", report.run.target, report.tests)
    for suite, tests in groupby(sorted(report.tests, key=lambda test: test.suite), lambda test: test.suite):
        listed = list(tests)
        inner = _element("testsuite", suite, listed)
        inner.extend(_case(test) for test in listed)
        top.append(inner)
    ElementTree.indent(top)
    return ElementTree.tostring(top, "unicode", xml_declaration=True) + "\n"


def _element(tag: str, name: str, tests: list[Test]) -> ElementTree.Element:
    kinds = [_AS.get(test.outcome) for test in tests]
    counts = {plural: str(kinds.count(one)) for plural, one in _COUNTED.items()}
    seconds = f"{sum(test.seconds for test in tests):.3f}"
    return ElementTree.Element(
        tag, {"name": _text(name), "tests": str(len(tests)), **counts, "time": seconds}
    )


_COUNTED = {"errors": "error", "failures": "failure", "skipped": "skipped"}


def _case(test: Test) -> ElementTree.Element:
    about = {"classname": _text(test.suite), "name": _text(test.name), "time": f"{test.seconds:.3f}"}
    case = ElementTree.Element("testcase", about)
    if kind := _AS.get(test.outcome):
        ElementTree.SubElement(case, kind, {"message": _text(says(test)), "type": test.outcome.slug})
    return case


def says(test: Test) -> str:
    """What became of a test, in a line."""
    itself = test.itself or test.outcome
    words = [str(test.outcome), *([str(itself)] if test.itself else [])]
    if itself is Outcome.FLAKY:
        words += [_failed(one) for one in test.earlier if one.outcome is not Outcome.HELD]
    elif why := test.message or ("" if test.quarantine else test.why):
        words.append(why)
    return ": ".join(words)


def _failed(test: Test) -> str:
    return f"it failed at {moment(test.started)}: {test.message or test.why}"


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", redact(text))
