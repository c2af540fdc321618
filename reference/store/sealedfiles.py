"""The sealed files on the shared disk: written whole or not at all, read without following anything."""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = "files"
SUFFIX, DRAFT = ".sealed", ".part"
_MODE, _FOLDER_MODE = 0o600, 0o700
_LARGEST = 1 << 30
_TOGETHER = 16


class Missing(Exception):
    """What is read is not a file as it should be; the text is one word for why."""


class SealedFiles:
    """Files below one folder, by the names that the index has for them."""

    def __init__(self, shared: Path) -> None:
        self._folder = shared / FOLDER
        self._told_of = set[Path]()

    def write_all(self, contents: dict[str, bytes]) -> None:
        """Makes files that are on the disk, with their names, when this returns; raises OSError with nothing left."""
        try:
            self.write_each(contents)
            for folder in {(self._folder / name).parent for name in contents}:
                self.sync_folder(folder)
        except BaseException:
            for name in contents:
                self.remove(name)
            raise

    def write_each(self, contents: dict[str, bytes]) -> None:
        """Makes files, several at the same time where there are many, for each has to wait for the disk."""
        if len(contents) == 1:
            self.write(*next(iter(contents.items())))
            return
        with ThreadPoolExecutor(_TOGETHER) as pool:
            for made in [pool.submit(self.write, *one) for one in contents.items()]:
                made.result()

    def write(self, name: str, content: bytes) -> None:
        """Makes one file, whole before it has its name."""
        place = self._folder / name
        self.make_folder(place.parent)
        draft = self.draft(place)
        try:
            self.fill(draft, content)
            os.rename(draft, place)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise

    def draft(self, place: Path) -> Path:
        """A name for a file in the making that nobody else has."""
        return place.with_name(f"{place.name}.{secrets.token_hex(8)}{DRAFT}")

    def fill(self, draft: Path, content: bytes) -> None:
        """Writes a new file and has the disk take it."""
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE
        )
        try:
            os.fchmod(descriptor, _MODE)
            write_all(descriptor, content)
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def sync(self, descriptor: int) -> None:
        """Has the disk take what was written to a file."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Has the disk take the names in a folder."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Makes one of the folders of files, where it is missing, and has the disk know of it.

        Whoever made it may have died before the disk knew, so each process says so once.
        """
        if folder in self._told_of and folder.is_dir():
            return
        make_private_folder(self._folder)
        make_private_folder(folder)
        self.sync_folder(self._folder)
        self.sync_folder(self._folder.parent)
        self._told_of.add(folder)

    def read(self, name: str) -> bytes:
        """The bytes of a regular file; raises Missing for anything else, OSError where the disk fails."""
        try:
            descriptor = os.open(
                self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except FileNotFoundError:
            os.stat(self._folder)  # the disk is away where this fails too
            raise Missing("missing") from None
        except (NotADirectoryError, IsADirectoryError, PermissionError):
            raise Missing("unreadable") from None
        except OSError as error:
            if error.errno in _NO_FILE:
                raise Missing("link") from None
            raise
        try:
            self.check_kind(os.fstat(descriptor))
            return read_all(descriptor)
        finally:
            os.close(descriptor)

    def check_kind(self, found: os.stat_result) -> None:
        """Refuses pipes, folders, devices and what is larger than any document."""
        if not stat.S_ISREG(found.st_mode):
            raise Missing("no-file")
        if found.st_size > _LARGEST:
            raise Missing("length")

    def check_digest(self, content: bytes, expected: bytes) -> None:
        """Refuses a file that is not the one that the index names."""
        if not hmac.compare_digest(self.digest(content), expected):
            raise Missing("digest")

    def digest(self, content: bytes) -> bytes:
        """What the index keeps of a file."""
        return hashlib.sha256(content).digest()

    def remove(self, name: str) -> None:
        """Takes a file away, whether it is there or not."""
        with contextlib.suppress(OSError):
            os.unlink(self._folder / name)

    def remove_all(self, names: list[str]) -> None:
        """Takes files away, and has the disk know of it as far as it can; what it does not know is removed at the next start."""
        for name in names:
            self.remove(name)
        for folder in {(self._folder / name).parent for name in names}:
            with contextlib.suppress(OSError):
                self.sync_folder(folder)

    def names(self) -> list[str]:
        """Every sealed file and every draft, by name."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for shard in os.scandir(self._folder):
                if shard.is_dir(follow_symlinks=False):
                    found += [f"{shard.name}/{one.name}" for one in os.scandir(shard.path)]
        return found


_NO_FILE = {40, 6}  # ELOOP: a link; ENXIO: a socket


def write_all(descriptor: int, content: bytes) -> None:
    """Writes everything, however many calls that takes."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_all(descriptor: int) -> bytes:
    """Reads to the end."""
    pieces = []
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def make_private_folder(folder: Path) -> None:
    """Makes a folder for its owner alone, whatever the umask; one that is there is left."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=_FOLDER_MODE)
        folder.chmod(_FOLDER_MODE)


def entity_of(name: str) -> str:
    """The keyed hash of the entity that a file is of."""
    return name.partition("/")[2].partition(".")[0]


def shard_of(name: str) -> str:
    """The folder that a file is in, which is also the lock that it is under."""
    return name.partition("/")[0]
