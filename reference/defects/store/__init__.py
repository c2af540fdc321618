"""The defects of the store, by topic. Each leaves logging in, writing, reading and deleting as they are."""

from reference.defects.store import access, caching, data, disk, flaws, granting, keys, locking, rights, schemas

__all__ = [
    "access",
    "caching",
    "data",
    "disk",
    "flaws",
    "granting",
    "keys",
    "locking",
    "rights",
    "schemas",
]
