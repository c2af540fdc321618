"""The security log: one JSON line for each event, as security-event.schema.json says, and no secret in any."""

import json
import os
import threading

from reference.common import clock, web


class SecurityLog:
    """Appends events to a file, each in one write, so that lines never mix."""

    def __init__(self, path: str, service: str) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(
        self,
        event: str,
        outcome: str,
        reason: str | None = None,
        **named: str | None,
    ) -> None:
        """Records an event of the request that is being handled now; `named` are the ids of what it is about."""
        who = web.caller()
        line: dict[str, str | None] = {
            "time": None,
            "service": self._service,
            "event": event,
            "outcome": outcome,
            "reason": reason,
            "address": who.address,
            "request_id": who.request_id,
        }
        line.update({name: value for name, value in named.items() if value is not None})
        with self._lock:
            line["time"] = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            os.write(self._descriptor, json.dumps(line).encode() + b"\n")

    def success(self, event: str, reason: str | None = None, **named: str | None) -> None:
        """Records what went as asked."""
        self.write(event, "success", reason, **named)

    def failure(self, event: str, reason: str | None = None, **named: str | None) -> None:
        """Records what was refused."""
        self.write(event, "failure", reason, **named)
