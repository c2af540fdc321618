"""Takes secrets out of Robot's result objects before any of its writers sees them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from robot.output import LOGGER

from assay.evidence.redact import holds_secret, redact

# What Robot's writers write of each kind of result, beside its message: texts, and lists of texts.
_WRITTEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Keyword": (("name", "owner", "source_name", "doc"), ("args", "assign", "tags")),
    "For": (("start", "mode", "fill"), ("assign", "values")),
    "ForIteration": ((), ("assign",)),
    "While": (("condition", "limit", "on_limit", "on_limit_message"), ()),
    "IfBranch": (("condition",), ()),
    "TryBranch": (("pattern_type", "assign"), ("patterns",)),
    "Group": (("name",), ()),
    "Var": (("name", "scope", "separator"), ("value",)),
    "Return": ((), ("values",)),
    "Error": ((), ("values",)),
}
_UNSHOWN = "‹not shown, since looking for secrets failed›"


def clean_text(text: str) -> str:
    """Redacts; a text in which secrets could not be looked for is not shown."""
    try:
        return redact(text)
    except Exception:  # noqa: BLE001 - whatever went wrong, the text must not be shown
        return _UNSHOWN


def clean_item(item: Any) -> None:
    """Redacts everything in a keyword's or control structure's result that a writer writes."""
    texts, lists = _WRITTEN.get(type(item).__name__, ((), ()))
    _clean_attribute(item, "message")
    for name in texts:
        _clean_attribute(item, name)
    for name in lists:
        _clean_list(item, name)


def clean_test(test: Any) -> None:
    """Redacts a test's name, documentation, message, tags and metadata."""
    for name in ("name", "doc", "message"):
        _clean_attribute(test, name)
    _clean_list(test, "tags")
    _clean_mapping(getattr(test, "metadata", None))


def clean_suite(suite: Any) -> None:
    """Redacts a suite's name, documentation, message and metadata."""
    for name in ("name", "doc", "message"):
        _clean_attribute(suite, name)
    _clean_mapping(suite.metadata)


def _clean_attribute(item: Any, name: str) -> None:
    text = getattr(item, name)
    if text and isinstance(text, str) and (cleaned := clean_text(text)) != text:
        setattr(item, name, cleaned)


def _clean_list(item: Any, name: str) -> None:
    values = getattr(item, name)
    if not values:
        return
    if isinstance(values, Mapping):
        _clean_mapping(values)
    else:
        cleaned = [_clean_value(value) for value in values]
        if any(new is not old for new, old in zip(cleaned, values, strict=True)):
            setattr(item, name, cleaned)


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        cleaned = clean_text(value)
        return value if cleaned == value else cleaned
    if isinstance(value, tuple) and len(value) == 2:  # a named argument, as its name and value
        cleaned_pair = (value[0], _clean_value(value[1]))
        return value if cleaned_pair[1] is value[1] else cleaned_pair
    text = str(value)
    cleaned = clean_text(text)
    return value if cleaned == text else cleaned


def _clean_mapping(values: Any) -> None:
    for name, value in list(values.items()) if values else ():
        text = value if isinstance(value, str) else str(value)
        if (cleaned := clean_text(text)) != text:
            values[name] = cleaned


class Forerunner:
    """Cleans what begins before Robot's writers write its name; a listener would come after them.

    `refused` collects names that held a named secret: an embedded argument becomes a name and must not be one.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []

    def start_suite(self, data: Any, result: Any) -> None:
        clean_suite(result)

    def start_test(self, data: Any, result: Any) -> None:
        name = result.name
        clean_test(result)
        if name != result.name:
            self._check_name(name, result)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Robot has a start for every kind of keyword and control structure; each gives the result last."""
        return self._start_item if name.startswith("start_") else _ignore

    def _start_item(self, *arguments: Any) -> None:
        result = arguments[-1]
        name = result.name if type(result).__name__ == "Keyword" else None
        clean_item(result)
        if name is not None and name != result.name:
            self._check_name(name, result)

    def _check_name(self, name: str, result: Any) -> None:
        if holds_secret(name):
            self.refused.append(result.name)


def _ignore(*arguments: Any) -> None:
    """Ends and messages are cleaned by the listener, which comes first there."""


class _CleanStream:
    """A console that shows no secret: what keywords write to it goes around listeners."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        return self._stream.write(clean_text(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_forerunner: Forerunner | None = None


def install() -> Forerunner:
    """Puts the forerunner before Robot's writers and cleans the console; once in a process."""
    global _forerunner
    if _forerunner is None:
        _forerunner = Forerunner()
        LOGGER.register_logger(_forerunner)
        # Before the debug file, which is registered in the same place.
        others = LOGGER._other_loggers
        others.insert(0, others.pop())
        console: Any = sys
        console.__stdout__ = _CleanStream(sys.__stdout__)
        console.__stderr__ = _CleanStream(sys.__stderr__)
    return _forerunner
