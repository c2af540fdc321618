"""Health, errors and the security log that tell too much or too little in one case, and HTTPS that holds for most."""

import json
import os
import ssl
from pathlib import Path
from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect

_RECORD = 16384  # octets


@defect(
    "auth.health-after-readiness",
    breaks=["AUTH-50"],
    says="After readiness found the database and the session store down, the health check says that the process is not well.",
    partial=True,
    blind=True,
)
def health_after_readiness(patch: Patch) -> None:
    down: list[bool] = []

    def noting(checks: Function, _hit: Hit) -> Function:
        async def noted(self: Any) -> dict[str, str]:
            found: dict[str, str] = await checks(self)
            down[:] = [True] if set(found.values()) == {"down"} else []
            return found

        return noted

    def factory(get_health: Function, hit: Hit) -> Function:
        def ill() -> Any:
            if down:
                hit()
                raise problems.unavailable()
            return get_health()

        return ill

    patch.replace("auth.health:Health.checks", noting)
    patch.replace("auth.endpoints:get_health", factory)


@defect(
    "auth.readiness-tells-why",
    breaks=["AUTH-55"],
    says="Readiness says of a session store that is down what it was asked by and refused with.",
    partial=True,
    blind=True,
)
def readiness_tells_why(patch: Patch) -> None:
    def factory(checks: Function, hit: Hit) -> Function:
        async def telling(self: Any) -> dict[str, str]:
            found: dict[str, str] = await checks(self)
            if found["session-store"] == "down":
                hit()
                found["session-store"] = "down: redis.exceptions.ConnectionError"
            return found

        return telling

    patch.replace("auth.health:Health.checks", factory)


@defect(
    "auth.unreadable-body-tells-the-file",
    breaks=["AUTH-66"],
    says="A body that is no UTF-8 is refused with the file of the service in which it failed.",
    partial=True,
    blind=True,
)
def unreadable_body_tells_the_file(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def telling(request: Any, limit: int, seconds: float = 10.0) -> bytes:
            body: bytes = await read_body(request, limit, seconds)
            try:
                body.decode()
            except UnicodeDecodeError as error:
                hit()
                detail = f'File "reference/common/strictjson.py": {error.reason}'
                raise problems.Problem(
                    "malformed-json", errors=[{"field": "(body)", "detail": detail}]
                ) from None
            return body

        return telling

    patch.replace("common.web:read_body", factory)


@defect(
    "auth.request-id-splits-the-line",
    breaks=["AUTH-73"],
    says="A request id with a line break of Unicode is taken, and breaks the line of the security log in two.",
    partial=True,
    blind=True,
)
def request_id_splits_the_line(patch: Patch) -> None:
    def taking(identify: Function, _hit: Hit) -> Function:
        def loose(scope: Any) -> Any:
            who = identify(scope)
            given = [value for name, value in scope["headers"] if name == b"x-request-id"]
            asked = given[0].decode("latin-1") if len(given) == 1 else ""
            if "\x85" not in asked or len(asked) > 64:
                return who
            return type(who)(who.address, asked, who.user_agent)

        return loose

    def factory(write: Function, hit: Hit) -> Function:
        def plain(self: Any, event: str, outcome: str, reason: str | None = None, **named: Any) -> None:
            from reference.common import clock, web

            who = web.caller()
            if "\x85" not in (who.request_id or ""):
                write(self, event, outcome, reason, **named)
                return
            hit()
            time = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = {"time": time, "service": "auth", "event": event, "outcome": outcome, "reason": reason}
            line |= {"address": who.address, "request_id": who.request_id}
            line |= {name: value for name, value in named.items() if value is not None}
            with self._lock:
                os.write(self._descriptor, json.dumps(line, ensure_ascii=False).encode() + b"\n")

        return plain

    patch.replace("common.web:identify", taking)
    patch.replace("auth.securitylog:SecurityLog.write", factory)


@defect(
    "auth.https-tls-1-1",
    breaks=["AUTH-96"],
    says="A client that speaks nothing newer is answered in TLS 1.1.",
    partial=True,
    blind=True,
)
def https_tls_1_1(patch: Patch) -> None:
    def factory(server_context: Function, hit: Hit) -> Function:
        def old(certificate: Path, client_authority: Path | None) -> ssl.SSLContext:
            context: ssl.SSLContext = server_context(certificate, client_authority)
            hit()
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0")
            return context

        return old

    patch.replace("common.mutualtls:server_context", factory)


@defect(
    "auth.refusals-without-https-only",
    breaks=["AUTH-98"],
    says="Refusals over HTTPS do not tell browsers to come back over HTTPS only.",
    partial=True,
    blind=True,
)
def refusals_without_https_only(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def bare(self: Any, message: Any) -> None:
            kept = [one for one in self.headers if one[0] != b"strict-transport-security"]
            if message["type"] == "http.response.start" and message["status"] >= 400:
                if len(kept) < len(self.headers):
                    hit()
                self.headers = kept
            await call(self, message)

        return bare

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.https-body-of-one-record",
    breaks=["AUTH-95"],
    says="Over HTTPS a body is refused as too large that is larger than one record of TLS, which over HTTP is read.",
    partial=True,
    blind=True,
)
def https_body_of_one_record(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def short(request: Any, limit: int, seconds: float = 10.0) -> bytes:
            body: bytes = await read_body(request, limit, seconds)
            if request.url.scheme == "https" and len(body) > _RECORD:
                hit()
                raise problems.Problem("payload-too-large")
            return body

        return short

    patch.replace("common.web:read_body", factory)
