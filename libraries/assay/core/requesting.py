"""The way to a service for `requests`, and with it for RequestsLibrary."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from requests.adapters import HTTPAdapter

from assay.core import reach
from assay.core.reach import Way


class WayAdapter(HTTPAdapter):
    """Sends the requests of a session as a way says. Use: `session.mount(url, WayAdapter(way))`.

    What the session or the environment says of proxies, authorities and certificates does not count.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Called by requests."""
        super().init_poolmanager(*arguments, **named, ssl_context=reach.context(self._way))

    def proxy_manager_for(self, proxy: Any, **named: Any) -> Any:
        """Called by requests."""
        return super().proxy_manager_for(proxy, **named, ssl_context=reach.context(self._way))

    def send(self, request: Any, *arguments: Any, **named: Any) -> Any:
        """Called by requests, with what the session says; the way takes its place."""
        return super().send(
            request, *arguments, **{**named, "proxies": self._proxies(), "verify": True, "cert": None}
        )

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Called by requests; authorities and certificate are the context's alone."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        kept = {name: value for name, value in pool.items() if name not in ("ca_certs", "ca_cert_dir")}
        return host, kept

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Called by requests; nothing is to be added to the context."""

    def _proxies(self) -> dict[str, str]:
        if (proxy := self._way.proxy) is None:
            return {}
        who = f"{quote(proxy.user, safe='')}:{quote(proxy.password, safe='')}@" if proxy.user else ""
        url = proxy.url.replace("http://", f"http://{who}", 1)
        return {"http": url, "https": url}
