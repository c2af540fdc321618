"""What is done while something is watched or broken: a keyword by its name, or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Action = str | Callable[..., Any]


@dataclass(frozen=True)
class Outcome:
    """What came of an action: a value, or an error in words."""

    value: Any = None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it came back without an error."""
        return not self.error


def run(action: Action, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Does it; its error goes through."""
    if callable(action):
        return action(*arguments, **named)
    from robot.libraries.BuiltIn import BuiltIn

    return BuiltIn().run_keyword(action, *_given(arguments, named))


def tried(action: Action, arguments: Sequence[Any], named: Mapping[str, Any]) -> Outcome:
    """Does it and tells what came of it, an error too."""
    if callable(action):
        try:
            return Outcome(action(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what came of it
            return Outcome(error=str(error) or type(error).__name__)
    from robot.libraries.BuiltIn import BuiltIn

    status, value = BuiltIn().run_keyword_and_ignore_error(action, *_given(arguments, named))
    return Outcome(value) if status == "PASS" else Outcome(error=str(value))


def _given(arguments: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
    """Arguments that Robot has resolved already, so that it takes them as they are."""
    from robot.running.model import Argument
    from robot.utils import escape

    def as_is(value: Any) -> Any:
        return escape(value) if isinstance(value, str) else value

    return [Argument(None, as_is(one)) for one in arguments] + [
        Argument(name, as_is(one)) for name, one in named.items()
    ]
