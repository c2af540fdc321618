"""Shapes that several defects of the store have."""

from collections.abc import Callable
from typing import Any

from reference.defects import Function, Hit, Patch
from reference.store import sealedfiles


def any_content(patch: Patch) -> None:
    """The index keeps no digest: whatever lies under the name of a file is taken for the file."""

    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, content: bytes, expected: bytes) -> None:
            try:
                check(self, content, expected)
            except sealedfiles.Missing:
                hit()

        return lenient

    patch.replace("store.sealedfiles:SealedFiles.check_digest", factory)


def left_out(patch: Patch, point: str, when: Callable[..., bool] = lambda *_: True) -> None:
    """Something that returns nothing is not done, where its arguments are so."""

    def factory(do: Function, hit: Hit) -> Function:
        def lazy(*arguments: Any) -> None:
            if not when(*arguments):
                do(*arguments)
                return
            hit()

        return lazy

    patch.replace(point, factory)


def always(patch: Patch, point: str, answer: Any, when: Callable[..., bool] = lambda *_: True) -> None:
    """A question has one answer, where its arguments are so, whatever is true."""

    def factory(ask: Function, hit: Hit) -> Function:
        def decided(*arguments: Any) -> Any:
            true = ask(*arguments)
            if true == answer or not when(*arguments):
                return true
            hit()
            return answer

        return decided

    patch.replace(point, factory)


def untold(patch: Patch, *events: str) -> None:
    """The security log is not told of some events."""

    def factory(write: Function, hit: Hit) -> Function:
        def quiet(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event in events:
                hit()
                return
            write(self, event, *rest, **named)

        return quiet

    patch.replace("common.securitylog:SecurityLog.write", factory)
