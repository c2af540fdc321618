"""Takes every mail over SMTP and shows it over HTTP, as docs/writing-a-target.md says of an outbox.

`python outbox.py FILE` writes the two ports to FILE as JSON when both are open.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import os
import sys
import threading
import uuid
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP

_KEPT = 20000


class Mailbox:
    """The mails of everybody, the latest last."""

    def __init__(self) -> None:
        self.mails: deque[dict[str, str]] = deque(maxlen=_KEPT)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Takes a mail, once for each of its recipients."""
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = parsed.get_body(preferencelist=("plain", "html"))
        for recipient in envelope.rcpt_tos:
            self.mails.append({
                "id": str(uuid.uuid4()),
                "from": envelope.mail_from or "",
                "to": recipient,
                "subject": str(parsed["subject"] or ""),
                "text": str(body.get_content()) if body is not None else "",
            })  # fmt: skip
        return "250 taken"


def shown(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    """The HTTP face of a mailbox: GET /messages?to=ADDRESS, or without an address."""

    class Face(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query).get("to", [""])[0].lower()
            found = [mail for mail in list(mailbox.mails) if wanted in ("", mail["to"].lower())]
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    return Face


async def main(ready: Path) -> None:
    """Serves until it is ended."""
    mailbox = Mailbox()
    http = ThreadingHTTPServer(("127.0.0.1", 0), shown(mailbox))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    smtp = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, hostname="mail.assay.test", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    ports = {"smtp": smtp.sockets[0].getsockname()[1], "http": http.server_address[1]}
    draft = ready.with_suffix(".new")
    draft.write_text(json.dumps(ports), "ascii")
    os.replace(draft, ready)
    await smtp.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
