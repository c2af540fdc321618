"""The defects of the store, by topic. Each leaves logging in, writing, reading and deleting as they are."""

from reference.defects.store import (
    access,
    data,
    disk,
    exposure,
    keys,
    restarts,
    sealing,
    sequences,
    wrappings,
    writers,
)

__all__ = [
    "access",
    "data",
    "disk",
    "exposure",
    "keys",
    "restarts",
    "sealing",
    "sequences",
    "wrappings",
    "writers",
]
