"""Keywords about what a platform writes down of what happened: its security log and the logs of its services."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.audit.tail import Tail, matches
from assay.core import places
from assay.core.run import current, is_dry
from assay.core.waiting import until
from assay.evidence.expect import Unmet, expect
from assay.evidence.finding import Finder, plain
from assay.evidence.redact import redact

WAIT = timedelta(seconds=5)
_QUIET = 0.3


@library(scope="GLOBAL", auto_keywords=False, listener="SELF")
class AuditLibrary:
    """Reads the security log (`auth.security-log`), JSON lines that the platform may be writing at the same time.

    Only what was written since the test began counts, and of that what has the fields asked for: a person's id, a
    session's id, an address. Events of other tests do not disturb. Every event that a keyword returns was checked
    against `resources/contracts/security-event.schema.json`.
    """

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self) -> None:
        self._tails: dict[Path, Tail] = {}

    def _start_test(self, data: object, result: object) -> None:
        """Remembers where the logs end as the test begins."""
        if not is_dry():
            self._tails = {path: Tail.from_here(path) for path in _known_logs()}

    @keyword
    def wait_for_security_event(
        self, event: str, within: timedelta = WAIT, service: str = "auth", **fields: object
    ) -> dict[str, Any]:
        """Waits until the security log tells of something, checks the event's form and returns it.

        | =Argument= | =Meaning= |
        | `event`    | the kind of event, such as `login.failed` |
        | `within`   | how long to wait |
        | `service`  | whose log |
        | `fields`   | what the event must say, such as `user_id=${user.id}`; None: the field is null or absent |

        Fails on its expectation when no such event came, or when it has not the form that its schema promises.
        Example: | `Wait For Security Event` | login.succeeded | user_id=${user.id} |
        """
        tail = self._tail(service)
        wanted = {"event": event, **fields}
        found = until(
            lambda: next((one for one in tail.events() if matches(one, wanted)), None), within.total_seconds()
        )
        if found is None:
            raise Unmet(
                f"the security event {_told(wanted)} within {within.total_seconds():g} s",
                _near(tail, fields),
                str(tail.path),
            )
        _check(found, tail.path)
        logger.info(redact(json.dumps(found, indent=2)))
        return found

    @keyword
    def exactly_one_security_event_should_tell(
        self, event: str, within: timedelta = WAIT, service: str = "auth", **fields: object
    ) -> dict[str, Any]:
        """Like `Wait For Security Event`, and the event came once: after it the log is watched for a short time more."""
        return self.exactly_so_many_security_events_should_tell(1, event, within, service, **fields)[0]

    @keyword
    def exactly_so_many_security_events_should_tell(
        self, count: int, event: str, within: timedelta = WAIT, service: str = "auth", **fields: object
    ) -> list[dict[str, Any]]:
        """Waits until the security log has told of something so often, and watches it for a short time more: not oftener.

        The arguments are those of `Wait For Security Event`. Checks the form of the events and returns them.
        Example: | `Exactly So Many Security Events Should Tell` | 2 | request.limited | address=${here} |
        """
        first = self.wait_for_security_event(event, within, service, **fields)
        tail, wanted = self._tail(service), {"event": event, **fields}

        def told(at_least: int) -> list[dict[str, Any]] | None:
            seen = [one for one in tail.events() if matches(one, wanted)]
            return seen if len(seen) >= at_least else None

        until(lambda: told(count), within.total_seconds())
        until(lambda: told(count + 1), _QUIET)
        seen = told(0) or [first]
        often = "once" if count == 1 else f"{count} times"
        expect(
            len(seen) == count,
            f"the security event {_told(wanted)} {often}",
            f"{len(seen)} of them",
            str(tail.path),
        )
        for one in seen[1:]:
            _check(one, tail.path)
        return seen

    @keyword
    def security_events(self, service: str = "auth", **fields: object) -> list[dict[str, Any]]:
        """The security events since the test began that have all these fields, in the order of the log."""
        return [event for event in self._tail(service).events() if matches(event, fields)]

    @keyword
    def no_security_event_should_tell(self, event: str, service: str = "auth", **fields: object) -> None:
        """No such event was written since the test began.

        Call it after an event that was written later was waited for; events are written in their order.
        """
        seen = self.security_events(service, event=event, **fields)
        expect(
            not seen,
            f"no security event {_told({'event': event, **fields})}",
            seen,
            str(self._tail(service).path),
        )

    @keyword
    def each_line_of_the_security_log_should_be_an_event(self, service: str = "auth") -> list[dict[str, Any]]:
        """Every line since the test began is one JSON object of the promised form; returns them.

        Use it on a private platform, where the log holds what this test provoked. A log with no line fails.
        """
        tail = self._tail(service)
        odd = tail.malformed()
        expect(not odd, "one JSON object on each line of the security log", odd[:3], str(tail.path))
        events = list(tail.events())
        expect(events, "at least one event in the security log", "an empty log", str(tail.path))
        for event in events:
            _check(event, tail.path)
        return events

    @keyword
    def no_log_should_hold(self, **secrets: Secret | str) -> None:
        """Looks for secrets in everything the services wrote since the test began: security logs and their own logs.

        They are looked for raw, in base64, in hexadecimal and escaped, whole and in long pieces. The names of the
        arguments tell what was found where. The logs must have been written to, or there was nothing to look at.
        Example: | `No Log Should Hold` | password=${account.password} | access_token=${user.access_token} |
        """
        if not secrets:
            raise ValueError("name at least one secret: password=${account.password}")
        finder = Finder({name.replace("_", " "): plain(value) for name, value in secrets.items()})
        texts = {path: self._tails.setdefault(path, Tail(path)).octets() for path in _known_logs()}
        expect(any(texts.values()), "logs that were written to", "nothing written since the test began")
        held = {path.name: names for path, text in texts.items() if (names := finder.names_in_bytes(text))}
        expect(
            not held,
            "no secret in any log",
            held,
            ", ".join(str(path) for path in texts if path.name in held),
        )

    def _tail(self, service: str) -> Tail:
        path = Path(current().platform.observed("security_log")[service])
        return self._tails.setdefault(path, Tail(path))


def _known_logs() -> list[Path]:
    platform = current().platform_if_started
    if platform is None:
        return []
    logs = [platform.observes.get(kind, {}) for kind in ("security_log", "service_log")]
    return [Path(path) for found in logs for path in found.values()]


def _check(event: dict[str, Any], path: Path) -> None:
    from jsonschema import Draft202012Validator

    wrong = sorted(Draft202012Validator(_schema()).iter_errors(event), key=lambda error: list(error.path))
    if wrong:
        what = "; ".join(
            f"{'.'.join(map(str, error.path)) or 'event'}: {error.message}" for error in wrong[:3]
        )
        raise Unmet(f"the event {event.get('event')} in the form of its schema", what, str(path))


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((places.contracts() / "security-event.schema.json").read_text("utf-8"))
    return found


def _told(fields: dict[str, object]) -> str:
    event, *others = [f"{name}={value}" for name, value in fields.items()]
    return event.partition("=")[2] + (f" with {', '.join(others)}" if others else "")


def _near(tail: Tail, fields: dict[str, object]) -> str:
    events = list(tail.events())
    same = [one for one in events if fields and matches(one, dict(fields))]
    kinds = ", ".join(dict.fromkeys(str(one.get("event")) for one in same))
    if same:
        return f"of that: {kinds}"
    return f"{len(events)} events about others" if events else "no event at all since the test began"
