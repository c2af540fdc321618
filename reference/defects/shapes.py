"""Shapes that many defects have: a reason that is forgiven, an event that is not told or told otherwise, a page that is believed."""

import threading
from collections.abc import Callable
from typing import Any

from reference.defects.patching import Function, Hit, Patch

_WRITE = "auth.securitylog:SecurityLog.write"


def forgiven(
    patch: Patch, point: str, *reasons: str, when: Callable[..., bool] = lambda *_: True, instead: Any = None
) -> None:
    """A check that answers why something is refused finds nothing wrong for some reasons, `when` the arguments are so."""

    def factory(check: Function, hit: Hit) -> Function:
        def lenient(*arguments: Any) -> Any:
            reason = check(*arguments)
            if reason not in reasons or not when(*arguments):
                return reason
            hit()
            return instead

        return lenient

    patch.replace(point, factory)


def untold(patch: Patch, *events: str, reason: str | None = None) -> None:
    """The security log is not told of some events, or of those alone that have a reason."""

    def factory(write: Function, hit: Hit) -> Function:
        def quiet(self: Any, event: str, outcome: str, why: str | None = None, **named: Any) -> None:
            if event in events and reason in (None, why):
                hit()
                return
            write(self, event, outcome, why, **named)

        return quiet

    patch.replace(_WRITE, factory)


def nameless(patch: Patch, member: str, *events: str) -> None:
    """The security log is told of some events without one of those whom they are about."""

    def factory(write: Function, hit: Hit) -> Function:
        def anonymous(self: Any, event: str, *rest: Any, **named: Any) -> None:
            if event in events:
                hit()
                named.pop(member, None)
            write(self, event, *rest, **named)

        return anonymous

    patch.replace(_WRITE, factory)


def mistold(patch: Patch, event: str, instead: str) -> None:
    """The security log is told of one event as of another."""

    def factory(write: Function, hit: Hit) -> Function:
        def mistaken(self: Any, told: str, *rest: Any, **named: Any) -> None:
            if told == event:
                hit()
                told = instead
            write(self, told, *rest, **named)

        return mistaken

    patch.replace(_WRITE, factory)


def believing(patch: Patch, wrongly: Callable[[Any], bool]) -> None:
    """Takes some requests for those of an own page that are none."""

    def factory(is_own: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> bool:
            if is_own(self, request):
                return True
            if not wrongly(request):
                return False
            hit()
            return True

        return lenient

    patch.replace("auth.cookies:Cookies.is_from_own_page", factory)


def while_renewing(patch: Patch) -> Callable[[], bool]:
    """What tells whether a session is being renewed by the request that is handled."""
    renewing = threading.local()

    def factory(renew: Function, _hit: Hit) -> Function:
        def marked(self: Any, token: str) -> Any:
            renewing.now = True
            try:
                return renew(self, token)
            finally:
                renewing.now = False

        return marked

    patch.replace("auth.sessions:Sessions.renew", factory)
    return lambda: getattr(renewing, "now", False)
