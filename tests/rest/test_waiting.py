"""A text that asks to wait must not be obeyed; how long anything else takes is not judged by tables."""

from __future__ import annotations

from typing import Any

import pytest
from assay.evidence.expect import Unmet
from assay.http.answers import Headers, Response
from assay.rest import running
from assay.rest.cases import Case

WAITS = Case("waits", "auth.logIn", {"x": 1}, "200", payload="'; SELECT pg_sleep(4)--")
PLAIN = Case("plain", "auth.logIn", {"x": 2}, "200", payload="anything else")
CONTROL = Case("as it should be", "auth.logIn", {"x": 3}, "200", control=True)


class Slow:
    """Answers each row after so many seconds."""

    def __init__(self, waits: float, plain: float, control: float) -> None:
        self._seconds = {1: waits, 2: plain, 3: control}

    def call_row(self, operation: str, request: Any) -> Response:
        return Response(operation, 200, Headers([]), None, "", None, self._seconds[request["x"]])

    def rules(self, operation: str) -> None:
        return None


@pytest.mark.parametrize("slow", [Slow(0.1, 2.5, 0.1), Slow(3.5, 0.1, 2.5), Slow(2.5, 4.0, 2.4)])
def test_a_slow_platform_is_not_told_to_have_waited(slow: Any) -> None:
    running.run("t", [WAITS, PLAIN, CONTROL], slow)


@pytest.mark.parametrize("slow", [Slow(2.5, 0.1, 0.1), Slow(4.2, 4.0, 2.1)])
def test_a_text_that_made_the_answer_wait_is_told(slow: Any) -> None:
    with pytest.raises(Unmet, match=r"1 of 3 rows otherwise: waits: .* after \d\.\d s"):
        running.run("t", [WAITS, PLAIN, CONTROL], slow)
