"""CONTRIBUTING.md's example of a keyword fits where it says that it belongs."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
LONGEST = 400


def example(path: str) -> str:
    """The block of the page that begins with a comment naming a file, without that comment."""
    found = re.search(rf"^ {{4}}# {re.escape(path)}.*\n((?:(?: {{4}}.*)?\n)+)", PAGE, re.MULTILINE)
    assert found, f"CONTRIBUTING.md has no block for {path}"
    return textwrap.dedent(found[1]).strip() + "\n"


def test_the_keyword_has_room_and_is_python() -> None:
    method = example("libraries/assay/HttpLibrary.py")
    library = (ROOT / "libraries/assay/HttpLibrary.py").read_text("utf-8")
    place = library.index("\n\ndef _")
    whole = f"{library[:place]}\n{textwrap.indent(method, '    ')}{library[place:]}"
    assert len(whole.splitlines()) <= LONGEST
    [made] = [
        one
        for one in ast.walk(ast.parse(whole))
        if isinstance(one, ast.FunctionDef) and one.name == "should_have_come_within"
    ]
    assert ast.get_docstring(made)
