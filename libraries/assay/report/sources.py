"""Reads what a run leaves in its state folder: the plan, the live results of each process, how it ended.

Everything here must also work on the remains of a run that was killed: a torn last line, a missing plan, no output.xml.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assay.report.shapes import Ending, Test

KEPT = "run"
"""The folder of a results folder in which a run keeps what its report is made of."""
_ELEMENT = re.compile(rb"<(suite|test) ([^>]*)>|</suite>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Live:
    """What the processes of a run wrote down while they ran: tests planned, begun and ended."""

    begun: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    planned: list[str] = field(default_factory=list)
    last: str = ""

    @property
    def complete(self) -> bool:
        """Whether every test that began has a result."""
        return set(self.begun) <= set(self.ended)


def mapping(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty when there is no such file or no such object."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def plan(state: Path, found: Live) -> list[dict[str, Any]]:
    """The planned tests: as the front door listed them, else as each process of plain `robot` or `pabot` said."""
    try:
        said = json.loads((state / "plan.json").read_text("utf-8"))
    except (OSError, ValueError):
        return [{"id": name} for name in dict.fromkeys(found.planned)]
    tests = said.get("tests", []) if isinstance(said, dict) else said
    return [test for test in tests if isinstance(test, dict) and test.get("id")]


def live(state: Path) -> Live:
    """The live results of all processes of a run. Of a test seen twice the worse result counts."""
    found = Live()
    for path in sorted((state / "live").glob("*.jsonl")):
        for entry in _lines(path):
            _take(entry, found)
    return found


def _take(entry: dict[str, Any], found: Live) -> None:
    event, name = entry.get("event"), str(entry.get("id", ""))
    found.last = max(found.last, str(entry.get("at") or entry.get("started") or ""))
    if event == "begin":
        found.begun.setdefault(name, entry)
    elif event == "test":
        before = found.ended.get(name)
        if before is None or _badness(entry) > _badness(before):
            found.ended[name] = entry
    elif event == "plan":
        found.planned.extend(str(one) for one in entry.get("ids", ()))


def _badness(entry: dict[str, Any]) -> int:
    return {"SKIP": 0, "PASS": 1}.get(str(entry.get("status")), 2)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError:
        return
    for line in content.split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def ending(state: Path, found: Live, planned: int) -> Ending:
    """How the run ended: as the front door wrote it down, else as it looks."""
    said = mapping(state / "ending.json")
    if said.get("how"):
        return Ending(str(said["how"]), str(said.get("detail", "")), str(said.get("at", "")))
    if not found.complete:
        return Ending("killed", "it was cut off in the middle of a test", found.last)
    if len(found.ended) < planned:
        return Ending("killed", "it was cut off before every planned test had run", found.last)
    return Ending("finished", "", found.last)


def log_ids(results: Path) -> dict[tuple[str, str, int], str]:
    """Where each test stands in log.html: (source, name, line) to the id that `log.html#id` opens.

    Reads the start tags of output.xml only, so that 100 MB take well under a second.
    """
    try:
        content = (results / "output.xml").read_bytes()
    except OSError:
        return {}
    ids: dict[tuple[str, str, int], str] = {}
    sources: list[str] = []
    for match in _ELEMENT.finditer(content):
        if match[1] is None:
            if sources:
                sources.pop()
            continue
        found = {
            key: unescape(value) for key, value in _ATTRIBUTE.findall(match[2].decode("utf-8", "replace"))
        }
        if match[1] == b"suite":
            if not match[2].endswith(b"/"):
                sources.append(found.get("source", ""))
        elif "id" in found:
            source = Path(sources[-1]).name if sources else ""
            ids[source, found.get("name", ""), int(found.get("line", 0))] = found["id"]
    return ids


def link(test: Test, ids: dict[tuple[str, str, int], str], folder: str = "") -> str:
    """The address of a test's evidence, relative to the page: its place in log.html, else a search in report.html.

    `folder` is where these lie, ending in a slash, when that is not beside the page.
    """
    place = ids.get((Path(test.source).name, test.name, test.line))
    if place:
        return f"{folder}log.html#{place}"
    return f"{folder}report.html#search?test={quote(test.name)}" if ids else ""
