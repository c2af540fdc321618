"""Makes Robot's own results of a run out of what its workers left, also of those that were killed while they wrote.

python -m assay.command.running.merging FOLDER [options of rebot] output.xml ...
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any
from xml.parsers import expat

from pabot.result_merger import merge
from pabot.writer import get_writer
from robot.api import ExecutionResult, ResultVisitor
from robot.rebot import Rebot
from robot.rebot import rebot as write_results

_STATUS = b'<status status="FAIL" start="1970-01-01T00:00:00" elapsed="0">The process that ran it ended here.</status>'
_HAVE_STATUS = (
    "suite",
    "test",
    "kw",
    "for",
    "iter",
    "while",
    "if",
    "branch",
    "try",
    "group",
    "variable",
    "return",
    "continue",
    "break",
)


def mended(content: bytes) -> bytes:
    """An output.xml whose writer was killed, cut before its last whole token and closed; a whole one stays as it is."""
    if content.rstrip().endswith(b"</robot>"):
        return content
    reader = _Reader(content)
    closing = []
    for name, judged in reversed(reader.open):
        if name in _HAVE_STATUS and not judged:
            closing.append(_STATUS)
        closing.append(f"</{name}>".encode())
    return content[: reader.cut] + b"\n".join(closing) + b"\n"


class _Reader:
    """Reads as far as there is XML; `open` are the elements that are open where it may be cut."""

    def __init__(self, content: bytes) -> None:
        self.cut = 0
        self.open: list[tuple[str, bool]] = []
        self._content = content
        self._stack: list[tuple[str, bool]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        with contextlib.suppress(expat.ExpatError):
            self._parser.Parse(content, False)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._mark()
        self._stack.append((name, False))

    def _end(self, name: str) -> None:
        tag = self._content[self._parser.CurrentByteIndex :][:2] == b"</"
        if tag:
            self._mark()
        self._stack.pop()
        if name == "status" and self._stack:
            self._stack[-1] = (self._stack[-1][0], True)
        if not tag and self._parser.CurrentByteIndex != self.cut:  # the end of an element without content
            self._mark()

    def _mark(self) -> None:
        self.cut, self.open = self._parser.CurrentByteIndex, list(self._stack)


def write(folder: Path, outputs: list[Path], options: dict[str, Any]) -> None:
    """Writes output.xml, log.html and report.html into `folder`."""
    readable = []
    for path in outputs:
        content = path.read_bytes()
        if b"<suite" not in content:
            continue  # killed before its first suite
        whole = mended(content)
        if whole is not content:
            path.write_bytes(whole)
        readable.append(str(path))
    if not readable:
        return
    _merged(readable, folder).save(folder / "output.xml")
    write_results(str(folder / "output.xml"), outputdir=str(folder), **options, stdout=sys.stdout)


def _merged(outputs: list[str], folder: Path) -> Any:
    if len(outputs) == 1:
        return ExecutionResult(outputs[0])
    writer = get_writer(log_dir=str(folder))  # pabot's merger starts one, whose thread outlives it
    try:
        merged = merge(outputs, {}, "", [], None)
    finally:
        writer.stop()
    merged.visit(_ByName())
    return merged


class _ByName(ResultVisitor):  # type: ignore[misc] # robot has no stubs
    """Brings the suites of several workers into the order that a reader looks for them in."""

    def start_suite(self, suite: Any) -> None:
        suite.suites = sorted(suite.suites, key=lambda child: child.name)

    def visit_test(self, test: Any) -> None:
        """Leaves the test as it is."""


def main(arguments: list[str]) -> None:
    """Writes the results; options of rebot stand before the outputs."""
    folder, *rest = arguments
    options, outputs = Rebot().parse_arguments(rest)
    write(Path(folder), [Path(one) for one in outputs], options)


if __name__ == "__main__":
    main(sys.argv[1:])
