"""Puts canaries where secrets are, and fails with them in its mouth."""

from __future__ import annotations

import base64
import json
import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from assay.evidence.exchange import Exchange, RowResult, exchange_table, rows_table
from assay.evidence.expect import expect
from assay.evidence.redact import conceal
from robot.api import logger
from robot.api.types import Secret

CANARIES: dict[str, str] = json.loads(Path(os.environ["CANARIES"]).read_text(encoding="utf-8"))
# Those that nothing names: their look must be enough.
UNNAMED = (
    "access token",
    "Authorization header",
    "cookie",
    "JSON member",
    "query string",
    "private JWK",
    "PEM key",
)
IN_PLACE = ("cookie", "JSON member", "query string")


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = json.dumps({"path": self.path, "headers": dict(self.headers.items()), "body": sent}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"sid={CANARIES['cookie']}; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Planter:
    ROBOT_LIBRARY_SCOPE = "GLOBAL"

    def start_echo(self) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    def plant(self) -> None:
        for name, value in CANARIES.items():
            if name not in UNNAMED:
                conceal(value, name)

    def canary(self, name: str) -> str:
        return CANARIES[name]

    def canaries(self) -> dict[str, str]:
        """Those that are known wherever they stand; the others are known by what stands before them."""
        return {name: value for name, value in CANARIES.items() if name not in IN_PLACE}

    def secret_canary(self, name: str) -> Secret:
        return Secret(CANARIES[name])

    def basic_authorization(self, name: str) -> str:
        return "Basic " + base64.b64encode(f"someone@assay.test:{CANARIES[name]}".encode()).decode()

    def fail_with(self, text: str, *more: Any) -> None:
        raise ValueError(f"this failed with {text}")

    def fail_far_with(self, text: str) -> None:
        raise AssertionError(
            "\n".join([*("a line" for _ in range(60)), " ".join([text] * 30), *("a line" for _ in range(60))])
        )

    def fail_expecting(self, text: str) -> None:
        expect(False, f"not {text}", {"body": {"inner": text}}, f"http://a.test/?x={text}")

    def say_everywhere(self, text: str) -> None:
        print(f"printed {text}")
        print(f"*HTML* <b>{text}</b>")
        for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR"):
            logger.write(f"{level} {text}", level)
        logger.console(f"on the console {text}")
        logger.info(f"also on the console {text}", also_console=True)
        logging.getLogger("canary").warning("by logging %s", text)

    def what_to_send(self) -> tuple[dict[str, str], dict[str, str]]:
        names = CANARIES
        body = {
            "password": names["password"],
            "client_secret": names["JSON member"],
            "other": names["admin password"],
        }
        headers = {
            "Authorization": names["Authorization header"],
            "Cookie": f"sid={names['cookie']}",
            "X-Token": names["refresh token"],
        }
        return body, headers

    def address_with_a_query(self, url: str) -> str:
        return f"{url}/x?token={CANARIES['query string']}&lang=en"

    def show_exchange(self) -> None:
        names = CANARIES
        exchange = Exchange(
            "auth.logIn", "POST", f"/auth/login?token={names['query string']}", names["password"],
            [("Authorization", names["Authorization header"]), ("Cookie", f"sid={names['cookie']}"),
             ("X-Admin", names["admin password"])],
            json.dumps({"password": names["password"], "secret": names["JSON member"]}).encode(), 401,
            [("Set-Cookie", f"sid={names['cookie']}; Path=/"), ("X-Echo", names["refresh token"])],
            json.dumps({"detail": names["verification token"], "access_token": names["access token"]}).encode(), 0.01,
        )  # fmt: skip
        logger.write(exchange_table(exchange), "INFO", True)
        row = RowResult(
            names["password"],
            json.dumps(self.canaries()),
            "refused",
            names["refresh token"],
            False,
            0.1,
            exchanges=[exchange],
        )
        logger.write(rows_table("rows", [row]), "INFO", True)
