"""Small files that main keeps outside of the shared directory: replaced as a whole, and on the disk when that returns."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from reference.store.sealedfiles import make_private_folder, write_all

T = TypeVar("T")


class StateFile:
    """One value in one file, for its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        make_private_folder(path.parent)

    def load(self, kind: type[T]) -> T | None:
        """The value, None where there is none yet; raises ValueError for a file that is not of this kind."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(content, type=kind)

    def save(self, value: object) -> None:
        """Keeps a value in place of the one before."""
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            write_all(descriptor, msgspec.json.encode(value))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(draft, self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
