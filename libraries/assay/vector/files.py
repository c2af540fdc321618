"""Reads the JOSE files of C2SP Wycheproof (testvectors_v1) from the folder that WYCHEPROOF_DIR names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "WYCHEPROOF_DIR"
#: The four files, by the word in the middle of their names.
FILES = ("signature", "key", "crypto", "encryption")


class NoVectors(ValueError):
    """The folder is named, but does not hold what it should."""


@dataclass(frozen=True)
class Vector:
    """One message and the world's verdict about it."""

    name: str
    message: str
    valid: bool
    disputed: bool = False


@dataclass(frozen=True)
class KeySet:
    """The keys of a group as a platform would be told of them, and the messages that were made with them."""

    name: str
    keys: tuple[Mapping[str, Any], ...]
    vectors: tuple[Vector, ...]


def folder() -> Path | None:
    """The folder that the variable names, or None when it is not set."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named else None


def read(kind: str, place: Path) -> list[KeySet]:
    """The groups of one file; raises NoVectors when the file is missing, no such file, or empty."""
    if kind not in FILES:
        raise ValueError(f"there is no file of vectors for '{kind}'; there are: {', '.join(FILES)}")
    path = place / f"json_web_{kind}_test.json"
    try:
        data = json.loads(path.read_text("utf-8"))
        groups = [_group(group, number) for number, group in enumerate(data["testGroups"], 1)]
    except OSError as error:
        raise NoVectors(f"{VARIABLE} is set, but {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoVectors(f"{VARIABLE} is set, but {path} is no file of test vectors: {error}") from error
    found = sum(len(group.vectors) for group in groups)
    if not found or found != data.get("numberOfTests", found):
        raise NoVectors(f"{path} holds {found} vectors, it says that it holds {data.get('numberOfTests')}")
    return groups


def _group(group: Mapping[str, Any], number: int) -> KeySet:
    # What can be published is preferred; groups of secret keys have only those, and are to be refused for it.
    told = group.get("public") or group["private"]
    keys = told.get("keys", [told])
    return KeySet(f"{number}, {group['comment']}", tuple(keys), tuple(_vectors(group["tests"])))


def _vectors(tests: list[dict[str, Any]]) -> Iterator[Vector]:
    for test in tests:
        message = test["jws"] if "jws" in test else test["jwe"]
        text = message if isinstance(message, str) else json.dumps(message) if message is not None else ""
        result = test["result"]
        yield Vector(f"{test['tcId']}, {test['comment']}", text, result == "valid", result == "acceptable")
