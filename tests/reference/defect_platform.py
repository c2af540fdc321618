"""A started reference platform, as the probes of its defects see it: from outside."""

import base64
import dataclasses
import http.client
import json
import os
import re
import secrets
import ssl
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0

#: Keys that the platform trusts as its own, by the algorithm they are bound to.
TRUSTED: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def public_jwk(algorithm: str, key: Any = None) -> dict[str, Any]:
    """The public JWK of a trusted key, or of another for the same algorithm."""
    public = (key or TRUSTED[algorithm]).public_key()
    told = get_default_algorithms()[algorithm].to_jwk(public, as_dict=True)
    return {**told, "kid": f"trusted-{algorithm}", "alg": algorithm, "use": "sig"}


def settings(**changed: Any) -> dict[str, Any]:
    """Cheap passwords, the trusted keys, and what is asked for."""
    cheap = {"argon2_time_cost": 1, "argon2_memory_kib": 64}
    return {**cheap, "trusted_keys": {"keys": [public_jwk(one) for one in TRUSTED]}, **changed}


@dataclasses.dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def body(self) -> Any:
        """The JSON of it."""
        return json.loads(self.text)


@dataclasses.dataclass
class User:
    """Somebody with an account, logged in once."""

    email: str
    password: str
    access: str = ""
    refresh: str = ""

    @property
    def claims(self) -> dict[str, Any]:
        """What the access token says."""
        found: dict[str, Any] = jwt.decode(self.access, options={"verify_signature": False})
        return found


class Platform:
    """One platform with some defects."""

    def __init__(
        self,
        folder: Path,
        defects: Iterable[str],
        files: Iterable[Path] = (),
        profile: str = "http",
        **changed: Any,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        request = {
            "run": "probes",
            "services": ["auth"],
            "profile": profile,
            "settings": settings(**changed),
            "defects": [*defects],
            "defects_from": [str(one) for one in files],
        }
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        command = [str(ROOT / "reference" / "platform"), "up", "--folder", str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.ready: dict[str, Any] = {}
        ready = folder / "ready.json"
        if (
            wait_for(lambda: ready.exists() or self.process.poll() is not None, START_SECONDS)
            and ready.exists()
        ):
            self.ready = json.loads(ready.read_text(encoding="utf-8"))
            self.url: str = self.ready["services"]["auth"]["url"]

    def ended(self) -> tuple[int, str]:
        """The exit status and what was said, of a platform that did not start."""
        _, said = self.process.communicate(timeout=START_SECONDS)
        return self.process.returncode, said

    def stop(self) -> None:
        """Ends it."""
        self.process.communicate(timeout=START_SECONDS)

    def control(self, service: str, action: str, **more: Any) -> None:
        """Does something to one of its servers."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"id": 1, "service": service, "action": action, **more}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer.get("ok"), answer

    def hits(self, name: str) -> int:
        """How often a defect was hit, as far as the file says."""
        found: dict[str, int] = json.loads((self.folder / "defect-hits.json").read_text(encoding="utf-8"))
        return found[name]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        source: str = "127.0.0.1",
        program: str | None = "probe",
        certificate: Path | None = None,
    ) -> Answer:
        """One request on a connection of its own, over HTTPS with a client certificate where one is given."""
        connection = self._connection(source, certificate)
        try:
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            if token is not None:
                connection.putheader("Authorization", f"Bearer {token}")
            if program is not None:
                connection.putheader("User-Agent", program)
            sent = json.dumps(body).encode() if body is not None else b""
            if body is not None:
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(sent)))
            connection.endheaders(sent or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def trust(self) -> ssl.SSLContext:
        """What a client needs to know that it is talking to this platform."""
        return ssl.create_default_context(cafile=self.ready["ca"])

    def _connection(self, source: str, certificate: Path | None) -> http.client.HTTPConnection:
        address = urllib.parse.urlsplit(self.url)
        place, here = (address.hostname or "", address.port), (source, 0)
        if address.scheme == "http":
            return http.client.HTTPConnection(*place, timeout=10, source_address=here)
        context = self.trust()
        if certificate is not None:
            context.load_cert_chain(certificate)
        return http.client.HTTPSConnection(*place, timeout=10, source_address=here, context=context)

    def me(self, token: str) -> int:
        """The status that a token gets at getMe."""
        return self.call("GET", "/auth/me", token=token).status

    def sign_up(self, email: str, password: str) -> Answer:
        """Asks for an account."""
        return self.call("POST", "/auth/signup", {"email": email, "password": password})

    def mails(self, email: str) -> list[dict[str, str]]:
        """The mails to an address."""
        told = self.ready["observes"]["mail"]
        address = urllib.parse.urlsplit(told["url"])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        target = f"/messages?to={urllib.parse.quote(email)}"
        connection.request("GET", target, headers={"Authorization": f"Bearer {told['key']}"})
        found: list[dict[str, str]] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def mailed_token(self, email: str) -> str:
        """The token in the latest mail to an address."""
        assert wait_for(lambda: bool(self.mails(email)), 10.0), "no mail came"
        found = re.search(r"token=([A-Za-z0-9_-]{20,})", self.mails(email)[-1]["text"])
        assert found, self.mails(email)[-1]["text"]
        return found.group(1)

    def verify(self, token: str) -> Answer:
        """Brings a mailed token back."""
        return self.call("POST", "/auth/verify-email", {"token": token})

    def log_in(self, user: User, device: str | None = None) -> User:
        """Another session of a user."""
        answer = self.try_log_in(user.email, user.password, device)
        assert answer.status == 200, answer.text
        told = answer.body
        return dataclasses.replace(user, access=told["access_token"], refresh=told["refresh_token"])

    def try_log_in(self, email: str, password: str, device: str | None = None) -> Answer:
        """Whatever log-in answers."""
        return self.call("POST", "/auth/login", {"email": email, "password": password, "device_id": device})

    def user(self, password: str | None = None) -> User:
        """Somebody new, with an account and a session."""
        user = User(f"{secrets.token_hex(6)}@example.test", password or secrets.token_urlsafe(12))
        assert self.sign_up(user.email, user.password).status == 202
        assert self.verify(self.mailed_token(user.email)).status == 200
        return self.log_in(user)

    def admin(self) -> User:
        """Somebody who may rotate keys."""
        return self.log_in(User(**self.ready["accounts"]["admin"]))

    def renew(self, refresh: str) -> Answer:
        """Refreshes."""
        return self.call("POST", "/auth/refresh", {"refresh_token": refresh})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the service's database."""
        with psycopg.connect(self.ready["observes"]["databases"]["auth"]) as connection:
            return connection.execute(query.encode()).fetchall()

    def events(self) -> list[dict[str, Any]]:
        """The security log."""
        path = Path(self.ready["observes"]["security_log"]["auth"])
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def log(self) -> str:
        """The log of the service."""
        return Path(self.ready["observes"]["service_log"]["auth"]).read_text(encoding="utf-8")


def forge(
    user: User,
    algorithm: str = "RS256",
    header: dict[str, Any] | None = None,
    drop: str = "",
    key: Any = None,
    **claims: Any,
) -> str:
    """The user's token with other claims or header, signed by a trusted key or another; None drops a header member."""
    told = {name: value for name, value in {**user.claims, **claims}.items() if name != drop}
    return sign(json.dumps(told).encode(), algorithm, header, key)


def sign(
    payload: bytes, algorithm: str = "RS256", header: dict[str, Any] | None = None, key: Any = None
) -> str:
    """A compact JWS of whatever is to be signed."""
    usual = {"alg": algorithm, "typ": "at+jwt", "kid": f"trusted-{algorithm}"}
    members = {name: value for name, value in {**usual, **(header or {})}.items() if value is not None}
    signed = f"{encode(json.dumps(members).encode())}.{encode(payload)}"
    working = get_default_algorithms()[
        algorithm if algorithm in TRUSTED or algorithm[:2] in ("PS", "HS") else "RS256"
    ]
    signature = working.sign(signed.encode(), key if key is not None else TRUSTED[algorithm])
    return f"{signed}.{encode(signature)}"


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """What base64url without padding holds."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def sample_size() -> int | None:
    """How many defects are probed: all where ASSAY_DEFECT_PROBES says all, else the number it says, else two of each file."""
    told = os.environ.get("ASSAY_DEFECT_PROBES", "2")
    return None if told == "all" else int(told)
