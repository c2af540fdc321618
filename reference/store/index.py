"""The index: what is true, in a journal on the shared disk whose number is also kept outside of it."""

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from reference.common import problems
from reference.common.securitylog import SecurityLog
from reference.store import failures
from reference.store.contents import Change, Contents, Whole
from reference.store.counter import Counter, Last
from reference.store.journal import FIRST_LINK, FOLDER, Broken, Journal, Record
from reference.store.sealedfiles import make_private_folder

_COMPACT_RECORDS = 256
_COMPACT_BYTES = 1 << 20
_PAUSE_SECONDS = 60.0


class Index:
    """Reads the journal at the start, and from then on writes what changes, several changes at once where many come."""

    def __init__(self, shared: Path, state: Path, keys: tuple[bytes, bytes], log: SecurityLog) -> None:
        self._shared, self._keys, self._log = shared, keys, log
        self._counter = Counter(state)
        self._journal = Journal(shared, *keys)
        self.contents = Contents()
        self._number, self._link = 0, FIRST_LINK
        self._broken: str | None = None
        self.refusal: str | None = None
        self._loaded = False
        self._loading = threading.RLock()
        self._compacts_from = 0.0
        self._waiting: list[tuple[list[Change], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "index")

    def load(self) -> None:
        """Reads what there is; where it is not what main wrote last, nothing is served, and the log says so."""
        try:
            records = self._read()
            self._loaded, self._broken = True, None
        except Broken as broken:
            self._tell(str(broken))
        except OSError:
            self._loaded = False
        else:
            if records > _COMPACT_RECORDS:
                self.compact_if_possible()

    def _read(self) -> int:
        """Reads what there is; how many records that are."""
        known = self._counter.last()
        make_private_folder(self._shared / FOLDER)
        path = self._journal.newest()
        if path is None:
            path = self._first(known)
            known = known or self._counter.last()
        records = list(self._journal.read(path))
        self.check_number(known, records)
        contents = Contents()
        contents.take(msgspec.msgpack.decode(records[0].payload, type=Whole))
        for record in records[1:]:
            for change in msgspec.msgpack.decode(record.payload, type=list[Change]):
                contents.apply(change)
        self.contents = contents
        self._number, self._link = records[-1].number, records[-1].link
        self._counter.keep(self._number, self._link)
        self._journal.settle()
        return len(records)

    def _first(self, known: Last | None) -> Path:
        """The journal of a store that holds nothing yet."""
        if known is not None and known.number:
            raise Broken("missing")
        self._counter.keep(0, FIRST_LINK)
        self._journal.begin(0, FIRST_LINK, msgspec.msgpack.encode(Contents().whole()))
        made = self._journal.newest()
        assert made is not None
        return made

    def check_number(self, known: Last | None, records: list[Record]) -> None:
        """Refuses a journal whose last record is not the last one that main wrote."""
        if known is None or not records:
            raise Broken("number-unknown" if known is None else "record")
        last = records[-1]
        before = last.before if len(records) > 1 else FIRST_LINK
        self.check_order(records)
        if not self._counter.is_known(known, last.number, last.link, before):
            raise Broken("set-back" if last.number < known.number else "number")

    def check_order(self, records: list[Record]) -> None:
        """Refuses records that do not follow each other by number."""
        first = records[0].number
        if [record.number for record in records] != list(range(first, first + len(records))):
            raise Broken("order")

    def compact(self) -> None:
        """Begins another journal with everything as it is; it has the number of the last record, and is worth the same."""
        whole = msgspec.msgpack.encode(self.contents.whole())
        self._journal.renew(self._number, self._link, whole)

    def compact_if_possible(self) -> None:
        """Compacts; where that fails, either journal may be the newest, so what there is is read anew, and it is tried again later."""
        if time.monotonic() < self._compacts_from:
            return
        try:
            self.compact()
        except (OSError, Broken) as error:
            failures.problem_of(error)
            self._compacts_from = time.monotonic() + _PAUSE_SECONDS
            with self._loading:
                self._loaded = False
                self.load()

    def check_keys(self) -> None:
        """Raises a problem where the keys to what there is are not there, so that nothing may be kept under any other."""
        if self.refusal is not None:
            raise problems.Problem(self.refusal)

    def check(self) -> None:
        """Raises a problem while what is on the disk is not what main wrote, or cannot be seen."""
        self.check_keys()
        with self._loading:
            if not self._loaded and self._broken is None:
                self.load()
        if not self._loaded:
            raise problems.Problem("tampered") if self._broken else problems.unavailable()
        try:
            self.check_journal()
        except Broken as broken:
            self._tell(str(broken))
            raise problems.Problem("tampered") from None
        except OSError:
            raise problems.unavailable() from None
        self._broken = None

    def is_sound(self) -> bool:
        """Whether what is on the disk is what main wrote."""
        try:
            self.check()
        except problems.Problem:
            return False
        return True

    def check_journal(self) -> None:
        """Looks at the journal on the disk, which nobody else may have changed."""
        self._journal.check()

    def _tell(self, reason: str) -> None:
        if self._broken != reason:
            self._log.failure("index.tampered", reason)
        self._broken = reason

    async def commit(self, changes: list[Change]) -> None:
        """Makes changes, all or none; they are on the disk when this returns."""
        self.check()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((changes, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        await asyncio.shield(done)

    async def _write(self) -> None:
        """Writes everything that waits as one record, until nothing does."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            changes = [change for several, _ in batch for change in several]
            try:
                await loop.run_in_executor(self._thread, self.record, changes)
            except Exception as error:  # noqa: BLE001 - each that waits is told, whatever it was
                problem = failures.problem_of(error)
                for _, done in batch:
                    _end(done, problem)
                continue
            for change in changes:
                self.contents.apply(change)
            for _, done in batch:
                _end(done, None)
            if self._journal.grown > _COMPACT_BYTES:
                await loop.run_in_executor(self._thread, self.compact_if_possible)

    def record(self, changes: list[Change]) -> None:
        """Puts changes on the disk as one record, then its number outside of it; both or neither."""
        if not self._loaded:
            raise problems.unavailable()
        before = self._journal.size
        payload = msgspec.msgpack.encode(changes)
        link = self._journal.append(self._number + 1, payload, self._link)
        try:
            self._counter.keep(self._number + 1, link)
        except OSError:
            # It may be there all the same, where only the sync of its folder failed.
            with contextlib.suppress(OSError):
                self._counter.keep(self._number, self._link)
            self._journal.retract(self._journal.size - before)
            raise
        self._number, self._link = self._number + 1, link

    def count_start(self) -> int:
        """The number of this start, which no other has."""
        return self._counter.count_start()


def _end(done: asyncio.Future[None], problem: BaseException | None) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)
            done.exception()  # whoever waited may have gone
