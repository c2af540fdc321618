"""What a call is expected to come to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.errors import AssayError, accepted
from assay.evidence.expect import Unmet, expect
from assay.grpc.answers import CODES, GrpcAnswer
from assay.grpc.connections import listed

# These two a client gives itself; the server need not have said them.
_OF_THE_CLIENT = ("CANCELLED", "DEADLINE_EXCEEDED")


@dataclass(frozen=True)
class Expectation:
    """One expected outcome: a success, or a failure with one of some codes."""

    codes: tuple[str, ...] = ()
    message: str | None = None
    reason: str | None = None
    said: bool = True

    @classmethod
    def read(
        cls,
        codes: str | Sequence[str],
        message: str | None = None,
        reason: str | None = None,
        said: bool = True,
    ) -> Expectation:
        """Reads `NOT_FOUND`, or several codes with commas between them."""
        names = tuple(one.upper().replace(" ", "_") for one in listed(codes))
        for one in names:
            if one not in CODES:
                raise AssayError(f"unknown status code '{one}'{accepted(one, CODES)}")
        if not names or "OK" in names:
            raise AssayError("a failure needs a code other than OK; use `Grpc Should Succeed` for that")
        return cls(names, message, reason, said)

    def __str__(self) -> str:
        if not self.codes:
            return "accepted"
        told = " or ".join(self.codes)
        told += f" for the reason {self.reason}" if self.reason else ""
        return f"refused as {told}" + (f" with a message like '{self.message}'" if self.message else "")

    def check(self, answer: GrpcAnswer) -> None:
        """Raises Unmet unless the answer is the expected one."""
        where = answer.where
        if not self.codes:
            expect(answer.succeeded, f"{answer.operation} to succeed", answer.summary(), where)
            return
        expected = f"{answer.operation} to be {self}"
        expect(answer.code in self.codes, expected, answer.summary(), where)
        expect(
            not self.said or answer.said or answer.code in _OF_THE_CLIENT,
            f"{expected} by the server itself",
            answer.summary(),
            where,
        )
        if self.message is not None:
            expect(re.search(self.message, answer.message), expected, answer.message, where)
        if self.reason is not None:
            expect(self.reason in answer.reasons, expected, ", ".join(answer.reasons) or "no reason", where)

    def holds(self, answer: GrpcAnswer) -> bool:
        """Whether the answer is the expected one."""
        try:
            self.check(answer)
        except Unmet:
            return False
        return True


SUCCESS = Expectation()
