"""The defects of the store, by topic. Each leaves logging in, writing, reading and deleting as they are."""

from reference.defects.store import (
    access,
    caching,
    data,
    disk,
    doors,
    dying,
    edges,
    files,
    flaws,
    granting,
    keys,
    locking,
    rest,
    rights,
    schemas,
    telling,
)

__all__ = [
    "access",
    "caching",
    "data",
    "disk",
    "doors",
    "dying",
    "edges",
    "files",
    "flaws",
    "granting",
    "keys",
    "locking",
    "rest",
    "rights",
    "schemas",
    "telling",
]
