"""The Robot files of the project as data: who imports what, which test says what, which keyword calls which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from robot.api import get_model
from robot.api.parsing import ModelVisitor, Token

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Body:
    """A test or a keyword: its name, tags and what it calls."""

    name: str
    line: int
    tags: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@dataclass
class RobotFile:
    """A suite or a resource."""

    path: Path
    resources: list[Path] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    shared_calls: list[str] = field(default_factory=list)
    tests: list[Body] = field(default_factory=list)
    keywords: list[Body] = field(default_factory=list)
    words: list[tuple[int, str]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """The path as messages have it."""
        return str(self.path.relative_to(ROOT))

    def tags_of(self, test: Body) -> list[str]:
        """The tags of a test with those that the suite gives to all; `-name` takes one away."""
        taken = {tag[1:] for tag in test.tags if tag.startswith("-")}
        return [tag for tag in [*self.tags, *test.tags] if tag not in taken and not tag.startswith("-")]


class _Reader(ModelVisitor):  # type: ignore[misc] # robot has no stubs
    def __init__(self, file: RobotFile) -> None:
        self.file = file
        self.body: Body | None = None

    def visit_ResourceImport(self, node: Any) -> None:
        self.file.resources.append((self.file.path.parent / node.name).resolve())

    def visit_LibraryImport(self, node: Any) -> None:
        self.file.libraries.append(node.name)

    def visit_VariablesImport(self, node: Any) -> None:
        self.file.variables.append(node.name)

    def visit_TestTags(self, node: Any) -> None:
        self.file.tags += node.values

    def visit_TestCase(self, node: Any) -> None:
        self.body = Body(node.name, node.lineno)
        self.file.tests.append(self.body)
        self.generic_visit(node)
        self.body = None

    def visit_Keyword(self, node: Any) -> None:
        self.body = Body(node.name, node.lineno)
        self.file.keywords.append(self.body)
        self.generic_visit(node)
        self.body = None

    def visit_Tags(self, node: Any) -> None:
        if self.body:
            self.body.tags += node.values

    def visit_Statement(self, node: Any) -> None:
        for token in node.tokens:
            if token.type in (Token.ARGUMENT, Token.NAME, Token.KEYWORD):
                self.file.words.append((token.lineno, token.value))
                if token.type in (Token.KEYWORD, Token.NAME) and node.type != Token.RESOURCE:
                    self._call(token.value)
                elif node.type == Token.KEYWORD:
                    self._call(token.value)  # an argument may be a keyword that the keyword runs

    def _call(self, name: str) -> None:
        (self.body.calls if self.body else self.file.shared_calls).append(plain(name))


def plain(name: str) -> str:
    """A keyword's name as Robot compares it."""
    return re.sub(r"[\s_]", "", name).lower()


@cache
def read(path: Path) -> RobotFile:
    """A suite or resource as data."""
    file = RobotFile(path)
    reader = _Reader(file)
    model = get_model(str(path))
    reader.visit(model)
    return file


def suites() -> list[RobotFile]:
    """Every suite."""
    return [read(path) for path in sorted((ROOT / "suites").rglob("*.robot"))]


def resources() -> list[RobotFile]:
    """Every resource."""
    return [read(path) for path in sorted((ROOT / "resources").rglob("*.resource"))]


def reached(file: RobotFile) -> set[Path]:
    """Every resource that a file imports, directly or through others."""
    found: set[Path] = set()
    open_paths = list(file.resources)
    while open_paths:
        path = open_paths.pop()
        if path not in found and path.is_file():
            found.add(path)
            open_paths += read(path).resources
    return found


def every_test() -> Iterator[tuple[RobotFile, Body, list[str]]]:
    """Every test with all its tags."""
    for suite in suites():
        for test in suite.tests:
            yield suite, test, suite.tags_of(test)
