"""What it takes to open and to search sealed files, and how that grows."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assay.blob import layout, sealing
from assay.blob.entity import Entity
from assay.CanaryLibrary import CanaryLibrary
from assay.command.measuring.growth import grows
from assay.command.measuring.measures import Bench, folder
from assay.command.measuring.table import Row
from assay.SealedTreeLibrary import SealedTreeLibrary

FILES, FILE, CANARIES = 10_000, 10 << 10, 1_000
_PART_OF = 4  # the smaller tree and the shorter list that growth is told by
_MIB = 1 << 20
_SIZES = (1, 8, 32)
_REPEATED = 9

#: A file as many products seal: a number, a nonce, the ciphertext, the tag.
_LAYOUT: dict[str, Any] = {
    "about": "What the bench seals",
    "files": {
        "sealed": {
            "name": "{schema}/{key}.sealed",
            "kind": "binary",
            "segments": [
                {"name": "magic", "bytes": 4, "constant": "BNC1"},
                {"name": "nonce", "bytes": 12},
                {"name": "ciphertext", "rest": True},
                {"name": "tag", "bytes": 16},
            ],
        }
    },
    "parts": {
        name: {"file": "sealed", "segment": name, "means": name} for name in ("nonce", "ciphertext", "tag")
    },
    "algorithm": {"constant": "AES-256-GCM"},
    "associated_data": [{"identity": "schema", "prefix": "u16be"}, {"identity": "key", "prefix": "u16be"}],
}


def searching(bench: Bench) -> list[Row]:
    """A search of a tree for canaries in every form and for nonces used twice, against grep for their raw forms."""
    grep = Row(f"`grep -F -f` of {CANARIES:,} canaries, raw forms alone, in {FILES:,} files of 10 KiB", "s")
    scan = Row("a search of them in every form, and for nonces used twice, against that", "", "2", limit=2)
    files = Row("how it grows with files", "")
    canaries = Row("how it grows with canaries", "")
    for number in range(bench.runs):
        bench.say(f"search of sealed files {number + 1} of {bench.runs}")
        with folder() as place:
            words = [secrets.token_hex(16) for _ in range(CANARIES)]
            whole, part = _tree(place / "whole", FILES), _tree(place / "part", FILES // _PART_OF)
            grep.values.append(_grep(place, words, whole))
            seconds = _search(place, words, whole)
            scan.values.append(seconds / grep.values[-1])
            files.values.append(grows({FILES // _PART_OF: _search(place, words, part), FILES: seconds}))
            fewer = words[: CANARIES // _PART_OF]
            canaries.values.append(grows({len(fewer): _search(place, fewer, whole), CANARIES: seconds}))
    files.note = canaries.note = "1 is in proportion, 0 not at all"
    return [grep, scan, files, canaries]


def decryption(bench: Bench) -> list[Row]:
    """The independent decryption of a sealed file of 8 MiB that was read against AESGCM called bare on its bytes."""
    bare = Row("AESGCM called bare on 8 MiB", "ms")
    ratio = Row("independent decryption of a sealed file of 8 MiB against that", "", "1.25", limit=1.25)
    growth = Row("how it grows with the size of an entity", "", note="1 is in proportion; 1 to 32 MiB")
    for number in range(bench.runs):
        bench.say(f"decryption {number + 1} of {bench.runs}")
        with folder() as place:
            found = {size: _decrypted(place, size) for size in _SIZES}
        bare.values.append(1000 * found[8][1])
        ratio.values.append(found[8][0] / found[8][1])
        growth.values.append(grows({size: seconds for size, (seconds, _) in found.items()}))
    return [bare, ratio, growth]


def _layout(place: Path) -> Path:
    path = place / "bench.yaml"
    path.write_text(json.dumps(_LAYOUT), "utf-8")  # JSON is YAML
    return path


def _tree(place: Path, count: int) -> Path:
    for shard in range(100):
        (place / str(shard)).mkdir(parents=True)
    for number in range(count):
        path = place / str(number % 100) / f"{number}.sealed"
        path.write_bytes(b"BNC1" + os.urandom(FILE - 4))
    return place


def _grep(place: Path, words: Sequence[str], tree: Path) -> float:
    patterns = place / "words"
    patterns.write_text("\n".join(words) + "\n", "utf-8")
    command = ["grep", "-r", "-l", "-F", "-f", str(patterns), str(tree)]
    environment = {**os.environ, "LC_ALL": "C"}
    return _timed(lambda: subprocess.run(command, env=environment, capture_output=True, check=False))


def _search(place: Path, words: Sequence[str], tree: Path) -> float:
    library, trees, path = CanaryLibrary(), SealedTreeLibrary(), str(_layout(place))
    for number, word in enumerate(words):
        library.register_canary(f"canary {number}", word)

    def search() -> None:
        library.canaries_should_not_be_in(tree)
        trees.nonces_should_never_repeat(path, tree)

    return _timed(search)


def _decrypted(place: Path, size: int) -> tuple[float, float]:
    """Seconds that it takes to open a sealed file of so many MiB that was read, and its bytes bare."""
    used, key, nonce = layout.named(_layout(place)), secrets.token_bytes(32), secrets.token_bytes(12)
    sealed = Entity(used, place, {"sealed": "notes/1.sealed"}, {"schema": "notes", "key": "1"})
    bound = b"\0\5notes\0\0011"
    made = AESGCM(key).encrypt(nonce, os.urandom(size * _MIB), bound)
    path = sealed.path("sealed")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"BNC1" + nonce + made)
    contents = sealed.contents()
    ours, bare = [], []
    for _ in range(_REPEATED):
        ours.append(_timed(lambda: sealing.unsealed(sealed, key, contents)))
        bare.append(_timed(lambda: AESGCM(key).decrypt(nonce, made, bound)))
    return statistics.median(ours), statistics.median(bare)


def _timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
