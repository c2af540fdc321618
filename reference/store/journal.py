"""The journal of the index: records that are encrypted, numbered and chained, in a file that only main writes.

The first record of a file is a snapshot: everything as it was at a number. It holds the link of the chain at that number, so
that a journal and its snapshot are worth the same.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reference.store.sealedfiles import make_private_folder, write_all

FOLDER = "index"
FIRST_LINK = bytes(32)
_NAME = re.compile(r"journal\.([0-9]+)")
_HEAD = struct.Struct(">IQ12s")
_LINK_BYTES = 32
_SNAPSHOT = b"snapshot" + bytes(24)


class Broken(Exception):
    """What is on the disk is not what main wrote; the text is one word for why."""


@dataclass(frozen=True)
class Record:
    """A record that was read and is good, with the link before it and its own."""

    number: int
    payload: bytes
    before: bytes
    link: bytes
    end: int


@dataclass(frozen=True)
class Signature:
    """What a file is known by without reading it."""

    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Signature":
        """The signature of what stat() found."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns)


class Journal:
    """One file of records, and the one after it once it has grown."""

    def __init__(self, shared: Path, encryption_key: bytes, chain_key: bytes) -> None:
        self._folder = shared / FOLDER
        self._cipher, self._chain_key = AESGCM(encryption_key), chain_key
        self._path = self._folder
        self._descriptor = -1
        self._known: Signature | None = None
        self._refused: Signature | None = None
        self._content = hashlib.sha256()
        self._size = self._snapshot_size = 0
        self._lock = threading.Lock()

    def newest(self) -> Path | None:
        """The journal that counts: the one with the highest number."""
        found = {int(name[1]): one for one in os.listdir(self._folder) if (name := _NAME.fullmatch(one))}
        return self._folder / found[max(found)] if found else None

    def begin(self, number: int, link: bytes, contents: bytes) -> None:
        """Makes a journal that begins with everything as it is, whole before it has its name."""
        make_private_folder(self._folder)
        place = self._folder / f"journal.{number}"
        draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}.part")
        sealed, _ = self.seal(number, link + contents, _SNAPSHOT)
        try:
            self._write_whole(draft, sealed)
            os.replace(draft, place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def _write_whole(self, draft: Path, content: bytes) -> None:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, path: Path) -> Iterator[Record]:
        """The good records of a journal from its beginning; a last one that was never finished is left out."""
        self._open(path)
        content = self._whole()
        position, link = 0, _SNAPSHOT
        self._snapshot_size = 0
        while (record := self.record_at(content, position, link)) is not None:
            position, link = record.end, record.link
            self._snapshot_size = self._snapshot_size or position
            yield record
        self._size = position
        self._content = hashlib.sha256(content[:position])

    def renew(self, number: int, link: bytes, contents: bytes) -> None:
        """Goes on in a journal that begins with everything as it is. Where that fails, either of the two may be the newest."""
        with self._lock:
            self.begin(number, link, contents)
            path = self.newest()
            assert path is not None
            for _ in self.read(path):
                pass
            self.settle()

    def settle(self) -> None:
        """Cuts off what a crash left behind the last good record, and takes the file as it is from now on."""
        if os.fstat(self._descriptor).st_size != self._size:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
        self._known = Signature.of(os.fstat(self._descriptor))
        self._remove_others()

    def record_at(self, content: bytes, position: int, link: bytes) -> Record | None:
        """The record at a position, where it is whole and follows the one before."""
        if len(content) < position + _HEAD.size:
            return None
        length, number, nonce = _HEAD.unpack_from(content, position)
        start, end = position + _HEAD.size, position + 4 + length
        if length < _HEAD.size + _LINK_BYTES or len(content) < end:
            return None
        sealed, told = content[position : end - _LINK_BYTES], content[end - _LINK_BYTES : end]
        if not hmac.compare_digest(self.link(link, sealed), told):
            return None
        payload = self.decrypt(nonce, content[start : end - _LINK_BYTES], number)
        if link == _SNAPSHOT:
            told, payload = payload[:_LINK_BYTES], payload[_LINK_BYTES:]
        return Record(number, payload, link, told, end)

    def seal(self, number: int, payload: bytes, before: bytes) -> tuple[bytes, bytes]:
        """A record as bytes, and its link of the chain."""
        nonce = secrets.token_bytes(12)
        encrypted = self._cipher.encrypt(nonce, payload, str(number).encode())
        head = _HEAD.pack(_HEAD.size - 4 + len(encrypted) + _LINK_BYTES, number, nonce)
        link = self.link(before, head + encrypted)
        return head + encrypted + link, link

    def decrypt(self, nonce: bytes, encrypted: bytes, number: int) -> bytes:
        """What a record says."""
        try:
            return self._cipher.decrypt(nonce, encrypted, str(number).encode())
        except InvalidTag:
            raise Broken("record") from None

    def link(self, before: bytes, sealed: bytes) -> bytes:
        """What ties a record to the one before it."""
        return hmac.digest(self._chain_key, before + sealed, "sha256")

    def append(self, number: int, payload: bytes, before: bytes) -> bytes:
        """Writes a record and has the disk take it; its link. Where that fails, the record is taken back."""
        sealed, link = self.seal(number, payload, before)
        with self._lock:
            self._append(sealed)
        return link

    def _append(self, sealed: bytes) -> None:
        try:
            if os.fstat(self._descriptor).st_size != self._size:
                self._take_back()
            write_all(self._descriptor, sealed)
            self.sync()
        except BaseException:
            self._take_back()
            raise
        self._size += len(sealed)
        self._content.update(sealed)
        self._known = Signature.of(os.fstat(self._descriptor))

    def sync(self) -> None:
        """Has the disk take what was written."""
        os.fsync(self._descriptor)

    def retract(self, payload_bytes: int) -> None:
        """Takes the last record back, since its number could not be kept."""
        with self._lock:
            self._size -= payload_bytes
            self._take_back()
            self._content = hashlib.sha256(os.pread(self._descriptor, self._size, 0))

    @property
    def grown(self) -> int:
        """How many bytes were written since the snapshot, beyond as many as the snapshot has itself."""
        return self._size - 2 * self._snapshot_size

    @property
    def size(self) -> int:
        """How long the good part of the file is."""
        return self._size

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            self._known = Signature.of(os.fstat(self._descriptor))
        except OSError:
            return  # the next record is written only once this has been done

    def check(self) -> None:
        """Raises Broken where the file is another than main wrote, OSError where the disk is away."""
        if not self._lock.acquire(blocking=False):
            return  # it is being written just now, and is looked at before and after that
        try:
            self._check()
        finally:
            self._lock.release()

    def _check(self) -> None:
        found = self._look()
        if found == self._known:
            return
        if found == self._refused:
            raise Broken("journal")
        self._compare(found)

    def _look(self) -> Signature:
        try:
            found = os.lstat(self._path)
        except FileNotFoundError:
            os.stat(self._folder)  # the disk is away where this fails too
            raise Broken("missing") from None
        if not stat.S_ISREG(found.st_mode):
            raise Broken("no-file")
        return Signature.of(found)

    def _compare(self, found: Signature) -> None:
        """Reads a file that looks different: one with the same content, such as a copy put back, is taken."""
        self._open(self._path)
        if found.size != self._size or hashlib.sha256(self._whole()).digest() != self._content.digest():
            self._refused = found
            raise Broken("journal")
        self._known = found

    def _open(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, IsADirectoryError):
            raise Broken("missing") from None
        before, self._path, self._descriptor = self._descriptor, path, descriptor
        if before >= 0:
            os.close(before)

    def _whole(self) -> bytes:
        return os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _remove_others(self) -> None:
        for name in os.listdir(self._folder):
            if name != self._path.name:
                (self._folder / name).unlink(missing_ok=True)
