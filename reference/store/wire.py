"""What main and the processing workers say to each other, as data; in MessagePack on the wire."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

MAIN_SERVICE = "store.internal.v1.Main"
WORKER_SERVICE = "store.internal.v1.Worker"
ATTACH_SERVICE = "store.internal.v1.Attach"


class Entry(msgspec.Struct, frozen=True):
    """What the index holds of an entity; without a file it was deleted, and the version goes on."""

    version: int
    file: str = ""
    digest: bytes = b""
    key_id: str = ""

    @property
    def alive(self) -> bool:
        """Whether there is something to read."""
        return bool(self.file)


class Asker(msgspec.Struct, frozen=True):
    """Who asks, as far as a door could tell."""

    address: str | None = None
    request_id: str | None = None


class Task(msgspec.Struct, kw_only=True):
    """One operation, as a worker is to perform it; `expected` 0 is any version, `id` names this attempt."""

    operation: str
    schema: str = ""
    key: str = ""
    documents: list[tuple[str, bytes]] = []
    expected: int = 0
    after: str = ""
    limit: int = 100
    token: str = ""
    asker: Asker = Asker()
    id: str = ""


class Done(msgspec.Struct, tag="done", kw_only=True):
    """What came of an operation."""

    document: bytes = b""
    version: int = 0
    versions: dict[str, int] = {}
    entities: list[tuple[str, int]] = []
    next: str | None = None
    schemas: list[str] = []


class Refused(msgspec.Struct, tag="refused", kw_only=True):
    """A refusal by the name of its problem."""

    problem: str
    errors: list[dict[str, str]] = []
    headers: dict[str, str] = {}


Outcome: TypeAlias = Done | Refused


class Admit(msgspec.Struct, kw_only=True):
    """A worker asks whether a token may do something, and what the index says; `known` is the schema that it has at hand."""

    task: str
    token: str
    operation: str
    schema: str
    keys: list[str]
    asker: Asker
    known: bytes = b""


class Admitted(msgspec.Struct, tag="admitted", kw_only=True):
    """It may. The schema comes along where the worker has another one at hand."""

    client: str
    entries: dict[str, Entry]
    schema_digest: bytes
    schema_document: bytes | None = None


class Reserve(msgspec.Struct, kw_only=True):
    """A worker asks for the next versions of entities; `keep_version` where a file is only sealed anew."""

    task: str
    token: str
    operation: str
    schema: str
    keys: list[str]
    expected: int
    schema_digest: bytes
    asker: Asker
    keep_version: bool = False


class Reserved(msgspec.Struct, tag="reserved", kw_only=True):
    """What is to be written: for each entity its version, file and key; the ticket is good once."""

    ticket: str
    entries: dict[str, Entry]
    before: dict[str, Entry]


class Commit(msgspec.Struct, kw_only=True):
    """What was written under a ticket."""

    ticket: str
    entries: dict[str, Entry]


class Abandon(msgspec.Struct, kw_only=True):
    """A ticket is given back, or whatever an attempt may have been given: nothing was written."""

    ticket: str = ""
    task: str = ""


class KeepSchema(msgspec.Struct, kw_only=True):
    """A schema is to be kept, or forgotten where there is no document."""

    task: str
    token: str
    operation: str
    schema: str
    document: bytes | None
    asker: Asker


class Subscription(msgspec.Struct, kw_only=True):
    """A processing worker asks for data keys; none named: every one that it was granted."""

    public_key: bytes
    schemas: list[str] = []
    tags: dict[str, str] = {}


class WrappedKey(msgspec.Struct, kw_only=True):
    """A data key, wrapped for one worker."""

    schema: str
    key_id: str
    algorithm: str
    wrapped: bytes
    current: bool


class Subscribed(msgspec.Struct, tag="subscribed", kw_only=True):
    """The keys, and a token to work with."""

    token: str
    expires_in: int
    keys: list[WrappedKey]


class Attach(msgspec.Struct, kw_only=True):
    """A processing worker is there for as long as the stream is open."""

    worker_id: str


class News(msgspec.Struct, kw_only=True):
    """What main tells a worker by itself: keys to forget, entities to drop, whether all is well."""

    forget_keys: list[str] = []
    forget_schemas: list[str] = []
    drop: list[tuple[str, str]] = []
    well: bool | None = None


class Tampering(msgspec.Struct, kw_only=True):
    """A worker tells that a file is not what the index says."""

    schema: str
    key: str
    reason: str
    key_id: str
    asker: Asker


class Reseal(msgspec.Struct, kw_only=True):
    """Main asks a worker to seal an entity again, under the key of today."""

    token: str
    schema: str
    key: str


class Metrics(msgspec.Struct, tag="metrics", kw_only=True):
    """The counters of a worker, in the text format of Prometheus."""

    text: bytes = b""


class Nothing(msgspec.Struct, tag="nothing"):
    """There is nothing to say."""


class Retry(msgspec.Struct, tag="retry"):
    """Things have changed since the worker asked; it is to ask again."""


Answer: TypeAlias = Done | Refused | Admitted | Reserved | Subscribed | Metrics | Nothing | Retry


def encode(message: Any) -> bytes:
    """A message as bytes."""
    return msgspec.msgpack.encode(message)


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """What makes messages of a kind out of bytes."""
    return msgspec.msgpack.Decoder(kind).decode


class Again(Exception):
    """Things have changed since the worker asked; it is to ask again."""


class Unsure(Exception):
    """Main did not say whether something was done."""
