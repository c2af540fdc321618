"""Marks that stand in for secrets: ``‹password #a1b2c3›``.

The six digits are a keyed fingerprint. The same secret has the same mark in every process of a run, so that a reader
can follow one token through a log; the key never leaves the run's state folder, so that the mark gives nothing away.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

KEY_FILE = "redaction.key"
MASK = re.compile(r"‹[^‹›\n]{1,60} #[0-9a-f]{6}›")

_key: bytes | None = None
_shared = False


def use_folder(folder: Path) -> None:
    """Takes the run's key from its state folder, making it (0600) when this process is the first."""
    global _key, _shared
    path = folder / KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    key = path.read_bytes()
    if len(key) == 32:
        _key, _shared = key, True


def forget_key() -> None:
    """Drops the key, so that the next mark takes the one of the run that is current then."""
    global _key, _shared
    _key, _shared = None, False


def mark(value: str, kind: str) -> str:
    """The mark that stands for a value of a kind."""
    digest = hmac.new(_current_key(), value.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"‹{kind} #{digest.hexdigest()[:6]}›"


def holds_mark(text: str) -> bool:
    """Whether a text holds a mark, which means that someone is about to send what a log showed."""
    return "‹" in text and MASK.search(text) is not None


def _current_key() -> bytes:
    global _key
    if not _shared and (folder := os.environ.get("ASSAY_RUN")):
        try:
            use_folder(Path(folder))
        except OSError:
            pass
    if _key is None:
        _key = secrets.token_bytes(32)
    return _key
