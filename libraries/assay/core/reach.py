"""The one place that opens connections: through a proxy, trusting whom the target trusts, with its client certificate."""

from __future__ import annotations

import base64
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from assay.core.errors import AssayError

SYSTEM = "system"
ENVIRONMENT = "environment"
_PEM = (".pem", ".crt", ".cer")
_LONGEST_ANSWER = 65536


@dataclass(frozen=True)
class Proxy:
    """A proxy that connections go through, and who asks it."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def authorization(self) -> str:
        """The value of Proxy-Authorization, empty where nobody is named (RFC 7617)."""
        if not self.user:
            return ""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class ClientCertificate:
    """What a client shows of itself: files of the certificate and of its key, and the password of the key.

    One that is on trial may be weak, for the other side is to judge it.
    """

    certificate: str
    key: str | None = None
    password: str = field(default="", repr=False)
    on_trial: bool = False


@dataclass(frozen=True)
class Way:
    """How a service is reached. Without authorities of its own, those of the machine are trusted."""

    authorities: tuple[str, ...] = ()
    proxy: Proxy | None = None
    certificate: ClientCertificate | None = None


def authorities(said: Iterable[str], folder: Path) -> tuple[str, ...]:
    """The PEM files that are named, those of a folder one by one; the word `system` stays as it is.

    Raises AssayError in one line for what is no file, for a folder without certificates and for a file that is no PEM.
    """
    found: list[str] = []
    for one in said:
        if one == SYSTEM:
            found.append(one)
            continue
        path = (folder / one).resolve()
        files = _certificates(path) if path.is_dir() else [path]
        if not files:
            raise AssayError(
                f"ca names a folder without a file {', '.join('*' + end for end in _PEM)}: {one}"
            )
        if not path.exists():
            raise AssayError(f"ca names no file: {one}")
        for file in files:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
            except (OSError, ssl.SSLError) as error:
                raise AssayError(f"ca names a file without a certificate in PEM: {file.name}") from error
        found += map(str, files)
    return tuple(found)


def proxy_for(url: str, said: Mapping[str, Any] | str | None) -> Proxy | None:
    """The proxy for a URL: as a target says, or as the environment says where the target says `environment`.

    The rules of NO_PROXY are those of `requests`: names and the domains above them, addresses and networks, ports.
    """
    if not said:
        return None
    from requests import utils

    if isinstance(said, str):
        found = utils.select_proxy(url, utils.get_environ_proxies(url))
        if found is None:
            return None
        parts = urlsplit(found if "://" in found else f"http://{found}")
        if parts.scheme != "http":
            raise AssayError(f"the environment names a proxy that is no http:// one: {parts.scheme}://")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Proxy(f"http://{parts.netloc.rpartition('@')[2]}", user, password)
    if utils.should_bypass_proxies(url, no_proxy=",".join(said.get("no_proxy", ()))):
        return None
    return Proxy(str(said["url"]).rstrip("/"), str(said.get("user", "")), str(said.get("password", "")))


@cache
def context(way: Way, kind: type[ssl.SSLSocket] | None = None) -> ssl.SSLContext:
    """A context that trusts as the way says and shows its certificate; `kind` is the class of the sockets it wraps."""
    own = [one for one in way.authorities if one != SYSTEM]
    made = ssl.create_default_context(cafile=own[0] if own else None)
    for one in own[1:]:
        made.load_verify_locations(one)
    if own and SYSTEM in way.authorities:
        made.load_default_certs()
    show(made, way)
    if kind:
        made.sslsocket_class = kind
    return made


def show(made: ssl.SSLContext, way: Way) -> None:
    """Lets a context show the client certificate of a way, where it has one. AssayError says what is wrong with it."""
    if (own := way.certificate) is None:
        return
    if own.on_trial:
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        # A password is always given: without one OpenSSL would ask the person at the terminal.
        made.load_cert_chain(own.certificate, own.key, own.password)
    except (OSError, ssl.SSLError) as error:
        reason = str(getattr(error, "reason", None) or error.strerror or error)
        if "MISMATCH" in reason:
            reason = "the key is another certificate's"
        elif "PEM" in reason or "DECRYPT" in reason:
            locked = "the password does not open the key" if own.password else "the key wants a password"
            reason = f"{locked}, or there is no key in PEM"
        raise AssayError(
            f"the client certificate {Path(own.certificate).name} cannot be used: {reason}"
        ) from error


def connect(
    url: str,
    way: Way,
    ends: float,
    source: str | None = None,
    tunnel: bool = True,
    make: Callable[[int], socket.socket] = socket.socket,
) -> socket.socket:
    """A connection to where a URL points, before any TLS; `ends` is when it must be there (time.monotonic).

    Through a proxy it is a tunnel (CONNECT, RFC 9110 section 9.3.6), or one to the proxy itself where `tunnel` is false.
    On this machine it comes from the address `source`. Raises OSError.
    """
    host, port = host_and_port(url)
    if way.proxy is None:
        return _opened(host, port, ends, source, make)
    try:
        sock = _opened(*host_and_port(way.proxy.url), ends, source, make)
    except OSError as error:
        raise OSError(f"the proxy {way.proxy.url} cannot be reached: {error.strerror or error}") from error
    if tunnel:
        try:
            _ask_for_tunnel(sock, host, port, way.proxy)
        except BaseException:
            sock.close()
            raise
    return sock


def wrapped(url: str, way: Way, ends: float) -> socket.socket:
    """A connection under TLS, for clients that have no class of sockets of their own. Raises OSError."""
    plain = connect(url, way, ends)
    try:
        return context(way).wrap_socket(plain, server_hostname=host_and_port(url)[0])
    except BaseException:
        plain.close()
        raise


def host_and_port(url: str) -> tuple[str, int]:
    """Where a URL points; without a port, the port of its scheme."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "imaps": 993}.get(parts.scheme, 80)
    return parts.hostname or "localhost", port


@cache
def resolved(host: str) -> str:
    """The address to connect to. Names under `.localhost` are this machine (RFC 6761), whatever resolves names."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])


def is_loopback(address: str) -> bool:
    """Whether connections to an address can come from any address in 127.0.0.0/8."""
    return address.startswith("127.")


def _certificates(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _PEM and path.is_file())


def _opened(
    host: str, port: int, ends: float, source: str | None, make: Callable[[int], socket.socket]
) -> socket.socket:
    address = resolved(host)
    sock = make(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source and is_loopback(address):
            sock.bind((source, 0))
        sock.settimeout(max(0.001, ends - time.monotonic()))
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _ask_for_tunnel(sock: socket.socket, host: str, port: int, proxy: Proxy) -> None:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    sock.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    # One octet at a time, so that nothing is taken of what the service itself may say first.
    while not answer.endswith(b"\r\n\r\n") and len(answer) < _LONGEST_ANSWER:
        if not (piece := sock.recv(1)):
            break
        answer += piece
    words = answer.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].startswith("2"):
        said = " ".join(words[1:]) or "nothing"
        raise OSError(f"the proxy {proxy.url} opens no way to {where}: it answered {said}")
