"""A server on loopback that nobody may ask, and that notes who does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

from assay.core.waiting import until


class NotingServer:
    """Listens on a port that the system picks, from its making until `close`, and answers every request with one document."""

    def __init__(self, body: bytes, path: str = "/", media: str = "application/json") -> None:
        self._seen: list[str] = []
        seen = self._seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(f"{self.command} {self.path} from {self.client_address[0]}")
                self.send_response(200)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_POST = do_OPTIONS = do_GET

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{path}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def works(self) -> bool:
        """Whether it hears: asks itself once, which does not count."""
        with urlopen(f"{self.url}?check", timeout=2) as answer:
            answer.read()
        heard = [request for request in self._seen if "?check" in request]
        self._seen[:] = [request for request in self._seen if "?check" not in request]
        return bool(heard)

    def seen(self, grace: float = 0.25) -> list[str]:
        """The requests that came; a late one is waited for, unless one is there already."""
        until(lambda: self._seen or None, grace)
        return list(self._seen)

    def close(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._server.server_close()
