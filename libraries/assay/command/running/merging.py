"""Makes Robot's own results of a run out of what its workers left, also of those that were killed while they wrote.

python -m assay.command.running.merging FOLDER [options of rebot] output.xml ...
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from pabot.result_merger import merge
from pabot.writer import get_writer
from robot.api import ExecutionResult
from robot.rebot import Rebot
from robot.rebot import rebot as write_results

_TAG = re.compile(rb"<(/?)([a-zA-Z]+)([^<>]*?)(/?)>")
_STATUS = b'<status status="FAIL" start="1970-01-01T00:00:00" elapsed="0">The process that ran it ended here.</status>'
_HAVE_STATUS = (
    b"suite",
    b"test",
    b"kw",
    b"for",
    b"iter",
    b"while",
    b"if",
    b"branch",
    b"try",
    b"group",
    b"var",
    b"return",
)


def mended(content: bytes) -> bytes:
    """An output.xml whose writer was killed, closed where it breaks off; a whole one comes back as it is."""
    if content.rstrip().endswith(b"</robot>"):
        return content
    end = content.rfind(b">") + 1
    while content[content.rfind(b"<", 0, end) : end].count(b'"') % 2:  # the '>' stood inside a torn attribute
        end = content.rfind(b">", 0, end - 1) + 1
    content = content[:end]
    open_tags: list[bytes] = []
    for tag in _TAG.finditer(content):
        if tag[1]:
            if open_tags and open_tags[-1] == tag[2]:
                open_tags.pop()
        elif not tag[4]:
            open_tags.append(tag[2])
    closing = []
    for name in reversed(open_tags):
        if name in _HAVE_STATUS:
            closing.append(_STATUS)
        closing.append(b"</%s>" % name)
    return content + b"\n".join(closing) + b"\n"


def write(folder: Path, outputs: list[Path], options: dict[str, Any]) -> None:
    """Writes output.xml, log.html, report.html and xunit.xml into `folder`."""
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
    write_results(
        str(folder / "output.xml"), outputdir=str(folder), xunit="xunit.xml", **options, stdout=sys.stdout
    )


def _merged(outputs: list[str], folder: Path) -> Any:
    if len(outputs) == 1:
        return ExecutionResult(outputs[0])
    writer = get_writer(log_dir=str(folder))  # pabot's merger starts one, whose thread outlives it
    try:
        return merge(outputs, {}, "", [], None)
    finally:
        writer.stop()


def main(arguments: list[str]) -> None:
    """Writes the results; options of rebot stand before the outputs."""
    folder, *rest = arguments
    options, outputs = Rebot().parse_arguments(rest)
    write(Path(folder), [Path(one) for one in outputs], options)


if __name__ == "__main__":
    main(sys.argv[1:])
