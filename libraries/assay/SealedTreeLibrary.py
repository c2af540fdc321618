"""Keywords that look at all sealed files of a store at once: nonces, blocks, entropy, permissions, leftovers."""

from __future__ import annotations

import os
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from robot.api import logger
from robot.api.deco import keyword, library

from assay.blob import layout, looks, randomness, records
from assay.blob.records import Reading
from assay.blob.steps import Malformed
from assay.blob.trees import about, walk
from assay.core.errors import AssayError
from assay.core.waiting import until
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet, expect


@library(scope="GLOBAL", auto_keywords=False)
class SealedTreeLibrary:
    """Looks through the folder of a store whose files a layout describes (BlobLibrary says more of layouts).

    | `Nonces Should Never Repeat`       | deltadatabase | ${store} |
    | `Nonces Should Look Random`        | deltadatabase | ${store} |
    | `Ciphertext Should Tell Nothing`   | deltadatabase | ${store} |
    | `Store Should Be Closed To Others` | ${store} |
    """

    @keyword
    def nonces_should_never_repeat(self, name: str, *folders: Path, at_least: int = 2) -> int:
        """Fails where a nonce was used twice under one key, and returns how many were looked at.

        | =Argument= | =Meaning= |
        | `name`     | the layout |
        | `folders`  | the folder of the store, and copies of it from before a restart, a restored snapshot, a clock set back |
        | `at_least` | how many there must be, so that something is shown |

        Files with the same ciphertext are copies, and no reuse. A million nonces take about 100 MB. Source: NIST SP 800-38D, 8.2;
        CWE-323. Example: | `Nonces Should Never Repeat` | reference | ${store} | at_least=100000 |
        """
        reading, told_folders = Reading(), ", ".join(map(str, folders))
        found = records.repeated(layout.named(name), folders, reading)
        _tell(reading, told_folders)
        _enough(reading.records, at_least, "nonces", told_folders)
        if found:
            told = [
                f"key {key.decode('utf-8', 'replace')!r}: {', '.join(one.path for one in ones[:4])}"
                for (key, _), ones in found.items()
            ]
            raise Unmet("no nonce to be used twice under one key", "; ".join(told[:20]), told_folders, told)
        return reading.records

    @keyword
    def nonces_should_look_random(self, name: str, folder: Path) -> None:
        """Fails where the nonces of a store do not look random; each judgement is a row of a table in the log.

        At least 200 nonces are needed. True randomness fails at most once in a million runs. Judged are: ones and zeros, runs, bytes
        (chi-square), bytes that never change, shared beginnings and endings, counters, an order in time. Source: NIST SP 800-22, 2.1
        and 2.3. Example: | `Nonces Should Look Random` | reference | ${store} |
        """
        reading = Reading()
        by_size: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for record in records.records(layout.named(name), folder, reading, timed=True):
            by_size[len(record.nonce)].append((record.made, record.nonce))
        _tell(reading, folder)
        expect(len(by_size) <= 1, "nonces of one length", sorted(by_size), str(folder))
        _enough(reading.records, randomness.FEWEST, "nonces", folder)
        nonces = [nonce for _, nonce in sorted(next(iter(by_size.values())), key=lambda one: one[0])]
        judged = randomness.judge(nonces)
        rows = [
            ("holds" if one.holds else "BROKEN", one.name, one.seen, f"{one.chance:.2g}") for one in judged
        ]
        logger.info(
            table(f"{len(nonces):,} nonces of {folder}", ("", "Judgement", "Seen", "Chance"), sorted(rows)),
            html=True,
        )
        broken = [f"{one.name}: {one.seen}" for one in judged if not one.holds]
        if broken:
            raise Unmet("nonces that look random", "; ".join(broken), str(folder), broken)

    @keyword
    def ciphertext_should_tell_nothing(self, name: str, folder: Path) -> None:
        """Fails where a block of 16 bytes comes again, in one blob or in two, and where a blob of 64 KiB or more is not all entropy.

        That is at least 7.9 bits a byte (Shannon) and 99% of its size after zlib. Of each blob the first MiB is looked at. Chance
        makes such a block, or so little entropy, less than once in 10^9 runs. Source: CWE-327 (ECB), ASVS 5.0 11.3.1.
        Example: | `Ciphertext Should Tell Nothing` | deltadatabase | ${store} |
        """
        used = layout.named(name)
        reading = Reading()
        blocks, told, count, large = looks.Blocks(), list[str](), 0, 0
        for path, ciphertext in _ciphertexts(used, folder, reading):
            count, large = count + 1, large + (len(ciphertext) >= looks.SMALLEST)
            told += [*blocks.add(path, ciphertext), *looks.dull(path, ciphertext)]
        left_out = (
            f"; blocks of {blocks.left_out} more were not compared with others" if blocks.left_out else ""
        )
        logger.info(
            f"{count} ciphertexts, {large} of them large enough for entropy, {blocks.looked_at:,} blocks{left_out}.{_unread(reading)}"
        )
        _enough(count, 1, "ciphertexts", folder)
        if told:
            raise Unmet("ciphertext that looks random", "; ".join(told[:20]), str(folder), told)

    @keyword
    def equal_plaintexts_should_be_sealed_apart(self, name: str, folder: Path) -> None:
        """Fails where two entities have the same nonce, ciphertext or tag; to be called after one plaintext was written several times.

        Example: | `Equal Plaintexts Should Be Sealed Apart` | reference | ${store} |
        """
        used = layout.named(name)
        seen: dict[tuple[str, bytes], str] = {}
        told, count = [], 0
        for contents, sealed in records.entities(used, folder, set(used.files), Reading(), heads=False):
            count += 1
            path = next(iter(sealed.files.values()))
            for part in ("nonce", "ciphertext", "tag"):
                value = sealed.part(part, contents)
                other = seen.setdefault((part, value), path) if value else path
                if other != path:
                    told.append(f"{path} has the {part} of {other}")
        _enough(count, 2, "entities", folder)
        expect(not told, "another nonce, ciphertext and tag for each", "; ".join(told[:20]), str(folder))

    @keyword
    def store_should_be_closed_to_others(
        self, folder: Path, folders: str = "0700", files: str = "0600"
    ) -> None:
        """Fails where a folder or file of a store has more permissions than these, or belongs to another than the folder itself.

        Source: CWE-732. Example: | `Store Should Be Closed To Others` | ${store} |
        """
        owner = folder.stat().st_uid
        wrong, count = [], 0
        for path, found in _everything(folder):
            count += 1
            mode = stat.S_IMODE(found.st_mode)
            allowed = int(folders if stat.S_ISDIR(found.st_mode) else files, 8)
            if not stat.S_ISLNK(found.st_mode) and mode & ~allowed:
                wrong.append(f"{path} has {mode:04o}")
            if found.st_uid != owner:
                wrong.append(f"{path} belongs to {found.st_uid}")
        _enough(count, 2, "files or folders", folder)
        expect(not wrong, f"folders {folders} and files {files}", "; ".join(sorted(wrong)[:20]), str(folder))

    @keyword
    def folder_should_be_still(
        self,
        folder: Path,
        quiet: timedelta = timedelta(milliseconds=300),
        within: timedelta = timedelta(seconds=10),
    ) -> None:
        """Waits until nothing below a folder has changed for a while, where a store writes after it has answered.

        Fails where something still changes when the time is over. Example: | `Folder Should Be Still` | ${store} | within=5s |
        """
        seen: list[tuple[float, object]] = [(time.monotonic(), None)]

        def still() -> bool | None:
            now = _shape(folder)
            if now != seen[0][1]:
                seen[0] = (time.monotonic(), now)
            return True if time.monotonic() - seen[0][0] >= quiet.total_seconds() else None

        found = until(still, within.total_seconds(), pause=0.05)
        expect(
            found,
            f"nothing to change for {quiet.total_seconds():g} s",
            "files that still change",
            str(folder),
        )

    @keyword
    def store_should_have_no_leftovers(
        self, name: str, folder: Path, within: timedelta = timedelta(seconds=5)
    ) -> None:
        """Fails where temporary files of a layout are there still when the time is over: what a crash left, or a write forgot.

        Example: | `Store Should Have No Leftovers` | reference | ${store} | within=2s |
        """
        used = layout.named(name)
        if not used.data.get("temporary"):
            raise AssayError(f"the layout {name} names no temporary files")

        def left() -> list[str]:
            paths = (os.path.relpath(entry.path, folder) for entry in walk(folder))
            return sorted(path for path in paths if used.other(path) == "temporary")

        until(lambda: None if left() else True, within.total_seconds())
        expect(not left(), "no temporary files", ", ".join(left()[:20]), str(folder))


def _shape(folder: Path) -> set[tuple[str, int, int]]:
    found = set()
    for entry in walk(folder):
        if seen := about(entry):
            found.add((entry.path, seen.st_size, seen.st_mtime_ns))
    return found


def _ciphertexts(used: layout.Layout, folder: Path, reading: Reading) -> Iterator[tuple[str, bytes]]:
    role = used.places["ciphertext"].file
    for contents, sealed in records.entities(used, folder, {role}, reading, heads=False):
        try:
            yield sealed.files[role], sealed.part("ciphertext", contents)
        except Malformed as error:
            reading.unread.append(str(error))


def _everything(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    yield ".", folder.stat()
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            try:
                yield os.path.relpath(path, folder), os.lstat(path)
            except FileNotFoundError:
                continue


def _tell(reading: Reading, folders: object) -> None:
    logger.info(f"{reading.records:,} nonces below {folders}.{_unread(reading)}")


def _unread(reading: Reading) -> str:
    return f" Not read: {'; '.join(reading.unread[:20])}." if reading.unread else ""


def _enough(count: int, needed: int, what: str, folders: object) -> None:
    if count < needed:
        raise AssayError(
            f"there are {count} {what} below {folders}; {needed} are needed, so that something is shown"
        )
