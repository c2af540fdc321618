"""A launched store, and plain clients for its doors."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reference.store import protocol
from tests.reference.launched import Answer, Launched, launch

MESSAGES = protocol.messages()
OPERATIONS = {"getEntity": "GET", "putEntity": "PUT", "deleteEntity": "DELETE"}


class Refusal(Exception):
    """What a door said no with: the code of gRPC and the name of the problem."""

    def __init__(self, error: Any) -> None:
        trailers = dict(error.trailing_metadata() or ())
        self.code = error.code().name
        self.details = trailers.get("grpc-status-details-bin", b"")
        super().__init__(f"{self.code} {error.details()}")


class Door:
    """One door over gRPC."""

    def __init__(self, address: str, token: str | None, credentials: Any = None) -> None:
        self.channel = (
            grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
        )
        self.token = token

    def send(self, raw: bytes, method: str = "Process", seconds: float = 10) -> bytes:
        """One call with bytes as they are; the bytes of the answer."""
        metadata = (("authorization", f"Bearer {self.token}"),) if self.token is not None else ()
        call: Any = self.channel.unary_unary(f"/store.v1.Store/{method}")
        try:
            answer: bytes = call(raw, metadata=metadata, timeout=seconds)
        except grpc.RpcError as error:
            raise Refusal(error) from None
        return answer

    def process(self, operation: str, seconds: float = 10, **fields: Any) -> Any:
        """One operation in protobuf."""
        asked = MESSAGES["ProcessRequest"](operation=operation, **fields)
        return MESSAGES["ProcessResponse"].FromString(self.send(asked.SerializeToString(), seconds=seconds))

    def put(self, schema: str, key: str, document: Any, **fields: Any) -> int:
        """Writes an entity; its version."""
        payload = document if isinstance(document, bytes) else json.dumps(document).encode()
        return int(self.process("PUT", schema_id=schema, entity_key=key, payload=payload, **fields).version)

    def get(self, schema: str, key: str) -> tuple[Any, int]:
        """An entity and its version."""
        answer = self.process("GET", schema_id=schema, entity_key=key)
        return json.loads(answer.result), int(answer.version)


class Store:
    """A store that was launched."""

    def __init__(self, platform: Launched) -> None:
        self.platform = platform
        self.token = self.log_in(platform.ready["secrets"]["admin_key"])

    @property
    def said(self) -> Mapping[str, Any]:
        """What is told of it."""
        found: Mapping[str, Any] = self.platform.ready["services"]["store"]
        return found

    @property
    def files(self) -> Path:
        """The shared directory."""
        return Path(self.platform.ready["observes"]["files"]["store"])

    def call(self, method: str, path: str, body: Any = None, **named: Any) -> Answer:
        """One request over REST, as the administrator unless told otherwise."""
        named.setdefault("token", self.token)
        return self.platform.call(method, path, body, url=self.said["url"], **named)

    def log_in(self, key: str) -> str:
        """A token for a key."""
        answer = self.platform.call("POST", "/api/login", {"key": key}, url=self.said["url"])
        assert answer.status == 200, answer.raw
        return str(answer.body["token"])

    def door(self, name: str = "grpc", token: str | None = "") -> Door:
        """A door over gRPC: `grpc` or `worker-1`."""
        number = int(name.partition("-")[2] or 0)
        address = self.said["workers"][number - 1] if number else self.said["grpc"]
        return Door(address, self.token if token == "" else token)

    def schema(self, name: str, content: Any = True) -> str:
        """Keeps a schema."""
        answer = self.call("PUT", f"/schema/{quote(name, safe='')}", content)
        assert answer.status == 200, answer.raw
        return name

    def put(self, schema: str, **documents: Any) -> Answer:
        """Writes entities over REST."""
        return self.call("PUT", f"/entity/{schema}", documents)

    def get(self, schema: str, key: str, **named: Any) -> Answer:
        """Reads an entity over REST."""
        return self.call("GET", f"/entity/{schema}?key={quote(key, safe='')}", **named)

    def sealed(self) -> list[Path]:
        """Every sealed file."""
        return sorted(self.files.glob("files/*/*.sealed"))

    def events(self, name: str) -> list[dict[str, Any]]:
        """The security events of a name so far."""
        lines = Path(self.platform.ready["observes"]["security_log"]["store"]).read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def counters(self, name: str) -> dict[str, float]:
        """A counter by worker."""
        found = {}
        for line in self.call("GET", "/metrics").raw.decode().splitlines():
            if line.startswith(f"{name}{{"):
                found[line.partition('worker="')[2].partition('"')[0]] = float(line.rpartition(" ")[2])
        return found

    def subscription(self, worker: str, folder: Path) -> Door:
        """The door for workers, with a certificate of this name."""
        key, chain = certificate(self.said["service_certificates"], worker)
        roots = Path(self.platform.ready["ca"]).read_bytes()
        return Door(self.said["subscription"], None, grpc.ssl_channel_credentials(roots, key, chain))


def certificate(authority: Mapping[str, str], worker: str) -> tuple[bytes, bytes]:
    """A key and a certificate for a worker."""
    issuer = x509.load_pem_x509_certificate(Path(authority["certificate"]).read_bytes())
    signing: Any = serialization.load_pem_private_key(Path(authority["key"]).read_bytes(), None)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = authority["name"].replace("{service}", worker)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, worker)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)


@contextlib.contextmanager
def stored(folder: Path, **options: Any) -> Iterator[Store]:
    """A store for as long as the block lasts."""
    with launch(folder, services=["store"], **options) as platform:
        yield Store(platform)
