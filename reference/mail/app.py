"""Takes every mail over SMTP and shows it over HTTP to whoever has the key."""

import asyncio
import email
import email.policy
import hmac
import socket
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference.common import clock, problems, serving

_KEPT = 20000


@dataclass(frozen=True)
class Message:
    """A mail that was delivered."""

    id: str
    to: str
    from_: str
    subject: str
    text: str
    received_at: str


class Mailbox:
    """The mails of everybody, the latest last."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=_KEPT)

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:
        """Takes a mail for each of its recipients (called by aiosmtpd)."""
        content = (
            envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        )
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        body = parsed.get_body(preferencelist=("plain", "html"))
        text = str(body.get_content()) if body is not None else ""
        for recipient in envelope.rcpt_tos:
            received_at = clock.now().isoformat()
            subject = str(parsed["subject"] or "")
            message = Message(
                str(uuid.uuid4()), recipient, envelope.mail_from or "", subject, text, received_at
            )
            self._messages.append(message)
        return "250 taken"

    def of(self, address: str | None) -> list[dict[str, str]]:
        """The mails to one address, or to all where none is given, the oldest first."""
        found = [
            asdict(message)
            for message in self._messages
            if address is None or message.to.lower() == address.lower()
        ]
        for message in found:
            message["from"] = message.pop("from_")
        return found


def create_app(mailbox: Mailbox, key: str) -> Starlette:
    """The HTTP face: GET /messages?to=ADDRESS, or without an address, with the key as a bearer token."""

    async def messages(request: Request) -> Response:
        expected = f"Bearer {key}".encode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            problem = problems.Problem("missing-token", headers={"WWW-Authenticate": "Bearer"})
            return problems.response(problem)
        return JSONResponse(mailbox.of(request.query_params.get("to")), headers={"Cache-Control": "no-store"})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[Route("/messages", messages), Route("/health", health)])


def run(smtp: socket.socket, http: socket.socket, ready: Callable[[], None], key: str) -> None:
    """Serves SMTP and HTTP on two bound sockets until SIGTERM."""
    mailbox = Mailbox()
    app = create_app(mailbox, key)

    async def with_smtp(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    def both_ready() -> None:
        loop = asyncio.get_running_loop()
        make = loop.create_server(
            lambda: SMTP(mailbox, hostname="mail.assay.test", enable_SMTPUTF8=True), sock=smtp
        )
        task = loop.create_task(make)
        task.add_done_callback(lambda _: ready())

    serving.serve(with_smtp, http, both_ready)
