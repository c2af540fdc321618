"""What is done to a platform only where its target tolerates it: fuzzing, floods, lockouts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from robot.api.deco import keyword

from assay.core import capabilities
from assay.core.errors import AssayError

LOCKOUTS = "auth.lockouts"
HARMLESS = 4
"""Wrong passwords or codes for one account that few platforms answer by locking it out, where a target says no other number."""
Method = TypeVar("Method", bound=Callable[..., Any])


def require(capability: str, what: str) -> None:
    """Raises AssayError, a fault of the test and not of the platform, where the target does not tolerate it."""
    if capabilities.missing([capability]):
        from assay.core.run import current

        raise AssayError(
            f"{what} is refused: the target {current().target.name} does not tolerate {capability}; "
            f"a test that does this says {capabilities.TAG}{capability}"
        )


def tolerated(capability: str, name: str | None = None) -> Callable[[Method], Method]:
    """Makes a method a keyword that only tests with the tag `needs:CAPABILITY` may use.

    A lint holds that by the keyword's own tag of that name; where the target does not tolerate it, the keyword refuses.
    """

    def make(method: Method) -> Method:
        shown = name or method.__name__.replace("_", " ").title()

        @functools.wraps(method)
        def guarded(*arguments: Any, **named: Any) -> Any:
            require(capability, shown)
            return method(*arguments, **named)

        return cast(Method, keyword(name, tags=(f"{capabilities.TAG}{capability}",))(guarded))

    return make
