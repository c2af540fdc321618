"""How the operations of a service are called over gRPC: by the contract (`NAME.grpc.yaml`), and as a dialect's section `grpc` differs.

What a field of a message is made of says a prefix: `json:payload` is a document as JSON text, `number:limit` a number,
`secret:token` a credential.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assay.core import dialect, places, yamlfile
from assay.core.errors import AssayError, accepted

_MERGED = ("send", "fields", "answer", "constants")


@dataclass(frozen=True)
class Part:
    """A field of a message, and how what stands in it is written."""

    name: str
    kind: str = ""

    @classmethod
    def read(cls, text: str) -> Part:
        """Reads `json:payload`."""
        kind, colon, name = text.partition(":")
        return cls(name, kind) if colon else cls(text)

    def written(self, value: Any) -> Any:
        """A value as the message has it; a text or bytes that stands for a document is sent as it is."""
        if self.kind == "json" and not isinstance(value, bytes):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
        return int(value) if self.kind == "number" else value

    def read_back(self, value: Any) -> Any:
        """What a field of an answer says."""
        if self.kind == "json":
            return json.loads(value) if value else None
        return int(value) if self.kind == "number" and str(value).isdigit() else value


@dataclass(frozen=True)
class Refused:
    """Which refusals mean a problem: the code, and a regular expression that the message holds."""

    problem: str
    code: str
    matches: str = ""


@dataclass(frozen=True)
class Each:
    """A stream that has one message for each entry of a field: where the entry's key and its value go."""

    of: str
    key: str
    value: Part


@dataclass(frozen=True)
class Items:
    """An answer that is a stream: the operation's field that is the list of its messages, and the parts of each."""

    of: str
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class Spelled:
    """One operation over gRPC: the method, and the parts of its messages by the operation's fields."""

    name: str
    method: str
    fields: Mapping[str, Part]
    send: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Part] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    each: Each | None = None
    items: Items | None = None
    refused: Sequence[Refused] = ()


@dataclass(frozen=True)
class Rpc:
    """A service over gRPC. `token` is where a caller's token goes: `field`, or `metadata` with what stands `before` it."""

    service: str
    proto: Path
    codec: str
    token: Mapping[str, str]
    operations: Mapping[str, Spelled]

    def spelled(self, operation: str) -> Spelled:
        """An operation by its name. AssayError names those that can be called over gRPC."""
        if operation not in self.operations:
            raise AssayError(
                f"{self.service}.{operation} is not called over gRPC{accepted(operation, self.operations)}"
            )
        return self.operations[operation]


@cache
def of(service: str, dialect_name: str | None, beside: Path) -> Rpc:
    """How a service is called over gRPC where it speaks a dialect, or as the contract says without one."""
    promised = yamlfile.load(places.contracts() / f"{service}.grpc.yaml").data
    if dialect_name is None:
        return _made(service, promised, {}, places.root() / "proto")
    file = dialect.checked(service, dialect_name, beside)
    own = file.data.get("grpc", {})
    for name, entry in own.get("operations", {}).items():
        if name not in promised["operations"]:
            raise file.unknown(("grpc", "operations", name), "operation", name, promised["operations"])
        for one in entry.get("fields", {}):
            known = promised["operations"][name].get("fields", {})
            if one not in known:
                raise file.unknown(
                    ("grpc", "operations", name, "fields", one), f"field of {name}", one, known
                )
    if "proto" in own and not (file.path.parent / own["proto"]).is_file():
        raise file.error(("grpc", "proto"), f"grpc.proto names no file: {own['proto']}")
    return _made(service, promised, own, file.path.parent if "proto" in own else places.root() / "proto")


def _made(service: str, promised: Mapping[str, Any], own: Mapping[str, Any], folder: Path) -> Rpc:
    shared = (*_refused(own.get("problems", {})), *_refused(promised["problems"]))
    # A product's own file of messages has the methods that the dialect names, and no others.
    names = own.get("operations", {}) if "proto" in own else promised["operations"]
    operations = {
        name: _spelled(
            f"{service}.{name}", promised["operations"][name], own.get("operations", {}).get(name, {}), shared
        )
        for name in names
    }
    return Rpc(
        service,
        folder / own.get("proto", promised["proto"]),
        own.get("codec", "protobuf"),
        own.get("token", promised["token"]),
        operations,
    )


def _spelled(
    name: str, promised: Mapping[str, Any], own: Mapping[str, Any], shared: tuple[Refused, ...]
) -> Spelled:
    merged = {key: {**promised.get(key, {}), **own.get(key, {})} for key in _MERGED}
    said = own.get("each", promised.get("each"))
    streamed = own.get("items", promised.get("items"))
    return Spelled(
        name,
        own.get("method", promised["method"]),
        _parts(merged["fields"]),
        {one: value for one, value in merged["send"].items() if value is not None},
        _parts(merged["answer"]),
        merged["constants"],
        Each(said["of"], said["key"], Part.read(said["value"])) if said else None,
        Items(streamed["of"], _parts(streamed["parts"])) if streamed else None,
        (*_refused(own.get("problems", {})), *_refused(promised.get("problems", {})), *shared),
    )


def _parts(texts: Mapping[str, str]) -> dict[str, Part]:
    return {name: Part.read(text) for name, text in texts.items()}


def _refused(problems: Mapping[str, Any]) -> Iterator[Refused]:
    for problem, codes in problems.items():
        for one in codes if isinstance(codes, list) else [codes]:
            yield Refused(problem, one["code"], one.get("matches", ""))
