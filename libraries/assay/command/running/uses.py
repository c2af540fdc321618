"""What a suite uses: resources, libraries and their modules, variable files, read from the files without running them.

Where something cannot be known by reading, that is said, so that nobody takes silence for "uses nothing".
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot.api import TestSuite
from robot.errors import DataError
from robot.running import ResourceFile

_DYNAMIC = re.compile(r"\bImport[ _]?(Library|Resource|Variables)\b", re.IGNORECASE)
_MODULE = re.compile(r"\bassay(?:\.\w+)+")
_BY_NAME = re.compile(r"\b(import_module|__import__|run_module|run_path|spec_from_file_location)\b")
_VARIABLE = re.compile(r"[$@&%]\{")
_SUITES, _FILES = (".robot",), (".py", ".resource", ".robot")


@dataclass(frozen=True)
class Used:
    """The files that a suite uses, itself among them; and why there may be others."""

    files: frozenset[Path]
    unknown: str = ""


class Uses:
    """Reads what suites use in the project at `root`; `gone` are files that are not there any more, but may be used."""

    def __init__(self, root: Path, gone: Iterable[Path] = ()) -> None:
        self._root = root
        self._gone = frozenset(gone)
        self._begun: dict[tuple[Path, str], bool] = {}
        self._libraries = root / "libraries"
        self._seen: dict[Path, Used] = {}

    def of(self, suite: Path) -> Used:
        """Everything that a suite uses, directly or through what it uses."""
        found: set[Path] = set()
        unknown = "" if suite.suffix in _SUITES else f"{suite.name} is no .robot file"
        left = [suite, *self._there(folder / "__init__.robot" for folder in suite.parents)]
        while left:
            path = left.pop()
            if path in found:
                continue
            found.add(path)
            if path not in self._seen:
                readable = path.suffix in _FILES and path not in self._gone
                self._seen[path] = self._direct(path) if readable else Used(frozenset())
            left += self._seen[path].files
            unknown = unknown or self._seen[path].unknown
        return Used(frozenset(found), unknown)

    def _direct(self, path: Path) -> Used:
        try:
            text = path.read_text("utf-8")
            if path.suffix == ".py":
                return Used(frozenset(self._of_python(path, text)), _says(path, _BY_NAME.search(text)))
            imports = _imports(path)
        except (OSError, ValueError, SyntaxError, DataError):
            return Used(frozenset(), f"{path.name} cannot be read")
        found = {file for name in _MODULE.findall(text) for file in self._module(name, path.parent)}
        unknown = _says(path, _DYNAMIC.search(text))
        for one in imports:
            name = str(one.name or "").replace("${/}", os.sep).replace("${EXECDIR}", str(self._root))
            if _VARIABLE.search(name):
                unknown = f"{path.name} imports {one.name}"
            else:
                found.update(self._imported(name, path.parent))
        return Used(frozenset(found), unknown)

    def _there(self, places: Iterable[Path]) -> Iterator[Path]:
        return (place for place in places if place in self._gone or place.is_file())

    def _imported(self, name: str, folder: Path) -> Iterator[Path]:
        if name.endswith((".resource", ".robot", ".py", ".yaml", ".yml", ".json", "/")) or os.sep in name:
            for base in (folder, self._libraries, self._root):
                place = Path(os.path.normpath(base / name))
                yield from self._there((place, place / "__init__.py"))
        else:
            yield from self._module(name, folder)

    def _of_python(self, path: Path, text: str) -> Iterator[Path]:
        for node in ast.walk(ast.parse(text)):
            for name in _names(node, path):
                yield from self._module(name, path.parent)

    def _module(self, name: str, folder: Path) -> Iterator[Path]:
        """The files that may be the module, the packages around it, and the module whose attribute it may be."""
        if name.startswith("/"):  # a relative import, resolved already
            bases, parts = [Path("/")], name.strip("/").split("/")
        else:
            bases, parts = [folder, self._libraries, self._root], name.split(".")
        for base in (base for base in bases if self._begins(base, parts[0])):
            for length in range(1, len(parts) + 1):
                place = base.joinpath(*parts[:length])
                file = place.with_name(f"{place.name}.py")
                yield from self._there((file, place / "__init__.py", place / "__main__.py"))

    def _begins(self, base: Path, first: str) -> bool:
        """Whether there is, or was, anything of that name; most names are of modules from elsewhere."""
        if (base, first) not in self._begun:
            folder, file = base / first, base / f"{first}.py"
            gone = any(folder in one.parents or one == file for one in self._gone)
            self._begun[base, first] = gone or folder.is_dir() or file.is_file()
        return self._begun[base, first]


def _imports(path: Path) -> Iterable[Any]:
    if path.suffix in _SUITES:
        return list(TestSuite.from_file_system(path, allow_empty_suite=True).resource.imports)
    return list(ResourceFile.from_file_system(path).imports)


def _names(node: ast.AST, path: Path) -> list[str]:
    """The modules that a node of Python names: imports, and texts such as the argument of `python -m`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        if node.level:
            base = path.parents[node.level - 1]
            module = "/".join([str(base), *(node.module or "").split(".")]).rstrip("/")
            return [f"{module}/{alias.name}" for alias in node.names]
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _MODULE.findall(node.value)
    return []


def _says(path: Path, match: re.Match[str] | None) -> str:
    return f"{path.name} uses {match[0]}" if match else ""
