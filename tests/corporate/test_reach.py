"""Proxies, authorities and client certificates, each against a real server on this machine."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from assay.core import reach
from assay.core.errors import AssayError
from assay.core.reach import ClientCertificate, Proxy, Way
from assay.core.requesting import WayAdapter
from assay.http import raw
from assay.http.client import Client, Unanswered
from assay.TlsLibrary import TlsLibrary

from tests.corporate.network import Authority, Listening, front, proxy
from tests.http.doubles import Server, serving

REQUEST = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def secure(service: Server, authority: Authority) -> Iterator[str]:
    with front(service.url, authority.server("localhost")) as listening:
        yield f"https://localhost:{listening.port}"


@pytest.fixture
def strict(service: Server, authority: Authority) -> Iterator[Listening]:
    context = authority.server("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(context)
    with front(service.url, context) as listening:
        yield listening


def _status(url: str, way: Way) -> int:
    return Client().send(f"{url}/x", "GET", [], None, 5, "127.3.3.3", way).status


def _by_requests(url: str, way: Way) -> int:
    with requests.Session() as session:
        session.mount(url, WayAdapter(way))
        return session.get(f"{url}/x", timeout=5).status_code


def _raw(url: str, way: Way) -> int | None:
    return raw.exchange(url, [REQUEST], 5, way=way).status


Ask = Callable[[str, Way], int | None]
EACH_CLIENT = pytest.mark.parametrize("ask", [_status, _by_requests, _raw])


@EACH_CLIENT
def test_whom_the_target_trusts_is_trusted_and_nobody_else(
    ask: Ask, secure: str, authority: Authority
) -> None:
    assert ask(secure, Way((str(authority.pem),))) == 200
    for way in (Way(), Way((reach.SYSTEM,))):
        with pytest.raises(
            (Unanswered, OSError), match="(?i)certificate.verify.failed|unable to get local issuer"
        ):
            ask(secure, way)


def test_a_folder_of_authorities_and_those_of_the_machine_besides(
    secure: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "authorities"
    bundle.mkdir()
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    (bundle / "a.pem").write_bytes(other.pem.read_bytes())
    (bundle / "b.crt").write_bytes(authority.pem.read_bytes())
    (bundle / "readme.txt").write_text("not a certificate")
    found = reach.authorities(["authorities"], tmp_path)
    assert [Path(one).name for one in found] == ["a.pem", "b.crt"]
    assert _status(secure, Way(found)) == 200
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    assert _status(secure, Way((str(other.pem), reach.SYSTEM))) == 200
    with pytest.raises(Unanswered, match="TLS failed"):
        _status(secure, Way((str(other.pem),)))


def test_authorities_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.pem").write_text("hello")
    for said, told in (
        ("nowhere.pem", "ca names no file: nowhere.pem"),
        ("empty", "ca names a folder without a file"),
        ("text.pem", "without a certificate in PEM: text.pem"),
    ):
        with pytest.raises(AssayError, match=told):
            reach.authorities([said], tmp_path)


@EACH_CLIENT
def test_a_client_certificate_is_shown(ask: Ask, strict: Listening, authority: Authority) -> None:
    certificate, key = authority.client("ann", "a-pass-phrase")
    trust, url = (str(authority.pem),), f"https://localhost:{strict.port}"
    assert (
        ask(url, Way(trust, certificate=ClientCertificate(str(certificate), str(key), "a-pass-phrase")))
        == 200
    )
    assert strict.seen[-1] == "ann"


def test_without_a_client_certificate_it_is_said_what_is_wanted(
    strict: Listening, authority: Authority
) -> None:
    with pytest.raises(Unanswered, match="asks for a client certificate, which the target does not name"):
        _status(f"https://localhost:{strict.port}", Way((str(authority.pem),)))


def test_a_client_certificate_that_cannot_be_used_is_told_without_its_password(authority: Authority) -> None:
    certificate, key = authority.client("ann", "a-pass-phrase")
    other, other_key = authority.client("bob")
    for given, told in (
        (
            ClientCertificate(str(certificate), str(key), "another-phrase"),
            "the password does not open the key",
        ),
        (ClientCertificate(str(certificate), str(key)), "the key wants a password"),
        (ClientCertificate(str(certificate), str(other_key)), "the key is another certificate's"),
        (ClientCertificate(str(other)), "or there is no key in PEM"),
    ):
        with pytest.raises(AssayError, match=told) as caught:
            reach.context(Way(certificate=given))
        assert "phrase" not in str(caught.value) + repr(given)


@EACH_CLIENT
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_client_goes_through_the_proxy(
    ask: Ask, scheme: str, service: Server, secure: str, authority: Authority
) -> None:
    url = service.url if scheme == "http" else secure
    with proxy("qa", "pass:word") as between:
        assert ask(url, Way((str(authority.pem),), Proxy(between.url, "qa", "pass:word"))) == 200
    asked = between.seen[-1]
    plain = scheme == "http" and ask is not _raw
    assert asked == (f"GET {url}/x" if plain else f"CONNECT {url.partition('://')[2]}")


@EACH_CLIENT
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nobody_through_is_named(
    ask: Ask, scheme: str, service: Server, secure: str
) -> None:
    url = service.url if scheme == "http" else secure
    with proxy("qa", "right-one") as between:
        way = Way((), Proxy(between.url, "qa", "wrong-one"))
        if ask is _by_requests and scheme == "http":
            assert ask(url, way) == 407  # to requests the answer of a proxy is an answer
        else:
            with pytest.raises((Unanswered, OSError), match="407|Who Asks"):
                ask(url, way)
    with pytest.raises(
        (Unanswered, OSError),
        match=r"proxy http://127.0.0.1:1 cannot be reached|Cannot connect to proxy|Connection refused",
    ):
        ask(url, Way((), Proxy("http://127.0.0.1:1")))


def test_the_service_never_learns_what_the_proxy_is_told(service: Server) -> None:
    with proxy("qa", "a-proxy-password") as between:
        way = Way((), Proxy(between.url, "qa", "a-proxy-password"))
        answer = Client().send(f"{service.url}/x?a=b", "POST", [("X-A", "b")], b"body", 5, "127.3.3.4", way)
    seen = json.loads(answer.body)
    assert (seen["path"], seen["body"], seen["headers"]["x-a"], seen["from"]) == (
        "/x?a=b",
        "body",
        "b",
        "127.3.3.4",
    )
    assert "proxy-authorization" not in seen["headers"]
    assert "a-proxy-password" not in repr(way)


def test_a_name_that_only_the_proxy_knows_is_not_looked_up_here(service: Server) -> None:
    port = service.server_address[1]
    with proxy() as between:
        assert _status(f"http://auth.corp.test:{port}", Way((), Proxy(between.url))) == 200


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("https://auth.staging.example", True),
        ("https://auth.inside.example", False),
        ("https://inside.example:8443", False),
        ("http://10.1.2.3:80", False),
        ("http://10.2.2.3:80", True),
    ],
)
def test_what_is_named_is_reached_without_the_proxy(
    url: str, through: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "staging.example")
    said = {"url": "http://proxy.example:3128", "no_proxy": ["inside.example", "10.1.0.0/16"]}
    assert (reach.proxy_for(url, said) is not None) == through


def test_the_environment_counts_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://" + "qa:pass%3Aword" + "@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert reach.proxy_for("https://auth.staging.example", None) is None
    assert reach.proxy_for("https://auth.staging.example", reach.ENVIRONMENT) == Proxy(
        "http://proxy.example:3128", "qa", "pass:word"
    )
    assert reach.proxy_for("https://auth.inside.example", reach.ENVIRONMENT) is None
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example:1080")
    with pytest.raises(AssayError, match="no http:// one: socks5"):
        reach.proxy_for("https://auth.staging.example", reach.ENVIRONMENT)


def test_tls_is_looked_at_through_proxy_and_with_certificate(
    strict: Listening, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = authority.client("ann")
    with proxy() as between:
        way = Way((str(authority.pem),), Proxy(between.url), ClientCertificate(str(certificate), str(key)))
        monkeypatch.setattr("assay.TlsLibrary._way", lambda _: way)
        monkeypatch.setattr("assay.TlsLibrary._url", lambda *_: f"https://localhost:{strict.port}")
        TlsLibrary().certificate_should_fit("auth")
        TlsLibrary().tls_should_be_spoken("auth", "TLSv1.3")
        TlsLibrary().tls_should_be_spoken("auth", "TLSv1.2")
        assert len(between.seen) == 3
        deadline = time.monotonic() + 5
        while strict.seen != ["ann"] * 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert strict.seen == ["ann"] * 3
