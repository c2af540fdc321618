"""What the store can be told at its start, and where it finds what it needs."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reference.common import settings
from reference.common.settings import SettingError, setting

__all__ = ["SettingError", "Settings", "Surroundings", "describe", "from_environment", "parse"]

MAIN = "store-main"
EARLIER = {one.name: one for one in (Path(__file__).parent / "earlier").iterdir() if one.is_dir()}
DOMAIN = "workers.store.assay.test"


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; durations are in seconds."""

    worker_token_lifetime: int = setting(3600, "Seconds that the token of a subscribed worker works", 1)
    client_token_lifetime: int = setting(86400, "Seconds that the token of a client works", 1)
    processing_workers: int = setting(3, "How many processing workers there are", 1)
    cache_capacity: int = setting(256, "How many entities each processing worker keeps in memory", 1)
    cache_ttl: int = setting(0, "Seconds that an entity is kept in memory; 0: until others take its place", 0)
    entity_body_bytes: int = setting(1048576, "The largest body of a request over REST", 256)
    document_depth: int = setting(64, "How deeply lists and objects of a document may be nested", 1)
    message_bytes: int = setting(4194304, "The largest message over gRPC", 1024)
    files_per_key: int = setting(
        4294967296, "How many files are sealed under one data key before another is taken", 1
    )
    begins_with: str = setting(
        "",
        "Data of an earlier version that the store begins with, by the name that the target gives it; empty: none",
    )
    sealing_conformance: bool = setting(False, "Offers the operation openCiphertext")


def describe() -> dict[str, dict[str, Any]]:
    """Every setting with type, default, bounds and meaning."""
    return settings.describe(Settings)


def parse(given: dict[str, Any]) -> Settings:
    """Settings from what was asked for; raises SettingError for a name or value that is not accepted."""
    parsed = settings.parse(Settings, given)
    if parsed.begins_with not in ("", *EARLIER):
        raise SettingError(f"setting begins_with must be empty or one of {', '.join(EARLIER)}")
    return parsed


@dataclass(frozen=True)
class Tls:
    """Files of certificates: one's own with its key, the authority of workers, and what main's door shows to them and by whom."""

    identity: Path
    authority: Path
    revocations: Path
    door: Path
    door_authority: Path
    public: Path | None = None


@dataclass(frozen=True)
class Surroundings:
    """Where a process of the store finds what it needs, read from the environment; ports are on `address`."""

    name: str
    address: str
    shared: Path
    state: Path
    security_log: str
    tls: Tls
    main_port: int
    worker_ports: dict[str, int]
    master_key: Path = field(repr=False, default=Path())
    admin_key_hash: str = field(repr=False, default="")
    settings: Settings = field(default_factory=Settings)

    @property
    def https(self) -> bool:
        """Whether the doors for callers are behind TLS."""
        return self.tls.public is not None


def from_environment() -> Surroundings:
    """What the variables ASSAY_STORE_* say."""
    told = {
        name.removeprefix("ASSAY_STORE_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("ASSAY_STORE_")
    }
    public = told.get("public_certificate")
    return Surroundings(
        name=told["name"],
        address=told["address"],
        shared=Path(told["shared"]),
        state=Path(told["state"]),
        security_log=told["security_log"],
        tls=Tls(
            Path(told["certificate"]),
            Path(told["authority"]),
            Path(told["revocations"]),
            Path(told["door"]),
            Path(told["door_authority"]),
            Path(public) if public else None,
        ),
        main_port=int(told["main_port"]),
        worker_ports=json.loads(told["worker_ports"]),
        master_key=Path(told.get("master_key_file", "")),
        admin_key_hash=told.get("admin_key_hash", ""),
        settings=parse(json.loads(told.get("settings", "{}"))),
    )
