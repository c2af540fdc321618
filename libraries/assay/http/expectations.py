"""What an answer is expected to be: a success, one named refusal, or a value in the body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.core.errors import AssayError
from assay.evidence.expect import Unmet, expect
from assay.http.answers import Response, pointer


@dataclass(frozen=True)
class Expectation:
    """One expected answer.

    `problem` is a contract's problem name; `path` and `value` are a place in the body and what stands there; `members`
    are what the body of a success must say.
    """

    problem: str | None = None
    status: int | None = None
    path: str | None = None
    value: Any = None
    members: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, words: str, status: int | None = None) -> Expectation:
        """Reads `invalid-token`, or `/valid=false` for a value at a JSON pointer of a successful answer."""
        words = words.strip()
        if not words:
            raise AssayError(
                "the expected refusal is empty; name a problem (invalid-token) or a value (/valid=false)"
            )
        if not words.startswith("/"):
            return cls(problem=words, status=status)
        path, found, text = words.partition("=")
        if not found:
            raise AssayError(f"'{words}' names a place in the body but no value; write it as /valid=false")
        try:
            value = json.loads(text if text not in ("True", "False") else text.lower())
        except ValueError:
            value = text
        return cls(path=path, value=value, status=status)

    def __str__(self) -> str:
        if self.problem:
            return f"refused as {self.problem}" + (f" with {self.status}" if self.status else "")
        if self.path:
            return f"{self.path.strip('/')} is {json.dumps(self.value)}"
        if self.members:
            return f"accepted with the right {' and '.join(self.members)}"
        return f"status {self.status}" if self.status else "accepted"

    def check(self, response: Response) -> None:
        """Raises Unmet unless the answer is the expected one."""
        if self.problem:
            expect(
                response.problem == self.problem,
                f"{response.operation} to be {self}",
                response.summary(),
                _told(response),
            )
            expect(
                self.status is None or response.status == self.status,
                f"status {self.status}",
                response.status,
                response.operation,
            )
        elif self.path:
            SUCCESS.check(response)
            seen = pointer(response.body, self.path, response.operation)
            expect(
                seen == self.value and isinstance(seen, bool) == isinstance(self.value, bool),
                str(self),
                seen,
                response.operation,
            )
        elif self.status is not None:
            expect(
                response.status == self.status, f"status {self.status}", response.summary(), _told(response)
            )
        else:
            expect(
                response.succeeded, f"{response.operation} to succeed", response.summary(), _told(response)
            )
            for name, value in self.members.items():
                seen = pointer(response.body, name, response.operation)
                expect(seen == value, f"{name} to be {value!r}", f"{name} {seen!r}", response.operation)

    def holds(self, response: Response) -> bool:
        """Whether the answer is the expected one."""
        try:
            self.check(response)
        except Unmet:
            return False
        return True


SUCCESS = Expectation()


def _told(response: Response) -> str:
    detail = response.document.get("detail") if isinstance(response.document, dict) else None
    return f"{response.where}: {detail}" if isinstance(detail, str) and detail else response.where
