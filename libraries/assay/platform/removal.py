"""What tests made on a platform that is not Assay's own, removed in reverse order; what could not be removed is listed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.core.run import current
from assay.evidence.redact import redact

_GONE = (404, 410)
Call = Callable[[str, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Made:
    """One thing: how it is removed, and which suite made it."""

    number: int
    suite: str
    operation: str
    fields: Mapping[str, Any]


@dataclass
class Registry:
    """What this process made and has not removed. All that happens is told to `made.jsonl` in the run's state."""

    call: Call
    made: list[Made] = field(default_factory=list)
    _count: int = 0

    def remember(self, suite: str, operation: str, fields: Mapping[str, Any]) -> None:
        """Remembers how a thing is removed. A platform that Assay started goes away whole, so there it forgets at once."""
        if current().target.launch is not None:
            return
        current().platform.spelling(operation)  # an unknown operation is told where it is written
        self._count += 1
        one = Made(self._count, suite, operation, fields)
        self.made.append(one)
        self._tell(
            one,
            event="made",
            operation=operation,
            fields={key: _shown(value) for key, value in fields.items()},
        )

    def suite_ends(self, suite: str) -> None:
        """Removes what the suite made, the last first."""
        for one in [one for one in reversed(self.made) if one.suite == suite]:
            self.made.remove(one)
            if why := self._remove(one):
                self._tell(one, event="left", why=redact(why))
            else:
                self._tell(one, event="removed")

    def _remove(self, one: Made) -> str:
        try:
            response = self.call(one.operation, one.fields)
        except (AssayError, AssertionError, RuntimeError, ValueError) as error:
            return str(error)
        return (
            ""
            if 200 <= response.status < 300 or response.status in _GONE
            else f"it was answered {response.status}"
        )

    def _tell(self, one: Made, **told: Any) -> None:
        path: Path = current().folder / "made.jsonl"
        line = json.dumps({"number": f"{os.getpid()}-{one.number}", "suite": one.suite, **told}) + "\n"
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(line)


def _shown(value: Any) -> str:
    return "<secret>" if isinstance(value, Secret) else redact(str(value))
