"""YAML with line marks, so that every mistake in a file of data is told as one line.

variables/targets/staging.yaml:7: unknown key 'ofers' (did you mean 'offers'?); accepted: accounts, ca, ...
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from assay.core.errors import TargetError, accepted, shown

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Where = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """The data of a file and, for each place in it, the file and line where that place is written."""

    path: Path
    data: Any
    marks: Mapping[Where, tuple[Path, int]]

    def mark(self, where: Where) -> tuple[Path, int]:
        """File and line of a place, or of the nearest place around it that is written down."""
        while where and where not in self.marks:
            where = where[:-1]
        return self.marks.get(where, (self.path, 1))

    def error(self, where: Where, what: str) -> TargetError:
        """An error about a place, to be raised."""
        path, line = self.mark(where)
        return TargetError(what, path, line)

    def unknown(self, where: Where, kind: str, word: object, words: Iterable[str]) -> TargetError:
        """An error about a word that is not among the accepted ones, to be raised."""
        return self.error(where, f"unknown {kind} '{word}'{accepted(word, words)}")


def load(path: Path) -> YamlFile:
    """Reads a YAML file. Keys become text; a key given twice, or text that is not YAML, is an error."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TargetError("is not text in UTF-8", path, 1) from error
    except OSError as error:
        raise TargetError(f"cannot be read: {error.strerror}", path, 1) from error
    return parse(text, path)


def parse(text: str, path: Path) -> YamlFile:
    """Like `load`, for text already read; `path` is named in errors."""
    try:
        loader = _LOADER(text)
        node = loader.get_single_node()
        if node is None:
            raise TargetError("is empty", path, 1)
        _refuse_doubles(node, path)
        data = loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise TargetError(f"is not YAML: {what}", path, mark.line + 1 if mark else 1) from error
    marks: dict[Where, tuple[Path, int]] = {}
    _collect(node, (), path, marks)
    return YamlFile(path, _plain(data), marks)


def _refuse_doubles(node: Any, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                raise TargetError(f"the key '{name}' is given twice", path, key.start_mark.line + 1)
            seen.add(name)
            _refuse_doubles(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubles(item, path)


def _collect(node: Any, where: Where, path: Path, marks: dict[Where, tuple[Path, int]]) -> None:
    marks.setdefault(where, (path, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            marks[(*where, str(key.value))] = (path, key.start_mark.line + 1)
            _collect(value, (*where, str(key.value)), path, marks)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect(item, (*where, index), path, marks)


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    return data


@cache
def schema(name: str) -> dict[str, Any]:
    """A JSON Schema that lies beside this module, by its name without `.schema.json`."""
    found: dict[str, Any] = json.loads(
        (Path(__file__).parent / f"{name}.schema.json").read_text(encoding="utf-8")
    )
    return found


def validate(file: YamlFile, rules: Mapping[str, Any]) -> None:
    """Raises the first mistake in the file, in the order of its lines, as a TargetError."""
    from jsonschema import Draft202012Validator

    mistakes = [_leaf(error) for error in Draft202012Validator(rules).iter_errors(file.data)]
    told = [_told(file, mistake) for mistake in mistakes]
    if told:
        raise min(told, key=lambda error: error.line)


def _leaf(error: ValidationError) -> ValidationError:
    """Of the alternatives that did not fit, the mistake in the one that fits best."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [found for found in branches.values() if not any(_is_other_kind(e) for e in found)]
        if len(fitting) != 1:
            return error
        error = fitting[0][0]
    return error


def _is_other_kind(error: ValidationError) -> bool:
    return error.validator in ("type", "const", "required") and not list(error.path)


_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _told(file: YamlFile, error: ValidationError) -> TargetError:
    where: Where = tuple(error.absolute_path)
    name = ".".join(str(part) for part in where) or shown(file.path)
    rules: Any = error.schema
    if error.validator == "additionalProperties":
        known = list(rules.get("properties", {}))
        given: Any = error.instance
        unknown = next(key for key in given if key not in known)
        place = f" in {name}" if where else ""
        return file.error((*where, unknown), f"unknown key '{unknown}'{place}{accepted(unknown, known)}")
    if "propertyNames" in list(error.absolute_schema_path)[-2:]:
        hint = rules.get("description", error.message)
        return file.error(
            (*where, str(error.instance)), f"'{error.instance}' is not a name here; accepted: {hint}"
        )
    if error.validator == "required":
        present: Any = error.instance
        missing = next(key for key in rules["required"] if key not in present)
        hint = rules.get("properties", {}).get(missing, {}).get("description", "")
        return file.error(
            where, f"{name} lacks the key '{missing}'" + (f"; accepted: {hint}" if hint else "")
        )
    if error.validator == "enum":
        words = [str(word) for word in rules["enum"]]
        return file.error(where, f"{name} cannot be '{error.instance}'{accepted(error.instance, words)}")
    hint = rules.get("description") or _kinds(rules) or error.message
    value = "this" if rules.get("x-secret") else _short(error.instance)
    return file.error(where, f"{name} cannot be {value}; accepted: {hint}")


def _kinds(rules: Mapping[str, Any]) -> str:
    kinds = rules.get("type", [])
    return " or ".join(_KINDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _short(value: object) -> str:
    if value is None:
        return "empty"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
